// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Cells set in rows, and what a row is made of. */
#include <inttypes.h>
#include <stdlib.h>

#include "picture.h"

#define BETWEEN_ROWS 26
#define NUMBERS_HIGH 13 /* the numbers of cells that have no room for theirs */

/* In sixteenths. */
static int log2_of(uint64_t value)
{
	int power = value ? 63 - __builtin_clzll(value) : 0;
	uint64_t below = value & (((uint64_t)1 << power) - 1);

	return 16 * power + (int)(power >= 4 ? below >> (power - 4) : below << (4 - power));
}

int picture_cell_width(const struct picture *p, uint64_t len)
{
	const struct picture_scale *scale = p->scale;
	int more = (log2_of(len) - log2_of(p->len_min)) * scale->doubling / 16;

	return scale->width_min + more < scale->width_max ? scale->width_min + more : scale->width_max;
}

static int gap_after(const struct picture *p, size_t i)
{
	const struct picture_cell *cell = &p->cells[i];

	return cell->after[0] == PICTURE_JUMP || cell->after[1] == PICTURE_JUMP ? p->scale->gap : 0;
}

/* Which cells fit, and how wide they are together. */
static size_t find_row_end(const struct picture *p, size_t first, int *cells, int *gaps)
{
	size_t i;

	*cells = *gaps = 0;
	for (i = first; i < p->ncells; i++) {
		int gap = i > first ? gap_after(p, i - 1) : 0, width = picture_cell_width(p, p->cells[i].len);

		if (i > first && *cells + *gaps + gap + width > PICTURE_RIGHT - PICTURE_LEFT)
			break;
		*cells += width;
		*gaps += gap;
	}
	return i;
}

/* Where a side has no jump but the other one has, it goes on to the middle of the gap. */
static void place_edges(struct picture *p, size_t i, size_t first, size_t end, int x, int width)
{
	struct picture_cell *cell = &p->cells[i];
	int side;

	for (side = 0; side < 2; side++) {
		bool before = i > first && cell[-1].after[side] != PICTURE_JUMP;
		bool beyond = i + 1 < end && cell->after[side] != PICTURE_JUMP;

		cell->left[side] = x - (before ? gap_after(p, i - 1) / 2 : 0);
		cell->right[side] = x + width + (beyond ? gap_after(p, i) / 2 : 0);
	}
}

/* A picture of one row is drawn up to twice as wide. */
size_t picture_place_row(struct picture *p, size_t first)
{
	int cells, gaps, x = PICTURE_LEFT, more = 0;
	size_t end = find_row_end(p, first, &cells, &gaps), i;

	if (!first && end == p->ncells)
		more = PICTURE_RIGHT - PICTURE_LEFT - gaps - cells;
	more = more < cells ? more : cells;
	for (i = first; i < end; i++) {
		int width = picture_cell_width(p, p->cells[i].len);

		width += width * more / cells;
		place_edges(p, i, first, end, x, width);
		x += width + gap_after(p, i);
	}
	return end;
}

static void draw_bands(const struct picture *p, size_t first, size_t end, int top, int bottom)
{
	size_t i;

	for (i = first; i < end; i++) {
		const struct picture_cell *cell = &p->cells[i];

		fprintf(p->to, "<path class=\"band%s\" d=\"M%d %dH%dL%d %dH%dZ\">", cell->bounced ? " copy" : "",
			cell->left[0], top, cell->right[0], cell->right[1], bottom, cell->left[1]);
		fprintf(p->to, "<title>%" PRIu64 " bytes: range %" PRIu64 " from byte %" PRIu64 " on, segment %" PRIu64
			" from byte %" PRIu64 " on%s</title></path>\n", cell->len, cell->first.of[0], cell->first.in[0],
			cell->first.of[1], cell->first.in[1], cell->bounced ? ", bounced" : "");
	}
}

/* Before a row stands which ranges, or segments, it shows. */
static void draw_left(const struct picture *p, enum picture_side side, size_t first, size_t end, int middle)
{
	uint64_t from = p->cells[first].first.of[side], to = p->cells[end - 1].last.of[side];
	static const char *const names[2][2] = { { "range", "ranges" }, { "segment", "segments" } };
	char text[PICTURE_TEXT];

	picture_put_text(p, "left", PICTURE_MARGIN, middle - 3, names[side][from != to]);
	picture_put_text(p, "left index", PICTURE_MARGIN, middle + 11, picture_span(from, to, text));
}

static void draw_row(struct picture *p, size_t first, size_t end)
{
	const struct picture_scale *scale = p->scale;
	int top, segs, under;

	if (!scale->words) {
		picture_draw_numbers(p, PICTURE_RANGES, first, end, p->y + 9);
		p->y += NUMBERS_HIGH;
	}
	top = p->y;
	segs = top + scale->cell + scale->band;
	under = segs + scale->cell;
	draw_left(p, PICTURE_RANGES, first, end, top + scale->cell / 2);
	draw_left(p, PICTURE_SEGS, first, end, segs + scale->cell / 2);
	draw_bands(p, first, end, top + scale->cell, segs);
	picture_draw_boxes(p, PICTURE_RANGES, first, end, top);
	picture_draw_boxes(p, PICTURE_SEGS, first, end, segs);
	p->y = under + picture_draw_cuts(p, first, end, under, segs);
	if (!scale->words) {
		picture_draw_numbers(p, PICTURE_SEGS, first, end, p->y + 11);
		p->y += NUMBERS_HIGH;
	}
	p->y += BETWEEN_ROWS;
}

void picture_draw_rows(struct picture *p)
{
	size_t first, end;

	for (first = 0; first < p->ncells; first = end) {
		end = picture_place_row(p, first);
		draw_row(p, first, end);
	}
}
