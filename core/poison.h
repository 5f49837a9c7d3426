/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Put before each file of core by the build (-include): what the promise names is exported and nothing else is, and what
 * the core may not use does not compile. core/ reaches the world through host.h alone, or it could not be built for a
 * kernel.
 */
#ifndef DMAVEC_CORE_POISON_H
#define DMAVEC_CORE_POISON_H

#pragma GCC visibility push(default)
#include <dmavec/dmavec.h>
#include <dmavec/iova.h>
#include <dmavec/pagetable.h>
#include <dmavec/source.h>
#include <dmavec/space.h>
#pragma GCC visibility pop

#include "host.h"

/* host.h needs <errno.h> for the numbers; the variable belongs to a libc. `free` is a good name for what is not taken, and
 * without malloc nobody calls the function. */
#undef errno
#undef assert
#pragma GCC poison errno assert abort exit _exit
#pragma GCC poison malloc calloc realloc aligned_alloc posix_memalign alloca mmap munmap
#pragma GCC poison printf fprintf sprintf snprintf vprintf vfprintf vsnprintf puts putchar fputs perror
#pragma GCC poison strdup strcpy strcat sprintf getenv qsort bsearch rand time clock_gettime
#pragma GCC poison pthread_mutex_lock pthread_mutex_unlock pthread_create
#pragma GCC poison __int128 double float

#endif
