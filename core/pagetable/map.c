/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Map, in two rounds. The first only reads: is everything well-formed, is nothing mapped there, how many tables are
 * missing? Once the pool has those, the second cannot fail. So there is nothing to undo, and no walker ever sees a
 * translation of a call that failed.
 */
#include "pt.h"

/* A place in the ranges, the first start and the last end rounded out. */
struct pt_cursor {
	const struct dmavec_range *range, *last;
	uint64_t phys, left; /* of *range, from here on */
	bool pages;          /* every range but the first and the last is one page */
};

struct pt_request {
	const struct dmavec_range *ranges, *last;
	uint64_t dma, end;
	bool pages; /* as above */
};

static struct pt_cursor pt_cursor_start(const struct pt_request *req)
{
	const struct dmavec_range *first = req->ranges;
	uint64_t head = first->addr & (PT_PAGE - 1);

	return (struct pt_cursor){ first, req->last, first->addr - head, pt_page_up(first->len + head),
	                           req->pages };
}

/* Inner ranges have whole pages already. */
static void pt_cursor_next(struct pt_cursor *at)
{
	at->range++;
	at->phys = at->range->addr;
	at->left = pt_page_up(at->range->len);
}

static void pt_cursor_skip(struct pt_cursor *at, uint64_t len)
{
	while (len > at->left) {
		len -= at->left;
		pt_cursor_next(at);
	}
	at->phys += len;
	at->left -= len;
	if (!at->left && at->range < at->last)
		pt_cursor_next(at);
}

/* Are the next len bytes one physical run? Neighbouring ranges count as one. */
static bool pt_cursor_run(const struct pt_cursor *at, uint64_t len)
{
	const struct dmavec_range *range = at->range;
	uint64_t end = at->phys + at->left, got = at->left;

	while (got < len) {
		if (range == at->last || (++range)->addr != end)
			return false;
		end += pt_page_up(range->len);
		got += pt_page_up(range->len);
	}
	return true;
}

/* Where a leaf above level 1 begins it spans all of its entry: the question comes up at few places only. */
static bool pt_may_be_large(uint64_t dma, uint64_t end)
{
	return !(dma & (pt_span(2) - 1)) && end - dma >= pt_span(2);
}

static unsigned int pt_leaf_level(const struct pt_format *format, const struct pt_cursor *at, uint64_t dma)
{
	unsigned int level;
	uint64_t span;

	for (level = format->leaf_levels; level > 1; level--) {
		span = pt_span(level);
		if (!((dma | at->phys) & (span - 1)) && pt_cursor_run(at, span))
			break;
	}
	return level;
}

/* What the ranges have in common: gathered without a branch, judged afterwards. */
struct pt_survey {
	uint64_t inner; /* ORed: starts and lengths */
	uint64_t high;  /* ORed: first and last bytes, and lengths less one, which an empty one makes high */
	uint64_t total;
};

/* Scattered memory: every range is a page, and the starts say it all. */
static bool pt_survey_pages(struct pt_survey *to, const struct dmavec_range *range, size_t n)
{
	uint64_t starts = 0, any = 0, all = ~0ull;
	size_t i;

#pragma GCC unroll 4
	for (i = 0; i < n; i++) {
		starts |= range[i].addr;
		any |= range[i].len;
		all &= range[i].len;
	}
	if (any != PT_PAGE || all != PT_PAGE)
		return false;
	to->inner |= starts;
	to->high |= starts;
	to->total += (uint64_t)n << PT_PAGE_SHIFT;
	return true;
}

static void pt_survey(struct pt_survey *to, const struct dmavec_range *range, size_t n)
{
	uint64_t inner = to->inner, high = to->high, total = to->total;
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t addr = range[i].addr, len = range[i].len;

		inner |= addr | len;
		high |= addr | (addr + len - 1) | (len - 1);
		total += len;
	}
	*to = (struct pt_survey){ inner, high, total };
}

/* How many ranges may be added up before the total is looked at: it cannot wrap, as no address has 57 bits. */
#define PT_SURVEY_MAX 64u

static bool pt_survey_fits(const struct pt_survey *survey, const struct pt_format *format, uint64_t room)
{
	return !(survey->high & ~format->pa_mask) && survey->total <= room;
}

/* Sets the request's end and rounds its dma, or -EINVAL. */
static int pt_check_ranges(const struct pt_format *format, struct pt_request *req)
{
	const struct dmavec_range *first = req->ranges, *last = req->last, *range;
	uint64_t room = pt_last(format) + 1 - req->dma, low = first->addr ^ req->dma;
	struct pt_survey all = { 0 };
	size_t n;

	req->pages = true;
	for (range = first + 1; range < last; range += n) {
		n = (size_t)(last - range) < PT_SURVEY_MAX ? (size_t)(last - range) : PT_SURVEY_MAX;
		if (!pt_survey_pages(&all, range, n)) {
			pt_survey(&all, range, n);
			req->pages = false;
		}
		if (!pt_survey_fits(&all, format, room))
			return -EINVAL;
	}
	if (first != last)
		low |= all.inner | (first->addr + first->len) | last->addr;
	pt_survey(&all, first, 1);
	if (first != last)
		pt_survey(&all, last, 1);
	if (!pt_survey_fits(&all, format, room) || (low & (PT_PAGE - 1)))
		return -EINVAL;
	req->end = pt_page_up(req->dma + all.total);
	req->dma &= ~(PT_PAGE - 1);
	return 0;
}

/* Tables that are missing; an address ascends, so that what was counted last is what may be counted again. */
struct pt_count {
	uint64_t pages;
	uint64_t seen[PT_LEVELS_MAX + 1]; /* by level: one more than the number of the last table counted there */
};

static void pt_count_tables(struct pt_count *count, uint64_t dma, unsigned int from, unsigned int to)
{
	unsigned int level;
	uint64_t number;

	for (level = from; level >= to; level--) {
		number = (dma >> pt_shift(level + 1)) + 1;
		if (count->seen[level] == number)
			continue;
		count->seen[level] = number;
		count->pages += pt_pool_pages(level);
	}
}

/* Entries that one step writes: one above level 1, else all to the table's end. */
static unsigned int pt_step(uint64_t dma, uint64_t end, unsigned int level)
{
	uint64_t to_end = pt_to_end(dma, 2);

	if (level > 1)
		return 1;
	return (unsigned int)((end - dma < to_end ? end - dma : to_end) >> PT_PAGE_SHIFT);
}

static int pt_check_step(const struct dmavec_pt *pt, uint64_t dma, unsigned int level, unsigned int n,
                         struct pt_count *count)
{
	struct pt_path path;
	unsigned int found = pt_find(pt, dma, level, &path);

	if (pt_any_used(path.at[found], pt_index(dma, found), found == level ? n : 1))
		return -EEXIST;
	pt_count_tables(count, dma, found - 1, level);
	return 0;
}

static int pt_check_tables(const struct dmavec_pt *pt, const struct pt_request *req, struct pt_count *count)
{
	struct pt_cursor at = pt_cursor_start(req);
	uint64_t dma = req->dma, behind = req->dma; /* the cursor follows where it is needed */
	unsigned int level, n;
	int err;

	while (dma < req->end) {
		level = 1;
		if (pt_may_be_large(dma, req->end)) {
			pt_cursor_skip(&at, dma - behind);
			behind = dma;
			level = pt_leaf_level(pt->format, &at, dma);
		}
		n = pt_step(dma, req->end, level);
		err = pt_check_step(pt, dma, level, n, count);
		if (err)
			return err;
		dma += n * pt_span(level);
	}
	return 0;
}

/* The table at this level on the way to dma; the pool has what is missing. */
static struct pt_table *pt_descend(struct dmavec_pt *pt, uint64_t dma, unsigned int level)
{
	struct pt_path path;
	unsigned int found = pt_find(pt, dma, level, &path), index;
	struct pt_table *table = path.at[found], *kid;

	for (; found > level; found--) {
		index = pt_index(dma, found);
		kid = pt_pool_take(pt, found - 1);
		table->kids[index] = kid;
		pt_use(table, index, 1);
		pt_set_release(&table->entries[index],
		               (pt_pool_address(kid) >> pt->format->pa_shift) | pt->format->table[found]);
		table = kid;
	}
	return table;
}

/* What becomes of physical addresses in entries. */
struct pt_recipe {
	uint64_t bits;
	unsigned int shift;
};

/* The fill functions are compiled once with a shift of 0, which is nothing, and once with any. */
#define PT_FILL static inline __attribute__((always_inline))

/* Entries from the range that the cursor is in. */
PT_FILL unsigned int pt_fill_run(pt_entry_t *entry, unsigned int n, struct pt_cursor *at, struct pt_recipe recipe)
{
	uint64_t phys = at->phys, pages = at->left >> PT_PAGE_SHIFT;
	unsigned int i;

	if (pages < n)
		n = (unsigned int)pages;
	for (i = 0; i < n; i++, phys += PT_PAGE)
		pt_set(entry + i, (phys >> recipe.shift) | recipe.bits);
	at->phys = phys;
	at->left -= (uint64_t)n << PT_PAGE_SHIFT;
	return n;
}

/* How many of the ranges behind it, n at most, are one page each. */
static size_t pt_cursor_pages(const struct pt_cursor *at, size_t n)
{
	size_t behind = (size_t)(at->last - at->range), known = at->pages && behind ? behind - 1 : 0, i;

	if (known)
		return known < n ? known : n;
	for (i = 0; i < n && i < behind && at->range[i + 1].len == PT_PAGE; i++)
		;
	return i;
}

/* Entries from those: what scattered memory looks like. */
PT_FILL unsigned int pt_fill_pages(pt_entry_t *entry, unsigned int n, struct pt_cursor *at, struct pt_recipe recipe)
{
	const struct dmavec_range *range = at->range + 1;
	size_t pages = pt_cursor_pages(at, n), i;

#pragma GCC unroll 4
	for (i = 0; i < pages; i++)
		pt_set(entry + i, (range[i].addr >> recipe.shift) | recipe.bits);
	at->range += pages;
	return (unsigned int)pages;
}

PT_FILL void pt_fill_any(pt_entry_t *entry, unsigned int n, struct pt_cursor *at, struct pt_recipe recipe)
{
	unsigned int done;

	while (n) {
		done = at->left ? pt_fill_run(entry, n, at, recipe) : pt_fill_pages(entry, n, at, recipe);
		if (!done)
			pt_cursor_next(at);
		entry += done;
		n -= done;
	}
}

static void pt_fill(pt_entry_t *entry, unsigned int n, struct pt_cursor *at, struct pt_recipe recipe)
{
	if (!recipe.shift)
		pt_fill_any(entry, n, at, (struct pt_recipe){ recipe.bits, 0 });
	else
		pt_fill_any(entry, n, at, recipe);
}

static void pt_write(struct dmavec_pt *pt, const struct pt_request *req, unsigned int how)
{
	const struct pt_format *format = pt->format;
	struct pt_cursor at = pt_cursor_start(req);
	unsigned int level, index, n;
	struct pt_table *table;
	struct pt_recipe recipe;
	uint64_t dma;

	for (dma = req->dma; dma < req->end; dma += n * pt_span(level)) {
		level = 1;
		if (pt_may_be_large(dma, req->end)) {
			pt_cursor_skip(&at, 0);
			level = pt_leaf_level(format, &at, dma);
		}
		n = pt_step(dma, req->end, level);
		table = pt_descend(pt, dma, level);
		index = pt_index(dma, level);
		recipe = (struct pt_recipe){ format->leaf[level] | format->how[how], format->pa_shift };
		if (level == 1) {
			pt_fill(&table->entries[index], n, &at, recipe);
		} else {
			pt_set(&table->entries[index], (at.phys >> recipe.shift) | recipe.bits);
			pt_cursor_skip(&at, pt_span(level));
		}
		pt_use(table, index, n);
	}
}

int dmavec_pt_map(struct dmavec_pt *pt, dmavec_dma_t dma, const struct dmavec_range *phys, size_t nphys,
                  unsigned int how)
{
	const unsigned int known = DMAVEC_LINK_READ | DMAVEC_LINK_WRITE | DMAVEC_LINK_MMIO | DMAVEC_LINK_RELAXED;
	struct pt_request req = { .ranges = phys, .dma = dma };
	struct pt_count count = { 0 };
	int err;

	if (!pt || !phys || !nphys || (how & ~known) || !(how & (DMAVEC_LINK_READ | DMAVEC_LINK_WRITE)))
		return -EINVAL;
	if (dma > pt_last(pt->format))
		return -EINVAL;
	req.last = phys + nphys - 1;
	err = pt_check_ranges(pt->format, &req);
	if (!err)
		err = pt_check_tables(pt, &req, &count);
	if (!err)
		err = pt_pool_fill(pt, count.pages);
	if (!err)
		pt_write(pt, &req, how & ~DMAVEC_LINK_RELAXED);
	return err;
}
