/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How the picture is made.
 *
 * Ranges and segments name the same bytes in the same order, so both are drawn over one axis, and what stands above
 * each other is the same memory. The ends of the ranges and of the segments cut that axis into pieces: each lies in one
 * range and in one segment, and is as wide in both. A cell is a piece, or many of them where there are too many to be
 * seen. Cells are set in rows like words in lines; each row has the ranges above, the segments below and a band a cell
 * between.
 *
 * All numbers are whole pixels: nothing depends on a locale or on how a machine rounds.
 */
#ifndef CLI_PICTURE_PICTURE_H
#define CLI_PICTURE_PICTURE_H

#include <stdio.h>

#include "../mapping.h"

#define PICTURE_WIDTH  1000
#define PICTURE_MARGIN 20
#define PICTURE_LEFT   112 /* of the cells: before them stands which ranges and segments a row has */
#define PICTURE_RIGHT  (PICTURE_WIDTH - 28)

#define PICTURE_CUTS (DMAVEC_CUT_WINDOW + 1)

/* The two sides of the axis. */
enum picture_side {
	PICTURE_RANGES,
	PICTURE_SEGS,
};

/* What lies between two neighbours of one side. */
enum picture_edge {
	PICTURE_INSIDE, /* nothing: one range, or one segment, goes on */
	PICTURE_TOUCH,  /* its end, but the next address follows */
	PICTURE_JUMP,   /* its end, and the next one is elsewhere */
};

struct picture_piece {
	uint64_t of[2]; /* which range, which segment */
	uint64_t in[2]; /* where in it, bytes */
	uint64_t len;
};

struct picture_cell {
	struct picture_piece first, last; /* the same where npieces is 1 */
	uint64_t npieces, len, mmio, bounced; /* bytes, but for the first */
	uint64_t cuts[PICTURE_CUTS]; /* inside it */
	bool even;                   /* its pieces are of one length */
	enum picture_edge after[2];  /* towards the next cell */
	bool last_in_row;
	int left[2], right[2]; /* where it is drawn */
};

/* How large things are drawn: the more there are, the smaller. */
struct picture_scale {
	int width_min, width_max;
	int doubling; /* what a cell twice as long has more, at most */
	int gap;      /* where addresses jump */
	int cell, band; /* heights */
	int share;      /* below the words of a cell: how much of it is of another kind */
	int rows_max; /* with more than that, a smaller scale is used */
	bool words;   /* there is room for words in cells */
	bool shortened; /* but not for whole addresses */
};

struct picture {
	FILE *to;
	const struct cli_mapping *mapping;
	const struct picture_scale *scale;
	bool condensed;
	struct picture_cell *cells;
	size_t ncells, room;
	uint64_t npieces, len_min, len_max; /* the latter of cells */
	uint64_t cuts[PICTURE_CUTS], mmio, bounced, jumps; /* in all; bounced: as far as addresses tell */
	bool torn;            /* something goes on in the next row */
	int more, more_among; /* a single row is wider: how much, and the width among which that is shared out */
	int y;     /* where the next thing is drawn */
};

/* cells.c: -ENOMEM */
int picture_find_cells(struct picture *p);

/* rows.c */
/* As it is drawn. */
int picture_cell_width(const struct picture *p, uint64_t len);
/* Returns how many rows there are at this scale. */
int picture_place_cells(struct picture *p);
void picture_draw_rows(struct picture *p);

/* boxes.c: the ranges or the segments of a row, cells first .. end - 1, from y on */
struct picture_box {
	enum picture_side side;
	size_t first, last; /* cells */
	int x0, x1;
	bool before, beyond; /* it came from another cell, goes on in another one */
};
struct picture_box picture_next_box(const struct picture *p, enum picture_side side, size_t first, size_t end);
void picture_draw_boxes(const struct picture *p, enum picture_side side, size_t first, size_t end, int y);
void picture_draw_jump(const struct picture *p, int x, int y);

/* under.c: the reasons of cuts and the numbers of narrow cells; returns how high they stand */
int picture_draw_cuts(const struct picture *p, size_t first, size_t end, int y, int segs);
void picture_draw_numbers(const struct picture *p, enum picture_side side, size_t first, size_t end, int y);

/* head.c: -ENOMEM */
int picture_draw_head(struct picture *p);
/* The same as the elements title and desc. */
int picture_describe(struct picture *p);
/* legend.c */
void picture_draw_legend(struct picture *p);

/* words.c */
#define PICTURE_TEXT 64
/* Escaped for XML; what is no text, or none that XML may hold, becomes a replacement character. */
void picture_put(FILE *to, const char *text);
/* How wide it is in a font of that size: in one of even width, at most; in the other one, about. */
int picture_width(const char *text, int size);
int picture_prose_width(const char *text, int size);
void picture_put_text(const struct picture *p, const char *class, int x, int y, const char *text);
/* Text from p->y on, broken into lines. */
void picture_put_lines(struct picture *p, const char *class, int size, const char *text);
const char *picture_count(uint64_t value, char text[PICTURE_TEXT]);              /* 16,484 */
const char *picture_things(uint64_t n, const char *one, char text[PICTURE_TEXT]); /* 16,484 segments */
const char *picture_size(uint64_t bytes, char text[PICTURE_TEXT]);               /* 64 KiB, 16288 B */
const char *picture_rough_size(uint64_t bytes, char text[PICTURE_TEXT]);         /* ~15.9 KiB */
const char *picture_span(uint64_t first, uint64_t last, char text[PICTURE_TEXT]); /* 3, or 3-7 */

/* style.c */
extern const char picture_style[];

/* Of the range or the segment number i. */
uint64_t picture_addr(const struct cli_mapping *mapping, enum picture_side side, uint64_t i);
uint64_t picture_len(const struct cli_mapping *mapping, enum picture_side side, uint64_t i);

#endif
