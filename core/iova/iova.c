/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "inner.h"

#define CACHE_BYTES_MAX (1ull << 30) /* in one magazine */

/* Inwards to the granule; false: nothing is left. */
static bool round_window(uint64_t granule, uint64_t *first, uint64_t *last)
{
	uint64_t up = core_up(*first, granule);

	if (up < *first || *last < granule - 1)
		return false;
	*first = up;
	*last -= core_low(*last + 1, granule);
	return *first <= *last;
}

/* Outwards to the granule; false: nothing, or too much. */
static bool round_len(const struct dmavec_iova *iova, uint64_t *len)
{
	uint64_t asked = *len;

	*len = core_up(asked, iova->granule);
	return *len >= asked && asked;
}

static int read_opts(struct dmavec_iova_opts *opts, const struct dmavec_iova_opts *given)
{
	if (!given || given->size < sizeof(given->size) ||
	    core_copy_sized(opts, sizeof(*opts), given, given->size))
		return -EINVAL;
	if (!opts->granule)
		opts->granule = 4096;
	if (!core_pow2_or_0(opts->granule) || !opts->mem_alloc != !opts->mem_free)
		return -EINVAL;
	return round_window(opts->granule, &opts->first, &opts->last) ? 0 : -EINVAL;
}

static void set_up(struct dmavec_iova *iova, const struct dmavec_iova_opts *opts)
{
	uint64_t span = opts->last - opts->first;

	iova->granule = opts->granule;
	iova->guard = opts->guard ? opts->granule : 0;
	iova->first = opts->first;
	iova->last = opts->last;
	while (opts->granule >> iova->shift != 1)
		iova->shift++;
	iova->top = !opts->bottom_up;
	iova->cache_bytes = core_min(span >> 6, CACHE_BYTES_MAX);
	iova->cache_len = span >> 4;
	iova->seed = 0x9e3779b9u;
}

static int first_run(struct dmavec_iova *iova)
{
	struct iova_node *node;
	int err = iova_record_open(iova);

	if (!err)
		err = iova_spare_ensure(iova, 1);
	if (err)
		return err;
	node = iova_spare_get(iova);
	iova_set(&node->start, iova->first);
	iova_set(&node->last, iova->last);
	iova_tree_add(iova, node);
	return 0;
}

int dmavec_iova_open(struct dmavec_iova **iova, const struct dmavec_iova_opts *given)
{
	struct dmavec_iova_opts opts;
	struct dmavec_iova *new;

	if (!iova || read_opts(&opts, given))
		return -EINVAL;
	new = opts.mem_alloc ? opts.mem_alloc(opts.mem_ctx, sizeof(*new)) : host_alloc(sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->mem_alloc = opts.mem_alloc;
	new->mem_free = opts.mem_free;
	new->mem_ctx = opts.mem_ctx;
	set_up(new, &opts);
	if (first_run(new)) {
		dmavec_iova_close(new);
		return -ENOMEM;
	}
	*iova = new;
	return 0;
}

void dmavec_iova_close(struct dmavec_iova *iova)
{
	if (!iova)
		return;
	iova_cache_close(iova);
	iova_record_close(iova);
	iova_spare_close(iova);
	iova_mem_free(iova, iova, sizeof(*iova));
}

static bool read_want(const struct dmavec_iova *iova, struct iova_want *want, const struct dmavec_reserve *given)
{
	want->len = given->len;
	want->align = given->align;
	want->boundary = given->boundary;
	want->first = given->first;
	want->last = given->last;
	want->offset = given->offset;
	if (!round_len(iova, &want->len) || iova_malformed(iova, given))
		return false;
	if (want->boundary < iova->granule)
		want->boundary = 0; /* the length is shorter still, and starts on a granule: it cannot cross */
	return round_window(iova->granule, &want->first, &want->last);
}

static struct iova_node *cut(struct dmavec_iova *iova, struct iova_node *run, uint64_t dma, uint64_t last,
			     uint64_t extent, uint32_t kind)
{
	struct iova_node *node = iova_tree_carve(iova, run, dma, extent);

	iova_record_add(iova, node, extent == last ? kind | IOVA_BARE : kind);
	iova->taken += last - dma + 1;
	return node;
}

static int tree_alloc(struct dmavec_iova *iova, const struct iova_want *want, uint64_t *dma)
{
	uint64_t at, last;
	struct iova_node *run;
	int err;

	host_lock(&iova->lock);
	err = iova_spare_ensure(iova, 2);
	if (!err) {
		run = iova_search(iova, want, &at);
		err = run ? 0 : -ENOSPC;
	}
	if (!err) {
		last = at + want->len - 1;
		cut(iova, run, at, last, iova_extent(iova, last), IOVA_TAKEN);
		*dma = at;
	}
	host_unlock(&iova->lock);
	return err;
}

static IOVA_SLOW int slow_alloc(struct dmavec_iova *iova, const struct dmavec_reserve *given, dmavec_dma_t *dma)
{
	struct iova_want want;
	int err;

	if (!read_want(iova, &want, given))
		return -EINVAL;
	want.first = core_max(want.first, iova->first);
	want.last = core_min(want.last, iova->last);
	if (want.first > want.last || want.len - 1 > want.last - want.first)
		return -ENOSPC;
	err = tree_alloc(iova, &want, dma);
	if (err) {
		iova_cache_drain(iova);
		err = tree_alloc(iova, &want, dma);
		iova_cache_resume(iova);
	}
	return err;
}

int dmavec_iova_alloc(struct dmavec_iova *iova, const struct dmavec_reserve *want, dmavec_dma_t *dma)
{
	if (host_unlikely(!iova || !want || !dma))
		return -EINVAL;
	return host_likely(iova_cache_alloc(iova, want, dma)) ? 0 : slow_alloc(iova, want, dma);
}

static int tree_take(struct dmavec_iova *iova, uint64_t dma, uint64_t last)
{
	struct iova_node *run;
	int err;

	host_lock(&iova->lock);
	err = iova_spare_ensure(iova, 2);
	if (!err) {
		run = iova_tree_floor(iova, dma);
		err = run && run->last >= last ? 0 : -EEXIST;
	}
	if (!err)
		cut(iova, run, dma, last, last, IOVA_FIXED);
	host_unlock(&iova->lock);
	return err;
}

/* Taken runs have no guard of their own: fixed placements may touch. */
int dmavec_iova_take(struct dmavec_iova *iova, dmavec_dma_t dma, uint64_t len)
{
	int err;

	if (!iova || !round_len(iova, &len) || core_low(dma, iova->granule) || core_wraps(dma, len))
		return -EINVAL;
	err = tree_take(iova, dma, dma + len - 1);
	if (err) {
		iova_cache_drain(iova);
		err = tree_take(iova, dma, dma + len - 1);
		iova_cache_resume(iova);
	}
	return err;
}

static IOVA_SLOW int tree_free(struct dmavec_iova *iova, uint64_t dma, uint64_t len)
{
	struct iova_node *node;
	bool mine;

	host_lock(&iova->lock);
	node = iova_record_find(iova, dma);
	mine = len && node && (iova_claim(iova, node, dma, len, IOVA_TAKEN, IOVA_FREE) ||
	                       iova_claim(iova, node, dma, len, IOVA_FIXED, IOVA_FREE));
	if (mine) {
		iova_record_drop(iova, node);
		iova_tree_add(iova, node);
		iova->taken -= len;
	}
	host_unlock(&iova->lock);
	return mine ? 0 : -EINVAL;
}

/* A length that wraps is no run's, and one that rounds up to 0 is none. */
int dmavec_iova_free(struct dmavec_iova *iova, dmavec_dma_t dma, uint64_t len)
{
	if (host_unlikely(!iova))
		return -EINVAL;
	len = core_up(len, iova->granule);
	return host_likely(iova_cache_free(iova, dma, len)) ? 0 : tree_free(iova, dma, len);
}

uint64_t dmavec_iova_taken(struct dmavec_iova *iova)
{
	uint64_t sum;

	if (!iova)
		return 0;
	sum = iova_cache_taken(iova);
	host_lock(&iova->lock);
	sum += iova->taken;
	host_unlock(&iova->lock);
	return sum;
}
