// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Descriptors in words.
 */
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>

#include "tell.h"
#include "sizes.h"

static void print_entries(uint64_t from, uint64_t count, uint64_t addr)
{
	if (count == 1)
		printf("    entry %" PRIu64 ": page 0x%" PRIx64 "\n", from, addr);
	else
		printf("    entries %" PRIu64 "..%" PRIu64 ": %" PRIu64 " pages from 0x%" PRIx64 "\n", from, from + count - 1,
		       count, addr);
}

/* Consecutive pages in one line. */
static void print_prp_list(const struct cli_descriptors *descriptors, const struct cli_list *list)
{
	uint64_t pages = list->chained ? list->count - 1 : list->count, i, addr, from = 0, first = 0;

	printf("  list 0x%" PRIx64 ": %" PRIu64 " entries\n", list->addr, list->count);
	for (i = 0; i < pages; i++) {
		addr = cli_read_le64(list->at + i * CLI_PRP_BYTES);
		if (i && addr == first + (i - from) * descriptors->page_size)
			continue;
		if (i)
			print_entries(from, i - from, first);
		from = i;
		first = addr;
	}
	print_entries(from, i - from, first);
	if (list->chained)
		printf("    entry %" PRIu64 ": next list 0x%" PRIx64 "\n", pages,
		       cli_read_le64(list->at + pages * CLI_PRP_BYTES));
}

static uint64_t count_pages(const struct cli_descriptors *descriptors)
{
	uint64_t pages = 0;
	size_t i;

	for (i = 0; i < descriptors->nlists; i++)
		pages += descriptors->lists[i].count - (descriptors->lists[i].chained ? 1 : 0);
	return pages;
}

static void print_prp(const struct cli_descriptors *descriptors, uint64_t len)
{
	uint64_t prp1 = le64toh(descriptors->dptr_le[0]), prp2 = le64toh(descriptors->dptr_le[1]);
	uint64_t first = cli_prp1_bytes(descriptors, len);
	char page[CLI_SIZE_TEXT];
	size_t i;

	printf("\nPRPs, pages of %s; CDW0.PSDT %" PRIu32 "\n", cli_format_size(descriptors->page_size, page),
	       cli_psdt(descriptors));
	printf("  PRP1 0x%" PRIx64 ": %" PRIu64 " bytes at offset 0x%" PRIx64 "\n", prp1, first,
	       prp1 & (descriptors->page_size - 1));
	if (descriptors->nlists)
		printf("  PRP2 0x%" PRIx64 ": list of %" PRIu64 " entries\n", prp2, count_pages(descriptors));
	else if (len > first)
		printf("  PRP2 0x%" PRIx64 ": %" PRIu64 " bytes\n", prp2, len - first);
	else
		printf("  PRP2 0x%" PRIx64 ": not used\n", prp2);
	for (i = 0; i < descriptors->nlists; i++)
		print_prp_list(descriptors, &descriptors->lists[i]);
}

static void print_descriptor(const unsigned char *at)
{
	struct cli_sgl sgl = cli_read_sgl(at);

	printf("%s 0x%" PRIx64 ": %" PRIu32 " bytes", cli_sgl_name(sgl.type), sgl.addr, sgl.len);
	if (sgl.type)
		printf(", %" PRIu32 " descriptors", sgl.len / CLI_SGL_BYTES);
	putchar('\n');
}

static void print_sgl(const struct cli_descriptors *descriptors)
{
	const struct cli_list *list = descriptors->lists;
	uint64_t k;
	size_t i;

	printf("\nSGL; CDW0.PSDT %" PRIu32 "\n  SGL1 ", cli_psdt(descriptors));
	print_descriptor((const unsigned char *)descriptors->dptr_le);
	for (i = 0; i < descriptors->nlists; i++, list++) {
		printf("  list 0x%" PRIx64 ": %" PRIu64 " descriptors\n", list->addr, list->count);
		for (k = 0; k < list->count; k++) {
			printf("    %" PRIu64 ": ", k);
			print_descriptor(list->at + k * CLI_SGL_BYTES);
		}
	}
}

void cli_print_descriptors(const struct cli_descriptors *descriptors, const struct cli_mapping *mapping)
{
	if (descriptors->kind == CLI_PRP)
		print_prp(descriptors, mapping->len);
	if (descriptors->kind == CLI_SGL)
		print_sgl(descriptors);
}
