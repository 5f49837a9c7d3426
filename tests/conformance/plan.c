/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the header promises of plan, explain and cut_reason. */
#include "suite.h"

#define L(...) (&(struct dmavec_limits){ .size = sizeof(struct dmavec_limits), __VA_ARGS__ })

static int plan_of(struct dmavec_dev *dev, const struct dmavec_range *r, size_t n, unsigned int flags,
		   struct dmavec_plan *plan)
{
	memset(plan, 0, sizeof(*plan));
	plan->size = sizeof(*plan);
	return dmavec_plan(dev, r, n, DMAVEC_BIDIRECTIONAL, flags, plan);
}

/* The plan against the mapping that follows, in a map with exactly the room that the plan says. */
static void compare(struct fix *f, const struct dmavec_limits *limits, unsigned int dev_flags,
		    const struct dmavec_range *r, size_t n)
{
	struct dmavec_dev *dev = suite_dev(f, limits, dev_flags);
	struct dmavec_space_info before = suite_info(f), held;
	struct dmavec_plan plan;
	static struct held h;

	MUST(f, dev != NULL);
	MUST_BE(f, plan_of(dev, r, n, 0, &plan), 0);
	CHECK_IS(f, plan.size, sizeof(plan));
	held = suite_info(f);
	CHECK(f, held.mappings == before.mappings && held.iova_bytes == before.iova_bytes);
	CHECK(f, plan.nsegs > 0 && plan.nsegs <= SUITE_SEGS);
	MUST(f, suite_map(f, dev, &h, plan.nsegs, r, n, DMAVEC_BIDIRECTIONAL, 0));
	held = suite_info(f);
	CHECK(f, h.map.nsegs <= plan.nsegs);
	CHECK_IS(f, held.bounced_bytes - before.bounced_bytes, plan.bounce_bytes);
	CHECK_IS(f, held.iova_bytes - before.iova_bytes, plan.iova_bytes);
	if (f->ts.traits & SPACE_DIRECT && !plan.bounce_bytes)
		CHECK_IS(f, h.map.nsegs, plan.nsegs);
	CHECK(f, suite_sees(f, &h.map, r, n));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	suite_dev_close(f, dev);
}

static void plan_is_a_bound(struct fix *f)
{
	struct dmavec_range r[4] = { suite_range(f, 2, 0, 2 * f->page), suite_range(f, 9, 0, f->page),
				     suite_range(f, 5, 12, 300), suite_range(f, 12, 0, f->page) };
	struct dmavec_range odd[2] = { suite_range(f, 2, 3, 512), suite_range(f, 9, 7, 512) };

	compare(f, NULL, 0, r, 4);
	compare(f, L(.seg_len_max = 1000), 0, r, 4);
	compare(f, L(.seg_boundary = 4096), 0, r, 4);
	compare(f, L(.seg_boundary = 16 * f->page, .seg_len_max = 5000, .seg_align = 4), 0, r, 4);
	compare(f, L(.seg_align = 64), 0, odd, 2);
	compare(f, L(.gap = 4096), 0, odd, 2);
	compare(f, L(.segs_max = 1), 0, odd, 2);
	compare(f, L(.addr_max = suite_low_max(f)), 0, r, 4);
	if (f->ts.traits & SPACE_IOMMU)
		compare(f, NULL, DMAVEC_DEV_UNTRUSTED, r, 4);
}

static void plan_fails_as_map(struct fix *f)
{
	struct dmavec_dev *dev =
		suite_dev(f, L(.seg_align = 64, .total_max = 100000, .segs_max = 2, .seg_len_max = 8192), 0);
	struct dmavec_range odd = suite_range(f, 2, 1, 300),
			    r[3] = { suite_range(f, 2, 0, 0), suite_range(f, 9, 0, 16385), odd };
	struct dmavec_plan plan;

	MUST(f, dev != NULL);
	CHECK_IS(f, plan_of(dev, &odd, 1, DMAVEC_NO_BOUNCE, &plan), -ERANGE);
	CHECK(f, plan.nsegs == 0 && plan.iova_bytes == 0 && plan.bounce_bytes == 0);
	CHECK_IS(f, plan_of(dev, &odd, 1, DMAVEC_MMIO, &plan), -ERANGE);
	CHECK_IS(f, plan_of(dev, &r[0], 1, 0, &plan), -EINVAL);
	CHECK_IS(f, plan_of(dev, NULL, 0, 0, &plan), -EINVAL);
	CHECK_IS(f, plan_of(dev, &r[1], 1, 0, &plan), -E2BIG);
	r[1].len = 100001;
	CHECK_IS(f, plan_of(dev, &r[1], 1, 0, &plan), -E2BIG);
	CHECK_IS(f, dmavec_plan(dev, &odd, 1, (enum dmavec_dir)8, 0, &plan), -EINVAL);
	CHECK_IS(f, plan_of(dev, &odd, 1, 0x4000, &plan), -EINVAL);
	CHECK_IS(f, dmavec_plan(dev, &odd, 1, DMAVEC_TO_DEVICE, 0, NULL), -EINVAL);
}

static void explain_says(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, L(.seg_align = 64, .total_max = 5000), 0);
	struct dmavec_range r[2] = { suite_range(f, 2, 0, 64), suite_range(f, 9, 1, 64) },
			    big = suite_range(f, 2, 0, 5001);
	char text[3][400], cut[400];
	size_t size;

	MUST(f, dev != NULL);
	memset(text, 'x', sizeof(text));
	CHECK_IS(f, dmavec_explain(dev, r, 2, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE, text[0], 400), -ERANGE);
	CHECK_IS(f, dmavec_explain(dev, &big, 1, DMAVEC_TO_DEVICE, 0, text[1], 400), -E2BIG);
	CHECK_IS(f, dmavec_explain(dev, r, 1, DMAVEC_TO_DEVICE, 0, text[2], 400), 0);
	for (size = 0; size < 3; size++)
		MUST(f, memchr(text[size], 0, 400) && text[size][0]);
	CHECK(f, strcmp(text[0], text[1]) && strcmp(text[1], text[2]));
	CHECK(f, strstr(text[0], "seg_align") && strstr(text[1], "total_max"));
	for (size = 1; size <= strlen(text[0]) + 1; size++) {
		memset(cut, 'x', sizeof(cut));
		CHECK_IS(f, dmavec_explain(dev, r, 2, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE, cut, size), -ERANGE);
		CHECK(f, strlen(cut) == size - 1 && !memcmp(cut, text[0], size - 1) && cut[size] == 'x');
	}
	CHECK_IS(f, dmavec_explain(dev, r, 2, DMAVEC_TO_DEVICE, 0, cut, 0), -EINVAL);
	CHECK_IS(f, dmavec_explain(dev, r, 2, DMAVEC_TO_DEVICE, 0, NULL, 9), -EINVAL);
	CHECK_IS(f, dmavec_explain(dev, r, 0, DMAVEC_TO_DEVICE, 0, text[0], 400), -EINVAL);
	CHECK(f, memchr(text[0], 0, 400) && text[0][0]);
	CHECK_IS(f, suite_info(f).mappings, 0);
}

static void cut_is(struct fix *f, const struct dmavec_limits *limits, const struct dmavec_range *r, size_t n,
		   enum dmavec_cut want)
{
	struct dmavec_dev *dev = suite_dev(f, limits, 0);
	enum dmavec_cut why = DMAVEC_CUT_NONE;
	static struct held h;

	MUST(f, dev && suite_map(f, dev, &h, SUITE_SEGS, r, n, DMAVEC_TO_DEVICE, 0));
	if (CHECK(f, h.map.nsegs >= 2)) {
		CHECK_IS(f, dmavec_cut_reason(dev, r, NULL, n, h.segs, h.map.nsegs, 0, &why), 0);
		CHECK_IS(f, why, want);
		CHECK_IS(f, dmavec_cut_reason(dev, r, NULL, n, h.segs, h.map.nsegs, h.map.nsegs - 1, &why), -EINVAL);
		CHECK_IS(f, dmavec_cut_reason(dev, r, NULL, n, h.segs, h.map.nsegs, ~0u, &why), -EINVAL);
		CHECK_IS(f, why, want);
	}
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	suite_dev_close(f, dev);
}

static void cut_reasons(struct fix *f)
{
	struct dmavec_range run = suite_range(f, 2, 0, 20 * f->page),
			    apart[2] = { suite_range(f, 2, 0, 100), suite_range(f, 9, 8, 100) };

	cut_is(f, L(.seg_boundary = f->page), &run, 1, DMAVEC_CUT_BOUNDARY);
	cut_is(f, L(.seg_len_max = f->page), &run, 1, DMAVEC_CUT_LENGTH);
	cut_is(f, L(.seg_len_max = f->page + 904, .gap = 4096), &run, 1, DMAVEC_CUT_GAP);
	cut_is(f, L(.seg_len_max = f->page + 904, .seg_align = 512), &run, 1, DMAVEC_CUT_ALIGNMENT);
	cut_is(f, L(.seg_len_max = f->page + 904, .len_align = 512), &run, 1, DMAVEC_CUT_ALIGNMENT);
	cut_is(f, NULL, apart, 2, DMAVEC_CUT_RUN);
}

static void cut_none(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 2, 0, 2 * f->page);
	enum dmavec_cut why = DMAVEC_CUT_RUN;
	struct dmavec_seg halves[2];
	static struct held h;

	MUST(f, dev && suite_map(f, dev, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
	halves[0] = halves[1] = h.segs[0];
	halves[0].len = halves[1].len = f->page;
	halves[1].addr += f->page;
	CHECK_IS(f, dmavec_cut_reason(dev, &r, NULL, 1, halves, 2, 0, &why), 0);
	CHECK_IS(f, why, DMAVEC_CUT_NONE);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

/* The window's two halves change places on the device's side. */
static void windows_apart(struct fix *f)
{
	uint64_t half = f->ts.window.len / 2, at = half - f->page;
	struct dmavec_window w[2] = { { f->ts.window.cpu, half, half }, { f->ts.window.cpu + half, 0, half } };
	struct dmavec_direct_opts opts = { .size = sizeof(opts), .windows = w, .nwindows = 2 };
	struct dmavec_range r = { f->ts.window.cpu + at, 2 * f->page };
	enum dmavec_cut why = DMAVEC_CUT_NONE;
	struct dmavec_space *space = NULL;
	struct dmavec_dev *dev = NULL;
	unsigned char byte = 0;
	static struct held h;

	MUST_BE(f, dmavec_space_direct(&space, &opts), 0);
	memset(w, 0xff, sizeof(w)); /* they are copied */
	memset(dmavec_ptr(r.addr), 0x11, f->page);
	memset(dmavec_ptr(r.addr + f->page), 0x22, f->page);
	MUST_BE(f, dmavec_dev_open(&dev, space, NULL, 0), 0);
	MUST(f, suite_map(f, dev, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, h.map.nsegs, 2);
	CHECK(f, h.segs[0].addr == half + at && h.segs[0].len == f->page && h.segs[1].addr == 0 &&
			 h.segs[1].len == f->page);
	CHECK(f, !dmavec_space_read(space, h.segs[1].addr, &byte, 1) && byte == 0x22);
	CHECK_IS(f, dmavec_cut_reason(dev, &r, NULL, 1, h.segs, 2, 0, &why), 0);
	CHECK_IS(f, why, DMAVEC_CUT_WINDOW);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(space), 0);
}

/* Explains with DMAVEC_NO_BOUNCE and `flags`: what it returns, and that it says each of the words, and not the other. */
static void explain_is(struct fix *f, struct dmavec_dev *dev, const struct dmavec_range *r, size_t n,
		       unsigned int flags, int want, const char *const words[3], const char *not_this)
{
	char text[400];
	int i;

	CHECK_IS(f, dmavec_explain(dev, r, n, DMAVEC_TO_DEVICE, flags, text, sizeof(text)), want);
	for (i = 0; i < 3 && words[i]; i++)
		if (!CHECK(f, strstr(text, words[i]) != NULL))
			suite_check(f, false, words[i], 0, text);
	if (!CHECK(f, !strstr(text, not_this)))
		suite_check(f, false, not_this, 0, text);
}

#define WORDS(...) ((const char *const[3]){ __VA_ARGS__ })
#define HELPS      "DMAVEC_NO_BOUNCE forbids it"

static void explain_blames(struct fix *f)
{
	struct dmavec_range gap[3] = { suite_range(f, 2, 0, f->page), suite_range(f, 3, 0, 0x123),
				       suite_range(f, 9, 0, f->page) };
	struct dmavec_range odd[2] = { suite_range(f, 2, 0, 64), suite_range(f, 9, 1, 64) };
	struct dmavec_range tail[2] = { suite_range(f, 2, 0, 512), suite_range(f, 2, 512, 100) };
	struct dmavec_range more[3] = { tail[0], tail[1], suite_range(f, 9, 0, 512 - 100) };
	struct dmavec_dev *dev = suite_dev(f, L(.gap = 4096), 0), *align = suite_dev(f, L(.seg_align = 64), 0),
			  *len = suite_dev(f, L(.len_align = 512), 0);

	MUST(f, dev && align && len);
	explain_is(f, dev, gap, 3, DMAVEC_NO_BOUNCE, -ERANGE, WORDS("range 1 ", "gap", HELPS), "not help");
	explain_is(f, align, odd, 2, DMAVEC_NO_BOUNCE, -ERANGE, WORDS("range 1 ", "seg_align", HELPS), "not help");
	explain_is(f, align, odd, 2, DMAVEC_NO_BOUNCE | DMAVEC_MMIO, -ERANGE,
		   WORDS("range 1 ", "seg_align", "peer memory is never bounced"), HELPS);
	explain_is(f, len, more, 3, DMAVEC_NO_BOUNCE, -ERANGE, WORDS("range 1 ", "len_align", HELPS), "not help");
	explain_is(f, len, tail, 2, 0, -EINVAL, WORDS("len_align"), "range 0");
}

static void explain_room(struct fix *f)
{
	struct dmavec_range r = suite_range(f, 2, 0, 2 * 4096),
			    apart[2] = { suite_range(f, 2, 4, 16), suite_range(f, 9, 8, 16) };
	struct dmavec_dev *cut = suite_dev(f, L(.seg_len_max = 4096, .segs_max = 1), 0),
			  *one = suite_dev(f, L(.segs_max = 1), 0);

	MUST(f, cut && one);
	explain_is(f, cut, &r, 1, DMAVEC_NO_BOUNCE, -E2BIG, WORDS("segs_max", "not help"), HELPS);
	explain_is(f, cut, &r, 1, 0, -E2BIG, WORDS("segs_max", "not help"), HELPS);
	explain_is(f, one, apart, 2, DMAVEC_NO_BOUNCE, -E2BIG, WORDS("segs_max", HELPS), "not help");
}

/* Addresses alone: none of it is touched. */
static void explain_window(struct fix *f)
{
	struct dmavec_range r[3] = { { 0xd000, 0x1000 }, { 0xe000, 0x2000 }, { 0x10000, 0x1000 } };
	struct dmavec_range first[2] = { { 0x20000, 0x1000 }, { 0x21000, 0x1000 } };
	struct dmavec_dev *dev = suite_dev(f, L(.addr_max = 0xffff), 0);

	MUST(f, dev != NULL);
	explain_is(f, dev, r, 3, DMAVEC_NO_BOUNCE, -ERANGE, WORDS("range 2 ", "outside"), "range 0");
	explain_is(f, dev, first, 2, DMAVEC_NO_BOUNCE, -ERANGE, WORDS("range 0 ", "outside"), "range 1");
	explain_is(f, dev, first, 1, DMAVEC_NO_BOUNCE | DMAVEC_MMIO, -ERANGE, WORDS("range 0 ", "peer memory is never bounced"), HELPS);
}

static void explain_no_addresses(struct fix *f)
{
	struct dmavec_dev *dev =
		suite_dev(f, L(.addr_min = 16 * f->page, .addr_max = 18 * f->page - 1, .seg_align = 256), 0);
	struct dmavec_range even = suite_range(f, 2, 0, 3 * f->page), odd = suite_range(f, 2, 1, 3 * f->page);

	MUST(f, dev != NULL);
	explain_is(f, dev, &odd, 1, 0, -ENOSPC, WORDS("no device addresses left"), "seg_align");
	explain_is(f, dev, &even, 1, 0, -ENOSPC, WORDS("no device addresses left"), "seg_align");
}

const struct rule rules_plan[] = {
	{ "section 5 plan: a bound that the map keeps, exact on direct, holds nothing", plan_is_a_bound, 0, 0 },
	{ "section 5 plan: fails as the map would", plan_fails_as_map, 0, 0 },
	{ "section 5 explain: a sentence, whatever the room for it", explain_says, 0, 0 },
	{ "section 5 cut_reason: boundary, length, gap, alignment, run", cut_reasons, 0, 0 },
	{ "section 5 cut_reason: none", cut_none, 0, 0 },
	{ "section 5 cut_reason: windows of a direct space", windows_apart, SPACE_DIRECT | SPACE_MEMORY, 0 },
	{ "section 5 explain: names the range that is to blame, and whether a bounce would help", explain_blames, 0,
	  0 },
	{ "section 5 explain: says whether a bounce would help where room is short", explain_room, 0, 0 },
	{ "section 5 explain: names the range outside the device's addresses", explain_window,
	  SPACE_DIRECT | SPACE_PROCESS, 0 },
	{ "section 5 explain: where addresses are short no alignment is to blame", explain_no_addresses, SPACE_IOMMU,
	  0 },
	{ NULL, NULL, 0, 0 },
};
