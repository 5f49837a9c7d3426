// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "tell.h"
#include "picture.h"

#define NEW_FILE 0666

/* Drawn in memory: what goes to the file is known to be whole. */
static int draw(const struct cli_mapping *mapping, char **text, size_t *len)
{
	FILE *to = open_memstream(text, len);
	int err;

	if (!to) {
		cli_error("out of memory");
		return -ENOMEM;
	}
	err = cli_draw_mapping(to, mapping);
	if (fclose(to) && !err) {
		cli_error("out of memory");
		err = -ENOMEM;
	}
	return err;
}

static int write_text(struct cli_target *target, const char *text, size_t len)
{
	struct dmavec_range range = { dmavec_cpu(text), len };
	int err = cli_target_create(target);

	if (!err)
		err = cli_target_write(target, 0, &range, len);
	return err ? err : cli_target_sync(target);
}

int cli_picture_begin(struct cli_target *target, const char *name, const struct cli_mapping *mapping,
		      const struct cli_source *source)
{
	struct cli_source kept = *source;
	char *text = NULL;
	size_t len = 0;
	int err;

	kept.stat.st_mode = NEW_FILE; /* a picture is no copy */
	err = cli_target_find(target, name, &kept);
	if (err)
		return err;
	err = draw(mapping, &text, &len);
	if (!err)
		err = write_text(target, text, len);
	free(text);
	if (err)
		cli_target_drop(target);
	return err;
}
