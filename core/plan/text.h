/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A text that is cut off where its room ends. Core has no printf.
 */
#ifndef DMAVEC_CORE_TEXT_H
#define DMAVEC_CORE_TEXT_H

#include "host.h"

struct text {
	char *to;
	size_t room, len; /* len stays below room */
};

void text_init(struct text *t, char *to, size_t room); /* room is at least 1 */
void text_add(struct text *t, const char *words);
void text_dec(struct text *t, uint64_t value);
void text_hex(struct text *t, uint64_t value);

#endif
