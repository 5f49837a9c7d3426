// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The legend: only what occurs in this picture. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "picture.h"

#define TEXT_SIZE   12
#define GAP         6 /* between a sample and its words */
#define SWATCH_WIDE 30
#define SWATCH_HIGH 14
#define LINE_HIGH   20

/* A sample and what it stands for, beside the one before it or in a new line. */
static int place_item(struct picture *p, int *x, int sample, const char *text)
{
	int width = sample + GAP + picture_prose_width(text, TEXT_SIZE), at;

	if (*x + width > PICTURE_WIDTH - PICTURE_MARGIN && *x > PICTURE_MARGIN) {
		*x = PICTURE_MARGIN;
		p->y += LINE_HIGH;
	}
	at = *x;
	*x += width + 16;
	picture_put_text(p, "", at + sample + GAP, p->y, text);
	return at;
}

static void draw_swatch(struct picture *p, int *x, const char *class, const char *text)
{
	int at = place_item(p, x, SWATCH_WIDE, text);

	fprintf(p->to, "<path class=\"%s\" d=\"M%d %dh%dv%dh%dz\"/>\n", class, at, p->y - 11, SWATCH_WIDE, SWATCH_HIGH,
		-SWATCH_WIDE);
}

static void draw_many(struct picture *p, int *x)
{
	int at = place_item(p, x, SWATCH_WIDE, "as many as it says, drawn as one");

	fprintf(p->to, "<path class=\"range\" d=\"M%d %dh%dv%dh%dz\"/>", at + 3, p->y - 13, SWATCH_WIDE - 3,
		SWATCH_HIGH - 2, 3 - SWATCH_WIDE);
	fprintf(p->to, "<path class=\"range\" d=\"M%d %dh%dv%dh%dz\"/>\n", at, p->y - 10, SWATCH_WIDE - 3,
		SWATCH_HIGH - 2, 3 - SWATCH_WIDE);
}

static void draw_kinds(struct picture *p)
{
	int x = PICTURE_MARGIN, at;

	p->y += LINE_HIGH + 4;
	if (p->mmio < p->mapping->len)
		draw_swatch(p, &x, "range", "range of memory");
	if (p->mmio)
		draw_swatch(p, &x, "range peer", "of peer memory (mmio)");
	if (p->mmio + p->bounced < p->mapping->len)
		draw_swatch(p, &x, "seg", "segment");
	if (p->mmio)
		draw_swatch(p, &x, "seg peer", "for peer memory");
	if (p->bounced)
		draw_swatch(p, &x, "seg bounced", "bounced: a copy at another address");
	if (p->condensed)
		draw_many(p, &x);
	if (p->condensed && (p->mmio || p->bounced))
		place_item(p, &x, -GAP, "a strip in a box: the share of such bytes");
	if (p->scale->shortened)
		place_item(p, &x, -GAP, "…f000: how an address ends");
	if (p->torn) {
		at = place_item(p, &x, 12, "goes on in the next row");
		fprintf(p->to, "<path class=\"jump\" d=\"M%d %dl-5 4l5 4l-5 4l5 4\"/>\n", at + 10, p->y - 12);
	}
	if (p->jumps) {
		at = place_item(p, &x, 12, "addresses jump; what touches is consecutive");
		picture_draw_jump(p, at + 6, p->y - 4);
		fputs("/>\n", p->to);
	}
}

/* A line as wide as a cell of that length. */
static void draw_bar(struct picture *p, int *x, uint64_t len)
{
	int width = picture_cell_width(p, len), at;
	char text[PICTURE_TEXT];

	at = place_item(p, x, width, picture_rough_size(len, text));
	fprintf(p->to, "<path class=\"bar\" d=\"M%d %dv8m0 -4h%dm0 -4v8\"/>\n", at, p->y - 8, width);
}

static void draw_widths(struct picture *p)
{
	static const char text[] = "Not to scale: widths grow with the logarithm of lengths.";
	int x = PICTURE_MARGIN + picture_prose_width(text, TEXT_SIZE) + GAP;

	p->y += LINE_HIGH;
	picture_put_text(p, "", PICTURE_MARGIN, p->y, text);
	draw_bar(p, &x, p->len_min);
	if (p->len_max != p->len_min)
		draw_bar(p, &x, p->len_max);
}

/* What a reason means to the reader of a picture. */
static const char *explain_cut(enum dmavec_cut why)
{
	static const char *const texts[PICTURE_CUTS] = {
		[DMAVEC_CUT_NONE] = "the two could be one",
		[DMAVEC_CUT_BOUNDARY] = "at a multiple of the boundary that no segment crosses",
		[DMAVEC_CUT_LENGTH] = "the segment is as long as one may be",
		[DMAVEC_CUT_GAP] = "moved back to a multiple of the gap, where the device lets segments meet",
		[DMAVEC_CUT_ALIGNMENT] = "moved back to where the device lets segments start and end",
		[DMAVEC_CUT_RUN] = "the memory is not consecutive for the device",
		[DMAVEC_CUT_KIND] = "memory of different kinds is never joined",
		[DMAVEC_CUT_WINDOW] = "in different windows of the space",
	};

	return texts[why];
}

static void draw_reasons(struct picture *p)
{
	char text[2 * PICTURE_TEXT], count[PICTURE_TEXT];
	int why;

	for (why = 0; why < PICTURE_CUTS; why++) {
		const char *name = dmavec_cut_name((enum dmavec_cut)why);

		if (!p->cuts[why])
			continue;
		p->y += LINE_HIGH - 2;
		snprintf(text, sizeof(text), "%c", *name);
		fprintf(p->to, "<path class=\"line\" d=\"M%d %dv13\"/>", PICTURE_MARGIN + 2, p->y - 10);
		picture_put_text(p, "cut index", PICTURE_MARGIN + 14, p->y, text);
		snprintf(text, sizeof(text), "%s ×%s: %s", name, picture_count(p->cuts[why], count),
			 explain_cut((enum dmavec_cut)why));
		picture_put_text(p, "", PICTURE_MARGIN + 28, p->y, text);
	}
}

void picture_draw_legend(struct picture *p)
{
	p->y += 4;
	picture_put_lines(p, "quiet", TEXT_SIZE,
			  "Above the ranges, in their order; below the segments that the device gets; "
			  "a band joins the same bytes of both.");
	draw_kinds(p);
	draw_widths(p);
	draw_reasons(p);
	p->y += LINE_HIGH + 4;
}
