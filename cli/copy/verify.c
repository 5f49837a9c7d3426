// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "scatter.h"
#include "verify.h"

#define BLOCK UINT64_C(0x40000)

/* Up to BLOCK bytes at offset; fewer at the end of the file. */
static int64_t read_block(int fd, const char *name, uint64_t offset, unsigned char *block)
{
	struct dmavec_range range = { dmavec_cpu(block), BLOCK };
	int64_t got = cli_scatter_read(fd, offset, &range, BLOCK);

	if (got < 0)
		cli_error("cannot read '%s' again: %s", name, strerror((int)-got));
	return got;
}

/* Say where they differ, and whom to suspect. */
static void say_difference(const struct cli_source *source, const struct cli_target *target, uint64_t at)
{
	cli_error("'%s' would differ from '%s' from byte %" PRIu64 " on%s", target->name, source->name, at,
		  cli_source_touched(source) ? ": it was written to meanwhile" : "");
}

/* How many bytes are compared, 0 at the end of both; *same goes false at the first difference. */
static int64_t compare_block(const struct cli_source *source, const struct cli_target *target, uint64_t offset,
			     unsigned char *blocks, bool *same)
{
	const unsigned char *a = blocks, *b = blocks + BLOCK;
	int64_t na, nb, i, n;

	na = read_block(source->fd, source->name, offset, blocks);
	nb = na < 0 ? na : read_block(target->fd, target->name, offset, blocks + BLOCK);
	if (nb < 0)
		return nb;
	n = na < nb ? na : nb;
	*same = na == nb && !memcmp(a, b, (size_t)n);
	if (!*same) {
		for (i = 0; i < n && a[i] == b[i]; i++)
			;
		say_difference(source, target, offset + (uint64_t)i);
	}
	return n;
}

int cli_verify(const struct cli_source *source, const struct cli_target *target, struct cli_progress *progress,
	       bool *same)
{
	unsigned char *blocks = malloc(2 * (size_t)BLOCK);
	uint64_t offset = 0;
	int64_t done = 1;

	if (!blocks) {
		cli_error("out of memory");
		return -ENOMEM;
	}
	*same = true;
	while (*same && done > 0) {
		done = compare_block(source, target, offset, blocks, same);
		if (done > 0)
			offset += (uint64_t)done;
		cli_progress_draw(progress, "comparing", offset, source->size);
	}
	free(blocks);
	return done < 0 ? (int)done : 0;
}
