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

/* The logarithm, as far as there is room for the longest one. */
static int plain_width(const struct picture *p, uint64_t len)
{
	const struct picture_scale *scale = p->scale;
	int room = scale->width_max - scale->width_min, span = log2_of(p->len_max) - log2_of(p->len_min);
	int above = log2_of(len) - log2_of(p->len_min);

	if (!span || span * scale->doubling <= room * 16)
		return scale->width_min + above * scale->doubling / 16;
	return scale->width_min + above * room / span;
}

int picture_cell_width(const struct picture *p, uint64_t len)
{
	int width = plain_width(p, len);

	return width + (p->more ? width * p->more / p->more_among : 0);
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
		int gap = i > first ? gap_after(p, i - 1) : 0, width = plain_width(p, p->cells[i].len);

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

/* Places the cells from first on that fit, and returns the first that does not. A single row is up to twice as wide. */
static size_t place_row(struct picture *p, size_t first)
{
	int cells, gaps, x = PICTURE_LEFT;
	size_t end = find_row_end(p, first, &cells, &gaps), i;

	p->more = !first && end == p->ncells ? PICTURE_RIGHT - PICTURE_LEFT - gaps - cells : 0;
	p->more = p->more < cells ? p->more : cells;
	p->more_among = cells;
	for (i = first; i < end; i++) {
		int width = picture_cell_width(p, p->cells[i].len);

		p->cells[i].last_in_row = false;
		place_edges(p, i, first, end, x, width);
		x += width + gap_after(p, i);
	}
	p->cells[end - 1].last_in_row = true;
	return end;
}

int picture_place_cells(struct picture *p)
{
	size_t end = 0;
	int rows;

	p->torn = false;
	for (rows = 0; end < p->ncells; rows++) {
		if (end)
			p->torn |= p->cells[end - 1].after[0] == PICTURE_INSIDE ||
				   p->cells[end - 1].after[1] == PICTURE_INSIDE;
		end = place_row(p, end);
	}
	return rows;
}

static void draw_bands(const struct picture *p, size_t first, size_t end, int top, int bottom)
{
	size_t i;

	for (i = first; i < end; i++) {
		const struct picture_cell *cell = &p->cells[i];

		fprintf(p->to, "<path class=\"band%s\" d=\"M%d %dH%dL%d %dH%dZ\">",
			cell->bounced == cell->len ? " copy" : "", cell->left[0], top, cell->right[0], cell->right[1],
			bottom, cell->left[1]);
		fprintf(p->to,
			"<title>%" PRIu64 " bytes, from byte %" PRIu64 " of range %" PRIu64 " and byte %" PRIu64
			" of segment %" PRIu64 " on",
			cell->len, cell->first.in[0], cell->first.of[0], cell->first.in[1], cell->first.of[1]);
		if (cell->bounced)
			fprintf(p->to, "; %" PRIu64 " of them bounced", cell->bounced);
		fputs("</title></path>\n", p->to);
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
	size_t first = 0, i;

	for (i = 0; i < p->ncells; i++) {
		if (!p->cells[i].last_in_row)
			continue;
		draw_row(p, first, i + 1);
		first = i + 1;
	}
}
