/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Descriptors of virtio's split ring. A ring's table is in use while a chain is put into it: everything is looked at
 * before the first descriptor is written.
 */
#include "emit.h"

#include <errno.h>
#include <string.h>

#include "le.h"

#define QUEUE_SIZE_MAX 32768u
#define CHAIN_MAX      (UINT64_C(1) << 32)

_Static_assert(sizeof(struct dmavec_virtq_desc) == 16, "a descriptor is of 16 bytes");

static bool queue_size_ok(uint32_t queue_size)
{
	return queue_size && queue_size <= QUEUE_SIZE_MAX && !(queue_size & (queue_size - 1));
}

int dmavec_emit_virtio_limits(struct dmavec_limits *limits, uint32_t queue_size)
{
	const struct dmavec_limits ours = { .seg_len_max = UINT32_MAX, .total_max = CHAIN_MAX, .segs_max = queue_size };

	return queue_size_ok(queue_size) ? emit_put_limits(limits, &ours) : -EINVAL;
}

/* In a chain of no more than 2^32 bytes, only a lone segment can be of more than 32 bits count. */
static bool chain_ok(const struct dmavec_seg *segs, uint32_t nsegs, uint32_t nread, uint32_t queue_size)
{
	uint64_t total;

	return queue_size_ok(queue_size) && nsegs <= queue_size && nread <= nsegs &&
	       emit_segs_ok(segs, nsegs, &total) && total <= (nsegs == 1 ? UINT32_MAX : CHAIN_MAX);
}

/* Each id is in the table, and none comes twice. Only those words of the bitmap are cleared that are looked at: a short
 * chain of a long queue costs what the chain is long. */
static bool ids_ok(const uint16_t *ids, uint32_t n, uint32_t queue_size)
{
	uint64_t seen[QUEUE_SIZE_MAX / 64];
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (ids[i] >= queue_size)
			return false;
		seen[ids[i] / 64] = 0;
	}
	for (i = 0; i < n; i++) {
		uint64_t bit = UINT64_C(1) << ids[i] % 64;

		if (seen[ids[i] / 64] & bit)
			return false;
		seen[ids[i] / 64] |= bit;
	}
	return true;
}

static struct dmavec_virtq_desc make_desc(uint64_t addr, uint64_t len, uint32_t flags, uint32_t next)
{
	return (struct dmavec_virtq_desc){ emit_le64(addr), emit_le32(len), emit_le16(flags), emit_le16(next) };
}

/* Segment i of a chain; next is where segment i + 1 goes. */
static struct dmavec_virtq_desc chain_desc(const struct dmavec_seg *segs, uint32_t i, uint32_t nsegs, uint32_t nread,
                                           uint32_t next)
{
	uint32_t flags = i < nread ? 0 : DMAVEC_VIRTQ_WRITE;

	if (i + 1 < nsegs)
		return make_desc(segs[i].addr, segs[i].len, flags | DMAVEC_VIRTQ_NEXT, next);
	return make_desc(segs[i].addr, segs[i].len, flags, 0);
}

int dmavec_emit_virtio(const struct dmavec_seg *segs, uint32_t nsegs, uint32_t nread, uint32_t queue_size,
                       struct dmavec_virtq_desc *table, const uint16_t *ids)
{
	uint32_t i;

	if (!table || !chain_ok(segs, nsegs, nread, queue_size) || (ids && !ids_ok(ids, nsegs, queue_size)))
		return -EINVAL;
	if (!ids) {
		for (i = 0; i < nsegs; i++)
			table[i] = chain_desc(segs, i, nsegs, nread, i + 1);
		return 0;
	}
	for (i = 0; i < nsegs; i++)
		table[ids[i]] = chain_desc(segs, i, nsegs, nread, i + 1 < nsegs ? ids[i + 1] : 0);
	return 0;
}

int dmavec_emit_virtio_indirect(const struct dmavec_seg *segs, uint32_t nsegs, uint32_t nread, uint32_t queue_size,
                                const struct dmavec_buf *table, struct dmavec_virtq_desc *desc)
{
	uint64_t len = (uint64_t)nsegs * sizeof(*desc);
	unsigned char *to;
	uint32_t i;

	if (!table || !desc || !chain_ok(segs, nsegs, nread, queue_size))
		return -EINVAL;
	if (table->len && (!table->cpu || table->len - 1 > UINT64_MAX - table->dma))
		return -EINVAL;
	if (len > table->len)
		return -E2BIG;
	/* The table may lie at any address, so that it is no array of descriptors to the compiler. */
	for (i = 0, to = table->cpu; i < nsegs; i++, to += sizeof(*desc)) {
		struct dmavec_virtq_desc now = chain_desc(segs, i, nsegs, nread, i + 1);

		memcpy(to, &now, sizeof(now));
	}
	*desc = make_desc(table->dma, len, DMAVEC_VIRTQ_INDIRECT, 0);
	return 0;
}
