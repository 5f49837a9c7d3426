/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * NVMe PRP entries. A list lies within one page, and the controller knows from the command's length how many entries
 * are left: where they are more than there are slots up to the end of that page, it takes the last slot for a
 * pointer. So a list that ends before its page does can only be the last one, and since an entry in a list has no
 * offset, every list but the first starts where a page does.
 */
#include "emit.h"
#include "nvme.h"

#include <errno.h>

#define PAGE_MIN   4096u
#define PAGE_MAX   (1u << 27)
#define OFFSET_LOW 3u /* a PRP offset is of dwords */
#define ENTRY      8u

static bool prp_page_ok(uint64_t page_size)
{
	return page_size >= PAGE_MIN && page_size <= PAGE_MAX && !(page_size & (page_size - 1));
}

int dmavec_emit_nvme_prp_limits(struct dmavec_limits *limits, uint64_t page_size)
{
	const struct dmavec_limits prp = { .seg_align = OFFSET_LOW + 1, .gap = page_size };

	return prp_page_ok(page_size) ? emit_put_limits(limits, &prp) : -EINVAL;
}

/* How many pages the segments touch; 0: PRPs cannot say them. */
static uint64_t prp_count(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t page_size)
{
	uint64_t total;

	if (!segs || !nsegs || (segs->addr & OFFSET_LOW))
		return 0;
	return emit_count_pages(segs, nsegs, page_size, &total);
}

int dmavec_emit_nvme_prp_room(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t page_size, uint64_t *list_bytes)
{
	uint64_t pages = prp_page_ok(page_size) ? prp_count(segs, nsegs, page_size) : 0;

	if (!pages || !list_bytes)
		return -EINVAL;
	*list_bytes = pages > 2 ? ENTRY * nvme_slots(pages - 1, (uint32_t)(page_size / ENTRY)) : 0;
	return 0;
}

/* The pages that have no entry yet. */
struct prp_pages {
	const struct dmavec_seg *seg; /* the one after that at hand */
	uint64_t addr, left;          /* of the one at hand: the next page, and how many */
	unsigned int shift;           /* log2 of the page size */
};

static void prp_after_first(struct prp_pages *pages, const struct dmavec_seg *segs, uint64_t page_size)
{
	uint64_t offset = segs->addr & (page_size - 1);

	pages->shift = emit_shift(page_size);
	pages->addr = segs->addr - offset + page_size;
	pages->left = (offset + (segs->len - 1)) >> pages->shift;
	pages->seg = segs + 1;
}

/* Returns where the entry behind these goes. Works on a copy, since for all the compiler knows the list might be *pages. */
static unsigned char *prp_put(unsigned char *to, struct prp_pages *pages, uint64_t n)
{
	struct prp_pages now = *pages;
	uint64_t step = 1ull << now.shift;

	for (; n; n--, now.left--, now.addr += step, to += ENTRY) {
		if (!now.left) {
			now.addr = now.seg->addr;
			now.left = ((now.seg->len - 1) >> now.shift) + 1;
			now.seg++;
		}
		nvme_store_le64(to, now.addr);
	}
	*pages = now;
	return to;
}

/* link: where the pointer to the next list goes. */
static int prp_put_lists(unsigned char *link, struct prp_pages *pages, uint64_t left, const struct dmavec_buf *lists,
                         uint32_t nlists)
{
	uint64_t low = (1ull << pages->shift) - 1, at, dma, len, slots;
	bool first = true, whole; /* whole: up to the end of its page */
	uint32_t i;

	for (i = 0; left && i < nlists; i++) {
		for (at = 0; left && at < lists[i].len; at += len) {
			dma = lists[i].dma + at;
			len = low + 1 - (dma & low);
			whole = len <= lists[i].len - at;
			len = whole ? len : lists[i].len - at;
			slots = len / ENTRY;
			if ((!first && (dma & low)) || (left > slots && (!whole || slots < 2)))
				continue;
			slots = left > slots ? slots - 1 : left;
			nvme_store_le64(link, dma);
			link = prp_put((unsigned char *)lists[i].cpu + at, pages, slots);
			left -= slots;
			first = false;
		}
	}
	return left ? -E2BIG : 0;
}

int dmavec_emit_nvme_prp(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t page_size, uint64_t dptr_le[2],
                         const struct dmavec_buf *lists, uint32_t nlists)
{
	struct prp_pages pages;
	uint64_t count, prp2 = 0;
	int err = 0;

	if (!dptr_le || !prp_page_ok(page_size) || !nvme_lists_ok(lists, nlists))
		return -EINVAL;
	count = prp_count(segs, nsegs, page_size);
	if (!count)
		return -EINVAL;
	if (count > 1)
		prp_after_first(&pages, segs, page_size);
	if (count == 2)
		prp_put((unsigned char *)&prp2, &pages, 1);
	else if (count > 2)
		err = prp_put_lists((unsigned char *)&prp2, &pages, count - 1, lists, nlists);
	if (err)
		return err;
	dptr_le[0] = emit_le64(segs->addr);
	dptr_le[1] = prp2;
	return 0;
}
