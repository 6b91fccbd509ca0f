#ifndef CRMSYNC_CGLIBC_SHIM_H
#define CRMSYNC_CGLIBC_SHIM_H

/* What Swift's Glibc leaves out. */
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <sys/prctl.h>

/* Of <sys/mman.h>, which declares it for _GNU_SOURCE only. */
int memfd_create(const char *name, unsigned int flags);
#define CRMSYNC_MFD_CLOEXEC 1U

/* Of <fcntl.h>, for _GNU_SOURCE only as well. */
#define CRMSYNC_F_SETPIPE_SZ 1031

/* Of <sched.h>, likewise. */
int sched_getcpu(void);
int sched_getaffinity(pid_t process, size_t size, cpu_set_t *set);
int sched_setaffinity(pid_t process, size_t size, const cpu_set_t *set);

/* Has a child go on elsewhere than on the processor of its parent, which has more to do meanwhile. Linux (seen with 6.18)
   often starts it there, and lets it wait for milliseconds while another processor is idle. */
static inline void crmsync_part_from(pid_t child) {
  cpu_set_t allowed, others;
  int ours = sched_getcpu();
  /* It fails where there are more processors than a set has room for. */
  if (ours < 0 || sched_getaffinity(child, sizeof allowed, &allowed) != 0) return;
  others = allowed;
  __CPU_CLR_S(ours, sizeof others, &others);
  if (__CPU_COUNT_S(sizeof others, &others) == 0) return;
  if (sched_setaffinity(child, sizeof others, &others) == 0) sched_setaffinity(child, sizeof allowed, &allowed);
}

/* What each of our programs does first. */
static inline void crmsync_prepare_process(void) {
  /* Passwords and keys are not to go into core dumps, which are kept, collected and attached to reports. RLIMIT_CORE
     would not do: it does not hold for dumps that are piped to a program, as systemd and others have them. */
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  /* A program may be started without standard input, output or errors. What it opens first would take their places, and
     what is meant for people be written into it: into the CIB file, say. Used, they fail as before. */
  for (int descriptor = 0; descriptor <= 2; descriptor++) {
    if (fcntl(descriptor, F_GETFD) < 0) open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
  }
}

#endif
