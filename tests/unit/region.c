/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The table of regions against a sorted array; without memory; and how much memory it takes. This program brings its own
 * host, so that it can refuse memory and count it.
 */
#include "region/common.h"

/* ------------------------------------------------------------------ the oracle: an array sorted by address */

struct oracle {
	struct region *regions;
	size_t count, cap;
	uint64_t bytes;
};

/* The first region that ends behind addr. */
static size_t oracle_at(const struct oracle *oracle, uint64_t addr)
{
	size_t low = 0, high = oracle->count, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (oracle->regions[middle].addr + oracle->regions[middle].len <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool oracle_overlaps(const struct oracle *oracle, uint64_t addr, uint64_t len)
{
	size_t at = oracle_at(oracle, addr);

	return at < oracle->count && oracle->regions[at].addr < addr + len;
}

static void oracle_insert(struct oracle *oracle, const struct region *region)
{
	size_t at = oracle_at(oracle, region->addr);

	if (oracle->count == oracle->cap) {
		oracle->cap = oracle->cap ? oracle->cap * 2 : 1024;
		oracle->regions = realloc(oracle->regions, oracle->cap * sizeof(*region));
		if (!oracle->regions)
			abort();
	}
	memmove(oracle->regions + at + 1, oracle->regions + at, (oracle->count - at) * sizeof(*region));
	oracle->regions[at] = *region;
	oracle->count++;
	oracle->bytes += region->len;
}

static void oracle_remove(struct oracle *oracle, size_t at)
{
	oracle->bytes -= oracle->regions[at].len;
	oracle->count--;
	memmove(oracle->regions + at, oracle->regions + at + 1, (oracle->count - at) * sizeof(struct region));
}

/* Every way to ask for an address answers as the array does. */
static bool agree_at(struct region_table *table, const struct oracle *oracle, uint64_t addr)
{
	struct region got = { 0, 0, 0, 0, 0 }, fast = { 0, 0, 0, 0, 77 }, next, back;
	size_t at = oracle_at(oracle, addr), after = at;
	const struct region *want = at < oracle->count && oracle->regions[at].addr <= addr ? &oracle->regions[at] : NULL;
	bool good = region_find(table, addr, &got) == !!want && region_lookup(table, addr, &fast) == !!want;

	if (want) {
		good = good && same(&got, want) && fast.owner == 77;
		fast.owner = want->owner;
		good = good && same(&fast, want);
		good = good && region_find_dma(table, want->dma + (addr - want->addr), &back) && same(&back, want);
		after += want->addr < addr;
	} else {
		good = good && !got.len && fast.owner == 77;
	}
	if (addr >= TOP)
		return good;
	good = good && region_next(table, addr, &next) == (after < oracle->count);
	return good && (after >= oracle->count || same(&next, &oracle->regions[after]));
}

static bool agree_around(struct region_table *table, const struct oracle *oracle, const struct region *region,
                         uint64_t *seed)
{
	uint64_t len = region->len;

	return agree_at(table, oracle, region->addr) && agree_at(table, oracle, region->addr + len - 1) &&
	       agree_at(table, oracle, region->addr + len) && agree_at(table, oracle, region->addr + tap_random(seed) % len) &&
	       (!region->addr || agree_at(table, oracle, region->addr - 1)) &&
	       agree_at(table, oracle, tap_random(seed) & (TOP - 1));
}

static bool agree_all(struct region_table *table, const struct oracle *oracle, uint64_t *seed)
{
	struct region next;
	uint64_t addr = 0;
	size_t i;

	if (region_count(table) != oracle->count || region_bytes(table) != oracle->bytes)
		return false;
	for (i = 0; i < oracle->count; i++) {
		if (!region_next(table, addr, &next) || !same(&next, &oracle->regions[i]))
			return false;
		if (!agree_around(table, oracle, &next, seed))
			return false;
		addr = next.addr + next.len;
	}
	return !region_next(table, addr, &next);
}

/* Clustered and lone, tiny and huge, page by page, and up to the last of 57 bits. */
static struct region random_region(uint64_t *seed)
{
	static const uint64_t bases[] = { 0, 0x55551234f000, 0x7ffff0000000, TOP - 0x200000, TOP - 0x2000000000, 1ull << 56 };
	static const uint64_t spans[] = { 0x1000, 0x40000, 0x200000, 0x40000000, 0x2000000000 };
	static const uint64_t lens[] = { 8, 0x1000, 0x3000, 0x10000, 0x200000, 0x40000000, 0x1800000000 };
	uint64_t len = lens[tap_random(seed) % 100 < 97 ? tap_random(seed) % 5 : tap_random(seed) % 7];
	uint64_t addr = bases[tap_random(seed) % 6] + tap_random(seed) % spans[tap_random(seed) % 5];

	if (tap_random(seed) % 2)
		addr &= ~UINT64_C(0xfff);
	else if (tap_random(seed) % 2)
		len = 1 + tap_random(seed) % len;
	if (addr >= TOP)
		addr = TOP - 1 - addr % 0x10000;
	if (len > TOP - addr)
		len = TOP - addr;
	return make_region(addr, len, seed);
}

/* ------------------------------------------------------------------ tests */

static struct region_table *open_table(void)
{
	struct region_table *table;

	if (region_table_open(&table)) {
		ok(false, "a table opens");
		exit(done_testing());
	}
	return table;
}

static int insert(struct region_table *table, uint64_t addr, uint64_t len)
{
	struct region region = { addr, len, addr + TOP, 3, 5 };

	return region_insert(table, &region);
}

static void test_edges(void)
{
	struct region_table *table = open_table();
	struct region got = { 1, 2, 3, 4, 5 };

	ok(!region_find(table, 0, &got) && !region_find(table, ALL, &got) && !region_next(table, 0, &got) &&
	   !region_find_dma(table, 0, &got) && got.addr == 1 && got.owner == 5, "an empty table holds nothing");
	ok(insert(table, 0, 0) == -EINVAL && insert(table, TOP, 1) == -EINVAL && insert(table, TOP - 1, 2) == -EINVAL &&
	   insert(table, 4096, ALL) == -EINVAL && insert(table, ALL, 2) == -EINVAL && insert(table, 1, TOP) == -EINVAL,
	   "empty, wrapping, or beyond 57 bits: -EINVAL");
	ok(region_remove(table, 0, 1, &got) == -ENOENT && region_remove(table, ALL, 1, &got) == -ENOENT,
	   "what is not there is not removed");
	ok(!insert(table, 0, TOP) && insert(table, 7, 1) == -EEXIST && region_find(table, TOP - 1, &got) && got.len == TOP &&
	   got.owner == 5 && got.prot == 3, "one region may be all there is");
	ok(!region_find(table, TOP, &got) && !region_find(table, ALL, &got) && !region_lookup(table, TOP + 5, &got),
	   "beyond it there is nothing");
	ok(region_find_dma(table, TOP + 4711, &got) && got.dma == TOP && !region_find_dma(table, TOP - 1, &got) &&
	   !region_find_dma(table, 2 * TOP, &got), "and nothing beside its device addresses");
	ok(region_remove(table, 0, 1, &got) == -ENOENT && !region_remove(table, 0, TOP, &got) && got.len == TOP &&
	   !region_find(table, 1, &got), "it is removed as it was inserted");
	ok(!insert(table, TOP - 4096, 4096) && !insert(table, TOP - 8192, 4096) && insert(table, TOP - 8193, 2) == -EEXIST &&
	   insert(table, TOP - 4097, 2) == -EEXIST, "neighbours do not overlap, a byte does");
	ok(region_overlaps(table, 0, ALL) && region_overlaps(table, TOP - 1, ALL) && !region_overlaps(table, 0, TOP - 8192) &&
	   region_overlaps(table, 0, TOP - 8191) && !region_overlaps(table, TOP, 5) && !region_overlaps(table, TOP - 1, 0),
	   "overlaps are seen to the byte");
	region_table_close(table);
	region_table_close(NULL);
	ok(!bytes_held, "all memory is given back");
}

static bool random_step(struct region_table *table, struct oracle *oracle, bool grow, uint64_t *seed)
{
	struct region region = random_region(seed), was;
	uint64_t len = 1 + (tap_random(seed) & 0xfffff);
	size_t at;

	if (len > TOP - region.addr)
		len = TOP - region.addr;
	if (region_overlaps(table, region.addr, len) != oracle_overlaps(oracle, region.addr, len))
		return false;
	if (tap_random(seed) % 8 < (grow ? 6 : 2) || !oracle->count) {
		int want = oracle_overlaps(oracle, region.addr, region.len) ? -EEXIST : 0;

		if (region_insert(table, &region) != want)
			return false;
		if (!want)
			oracle_insert(oracle, &region);
		return agree_around(table, oracle, &region, seed);
	}
	at = (size_t)(tap_random(seed) % oracle->count);
	region = oracle->regions[at];
	if (region_remove(table, region.addr, region.len + 1, &was) != -ENOENT ||
	    region_remove(table, region.addr, region.len, &was) || !same(&was, &region))
		return false;
	oracle_remove(oracle, at);
	return agree_around(table, oracle, &region, seed);
}

static void test_random(uint64_t seed)
{
	struct region_table *table = open_table();
	struct oracle oracle = { NULL, 0, 0, 0 };
	uint64_t i, cases = tap_cases(60000), most = 0;
	bool good = true, all = true;

	for (i = 0; i < cases && good && all; i++) {
		good = random_step(table, &oracle, i / 5000 % 3 != 2, &seed);
		if (i % 2500 == 2499)
			all = agree_all(table, &oracle, &seed);
		most = oracle.count > most ? oracle.count : most;
	}
	ok(good, "%llu random changes and look-ups answer as a sorted array does (up to %llu regions)",
	   (unsigned long long)i, (unsigned long long)most);
	ok(all && agree_all(table, &oracle, &seed), "and so does each region, listed in order");
	region_table_close(table);
	free(oracle.regions);
}

/* How many records a reader looks at before it has this one. */
static unsigned int steps_to(const struct region_table *table, const struct region *region)
{
	uint32_t ref = region_first(table, table->generation, region->addr);
	unsigned int steps = 1;

	for (; region_rec(table, ref)->start >> REGION_ADDR_SHIFT != region->addr; ref = region_rec(table, ref)->next)
		steps++;
	return steps;
}

enum layout { UPWARDS, DOWNWARDS, GAPS, UNALIGNED, TWO_AREAS, SLABS, ARENAS, SCATTERED, LAYOUTS };

static uint64_t place(enum layout layout, uint64_t i, uint64_t n, uint64_t *seed)
{
	switch (layout) {
	case UPWARDS:
		return 0x7f1234560000 + i * 65536;
	case DOWNWARDS:
		return 0x7f1234560000 + (n - i) * 131072;
	case GAPS:
		return 0x7f1234560000 + (i * 4 + tap_random(seed) % 4) * 65536;
	case UNALIGNED:
		return 0x7f1234560000 + (i * 40503 & (n - 1)) * 65536 + 0x4210;
	case TWO_AREAS:
		return (i & 1 ? 0x7f1234560000 : 0x555512340000) + i * 65536;
	case SLABS:
		return 0x7f1234560000 + ((i / 64 * 40503 & (n / 64 - 1)) * 64 + i % 64) * 65536;
	case ARENAS:
		return 0x7e1234560000 + i % 128 * 16 * GIB + i / 128 * 65536;
	default:
		return tap_random(seed) >> 17 & ~UINT64_C(0xfff);
	}
}

static size_t fill(struct region_table *table, enum layout layout, struct region *regions, size_t n, uint64_t *seed)
{
	size_t count = 0, i;

	for (i = 0; i < n; i++) {
		regions[count] = make_region(place(layout, i, n, seed), 65536, seed);
		while (region_insert(table, &regions[count])) {
			regions[count].addr += UINT64_C(1) << 32;
			regions[count].dma += UINT64_C(1) << 32;
		}
		count++;
	}
	return count;
}

static void test_memory(enum layout layout, uint64_t seed)
{
	static const char *const names[] = { "upwards", "downwards", "with gaps", "unaligned", "in two areas", "slab by slab",
		                             "in many arenas in turn", "scattered" };
	size_t n = 131072, i, count;
	struct region *regions = calloc(n, sizeof(*regions)), got;
	struct region_table *table = open_table();
	uint64_t bytes, again;
	bool good = true;

	count = fill(table, layout, regions, n, &seed);
	bytes = region_table_bytes(table);
	for (i = 0; i < count && good; i++)
		good = region_find(table, regions[i].addr + tap_random(&seed) % 65536, &got) && same(&got, &regions[i]) &&
		       region_find_dma(table, got.dma + 65535, &got) && same(&got, &regions[i]) &&
		       steps_to(table, &regions[i]) <= 5;
	ok(good && bytes <= 40 * count, "%llu regions %s take %llu bytes each, and are found", (unsigned long long)count,
	   names[layout], (unsigned long long)((bytes + count - 1) / count));
	for (i = 0; i < count && good; i++)
		good = !region_remove(table, regions[i].addr, 65536, &got) && same(&got, &regions[i]) &&
		       !region_find(table, regions[i].addr, &got);
	ok(good && !region_count(table) && !region_bytes(table), "and are removed one by one");
	fill(table, layout, regions, n, &seed);
	again = region_table_bytes(table);
	ok(again <= bytes + bytes / 8, "filling it again takes the same memory: %llu, then %llu", (unsigned long long)bytes,
	   (unsigned long long)again);
	region_table_close(table);
	free(regions);
	ok(!bytes_held, "all memory is given back");
}

static void test_huge(void)
{
	struct region_table *table = open_table();
	struct region got;
	uint64_t i, bytes;
	bool good = true;

	for (i = 0; i < 2000; i++)
		good = good && !insert(table, (i + 10) * 1024 * GIB + 12345, 1024 * GIB);
	bytes = region_table_bytes(table);
	for (i = 0; i < 2000; i++)
		good = good && region_find(table, (i + 10) * 1024 * GIB + 12345 + i * GIB / 2, &got) &&
		       got.addr == (i + 10) * 1024 * GIB + 12345 && got.len == 1024 * GIB;
	ok(good && bytes < 2000 * 200 + 65536, "regions of a TiB cost no more than small ones: %llu bytes each",
	   (unsigned long long)bytes / 2000);
	region_table_close(table);
}

/* Records that could still be made without asking for a page, modulo a page of them. */
static uint64_t spare_records(const struct region_table *table)
{
	uint64_t count = table->fresh_records_left;
	uint32_t ref;

	for (ref = table->free_records; ref; ref = region_rec(table, ref)->next)
		count++;
	return count % REGION_PAGE_RECORDS;
}

/* After so many allocations there are no more: everything that is there still works, and what fails changes nothing. */
static bool without_memory(uint64_t allocs, uint64_t *seed, uint64_t *refused)
{
	struct region_table *table = open_table();
	struct oracle oracle = { NULL, 0, 0, 0 };
	struct region region, was;
	uint64_t i, spare;
	bool good = true;
	int err = 0;

	allocs_left = allocs;
	for (i = 0; i < 40000 && good && *refused < 300 * (allocs + 1); i++) {
		region = random_region(seed);
		region = make_region((region.addr + tap_random(seed) % (16 * GIB)) & (TOP / 2 - 1),
		                     region.len > 0x4000 ? 0x4000 - i % 0x2000 : region.len, seed);
		spare = spare_records(table);
		err = region_insert(table, &region);
		*refused += err == -ENOMEM;
		if (!err)
			oracle_insert(&oracle, &region);
		else if (err == -ENOMEM)
			good = spare == spare_records(table);
		else
			good = err == -EEXIST;
		good = good && region_count(table) == oracle.count && agree_around(table, &oracle, &region, seed);
		if (err == -ENOMEM && oracle.count > 50 && i % 3) {
			region = oracle.regions[tap_random(seed) % oracle.count];
			good = good && !region_remove(table, region.addr, region.len, &was) && same(&was, &region);
			oracle_remove(&oracle, oracle_at(&oracle, region.addr));
		}
	}
	good = good && agree_all(table, &oracle, seed);
	allocs_left = ALL;
	for (i = 0; i < 500 && good; i++)
		good = random_step(table, &oracle, true, seed);
	good = good && agree_all(table, &oracle, seed);
	region_table_close(table);
	free(oracle.regions);
	return good;
}

static void test_no_memory(uint64_t seed)
{
	struct region_table *table = NULL;
	uint64_t allocs, refused = 0;
	bool good = true;
	int err;

	for (allocs = 0;; allocs++) {
		allocs_left = allocs;
		err = region_table_open(&table);
		allocs_left = ALL;
		if (!err)
			break;
		good = good && err == -ENOMEM && !table && !bytes_held;
	}
	region_table_close(table);
	ok(good && allocs >= 2, "opening fails cleanly at each of %llu allocations", (unsigned long long)allocs);
	good = true;
	for (allocs = 0; allocs < 6 && good; allocs++)
		good = without_memory(allocs, &seed, &refused);
	ok(good && refused > 100, "an insert without memory changes nothing, and all else works on (%llu refused)",
	   (unsigned long long)refused);
	ok(!bytes_held, "all memory is given back");
}

int main(void)
{
	uint64_t seed = tap_seed();
	int layout;

	test_edges();
	test_random(seed);
	for (layout = 0; layout < LAYOUTS; layout++)
		test_memory((enum layout)layout, seed);
	test_huge();
	test_no_memory(seed);
	return done_testing();
}
