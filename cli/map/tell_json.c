// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Written as it goes: a mapping of millions of segments takes no memory but its own. All words but names are plain.
 */
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>

#include "addr.h"
#include "json.h"
#include "tell.h"
#include "profiles.h"

/* What stands before the i-th of a row. */
static const char *comma(uint64_t i)
{
	return i ? "," : "";
}

static void put_limits(const struct dmavec_limits *limits)
{
	size_t i;

	fputs(",\"limits\":{", stdout);
	for (i = 0; cli_limit_name(i); i++)
		printf("%s\"%s\":%" PRIu64, comma(i), cli_limit_name(i), cli_limit_value(limits, i));
	putchar('}');
}

static void put_ranges(const struct cli_mapping *mapping)
{
	size_t i;

	fputs(",\"ranges\":[", stdout);
	for (i = 0; i < mapping->nranges; i++)
		printf("%s{\"addr\":%" PRIu64 ",\"len\":%" PRIu64 ",\"kind\":\"%s\"}", comma(i),
		       cli_cpu_number(mapping->ranges[i].addr), mapping->ranges[i].len,
		       mapping->range_flags[i] & DMAVEC_MMIO ? "mmio" : "ram");
	putchar(']');
}

static void put_segs(const struct cli_mapping *mapping)
{
	uint32_t i;

	fputs(",\"segments\":[", stdout);
	for (i = 0; i < mapping->nsegs; i++) {
		printf("%s{\"addr\":%" PRIu64 ",\"len\":%" PRIu64 ",\"cut\":", comma(i),
		       cli_dma_number(mapping->segs[i].addr), mapping->segs[i].len);
		if (i + 1 < mapping->nsegs)
			printf("\"%s\"}", dmavec_cut_name(mapping->cuts[i]));
		else
			fputs("null}", stdout);
	}
	putchar(']');
}

static void put_prp_list(const struct cli_list *list)
{
	uint64_t i;

	printf("{\"addr\":%" PRIu64 ",\"chained\":%s,\"entries\":[", list->addr, list->chained ? "true" : "false");
	for (i = 0; i < list->count; i++)
		printf("%s%" PRIu64, comma(i), cli_read_le64(list->at + i * CLI_PRP_BYTES));
	fputs("]}", stdout);
}

static void put_prp(const struct cli_descriptors *descriptors)
{
	size_t i;

	printf(",\"prp\":{\"page_size\":%" PRIu64 ",\"psdt\":%" PRIu32 ",\"prp1\":%" PRIu64 ",\"prp2\":%" PRIu64
	       ",\"lists\":[",
	       descriptors->page_size, cli_psdt(descriptors), le64toh(descriptors->dptr_le[0]),
	       le64toh(descriptors->dptr_le[1]));
	for (i = 0; i < descriptors->nlists; i++) {
		fputs(comma(i), stdout);
		put_prp_list(&descriptors->lists[i]);
	}
	fputs("]}", stdout);
}

static void put_sgl_list(const unsigned char *at, uint64_t count)
{
	struct cli_sgl sgl;
	uint64_t i;

	putchar('[');
	for (i = 0; i < count; i++) {
		sgl = cli_read_sgl(at + i * CLI_SGL_BYTES);
		printf("%s{\"type\":\"%s\",\"addr\":%" PRIu64 ",\"len\":%" PRIu32 "}", comma(i), cli_sgl_name(sgl.type),
		       sgl.addr, sgl.len);
	}
	putchar(']');
}

/* SGL1 as a list of its own, in the command; then the lists in memory. */
static void put_sgl(const struct cli_descriptors *descriptors)
{
	size_t i;

	fputs(",\"sgl\":[", stdout);
	put_sgl_list((const unsigned char *)descriptors->dptr_le, 1);
	for (i = 0; i < descriptors->nlists; i++) {
		putchar(',');
		put_sgl_list(descriptors->lists[i].at, descriptors->lists[i].count);
	}
	putchar(']');
}

int cli_mapping_json(const struct cli_mapping *mapping, const struct cli_descriptors *descriptors)
{
	int err = cli_json_put_string("{\"device\":", mapping->device);

	if (!err)
		err = cli_json_put_string(",\"space\":", mapping->space);
	if (err)
		return err;
	put_limits(&mapping->limits);
	put_ranges(mapping);
	put_segs(mapping);
	printf(",\"bounce_bytes\":%" PRIu64 ",\"iova_bytes\":%" PRIu64, mapping->bounce_bytes, mapping->iova_bytes);
	if (descriptors->kind == CLI_PRP)
		put_prp(descriptors);
	if (descriptors->kind == CLI_SGL)
		put_sgl(descriptors);
	puts("}");
	return 0;
}
