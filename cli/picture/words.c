// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Text in a picture: what it may hold, how wide it is, numbers. */
#include <inttypes.h>
#include <string.h>

#include "../sizes.h"
#include "../utf8.h"
#include "picture.h"

#define LINES_MAX   6  /* of one text: a name may be of any length */
#define WIDTH_SHARE 62 /* of the size, in percent */
#define PROSE_SHARE 56

/* The length of the character that text begins with; 0: it is none, or none that XML may hold. */
static size_t char_len(const char *text, uint32_t *value)
{
	size_t n = cli_utf8_len(text, value);

	return cli_utf8_is_control(*value) || *value == 0xfffe || *value == 0xffff ? 0 : n;
}

/* One character, and where the next one is. */
static const char *put_char(FILE *to, const char *text)
{
	uint32_t value;
	size_t n = char_len(text, &value);

	if (!n)
		fputs("\xef\xbf\xbd", to);
	else if (*text == '&')
		fputs("&amp;", to);
	else if (*text == '<')
		fputs("&lt;", to);
	else if (*text == '>')
		fputs("&gt;", to);
	else
		fwrite(text, n, 1, to);
	return text + (n ? n : 1);
}

void picture_put(FILE *to, const char *text)
{
	while (*text)
		text = put_char(to, text);
}

/* What the next character takes, in columns of a terminal: the scripts of East Asia take two. */
static int next_columns(const char **text)
{
	uint32_t value;
	size_t n = char_len(*text, &value);

	*text += n ? n : 1;
	return n && value >= 0x1100 && (value < 0x2000 || value >= 0x2e80) ? 2 : 1;
}

/* Common fonts of even width, and digits in the others, take at most this share of the size. */
int picture_width(const char *text, int size)
{
	int columns = 0;

	while (*text)
		columns += next_columns(&text);
	return (columns * size * WIDTH_SHARE + 99) / 100;
}

int picture_prose_width(const char *text, int size)
{
	return picture_width(text, size) * PROSE_SHARE / WIDTH_SHARE;
}

void picture_put_text(const struct picture *p, const char *class, int x, int y, const char *text)
{
	fprintf(p->to, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y);
	picture_put(p->to, text);
	fputs("</text>\n", p->to);
}

/* Where a line of so many columns ends: after the last word that fits, or within a word that is longer than a line. A
 * number stays with what it counts. */
static const char *find_break(const char *text, int columns)
{
	const char *last = NULL, *at = text;

	while (*at) {
		const char *next = at;

		/* a name may be all capitals */
		columns -= next_columns(&next) + (*at >= 'A' && *at <= 'Z');
		if (columns < 0)
			return last ? last : at == text ? next : at;
		if (*at == ' ' && at > text && (at[-1] < '0' || at[-1] > '9'))
			last = next;
		at = next;
	}
	return at;
}

void picture_put_lines(struct picture *p, const char *class, int size, const char *text)
{
	int columns = (PICTURE_WIDTH - 2 * PICTURE_MARGIN) * 100 / (size * PROSE_SHARE), lines;

	for (lines = 1; *text; lines++) {
		const char *end = lines > LINES_MAX ? text : find_break(text, columns);

		p->y += size * 3 / 2;
		fprintf(p->to, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, PICTURE_MARGIN, p->y);
		if (end == text) {
			fputs("…</text>\n", p->to);
			return;
		}
		while (text < end)
			text = put_char(p->to, text);
		fputs("</text>\n", p->to);
	}
}

/* Not printf's own grouping, which the locale decides about. */
const char *picture_count(uint64_t value, char text[PICTURE_TEXT])
{
	char digits[PICTURE_TEXT];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, value), i, at = 0;

	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = digits[i];
	}
	text[at] = '\0';
	return text;
}

const char *picture_things(uint64_t n, const char *one, char text[PICTURE_TEXT])
{
	size_t len = strlen(picture_count(n, text));

	snprintf(text + len, PICTURE_TEXT - len, " %s%s", one, n == 1 ? "" : "s");
	return text;
}

const char *picture_size(uint64_t bytes, char text[PICTURE_TEXT])
{
	char digits[CLI_SIZE_TEXT];
	size_t len = strlen(cli_format_size(bytes, digits));
	char suffix = digits[len - 1];

	if (suffix >= '0' && suffix <= '9')
		snprintf(text, PICTURE_TEXT, "%s B", digits);
	else
		snprintf(text, PICTURE_TEXT, "%.*s %ciB", (int)len - 1, digits, suffix);
	return text;
}

const char *picture_rough_size(uint64_t bytes, char text[PICTURE_TEXT])
{
	static const char suffixes[] = "KMGTPE";
	int power = -1;
	uint64_t rest = 0;

	for (; bytes >= 1024 && power < 5; power++) {
		rest = bytes % 1024;
		bytes /= 1024;
	}
	if (power < 0)
		return picture_size(bytes, text);
	if (bytes < 100 && rest)
		snprintf(text, PICTURE_TEXT, "~%" PRIu64 ".%" PRIu64 " %ciB", bytes, rest * 10 / 1024, suffixes[power]);
	else
		snprintf(text, PICTURE_TEXT, "%s%" PRIu64 " %ciB", rest ? "~" : "", bytes, suffixes[power]);
	return text;
}

const char *picture_span(uint64_t first, uint64_t last, char text[PICTURE_TEXT])
{
	if (first == last)
		snprintf(text, PICTURE_TEXT, "%" PRIu64, first);
	else
		snprintf(text, PICTURE_TEXT, "%" PRIu64 "–%" PRIu64, first, last);
	return text;
}
