/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* List memory at any device address, of which it is known what the device has read. */
#include "nvme.h"

#define GUARD 64u

static struct memory memory;

static struct dmavec_buf *memory_find(uint64_t dma)
{
	uint32_t i;

	for (i = 0; i < memory.n; i++)
		if (dma - memory.bufs[i].dma < memory.bufs[i].len)
			return &memory.bufs[i];
	return NULL;
}

static int memory_read(void *ctx, dmavec_dma_t dma, void *buf, size_t len)
{
	unsigned char *to = buf;

	(void)ctx;
	for (; len; len--, dma++, to++) {
		struct dmavec_buf *from = memory_find(dma);
		size_t at;

		if (!from)
			return -EFAULT;
		at = (size_t)((unsigned char *)from->cpu - memory.bytes + (dma - from->dma));
		memory.seen[at] = true;
		*to = memory.bytes[at];
	}
	return 0;
}

static int memory_lookup(void *ctx, dmavec_cpu_t addr, uint64_t len, dmavec_dma_t *dma, uint64_t *run)
{
	(void)ctx;
	*dma = addr;
	*run = len;
	return 0;
}

static void memory_ctx_close(void *ctx)
{
	(void)ctx;
}

static void memory_open(void)
{
	static const struct dmavec_space_ops ops = {
		.size = sizeof(ops),
		.read = memory_read,
		.lookup = memory_lookup,
		.close = memory_ctx_close,
	};
	static const struct dmavec_space_desc desc = { .size = sizeof(desc), .granule = 1, .last = UINT64_MAX };
	int err = dmavec_space_create(&memory.space, &desc, &ops, &memory);

	if (err) {
		diag("space: %d", err);
		exit(1);
	}
	memory.used = MEMORY_LEN;
}

struct memory *memory_new(void)
{
	if (!memory.space)
		memory_open();
	memset(memory.bytes, FILL, memory.used);
	memset(memory.mine, 0, memory.used * sizeof(bool));
	memset(memory.seen, 0, memory.used * sizeof(bool));
	memory.n = memory.used = 0;
	return &memory;
}

void memory_close(void)
{
	if (memory.space && dmavec_space_close(memory.space))
		exit(1);
}

unsigned char *memory_add(struct memory *m, uint64_t dma, uint64_t len, unsigned int skew)
{
	uint32_t at = (m->used + GUARD + 15) / 16 * 16 + skew;

	if (m->n == MEMORY_BUFS || at + len + GUARD > MEMORY_LEN) {
		diag("the test's memory is too small");
		exit(1);
	}
	m->used = at + (uint32_t)len + GUARD;
	memset(m->mine + at, true, (size_t)len);
	m->bufs[m->n++] = (struct dmavec_buf){ m->bytes + at, dma, len, { 0 } };
	return m->bytes + at;
}

bool memory_guarded(const struct memory *m)
{
	uint32_t i;

	for (i = 0; i < m->used && (m->mine[i] || m->bytes[i] == FILL); i++)
		;
	return i == m->used;
}

bool memory_all_seen(const struct memory *m)
{
	uint32_t i;

	for (i = 0; i < m->used && (m->seen[i] || m->bytes[i] == FILL); i++)
		;
	return i == m->used;
}

uint32_t segs_join(struct dmavec_seg *to, const struct dmavec_seg *segs, uint32_t n)
{
	uint32_t i, out = 0;

	for (i = 0; i < n; i++) {
		if (i && segs[i].addr && segs[i - 1].addr + segs[i - 1].len == segs[i].addr)
			to[out - 1].len += segs[i].len;
		else
			to[out++] = segs[i];
	}
	return out;
}

bool segs_equal(const struct dmavec_seg *a, uint32_t na, const struct dmavec_seg *b, uint32_t nb)
{
	uint32_t i;

	for (i = 0; i < na && na == nb && a[i].addr == b[i].addr && a[i].len == b[i].len; i++)
		;
	return na == nb && i == na;
}

uint64_t segs_len(const struct dmavec_seg *segs, uint32_t n)
{
	uint64_t len = 0;

	while (n)
		len += segs[--n].len;
	return len;
}
