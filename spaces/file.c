/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#define _FILE_OFFSET_BITS 64
#include "file.h"

#include <errno.h>
#include <sys/mman.h>

int file_map(void *ctx, int fd, uint64_t offset, uint64_t len, unsigned int prot, dmavec_cpu_t *cpu)
{
	/* A device that only reads needs no more than a descriptor that may be read. */
	int access = PROT_READ | (prot & DMAVEC_REG_WRITE ? PROT_WRITE : 0);
	void *mem;

	(void)ctx;
	if (len > SIZE_MAX || offset > INT64_MAX)
		return -EINVAL;
	mem = mmap(NULL, (size_t)len, access, MAP_SHARED, fd, (off_t)offset);
	if (mem == MAP_FAILED)
		return -errno;
	*cpu = dmavec_cpu(mem);
	return 0;
}

void file_unmap(void *ctx, dmavec_cpu_t cpu, uint64_t len)
{
	(void)ctx;
	munmap(dmavec_ptr(cpu), (size_t)len);
}
