/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What `dmavec map` tells: as tables and words, as JSON, as a picture. */
#ifndef CLI_MAP_TELL_H
#define CLI_MAP_TELL_H

#include "descriptors.h"
#include "file.h"
#include "mapping.h"

/* Tables on stdout. ranges: where those of the mapping are from. */
void cli_print_mapping(const struct cli_mapping *mapping, const struct cli_ranges *ranges);
/* Descriptors in words, on stdout. */
void cli_print_descriptors(const struct cli_descriptors *descriptors, const struct cli_mapping *mapping);
/* One JSON object on stdout. 0, or -ENOMEM after it has said so. */
int cli_mapping_json(const struct cli_mapping *mapping, const struct cli_descriptors *descriptors);

/* The picture as a file that is there whole or not at all: begun, and put in its place once all else has been told. source:
 * what the ranges are from, which it must not replace. */
int cli_picture_begin(struct cli_target *target, const char *name, const struct cli_mapping *mapping,
		      const struct cli_source *source);

#endif
