// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "cover.h"
#include "tell.h"
#include "profiles.h"
#include "sizes.h"

#define COVER_TEXT 48

/* How wide the columns must be: at least as wide as their headings. */
struct widths {
	int index, addr, len, ranges;
};

static int digits(uint64_t value)
{
	return snprintf(NULL, 0, "%" PRIu64, value);
}

static int hex_digits(uint64_t value)
{
	char text[CLI_SIZE_TEXT];

	return (int)strlen(cli_format_hex(value, text));
}

static int size_digits(uint64_t value)
{
	char text[CLI_SIZE_TEXT];

	return (int)strlen(cli_format_size(value, text));
}

static void widen(int *width, int to)
{
	if (to > *width)
		*width = to;
}

static const char *kind_of(const struct cli_mapping *mapping, size_t i)
{
	return mapping->range_flags[i] & DMAVEC_MMIO ? "mmio" : "ram";
}

static void print_ranges(const struct cli_mapping *mapping)
{
	struct widths widths = { (int)strlen("range"), (int)strlen("address"), (int)strlen("length"), 0 };
	char addr[CLI_SIZE_TEXT], len[CLI_SIZE_TEXT];
	size_t i;

	widen(&widths.index, digits(mapping->nranges - 1));
	for (i = 0; i < mapping->nranges; i++) {
		widen(&widths.addr, hex_digits(cli_cpu_number(mapping->ranges[i].addr)));
		widen(&widths.len, size_digits(mapping->ranges[i].len));
	}
	printf("\n%*s  %*s  %*s  kind\n", widths.index, "range", widths.addr, "address", widths.len, "length");
	for (i = 0; i < mapping->nranges; i++)
		printf("%*zu  %*s  %*s  %s\n", widths.index, i, widths.addr,
		       cli_format_hex(cli_cpu_number(mapping->ranges[i].addr), addr), widths.len,
		       cli_format_size(mapping->ranges[i].len, len), kind_of(mapping, i));
}

static const char *format_cover(const struct cli_cover *cover, char text[COVER_TEXT])
{
	if (cover->first == cover->last)
		snprintf(text, COVER_TEXT, "%zu", cover->first);
	else
		snprintf(text, COVER_TEXT, "%zu-%zu", cover->first, cover->last);
	return text;
}

/* Where a bounce can be told by its address; NULL: there is none. */
static const char *bounce_mark(const struct cli_mapping *mapping, const struct cli_cover *cover, uint64_t len)
{
	if (mapping->iommu || !cover->moved)
		return NULL;
	return cover->moved == len ? "bounced" : "bounced in part";
}

static void print_reason(const struct cli_mapping *mapping, uint32_t i, const struct cli_cover *cover)
{
	const char *mark = bounce_mark(mapping, cover, mapping->segs[i].len);
	const char *reason = i + 1 < mapping->nsegs ? dmavec_cut_name(mapping->cuts[i]) : "-";

	if (mark)
		printf("  %-9s  %s\n", reason, mark);
	else
		printf("  %s\n", reason);
}

static struct widths measure_segs(const struct cli_mapping *mapping)
{
	struct widths widths = { (int)strlen("segment"), (int)strlen("device address"), (int)strlen("length"),
				 (int)strlen("ranges") };
	struct cli_cover_walk walk = { .mapping = mapping };
	struct cli_cover cover;
	char text[COVER_TEXT];
	uint32_t i;

	widen(&widths.index, digits(mapping->nsegs - 1));
	for (i = 0; cli_cover_next(&walk, &cover); i++) {
		widen(&widths.addr, hex_digits(cli_dma_number(mapping->segs[i].addr)));
		widen(&widths.len, size_digits(mapping->segs[i].len));
		widen(&widths.ranges, (int)strlen(format_cover(&cover, text)));
	}
	return widths;
}

static void print_segs(const struct cli_mapping *mapping)
{
	struct widths widths = measure_segs(mapping);
	struct cli_cover_walk walk = { .mapping = mapping };
	char ranges[COVER_TEXT], addr[CLI_SIZE_TEXT], len[CLI_SIZE_TEXT];
	struct cli_cover cover;
	uint32_t i;

	printf("\n%*s  %*s  %*s  %-*s  cut from the next by\n", widths.index, "segment", widths.addr, "device address",
	       widths.len, "length", widths.ranges, "ranges");
	for (i = 0; cli_cover_next(&walk, &cover); i++) {
		printf("%*" PRIu32 "  %*s  %*s  %-*s", widths.index, i, widths.addr,
		       cli_format_hex(cli_dma_number(mapping->segs[i].addr), addr), widths.len,
		       cli_format_size(mapping->segs[i].len, len), widths.ranges, format_cover(&cover, ranges));
		print_reason(mapping, i, &cover);
	}
}

static void print_limits(const struct dmavec_limits *limits)
{
	char text[CLI_SIZE_TEXT];
	size_t i;

	fputs("limits   ", stdout);
	for (i = 0; cli_limit_name(i); i++) {
		uint64_t value = cli_limit_value(limits, i);

		/* masks and addresses, which are not round */
		if (value && (!strncmp(cli_limit_name(i), "addr_", 5) || !strcmp(cli_limit_name(i), "offset_mask")))
			printf(" %s=%s", cli_limit_name(i), cli_format_hex(value, text));
		else if (value)
			printf(" %s=%s", cli_limit_name(i), cli_format_size(value, text));
	}
	putchar('\n');
}

static void print_sums(const struct cli_mapping *mapping)
{
	char len[CLI_SIZE_TEXT], bounced[CLI_SIZE_TEXT], iova[CLI_SIZE_TEXT];

	printf("\n%zu range%s -> %" PRIu32 " segment%s, %s bytes; %s bounced, %s of device addresses reserved\n",
	       mapping->nranges, mapping->nranges == 1 ? "" : "s", mapping->nsegs, mapping->nsegs == 1 ? "" : "s",
	       cli_format_size(mapping->len, len), cli_format_size(mapping->bounce_bytes, bounced),
	       cli_format_size(mapping->iova_bytes, iova));
}

void cli_print_mapping(const struct cli_mapping *mapping, const struct cli_ranges *ranges)
{
	printf("device    %s on %s, %s%s\n", mapping->device, mapping->space,
	       mapping->untrusted ? "untrusted" : "trusted", mapping->linear ? ", linear" : "");
	print_limits(&mapping->limits);
	printf("addresses %s", ranges->kind);
	if (ranges->padding)
		printf("; %" PRIu64 " byte%s behind the file's end, for len_align", ranges->padding,
		       ranges->padding == 1 ? "" : "s");
	putchar('\n');
	print_ranges(mapping);
	print_segs(mapping);
	print_sums(mapping);
}
