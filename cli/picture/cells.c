// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * From ranges and segments to pieces, and from pieces to cells.
 *
 * Up to PIECES_MAX a cell is a piece. Beyond, nobody could look at that many: pieces that are all alike become one
 * cell, whatever their number, with some of its first and the last one before and after it for an example; what is
 * left becomes cells of so many pieces that there are about CELLS_WANTED.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../cli.h"
#include "picture.h"

#define PIECES_MAX   2000
#define CELLS_WANTED 160
#define ALIKE_MIN    64 /* fewer are not worth a cell of their own */
#define ALIKE_BEFORE 3

/* Where the next piece begins. */
struct walk {
	const struct cli_mapping *mapping;
	uint64_t of[2], in[2];
};

uint64_t picture_addr(const struct cli_mapping *mapping, enum picture_side side, uint64_t i)
{
	/* on paper the two kinds of addresses are numbers alike */
	if (side == PICTURE_RANGES)
		return (DMAVEC_FORCE uint64_t)mapping->ranges[i].addr;
	return (DMAVEC_FORCE uint64_t)mapping->segs[i].addr;
}

uint64_t picture_len(const struct cli_mapping *mapping, enum picture_side side, uint64_t i)
{
	return side == PICTURE_RANGES ? mapping->ranges[i].len : mapping->segs[i].len;
}

/* How much is left of what the walk is in; an empty range is passed by. 0: the end. */
static uint64_t left_on(struct walk *w, enum picture_side side)
{
	uint64_t n = side == PICTURE_RANGES ? w->mapping->nranges : w->mapping->nsegs;

	for (; w->of[side] < n; w->of[side]++, w->in[side] = 0)
		if (w->in[side] < picture_len(w->mapping, side, w->of[side]))
			return picture_len(w->mapping, side, w->of[side]) - w->in[side];
	return 0;
}

static bool next_piece(struct walk *w, struct picture_piece *piece)
{
	uint64_t left[2] = { left_on(w, PICTURE_RANGES), left_on(w, PICTURE_SEGS) };
	int side;

	piece->len = left[0] < left[1] ? left[0] : left[1];
	for (side = 0; side < 2; side++) {
		piece->of[side] = w->of[side];
		piece->in[side] = w->in[side];
		w->in[side] += piece->len;
	}
	return piece->len;
}

static uint64_t piece_addr(const struct cli_mapping *mapping, enum picture_side side, const struct picture_piece *piece)
{
	return picture_addr(mapping, side, piece->of[side]) + piece->in[side];
}

static bool is_mmio(const struct cli_mapping *mapping, const struct picture_piece *piece)
{
	return mapping->range_flags[piece->of[PICTURE_RANGES]] & DMAVEC_MMIO;
}

/* With an IOMMU addresses do not tell. */
static bool is_bounced(const struct cli_mapping *mapping, const struct picture_piece *piece)
{
	return !mapping->iommu &&
	       piece_addr(mapping, PICTURE_RANGES, piece) != piece_addr(mapping, PICTURE_SEGS, piece);
}

static enum picture_edge edge_between(const struct cli_mapping *mapping, enum picture_side side,
				      const struct picture_piece *piece, const struct picture_piece *next)
{
	uint64_t addr = piece_addr(mapping, side, next);

	if (piece->of[side] == next->of[side])
		return PICTURE_INSIDE;
	/* address 0 follows none */
	if (addr && piece_addr(mapping, side, piece) + piece->len == addr)
		return PICTURE_TOUCH;
	return PICTURE_JUMP;
}

static enum dmavec_cut cut_after(const struct cli_mapping *mapping, const struct picture_piece *piece)
{
	enum dmavec_cut cut = mapping->cuts[piece->of[PICTURE_SEGS]];

	return (unsigned int)cut < PICTURE_CUTS ? cut : DMAVEC_CUT_NONE;
}

/* Does b follow a as d follows c, and are they of one kind? */
static bool alike(const struct cli_mapping *mapping, const struct picture_piece *a, const struct picture_piece *b,
		  const struct picture_piece *c, const struct picture_piece *d)
{
	enum picture_edge seg = edge_between(mapping, PICTURE_SEGS, a, b);

	return a->len == b->len && is_mmio(mapping, a) == is_mmio(mapping, b) &&
	       is_bounced(mapping, a) == is_bounced(mapping, b) &&
	       edge_between(mapping, PICTURE_RANGES, a, b) == edge_between(mapping, PICTURE_RANGES, c, d) &&
	       seg == edge_between(mapping, PICTURE_SEGS, c, d) &&
	       (seg == PICTURE_INSIDE || cut_after(mapping, a) == cut_after(mapping, c));
}

/* Moves the walk over the pieces that follow each other alike. Returns how many these are; 0: the end. */
static uint64_t pass_alike(struct walk *w)
{
	struct picture_piece first, second, piece, next;
	uint64_t n = 1;
	struct walk ahead;

	if (!next_piece(w, &first))
		return 0;
	for (piece = first; ahead = *w, next_piece(&ahead, &next); piece = next, *w = ahead) {
		if (n++ == 1)
			second = next;
		if (!alike(w->mapping, &piece, &next, &first, &second))
			return n - 1;
	}
	return n;
}

static int new_cell(struct picture *p)
{
	size_t room = p->room ? 2 * p->room : 64;
	struct picture_cell *cells;

	if (p->ncells == p->room) {
		cells = realloc(p->cells, room * sizeof(*cells));
		if (!cells)
			return -ENOMEM;
		p->cells = cells;
		p->room = room;
	}
	memset(&p->cells[p->ncells++], 0, sizeof(*p->cells));
	return 0;
}

/* What stands between the last piece of all and this one is the last cell's edge, or, where that goes on, inside it. */
static void join_piece(struct picture *p, const struct picture_piece *piece, bool inside)
{
	struct picture_cell *cell = &p->cells[p->ncells - 1], *before = inside ? cell : cell - 1;
	int side;

	if (!inside && p->ncells == 1)
		return;
	for (side = 0; side < 2; side++) {
		enum picture_edge edge = edge_between(p->mapping, side, &before->last, piece);

		p->jumps += edge == PICTURE_JUMP;
		before->after[side] = edge;
		if (side == PICTURE_SEGS && edge != PICTURE_INSIDE) {
			p->cuts[cut_after(p->mapping, &before->last)]++;
			if (inside)
				cell->cuts[cut_after(p->mapping, &before->last)]++;
		}
	}
}

/* Into the last cell, or a new one. */
static int add_piece(struct picture *p, const struct picture_piece *piece, bool inside)
{
	struct picture_cell *cell;

	if (!inside && new_cell(p))
		return -ENOMEM;
	join_piece(p, piece, inside);
	cell = &p->cells[p->ncells - 1];
	if (!inside)
		cell->first = *piece;
	cell->even = (!inside || cell->even) && cell->first.len == piece->len;
	cell->last = *piece;
	cell->npieces++;
	cell->len += piece->len;
	cell->mmio += is_mmio(p->mapping, piece) ? piece->len : 0;
	cell->bounced += is_bounced(p->mapping, piece) ? piece->len : 0;
	return 0;
}

/* n pieces in cells of at most `most`; `joined` are in the last cell already. Returns how many are then, or -ENOMEM. */
static int64_t add_pieces(struct picture *p, struct walk *w, uint64_t n, uint64_t joined, uint64_t most)
{
	struct picture_piece piece;

	for (; n && next_piece(w, &piece); n--) {
		bool inside = joined && joined < most;

		if (add_piece(p, &piece, inside))
			return -ENOMEM;
		joined = inside ? joined + 1 : 1;
	}
	return (int64_t)joined;
}

static int condense(struct picture *p)
{
	uint64_t most = p->npieces / CELLS_WANTED + 1, n;
	struct walk w = { .mapping = p->mapping }, ahead = w;
	int64_t joined = 0;

	while (joined >= 0 && (n = pass_alike(&ahead))) {
		if (n < ALIKE_MIN || n < most) {
			joined = add_pieces(p, &w, n, (uint64_t)joined, most);
			continue;
		}
		joined = add_pieces(p, &w, ALIKE_BEFORE, 0, 1);
		if (joined >= 0)
			joined = add_pieces(p, &w, n - ALIKE_BEFORE - 1, 0, n);
		if (joined >= 0)
			joined = add_pieces(p, &w, 1, 0, 1);
		joined = joined < 0 ? joined : 0;
	}
	return joined < 0 ? -ENOMEM : 0;
}

/* The shortest cell, the longest one, and the sums. */
static void measure_cells(struct picture *p)
{
	size_t i;

	for (i = 0; i < p->ncells; i++) {
		const struct picture_cell *cell = &p->cells[i];

		p->len_min = !i || cell->len < p->len_min ? cell->len : p->len_min;
		p->len_max = cell->len > p->len_max ? cell->len : p->len_max;
		p->mmio += cell->mmio;
		p->bounced += cell->bounced;
	}
}

int picture_find_cells(struct picture *p)
{
	struct walk w = { .mapping = p->mapping }, count = w;
	struct picture_piece piece;
	int err;

	while (next_piece(&count, &piece))
		p->npieces++;
	p->condensed = p->npieces > PIECES_MAX;
	err = p->condensed ? condense(p) : add_pieces(p, &w, p->npieces, 0, 1) < 0 ? -ENOMEM : 0;
	measure_cells(p);
	return err;
}
