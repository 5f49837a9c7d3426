// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "cli.h"
#include "picture.h"
#include "picture/picture.h"

/* The more cells there are, the less each one says. */
static const struct picture_scale scales[] = {
	{ .width_min = 108, .width_max = 240, .doubling = 10, .gap = 14, .cell = 48, .band = 52,
	  .rows_max = 6, .words = true },
	{ .width_min = 46, .width_max = 88, .doubling = 5, .gap = 12, .cell = 40, .band = 40,
	  .rows_max = 50, .words = true, .shortened = true },
	{ .width_min = 14, .width_max = 32, .doubling = 2, .gap = 8, .cell = 16, .band = 32,
	  .rows_max = INT_MAX },
};

/* For cells of many. */
static const struct picture_scale condensed = {
	.width_min = 108, .width_max = 240, .doubling = 8, .gap = 14, .cell = 56, .band = 44,
	.rows_max = INT_MAX, .words = true, .share = 8,
};

static void place_cells(struct picture *p)
{
	p->scale = p->condensed ? &condensed : scales;
	while (picture_place_cells(p) > p->scale->rows_max)
		p->scale++;
}

/* Everything but the element around it, which says how high this is. */
static int draw_body(struct picture *p, char **body, size_t *size)
{
	int err;

	p->to = open_memstream(body, size);
	if (!p->to)
		return -ENOMEM;
	err = picture_describe(p);
	fputs(picture_style, p->to);
	fputs("<rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n", p->to);
	if (!err)
		err = picture_draw_head(p);
	picture_draw_legend(p);
	picture_draw_rows(p);
	if (ferror(p->to))
		err = -ENOMEM;
	return fclose(p->to) ? -ENOMEM : err;
}

static int put_picture(const struct picture *p, FILE *to, const char *body, size_t size)
{
	fprintf(to,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
		"role=\"img\" aria-labelledby=\"title desc\">\n",
		PICTURE_WIDTH, p->y, PICTURE_WIDTH, p->y);
	fwrite(body, 1, size, to);
	fputs("</svg>\n", to);
	return fflush(to) || ferror(to) ? -EIO : 0;
}

int cli_draw_mapping(FILE *to, const struct cli_mapping *mapping)
{
	struct picture p = { .mapping = mapping };
	char *body = NULL;
	size_t size = 0;
	int err;

	err = picture_find_cells(&p);
	if (!err) {
		place_cells(&p);
		err = draw_body(&p, &body, &size);
	}
	if (!err)
		err = put_picture(&p, to, body, size);
	if (err)
		cli_error(err == -EIO ? "cannot write the picture" : "out of memory");
	free(body);
	free(p.cells);
	return err;
}
