/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Page lists of memory regions: vectors by hand, and a reader of page lists against random segments. */
#include "emit_kit.h"

#define CAP 600u

static uint64_t random_page_size(uint64_t *seed)
{
	static const unsigned int shifts[] = { 12, 12, 13, 16, 21, 30, 31, 32, 40, 63 };

	return UINT64_C(1) << shifts[kit_below(seed, sizeof(shifts) / sizeof(shifts[0]))];
}

/* Reads a page list: a run a page, cut off at both ends of all. Returns how many; 0: the list contradicts itself. */
static uint32_t read_pages(const dmavec_dma_t *pages, const struct dmavec_page_list *list, struct dmavec_seg *runs)
{
	uint64_t size = UINT64_C(1) << list->page_shift, left = list->len, skip = list->offset;
	uint32_t i;

	if (skip >= size)
		return 0;
	for (i = 0; i < list->npages; i++, skip = 0) {
		if (!left || pages[i] % size)
			return 0;
		runs[i].addr = pages[i] + skip;
		runs[i].len = left < size - skip ? left : size - skip;
		left -= runs[i].len;
	}
	return left ? 0 : list->npages;
}

/* How many pages the segments lie in, one by one; segments are sound. More than 32 bits count: UINT64_MAX. */
static uint64_t need_pages(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t page_size)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < nsegs; i++)
		n += (segs[i].addr + (segs[i].len - 1)) / page_size - segs[i].addr / page_size + 1;
	return n > UINT32_MAX ? UINT64_MAX : n;
}

static void test_vectors(void)
{
	const struct dmavec_seg offset_and_end[] = { { 0x12345e00, 0x200 }, { 0x5000, 0x2000 }, { 0x9000, 1 } };
	const struct dmavec_seg inside[] = { { 0x7123, 0x10 } };
	const struct dmavec_seg last_page[] = { { UINT64_C(0xfffffffffffff000), 0x1000 } };
	const struct dmavec_seg big[] = { { UINT64_C(0x180000010), UINT64_C(0x27ffffff0) } };
	const dmavec_dma_t pages_1[] = { 0x12345000, 0x5000, 0x6000, 0x9000 };
	const dmavec_dma_t pages_4[] = { UINT64_C(0x180000000), UINT64_C(0x200000000), UINT64_C(0x280000000),
		                         UINT64_C(0x300000000), UINT64_C(0x380000000) };
	struct dmavec_page_list list = { .size = sizeof(list) };
	dmavec_dma_t pages[8];

	ok(!dmavec_emit_pages(offset_and_end, 3, 4096, pages, 4, &list) && !memcmp(pages, pages_1, sizeof(pages_1)),
	   "the first page starts late, the last ends early, the rest are whole");
	ok(list.offset == 0xe00 && list.len == 0x2201 && list.npages == 4 && list.page_shift == 12 &&
	           list.size == sizeof(list),
	   "offset, length, number and shift of it");
	ok(!dmavec_emit_pages(inside, 1, 4096, pages, 1, &list) && pages[0] == 0x7000 && list.offset == 0x123 &&
	           list.len == 0x10 && list.npages == 1,
	   "a few bytes inside a page");
	ok(!dmavec_emit_pages(last_page, 1, 4096, pages, 1, &list) && pages[0] == UINT64_C(0xfffffffffffff000) &&
	           !list.offset && list.len == 0x1000,
	   "the last page of all addresses");
	ok(!dmavec_emit_pages(big, 1, UINT64_C(1) << 31, pages, 8, &list) && !memcmp(pages, pages_4, sizeof(pages_4)) &&
	           list.npages == 5 && list.page_shift == 31 && list.offset == 0x10,
	   "pages of 2 GiB");
}

static void test_room(void)
{
	const struct dmavec_seg segs[] = { { 0x1800, 0x2800 } }, all[] = { { 0, UINT64_MAX } };
	struct dmavec_page_list list = { .size = sizeof(list) }, kept = list;
	dmavec_dma_t pages[3] = { 1, 2, 3 };

	ok(!dmavec_emit_pages(segs, 1, 4096, NULL, 0, &list) && list.npages == 3 && list.len == 0x2800 &&
	           list.offset == 0x800,
	   "without an array, the list says how many pages there are");
	list = kept;
	ok(dmavec_emit_pages(segs, 1, 4096, pages, 2, &list) == -E2BIG && !memcmp(&list, &kept, sizeof(list)) &&
	           pages[0] == 1,
	   "one page short: -E2BIG, nothing written");
	ok(dmavec_emit_pages(segs, 1, 4096, pages, 0, &list) == -E2BIG, "no room at all: -E2BIG");
	ok(dmavec_emit_pages(segs, 1, 4096, NULL, 3, &list) == -EINVAL, "room without an array: -EINVAL");
	ok(dmavec_emit_pages(all, 1, 4096, NULL, 0, &list) == -E2BIG && !memcmp(&list, &kept, sizeof(list)),
	   "more pages than npages counts: -E2BIG");
	ok(!dmavec_emit_pages(all, 1, UINT64_C(1) << 63, NULL, 0, &list) && list.npages == 2 && list.page_shift == 63,
	   "two pages of 2^63 bytes");
}

static void test_arguments(void)
{
	const struct dmavec_seg seg = { 0x1000, 0x1000 }, apart[] = { { 0x1000, 0x800 }, { 0x1800, 0x800 } };
	const struct {
		uint64_t page_size;
		int want;
	} sizes[] = { { 0, -EINVAL },    { 1, -EINVAL },     { 2048, -EINVAL },        { 4096, 0 },
		      { 4097, -EINVAL }, { 12288, -EINVAL }, { UINT64_C(1) << 63, 0 }, { UINT64_MAX, -EINVAL } };
	struct dmavec_limits limits = { .size = sizeof(limits) };
	struct dmavec_page_list list = { .size = sizeof(list) };
	struct {
		struct dmavec_page_list list;
		unsigned char tail[8];
	} longer = { { .size = sizeof(longer) }, { 1, 1 } };
	dmavec_dma_t page;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		ok(dmavec_emit_pages(&seg, 1, sizes[i].page_size, &page, 1, &list) == sizes[i].want &&
		           dmavec_emit_pages_limits(&limits, sizes[i].page_size) == sizes[i].want,
		   "pages of %llu bytes: %d", (unsigned long long)sizes[i].page_size, sizes[i].want);
	ok(dmavec_emit_pages(NULL, 1, 4096, &page, 1, &list) == -EINVAL, "no segments: -EINVAL");
	ok(dmavec_emit_pages(&seg, 0, 4096, &page, 1, &list) == -EINVAL, "0 of them: -EINVAL");
	ok(dmavec_emit_pages(&seg, 1, 4096, &page, 1, NULL) == -EINVAL, "nowhere to put the list: -EINVAL");
	ok(dmavec_emit_pages(apart, 2, 4096, NULL, 0, &list) == -EINVAL,
	   "two segments in one page: -EINVAL, as the gap says");
	list.size = sizeof(list) - 1;
	ok(dmavec_emit_pages(&seg, 1, 4096, &page, 1, &list) == -EINVAL, "a list shorter than it ever was: -EINVAL");
	list.size = 0;
	ok(!dmavec_emit_pages(&seg, 1, 4096, &page, 1, &list) && !list.size && list.npages == 1,
	   "size 0: the first version");
	ok(!dmavec_emit_pages(&seg, 1, 4096, &page, 1, &longer.list) && longer.list.size == sizeof(longer) &&
	           longer.list.len == 0x1000 && !longer.tail[0] && !longer.tail[7],
	   "a longer list: zeros behind what is known");
}

/* One random case; false: it is not as promised. */
static bool random_case(uint64_t *seed, uint64_t counts[3])
{
	uint64_t page_size = random_page_size(seed), need;
	struct dmavec_limits limits = { .size = sizeof(limits) };
	struct dmavec_seg segs[KIT_SEGS], runs[CAP];
	struct dmavec_page_list list, kept;
	dmavec_dma_t pages[CAP];
	uint32_t nsegs, cap = (uint32_t)kit_below(seed, CAP + 1);
	int want, got;

	if (dmavec_emit_pages_limits(&limits, page_size))
		return false;
	nsegs = kit_segs(seed, &limits, segs);
	want = dmavec_check_segs(&limits, segs, nsegs) ? -EINVAL : 0;
	need = want ? 0 : need_pages(segs, nsegs, page_size);
	if (need && need <= CAP && kit_below(seed, 2))
		cap = (uint32_t)(need - kit_below(seed, 2));
	if (!want && need > cap)
		want = -E2BIG;
	memset(pages, KIT_GUARD, sizeof(pages));
	memset(&list, KIT_GUARD, sizeof(list));
	list.size = sizeof(list);
	kept = list;
	got = dmavec_emit_pages(segs, nsegs, page_size, pages, cap, &list);
	counts[want == -EINVAL ? 0 : want ? 1 : 2]++;
	if (got != want)
		return false;
	if (got)
		return !memcmp(&list, &kept, sizeof(list)) && kit_untouched(pages, sizeof(pages));
	return list.npages == need && kit_untouched(pages + need, sizeof(pages) - need * sizeof(pages[0])) &&
	       kit_same(runs, read_pages(pages, &list, runs), segs, nsegs);
}

static uint32_t there_and_back(const struct dmavec_seg *segs, uint32_t nsegs, struct dmavec_seg *runs, uint32_t max)
{
	struct dmavec_page_list list = { .size = sizeof(list) };
	dmavec_dma_t pages[256];

	if (dmavec_emit_pages(segs, nsegs, 4096, pages, max < 256 ? max : 256, &list))
		return 0;
	return read_pages(pages, &list, runs);
}

int main(void)
{
	uint64_t seed = tap_seed(), cases = tap_cases(200000), counts[3] = { 0, 0, 0 }, i;
	struct dmavec_limits limits = { .size = sizeof(limits) };
	bool good = true;

	test_vectors();
	test_room();
	test_arguments();
	for (i = 0; good && i < cases; i++)
		good = random_case(&seed, counts);
	ok(good, "%llu random lists name what their segments name, or fail as promised and write nothing (case %llu)",
	   (unsigned long long)cases, (unsigned long long)i);
	ok(cases < 1000 || (counts[0] > cases / 20 && counts[1] > cases / 20 && counts[2] > cases / 20),
	   "of them, malformed %llu, short of room %llu, good %llu", (unsigned long long)counts[0],
	   (unsigned long long)counts[1], (unsigned long long)counts[2]);
	ok(!dmavec_emit_pages_limits(&limits, 4096), "limits for pages of 4096 bytes");
	kit_end_to_end(&seed, &limits, there_and_back, "pages");
	return done_testing();
}
