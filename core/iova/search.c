/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where a request fits. The tree finds runs that are long enough; whether one also holds a place of the right alignment
 * is seen only by looking. So: look at a few; then at one so long that it must; and at every one before saying no,
 * since nothing that fits is ever refused.
 */
#include "inner.h"

#define FEW_TRIES  12u
#define SURE_TRIES 4u /* one at each end of the window may stick out of it */

/* The last address up to value that lies right; false: none. */
static bool place_down(const struct iova_want *want, uint64_t value, uint64_t *at)
{
	*at = core_down(value - want->offset, want->align) + want->offset;
	return value >= want->offset;
}

/* The first from value on. */
static bool place_up(const struct iova_want *want, uint64_t value, uint64_t *at)
{
	*at = value > want->offset ? core_up(value - want->offset, want->align) + want->offset : want->offset;
	return *at >= value;
}

/*
 * A place that crosses a boundary is moved to the next one that ends, or begins, at it. If that crosses one too, every place
 * does: what lies between two boundaries looks the same everywhere.
 */
static bool fit_top(const struct iova_want *want, uint64_t low, uint64_t high, uint64_t *dma)
{
	uint64_t at, edge;

	if (!place_down(want, high - (want->len - 1), &at) || at < low)
		return false;
	if (iova_crosses(at, want->len, want->boundary)) {
		edge = core_down(at + want->len - 1, want->boundary);
		if (edge < want->len || !place_down(want, edge - want->len, &at) ||
		    iova_crosses(at, want->len, want->boundary))
			return false;
	}
	*dma = at;
	return at >= low;
}

static bool fit_bottom(const struct iova_want *want, uint64_t low, uint64_t high, uint64_t *dma)
{
	uint64_t at;

	if (!place_up(want, low, &at) || at > high || want->len - 1 > high - at)
		return false;
	if (iova_crosses(at, want->len, want->boundary) &&
	    (!place_up(want, core_down(at + want->len - 1, want->boundary), &at) || at > high ||
	     iova_crosses(at, want->len, want->boundary)))
		return false;
	*dma = at;
	return want->len - 1 <= high - at;
}

/* The best place in one free run: what sticks out of the window, and what a guard needs, is not there. */
static bool fit(const struct dmavec_iova *iova, const struct iova_node *run, const struct iova_want *want,
		uint64_t *dma)
{
	uint64_t low = core_max(run->start, want->first), high = run->last;

	if (high != iova->last) {
		if (high - run->start < iova->guard)
			return false;
		high -= iova->guard;
	}
	high = core_min(high, want->last);
	if (low > high || want->len - 1 > high - low)
		return false;
	return iova->top ? fit_top(want, low, high, dma) : fit_bottom(want, low, high, dma);
}

/* Look at so many runs of this weight, in search order. *more: there are others in the window. */
static struct iova_node *probe(const struct dmavec_iova *iova, const struct iova_want *want, uint64_t need,
			       size_t tries, uint64_t *dma, bool *more)
{
	struct iova_node *run = iova_tree_seek(iova, iova->top ? want->last : want->first, need);

	*more = false;
	for (; run && tries; tries--, run = iova_tree_step(iova, run, need)) {
		if (iova->top ? run->last < want->first : run->start > want->last)
			return NULL;
		if (fit(iova, run, want, dma))
			return run;
	}
	*more = run;
	return NULL;
}

static bool add(uint64_t *sum, uint64_t value)
{
	*sum += value;
	return *sum >= value;
}

struct iova_node *iova_search(const struct dmavec_iova *iova, const struct iova_want *want, uint64_t *dma)
{
	uint64_t need = want->len - 1, sure;
	struct iova_node *run;
	bool more, ignored;

	if (!add(&need, iova->guard))
		return NULL;
	run = probe(iova, want, need, FEW_TRIES, dma, &more);
	if (run || !more)
		return run;
	sure = need;
	if (add(&sure, want->align - iova->granule) && add(&sure, want->boundary ? want->len - iova->granule : 0)) {
		run = probe(iova, want, sure, SURE_TRIES, dma, &ignored);
		if (run)
			return run;
	}
	return probe(iova, want, need, SIZE_MAX, dma, &ignored);
}
