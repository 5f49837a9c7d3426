/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The soft space: what its options take, when the device stops seeing what was unmapped, and that in a lazy space
 * neither an address nor a table comes again before its flush, from many threads at once.
 */
#include <dmavec/sim.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "tap.h"

#define PAGE 4096u
#define HOUR 3600000u

static const char *format; /* of the tables; NULL: the default one */

static unsigned char *memory; /* PAGES of them, each filled with its number */
#define PAGES 512u

static struct dmavec_range page_range(unsigned int i)
{
	return (struct dmavec_range){ dmavec_cpu(memory + i * PAGE), PAGE };
}

static struct dmavec_space *open_soft(struct dmavec_soft_opts opts)
{
	struct dmavec_space *space = NULL;

	opts.size = sizeof(opts);
	opts.format = format;
	if (dmavec_space_soft(&space, &opts)) {
		ok(false, "a space opens");
		exit(1);
	}
	return space;
}

static struct dmavec_dev *open_dev(struct dmavec_space *space)
{
	struct dmavec_dev *dev = NULL;

	if (dmavec_dev_open(&dev, space, NULL, 0)) {
		ok(false, "a device opens");
		exit(1);
	}
	return dev;
}

static void close_all(struct dmavec_dev *dev, struct dmavec_space *space)
{
	ok(!dmavec_dev_close(dev) && !dmavec_space_close(space), "all is closed");
}

static struct dmavec_space_info info_of(struct dmavec_space *space)
{
	struct dmavec_space_info info = { .size = sizeof(info) };

	if (dmavec_space_info(space, &info))
		ok(false, "info");
	return info;
}

/* Map page i; its device address, or 0. */
static dmavec_dma_t map_page(struct dmavec_dev *dev, struct dmavec_map *map, struct dmavec_seg *seg, unsigned int i)
{
	struct dmavec_range range = page_range(i);

	*map = (struct dmavec_map)DMAVEC_MAP_INIT(seg, 1);
	return dmavec_map(dev, map, &range, 1, DMAVEC_TO_DEVICE, 0) ? 0 : seg->addr;
}

static bool sees(struct dmavec_space *space, dmavec_dma_t dma, unsigned int i)
{
	uint32_t value = ~0u;

	return !dmavec_space_read(space, dma, &value, sizeof(value)) && value == i;
}

static bool faults(struct dmavec_space *space, dmavec_dma_t dma)
{
	char byte;

	return dmavec_space_read(space, dma, &byte, 1) == -EFAULT;
}

/* ---- options */

static int try_opts(struct dmavec_soft_opts opts)
{
	struct dmavec_space *space = NULL;
	int err;

	opts.size = sizeof(opts);
	err = dmavec_space_soft(&space, &opts);
	dmavec_space_close(space);
	return err;
}

static int try_memory(struct dmavec_window a, struct dmavec_window b, struct dmavec_range bounce)
{
	struct dmavec_window windows[2] = { a, b };

	return try_opts((struct dmavec_soft_opts){ .memory = windows, .nmemory = 2, .bounce = bounce });
}

static void test_options(void)
{
	const struct dmavec_window a = { 0x100000, 0x500000, 0x10000 }, b = { 0x200000, 0x700000, 0x10000 };
	const struct dmavec_range none = { 0, 0 };
	struct dmavec_space *space = open_soft((struct dmavec_soft_opts){ .iova_min = 0x1001, .iova_max = 0x80ffe });
	struct dmavec_space_info info = info_of(space);
	struct dmavec_space *direct = NULL;

	ok(info.granule == PAGE && info.isolates && !info.lazy && info.nwindows == 1 &&
	   info.windows[0].first == 0x2000 &&
	   info.windows[0].last == 0x7ffff, "addresses are rounded inwards");
	ok(dmavec_sim_iommu_of(space) && !dmavec_sim_iommu_of(NULL), "it has an IOMMU");
	dmavec_space_close(space);
	space = open_soft((struct dmavec_soft_opts){ 0 });
	info = info_of(space);
	ok(info.windows[0].first == 0x1000 && info.windows[0].last == 0xffffffffffff, "defaults");
	dmavec_space_close(space);
	ok(!dmavec_space_direct(&direct, NULL) && !dmavec_sim_iommu_of(direct), "other spaces have none");
	dmavec_space_close(direct);
	ok(try_opts((struct dmavec_soft_opts){ .format = "none" }) == -EOPNOTSUPP, "an unknown format");
	ok(try_opts((struct dmavec_soft_opts){ .reserved = 1 }) == -EINVAL, "reserved");
	ok(try_opts((struct dmavec_soft_opts){ .iova_max = 1ull << 48 }) == -EINVAL, "beyond the tables");
	ok(try_opts((struct dmavec_soft_opts){ .iova_max = UINT64_MAX }) == -EINVAL, "far beyond them");
	ok(try_opts((struct dmavec_soft_opts){ .iova_max = 0xffe }) == -EINVAL, "less than a page");
	ok(try_opts((struct dmavec_soft_opts){ .iova_min = 0x1001, .iova_max = 0x2ffe }) == -EINVAL, "no whole page");
	ok(try_opts((struct dmavec_soft_opts){ .iova_min = 0x3000, .iova_max = 0x2fff }) == -EINVAL,
	   "the wrong way round");
	ok(try_opts((struct dmavec_soft_opts){ .nmemory = 1 }) == -EINVAL, "memory that is NULL");
	ok(!try_memory(a, b, none) && !try_memory(b, a, (struct dmavec_range){ 0x104000, 0x4000 }),
	   "two windows, bounce in one");
	ok(try_memory(a, b, (struct dmavec_range){ 0x10e000, 0x4000 }) == -EINVAL, "bounce that leaves its window");
	ok(try_memory(a, b, (struct dmavec_range){ 0x1000, 0x1000 }) == -EINVAL, "bounce outside");
	ok(try_memory(a, (struct dmavec_window){ 0x108000, 0x700000, 0x10000 }, none) == -EINVAL,
	   "windows that overlap");
	ok(try_memory(a, (struct dmavec_window){ 0x200000, 0x508000, 0x10000 }, none) == -EINVAL, "or do so in memory");
	ok(try_memory(a, (struct dmavec_window){ 0x200800, 0x700800, 0x1000 }, none) == -EINVAL,
	   "a window of half pages");
	ok(try_memory(a, (struct dmavec_window){ 0x200000, 0x700000, 0 }, none) == -EINVAL, "an empty one");
	ok(try_memory(a, (struct dmavec_window){ 0xfffffffffffff000, 0x700000, 0x2000 }, none) == -EINVAL,
	   "one that wraps");
}

/* ---- when the device stops seeing it */

static void test_strict(void)
{
	struct dmavec_space *space = open_soft((struct dmavec_soft_opts){ 0 });
	struct dmavec_dev *dev = open_dev(space);
	struct dmavec_map map;
	struct dmavec_seg seg;
	dmavec_dma_t dma = map_page(dev, &map, &seg, 7);
	uint64_t before = info_of(space).invalidations;

	ok(dma && sees(space, dma, 7) && dmavec_space_write(space, dma, "x", 1) == -EFAULT,
	   "the device reads, and may not write");
	ok(!dmavec_unmap(dev, &map, 0) && faults(space, dma), "what is unmapped is gone at once");
	ok(info_of(space).invalidations == before + 1 && info_of(space).faults == 2,
	   "by one invalidation; faults are counted");
	ok(!dmavec_flush(space) && info_of(space).invalidations == before + 1, "there is nothing to flush");
	close_all(dev, space);
}

static void test_lazy_count(void)
{
	struct dmavec_space *space = open_soft((struct dmavec_soft_opts){ .lazy = 1, .flush_count = 16,
	                                                                 .flush_ms = HOUR });
	struct dmavec_dev *dev = open_dev(space);
	uint64_t before = info_of(space).invalidations;
	struct dmavec_map map;
	struct dmavec_seg seg;
	dmavec_dma_t used[16];
	unsigned int i, j;
	bool fresh = true, stale = true, gone = true;

	for (i = 0; i < 16; i++) {
		used[i] = map_page(dev, &map, &seg, i);
		for (j = 0; j < i; j++)
			fresh = fresh && used[i] != used[j];
		fresh = fresh && sees(space, used[i], i);
		for (j = 0; j < i; j++)
			stale = stale && sees(space, used[j], j);
		if (i == 15)
			ok(info_of(space).invalidations == before && info_of(space).lazy,
			   "nothing is invalidated before the sixteenth");
		if (dmavec_unmap(dev, &map, 0))
			ok(false, "unmap");
	}
	ok(fresh, "no address comes again before the flush");
	ok(stale, "and the device still sees what its IOTLB keeps");
	for (i = 0; i < 16; i++)
		gone = gone && faults(space, used[i]);
	ok(gone && info_of(space).invalidations == before + 1, "then one invalidation serves all");
	ok(!info_of(space).iova_bytes, "what waits is not held");
	used[0] = map_page(dev, &map, &seg, 3);
	ok(sees(space, used[0], 3) && !dmavec_unmap(dev, &map, 0) && sees(space, used[0], 3) && !dmavec_flush(space) &&
	   faults(space, used[0]) && info_of(space).invalidations == before + 2, "dmavec_flush does it too");
	ok(!dmavec_flush(space) && info_of(space).invalidations == before + 2, "and the next has nothing to do");
	used[0] = map_page(dev, &map, &seg, 4);
	ok(!dmavec_unmap(dev, &map, 0), "something waits");
	close_all(dev, space);
}

static void sleep_ms(unsigned int ms)
{
	struct timespec time = { 0, ms * 1000000 };

	nanosleep(&time, NULL);
}

static void test_lazy_time(void)
{
	struct dmavec_space *space = open_soft((struct dmavec_soft_opts){ .lazy = 1, .flush_ms = 3 });
	struct dmavec_dev *dev = open_dev(space);
	struct dmavec_map map, other;
	struct dmavec_seg seg, other_seg;
	dmavec_dma_t dma = map_page(dev, &map, &seg, 7);

	ok(sees(space, dma, 7) && !dmavec_unmap(dev, &map, 0), "something waits");
	sleep_ms(4);
	ok(map_page(dev, &other, &other_seg, 8) && !sees(space, dma, 7), "a map after the longest wait flushes it");
	dma = map_page(dev, &map, &seg, 9);
	ok(sees(space, dma, 9) && !dmavec_unmap(dev, &map, 0), "something waits again");
	sleep_ms(4);
	ok(!dmavec_unmap(dev, &other, 0) && faults(space, dma), "and so does an unmap");
	close_all(dev, space);
}

/* Four addresses, and all of them wait. */
static void test_lazy_shortage(void)
{
	struct dmavec_space *space = open_soft((struct dmavec_soft_opts){ .lazy = 1, .flush_ms = HOUR,
	                                                                 .iova_min = 0x10000,
	                                                                  .iova_max = 0x13fff });
	struct dmavec_dev *dev = open_dev(space);
	struct dmavec_map map;
	struct dmavec_seg seg;
	dmavec_dma_t dma = 0, last = 0;
	unsigned int i;
	bool good = true;

	for (i = 0; i < 100 && good; i++) {
		dma = map_page(dev, &map, &seg, i);
		good = dma && sees(space, dma, i) && !dmavec_unmap(dev, &map, 0);
	}
	ok(good, "where addresses run out, what waits is flushed");
	ok(info_of(space).invalidations >= 24 && info_of(space).invalidations <= 100, "and not more often than that");
	last = 0x10000;
	ok(!dmavec_register_at(space, page_range(5).addr, PAGE, last, 0) && sees(space, last, 5),
	   "also for one address");
	ok(!dmavec_unregister(space, page_range(5).addr, PAGE) && faults(space, last), "unregistering is strict");
	ok(!dmavec_register_at(space, page_range(6).addr, PAGE, last, 0) && sees(space, last, 6),
	   "and the address is free again");
	close_all(dev, space);
}

static void test_untrusted(void)
{
	struct dmavec_space *space = open_soft((struct dmavec_soft_opts){ .lazy = 1, .flush_ms = HOUR });
	struct dmavec_dev *dev = open_dev(space);
	struct dmavec_map map;
	struct dmavec_seg seg;
	dmavec_dma_t dma = map_page(dev, &map, &seg, 7), again;

	ok(sees(space, dma, 7) && !dmavec_unmap(dev, &map, 0) && sees(space, dma, 7), "lazy");
	ok(!dmavec_dev_close(dev) && !dmavec_dev_open(&dev, space, NULL, DMAVEC_DEV_UNTRUSTED), "an untrusted device");
	ok(faults(space, dma) && !info_of(space).lazy, "ends that, and what waited is flushed");
	again = map_page(dev, &map, &seg, 8);
	ok(sees(space, again, 8) && !dmavec_unmap(dev, &map, 0) && faults(space, again), "for good");
	close_all(dev, space);
}

/* The page of the page table that translates dma. */
static uintptr_t table_of(struct dmavec_space *space, dmavec_dma_t dma)
{
	uint64_t *entry = NULL;

	if (dmavec_sim_iommu_leaf(dmavec_sim_iommu_of(space), dma, &entry))
		return 0;
	return (uintptr_t)entry & ~(uintptr_t)(PAGE - 1);
}

/* One table each, of the lowest level. */
#define LOW(i) (0x40000000ull + (i) * 0x200000ull)

/* A walker may still hold a pointer to a table that an unmap emptied. */
static void test_lazy_tables(void)
{
	struct dmavec_space *space = open_soft((struct dmavec_soft_opts){ .lazy = 1, .flush_ms = HOUR });
	struct dmavec_dev *dev = open_dev(space);
	struct dmavec_map map;
	struct dmavec_seg seg;
	dmavec_dma_t dma = map_page(dev, &map, &seg, 7);
	uintptr_t table = table_of(space, dma);
	unsigned int i, same = 0, again = 0;

	ok(dma && table && !dmavec_unmap(dev, &map, 0), "the only mapping goes, and its tables");
	for (i = 1; i < 40; i++)
		if (dmavec_register_at(space, page_range(i).addr, PAGE, LOW(i), 0) ||
		    table_of(space, LOW(i)) == table)
			same++;
	ok(!same, "no other mapping gets them before the flush");
	ok(!dmavec_flush(space), "flush");
	for (; i < 400; i++)
		if (dmavec_register_at(space, page_range(i).addr, PAGE, LOW(i), 0) ||
		    table_of(space, LOW(i)) == table)
			again++;
	ok(again == 1, "one does after it");
	close_all(dev, space);
}

static void test_placement(void)
{
	struct dmavec_space *space = open_soft((struct dmavec_soft_opts){ .bottom_up = 1, .guard = 1,
	                                                                 .iova_min = 0x50000 });
	struct dmavec_dev *dev = open_dev(space);
	struct dmavec_map map, other;
	struct dmavec_seg seg, other_seg;

	ok(map_page(dev, &map, &seg, 1) == 0x50000, "the lowest address first");
	ok(map_page(dev, &other, &other_seg, 2) >= 0x52000 && faults(space, 0x51000), "and a guard behind it");
	ok(!dmavec_unmap(dev, &map, 0) && !dmavec_unmap(dev, &other, 0), "unmap");
	close_all(dev, space);
}

/* ---- memory that the tables name by physical address */

static void test_memory(void)
{
	const struct dmavec_window windows[] = {
		{ dmavec_cpu(memory + 300 * PAGE), 0x40000000, 100 * PAGE },
		{ dmavec_cpu(memory), 0x80000000, 300 * PAGE },
	};
	struct dmavec_space *space = open_soft((struct dmavec_soft_opts){ .memory = windows, .nmemory = 2 });
	struct dmavec_dev *dev = open_dev(space);
	struct dmavec_range ranges[200], over = { dmavec_cpu(memory + 290 * PAGE), 20 * PAGE };
	struct dmavec_seg segs[200];
	struct dmavec_map map = DMAVEC_MAP_INIT(segs, 200);
	unsigned int i;
	bool good = true;
	uint64_t *entry;

	for (i = 0; i < 200; i++)
		ranges[i] = page_range((i * 7) % 400);
	ok(!dmavec_map(dev, &map, ranges, 200, DMAVEC_TO_DEVICE, 0) && map.nsegs == 1, "200 pages of two windows");
	for (i = 0; i < 200; i++)
		good = good && sees(space, segs[0].addr + i * PAGE, (i * 7) % 400);
	ok(good, "the device sees each");
	ok(!dmavec_sim_iommu_leaf(dmavec_sim_iommu_of(space), segs[0].addr + 50 * PAGE, &entry) &&
	   (*entry & 0xffffffffff000) == 0x40000000 + 50 * PAGE, "a leaf holds what the window says");
	ok(!dmavec_unmap(dev, &map, 0), "unmap");
	ok(!dmavec_map(dev, &map, &over, 1, DMAVEC_TO_DEVICE, 0) && map.nsegs == 1 &&
	   sees(space, segs[0].addr + 9 * PAGE, 299) &&
	   sees(space, segs[0].addr + 10 * PAGE, 300), "a range that runs over both");
	ok(!dmavec_unmap(dev, &map, 0), "unmap");
	for (i = 1; i < 200; i += 33) {
		ranges[i] = page_range(450);
		good = good && dmavec_map(dev, &map, ranges, 200, DMAVEC_TO_DEVICE, 0) == -EFAULT;
		ranges[i] = page_range(i);
	}
	ok(good && !info_of(space).iova_bytes && !info_of(space).quarantined_bytes,
	   "outside of them: -EFAULT, and nothing is held");
	ok(!dmavec_map(dev, &map, ranges, 200, DMAVEC_TO_DEVICE, 0) && !dmavec_unmap(dev, &map, 0),
	   "so that the rest maps again");
	close_all(dev, space);
}

/* ---- many threads */

struct worker {
	pthread_t thread;
	struct dmavec_space *space;
	struct dmavec_dev *dev;
	unsigned int first, rounds; /* 64 pages from first on are its own */
	unsigned int wrong;
};

/* An address that came back too soon shows another page's number, out of the IOTLB. */
static void *work(void *arg)
{
	struct worker *w = arg;
	uint64_t state = w->first;
	struct dmavec_map map;
	struct dmavec_seg seg;
	unsigned int i, page;
	dmavec_dma_t dma;

	for (i = 0; i < w->rounds; i++) {
		page = w->first + (unsigned int)(tap_random(&state) % 64);
		dma = map_page(w->dev, &map, &seg, page);
		w->wrong += !dma || !sees(w->space, dma, page);
		w->wrong += dmavec_unmap(w->dev, &map, 0) != 0;
		if (i % 1000 == 999)
			w->wrong += dmavec_flush(w->space) != 0;
	}
	return NULL;
}

static void test_threads(struct dmavec_soft_opts opts, const char *what)
{
	struct dmavec_space *space = open_soft(opts);
	struct dmavec_dev *dev = open_dev(space);
	struct worker workers[8];
	unsigned int i, wrong = 0;

	for (i = 0; i < 8; i++) {
		workers[i] = (struct worker){ .space = space, .dev = dev, .first = i * 64, .rounds = 3000 };
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			exit(1);
	}
	for (i = 0; i < 8; i++) {
		pthread_join(workers[i].thread, NULL);
		wrong += workers[i].wrong;
	}
	ok(!wrong && !info_of(space).iova_bytes, "%s: eight threads see their own pages", what);
	close_all(dev, space);
}

/* Memory that entries cannot name is memory that the space cannot reach; windows of it are refused at open. */
static void test_beyond(void)
{
	static const uint64_t beyond[] = { 1ull << 52, 1ull << 57, 0xffff888000000000, 0xfffffffffffff000 };
	const struct dmavec_window window = { 1ull << 30, 1ull << 52, PAGE };
	struct dmavec_soft_opts opts = { .size = sizeof(opts), .format = format, .memory = &window, .nmemory = 1 };
	struct dmavec_space *space = open_soft((struct dmavec_soft_opts){ 0 }), *none;
	struct dmavec_dev *dev = open_dev(space);
	struct dmavec_seg seg;
	struct dmavec_map map = DMAVEC_MAP_INIT(&seg, 1);
	bool good = true;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct dmavec_range range = { beyond[i], PAGE };

		good = good && dmavec_map(dev, &map, &range, 1, DMAVEC_TO_DEVICE, 0) == -EFAULT;
	}
	good = good && dmavec_register(space, beyond[0], PAGE, 0) == -EFAULT;
	ok(good && !info_of(space).iova_bytes, "memory that no entry can name is -EFAULT, and nothing is held");
	ok(dmavec_space_soft(&none, &opts) == -EINVAL, "a window of such memory is -EINVAL");
	close_all(dev, space);
}

/* Memory that lies so gets device addresses that take one large entry, whatever was mapped before it. */
static void test_large(void)
{
	const uint64_t large = 2ull << 20;
	char *area = mmap(NULL, 3 * large, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct dmavec_range small = { dmavec_cpu(memory), PAGE }, range;
	struct dmavec_space *space = open_soft((struct dmavec_soft_opts){ 0 });
	struct dmavec_dev *dev = open_dev(space);
	struct dmavec_seg segs[2];
	struct dmavec_map first = DMAVEC_MAP_INIT(&segs[0], 1), map = DMAVEC_MAP_INIT(&segs[1], 1);
	uint64_t *low = NULL, *high = NULL;
	dmavec_dma_t dma = 0;

	range = (struct dmavec_range){ (dmavec_cpu(area) + large - 1) & ~(large - 1), large };
	ok(!dmavec_map(dev, &first, &small, 1, DMAVEC_TO_DEVICE, 0) &&
	           !dmavec_map(dev, &map, &range, 1, DMAVEC_TO_DEVICE, 0) && !(segs[1].addr & (large - 1)) &&
	           !dmavec_sim_iommu_leaf(dmavec_sim_iommu_of(space), segs[1].addr, &low) &&
	           !dmavec_sim_iommu_leaf(dmavec_sim_iommu_of(space), segs[1].addr + large - PAGE, &high) && low == high,
	   "2 MiB behind a page take one entry when mapped");
	ok(!dmavec_register(space, range.addr, large, 0) && !dmavec_lookup(dev, range.addr, 1, DMAVEC_TO_DEVICE, &dma) &&
	           !(dma & (large - 1)),
	   "and when registered");
	ok(!dmavec_unmap(dev, &map, 0) && !dmavec_unmap(dev, &first, 0) && !dmavec_unregister(space, range.addr, large) &&
	           !info_of(space).iova_bytes,
	   "and all of it is given back");
	close_all(dev, space);
	munmap(area, 3 * large);
}

/* Where the largest leaf is not to be had, the next one is asked for. */
static void test_leaf_sizes(void)
{
	struct dmavec_space *space = open_soft((struct dmavec_soft_opts){ .iova_min = 0x40001000, .iova_max = 0x80802fff });
	struct dmavec_dev *dev = open_dev(space);
	struct dmavec_range range = { 1ull << 40, 1ull << 30 }; /* linked, never looked at */
	struct dmavec_seg seg;
	struct dmavec_map map = DMAVEC_MAP_INIT(&seg, 1);

	ok(!dmavec_map(dev, &map, &range, 1, DMAVEC_TO_DEVICE, 0) && !(seg.addr & ((2u << 20) - 1)) &&
	           !dmavec_unmap(dev, &map, 0),
	   "1 GiB where no multiple of 1 GiB is free goes to a multiple of 2 MiB");
	close_all(dev, space);
}

int main(void)
{
	static const char *const formats[] = { "amdv1", "vtdss" };
	unsigned int i;

	memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return 1;
	for (i = 0; i < PAGES; i++)
		memcpy(memory + i * PAGE, &i, sizeof(i));
	test_options();
	test_strict();
	test_lazy_count();
	test_lazy_time();
	test_lazy_shortage();
	test_placement();
	test_untrusted();
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		format = formats[i];
		test_lazy_tables();
		test_memory();
		test_beyond();
		test_large();
		test_leaf_sizes();
	}
	format = NULL;
	test_threads((struct dmavec_soft_opts){ 0 }, "strict");
	test_threads((struct dmavec_soft_opts){ .lazy = 1, .flush_count = 8 }, "lazy");
	test_threads((struct dmavec_soft_opts){ .lazy = 1, .flush_ms = 1 }, "by time");
	test_threads((struct dmavec_soft_opts){ .lazy = 1, .iova_min = 0x10000, .iova_max = 0x4ffff },
	             "with few addresses");
	return done_testing();
}
