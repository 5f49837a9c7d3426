/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Page lists of memory regions. Since every inner end of a segment is the end of a page, no two segments share one:
 * each brings its own pages, and only the first page of all starts late, only the last ends early.
 */
#include "emit.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define PAGE_SIZE_MIN 4096u

/* The first version of struct dmavec_page_list ends here. */
#define LIST_SIZE_MIN (offsetof(struct dmavec_page_list, page_shift) + sizeof(uint32_t))

static bool page_size_ok(uint64_t page_size)
{
	return page_size >= PAGE_SIZE_MIN && !(page_size & (page_size - 1));
}

int dmavec_emit_pages_limits(struct dmavec_limits *limits, uint64_t page_size)
{
	const struct dmavec_limits ours = { .gap = page_size };

	return page_size_ok(page_size) ? emit_put_limits(limits, &ours) : -EINVAL;
}

static uint64_t pages_of(const struct dmavec_seg *seg, unsigned int shift)
{
	return ((seg->addr + (seg->len - 1)) >> shift) - (seg->addr >> shift) + 1;
}

/* False: not segments, or not such that pages name them. There may be more than 32 bits count. */
static bool count_pages(const struct dmavec_seg *segs, uint32_t nsegs, unsigned int shift, uint64_t *npages,
                        uint64_t *len)
{
	uint64_t mask = (UINT64_C(1) << shift) - 1, n = 0, total = 0;
	uint32_t i;

	if (!segs || !nsegs)
		return false;
	for (i = 0; i < nsegs; i++) {
		uint64_t end = segs[i].addr + segs[i].len;

		if (!emit_seg_ok(&segs[i], &total) || (i && (segs[i].addr & mask)) || (i + 1 < nsegs && (end & mask)))
			return false;
		n += pages_of(&segs[i], shift);
	}
	*npages = n;
	*len = total;
	return true;
}

static void fill_pages(const struct dmavec_seg *segs, uint32_t nsegs, unsigned int shift, dmavec_dma_t *pages)
{
	uint32_t i;

	for (i = 0; i < nsegs; i++) {
		uint64_t page = segs[i].addr >> shift, n = pages_of(&segs[i], shift);

		while (n--)
			*pages++ = page++ << shift;
	}
}

int dmavec_emit_pages(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t page_size, dmavec_dma_t *pages,
                      uint32_t cap, struct dmavec_page_list *list)
{
	struct dmavec_page_list now;
	unsigned int shift;
	uint64_t npages;
	size_t size;

	if (!page_size_ok(page_size) || !list || (list->size && list->size < LIST_SIZE_MIN) || (!pages && cap))
		return -EINVAL;
	shift = (unsigned int)__builtin_ctzll(page_size);
	memset(&now, 0, sizeof(now));
	if (!count_pages(segs, nsegs, shift, &npages, &now.len))
		return -EINVAL;
	if (npages > (pages ? cap : UINT32_MAX))
		return -E2BIG;
	if (pages)
		fill_pages(segs, nsegs, shift, pages);
	now.size = list->size;
	now.offset = segs[0].addr & (page_size - 1);
	now.npages = (uint32_t)npages;
	now.page_shift = shift;
	size = list->size ? list->size : LIST_SIZE_MIN;
	memset(list, 0, size);
	memcpy(list, &now, size < sizeof(now) ? size : sizeof(now));
	return 0;
}
