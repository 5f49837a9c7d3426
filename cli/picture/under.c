// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What stands under the segments of a row, and over its ranges where they are narrow: reasons and numbers. */
#include <inttypes.h>
#include <string.h>

#include "picture.h"

#define SMALL_SIZE 10
#define LINE_HIGH  13
#define APART      5

/* Words go into two lines; what stands furthest right in each, and the furthest line that passes the first one. */
struct places {
	int right[2], line;
};

static bool has_cut(const struct picture *p, size_t i)
{
	return i + 1 < p->ncells && p->cells[i].after[PICTURE_SEGS] != PICTURE_INSIDE;
}

static enum dmavec_cut cut_after(const struct picture *p, size_t i)
{
	return p->mapping->cuts[p->cells[i].last.of[PICTURE_SEGS]];
}

/* Where they touch the line divides them, else it begins under them. */
static int cut_top(const struct picture *p, size_t i, int segs)
{
	return p->cells[i].after[PICTURE_SEGS] == PICTURE_TOUCH ? segs - 4 : segs + p->scale->cell - 3;
}

/* Midway between two segments. */
static int cut_x(const struct picture *p, size_t i, size_t end)
{
	int right = p->cells[i].right[PICTURE_SEGS];

	return i + 1 < end ? (right + p->cells[i + 1].left[PICTURE_SEGS]) / 2 : right + 4;
}

/* So that it stays inside the picture. */
static int word_x(int x, int width)
{
	return x + width / 2 < PICTURE_WIDTH - 4 ? x : PICTURE_WIDTH - 4 - width / 2;
}

/* Which line a word can go into; -1: none. */
static int place_word(struct places *places, int line, int x, int width)
{
	int left = x - width / 2, level;

	for (level = 0; level < 2; level++)
		if (left >= places->right[level] + APART && (level || left >= places->line + 3) &&
		    (!level || line >= places->right[0] + 3))
			break;
	if (level == 2)
		return -1;
	places->right[level] = x + width / 2;
	if (level)
		places->line = line;
	return level;
}

static bool words_fit(const struct picture *p, size_t first, size_t end)
{
	struct places places = { { 0, 0 }, 0 };
	size_t i;

	for (i = first; i < end; i++) {
		int x = cut_x(p, i, end), width = picture_width(dmavec_cut_name(cut_after(p, i)), SMALL_SIZE);

		if (has_cut(p, i) && place_word(&places, x, word_x(x, width), width) < 0)
			return false;
	}
	return true;
}

static void draw_cut(const struct picture *p, size_t i, int x, int segs, int y, const char *word)
{
	uint64_t seg = p->cells[i].last.of[PICTURE_SEGS];
	const char *name = dmavec_cut_name(cut_after(p, i));

	fprintf(p->to, "<g><title>segments %" PRIu64 " and %" PRIu64 " are apart: %s</title>", seg, seg + 1, name);
	fprintf(p->to, "<path class=\"line\" d=\"M%d %dV%d\"/>", x, cut_top(p, i, segs), y - 8);
	picture_put_text(p, "cut", word_x(x, picture_width(word, SMALL_SIZE)), y, word);
	fputs("</g>\n", p->to);
}

/* Reasons of cuts inside a cell of many. */
static int draw_counts(const struct picture *p, const struct picture_cell *cell, int y)
{
	char count[PICTURE_TEXT], text[2 * PICTURE_TEXT];
	int why, lines = 0;

	for (why = 0; why < PICTURE_CUTS; why++) {
		if (!cell->cuts[why])
			continue;
		snprintf(text, sizeof(text), "%s ×%s", dmavec_cut_name((enum dmavec_cut)why),
			 picture_count(cell->cuts[why], count));
		picture_put_text(p, "cut", (cell->left[PICTURE_SEGS] + cell->right[PICTURE_SEGS]) / 2,
				 y + lines++ * LINE_HIGH, text);
	}
	return lines * LINE_HIGH;
}

int picture_draw_cuts(const struct picture *p, size_t first, size_t end, int y, int segs)
{
	bool words = words_fit(p, first, end);
	struct places places = { { 0, 0 }, 0 };
	int high = 0, counts = 0;
	size_t i;

	for (i = first; i < end; i++) {
		const char *name = dmavec_cut_name(cut_after(p, i));
		char letter[2] = { *name, '\0' };
		int x = cut_x(p, i, end), width = picture_width(name, SMALL_SIZE), level = 0;

		if (p->cells[i].npieces > 1) {
			int lines = draw_counts(p, &p->cells[i], y + LINE_HIGH * 2);

			counts = lines > counts ? lines : counts;
		}
		if (!has_cut(p, i))
			continue;
		if (words)
			level = place_word(&places, x, word_x(x, width), width);
		draw_cut(p, i, x, segs, y + LINE_HIGH * (level + 1), words ? name : letter);
		high = level >= high ? level + 1 : high;
	}
	return counts ? LINE_HIGH + counts : high * LINE_HIGH;
}

/* Every how many boxes get their number, so that two do not meet. */
static uint64_t find_step(int pitch, int width)
{
	static const uint64_t steps[] = { 1, 2, 5, 10, 20, 50 };
	size_t i;

	for (i = 0; i + 1 < sizeof(steps) / sizeof(steps[0]) && (int)steps[i] * pitch < width + APART; i++)
		;
	return steps[i];
}

void picture_draw_numbers(const struct picture *p, enum picture_side side, size_t first, size_t end, int y)
{
	uint64_t last = p->cells[end - 1].last.of[side], n = last - p->cells[first].first.of[side] + 1, step;
	char text[PICTURE_TEXT];
	int right = 0;

	step = find_step((p->cells[end - 1].right[side] - PICTURE_LEFT) / (int)n,
			 picture_width(picture_span(last, last, text), SMALL_SIZE));
	while (first < end) {
		struct picture_box box = picture_next_box(p, side, first, end);
		uint64_t of = p->cells[first].first.of[side];
		int width = picture_width(picture_span(of, of, text), SMALL_SIZE), x = (box.x0 + box.x1) / 2;

		first = box.last + 1;
		if (of % step || x - width / 2 < right + APART)
			continue;
		picture_put_text(p, "number", x, y, text);
		right = x + width / 2;
	}
}
