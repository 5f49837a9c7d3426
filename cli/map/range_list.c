// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reads a list of ranges. Lines are read into a place of fixed size: whatever is given, memory grows with the ranges only.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "cli.h"
#include "ranges.h"
#include "sizes.h"

#define LINE_MAX_LEN 4096
#define BLANKS       " \t"
#define WORDS_MAX    3
#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* in UTF-8 */

struct list {
	FILE *from;
	const char *name;
	uint64_t number; /* of the line */
	char line[LINE_MAX_LEN + 1];
};

static int refuse(const struct list *list, const char *what, const char *word)
{
	if (word)
		cli_error("%s:%" PRIu64 ": '%s' %s", list->name, list->number, word, what);
	else
		cli_error("%s:%" PRIu64 ": %s", list->name, list->number, what);
	return CLI_USAGE;
}

/* The next line, without its end. CLI_OK: there is none. */
static int next_line(struct list *list)
{
	size_t len = 0;
	int c = getc(list->from);

	if (c == EOF)
		return CLI_OK;
	list->number++;
	for (; c != EOF && c != '\n'; c = getc(list->from)) {
		if (!c)
			return refuse(list, "a NUL byte: not a text file", NULL);
		if (len == LINE_MAX_LEN)
			return refuse(list, "the line is too long", NULL);
		list->line[len++] = (char)c;
	}
	if (len && list->line[len - 1] == '\r')
		len--;
	list->line[len] = 0;
	return CLI_GO_ON;
}

/* Cuts the comment off and splits the rest. How many words there are; one more than WORDS_MAX: too many. */
static int split_words(char *line, char *words[WORDS_MAX + 1])
{
	char *rest = NULL, *word;
	int n = 0;

	line[strcspn(line, "#")] = 0;
	for (word = strtok_r(line, BLANKS, &rest); word && n <= WORDS_MAX; word = strtok_r(NULL, BLANKS, &rest))
		words[n++] = word;
	return n;
}

static int parse_word(const struct list *list, const char *word, uint64_t *value)
{
	int err = cli_parse_size(word, value);

	if (!err)
		return CLI_GO_ON;
	return refuse(list, err == -ERANGE ? "is out of range: more than 64 bits" : "is no number", word);
}

static int parse_range(const struct list *list, char *const words[], int nwords, struct dmavec_range *range,
		       uint32_t *flags)
{
	uint64_t addr, len;
	int status;

	if (nwords < 2)
		return refuse(list, "ADDRESS LENGTH [mmio]: the length is missing", NULL);
	if (nwords > WORDS_MAX)
		return refuse(list, "is one word too many", words[WORDS_MAX]);
	status = parse_word(list, words[0], &addr);
	if (status == CLI_GO_ON)
		status = parse_word(list, words[1], &len);
	if (status != CLI_GO_ON)
		return status;
	if (!len)
		return refuse(list, "a range has at least one byte", NULL);
	if (len - 1 > UINT64_MAX - addr)
		return refuse(list, "the range runs past the last address of 64 bits", NULL);
	if (nwords == WORDS_MAX && strcmp(words[2], "mmio") != 0)
		return refuse(list, "is no kind of memory; mmio is one, nothing is RAM", words[2]);
	*range = (struct dmavec_range){ cli_cpu_addr(addr), len };
	*flags = nwords == WORDS_MAX ? DMAVEC_MMIO : 0;
	return CLI_GO_ON;
}

/* Some editors put it before the first line. */
static void skip_mark(struct list *list)
{
	size_t len = strlen(BYTE_ORDER_MARK);

	if (list->number == 1 && !strncmp(list->line, BYTE_ORDER_MARK, len))
		memmove(list->line, list->line + len, strlen(list->line + len) + 1);
}

static int read_lines(struct list *list, struct cli_ranges *ranges)
{
	char *words[WORDS_MAX + 1] = { NULL };
	struct dmavec_range range;
	int status, nwords;
	uint32_t flags;

	while ((status = next_line(list)) == CLI_GO_ON) {
		skip_mark(list);
		nwords = split_words(list->line, words);
		if (!nwords)
			continue;
		status = parse_range(list, words, nwords, &range, &flags);
		if (status != CLI_GO_ON)
			return status;
		if (cli_ranges_add(ranges, &range, flags))
			return CLI_FAILED;
	}
	return status == CLI_OK ? CLI_GO_ON : status;
}

static int say_errno(const char *name)
{
	cli_error("cannot read '%s': %s", name, strerror(errno));
	return CLI_FAILED;
}

int cli_ranges_read(struct cli_ranges *ranges, const char *name, struct cli_source *file)
{
	bool standard = !strcmp(name, "-");
	struct list list = { .name = name, .from = standard ? stdin : fopen(name, "re") };
	int status;

	ranges->kind = "as listed";
	file->name = name;
	if (!list.from)
		return say_errno(name);
	status = fstat(fileno(list.from), &file->stat) ? say_errno(name) : read_lines(&list, ranges);
	/* where reading failed, a line that ended early is no mistake of the list's author */
	if (ferror(list.from))
		status = say_errno(name);
	if (!standard)
		fclose(list.from);
	return status;
}
