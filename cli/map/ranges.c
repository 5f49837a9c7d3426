// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include <dmavec/source.h>

#include "addr.h"
#include "cli.h"
#include "ranges.h"

#define ROOM_FIRST 256
#define FILL_MAX   64

static int grow(struct cli_ranges *ranges)
{
	size_t room = ranges->room ? 2 * ranges->room : ROOM_FIRST;
	struct dmavec_range *more = reallocarray(ranges->ranges, room, sizeof(*more));
	uint32_t *flags;

	if (more)
		ranges->ranges = more;
	flags = more ? reallocarray(ranges->flags, room, sizeof(*flags)) : NULL;
	if (!flags) {
		cli_error("out of memory");
		return -ENOMEM;
	}
	ranges->flags = flags;
	ranges->room = room;
	return 0;
}

int cli_ranges_add(struct cli_ranges *ranges, const struct dmavec_range *range, uint32_t flags)
{
	int err = ranges->count == ranges->room ? grow(ranges) : 0;

	if (err)
		return err;
	ranges->ranges[ranges->count] = *range;
	ranges->flags[ranges->count++] = flags;
	return 0;
}

void cli_ranges_free(struct cli_ranges *ranges)
{
	free(ranges->ranges);
	free(ranges->flags);
}

uint64_t cli_ranges_len(const struct cli_ranges *ranges)
{
	uint64_t len = 0;
	size_t i;

	for (i = 0; i < ranges->count; i++)
		if (__builtin_add_overflow(len, ranges->ranges[i].len, &len))
			return UINT64_MAX;
	return len;
}

static int take_all(struct cli_ranges *ranges, struct dmavec_source *source)
{
	struct dmavec_range got[FILL_MAX];
	uint32_t flags[FILL_MAX] = { 0 };
	size_t i, n;
	int err = 0;

	source->rewind(source);
	while (!err && (n = source->fill(source, got, flags, FILL_MAX)) > 0)
		for (i = 0; i < n && !err; i++)
			err = cli_ranges_add(ranges, &got[i], flags[i]);
	return err;
}

/* A file is read in whole units, as any device reads it; what is behind its end is memory of the last page's. */
static void pad(struct cli_ranges *ranges, uint64_t len, uint64_t page, uint64_t len_align)
{
	struct dmavec_range *last = &ranges->ranges[ranges->count - 1];
	uint64_t over = len_align > 1 ? len % len_align : 0, more = over ? len_align - over : 0;
	uint64_t tail = (cli_cpu_number(last->addr) + last->len) % page;

	if (!tail || more > page - tail)
		return;
	last->len += more;
	ranges->padding = more;
}

int cli_ranges_of_file(struct cli_ranges *ranges, const struct cli_source *source, uint64_t len_align)
{
	struct dmavec_file_source from = { .len = 0 };
	int err;

	ranges->kind = "physical, of the pages in the page cache";
	if (!source->size) /* no page at all: what that means is for the library to say */
		return 0;
	err = dmavec_source_file(&from, source->fd, 0, 0, DMAVEC_FILE_PHYSICAL);
	if (err == -EPERM) {
		cli_error("the kernel tells physical addresses to a privileged process only: these are this process's own");
		ranges->kind = "of this process: the kernel does not tell physical ones";
		err = dmavec_source_file(&from, source->fd, 0, 0, 0);
	}
	if (err) {
		cli_error("cannot map '%s' into memory: %s", source->name, cli_library_error(err));
		return err;
	}
	err = take_all(ranges, &from.source);
	if (!err && ranges->count)
		pad(ranges, from.len, from.page, len_align);
	dmavec_source_file_close(&from);
	return err;
}
