/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* virtio descriptors: bytes by hand, and a device's walk through the ring against random chains. */
#include "emit_kit.h"
#include "emit_virtio/order.h"

#include <stddef.h>

#if defined(__has_include)
#if __has_include(<linux/virtio_ring.h>)
#include <linux/virtio_ring.h>
#define SAME_AS_VRING(ours, theirs)                                                                                    \
	_Static_assert(offsetof(struct dmavec_virtq_desc, ours) == offsetof(struct vring_desc, theirs) &&              \
	                       sizeof(((struct dmavec_virtq_desc *)0)->ours) ==                                        \
	                               sizeof(((struct vring_desc *)0)->theirs),                                       \
	               "a descriptor is what Linux has")
SAME_AS_VRING(addr_le, addr);
SAME_AS_VRING(len_le, len);
SAME_AS_VRING(flags_le, flags);
SAME_AS_VRING(next_le, next);
_Static_assert(sizeof(struct dmavec_virtq_desc) == sizeof(struct vring_desc), "a descriptor is what Linux has");
_Static_assert(DMAVEC_VIRTQ_NEXT == VRING_DESC_F_NEXT && DMAVEC_VIRTQ_WRITE == VRING_DESC_F_WRITE &&
                       DMAVEC_VIRTQ_INDIRECT == VRING_DESC_F_INDIRECT,
               "flags are what Linux has");
#endif
#endif

#define QUEUE     64u
#define QUEUE_MAX 32768u

static uint64_t le(const void *at, int n)
{
	const unsigned char *bytes = at;

	return n ? bytes[0] | le(bytes + 1, n - 1) << 8 : 0;
}

/* The device's walk from a head: runs in the order of the chain, of which the first *nread are to be read. Returns how
 * many; 0: the chain leaves the table, is longer than it, has reads behind writes, or a flag that does not belong. */
static uint32_t walk(const void *table, uint32_t size, uint64_t head, struct dmavec_seg *runs, uint32_t *nread)
{
	uint64_t at = head, flags;
	uint32_t n = 0;

	*nread = 0;
	do {
		const unsigned char *desc = (const unsigned char *)table + 16 * at;

		if (at >= size || n >= size)
			return 0;
		runs[n].addr = le(desc, 8);
		runs[n].len = le(desc + 8, 4);
		flags = le(desc + 12, 2);
		at = le(desc + 14, 2);
		if (flags & ~UINT64_C(3) || (!(flags & 2) && *nread != n) || (!(flags & 1) && at))
			return 0;
		n++;
		*nread += !(flags & 2);
	} while (flags & 1);
	return n;
}

static void test_vectors(void)
{
	/* A header to read, data and a status to write: virtio-blk's read. */
	const struct dmavec_seg request[] = { { UINT64_C(0x1122334455667788), 16 },
		                              { 0xabcd000, 0x01020304 },
		                              { 0x2001, 1 } };
	const unsigned char header[] = { 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 16, 0, 0, 0, 1, 0, 2, 0 };
	const unsigned char data[] = { 0, 0xd0, 0xbc, 0x0a, 0, 0, 0, 0, 4, 3, 2, 1, 3, 0, 7, 0 };
	const unsigned char status[] = { 1, 0x20, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0 };
	const unsigned char lone[] = { 1, 0x20, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0 };
	const uint16_t ids[] = { 5, 2, 7 };
	struct dmavec_virtq_desc table[8];

	memset(table, KIT_GUARD, sizeof(table));
	ok(!dmavec_emit_virtio(request, 3, 1, 8, table, ids) && !memcmp(&table[5], header, 16) &&
	           !memcmp(&table[2], data, 16) && !memcmp(&table[7], status, 16),
	   "header, data and status in the descriptors 5, 2 and 7");
	ok(kit_untouched(table, 32) && kit_untouched(&table[3], 32) && kit_untouched(&table[6], 16),
	   "no other descriptor is touched");
	ok(!dmavec_emit_virtio(&request[2], 1, 1, 8, table, NULL) && !memcmp(table, lone, 16) &&
	           kit_untouched(&table[1], 16),
	   "a chain of one, to be read, has no flag");
}

static void test_indirect_vector(void)
{
	const struct dmavec_seg request[] = { { 0x1000, 0x10 }, { 0x2000, 0x20 } };
	const unsigned char list[] = { 0, 0x10, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 1, 0, 1, 0,
		                       0, 0x20, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 2, 0, 0, 0 };
	const unsigned char names_it[] = { 0x40, 0x30, 0x20, 0x10, 8, 0, 0, 0, 32, 0, 0, 0, 4, 0, 0, 0 };
	unsigned char memory[1 + 32 + 16];
	struct dmavec_buf table = { .cpu = memory + 1, .dma = UINT64_C(0x810203040), .len = 48 };
	struct dmavec_virtq_desc desc;

	memset(memory, KIT_GUARD, sizeof(memory));
	ok(!dmavec_emit_virtio_indirect(request, 2, 1, 2, &table, &desc) && !memcmp(memory + 1, list, 32) &&
	           !memcmp(&desc, names_it, 16),
	   "an indirect table at an odd address, and the descriptor that names it");
	ok(kit_untouched(memory, 1) && kit_untouched(memory + 33, 16), "nothing beside it is touched");
	memset(memory, KIT_GUARD, sizeof(memory));
	memset(&desc, KIT_GUARD, sizeof(desc));
	table.len = 31;
	ok(dmavec_emit_virtio_indirect(request, 2, 1, 2, &table, &desc) == -E2BIG &&
	           kit_untouched(memory, sizeof(memory)) && kit_untouched(&desc, sizeof(desc)),
	   "a byte short: -E2BIG, nothing written");
	table = (struct dmavec_buf){ .cpu = NULL };
	ok(dmavec_emit_virtio_indirect(request, 2, 1, 2, &table, &desc) == -E2BIG, "no table memory at all: -E2BIG");
	table.len = 32;
	ok(dmavec_emit_virtio_indirect(request, 2, 1, 2, &table, &desc) == -EINVAL, "memory that is nowhere: -EINVAL");
	table = (struct dmavec_buf){ .cpu = memory, .dma = UINT64_MAX - 30, .len = 32 };
	ok(dmavec_emit_virtio_indirect(request, 2, 1, 2, &table, &desc) == -EINVAL, "a table that wraps: -EINVAL");
	table.dma--;
	ok(!dmavec_emit_virtio_indirect(request, 2, 1, 2, &table, &desc), "one that ends where addresses do is good");
	ok(dmavec_emit_virtio_indirect(request, 2, 1, 1, &table, &desc) == -EINVAL,
	   "a chain longer than the queue: -EINVAL");
	ok(dmavec_emit_virtio_indirect(request, 2, 1, 2, NULL, &desc) == -EINVAL &&
	           dmavec_emit_virtio_indirect(request, 2, 1, 2, &table, NULL) == -EINVAL,
	   "no table, or no descriptor: -EINVAL");
}

static bool turned(const struct dmavec_virtq_desc *a, const struct dmavec_virtq_desc *b)
{
	return a->addr_le == __builtin_bswap64(b->addr_le) && a->len_le == __builtin_bswap32(b->len_le) &&
	       a->flags_le == __builtin_bswap16(b->flags_le) && a->next_le == __builtin_bswap16(b->next_le);
}

/* Built for a host of the other byte order, each field comes out the other way round. With the bytes above, which are
 * right on this one, that settles both. */
static void test_other_order(void)
{
	const struct dmavec_seg segs[] = { { UINT64_C(0x0102030405060708), 0x11121314 }, { 0x21222324, 0x31323334 } };
	const uint16_t ids[] = { 0x102, 0x1ff };
	struct dmavec_virtq_desc tables[2][0x200], descs[2];
	struct dmavec_buf bufs[] = { { .cpu = tables[0], .dma = UINT64_C(0x4142434445464748), .len = 32 },
		                     { .cpu = tables[1], .dma = UINT64_C(0x4142434445464748), .len = 32 } };

	ok(!dmavec_emit_virtio(segs, 2, 1, 0x200, tables[0], ids) && !order_virtio(segs, 2, 1, 0x200, tables[1], ids) &&
	           turned(&tables[0][0x102], &tables[1][0x102]) && turned(&tables[0][0x1ff], &tables[1][0x1ff]),
	   "on a host of the other byte order, a ring's descriptors are the same");
	ok(!dmavec_emit_virtio_indirect(segs, 2, 1, 2, &bufs[0], &descs[0]) &&
	           !order_virtio_indirect(segs, 2, 1, 2, &bufs[1], &descs[1]) && turned(&tables[0][0], &tables[1][0]) &&
	           turned(&tables[0][1], &tables[1][1]) && turned(&descs[0], &descs[1]),
	   "and those of a table");
}

static int emit_one(uint64_t len, uint64_t more)
{
	const struct dmavec_seg segs[] = { { 0, len }, { UINT64_C(1) << 40, more } };
	struct dmavec_virtq_desc table[2];

	return dmavec_emit_virtio(segs, more ? 2 : 1, 0, 2, table, NULL);
}

static void test_arguments(void)
{
	const struct {
		uint32_t queue_size;
		int want;
	} sizes[] = { { 0, -EINVAL },    { 1, 0 },     { 2, 0 },           { 3, -EINVAL },
		      { 4095, -EINVAL }, { 32768, 0 }, { 65536, -EINVAL }, { UINT32_C(1) << 31, -EINVAL } };
	const struct dmavec_seg segs[] = { { 0x1000, 1 }, { 0x2000, 1 } };
	static struct dmavec_virtq_desc table[QUEUE_MAX];
	struct dmavec_limits limits = { .size = sizeof(limits) };
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		ok(dmavec_emit_virtio(segs, 1, 0, sizes[i].queue_size, table, NULL) == sizes[i].want &&
		           dmavec_emit_virtio_limits(&limits, sizes[i].queue_size) == sizes[i].want,
		   "a queue of %u: %d", sizes[i].queue_size, sizes[i].want);
	ok(dmavec_emit_virtio(segs, 2, 0, 1, table, NULL) == -EINVAL, "a chain longer than the queue: -EINVAL");
	ok(dmavec_emit_virtio(segs, 2, 3, 2, table, NULL) == -EINVAL, "more to read than there is: -EINVAL");
	ok(!dmavec_emit_virtio(segs, 2, 2, 2, table, NULL) && !dmavec_emit_virtio(segs, 2, 0, 2, table, NULL),
	   "all to read, and all to write");
	ok(dmavec_emit_virtio(NULL, 2, 0, 2, table, NULL) == -EINVAL &&
	           dmavec_emit_virtio(segs, 0, 0, 2, table, NULL) == -EINVAL &&
	           dmavec_emit_virtio(segs, 2, 0, 2, NULL, NULL) == -EINVAL,
	   "no segments, and no table: -EINVAL");
	ok(!emit_one(UINT32_MAX, 0) && emit_one(UINT64_C(1) << 32, 0) == -EINVAL,
	   "a segment of 2^32 - 1 bytes, not of 2^32");
	ok(!emit_one(UINT32_MAX, 1) && emit_one(UINT32_MAX, 2) == -EINVAL && !emit_one(1u << 31, 1u << 31),
	   "a chain of 2^32 bytes, and of no more");
	ok(emit_one(UINT64_C(1) << 33, 1) == -EINVAL && emit_one(1, UINT64_C(1) << 33) == -EINVAL,
	   "a segment that 32 bits cut off: -EINVAL");
}

/* All descriptors of the longest queue, in a random order; then with one id twice. */
static void test_long_chain(uint64_t *seed)
{
	static struct dmavec_virtq_desc table[QUEUE_MAX];
	static struct dmavec_seg segs[QUEUE_MAX], runs[QUEUE_MAX];
	static uint16_t ids[QUEUE_MAX];
	uint32_t nread, i;

	for (i = 0; i < QUEUE_MAX; i++) {
		uint32_t j = (uint32_t)kit_below(seed, i + 1);

		segs[i] = (struct dmavec_seg){ kit_any(seed) >> 1, 1 + kit_below(seed, 131072) };
		ids[i] = ids[j];
		ids[j] = (uint16_t)i;
	}
	ok(!dmavec_emit_virtio(segs, QUEUE_MAX, 12345, QUEUE_MAX, table, ids) &&
	           walk(table, QUEUE_MAX, ids[0], runs, &nread) == QUEUE_MAX && nread == 12345 &&
	           !memcmp(segs, runs, sizeof(segs)),
	   "the longest chain, through all descriptors in any order");
	memset(table, KIT_GUARD, sizeof(table));
	ids[QUEUE_MAX - 1] = ids[0];
	ok(dmavec_emit_virtio(segs, QUEUE_MAX, 0, QUEUE_MAX, table, ids) == -EINVAL &&
	           kit_untouched(table, sizeof(table)),
	   "with the first id once more at its end: -EINVAL, and the table stays");
}

/* Random ids: different ones, but for one spoiled case in four. Returns whether they are good. */
static bool random_ids(uint64_t *seed, uint16_t *ids, uint32_t n, uint32_t queue_size)
{
	uint16_t all[QUEUE];
	uint32_t i;

	for (i = 0; i < queue_size; i++) {
		uint32_t j = (uint32_t)kit_below(seed, i + 1);

		all[i] = all[j];
		all[j] = (uint16_t)i;
	}
	memcpy(ids, all, n * sizeof(*ids));
	if (kit_below(seed, 4) || (n == 1 && kit_below(seed, 2)))
		return true;
	i = (uint32_t)kit_below(seed, n);
	ids[i] = (uint16_t)(n > 1 && kit_below(seed, 2)
	                            ? ids[(i + 1 + kit_below(seed, n - 1)) % n]
	                            : queue_size + kit_below(seed, 2) * kit_below(seed, 65536 - queue_size));
	return false;
}

/* One random chain in a ring; false: it is not as promised. */
static bool random_direct(uint64_t *seed, const struct dmavec_seg *segs, uint32_t nsegs, uint32_t nread,
                          uint32_t queue_size, bool good)
{
	struct dmavec_virtq_desc table[QUEUE + 2];
	struct dmavec_seg runs[QUEUE];
	uint16_t ids[QUEUE];
	bool given = nsegs <= queue_size && kit_below(seed, 4);
	uint32_t read, i, touched = 0;
	int err;

	if (given && !random_ids(seed, ids, nsegs, queue_size))
		good = false;
	memset(table, KIT_GUARD, sizeof(table));
	err = dmavec_emit_virtio(segs, nsegs, nread, queue_size, table + 1, given ? ids : NULL);
	for (i = 0; i < QUEUE + 2; i++)
		touched += !kit_untouched(&table[i], sizeof(table[i]));
	if (!good)
		return err == -EINVAL && !touched;
	return !err && touched == nsegs && walk(table + 1, queue_size, given ? ids[0] : 0, runs, &read) == nsegs &&
	       read == nread && !memcmp(runs, segs, nsegs * sizeof(*segs));
}

/* The same in a table of its own. */
static bool random_indirect(uint64_t *seed, const struct dmavec_seg *segs, uint32_t nsegs, uint32_t nread,
                            uint32_t queue_size, bool good)
{
	unsigned char memory[(QUEUE + 2) * 16];
	struct dmavec_buf table = { .cpu = memory + 16, .dma = kit_any(seed) >> 1 };
	struct dmavec_virtq_desc desc;
	struct dmavec_seg runs[QUEUE];
	uint32_t read;
	int err, want;

	table.len = kit_below(seed, 2) ? 16 * nsegs - kit_below(seed, 2) : kit_below(seed, 16 * QUEUE + 1);
	want = !good ? -EINVAL : table.len < 16 * nsegs ? -E2BIG : 0;
	memset(memory, KIT_GUARD, sizeof(memory));
	memset(&desc, KIT_GUARD, sizeof(desc));
	err = dmavec_emit_virtio_indirect(segs, nsegs, nread, queue_size, &table, &desc);
	if (err != want)
		return false;
	if (err)
		return kit_untouched(memory, sizeof(memory)) && kit_untouched(&desc, sizeof(desc));
	return kit_untouched(memory, 16) && kit_untouched(memory + 16 + 16 * nsegs, sizeof(memory) - 16 - 16 * nsegs) &&
	       le(&desc, 8) == table.dma && le(&desc.len_le, 4) == 16 * nsegs && le(&desc.flags_le, 2) == 4 &&
	       !le(&desc.next_le, 2) && walk(memory + 16, nsegs, 0, runs, &read) == nsegs && read == nread &&
	       !memcmp(runs, segs, nsegs * sizeof(*segs));
}

static bool random_case(uint64_t *seed, uint64_t *sound)
{
	struct dmavec_limits limits = { .size = 0 };
	struct dmavec_seg segs[KIT_SEGS];
	uint32_t queue_size = 1u << kit_below(seed, 7), nsegs, nread;
	bool good;

	if (dmavec_emit_virtio_limits(&limits, queue_size))
		return false;
	nsegs = kit_segs(seed, &limits, segs);
	nread = (uint32_t)kit_below(seed, nsegs + 1) + !kit_below(seed, 8);
	good = !dmavec_check_segs(&limits, segs, nsegs) && nread <= nsegs;
	*sound += good;
	return random_direct(seed, segs, nsegs, nread, queue_size, good) &&
	       random_indirect(seed, segs, nsegs, nread, queue_size, good);
}

static uint32_t by_ring(const struct dmavec_seg *segs, uint32_t nsegs, struct dmavec_seg *runs, uint32_t max)
{
	struct dmavec_virtq_desc table[QUEUE];
	uint16_t ids[QUEUE];
	uint32_t nread, i;

	for (i = 0; i < QUEUE; i++)
		ids[i] = (uint16_t)((i * 29 + 5) % QUEUE);
	if (max < QUEUE || dmavec_emit_virtio(segs, nsegs, nsegs, QUEUE, table, ids))
		return 0;
	return walk(table, QUEUE, ids[0], runs, &nread);
}

static uint32_t by_indirect_table(const struct dmavec_seg *segs, uint32_t nsegs, struct dmavec_seg *runs, uint32_t max)
{
	struct dmavec_virtq_desc memory[QUEUE], desc;
	struct dmavec_buf table = { .cpu = memory, .dma = 0x1000, .len = sizeof(memory) };
	uint32_t nread;

	if (max < QUEUE || dmavec_emit_virtio_indirect(segs, nsegs, nsegs, QUEUE, &table, &desc))
		return 0;
	return walk(memory, nsegs, 0, runs, &nread);
}

int main(void)
{
	uint64_t seed = tap_seed(), cases = tap_cases(200000), sound = 0, i;
	struct dmavec_limits limits = { .size = sizeof(limits) };
	bool good = true;

	test_vectors();
	test_indirect_vector();
	test_other_order();
	test_arguments();
	test_long_chain(&seed);
	for (i = 0; good && i < cases; i++)
		good = random_case(&seed, &sound);
	ok(good, "%llu random chains are walked as they were given, or fail as promised and touch nothing (case %llu)",
	   (unsigned long long)cases, (unsigned long long)i);
	ok(cases < 1000 || (sound > cases / 10 && sound < cases - cases / 10), "of them, %llu within the limits",
	   (unsigned long long)sound);
	ok(!dmavec_emit_virtio_limits(&limits, QUEUE), "limits for a queue of %u", QUEUE);
	kit_end_to_end(&seed, &limits, by_ring, "a ring");
	kit_end_to_end(&seed, &limits, by_indirect_table, "an indirect table");
	return done_testing();
}
