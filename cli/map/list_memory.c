// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Memory for lists of descriptors. The device reads it, so that it is mapped as any memory is: each page by itself, since
 * drivers take such pages from a pool. The space is dry: what is mapped is a free place among its addresses, and what is
 * written goes to memory of our own.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "addr.h"
#include "cli.h"
#include "descriptors.h"
#include "sizes.h"

#define LISTS_MAX (UINT64_C(1) << 30) /* bytes of memory for lists: PRPs for nearly 512 GiB */

struct list_page {
	struct dmavec_map map;
	struct dmavec_seg seg;
};

struct cli_list_memory {
	unsigned char *bytes;
	struct list_page *pages;
	struct dmavec_buf *bufs; /* one a page */
	uint32_t count;          /* mapped */
	uint32_t found;          /* the one found last: lists are followed in the order in which they were made */
};

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static int out_of_memory(void)
{
	cli_error("out of memory");
	return -ENOMEM;
}

static int refuse_size(uint64_t page_size, uint64_t pages)
{
	char size[CLI_SIZE_TEXT], most[CLI_SIZE_TEXT];

	cli_error("the lists of descriptors take %" PRIu64 " pages of %s, more than can be shown: %s in all", pages,
		  cli_format_size(page_size, size), cli_format_size(LISTS_MAX, most));
	return -E2BIG;
}

static int refuse(int err)
{
	cli_error("cannot map a page for a list of descriptors: %s", cli_library_error(err));
	return err;
}

/* In one piece: a page is a multiple of whatever a segment must be one of. */
static int map_page(struct cli_list_memory *memory, const struct cli_dry *dry, uint64_t addr, uint64_t len)
{
	struct list_page *page = &memory->pages[memory->count];
	struct dmavec_range range = { cli_cpu_addr(addr), len };
	int err;

	page->map = (struct dmavec_map)DMAVEC_MAP_INIT(&page->seg, 1);
	err = dmavec_map(dry->dev, &page->map, &range, 1, DMAVEC_TO_DEVICE, 0);
	if (err)
		return refuse(err);
	memory->bufs[memory->count].cpu = memory->bytes + memory->count * len;
	memory->bufs[memory->count].dma = page->seg.addr;
	memory->bufs[memory->count].len = len;
	memory->count++;
	return 0;
}

static int map_pages(struct cli_list_memory *memory, const struct cli_dry *dry, uint64_t page_size, uint64_t pages)
{
	const struct dmavec_limits *limits = &dry->shown.limits;
	uint64_t step = most(page_size, most(limits->gap, limits->seg_align)), i;
	uint64_t from = cli_cpu_number(dry->places.lists.addr), room = dry->places.lists.len;
	uint64_t at = (from + (step - 1)) & ~(step - 1);
	int err = 0;

	if (at < from || at - from > room || pages > (room - (at - from)) / step) {
		cli_error("no free place for %" PRIu64 " pages of descriptors among the device's addresses", pages);
		return -ENOMEM;
	}
	for (i = 0; !err && i < pages; i++)
		err = map_page(memory, dry, at + i * step, page_size);
	return err;
}

int cli_list_memory_get(struct cli_list_memory **got, const struct cli_dry *dry, uint64_t page_size, uint64_t pages)
{
	struct cli_list_memory *memory = calloc(1, sizeof(*memory));

	*got = memory;
	page_size = most(page_size, dry->shown.limits.len_align);
	if (!memory)
		return out_of_memory();
	if (pages > LISTS_MAX / page_size)
		return refuse_size(page_size, pages);
	memory->bytes = calloc((size_t)pages, (size_t)page_size);
	memory->pages = calloc((size_t)pages, sizeof(*memory->pages));
	memory->bufs = calloc((size_t)pages, sizeof(*memory->bufs));
	if (pages && (!memory->bytes || !memory->pages || !memory->bufs))
		return out_of_memory();
	return map_pages(memory, dry, page_size, pages);
}

int cli_list_memory_put(struct cli_list_memory *memory, const struct cli_dry *dry)
{
	int err = 0, late;

	if (!memory)
		return 0;
	while (memory->count) {
		late = dmavec_unmap(dry->dev, &memory->pages[--memory->count].map, 0);
		err = err ? err : late;
	}
	if (err)
		cli_error("cannot unmap a page for a list of descriptors: %s", cli_library_error(err));
	free(memory->bytes);
	free(memory->pages);
	free(memory->bufs);
	free(memory);
	return err;
}

const struct dmavec_buf *cli_list_memory_bufs(const struct cli_list_memory *memory, uint32_t *nbufs)
{
	*nbufs = memory->count;
	return memory->bufs;
}

const unsigned char *cli_list_memory_find(struct cli_list_memory *memory, uint64_t addr, uint64_t *len)
{
	const struct dmavec_buf *buf;
	uint64_t offset;
	uint32_t i;

	for (i = 0; i < memory->count; i++, memory->found = (memory->found + 1) % memory->count) {
		buf = &memory->bufs[memory->found];
		offset = addr - cli_dma_number(buf->dma);
		if (offset < buf->len) {
			*len = buf->len - offset;
			return (const unsigned char *)buf->cpu + offset;
		}
	}
	return NULL;
}
