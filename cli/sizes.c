// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sizes.h"

static const char suffixes[] = "KMGTPE";

/* The power of two behind a suffix; -1: none. */
static int suffix_shift(const char *text)
{
	const char *found;

	if (!*text)
		return 0;
	found = strchr(suffixes, *text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text);
	if (!found || (text[1] && strcmp(text + 1, "iB") != 0))
		return -1;
	return 10 * (int)(found - suffixes + 1);
}

int cli_parse_size(const char *text, uint64_t *value)
{
	int hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	unsigned long long number;
	char *end;
	int shift;

	/* strtoull would take blanks and signs; of text, not of digits, or it would take a second 0x */
	if (!*digits || !strchr(hex ? "0123456789abcdefABCDEF" : "0123456789", *digits))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, hex ? 16 : 10);
	if (errno)
		return -ERANGE;
	shift = hex && *end ? -1 : suffix_shift(end);
	if (shift < 0)
		return -EINVAL;
	if (number > UINT64_MAX >> shift)
		return -ERANGE;
	*value = (uint64_t)number << shift;
	return 0;
}

const char *cli_format_size(uint64_t value, char text[CLI_SIZE_TEXT])
{
	int power = -1;

	while (value && value % 1024 == 0 && power < 5) {
		value /= 1024;
		power++;
	}
	if (power < 0)
		snprintf(text, CLI_SIZE_TEXT, "%" PRIu64, value);
	else
		snprintf(text, CLI_SIZE_TEXT, "%" PRIu64 "%c", value, suffixes[power]);
	return text;
}

const char *cli_format_hex(uint64_t value, char text[CLI_SIZE_TEXT])
{
	snprintf(text, CLI_SIZE_TEXT, "0x%" PRIx64, value);
	return text;
}
