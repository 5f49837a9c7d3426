/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How a node is cut, and its memory.
 *
 * The best cut gives each record slots of its own, so that one step leads to it. It is made coarser where it costs more
 * slots than the number of records pays for - generously while there are few records, 3/2 of them where there are many -
 * and where it leaves most slots empty, since records then lie in clusters that finer nodes take better.
 *
 * All memory of the table, of 131072 records of 64 KiB: 36 to 40 bytes a record where they lie side by side or an even
 * stride apart, in whatever order they or slabs of them came, in areas that grow in turn, and scattered at random. Up to 44
 * in hundreds of areas that fill in any other order. More where short runs need nodes of their own: about 50 for runs of 8
 * with gaps of every length between them, 55 where such runs lie far apart, 53 in two areas at every other stride in
 * random order.
 */
#include "inner.h"

#define REGION_FEW  24000u
#define REGION_MANY 48000u

/* What is to be cut. */
struct survey {
	uint64_t low, high;                      /* the records' first and last address, clipped */
	uint64_t bytes, count;
	uint64_t newest;                         /* so many records lie before it; UINT64_MAX: it is none of them */
	uint32_t starts[REGION_ADDR_BITS + 1];   /* neighbours by the highest bit in which their starts differ, from 1 */
	uint32_t borders[REGION_ADDR_BITS + 1];  /* and by that in which one's end and the other's start do */
};

static void survey_records(const struct region_table *table, const struct region_part *part, struct survey *survey)
{
	uint64_t addr, before = 0;
	uint32_t ref;

	memset(survey, 0, sizeof(*survey));
	survey->newest = UINT64_MAX;
	for (ref = part->first; ref; ref = region_rec(table, ref)->next) {
		addr = region_rec_addr(region_rec(table, ref));
		if (addr > part->last)
			break;
		if (addr < part->lo)
			addr = part->lo;
		if (ref == part->newest)
			survey->newest = survey->count;
		if (survey->count++) {
			survey->starts[64 - __builtin_clzll(addr ^ before)]++;
			survey->borders[64 - __builtin_clzll(addr ^ survey->high)]++;
		} else {
			survey->low = addr;
		}
		before = addr;
		survey->high = region_rec_last(table, region_rec(table, ref));
		if (survey->high > part->last)
			survey->high = part->last;
		survey->bytes += survey->high - addr + 1;
	}
}

static uint64_t slots_paid(const struct region_table *table, uint64_t count, uint32_t most)
{
	uint64_t room = count + (count >> 1) + 4;

	if (table->count < REGION_FEW)
		room = count * 8 + 8;
	else if (table->count < REGION_MANY)
		room = count * 2 + 4;
	return room < most - most / 2 ? room : most - most / 2;
}

/* From coarse to fine, until few bytes lie in a slot that two records share. */
static uint32_t choose_shift(const struct region_table *table, const struct survey *survey, uint32_t most)
{
	uint64_t room = slots_paid(table, survey->count, most), span, starts = 1, borders = survey->count, full;
	uint32_t shift = REGION_ADDR_BITS, best = shift;

	while (shift--) {
		starts += survey->starts[shift + 1];
		borders -= survey->borders[shift + 1];
		span = (survey->high >> shift) - (survey->low >> shift) + 1;
		if (span > room)
			break;
		full = survey->bytes >> shift > starts ? survey->bytes >> shift : starts;
		if (span > (room > 2 * survey->count ? 8 : 2) * full + 14)
			continue;
		best = shift;
		if (borders <= 1 || borders - 1 <= survey->bytes >> shift >> 4)
			break;
	}
	return best;
}

/*
 * Addresses are often handed out one after the other, upwards or downwards, or areas are: slots for what will follow. Where
 * memory counts only at the end where the newest record is, or close to it.
 */
static void add_margins(const struct region_table *table, const struct region_part *part, const struct survey *survey,
                        struct region_cut *cut)
{
	uint64_t margin = table->count < REGION_FEW ? (cut->nslots + 1) / 2 : ((uint64_t)cut->nslots * 25) >> 7;
	uint64_t below = cut->base - (part->lo >> cut->shift);
	uint64_t above = (part->last >> cut->shift) - (cut->base + cut->nslots - 1), close = survey->count >> 8;
	bool few = table->count < REGION_MANY;

	if (!few && survey->newest && survey->newest != survey->count - 1)
		margin -= margin / 4; /* a guess, which may pay less */
	below = below < margin ? below : margin;
	above = above < margin ? above : margin;
	if (few || survey->newest <= close) {
		cut->base -= below;
		cut->nslots += (uint32_t)below;
	}
	if (few || (survey->newest < survey->count && survey->newest + close >= survey->count - 1))
		cut->nslots += (uint32_t)above;
}

/* At most `most` slots. */
void region_choose_cut(const struct region_table *table, const struct region_part *part, uint32_t most,
                       struct region_cut *cut)
{
	struct survey survey;

	survey_records(table, part, &survey);
	cut->shift = choose_shift(table, &survey, most);
	cut->base = survey.low >> cut->shift;
	cut->nslots = (uint32_t)((survey.high >> cut->shift) - cut->base) + 1;
	cut->count = (uint32_t)survey.count;
	if (survey.count > 1)
		add_margins(table, part, &survey, cut);
}

/* ------------------------------------------------------------------ memory */

/* Cut anew when the count passes one of these: about 1.4 apart, and margins last from one to the next. */
static uint32_t count_limit(uint32_t count)
{
	uint64_t step = 16, wanted = (uint64_t)count + (count >> 2);

	if (count < 5)
		return count < 2 ? count : 4;
	for (;; step *= 2) {
		if (((step * 19) >> 5) > wanted)
			return (uint32_t)((step * 19) >> 5);
		if (((step * 27) >> 5) > wanted)
			return (uint32_t)((step * 27) >> 5);
	}
}

static uint32_t pages_of(uint32_t nslots)
{
	return (nslots + REGION_SLOTS_MASK) >> REGION_SLOTS_SHIFT;
}

static void free_pages(struct region_table *table, const struct region_page *pages, uint32_t npages)
{
	while (npages)
		region_cell_free(table, pages[--npages].ref, REGION_CELL_PAGE);
}

static void clear_slots(uint32_t *slots, uint32_t nslots)
{
	while (nslots)
		region_set(&slots[--nslots], 0);
}

/* Empty pages of slots; false: no memory. */
static bool alloc_pages(struct region_table *table, uint32_t **dir, struct region_page *pages, uint32_t npages)
{
	uint32_t i;

	for (i = 0; i < npages; i++) {
		uint32_t ref = region_cell_alloc(table, REGION_CELL_PAGE);

		if (!ref) {
			free_pages(table, pages, i);
			return false;
		}
		region_set(&pages[i].ref, ref);
		region_set(&pages[i].used, 0);
		region_set(&dir[i], (uint32_t *)region_at(table, ref));
		clear_slots(dir[i], REGION_PAGE / sizeof(uint32_t));
	}
	return true;
}

static void init_node(struct region_node *node, const struct region_cut *cut, uint32_t **dir, struct region_page *pages)
{
	region_set64(&node->low, cut->base << cut->shift);
	region_set(&node->nslots, cut->nslots);
	region_set(&node->shift, cut->shift);
	region_set(&node->one, (uint32_t *)(node + 1));
	region_set(&node->dir, dir ? dir : &node->one);
	region_set(&node->pages, pages);
	region_set(&node->count, cut->count);
	region_set(&node->limit, count_limit(cut->count));
}

/* What late readers may find in a root is a page, from the first moment on: the empty first one. */
bool region_root_init(struct region_table *table)
{
	uint32_t page = region_cell_alloc(table, REGION_CELL_PAGE), i;

	if (!page)
		return false;
	for (i = 0; i < 2 * REGION_ROOT_PAGES; i++)
		table->roots[i / REGION_ROOT_PAGES].dir[i % REGION_ROOT_PAGES] = region_at(table, 0);
	region_cell_free(table, page, REGION_CELL_PAGE);
	return true;
}

bool region_root_alloc(struct region_table *table, struct region_root *root, const struct region_cut *cut)
{
	if (!alloc_pages(table, root->dir, root->pages, pages_of(cut->nslots)))
		return false;
	init_node(&root->node, cut, root->dir, root->pages);
	return true;
}

void region_root_free(struct region_table *table, struct region_root *root)
{
	free_pages(table, root->pages, pages_of(root->node.nslots));
}

static unsigned int node_class(uint32_t nslots)
{
	return region_cell_class(sizeof(struct region_node) + (nslots <= REGION_SLOTS_NEAR ? nslots * sizeof(uint32_t) : 0));
}

static unsigned int dir_class(uint32_t npages)
{
	return region_cell_class(npages * (sizeof(uint32_t *) + sizeof(struct region_page)));
}

static uint32_t alloc_dir(struct region_table *table, uint32_t npages)
{
	uint32_t ref = region_cell_alloc(table, dir_class(npages)), **dir;

	if (!ref)
		return 0;
	dir = region_at(table, ref);
	if (alloc_pages(table, dir, (struct region_page *)(dir + npages), npages))
		return ref;
	region_cell_free(table, ref, dir_class(npages));
	return 0;
}

/* An empty node that nobody sees yet; 0: no memory. */
uint32_t region_node_alloc(struct region_table *table, const struct region_cut *cut)
{
	uint32_t ref = region_cell_alloc(table, node_class(cut->nslots)), dir_ref = 0, **dir = NULL;
	struct region_node *node;

	if (!ref)
		return 0;
	if (cut->nslots > REGION_SLOTS_NEAR) {
		dir_ref = alloc_dir(table, pages_of(cut->nslots));
		if (!dir_ref) {
			region_cell_free(table, ref, node_class(cut->nslots));
			return 0;
		}
		dir = region_at(table, dir_ref);
	}
	node = region_at(table, ref);
	init_node(node, cut, dir, dir ? (struct region_page *)(dir + pages_of(cut->nslots)) : NULL);
	region_set(&node->dir_ref, dir_ref);
	if (!dir)
		clear_slots(node->one, cut->nslots);
	return ref | REGION_IS_NODE;
}

/* Only after readers were told. */
void region_node_free(struct region_table *table, uint32_t ref)
{
	const struct region_node *node = region_at(table, ref);
	uint32_t nslots = node->nslots;

	if (node->pages) {
		free_pages(table, node->pages, pages_of(nslots));
		region_cell_free(table, node->dir_ref, dir_class(pages_of(nslots)));
	}
	region_cell_free(table, ref & ~REGION_IS_NODE, node_class(nslots));
}
