/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An SGL longer than 32 bits can say of one list. The memory is 2 MiB of segments and 2 MiB of list, seen over and
 * over. It takes seconds: where fewer cases are asked for, or addresses have 32 bits, it is left out.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sys/mman.h>

#include "nvme.h"

#define UNIT  (2u << 20)
#define UNITS 2049u
#define NSEGS ((1u << 28) + 2)

static unsigned char *map_again(int fd)
{
	unsigned char *at = mmap(NULL, (size_t)UNITS * UNIT, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned int i;

	for (i = 0; at != MAP_FAILED && i < UNITS; i++)
		if (mmap(at + (size_t)i * UNIT, UNIT, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
			return NULL;
	return at == MAP_FAILED ? NULL : at;
}

static bool list_bytes(const unsigned char *list, const uint64_t dptr[2], uint32_t cdw0)
{
	const unsigned char command[16] = { 0, 0, 0, 0, 5, 0, 0, 0, 0xf0, 0xff, 0xff, 0xff, 0, 0, 0, 0x20 };
	const unsigned char pointer[16] = { 0xf0, 0xff, 0xff, 0xff, 5, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0x30 };
	const unsigned char block[16] = { 0, 0x10, 0, 0, 0, 0, 0, 0, 8 };
	const size_t last = 0xffffffe0; /* descriptor of the first list */
	bool good = HOLDS(!memcmp(dptr, command, 16)) && HOLDS(cdw0 == dmavec_nvme_psdt(0, DMAVEC_NVME_PSDT_SGL));

	good &= HOLDS(!memcmp(list + last, pointer, 16));
	good &= HOLDS(!memcmp(list + last - 16, block, 16));
	good &= HOLDS(!memcmp(list + last + 16, block, 16));
	return good & HOLDS(!memcmp(list + last + 64, block, 16));
}

static bool emit_long(struct dmavec_seg *segs, unsigned char *list)
{
	struct dmavec_buf buf = { list, 0x500000000, 0, { 0 } };
	uint64_t dptr[2] = { 0, 0 };
	uint32_t cdw0 = 0, i;

	for (i = 0; i < UNIT / sizeof(*segs); i++)
		segs[i] = (struct dmavec_seg){ 0x1000, 8 };
	return HOLDS(!dmavec_emit_nvme_sgl_room(segs, NSEGS, &buf.len)) && HOLDS(buf.len == 0x100000030) &&
	       HOLDS(!dmavec_emit_nvme_sgl(segs, NSEGS, &cdw0, dptr, &buf, 1)) && list_bytes(list, dptr, cdw0);
}

static bool long_sgl(uint64_t *seed)
{
	int fds[2] = { memfd_create("segments", MFD_CLOEXEC), memfd_create("list", MFD_CLOEXEC) };
	unsigned char *maps[2] = { NULL, NULL };
	bool good = true;

	(void)seed;
	for (int i = 0; i < 2 && good; i++) {
		good = HOLDS(fds[i] >= 0) && HOLDS(!ftruncate(fds[i], UNIT));
		maps[i] = good ? map_again(fds[i]) : NULL;
		good = good && HOLDS(maps[i]);
	}
	good = good && emit_long((struct dmavec_seg *)(void *)maps[0], maps[1]);
	for (int i = 0; i < 2; i++) {
		if (maps[i])
			munmap(maps[i], (size_t)UNITS * UNIT);
		close(fds[i]);
	}
	return good;
}

const struct check checks_long[] = {
	{ "an SGL of 2^28 descriptors: a list is no longer than 32 bits say", long_sgl },
	{ NULL, NULL },
};
