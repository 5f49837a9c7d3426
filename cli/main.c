// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * dmavec COMMAND: finds the command; each is a file of its own.
 */
#include <dmavec/dmavec.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const struct cli_command commands[] = {
	{ "copy", "copy a file through the memory of a software device, and prove that it arrived", cli_copy },
	{ "map", "show the segments that a set of ranges becomes for a device", cli_map },
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct cli_command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < NCOMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static void print_help(FILE *to)
{
	size_t i;

	fputs("Usage: dmavec COMMAND [OPTION]...\n"
	      "       dmavec --help | --version\n"
	      "\n"
	      "Memory ranges in, DMA segments out.\n"
	      "\n"
	      "Commands:\n", to);
	for (i = 0; i < NCOMMANDS; i++)
		fprintf(to, "  %-8s  %s\n", commands[i].name, commands[i].summary);
	fputs("\n`dmavec COMMAND --help` tells more, and shows an example.\n", to);
}

/* What is printed must have arrived: a full disk behind stdout is a failure, too. */
static int finish_output(int status)
{
	return status == CLI_OK && cli_flush_output() ? CLI_FAILED : status;
}

/*
 * A file opened later must not become standard output, and get what is printed. What was closed is opened the wrong way
 * round: reading from it and writing to it fails then, as it would have failed without.
 */
static int fill_standard_files(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return -1;
	return 0;
}

static int run_command(int argc, char **argv)
{
	const struct cli_command *command = find_command(argv[0]);

	if (!command) {
		cli_error("unknown command '%s'; `dmavec --help` lists them", argv[0]);
		return CLI_USAGE;
	}
	cli_error_command(command->name);
	return command->run(argc, argv);
}

/* `dmavec help copy` is `dmavec copy --help`. */
static int run_help(int argc, char **argv)
{
	char option[] = "--help";
	char *command[] = { argv[argc - 1], option, NULL };

	if (argc > 2) {
		cli_error("help takes one command");
		return CLI_USAGE;
	}
	if (argc == 2)
		return run_command(2, command);
	print_help(stdout);
	return CLI_OK;
}

int main(int argc, char **argv)
{
	if (fill_standard_files())
		return CLI_FAILED; /* with nowhere to say so */
	if (argc < 2) {
		print_help(stderr);
		return CLI_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("dmavec %d.%d.%d\n", DMAVEC_VERSION_MAJOR, DMAVEC_VERSION_MINOR, DMAVEC_VERSION_PATCH);
		return finish_output(CLI_OK);
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help(stdout);
		return finish_output(CLI_OK);
	}
	if (!strcmp(argv[1], "help"))
		return finish_output(run_help(argc - 1, argv + 1));
	if (argv[1][0] == '-') {
		cli_error("unknown option '%s'; `dmavec --help` tells more", argv[1]);
		return CLI_USAGE;
	}
	return finish_output(run_command(argc - 1, argv + 1));
}
