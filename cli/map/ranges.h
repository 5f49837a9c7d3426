/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The ranges that are mapped: from a list, or the pages of a file. */
#ifndef CLI_RANGES_H
#define CLI_RANGES_H

#include <dmavec/dmavec.h>

#include <stddef.h>
#include <stdint.h>

#include "file.h"

struct cli_ranges {
	struct dmavec_range *ranges;
	uint32_t *flags; /* one each: 0 or DMAVEC_MMIO */
	size_t count, room;
	const char *kind; /* of addresses, in words */
	uint64_t padding; /* bytes behind a file's end that the last range has */
};

/* 0, or -ENOMEM after it has said so. */
int cli_ranges_add(struct cli_ranges *ranges, const struct dmavec_range *range, uint32_t flags);
void cli_ranges_free(struct cli_ranges *ranges);
/* The bytes in all; more than 64 bits can count: UINT64_MAX. */
uint64_t cli_ranges_len(const struct cli_ranges *ranges);

/* A list: "ADDRESS LENGTH [mmio]" a line, # begins a comment; "-" is standard input. An exit status, or CLI_GO_ON: a line
 * that makes no sense is CLI_USAGE, a list that cannot be read CLI_FAILED. file: which one that is, without a descriptor. */
int cli_ranges_read(struct cli_ranges *ranges, const char *name, struct cli_source *file);
/* The pages of a file, by physical address where the kernel tells it, else by this process's; it says so then. Where len_align
 * asks for more bytes than the file has, they are what is left of its last page, if that is enough. 0, or a negative errno
 * after it has said why. */
int cli_ranges_of_file(struct cli_ranges *ranges, const struct cli_source *source, uint64_t len_align);

#endif
