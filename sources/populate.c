/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#define _GNU_SOURCE
#include "populate.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Linux 5.14; older headers do not have them. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* The kernel reads a byte for this process. Unlike a load it never reaches a device's registers, which some files are. */
static int load_page(char *page)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { page, 1 };
	ssize_t moved = process_vm_readv(getpid(), &here, 1, &there, 1, 0);

	if (moved < 0)
		return -errno;
	return moved ? 0 : -EFAULT;
}

/*
 * A store that changes nothing, whoever else writes there: the kernel ors 0 to the first word of the page. That is done by a
 * wake-up with an operation; nobody waits for either word.
 */
static int store_page(char *page)
{
	uint32_t own = 0;
	long woken = syscall(SYS_futex, &own, FUTEX_WAKE_OP_PRIVATE, 1, NULL, page,
	                     FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0));

	return woken < 0 ? -errno : 0;
}

/* For older kernels, a page a call or two. */
static int populate_each(char *mapped, uint64_t len, uint64_t page, bool write)
{
	uint64_t at;
	int err = 0;

	for (at = 0; !err && at < len; at += page) {
		err = load_page(mapped + at);
		if (!err && write)
			err = store_page(mapped + at);
	}
	return err;
}

int populate_pages(void *mapped, uint64_t len, uint64_t page, bool write)
{
	if (!madvise(mapped, (size_t)len, write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ))
		return 0;
	/* An advice that the kernel does not know, or memory that is none: the slow way tells the two apart. */
	return errno == EINVAL ? populate_each(mapped, len, page, write) : -errno;
}
