/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the limits are, and what is refused; whatever fails leaves its outputs alone. */
#include "nvme.h"

#define FIRST_SIZE (offsetof(struct dmavec_limits, reserved) + sizeof(uint32_t))

static bool limits_are(const struct dmavec_limits *got, uint64_t gap, uint64_t align, uint64_t len_align,
		       uint64_t len_max)
{
	return !got->addr_min && !got->addr_max && !got->seg_boundary && !got->offset_mask && !got->total_max &&
	       !got->segs_max && !got->reserved && got->gap == gap && got->seg_align == align &&
	       got->len_align == len_align && got->seg_len_max == len_max;
}

static bool limits_said(uint64_t *seed)
{
	struct dmavec_limits limits;
	uint64_t page;
	bool good = true;

	(void)seed;
	for (page = 4096; page <= 1u << 27; page *= 2) {
		memset(&limits, 0xff, sizeof(limits));
		limits.size = sizeof(limits);
		good &= HOLDS(!dmavec_emit_nvme_prp_limits(&limits, page));
		good &= HOLDS(limits.size == sizeof(limits) && limits_are(&limits, page, 4, 0, 0));
	}
	good &= HOLDS(!dmavec_emit_nvme_sgl_limits(&limits, 1) && limits_are(&limits, 0, 0, 0, 0xffffffff));
	good &= HOLDS(!dmavec_emit_nvme_sgl_limits(&limits, 0xffff0ffe) && limits_are(&limits, 0, 4, 4, 0xffffffff));
	return good;
}

/* A struct of the first version, one of a later one; anything in between, or shorter. */
static bool limits_sized(uint64_t *seed)
{
	struct {
		struct dmavec_limits limits;
		uint64_t more[2];
	} caller;
	struct dmavec_limits *limits = &caller.limits;
	bool good = true;
	size_t size;

	(void)seed;
	for (size = 0; size <= sizeof(caller); size++) {
		memset(&caller, 0xff, sizeof(caller));
		limits->size = size;
		if (size && size < FIRST_SIZE) {
			good &= HOLDS(dmavec_emit_nvme_prp_limits(limits, 4096) == -EINVAL &&
				      limits->gap == UINT64_MAX);
			continue;
		}
		good &= HOLDS(!dmavec_emit_nvme_prp_limits(limits, 4096));
		good &= HOLDS(limits->size == size && limits_are(limits, 4096, 4, 0, 0));
		for (size_t i = size ? size : FIRST_SIZE; i < sizeof(caller); i++)
			good &= HOLDS(((unsigned char *)&caller)[i] == 0xff);
		for (size_t i = FIRST_SIZE; i < size; i++)
			good &= HOLDS(((unsigned char *)&caller)[i] == 0);
	}
	return good;
}

static bool limits_refused(uint64_t *seed)
{
	const uint64_t pages[] = { 0, 1, 512, 2048, 4095, 4097, 12288, 1u << 28, 1ull << 32, 1ull << 63 };
	struct dmavec_limits limits = { .size = sizeof(limits), .gap = 7 };
	const struct dmavec_seg seg = { 0x1000, 4096 };
	uint64_t dptr[2] = { 7, 7 }, room = 7;
	bool good = true;

	(void)seed;
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
		good &= HOLDS(dmavec_emit_nvme_prp_limits(&limits, pages[i]) == -EINVAL);
		good &= HOLDS(dmavec_emit_nvme_prp_room(&seg, 1, pages[i], &room) == -EINVAL);
		good &= HOLDS(dmavec_emit_nvme_prp(&seg, 1, pages[i], dptr, NULL, 0) == -EINVAL);
	}
	good &= HOLDS(dmavec_emit_nvme_sgl_limits(&limits, 0) == -EOPNOTSUPP);
	good &= HOLDS(dmavec_emit_nvme_sgl_limits(&limits, 0xfffffffc) == -EOPNOTSUPP);
	good &= HOLDS(dmavec_emit_nvme_sgl_limits(&limits, 3) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_prp_limits(NULL, 4096) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_sgl_limits(NULL, 1) == -EINVAL);
	return good && HOLDS(limits.gap == 7 && dptr[0] == 7 && dptr[1] == 7 && room == 7);
}

static bool nulls_refused(uint64_t *seed)
{
	const struct dmavec_seg seg = { 0x1000, 4096 };
	const struct dmavec_buf no_memory = { NULL, 0x1000, 4096, { 0 } };
	uint64_t dptr[2] = { 7, 7 }, room = 7;
	uint32_t cdw0 = 7;
	bool good = true;

	(void)seed;
	good &= HOLDS(dmavec_emit_nvme_prp(NULL, 1, 4096, dptr, NULL, 0) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_prp(&seg, 0, 4096, dptr, NULL, 0) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_prp(&seg, 1, 4096, NULL, NULL, 0) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_prp(&seg, 1, 4096, dptr, NULL, 1) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_prp(&seg, 1, 4096, dptr, &no_memory, 1) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_prp_room(NULL, 1, 4096, &room) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_prp_room(&seg, 0, 4096, &room) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_prp_room(&seg, 1, 4096, NULL) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_sgl(NULL, 1, &cdw0, dptr, NULL, 0) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_sgl(&seg, 0, &cdw0, dptr, NULL, 0) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_sgl(&seg, 1, NULL, dptr, NULL, 0) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_sgl(&seg, 1, &cdw0, NULL, NULL, 0) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_sgl(&seg, 1, &cdw0, dptr, NULL, 1) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_sgl(&seg, 1, &cdw0, dptr, &no_memory, 1) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_sgl_room(NULL, 1, &room) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_sgl_room(&seg, 0, &room) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_sgl_room(&seg, 1, NULL) == -EINVAL);
	return good && HOLDS(dptr[0] == 7 && dptr[1] == 7 && room == 7 && cdw0 == 7);
}

/* The most pages that there can be, and what 64 bits would lose. */
static bool entries_counted(uint64_t *seed)
{
	const struct dmavec_seg all = { 0, UINT64_MAX }, odd = { 0xffc, UINT64_MAX - 0xffc }, twice[2] = { all, all };
	uint64_t room = 0, entries = (1ull << 52) - 1;
	struct memory *m = memory_new();
	uint64_t dptr[2] = { 7, 7 };
	bool good = true;

	(void)seed;
	memory_add(m, 0x1000, 4096, 0);
	good &= HOLDS(!dmavec_emit_nvme_prp_room(&all, 1, 4096, &room) && room / 8 == entries + (entries - 2) / 511);
	good &= HOLDS(!dmavec_emit_nvme_prp_room(&odd, 1, 4096, &room) && room / 8 == entries + (entries - 2) / 511);
	good &= HOLDS(dmavec_emit_nvme_prp(&all, 1, 4096, dptr, m->bufs, 1) == -E2BIG);
	good &= HOLDS(dmavec_emit_nvme_prp_room(twice, 2, 4096, &room) == -EINVAL);
	return good && HOLDS(dptr[0] == 7 && memory_guarded(m));
}

/* 32 bits are all that a data block's length has. */
static bool lengths_refused(uint64_t *seed)
{
	const struct dmavec_seg segs[2] = { { 0x1000, 1 }, { 0x200000000, 1ull << 32 } };
	struct memory *m = memory_new();
	uint64_t dptr[2] = { 7, 7 }, room = 7;
	uint32_t cdw0 = 7;
	bool good = true;

	(void)seed;
	memory_add(m, 0x1000, 4096, 0);
	good &= HOLDS(dmavec_emit_nvme_sgl(segs, 2, &cdw0, dptr, m->bufs, 1) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_sgl(&segs[1], 1, &cdw0, dptr, m->bufs, 1) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_sgl_room(segs, 2, &room) == -EINVAL);
	return good && HOLDS(dptr[0] == 7 && dptr[1] == 7 && cdw0 == 7 && room == 7);
}

/* A buffer that no list pointer can name is refused, used or not; an empty one is none. */
static bool buffers_refused(uint64_t *seed)
{
	const struct dmavec_seg segs[3] = { { 0x1000, 4096 }, { 0x4000, 4096 }, { 0x8000, 4096 } };
	struct memory *m = memory_new();
	struct dmavec_buf bufs[3] = { { 0 }, { 0 }, { 0 } };
	uint64_t dptr[2] = { 7, 7 }, bit;
	uint32_t cdw0 = 7;
	bool good = true;

	(void)seed;
	memory_add(m, 0x10000, 4096, 0);
	bufs[1] = m->bufs[0];
	for (bit = 1; bit < 8; bit *= 2) {
		bufs[2] = (struct dmavec_buf){ bufs[1].cpu, 0x20000 + bit, 64, { 0 } };
		good &= HOLDS(dmavec_emit_nvme_prp(segs, 3, 4096, dptr, bufs, 3) == -EINVAL);
		good &= HOLDS(dmavec_emit_nvme_prp(segs, 1, 4096, dptr, bufs, 3) == -EINVAL);
		good &= HOLDS(dmavec_emit_nvme_sgl(segs, 3, &cdw0, dptr, bufs, 3) == -EINVAL);
	}
	bufs[2] = (struct dmavec_buf){ bufs[1].cpu, UINT64_MAX - 63, 65, { 0 } };
	good &= HOLDS(dmavec_emit_nvme_prp(segs, 3, 4096, dptr, bufs, 3) == -EINVAL);
	good &= HOLDS(dmavec_emit_nvme_sgl(segs, 3, &cdw0, dptr, bufs, 3) == -EINVAL);
	good &= HOLDS(dptr[0] == 7 && dptr[1] == 7 && cdw0 == 7);
	good &= HOLDS(!dmavec_emit_nvme_prp(segs, 3, 4096, dptr, bufs, 2));
	return good & HOLDS(!dmavec_emit_nvme_sgl(segs, 3, &cdw0, dptr, bufs, 2));
}

const struct check checks_arguments[] = {
	{ "limits of both formats, every page size", limits_said },
	{ "limits are written as far as the caller's struct goes", limits_sized },
	{ "page sizes and SGLS that there are not", limits_refused },
	{ "NULL, and no segment", nulls_refused },
	{ "2^52 entries are counted, and refused for lack of room", entries_counted },
	{ "blocks of more than 2^32 - 1 bytes", lengths_refused },
	{ "list buffers that no pointer can name", buffers_refused },
	{ NULL, NULL },
};
