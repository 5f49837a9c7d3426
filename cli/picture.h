/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A mapping as a picture: an SVG file of its own, in light or dark as whoever looks at it prefers. */
#ifndef CLI_PICTURE_H
#define CLI_PICTURE_H

#include <stdio.h>

#include "mapping.h"

/* 0; -EIO: it did not arrive, or -ENOMEM, and it has said so. The same mapping is the same picture, byte for byte. */
int cli_draw_mapping(FILE *to, const struct cli_mapping *mapping);

#endif
