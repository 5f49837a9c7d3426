// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#define _GNU_SOURCE /* vasprintf */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "utf8.h"

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
	uint32_t value;
	size_t len;

	for (; *text; text += len ? len : 1) {
		len = cli_utf8_len(text, &value);
		/* a byte that is no character may be a control one of 8 bits */
		if (!len || cli_utf8_is_control(value))
			memset(text, '?', len ? len : 1);
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
