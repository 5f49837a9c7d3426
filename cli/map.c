// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * dmavec map: what a set of ranges becomes for a device. Nothing is moved.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "picture.h"
#include "setup.h"

#include "map/tell.h"

#define STANDARD "-" /* output, input */

struct options {
	struct cli_setup setup;
	const char *file, *list, *picture;
	enum cli_descriptor_kind descriptors;
};

/* What is held while a mapping is told. */
struct job {
	const struct options *options;
	struct cli_source source; /* FILE, or LIST */
	struct cli_ranges ranges;
	struct cli_dry dry;
	struct cli_descriptors descriptors;
	struct cli_target picture;
};

enum { OPT_RANGES = CLI_OPT_OWN, OPT_SVG, OPT_PRP, OPT_SGL };

static const struct option long_options[] = {
	{ "ranges", required_argument, NULL, OPT_RANGES },
	{ "svg", required_argument, NULL, OPT_SVG },
	{ "prp", no_argument, NULL, OPT_PRP },
	{ "sgl", no_argument, NULL, OPT_SGL },
	CLI_SETUP_OPTIONS,
};

static void print_help(void)
{
	fputs("Usage: dmavec map [OPTION]... FILE\n"
	      "       dmavec map [OPTION]... --ranges LIST\n"
	      "\n"
	      "Show the segments that a set of ranges becomes for a device: the pages of FILE as they lie\n"
	      "in the page cache, or the ranges that LIST has, \"ADDRESS LENGTH [mmio]\" a line. Nothing is\n"
	      "moved.\n"
	      "\n"
	      CLI_SETUP_HELP
	      "  --ranges LIST  a text file; - is standard input, # begins a comment\n"
	      "  --prp          the PRP entries of an NVMe command, too, in words\n"
	      "  --sgl          its SGL\n"
	      "  --svg OUT      draw the mapping as a picture; - is standard output, without the tables\n"
	      "  --json         print one JSON object\n"
	      "  -h, --help     print this\n"
	      "\n"
	      "Exit status: 0; 2 if the command line or a line of LIST is wrong; else 1.\n"
	      "\n"
	      "Example:\n"
	      "  printf '0x12345000 4K\\n0x20000000 64K\\n' | dmavec map --space direct --prp --ranges -\n",
	      stdout);
}

static int take_descriptors(struct options *options, enum cli_descriptor_kind kind)
{
	if (options->descriptors != CLI_NO_DESCRIPTORS && options->descriptors != kind) {
		cli_error("a command has PRPs or an SGL, not both");
		return cli_usage_error();
	}
	options->descriptors = kind;
	return CLI_GO_ON;
}

static int take_name(const char **name, const char *option, const char *text)
{
	if (*name) {
		cli_error("--%s is given twice", option);
		return cli_usage_error();
	}
	*name = text;
	return CLI_GO_ON;
}

static int parse_option(int option, const char *text, struct options *options)
{
	switch (option) {
	case OPT_RANGES:
		return take_name(&options->list, "ranges", text);
	case OPT_SVG:
		return take_name(&options->picture, "svg", text);
	case OPT_PRP:
		return take_descriptors(options, CLI_PRP);
	case OPT_SGL:
		return take_descriptors(options, CLI_SGL);
	case 'h':
		print_help();
		return CLI_OK;
	default:
		return cli_setup_option(option, text, &options->setup);
	}
}

static bool picture_on_stdout(const struct options *options)
{
	return options->picture && !strcmp(options->picture, STANDARD);
}

static int check_options(const struct options *options, int nfiles)
{
	const char *wrong = NULL;

	if (nfiles > 1)
		wrong = "one FILE, no more";
	else if (!nfiles && !options->list)
		wrong = "a FILE, or --ranges LIST, is needed";
	else if (nfiles && options->list)
		wrong = "a FILE or --ranges LIST, not both";
	else if (picture_on_stdout(options) && options->setup.json)
		wrong = "--json and --svg - would both go to standard output";
	else if (picture_on_stdout(options) && options->descriptors != CLI_NO_DESCRIPTORS)
		wrong = "a picture has no descriptors: with --svg -, --prp and --sgl would not be seen";
	if (!wrong)
		return CLI_GO_ON;
	cli_error("%s", wrong);
	return cli_usage_error();
}

static int parse_command_line(int argc, char **argv, struct options *options)
{
	static char program[] = "dmavec map";
	int option, status = CLI_GO_ON;

	memset(options, 0, sizeof(*options));
	cli_setup_default(&options->setup);
	argv[0] = program; /* getopt's messages begin with it */
	while (status == CLI_GO_ON && (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		status = parse_option(option, optarg, options);
	if (status == CLI_GO_ON)
		status = check_options(options, argc - optind);
	options->file = argv[optind];
	return status;
}

static int read_ranges(struct job *job)
{
	const struct options *options = job->options;
	int status;

	if (options->list)
		return cli_ranges_read(&job->ranges, options->list, &job->source);
	if (cli_source_open(&job->source, options->file))
		return CLI_FAILED;
	/* before its pages are brought in, which takes a while */
	status = cli_dry_try(&options->setup, job->source.size);
	if (status == CLI_GO_ON &&
	    cli_ranges_of_file(&job->ranges, &job->source, options->setup.limits.len_align))
		status = CLI_FAILED;
	return status;
}

static int print_mapping(const struct job *job)
{
	const struct cli_mapping *mapping = &job->dry.shown;

	if (picture_on_stdout(job->options))
		return cli_draw_mapping(stdout, mapping);
	if (job->options->setup.json)
		return cli_mapping_json(mapping, &job->descriptors);
	cli_print_mapping(mapping, &job->ranges);
	cli_print_descriptors(&job->descriptors, mapping);
	return 0;
}

/* What is printed has arrived before the picture is put in its place: a file of that name is lost to a success only. */
static int tell(struct job *job)
{
	const struct options *options = job->options;
	bool file = options->picture && !picture_on_stdout(options);
	int err = 0;

	if (file)
		err = cli_picture_begin(&job->picture, options->picture, &job->dry.shown, &job->source);
	if (err)
		return CLI_FAILED;
	err = print_mapping(job);
	if (!err)
		err = cli_flush_output();
	if (!err && file)
		err = cli_target_commit(&job->picture);
	if (file)
		cli_target_drop(&job->picture);
	return err ? CLI_FAILED : CLI_OK;
}

static int map(struct job *job)
{
	int status = cli_dry_open(&job->dry, &job->options->setup, &job->ranges);

	if (status == CLI_GO_ON && cli_dry_map(&job->dry))
		status = CLI_FAILED;
	if (status == CLI_GO_ON && cli_descriptors_emit(&job->descriptors, &job->dry))
		status = CLI_FAILED;
	if (status == CLI_GO_ON)
		status = tell(job);
	if (cli_descriptors_close(&job->descriptors, &job->dry) && status == CLI_OK)
		status = CLI_FAILED;
	if (cli_dry_close(&job->dry) && status == CLI_OK)
		status = CLI_FAILED;
	return status;
}

int cli_map(int argc, char **argv)
{
	struct options options;
	struct job job = { .options = &options, .source = { .fd = -1 } };
	int status = parse_command_line(argc, argv, &options);

	if (status != CLI_GO_ON)
		return status;
	signal(SIGXFSZ, SIG_IGN); /* a file too long is an error of write, then */
	job.descriptors.kind = options.descriptors;
	status = read_ranges(&job);
	if (status == CLI_GO_ON)
		status = map(&job);
	cli_ranges_free(&job.ranges);
	cli_source_close(&job.source);
	return status;
}
