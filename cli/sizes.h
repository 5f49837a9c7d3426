/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Sizes as people write them: 4096, 64K, 4G, 0xffff. */
#ifndef CLI_SIZES_H
#define CLI_SIZES_H

#include <stdint.h>

/* Digits, decimal or after 0x, and for decimal ones a suffix K, M, G, T, P or E (powers of 1024; "KiB" is "K").
 * 0, or -EINVAL, or -ERANGE: more than 64 bits. */
int cli_parse_size(const char *text, uint64_t *value);

#define CLI_SIZE_TEXT 24
/* The shortest exact form. Returns text. */
const char *cli_format_size(uint64_t value, char text[CLI_SIZE_TEXT]);
/* After 0x; 0 is 0x0. Returns text. */
const char *cli_format_hex(uint64_t value, char text[CLI_SIZE_TEXT]);

#endif
