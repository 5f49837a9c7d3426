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

static void fill_pages(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t page_size, dmavec_dma_t *pages)
{
	uint32_t i;

	for (i = 0; i < nsegs; i++) {
		uint64_t offset = segs[i].addr & (page_size - 1), page = segs[i].addr - offset;
		uint64_t left = offset + (segs[i].len - 1);

		/* Until the last byte is in this page: there may be no address behind it. */
		for (*pages++ = page; left >= page_size; left -= page_size)
			*pages++ = page += page_size;
	}
}

int dmavec_emit_pages(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t page_size, dmavec_dma_t *pages,
                      uint32_t cap, struct dmavec_page_list *list)
{
	struct dmavec_page_list now;
	uint64_t npages;
	size_t size;

	if (!page_size_ok(page_size) || !list || (list->size && list->size < LIST_SIZE_MIN) || (!pages && cap))
		return -EINVAL;
	memset(&now, 0, sizeof(now));
	npages = emit_count_pages(segs, nsegs, page_size, &now.len);
	if (!npages)
		return -EINVAL;
	if (npages > (pages ? cap : UINT32_MAX))
		return -E2BIG;
	if (pages)
		fill_pages(segs, nsegs, page_size, pages);
	now.size = list->size;
	now.offset = segs[0].addr & (page_size - 1);
	now.npages = (uint32_t)npages;
	now.page_shift = emit_shift(page_size);
	size = list->size ? list->size : LIST_SIZE_MIN;
	memset(list, 0, size);
	memcpy(list, &now, size < sizeof(now) ? size : sizeof(now));
	return 0;
}
