/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Every fallible call, on every space, fails at each of its fallible points in turn: the allocations that it makes (the
 * linker sends them here), the operations of the space under it (replaced in place, so that this works on spaces that
 * are far from failing by themselves), and the mock's own. After each failure nothing more is held than before, and the
 * same call, made again, works and moves the right bytes. The spaces are new each time: warm pools have fewer points.
 */
#include <dmavec/source.h>

#include <errno.h>
#include <string.h>

#include "failnth/attempt.h"
#include "failnth/parts.h"
#include "tap.h"

/* ------------------------------------------------------------------ one attempt */

static int open_dev(struct attempt *a)
{
	struct dmavec_limits limits = { .size = sizeof(limits), .seg_align = 64, .seg_len_max = 1u << 20 };

	if (a->ts.traits & SPACE_IOMMU) {
		limits.addr_min = WINDOW_AT;
		limits.addr_max = WINDOW_AT + WINDOW_PAGES * a->ts.page - 1;
	}
	return dmavec_dev_open(&a->dev, a->ts.space, &limits, 0);
}

/* Pages, some of them one run behind an IOMMU, and pieces that this device cannot take where they lie. */
static void make_ranges(struct attempt *a)
{
	const uint64_t page = a->ts.page;
	const unsigned int pages[RANGES] = { 2, 9, 5, 6, 12 };
	uint64_t i;

	for (i = 0; i < 14 * page; i++)
		a->ts.area[i] = (unsigned char)(i * 2654435761u >> 11);
	for (i = 0; i < RANGES; i++) {
		a->r[i].addr = dmavec_cpu(a->ts.area + pages[i] * page);
		a->r[i].len = page;
	}
	a->r[1].addr += 7;
	a->r[1].len = 1000;
	a->r[4].len = 100;
}

static void empty_map(struct attempt *a)
{
	memset(&a->map, 0, sizeof(a->map));
	a->map.segs = a->segs;
	a->map.segs_cap = 64;
}

/* ------------------------------------------------------------------ the calls */

static int run_map(struct attempt *a)
{
	return dmavec_map(a->dev, &a->map, a->r, RANGES, DMAVEC_BIDIRECTIONAL, 0);
}

static int run_map_pages(struct attempt *a)
{
	return dmavec_map(a->dev, &a->map, a->r + 2, 3, DMAVEC_TO_DEVICE, 0);
}

static int run_linear(struct attempt *a)
{
	return dmavec_map_linear(a->dev, &a->map, a->r, RANGES, DMAVEC_BIDIRECTIONAL, 0);
}

struct array_source {
	struct dmavec_source source;
	const struct attempt *a;
	size_t at;
};

static size_t array_fill(struct dmavec_source *source, struct dmavec_range *ranges, uint32_t *flags, size_t max)
{
	struct array_source *s = (struct array_source *)source;
	size_t got;

	(void)flags;
	for (got = 0; got < max && s->at < RANGES; got++)
		ranges[got] = s->a->r[s->at++];
	return got;
}

static void array_rewind(struct dmavec_source *source)
{
	((struct array_source *)source)->at = 0;
}

static int run_source(struct attempt *a)
{
	struct array_source s = { { array_fill, array_rewind }, a, 0 };

	return dmavec_map_source(a->dev, &a->map, &s.source, DMAVEC_BIDIRECTIONAL, 0);
}

/* An add that fails leaves the batch as it was, so that it is simply made again: what fails is judged here as well. */
static int run_batch(struct attempt *a)
{
	unsigned int i;
	int err = dmavec_begin(a->dev, &a->map, 1u << 20, RANGES, DMAVEC_BIDIRECTIONAL, 0);

	for (i = 0; !err && i < RANGES; i++) {
		err = dmavec_add(&a->map, a->r[i].addr, a->r[i].len, 0);
		if (err && points.failed)
			err = dmavec_add(&a->map, a->r[i].addr, a->r[i].len, 0);
	}
	return err ? err : dmavec_finish(&a->map);
}

static bool map_is_good(struct attempt *a)
{
	return sees(a, a->segs, a->map.nsegs, a->r, RANGES);
}

static bool pages_are_good(struct attempt *a)
{
	return sees(a, a->segs, a->map.nsegs, a->r + 2, 3);
}

static int undo_map(struct attempt *a)
{
	return dmavec_unmap(a->dev, &a->map, 0);
}

static int run_register(struct attempt *a)
{
	return dmavec_register(a->ts.space, a->r[2].addr, 2 * a->ts.page, 0);
}

static bool registered(struct attempt *a, const struct dmavec_range *r)
{
	struct dmavec_seg seg = { 0, r->len };

	return !dmavec_lookup(a->dev, r->addr, r->len, DMAVEC_BIDIRECTIONAL, &seg.addr) && sees(a, &seg, 1, r, 1);
}

static bool register_is_good(struct attempt *a)
{
	struct dmavec_range both = { a->r[2].addr, 2 * a->ts.page };

	return registered(a, &both);
}

static int undo_register(struct attempt *a)
{
	return dmavec_unregister(a->ts.space, a->r[2].addr, 2 * a->ts.page);
}

static int run_registerv(struct attempt *a)
{
	struct dmavec_range r[3] = { a->r[2], a->r[3], a->r[0] };

	return dmavec_registerv(a->ts.space, r, 3, 0);
}

static bool registerv_is_good(struct attempt *a)
{
	return registered(a, &a->r[0]) && registered(a, &a->r[2]) && registered(a, &a->r[3]);
}

static int undo_registerv(struct attempt *a)
{
	int err = dmavec_unregister(a->ts.space, a->r[0].addr, a->r[0].len);

	return err ? err : undo_register(a);
}

/* Without an IOMMU only the memory's own address will do. */
static int run_register_at(struct attempt *a)
{
	dmavec_dma_t dma = WINDOW_AT + 8 * a->ts.page;

	if (a->ts.traits & SPACE_DIRECT)
		dma = a->ts.mem ? a->r[2].addr - a->ts.window.cpu + a->ts.window.dma : a->r[2].addr;
	return dmavec_register_at(a->ts.space, a->r[2].addr, 2 * a->ts.page, dma, 0);
}

static int run_alloc(struct attempt *a)
{
	return dmavec_alloc(a->dev, 10000, 0, &a->buf);
}

static bool alloc_is_good(struct attempt *a)
{
	struct dmavec_seg seg = { a->buf.dma, 10000 };
	struct dmavec_range range = { dmavec_cpu(a->buf.cpu), 10000 };

	memset(a->buf.cpu, 0x37, 10000);
	return sees(a, &seg, 1, &range, 1);
}

static int undo_alloc(struct attempt *a)
{
	dmavec_free(a->dev, &a->buf);
	return 0;
}

static int before_unmap(struct attempt *a)
{
	int err = run_map(a);

	return err ? err : !map_is_good(a);
}

static int run_unmap(struct attempt *a)
{
	return dmavec_unmap(a->dev, &a->map, 0);
}

/* The map is ready for reuse, whatever unmap said. */
static bool unmap_is_good(struct attempt *a)
{
	return a->map.nsegs == 0 && a->map.len == 0 && !run_map(a) && map_is_good(a) && !undo_map(a);
}

static int run_free(struct attempt *a)
{
	dmavec_free(a->dev, &a->buf);
	return 0;
}

static bool free_is_good(struct attempt *a)
{
	return !a->buf.cpu && !a->buf.len;
}

static int before_unregister(struct attempt *a)
{
	return run_registerv(a);
}

static int run_unregister(struct attempt *a)
{
	int first = dmavec_unregister(a->ts.space, a->r[0].addr, a->r[0].len), second = undo_register(a);

	return first ? first : second;
}

static bool unregister_is_good(struct attempt *a)
{
	dmavec_dma_t dma;

	return dmavec_lookup(a->dev, a->r[0].addr, 1, DMAVEC_TO_DEVICE, &dma) == -EAGAIN &&
	       dmavec_lookup(a->dev, a->r[2].addr, 1, DMAVEC_TO_DEVICE, &dma) == -EAGAIN;
}

static int before_dev_open(struct attempt *a)
{
	int err = dmavec_dev_close(a->dev);

	a->dev = NULL;
	return err;
}

static bool dev_is_good(struct attempt *a)
{
	return a->dev && !run_map(a) && map_is_good(a) && !undo_map(a);
}

static int undo_nothing(struct attempt *a)
{
	(void)a;
	return 0;
}

static int run_space(struct attempt *a)
{
	int err = spaces_construct(&a->ts);

	a->opened = !err;
	return err;
}

static bool space_is_good(struct attempt *a)
{
	return !open_dev(a) && dev_is_good(a);
}

static int undo_dev(struct attempt *a)
{
	return before_dev_open(a);
}

#define UNOPENED "space constructor" /* the only call that finds no space */

static const struct call calls[] = {
	{ UNOPENED, NULL, run_space, space_is_good, undo_dev, 0, 0, false, false },
	{ "dev_open", before_dev_open, open_dev, dev_is_good, undo_nothing, 0, 0, false, false },
	{ "map", NULL, run_map, map_is_good, undo_map, 0, 0, false, false },
	{ "map, nothing bounced", NULL, run_map_pages, pages_are_good, undo_map, SPACE_IOMMU, 0, false, false },
	{ "map_linear", NULL, run_linear, map_is_good, undo_map, 0, 0, false, false },
	{ "map_source", NULL, run_source, map_is_good, undo_map, 0, 0, false, false },
	{ "begin, add, finish", NULL, run_batch, map_is_good, undo_map, 0, 0, false, false },
	{ "unmap", before_unmap, run_unmap, unmap_is_good, undo_map, 0, 0, true, false },
	{ "register", NULL, run_register, register_is_good, undo_register, 0, 0, false, false },
	{ "registerv", NULL, run_registerv, registerv_is_good, undo_registerv, 0, 0, false, false },
	{ "register_at", NULL, run_register_at, register_is_good, undo_register, 0, 0, false, false },
	{ "unregister", before_unregister, run_unregister, unregister_is_good, undo_nothing, SPACE_IOMMU, 0, true,
	  false },
	{ "alloc", NULL, run_alloc, alloc_is_good, undo_alloc, 0, 0, false, false },
	{ "free", run_alloc, run_free, free_is_good, undo_nothing, 0, 0, true, true },
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

/* ------------------------------------------------------------------ fail each in turn */

bool attempt_open(struct attempt *a, const char *space, const struct call *call)
{
	memset(a, 0, sizeof(*a));
	a->what = call->name;
	if (!strcmp(call->name, UNOPENED)) {
		if (spaces_prepare(&a->ts, space))
			return false;
		a->ts.page = 4096;
		if (!strcmp(space, "mock:64k"))
			a->ts.page = 65536;
	} else {
		if (spaces_open(&a->ts, space))
			return false;
		a->opened = true;
		points_install(a->ts.space);
		if (open_dev(a))
			return false;
	}
	make_ranges(a);
	empty_map(a);
	return !call->before || !call->before(a);
}

bool attempt_close(struct attempt *a)
{
	return HOLDS(a, !a->dev || !dmavec_dev_close(a->dev)) && HOLDS(a, !spaces_close(&a->ts));
}

static int run_armed(struct attempt *a, const struct call *call, enum point_mode mode, unsigned long nth)
{
	struct dmavec_mock_state state = { .size = sizeof(state) };
	uint64_t failed = 0;
	int err;

	points.mode = mode;
	points.seen = 0;
	points.fail_at = nth;
	points.failed = false;
	if (mode == BY_MOCK && !dmavec_mock_state(a->ts.space, &state)) {
		failed = state.failed;
		dmavec_mock_fail(a->ts.space, nth);
	}
	points.armed = true;
	err = call->run(a);
	points.armed = false;
	if (mode == BY_MOCK && a->opened && !dmavec_mock_state(a->ts.space, &state)) {
		points.failed = state.failed != failed;
		dmavec_mock_fail(a->ts.space, 0);
	}
	return err;
}

/* What the call held when it said that it failed, against what it found; then it is made again. */
static bool after_failure(struct attempt *a, const struct call *call, const struct dmavec_space_info *was)
{
	struct dmavec_space_info nothing = { .devices = was->devices };

	if (!a->opened)
		return HOLDS(a, call->run(a) == 0) && HOLDS(a, call->good(a));
	if (call->ends) {
		int again = call->run(a);

		return HOLDS(a, again == 0 || again == -ENOENT) && same_held(a, &nothing) && HOLDS(a, call->good(a));
	}
	return same_held(a, was) && HOLDS(a, a->map.nsegs == 0 && a->map.len == 0) && HOLDS(a, call->run(a) == 0) &&
	       HOLDS(a, call->good(a));
}

/* One point. *more: there was one. */
static bool fail_one(const char *space, const struct call *call, enum point_mode mode, unsigned long nth, bool *more)
{
	struct dmavec_space_info was = { .size = sizeof(was) };
	static struct attempt a;
	bool good;
	int err;

	*more = false;
	if (!attempt_open(&a, space, call))
		return holds(false, &a, __LINE__, "opens");
	if (a.opened)
		was = info_of(&a);
	err = run_armed(&a, call, mode, nth);
	*more = points.failed;
	if (err)
		good = HOLDS(&a, points.failed) && after_failure(&a, call, &was);
	else
		good = HOLDS(&a, call->good(&a)); /* another way was found, or nothing failed */
	good = good && HOLDS(&a, call->undo(&a) == 0);
	good = good && nothing_leaked(&a, call);
	if (good && !call->ends && strcmp(call->name, UNOPENED) && strcmp(call->name, "dev_open"))
		good = same_held(&a, &was);
	return good && attempt_close(&a);
}

static void fail_each(const char *space, const struct call *call, unsigned int traits)
{
	unsigned long tried[MODES] = { 0, 0, 0 }, nth, sum;
	enum point_mode mode;
	bool good = true, more;

	if ((traits & call->need) != call->need || traits & call->without)
		return;
	for (mode = BY_ALLOC; mode < MODES; mode++) {
		if (mode == BY_MOCK && (!(traits & SPACE_MOCK) || !strcmp(call->name, UNOPENED)))
			continue;
		for (nth = 1, more = true; good && more && nth < 10000; nth++) {
			good = fail_one(space, call, mode, nth, &more);
			tried[mode] += more;
		}
	}
	sum = tried[BY_ALLOC] + tried[BY_OP] + tried[BY_MOCK];
	diag("%-20s %-18s %3lu points: %3lu allocations, %3lu operations, %3lu of the mock", call->name, space, sum,
	     tried[BY_ALLOC], tried[BY_OP], tried[BY_MOCK]);
	ok(good && (sum || call->may_have_none), "%s: rule 6.10 nothing leaks: %s fails at each of %lu points", space,
	   call->name, sum);
}

/* ------------------------------------------------------------------ rule 8 */

static unsigned long allocations(struct attempt *a, unsigned int rounds)
{
	unsigned int i;
	int err = 0;

	points.mode = BY_ALLOC;
	points.seen = points.fail_at = 0;
	points.armed = true;
	for (i = 0; !err && i < rounds; i++) {
		err = i & 1 ? run_map(a) : run_map_pages(a);
		err = err ? err : undo_map(a);
	}
	points.armed = false;
	return err ? ~0ul : points.seen;
}

/* Not on the mock, whose lists are made for looking at. */
static void warm(const char *space, unsigned int dev_flags)
{
	struct call none = { .name = "warm" };
	static struct attempt a;
	unsigned long seen;

	if (!attempt_open(&a, space, &none) || before_dev_open(&a) ||
	    dmavec_dev_open(&a.dev, a.ts.space, NULL, dev_flags)) {
		ok(false, "%s: rule 6.8 opens", space);
		return;
	}
	allocations(&a, 1200);
	seen = allocations(&a, 600);
	ok(seen == 0, "%s: rule 6.8 no allocation in map and unmap once warmed up, %s device", space,
	   dev_flags ? "untrusted" : "trusted");
	if (seen)
		diag("%lu allocations in 600 rounds", seen);
	ok(attempt_close(&a), "%s: rule 6.8 closes", space);
}

/* ------------------------------------------------------------------ the parts, with memory of the caller's */

static void parts(const char *format)
{
	struct parts_result result = parts_fail_each(format);

	diag("%s: %u points, error %d", format, result.points, result.err);
	ok(!result.err && result.points > 10, "%s: the parts work with the caller's memory, and again after each failure",
	   format);
	ok(!result.kept, "%s: all of it comes back", format);
	ok(!result.of_host, "%s: nothing comes from the host (%lu allocations)", format, result.of_host);
}

int main(void)
{
	struct test_space ts;
	size_t i, k;

	for (i = 0; spaces_all[i]; i++) {
		if (!ok(!spaces_open(&ts, spaces_all[i]) && !spaces_close(&ts), "%s: opens", spaces_all[i]))
			continue;
		for (k = 0; k < CALLS; k++)
			fail_each(spaces_all[i], &calls[k], ts.traits);
		if (!(ts.traits & SPACE_MOCK))
			warm(spaces_all[i], 0);
		if (ts.traits & SPACE_SOFT)
			warm(spaces_all[i], DMAVEC_DEV_UNTRUSTED);
	}
	parts("amdv1");
	parts("vtdss");
	return done_testing();
}
