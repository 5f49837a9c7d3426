// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "utf8.h"

#define LAST            0x10ffffu
#define SURROGATE_FIRST 0xd800u
#define SURROGATE_LAST  0xdfffu

/* What the first byte says: how many there are, which of its bits count, the least such character. */
static size_t begin_char(unsigned char c, uint32_t *bits, uint32_t *least)
{
	size_t n = c < 0x80 ? 1 : (c & 0xe0) == 0xc0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : (c & 0xf8) == 0xf0 ? 4 : 0;
	static const uint32_t leasts[] = { 0, 0, 0x80, 0x800, 0x10000 };

	*bits = n > 1 ? c & (0x7fu >> n) : c;
	*least = leasts[n];
	return n;
}

size_t cli_utf8_len(const char *text, uint32_t *value)
{
	uint32_t least;
	size_t n = begin_char((unsigned char)*text, value, &least), i;

	for (i = 1; i < n; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
		*value = *value << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (*value < least || *value > LAST || (*value >= SURROGATE_FIRST && *value <= SURROGATE_LAST))
		return 0;
	return n;
}

bool cli_utf8_is_control(uint32_t value)
{
	return value < ' ' || (value >= 0x7f && value < 0xa0);
}
