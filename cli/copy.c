// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * dmavec copy: a real file, taken through scattered memory by a device that sees DMA addresses only.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "file.h"
#include "progress.h"
#include "setup.h"
#include "sizes.h"

#include "copy/report.h"
#include "copy/transfer.h"
#include "copy/verify.h"

#define DEFAULT_SEED 1

struct options {
	struct cli_setup setup;
	const char *source, *target;
	uint64_t chunk; /* 0: default */
	uint64_t seed;
	bool lazy;
};

enum { OPT_LAZY = CLI_OPT_OWN, OPT_CHUNK, OPT_SEED };

static const struct option long_options[] = {
	{ "lazy", no_argument, NULL, OPT_LAZY },
	{ "chunk", required_argument, NULL, OPT_CHUNK },
	{ "seed", required_argument, NULL, OPT_SEED },
	CLI_SETUP_OPTIONS,
};

static void print_help(void)
{
	fputs("Usage: dmavec copy [OPTION]... SRC DST\n"
	      "\n"
	      "Read SRC into scattered pages of a simulated memory, map them for a device, let the\n"
	      "device move the bytes into other pages, write those to DST, and compare it with SRC.\n"
	      "\n"
	      CLI_SETUP_HELP
	      "  --lazy         invalidate the IOTLB once in many unmaps, not at each\n"
	      "  --chunk BYTES  bytes a mapping, such as 64K; 1M unless said, or what the limits allow\n"
	      "  --seed N       the order of the pages; 1 unless said\n"
	      "  --json         print the sums as one JSON object\n"
	      "  -h, --help     print this\n"
	      "\n"
	      "Exit status: 0 if DST is verified, 2 if the command line is wrong, else 1.\n"
	      "\n"
	      "Example:\n"
	      "  dmavec copy --device bits=30,seg_len_max=64K,segs_max=32 --space direct --json a.iso b.iso\n",
	      stdout);
}

static int parse_number(const char *option, const char *text, uint64_t *value)
{
	int err = cli_parse_size(text, value);

	if (!err)
		return CLI_GO_ON;
	cli_error("--%s: '%s' is %s", option, text, err == -ERANGE ? "out of range" : "no number");
	return cli_usage_error();
}

static int parse_chunk(const char *text, uint64_t *chunk)
{
	int status = parse_number("chunk", text, chunk);

	if (status == CLI_GO_ON && !*chunk) {
		cli_error("--chunk: a mapping has at least one byte");
		return cli_usage_error();
	}
	return status;
}

static int parse_option(int option, const char *text, struct options *options)
{
	switch (option) {
	case OPT_LAZY:
		options->lazy = true;
		return CLI_GO_ON;
	case OPT_CHUNK:
		return parse_chunk(text, &options->chunk);
	case OPT_SEED:
		return parse_number("seed", text, &options->seed);
	case 'h':
		print_help();
		return CLI_OK;
	default:
		return cli_setup_option(option, text, &options->setup);
	}
}

static int parse_command_line(int argc, char **argv, struct options *options)
{
	static char program[] = "dmavec copy";
	int option, status = CLI_GO_ON;

	memset(options, 0, sizeof(*options));
	options->seed = DEFAULT_SEED;
	cli_setup_default(&options->setup);
	argv[0] = program; /* getopt's messages begin with it */
	while (status == CLI_GO_ON && (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		status = parse_option(option, optarg, options);
	if (status != CLI_GO_ON)
		return status;
	if (argc - optind != 2) {
		cli_error("%s", argc - optind < 2 ? "SRC and DST are needed" : "one SRC and one DST, no more");
		return cli_usage_error();
	}
	if (options->lazy && !options->setup.space.format) {
		cli_error("--lazy needs an IOMMU: direct has nothing to invalidate");
		return cli_usage_error();
	}
	options->source = argv[optind];
	options->target = argv[optind + 1];
	options->setup.space.lazy = options->lazy;
	return CLI_GO_ON;
}

/* Memory, space and device; what is open goes with close_route, whatever failed. */
static int open_space(struct cli_route *route, const struct options *options)
{
	struct dmavec_sim_mem_opts opts = { .size = sizeof(opts), .page = CLI_PAGE, .seed = options->seed };
	int err = dmavec_sim_mem_open(&route->mem, &opts);

	if (err) {
		route->mem = NULL;
		cli_error("cannot make the simulated memory: %s", cli_library_error(err));
		return CLI_FAILED;
	}
	err = cli_open_space(&route->space, &options->setup.space, route->mem);
	if (!err)
		return CLI_GO_ON;
	route->space = NULL;
	return cli_space_error(&options->setup, err);
}

static int open_route(struct cli_route *route, const struct options *options)
{
	int status = open_space(route, options);

	if (status != CLI_GO_ON)
		return status;
	if (cli_open_device(&route->dev, &route->limits, route->space, &options->setup))
		return CLI_FAILED;
	route->linear = options->setup.linear;
	route->chunk = options->chunk ? options->chunk : cli_chunk_default(&route->limits);
	return cli_chunk_check(route) ? CLI_FAILED : CLI_GO_ON;
}

static int close_route(struct cli_route *route)
{
	int err = route->dev ? dmavec_dev_close(route->dev) : 0;
	int late = dmavec_space_close(route->space);

	err = err ? err : late;
	if (err)
		cli_error("the space does not close: %s", cli_library_error(err));
	if (route->mem)
		dmavec_sim_mem_close(route->mem);
	memset(route, 0, sizeof(*route));
	return err;
}

/* How the space is run in fact. */
static const char *mode_name(const struct cli_route *route, const struct options *options)
{
	struct dmavec_space_info info = { .size = sizeof(info) };

	if (!options->setup.space.format)
		return "none";
	dmavec_space_info(route->space, &info);
	return info.lazy ? "lazy" : "strict";
}

/* With nothing mapped and the device still open: what does the library still hold? */
static int settle(const struct cli_route *route, struct cli_report *report)
{
	struct dmavec_space_info info = { .size = sizeof(info) };
	int err = dmavec_flush(route->space);

	if (!err)
		err = dmavec_space_info(route->space, &info);
	if (err) {
		cli_error("cannot flush the space: %s", cli_library_error(err));
		return err;
	}
	report->iotlb_flushes = info.invalidations;
	report->faults = info.faults;
	report->held_after = info.mappings + info.bounced_bytes + info.quarantined_bytes;
	if (!report->held_after)
		return 0;
	cli_error("after the last unmap, %" PRIu64 " mappings, %" PRIu64 " bounced and %" PRIu64
		  " quarantined bytes are held",
		  info.mappings, info.bounced_bytes, info.quarantined_bytes);
	return -EBUSY;
}

/* Through the device and back from the disk; whether it is the same is in the report. */
static int move_file(struct cli_route *route, const struct cli_source *source, struct cli_target *target,
		     struct cli_report *report)
{
	struct cli_progress progress;
	int err;

	cli_progress_start(&progress);
	err = cli_target_create(target);
	if (!err)
		err = cli_transfer(route, source, target, &progress, &report->sums);
	if (!err)
		err = settle(route, report);
	if (!err)
		err = close_route(route);
	if (!err)
		err = cli_target_sync(target);
	if (!err)
		err = cli_verify(source, target, &progress, &report->verified);
	cli_progress_end(&progress);
	return err;
}

static int print_report(const struct cli_report *report, bool json)
{
	int err = json ? cli_report_json(report) : cli_report_text(report);

	return err ? err : cli_flush_output();
}

static int copy_file(struct cli_route *route, const struct options *options, const struct cli_source *source,
		     struct cli_target *target)
{
	struct cli_report report = {
		.source = options->source, .target = options->target,
		.device = options->setup.device, .space = options->setup.space.name, .mode = mode_name(route, options),
		.bytes = source->size, .chunk = route->chunk, .seed = options->seed,
	};

	if (options->lazy && strcmp(report.mode, "lazy") != 0)
		cli_error("--untrusted: the space is tainted and runs strict, --lazy or not");
	if (move_file(route, source, target, &report))
		return CLI_FAILED;
	/* said first: a copy whose report does not arrive has failed, and then the old file must still be there */
	if (print_report(&report, options->setup.json) || !report.verified)
		return CLI_FAILED;
	return cli_target_commit(target) ? CLI_FAILED : CLI_OK;
}

static int copy(struct cli_route *route, const struct options *options)
{
	struct cli_source source;
	struct cli_target target;
	int status = CLI_FAILED;

	if (cli_source_open(&source, options->source))
		return CLI_FAILED;
	if (!cli_target_find(&target, options->target, &source)) {
		status = copy_file(route, options, &source, &target);
		cli_target_drop(&target);
	}
	cli_source_close(&source);
	return status;
}

int cli_copy(int argc, char **argv)
{
	struct cli_route route = { .mem = NULL };
	struct options options;
	int status = parse_command_line(argc, argv, &options);

	if (status != CLI_GO_ON)
		return status;
	signal(SIGXFSZ, SIG_IGN); /* a file too long is an error of write, then */
	status = open_route(&route, &options);
	if (status == CLI_GO_ON)
		status = copy(&route, &options);
	if (close_route(&route) && status == CLI_OK)
		status = CLI_FAILED;
	return status;
}
