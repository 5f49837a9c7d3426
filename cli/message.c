// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#define _GNU_SOURCE /* vasprintf */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct {
	int err;
	const char *text;
} library_errors[] = {
	{ EINVAL, "-EINVAL, malformed or contradictory" },
	{ E2BIG, "-E2BIG, more segments or bytes than the limits or the room allow" },
	{ ERANGE, "-ERANGE, only a bounce could meet the limits, and none is allowed or would help" },
	{ ENOSPC, "-ENOSPC, no device addresses left" },
	{ ENOMEM, "-ENOMEM, no memory for tables, bounce or bookkeeping" },
	{ EFAULT, "-EFAULT, memory that is not there for the device" },
	{ EPERM, "-EPERM, a region that does not allow this direction" },
	{ EOPNOTSUPP, "-EOPNOTSUPP, this space cannot do that" },
	{ EBUSY, "-EBUSY, still in use" },
};

static const char *command_name;
static bool bar_drawn;

void cli_error_command(const char *name)
{
	command_name = name;
}

void cli_error_over_bar(bool drawn)
{
	bar_drawn = drawn;
}

void cli_make_printable(char *text)
{
	unsigned char *at;

	for (at = (unsigned char *)text; *at; at++) {
		/* 0x80 to 0x9f control a terminal as well, and are two bytes in UTF-8 */
		if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
			at[0] = at[1] = '?';
		if (*at < ' ' || *at == 0x7f)
			*at = '?';
	}
}

int cli_flush_output(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	cli_error("cannot write to standard output");
	return -EIO;
}

void cli_error(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return;
	cli_make_printable(text);
	fprintf(stderr, "%sdmavec%s%s: %s\n", bar_drawn ? "\r\033[K" : "", command_name ? " " : "",
		command_name ? command_name : "", text);
	bar_drawn = false;
	free(text);
}

int cli_usage_error(void)
{
	cli_error("`dmavec %s --help` tells more", command_name);
	return CLI_USAGE;
}

const char *cli_library_error(int err)
{
	size_t i;

	for (i = 0; i < sizeof(library_errors) / sizeof(library_errors[0]); i++)
		if (library_errors[i].err == -err)
			return library_errors[i].text;
	return strerror(-err);
}
