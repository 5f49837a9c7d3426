// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Draws mappings for ../picture.py to look at. Usage: draw DIRECTORY SEED CASES; each becomes NAME.svg and NAME.txt,
 * which says what was mapped. Some are made by the library, on dry spaces; the others are made up.
 */
#include <dmavec/dmavec.h>
#include <dmavec/source.h>
#include <dmavec/space.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/picture.h"
#include "cli/profiles.h"
#include "tap.h"

#define RANGES_MAX 20000
#define SEGS_MAX   40000

FILE *__real_open_memstream(char **text, size_t *size);
FILE *__wrap_open_memstream(char **text, size_t *size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

static struct dmavec_range ranges[RANGES_MAX];
static uint32_t range_flags[RANGES_MAX];
static size_t nranges;
static struct dmavec_seg segs[SEGS_MAX];
static enum dmavec_cut cuts[SEGS_MAX];
static struct cli_mapping mapping;
static const char *directory;
static uint64_t seed;
static int fail_after = -1; /* how many allocations succeed until one fails */

static bool fails_now(void)
{
	return fail_after >= 0 && !fail_after--;
}

FILE *__wrap_open_memstream(char **text, size_t *size)
{
	return fails_now() ? NULL : __real_open_memstream(text, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails_now() ? NULL : __real_realloc(old, size);
}

static uint64_t below(uint64_t n)
{
	return tap_random(&seed) % n;
}

static FILE *create(const char *name, const char *suffix)
{
	char path[512];
	FILE *to;

	snprintf(path, sizeof(path), "%s/%s.%s", directory, name, suffix);
	to = fopen(path, "w");
	if (!to) {
		perror(path);
		exit(1);
	}
	return to;
}

/* What was mapped, a line a range and a segment. */
static void describe(const char *name)
{
	FILE *to = create(name, "txt");
	size_t i;

	fprintf(to, "iommu %d\nlen %" PRIu64 "\nbounce %" PRIu64 "\n", mapping.iommu, mapping.len,
		mapping.bounce_bytes);
	for (i = 0; i < mapping.nranges; i++)
		fprintf(to, "range %" PRIu64 " %" PRIu64 " %" PRIu32 "\n", mapping.ranges[i].addr,
			mapping.ranges[i].len, mapping.range_flags[i]);
	for (i = 0; i < mapping.nsegs; i++)
		fprintf(to, "seg %" PRIu64 " %" PRIu64 " %s\n", mapping.segs[i].addr, mapping.segs[i].len,
			dmavec_cut_name(mapping.cuts[i]));
	fclose(to);
}

static void draw(const char *name)
{
	FILE *to = create(name, "svg");
	int err = cli_draw_mapping(to, &mapping);

	if (err || fclose(to)) {
		printf("%s: %d\n", name, err);
		exit(1);
	}
	describe(name);
}

static void begin(const char *device, const char *space)
{
	memset(&mapping, 0, sizeof(mapping));
	mapping.device = device;
	mapping.space = space;
	mapping.iommu = !strncmp(space, "soft", 4);
	mapping.ranges = ranges;
	mapping.range_flags = range_flags;
	mapping.segs = segs;
	mapping.cuts = cuts;
	mapping.limits.size = sizeof(mapping.limits);
}

static void must(int err, const char *what)
{
	if (!err)
		return;
	printf("%s: %d\n", what, err);
	exit(1);
}

/* ------------------------------------------------------------------ mapped by the library */

struct list {
	struct dmavec_source source;
	size_t at;
};

static size_t list_fill(struct dmavec_source *source, struct dmavec_range *to, uint32_t *flags, size_t max)
{
	struct list *list = (struct list *)source;
	size_t n;

	for (n = 0; n < max && list->at < nranges; n++, list->at++) {
		to[n] = ranges[list->at];
		flags[n] = range_flags[list->at];
	}
	return n;
}

static void list_rewind(struct dmavec_source *source)
{
	((struct list *)source)->at = 0;
}

static struct dmavec_space *open_space(void)
{
	struct dmavec_window window = { 0, 0, UINT64_C(1) << 47 };
	struct dmavec_direct_opts direct = {
		.size = sizeof(direct), .windows = &window, .nwindows = 1, .bounce = { 0x10000, 64 << 20 }, .dry = 1
	};
	struct dmavec_soft_opts soft = { .size = sizeof(soft), .dry = 1 };
	struct dmavec_space *space = NULL;

	must(mapping.iommu ? dmavec_space_soft(&space, &soft) : dmavec_space_direct(&space, &direct), "space");
	return space;
}

/* Asking for each cut would take the square of them: of very many it is asked for the first. */
static void find_cuts(struct dmavec_dev *dev)
{
	uint32_t i;

	for (i = 0; i + 1 < mapping.nsegs; i++) {
		cuts[i] = cuts[0];
		if (i < 2000)
			must(dmavec_cut_reason(dev, ranges, range_flags, nranges, segs, mapping.nsegs, i, &cuts[i]),
			     "cut");
	}
	cuts[i] = DMAVEC_CUT_NONE;
}

/* All of ranges, for that device. */
static void draw_mapped(const char *name, const char *device, const char *space_name)
{
	struct dmavec_limits limits = { .size = sizeof(limits) };
	struct list list = { .source = { list_fill, list_rewind } };
	struct dmavec_map map = DMAVEC_MAP_INIT(segs, SEGS_MAX);
	struct dmavec_plan plan = { .size = sizeof(plan) };
	struct dmavec_space *space;
	struct dmavec_dev *dev;

	begin(device, space_name);
	space = open_space();
	must(strcmp(device, "none") ? cli_parse_device(device, &limits) : 0, device);
	must(dmavec_dev_open(&dev, space, &limits, 0), "device");
	must(dmavec_dev_limits(dev, &mapping.limits), "limits");
	must(dmavec_plan_mixed(dev, ranges, range_flags, nranges, DMAVEC_TO_DEVICE, 0, &plan), "plan");
	must(dmavec_map_source(dev, &map, &list.source, DMAVEC_TO_DEVICE, 0), name);
	mapping.nranges = nranges;
	mapping.nsegs = map.nsegs;
	mapping.len = map.len;
	mapping.bounce_bytes = plan.bounce_bytes;
	mapping.iova_bytes = plan.iova_bytes;
	find_cuts(dev);
	draw(name);
	must(dmavec_unmap(dev, &map, 0), "unmap");
	must(dmavec_dev_close(dev), "close");
	must(dmavec_space_close(space), "close");
}

static void set_range(size_t i, uint64_t addr, uint64_t len, uint32_t flags)
{
	ranges[i] = (struct dmavec_range){ addr, len };
	range_flags[i] = flags;
	nranges = i + 1;
}

/* Pages here and there, some side by side, above 4 GiB or below. */
static void set_pages(size_t n, uint64_t pages_max)
{
	uint64_t top = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		top = below(4) ? 0x20000000 + below(1 << 16) * 4096 : UINT64_C(0x7f5e00000000) + below(1 << 20) * 4096;
		if (i && !below(5))
			top = ranges[i - 1].addr + ranges[i - 1].len;
		set_range(i, top, 4096 * (1 + below(pages_max)), 0);
	}
}

static void set_ragged(size_t n, uint64_t len_max)
{
	size_t i;

	for (i = 0; i < n; i++)
		set_range(i, (below(4) ? 0x20000000 : 0x120000000) + below(1 << 28),
			  1 + below(below(3) ? 9000 : len_max), 0);
}

static void set_mixed(size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		set_range(i, 0x20000000 + i * 0x40000 + 0x800 * (i % 2), i == 7 ? 0x40000 : 4096u << (i % 5),
			  below(2) ? DMAVEC_MMIO : 0);
}

static void draw_library(void)
{
	size_t i;

	set_range(0, 0x7f5e12345000, 4096, 0);
	draw_mapped("one", "nvme", "soft:amdv1");
	set_range(0, 0x7f5e12345010, 8000, 0);
	set_range(1, 0x7f5e22340208, 16, 0);
	set_range(2, 0x7f5e32345000, 0x10000, 0);
	draw_mapped("three", "mlx5", "soft:amdv1");
	draw_mapped("three-e1000", "e1000", "direct");
	set_range(1, 0x1000000000, 1 << 30, 0);
	set_range(2, 0x20000020, 16, 0);
	draw_mapped("tiny-huge", "none", "direct");
	set_pages(16, 1);
	draw_mapped("pages-soft", "nvme", "soft:amdv1");
	draw_mapped("pages-direct", "nvme", "direct");
	set_pages(300, 4);
	draw_mapped("300-soft", "nvme", "soft:amdv1");
	draw_mapped("300-direct", "nvme", "direct");
	set_ragged(300, 200000);
	draw_mapped("300-bounced", "addr_max=0xffffffff,seg_len_max=64K,seg_boundary=64K", "direct");
	draw_mapped("300-ragged", "none", "soft:amdv1");
	draw_mapped("300-gap", "seg_len_max=16288,seg_boundary=64K,gap=512", "soft:amdv1");
	set_mixed(24);
	draw_mapped("mmio-soft", "none", "soft:amdv1");
	set_range(3, 0x10000000000, 4096, 0);
	for (i = 4, nranges = 24; i < 10; i++)
		range_flags[i] = 0;
	draw_mapped("mmio-direct", "bits=36", "direct");
	set_range(0, 0x7f5e10000000, 256 << 20, 0);
	draw_mapped("256M-e1000", "e1000", "soft:amdv1");
	set_pages(20000, 1);
	draw_mapped("20000-soft", "nvme", "soft:amdv1");
	set_ragged(20000, 300);
	draw_mapped("20000-direct", "addr_max=0xffffffff", "direct");
}

/* ------------------------------------------------------------------ made up */

/* Of any size, the small ones as often as the large ones. */
static uint64_t any_len(void)
{
	return 1 + (tap_random(&seed) >> (64 - 1 - below(34)));
}

static uint64_t sum_ranges(void)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < nranges; i++)
		sum += ranges[i].len;
	return sum;
}

/* n ranges; empty ones among them are nothing, and may be anywhere. */
static void make_up_ranges(size_t n)
{
	uint64_t addr = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		addr = i && !below(3) ? addr + ranges[i - 1].len : below(UINT64_C(1) << (30 + below(30)));
		set_range(i, addr, any_len(), below(4) ? 0 : DMAVEC_MMIO);
	}
}

/* Cut at ends of ranges, or anywhere; at the memory's own addresses or elsewhere. */
static uint32_t make_up_segs(uint32_t most)
{
	uint64_t left = sum_ranges(), in = 0, addr = 0;
	uint32_t n = 0;
	size_t i = 0;

	while (left) {
		uint64_t rest = ranges[i].len - in, len = below(2) ? rest : 1 + below(rest + any_len());

		len = n + 1 == most || len > left ? left : len;
		if (!n || below(2))
			addr = below(2) ? ranges[i].addr + in : below(UINT64_C(1) << 48);
		segs[n] = (struct dmavec_seg){ addr, len };
		cuts[n++] = (enum dmavec_cut)below(DMAVEC_CUT_WINDOW + 1);
		addr += len;
		left -= len;
		for (in += len; i < nranges && in >= ranges[i].len; i++)
			in -= ranges[i].len;
	}
	cuts[n - 1] = DMAVEC_CUT_NONE;
	return n;
}

static void make_up(const char *name, const char *device, const char *space, size_t n, uint32_t most)
{
	begin(device, space);
	make_up_ranges(n);
	mapping.nranges = nranges;
	mapping.nsegs = make_up_segs(most);
	mapping.len = sum_ranges();
	mapping.untrusted = below(2);
	mapping.linear = below(2);
	draw(name);
}

static void draw_names(void)
{
	static char capitals[3000];

	make_up("name-markup", "<script>&\"'</script>]]>", "a--&amp;<b>", 5, 9);
	make_up("name-bytes", "\xff\xc0\x80\xe0\x81\x81\xed\xa0\x80\xef\xbf\xbf\x01\t\x7f\xc2\x85 \xe2\x82",
		"caf\xc3\xa9 \xf0\x9f\x92\xbe", 5, 9);
	memset(capitals, 'W', sizeof(capitals) - 1);
	make_up("name-long", capitals, "", 5, 9);
}

static void draw_made_up(uint64_t cases)
{
	char name[32];
	uint64_t i;

	for (i = 0; i < cases; i++) {
		snprintf(name, sizeof(name), "random-%" PRIu64, i);
		make_up(name, "none", below(2) ? "soft" : "direct", 1 + below(1 << (1 + below(12))),
			1 + (uint32_t)below(3000));
	}
	make_up("nothing-joined", "none", "direct", 1900, SEGS_MAX);
	make_up("many", "none", "direct", 20000, SEGS_MAX);
}

static void draw_limits(void)
{
	make_up_ranges(3);
	begin("all", "direct");
	mapping.limits = (struct dmavec_limits){ sizeof(mapping.limits),
						 0x1000,
						 UINT64_MAX >> 1,
						 1 << 20,
						 1 << 24,
						 512,
						 8,
						 4096,
						 4095,
						 UINT64_C(1) << 40,
						 4000000000,
						 0 };
	mapping.nranges = 3;
	mapping.nsegs = make_up_segs(9);
	mapping.len = sum_ranges();
	mapping.bounce_bytes = 1;
	mapping.iova_bytes = UINT64_MAX;
	draw("limits");
}

/* Nothing to draw, and lists that do not add up, are no reason to fail. */
static void draw_odd(void)
{
	begin("none", "direct");
	draw("nothing");
	set_range(0, 0x1000, 4096, 0);
	set_range(1, 0x5000, 0, 0);
	set_range(2, 0x2000, 4096, 0);
	segs[0] = (struct dmavec_seg){ 0x1000, 8192 };
	cuts[0] = DMAVEC_CUT_NONE;
	mapping.nranges = 3;
	mapping.nsegs = 1;
	mapping.len = 8192;
	draw("empty-between");
}

/* Ranges at the end of all addresses, and the first ones after it: nothing touches, and no distance is lost. */
static void draw_ends(void)
{
	size_t i;

	begin("none", "direct");
	set_range(0, UINT64_MAX - 0xffff, 0x10000, 0);
	set_range(1, 0x20000, 4096, 0);
	set_range(2, UINT64_MAX - 0xfff, 4096, 0);
	set_range(3, 0, 4096, 0);
	set_range(4, 0x1000, 4096, 0);
	for (i = 0; i < nranges; i++) {
		segs[i] = (struct dmavec_seg){ ranges[i].addr, ranges[i].len };
		cuts[i] = i + 1 < nranges ? DMAVEC_CUT_RUN : DMAVEC_CUT_NONE;
	}
	mapping.nranges = nranges;
	mapping.nsegs = (uint32_t)nranges;
	mapping.len = sum_ranges();
	draw("ends");
}

/* So small that a cell of many has fewer bytes than pixels. */
static void draw_crumbs(void)
{
	size_t i;

	begin("none", "direct");
	for (i = 0; i < 5000; i++) {
		set_range(i, 0x1000 + 64 * i, 1 + below(2), below(20) ? 0 : DMAVEC_MMIO);
		segs[i] = (struct dmavec_seg){ ranges[i].addr + (below(12) ? 0 : 0x100000000), ranges[i].len };
		cuts[i] = i + 1 < 5000 ? DMAVEC_CUT_RUN : DMAVEC_CUT_NONE;
	}
	mapping.nranges = nranges;
	mapping.nsegs = (uint32_t)nranges;
	mapping.len = sum_ranges();
	draw("crumbs");
}

/* ------------------------------------------------------------------ what fails */

static void fail(void)
{
	FILE *to = fopen("/dev/full", "w");
	int n, err = -ENOMEM;

	make_up_ranges(200);
	begin("none", "direct");
	mapping.nranges = nranges;
	mapping.nsegs = make_up_segs(SEGS_MAX);
	printf("full %d\n", to ? cli_draw_mapping(to, &mapping) : -EIO);
	if (to)
		fclose(to);
	for (n = 0; err == -ENOMEM; n++) {
		to = create("failed", "part");
		fail_after = n;
		err = cli_draw_mapping(to, &mapping);
		printf("allocation %d %d %ld\n", n, err, ftell(to));
		fclose(to);
	}
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	directory = argv[1];
	seed = strtoull(argv[2], NULL, 0);
	draw_library();
	draw_names();
	draw_limits();
	draw_odd();
	draw_ends();
	draw_crumbs();
	draw_made_up(strtoull(argv[3], NULL, 0));
	fail();
	return 0;
}
