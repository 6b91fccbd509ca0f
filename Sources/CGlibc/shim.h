#ifndef CRMSYNC_CGLIBC_SHIM_H
#define CRMSYNC_CGLIBC_SHIM_H

/* What Swift's Glibc leaves out. */
#include <malloc.h>

#endif
