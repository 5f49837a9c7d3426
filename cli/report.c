// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#define _GNU_SOURCE /* asprintf */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "cli.h"
#include "report.h"
#include "sizes.h"

static int add(struct json_object *object, const char *key, struct json_object *value)
{
	if (value && !json_object_object_add(object, key, value))
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

static int add_number(struct json_object *object, const char *key, uint64_t value)
{
	return add(object, key, json_object_new_uint64(value));
}

static int add_sums(struct json_object *object, const struct cli_report *report)
{
	const struct cli_sums *sums = &report->sums;

	return add_number(object, "bytes", report->bytes) ||
	       add_number(object, "mappings", sums->mappings) ||
	       add_number(object, "ranges", sums->ranges) ||
	       add_number(object, "segments", sums->segments) ||
	       add_number(object, "joined", sums->joined) ||
	       add_number(object, "bounced_bytes", sums->bounced_bytes) ||
	       add_number(object, "iova_bytes", sums->iova_bytes) ||
	       add_number(object, "iotlb_flushes", report->iotlb_flushes) ||
	       add_number(object, "faults", report->faults) ||
	       add_number(object, "map_ns", sums->map_ns) ||
	       add_number(object, "unmap_ns", sums->unmap_ns) ||
	       add_number(object, "held_after", report->held_after);
}

static int add_words(struct json_object *object, const struct cli_report *report)
{
	return add(object, "verified", json_object_new_boolean(report->verified)) ||
	       add(object, "device", json_object_new_string(report->device)) ||
	       add(object, "space", json_object_new_string(report->space)) ||
	       add(object, "mode", json_object_new_string(report->mode)) ||
	       add_number(object, "seed", report->seed);
}

int cli_report_json(const struct cli_report *report)
{
	struct json_object *object = json_object_new_object();
	const char *text = NULL;

	if (object && !add_sums(object, report) && !add_words(object, report))
		text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		puts(text);
	else
		cli_error("out of memory");
	json_object_put(object);
	return text ? 0 : -ENOMEM;
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
