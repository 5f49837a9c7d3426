/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Text from outside may hold any bytes: which of them are characters? */
#ifndef CLI_UTF8_H
#define CLI_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length in UTF-8 of the character that text begins with, and which one it is; 0: these bytes are none. */
size_t cli_utf8_len(const char *text, uint32_t *value);
/* Does a terminal obey it, rather than show it? */
bool cli_utf8_is_control(uint32_t value);

#endif
