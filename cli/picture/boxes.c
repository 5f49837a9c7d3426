// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Boxes: the ranges or the segments of a row. A box is one of them, as far as it lies in this row, or, where there are
 * too many, a cell's worth of them.
 */
#include <inttypes.h>
#include <string.h>

#include "picture.h"

#define WORD_SIZE  11
#define SHARE_HIGH 5

/* What a box says, line by line, the best first that might fit. */
struct words {
	char index[PICTURE_TEXT], addr[PICTURE_TEXT], len[2 * PICTURE_TEXT], rough[2 * PICTURE_TEXT];
};

static bool is_one(const struct picture_cell *cell, enum picture_side side)
{
	return cell->first.of[side] == cell->last.of[side];
}

struct picture_box picture_next_box(const struct picture *p, enum picture_side side, size_t first, size_t end)
{
	struct picture_box box = { .side = side, .first = first, .last = first };

	while (box.last + 1 < end && p->cells[box.last].after[side] == PICTURE_INSIDE &&
	       is_one(&p->cells[first], side) && is_one(&p->cells[box.last + 1], side))
		box.last++;
	box.x0 = p->cells[first].left[side];
	box.x1 = p->cells[box.last].right[side];
	box.before = first && p->cells[first - 1].after[side] == PICTURE_INSIDE;
	box.beyond = box.last + 1 < p->ncells && p->cells[box.last].after[side] == PICTURE_INSIDE;
	return box;
}

/* Sums over the cells of a box. */
struct sums {
	uint64_t first, last, len, mmio, bounced;
};

static struct sums sum_box(const struct picture *p, const struct picture_box *box)
{
	struct sums sums = { .first = p->cells[box->first].first.of[box->side],
			     .last = p->cells[box->last].last.of[box->side] };
	size_t i;

	for (i = box->first; i <= box->last; i++) {
		sums.len += p->cells[i].len;
		sums.mmio += p->cells[i].mmio;
		sums.bounced += p->cells[i].bounced;
	}
	return sums;
}

/* What a box as a whole is; a mixed one of many shows the share instead. */
static bool is_mmio(const struct sums *sums)
{
	return sums->mmio == sums->len;
}

static bool is_bounced(const struct picture_box *box, const struct sums *sums)
{
	return box->side == PICTURE_SEGS && sums->bounced == sums->len;
}

static void put_title(const struct picture *p, const struct picture_box *box, const struct sums *sums)
{
	const char *name = box->side == PICTURE_RANGES ? "range" : "segment";

	if (sums->first == sums->last) {
		uint64_t addr = picture_addr(p->mapping, box->side, sums->first);
		uint64_t len = picture_len(p->mapping, box->side, sums->first);

		fprintf(p->to, "<title>%s %" PRIu64 ": 0x%" PRIx64 " to 0x%" PRIx64 ", %" PRIu64 " bytes", name,
			sums->first, addr, addr + len - 1, len);
	} else {
		fprintf(p->to, "<title>%ss %" PRIu64 " to %" PRIu64 ": %" PRIu64 " of them, %" PRIu64 " bytes", name,
			sums->first, sums->last, sums->last - sums->first + 1, sums->len);
	}
	if (sums->mmio)
		fprintf(p->to, ", %" PRIu64 " bytes of peer memory (mmio)", sums->mmio);
	if (sums->bounced)
		fprintf(p->to, ", %" PRIu64 " bytes bounced", sums->bounced);
	fprintf(p->to, "%s</title>", box->before || box->beyond ? "; goes on elsewhere" : "");
}

static void put_rect(const struct picture *p, const char *class, int x, int y, int width, int height)
{
	fprintf(p->to, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\"", class, x, y, width,
		height);
}

/* len * part / width, where the product may have more than 64 bits. */
static uint64_t part_of(uint64_t len, int part, int width)
{
	uint64_t n = (uint64_t)part, of = (uint64_t)width;

	return len / of * n + len % of * n / of;
}

/* Of the bytes of a box of many, those that are of the other kind. */
static void draw_share(const struct picture *p, const struct picture_box *box, const struct sums *sums, int y)
{
	uint64_t share = box->side == PICTURE_RANGES ? sums->mmio : sums->bounced;
	int width = box->x1 - box->x0 - 4, part = 0;

	if (!share || share == sums->len)
		return;
	while (part < width && share > part_of(sums->len, part, width))
		part++;
	put_rect(p, box->side == PICTURE_RANGES ? "range peer" : "seg bounced", box->x0 + 2,
		 y + p->scale->cell - SHARE_HIGH - 3, part, SHARE_HIGH);
	fputs("/>\n", p->to);
}

/* "64 ranges", or, where all are of one length, "64 × 4 KiB". */
static void say_many(const struct picture_cell *cell, uint64_t n, const char *name, char text[PICTURE_TEXT])
{
	char size[PICTURE_TEXT];
	size_t len;

	if (!cell->even || n != cell->npieces) {
		picture_things(n, name, text);
		return;
	}
	len = strlen(picture_count(n, text));
	snprintf(text + len, PICTURE_TEXT - len, " × %s", picture_size(cell->first.len, size));
}

static void find_words(const struct picture *p, const struct picture_box *box, const struct sums *sums,
		       struct words *words)
{
	const char *name = box->side == PICTURE_RANGES ? "range" : "seg";
	const struct picture_piece *piece = &p->cells[box->first].first;
	char whole[PICTURE_TEXT];

	picture_span(sums->first, sums->last, words->index);
	picture_size(sums->len, words->len);
	picture_rough_size(sums->len, words->rough);
	if (sums->first != sums->last) {
		say_many(&p->cells[box->first], sums->last - sums->first + 1, name, words->addr);
		return;
	}
	snprintf(words->addr, sizeof(words->addr), "0x%" PRIx64,
		 picture_addr(p->mapping, box->side, sums->first) + piece->in[box->side]);
	if (box->before || box->beyond) {
		picture_size(picture_len(p->mapping, box->side, sums->first), whole);
		snprintf(words->len + strlen(words->len), sizeof(words->len) - strlen(words->len), " of %s", whole);
		snprintf(words->rough, sizeof(words->rough), "of %s", whole);
	}
}

/* "12 mmio", "12 bounced", "12 goes on": as much of it as there is room for. */
static void add_kind(const struct picture_box *box, const struct sums *sums, char index[PICTURE_TEXT], int room)
{
	const char *kind = is_mmio(sums) ? " mmio" : is_bounced(box, sums) ? " bounced" : "";
	size_t len = strlen(index);

	snprintf(index + len, PICTURE_TEXT - len, "%s%s", box->before ? " continued" : "", kind);
	if (picture_width(index, WORD_SIZE) > room)
		snprintf(index + len, PICTURE_TEXT - len, "%s", kind);
	if (picture_width(index, WORD_SIZE) > room)
		index[len] = '\0';
}

/* The low digits tell what an address is a multiple of. */
static void shorten_addr(char addr[PICTURE_TEXT], int room)
{
	size_t len = strlen(addr), keep;
	char text[PICTURE_TEXT];

	for (keep = len - 3; keep >= 4 && picture_width(addr, WORD_SIZE) > room; keep--) {
		snprintf(text, sizeof(text), "…%s", addr + strlen(addr) - keep);
		memcpy(addr, text, sizeof(text));
	}
}

static void draw_words(const struct picture *p, const struct picture_box *box, const struct sums *sums, int y)
{
	int room = box->x1 - box->x0 - 6, n = 0, i;
	const char *lines[3];
	struct words words;

	find_words(p, box, sums, &words);
	add_kind(box, sums, words.index, room);
	if (sums->first == sums->last)
		shorten_addr(words.addr, room);
	lines[n++] = words.index;
	lines[n++] = words.addr;
	lines[n++] = picture_width(words.len, WORD_SIZE) <= room ? words.len : words.rough;
	for (i = 0; i < n; i++)
		if (picture_width(lines[i], WORD_SIZE) <= room)
			picture_put_text(p, i ? "word" : "word index", (box->x0 + box->x1) / 2,
					 y + (p->scale->cell - p->scale->share) * (2 * i + 1) / (2 * n) + 4, lines[i]);
}

/* The end of a box that goes on in another row, as if torn off there. inwards: which way its teeth point. */
static void draw_torn(const struct picture *p, int x, int y, int inwards)
{
	int i;

	fprintf(p->to, "<path class=\"torn\" d=\"M%d %d", x - inwards, y - 1);
	for (i = 0; i < (p->scale->cell + 2) / 8; i++)
		fprintf(p->to, "l%d 4l%d 4", 5 * inwards, -5 * inwards);
	fputs("v2\"/>\n", p->to);
}

static void draw_box(const struct picture *p, const struct picture_box *box, int y)
{
	struct sums sums = sum_box(p, box);
	const char *side = box->side == PICTURE_RANGES ? "range" : "seg", *kind;
	int width = box->x1 - box->x0;
	char class[16];

	if (sums.first != sums.last && !box->beyond) {
		put_rect(p, side, box->x0 + 3, y - 3, width, p->scale->cell);
		fputs("/>\n", p->to);
	}
	kind = is_mmio(&sums) ? " peer" : is_bounced(box, &sums) ? " bounced" : "";
	snprintf(class, sizeof(class), "%s%s", side, kind);
	put_rect(p, class, box->x0, y, width, p->scale->cell);
	fputc('>', p->to);
	put_title(p, box, &sums);
	fputs("</rect>\n", p->to);
	draw_share(p, box, &sums, y);
	if (box->before)
		draw_torn(p, box->x0, y, 1);
	if (box->beyond)
		draw_torn(p, box->x1, y, -1);
	if (p->scale->words)
		draw_words(p, box, &sums, y);
}

void picture_draw_jump(const struct picture *p, int x, int y)
{
	int lean = p->scale->gap > 8 ? 4 : 3;

	fprintf(p->to, "<path class=\"jump\" d=\"M%d %dl%d -12M%d %dl%d -12\"", x - lean, y + 6, lean, x, y + 6, lean);
}

/* Between two boxes: how far apart their addresses are. */
static void draw_jump_after(const struct picture *p, const struct picture_box *box, int y)
{
	const struct picture_cell *cell = &p->cells[box->last];
	uint64_t of = cell->last.of[box->side], next = cell[1].first.of[box->side];
	uint64_t last = picture_addr(p->mapping, box->side, of) + (picture_len(p->mapping, box->side, of) - 1);
	uint64_t start = picture_addr(p->mapping, box->side, next);
	const char *name = box->side == PICTURE_RANGES ? "range" : "segment";
	char bytes[PICTURE_TEXT] = "18446744073709551616"; /* from the end of all addresses to the first one */

	/* the end itself may be one more than 64 bits hold */
	if (start > last || last - start < UINT64_MAX)
		snprintf(bytes, sizeof(bytes), "%" PRIu64, start > last ? start - last - 1 : last - start + 1);

	picture_draw_jump(p, box->x1 + p->scale->gap / 2, y + p->scale->cell / 2);
	fprintf(p->to, "><title>%s %" PRIu64 " begins %s bytes %s the end of %s %" PRIu64 "</title></path>\n",
		name, next, bytes, start > last ? "after" : "before", name, of);
}

void picture_draw_boxes(const struct picture *p, enum picture_side side, size_t first, size_t end, int y)
{
	while (first < end) {
		struct picture_box box = picture_next_box(p, side, first, end);

		draw_box(p, &box, y);
		first = box.last + 1;
		if (first < end && p->cells[box.last].after[side] == PICTURE_JUMP)
			draw_jump_after(p, &box, y);
	}
}
