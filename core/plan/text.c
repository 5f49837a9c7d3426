/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "text.h"

void text_init(struct text *t, char *to, size_t room)
{
	t->to = to;
	t->room = room;
	t->len = 0;
	to[0] = '\0';
}

static void text_char(struct text *t, char c)
{
	if (t->len + 1 >= t->room)
		return;
	t->to[t->len++] = c;
	t->to[t->len] = '\0';
}

void text_add(struct text *t, const char *words)
{
	while (*words)
		text_char(t, *words++);
}

/* By subtraction: a 64-bit division is a library call on 32-bit hosts. */
void text_dec(struct text *t, uint64_t value)
{
	uint64_t power = UINT64_C(10000000000000000000);
	static const uint64_t powers[] = {
		UINT64_C(1), UINT64_C(10), UINT64_C(100), UINT64_C(1000), UINT64_C(10000), UINT64_C(100000),
		UINT64_C(1000000), UINT64_C(10000000), UINT64_C(100000000), UINT64_C(1000000000), UINT64_C(10000000000),
		UINT64_C(100000000000), UINT64_C(1000000000000), UINT64_C(10000000000000), UINT64_C(100000000000000),
		UINT64_C(1000000000000000), UINT64_C(10000000000000000), UINT64_C(100000000000000000),
		UINT64_C(1000000000000000000),
	};
	int i = (int)(sizeof(powers) / sizeof(powers[0]));
	bool begun = false;

	for (;; power = powers[i]) {
		char digit = '0';

		for (; value >= power; value -= power)
			digit++;
		begun |= digit != '0' || !i;
		if (begun)
			text_char(t, digit);
		if (!i--)
			return;
	}
}

void text_hex(struct text *t, uint64_t value)
{
	static const char digits[] = "0123456789abcdef";
	int shift = 60;

	text_add(t, "0x");
	while (shift && !(value >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		text_char(t, digits[(value >> shift) & 15]);
}
