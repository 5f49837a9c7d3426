/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#define _GNU_SOURCE
#include "access.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * The kernel copies from this process to itself: it finds a bad page without a signal, and heeds its protection. One
 * call moves 2 GiB at most, and stops early in front of a bad page; the next one then says so.
 */
static int access_move(uint64_t cpu, char *buf, size_t len, bool out)
{
	pid_t self = getpid();

	if (len && (cpu > UINTPTR_MAX || len - 1 > UINTPTR_MAX - cpu))
		return -EFAULT;
	while (len) {
		struct iovec here = { buf, len }, there = { (void *)(uintptr_t)cpu, len };
		ssize_t moved = out ? process_vm_writev(self, &here, 1, &there, 1, 0)
		                    : process_vm_readv(self, &here, 1, &there, 1, 0);

		if (moved < 0 && errno == EINTR)
			continue;
		if (moved <= 0)
			return moved ? -errno : -EFAULT;
		buf += moved;
		cpu += (uint64_t)moved;
		len -= (size_t)moved;
	}
	return 0;
}

int access_read(uint64_t cpu, void *buf, size_t len)
{
	return access_move(cpu, buf, len, false);
}

int access_write(uint64_t cpu, const void *buf, size_t len)
{
	return access_move(cpu, (char *)(uintptr_t)buf, len, true);
}
