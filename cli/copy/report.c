// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#define _GNU_SOURCE /* asprintf */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "json.h"
#include "report.h"
#include "sizes.h"

static int add_sums(struct json_object *object, const struct cli_report *report)
{
	const struct cli_sums *sums = &report->sums;

	return cli_json_add_number(object, "bytes", report->bytes) ||
	       cli_json_add_number(object, "mappings", sums->mappings) ||
	       cli_json_add_number(object, "ranges", sums->ranges) ||
	       cli_json_add_number(object, "segments", sums->segments) ||
	       cli_json_add_number(object, "joined", sums->joined) ||
	       cli_json_add_number(object, "bounced_bytes", sums->bounced_bytes) ||
	       cli_json_add_number(object, "iova_bytes", sums->iova_bytes) ||
	       cli_json_add_number(object, "iotlb_flushes", report->iotlb_flushes) ||
	       cli_json_add_number(object, "faults", report->faults) ||
	       cli_json_add_number(object, "map_ns", sums->map_ns) ||
	       cli_json_add_number(object, "unmap_ns", sums->unmap_ns) ||
	       cli_json_add_number(object, "held_after", report->held_after);
}

static int add_words(struct json_object *object, const struct cli_report *report)
{
	return cli_json_add(object, "verified", json_object_new_boolean(report->verified)) ||
	       cli_json_add(object, "device", json_object_new_string(report->device)) ||
	       cli_json_add(object, "space", json_object_new_string(report->space)) ||
	       cli_json_add(object, "mode", json_object_new_string(report->mode)) ||
	       cli_json_add_number(object, "seed", report->seed);
}

int cli_report_json(const struct cli_report *report)
{
	struct json_object *object = json_object_new_object();
	int err = !object || add_sums(object, report) || add_words(object, report) ? -ENOMEM : 0;

	return cli_json_print(object, err);
}

static double per(uint64_t sum, uint64_t count)
{
	return count ? (double)sum / (double)count : 0;
}

/* The line with the names of the files, which may hold anything. */
static int print_names(const struct cli_report *report)
{
	char *names;

	if (asprintf(&names, "%s -> %s", report->source, report->target) < 0) {
		cli_error("out of memory");
		return -ENOMEM;
	}
	cli_make_printable(names);
	printf("%s: %" PRIu64 " bytes, %s\n", names, report->bytes, report->verified ? "verified" : "NOT verified");
	free(names);
	return 0;
}

int cli_report_text(const struct cli_report *report)
{
	const struct cli_sums *sums = &report->sums;
	char chunk[CLI_SIZE_TEXT];

	if (print_names(report))
		return -ENOMEM;
	printf("  device    %s on %s, mode %s, seed %" PRIu64 "\n", report->device, report->space, report->mode,
	       report->seed);
	printf("  mappings  %" PRIu64 ", both sides, of up to %s; %" PRIu64 " held afterwards\n", sums->mappings,
	       cli_format_size(report->chunk, chunk), report->held_after);
	printf("  ranges    %" PRIu64 " in -> %" PRIu64 " segments out, %" PRIu64 " boundaries joined\n", sums->ranges,
	       sums->segments, sums->joined);
	printf("  bytes     %" PRIu64 " bounced, %" PRIu64 " of device addresses\n", sums->bounced_bytes,
	       sums->iova_bytes);
	printf("  IOTLB     %" PRIu64 " flushes, %" PRIu64 " faults\n", report->iotlb_flushes, report->faults);
	printf("  time      %.1f ns a page to map, %.1f to unmap\n", per(sums->map_ns, sums->ranges),
	       per(sums->unmap_ns, sums->ranges));
	return 0;
}
