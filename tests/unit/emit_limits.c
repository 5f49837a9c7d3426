/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The limits that each format names: written as far as the caller's struct goes, good for a device, and for merging. */
#include "emit_kit.h"

#include <stddef.h>

static int pages_4k(struct dmavec_limits *limits)
{
	return dmavec_emit_pages_limits(limits, 4096);
}

static int pages_2g(struct dmavec_limits *limits)
{
	return dmavec_emit_pages_limits(limits, UINT64_C(1) << 31);
}

static int prp_4k(struct dmavec_limits *limits)
{
	return dmavec_emit_nvme_prp_limits(limits, 4096);
}

static int sgl_bytes(struct dmavec_limits *limits)
{
	return dmavec_emit_nvme_sgl_limits(limits, 1);
}

static int sgl_dwords(struct dmavec_limits *limits)
{
	return dmavec_emit_nvme_sgl_limits(limits, 2);
}

static int virtio_256(struct dmavec_limits *limits)
{
	return dmavec_emit_virtio_limits(limits, 256);
}

static int sge_30(struct dmavec_limits *limits)
{
	return dmavec_emit_sge_limits(limits, 30);
}

static int iovec(struct dmavec_limits *limits)
{
	return dmavec_emit_iovec_limits(limits);
}

static const struct {
	const char *name;
	int (*get)(struct dmavec_limits *limits);
} formats[] = {
	{ "pages of 4 KiB", pages_4k },   { "pages of 2 GiB", pages_2g }, { "PRPs", prp_4k }, { "SGLs", sgl_bytes },
	{ "SGLs of dwords", sgl_dwords }, { "virtio", virtio_256 },       { "SGEs", sge_30 }, { "iovecs", iovec }
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

/* The struct as its size says it, 0 taken for the first version; and no byte behind it. */
static bool written(int (*get)(struct dmavec_limits *limits), size_t size)
{
	const size_t first = offsetof(struct dmavec_limits, reserved) + sizeof(uint32_t);
	struct {
		struct dmavec_limits limits;
		unsigned char tail[40];
	} room;
	struct dmavec_limits whole = { .size = sizeof(whole) };
	size_t len = size ? size : first, known = len < sizeof(whole) ? len : sizeof(whole), i;

	memset(&room, KIT_GUARD, sizeof(room));
	room.limits.size = size;
	if (get(&whole) || get(&room.limits) || room.limits.size != size || whole.size != sizeof(whole))
		return false;
	if (memcmp((char *)&room + sizeof(size), (char *)&whole + sizeof(size), known - sizeof(size)))
		return false;
	for (i = known; i < len; i++)
		if (((unsigned char *)&room)[i])
			return false;
	return kit_untouched((unsigned char *)&room + len, sizeof(room) - len);
}

static bool opens(const struct dmavec_limits *limits)
{
	struct dmavec_space *space;
	struct dmavec_dev *dev;
	bool good;

	if (dmavec_space_soft(&space, NULL))
		return false;
	good = !dmavec_dev_open(&dev, space, limits, 0) && !dmavec_dev_close(dev);
	return !dmavec_space_close(space) && good;
}

/* Two formats in one device: no more is allowed than either allows. */
static void test_merge(size_t a, size_t b)
{
	struct dmavec_limits both = { .size = sizeof(both) }, one = both, other = both;
	const struct dmavec_seg probes[][2] = { { { 0x1000, 0x1000 }, { 0x3000, 0x10 } },
		                                { { 0x1001, 0x1000 }, { 0x3003, 1 } },
		                                { { 0, UINT64_C(1) << 31 }, { UINT64_C(1) << 32, UINT64_C(1) << 31 } },
		                                { { 0x1000, 1 }, { 0, UINT32_MAX } } };
	bool good = !formats[a].get(&both) && !formats[a].get(&one) && !formats[b].get(&other) &&
	            !dmavec_limits_merge(&both, &other);
	size_t i;

	for (i = 0; good && i < sizeof(probes) / sizeof(probes[0]); i++)
		good = !dmavec_check_segs(&both, probes[i], 2) ==
		       (!dmavec_check_segs(&one, probes[i], 2) && !dmavec_check_segs(&other, probes[i], 2));
	ok(good && opens(&both), "%s and %s in one device", formats[a].name, formats[b].name);
}

int main(void)
{
	struct dmavec_limits limits = { .size = sizeof(limits.size) };
	size_t i, j;

	for (i = 0; i < FORMATS; i++) {
		ok(written(formats[i].get, sizeof(limits)) && written(formats[i].get, 0) &&
		           written(formats[i].get, sizeof(limits) + 24),
		   "%s: written as far as the caller's struct goes", formats[i].name);
		ok(formats[i].get(&limits) == -EINVAL && formats[i].get(NULL) == -EINVAL,
		   "%s: no struct, or a shorter one than ever was: -EINVAL", formats[i].name);
		for (j = 0; j < FORMATS; j++)
			test_merge(i, j);
	}
	return done_testing();
}
