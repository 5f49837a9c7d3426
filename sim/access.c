/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static bool access_fits(uint64_t addr, size_t len)
{
	return len <= SIM_ACCESS_MAX && addr <= UINTPTR_MAX && addr + len - 1 <= UINTPTR_MAX && addr + len - 1 >= addr;
}

static int access_by_pipe(void *to, const void *from, size_t len)
{
	int ends[2], err = 0;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	if (write(ends[1], from, len) != (ssize_t)len || read(ends[0], to, len) != (ssize_t)len)
		err = -EFAULT;
	close(ends[0]);
	close(ends[1]);
	return err;
}

bool sim_access_needs_pipe(void)
{
	char from = 0, to = 0;
	struct iovec local = { &to, 1 }, remote = { &from, 1 };

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) != 1;
}

int sim_access_read(bool by_pipe, void *to, uint64_t from, size_t len)
{
	struct iovec local = { to, len }, remote = { (void *)(uintptr_t)from, len };

	if (!access_fits(from, len))
		return -EFAULT;
	if (by_pipe)
		return access_by_pipe(to, remote.iov_base, len);
	/* The process is asked for each time: it may be a child of the one that opened the IOMMU. */
	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)len ? 0 : -EFAULT;
}

int sim_access_write(bool by_pipe, uint64_t to, const void *from, size_t len)
{
	struct iovec local = { (void *)(uintptr_t)from, len }, remote = { (void *)(uintptr_t)to, len };

	if (!access_fits(to, len))
		return -EFAULT;
	if (by_pipe)
		return access_by_pipe(remote.iov_base, from, len);
	return process_vm_writev(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)len ? 0 : -EFAULT;
}

static int access_read_twice(bool by_pipe, unsigned char *to, uint64_t from)
{
	struct iovec remote[2] = { { (void *)(uintptr_t)from, 8 }, { (void *)(uintptr_t)from, 8 } };
	struct iovec local = { to, 16 };
	int err;

	if (!by_pipe)
		return process_vm_readv(getpid(), &local, 1, remote, 2, 0) == 16 ? 0 : -EFAULT;
	err = sim_access_read(true, to, from, 8);
	return err ? err : sim_access_read(true, to + 8, from, 8);
}

/*
 * Nobody promises that the kernel copies eight bytes at once. But stores to the entry are whole: a copy that mixes two
 * values has seen part of the newer one, so that a second copy sees all of it and differs.
 */
int sim_access_entry(bool by_pipe, uint64_t addr, uint64_t *value)
{
	unsigned char copy[16] = { 0 };
	unsigned int i;
	int err;

	if ((addr & 7) || !access_fits(addr, 8))
		return -EFAULT;
	do {
		err = access_read_twice(by_pipe, copy, addr);
		if (err)
			return err;
	} while (memcmp(copy, copy + 8, 8));
	*value = 0;
	for (i = 0; i < 8; i++)
		*value |= (uint64_t)copy[i] << (8 * i);
	return 0;
}
