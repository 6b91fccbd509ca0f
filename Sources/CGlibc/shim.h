#ifndef CRMSYNC_CGLIBC_SHIM_H
#define CRMSYNC_CGLIBC_SHIM_H

/* What Swift's Glibc leaves out. */
#include <malloc.h>
#include <sys/prctl.h>

/* Of <sys/mman.h>, which declares it for _GNU_SOURCE only. */
int memfd_create(const char *name, unsigned int flags);
#define CRMSYNC_MFD_CLOEXEC 1U

/* Passwords and keys are not to go into core dumps, which are kept, collected and attached to reports. RLIMIT_CORE would
   not do: it does not hold for dumps that are piped to a program, as systemd and others have them. */
static inline void crmsync_forbid_core_dumps(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

#endif
