/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The DMA engine against a byte-by-byte model, on a space that is an array. */
#include <dmavec/sim.h>

#include <errno.h>
#include <string.h>

#include "tap.h"

#define BASE 0x10000u
#define LEN  (512u << 10)
#define TOP  (UINT64_MAX - 0xffff)
#define HALF 4096u /* the random lists lie in the first and the second so many bytes */
#define SEGS 48u

static unsigned char memory[LEN];
static size_t longest;

/* The array at BASE; its start is also at the end of all addresses and at address 0, where a wrap would lead. */
static unsigned char *array_at(uint64_t dma, size_t len)
{
	if (len > longest)
		longest = len;
	if (dma >= TOP)
		return len - 1 <= UINT64_MAX - dma ? memory + (dma - TOP) : NULL;
	if (dma < BASE)
		return len <= BASE - dma ? memory + dma : NULL;
	return dma - BASE <= LEN && len <= LEN - (dma - BASE) ? memory + (dma - BASE) : NULL;
}

static int array_read(void *ctx, dmavec_dma_t dma, void *buf, size_t len)
{
	const unsigned char *mem = array_at(dma, len);

	(void)ctx;
	if (!mem)
		return -EFAULT;
	memcpy(buf, mem, len);
	return 0;
}

static int array_write(void *ctx, dmavec_dma_t dma, const void *buf, size_t len)
{
	unsigned char *mem = array_at(dma, len);

	(void)ctx;
	if (!mem)
		return -EFAULT;
	memcpy(mem, buf, len);
	return 0;
}

static int array_lookup(void *ctx, dmavec_cpu_t addr, uint64_t len, dmavec_dma_t *dma, uint64_t *run)
{
	(void)ctx;
	*dma = addr;
	*run = len;
	return 0;
}

static void array_close(void *ctx)
{
	(void)ctx;
}

static struct dmavec_space *open_array(void)
{
	static const struct dmavec_space_ops ops = {
		.size = sizeof(ops),
		.read = array_read,
		.write = array_write,
		.lookup = array_lookup,
		.close = array_close,
	};
	static const struct dmavec_space_desc desc = { .size = sizeof(desc), .granule = 1, .last = UINT64_MAX };
	struct dmavec_space *space = NULL;
	int err = dmavec_space_create(&space, &desc, &ops, memory);

	if (err) {
		diag("space: %d", err);
		exit(1);
	}
	return space;
}

/* ------------------------------------------------------------------ random lists */

/* Cuts total bytes into segments; each is placed at the end of the one before, or anywhere in [from, from + HALF).
 * Where `apart`, no byte is named twice. */
static uint32_t cut_list(uint64_t *seed, struct dmavec_seg *segs, uint64_t total, uint64_t from, bool apart)
{
	uint64_t done, len, at = from;
	uint32_t n = 0;

	for (done = 0; done < total; done += len, at += len, n++) {
		len = tap_random(seed) % 8 ? 1 + tap_random(seed) % 100 : 0;
		if (len > total - done || n == SEGS - 1)
			len = total - done;
		if (apart && tap_random(seed) % 2)
			at += tap_random(seed) % 32;
		else if (!apart && (tap_random(seed) % 2 || at + len > from + HALF))
			at = from + tap_random(seed) % (HALF - len);
		segs[n].addr = at;
		segs[n].len = len;
	}
	return n;
}

/* Copies byte by byte, and counts the runs that go on in both lists. */
static size_t copy_model(const struct dmavec_seg *src, const struct dmavec_seg *dst, uint64_t total,
			 unsigned char *model)
{
	uint64_t in_src = 0, in_dst = 0, done, from, to, last_from = 0, last_to = 0;
	size_t runs = 0;

	for (done = 0; done < total; done++, in_src++, in_dst++, last_from = from, last_to = to) {
		for (; in_src == src->len; src++)
			in_src = 0;
		for (; in_dst == dst->len; dst++)
			in_dst = 0;
		from = src->addr + in_src;
		to = dst->addr + in_dst;
		runs += !done || from != last_from + 1 || to != last_to + 1;
		model[to - BASE] = model[from - BASE];
	}
	return runs;
}

static bool try_lists(struct dmavec_space *space, uint64_t *seed)
{
	static unsigned char model[LEN];
	struct dmavec_seg src[SEGS], dst[SEGS];
	struct dmavec_sim_desc descs[2 * SEGS], guard[2 * SEGS];
	uint64_t total = tap_random(seed) % 1500, i;
	uint32_t nsrc = cut_list(seed, src, total, BASE, false), ndst = cut_list(seed, dst, total, BASE + HALF, true);
	struct dmavec_sim_dma_stats stats = { .size = sizeof(stats) };
	size_t runs, n = 0, short_n = 0;
	bool good;

	for (i = 0; i < 3 * HALF; i++)
		memory[i] = (unsigned char)tap_random(seed);
	memcpy(model, memory, sizeof(model));
	runs = copy_model(src, dst, total, model);
	memset(guard, 0x5a, sizeof(guard));
	memcpy(descs, guard, sizeof(descs));
	good = !runs || (dmavec_sim_dma_build(src, nsrc, dst, ndst, descs, runs - 1, &short_n) == -ENOSPC &&
			 short_n == runs && !memcmp(descs, guard, sizeof(descs)));
	good &= !dmavec_sim_dma_build(src, nsrc, dst, ndst, descs, runs, &n) && n == runs;
	good &= !memcmp(descs + n, guard, sizeof(descs) - n * sizeof(*descs));
	good &= !dmavec_sim_dma_run(space, descs, n, &stats);
	good &= !memcmp(memory, model, sizeof(model));
	return good && stats.descs == n && stats.bytes == total && !stats.faults;
}

static void test_lists(struct dmavec_space *space, uint64_t *seed)
{
	uint64_t cases = tap_cases(1000), i, start;

	for (i = 0; i < cases; i++) {
		start = *seed;
		if (!try_lists(space, seed)) {
			diag("case %llu, DMAVEC_SEED=%llu", (unsigned long long)i, (unsigned long long)start);
			break;
		}
	}
	ok(i == cases, "%llu pairs of random lists: the fewest descriptors that move the right bytes",
	   (unsigned long long)i);
}

/* ------------------------------------------------------------------ by hand */

static void test_build(void)
{
	struct dmavec_seg a[2] = { { 0x1000, 0x1000 }, { 0x2000, 0x1000 } }, b = { 0x9000, 0x2000 },
			  c = { 0x9000, 0x2001 };
	struct dmavec_seg wraps = { UINT64_MAX - 0xfff, 0x2000 },
			  top[2] = { { UINT64_MAX - 0xfff, 0x1000 }, { 0, 0x1000 } };
	struct dmavec_seg huge[2] = { { 0, UINT64_MAX }, { 0, 0x2001 } };
	struct dmavec_sim_desc descs[4];
	size_t n = 99;

	ok(!dmavec_sim_dma_build(a, 2, &b, 1, descs, 4, &n) && n == 1 && descs[0].src == 0x1000 &&
		   descs[0].dst == 0x9000 && descs[0].len == 0x2000,
	   "neighbours on both sides: one descriptor");
	ok(!dmavec_sim_dma_build(top, 2, &b, 1, descs, 4, &n) && n == 2 && descs[1].src == 0 && descs[1].dst == 0xa000,
	   "the end of all addresses and their start are no neighbours");
	n = 99;
	ok(dmavec_sim_dma_build(a, 2, &c, 1, descs, 4, &n) == -EINVAL &&
		   dmavec_sim_dma_build(a, 2, &b, 0, descs, 4, &n) == -EINVAL,
	   "lists of different lengths");
	ok(dmavec_sim_dma_build(huge, 2, &b, 1, descs, 4, &n) == -EINVAL, "a sum that wraps");
	ok(dmavec_sim_dma_build(&wraps, 1, &b, 1, descs, 4, &n) == -EINVAL, "a segment that wraps");
	ok(dmavec_sim_dma_build(NULL, 1, &b, 1, descs, 4, &n) == -EINVAL &&
		   dmavec_sim_dma_build(a, 2, &b, 1, NULL, 4, &n) == -EINVAL &&
		   dmavec_sim_dma_build(a, 2, &b, 1, descs, 4, NULL) == -EINVAL && n == 99,
	   "NULL; the count is untouched");
	ok(dmavec_sim_dma_build(a, 2, &b, 1, NULL, 0, &n) == -ENOSPC && n == 1, "no room: the count alone");
	ok(!dmavec_sim_dma_build(NULL, 0, NULL, 0, NULL, 0, &n) && !n, "nothing to nothing");
}

static void test_run(struct dmavec_space *space)
{
	struct dmavec_sim_desc descs[4] = {
		{ BASE, BASE + 256 * 1024, 200 * 1024 },
		{ BASE, BASE + 100, 0 },
		{ BASE, BASE + LEN - 4, 8 },
		{ BASE, BASE + 64, 8 },
	};
	struct {
		struct dmavec_sim_dma_stats stats;
		uint64_t more;
	} longer = { .more = 7 };
	struct dmavec_sim_dma_stats *stats = &longer.stats;
	unsigned int i;

	for (i = 0; i < LEN; i++)
		memory[i] = (unsigned char)(i * 7 + (i >> 8));
	memset(memory + 64, 0, 8);
	longest = 0;
	longer.stats.size = sizeof(*stats);
	longer.stats.bytes = 5;
	ok(dmavec_sim_dma_run(space, descs, 4, stats) == -EFAULT, "a fault ends the run");
	ok(!memcmp(memory + 256 * 1024 + 128, memory + 128, 200 * 1024 - 128), "what came before is done");
	ok(!memory[64] && !memory[71], "what comes after is not");
	ok(stats->descs == 2 && stats->bytes == 200 * 1024 + 5 && stats->faults == 1, "statistics are added to");
	ok(longest > 4096 && longest <= 65536, "in pieces of no more than 64 KiB (%zu)", longest);
	ok(!dmavec_sim_dma_run(space, descs + 3, 1, NULL) && memory[71] == memory[7], "statistics may be NULL");
	stats->size = sizeof(size_t) + 2 * sizeof(uint64_t);
	ok(dmavec_sim_dma_run(space, descs + 2, 1, stats) == -EFAULT && stats->faults == 1, "or shorter than known");
	stats->size = sizeof(longer);
	ok(!dmavec_sim_dma_run(space, descs + 3, 1, stats) && stats->descs == 3 && longer.more == 7, "or longer");
	descs[0] = (struct dmavec_sim_desc){ TOP, BASE + 0x20000, 0x10008 };
	descs[1] = (struct dmavec_sim_desc){ BASE + 0x20000, TOP, 0x10008 };
	descs[2] = (struct dmavec_sim_desc){ TOP + 0xfff0, BASE + 0x20000, 0x10 };
	ok(dmavec_sim_dma_run(space, descs, 1, NULL) == -EFAULT &&
		   dmavec_sim_dma_run(space, descs + 1, 1, NULL) == -EFAULT &&
		   !dmavec_sim_dma_run(space, descs + 2, 1, NULL),
	   "a descriptor faults at the end of all addresses");
	stats->size = 0;
	ok(dmavec_sim_dma_run(NULL, descs, 1, NULL) == -EINVAL && dmavec_sim_dma_run(space, NULL, 1, NULL) == -EINVAL &&
		   dmavec_sim_dma_run(space, descs, 1, stats) == -EINVAL && !dmavec_sim_dma_run(space, NULL, 0, NULL),
	   "NULL, size 0");
}

int main(void)
{
	uint64_t seed = tap_seed();
	struct dmavec_space *space = open_array();

	test_build();
	test_run(space);
	test_lists(space, &seed);
	ok(!dmavec_space_close(space), "close");
	return done_testing();
}
