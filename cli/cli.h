/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the commands share: their table, exit statuses and the way they complain.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>

#define CLI_OK     0
#define CLI_FAILED 1
#define CLI_USAGE  2 /* the command line, or a list that it names, makes no sense */
#define CLI_GO_ON  (-1) /* no exit status yet */

struct cli_command {
	const char *name;
	const char *summary;
	/* argv[0] is the command's name; returns an exit status. */
	int (*run)(int argc, char **argv);
};

int cli_copy(int argc, char **argv);
int cli_map(int argc, char **argv);

/* "dmavec copy: ", the message and a newline, on stderr. What a terminal would not show is replaced: names come from outside. */
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says where the command's help is. CLI_USAGE. */
int cli_usage_error(void);
/* What of text is no character of UTF-8, or one that a terminal would obey, becomes question marks. */
void cli_make_printable(char *text);
/* Whatever was printed must have arrived: 0, or -EIO after it has said so. */
int cli_flush_output(void);
/* The name that cli_error puts after "dmavec". */
void cli_error_command(const char *name);
/* A bar stands on the terminal's line: the next message begins by taking it away. */
void cli_error_over_bar(bool drawn);
/* What a negative errno of the library means, as its header has it. */
const char *cli_library_error(int err);

#endif
