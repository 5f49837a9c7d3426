// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reads descriptors as a controller does: NVM Express Base Specification 2.0c, sections 4.1.1 (PRPs) and 4.1.2 (SGLs).
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "descriptors.h"

#define SGL_SEGMENT      0x20
#define SGL_LAST_SEGMENT 0x30
#define PSDT_SHIFT       14
#define PSDT_MASK        3u
#define LISTS_FIRST      16

uint64_t cli_read_le64(const unsigned char *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return le64toh(value);
}

struct cli_sgl cli_read_sgl(const unsigned char *at)
{
	uint64_t high = cli_read_le64(at + 8);

	return (struct cli_sgl){ cli_read_le64(at), (uint32_t)high, (uint8_t)(high >> 56) };
}

const char *cli_sgl_name(uint8_t type)
{
	switch (type) {
	case 0:
		return "data block";
	case SGL_SEGMENT:
		return "segment";
	case SGL_LAST_SEGMENT:
		return "last segment";
	default:
		return "unknown";
	}
}

uint32_t cli_psdt(const struct cli_descriptors *descriptors)
{
	return le32toh(descriptors->cdw0_le) >> PSDT_SHIFT & PSDT_MASK;
}

uint64_t cli_prp1_bytes(const struct cli_descriptors *descriptors, uint64_t len)
{
	uint64_t rest = descriptors->page_size - (le64toh(descriptors->dptr_le[0]) & (descriptors->page_size - 1));

	return len < rest ? len : rest;
}

static int add_list(struct cli_descriptors *descriptors, const struct cli_list *list)
{
	size_t room = descriptors->room ? 2 * descriptors->room : LISTS_FIRST;
	struct cli_list *more;

	if (descriptors->nlists == descriptors->room) {
		more = reallocarray(descriptors->lists, room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		descriptors->lists = more;
		descriptors->room = room;
	}
	descriptors->lists[descriptors->nlists++] = *list;
	return 0;
}

/* As many entries of those left as go up to the end of the list's page, and where more are left, a pointer as the last. */
int cli_follow_prp(struct cli_descriptors *descriptors, uint64_t len)
{
	uint64_t page = descriptors->page_size, rest = len - cli_prp1_bytes(descriptors, len), slots, room;
	uint64_t left = rest / page + (rest % page != 0), at = le64toh(descriptors->dptr_le[1]);
	struct cli_list list;
	int err = 0;

	if (left < 2) /* PRP2 is nothing, or a page itself */
		return 0;
	for (; !err && left; left -= list.chained ? list.count - 1 : list.count) {
		list.at = cli_list_memory_find(descriptors->memory, at, &room);
		slots = (page - (at & (page - 1))) / CLI_PRP_BYTES;
		list.addr = at;
		list.chained = left > slots;
		list.count = list.chained ? slots : left;
		if (!list.at || list.count > room / CLI_PRP_BYTES || (list.chained && slots < 2))
			return -EFAULT;
		if (list.chained)
			at = cli_read_le64(list.at + (slots - 1) * CLI_PRP_BYTES);
		err = add_list(descriptors, &list);
	}
	return err;
}

int cli_follow_sgl(struct cli_descriptors *descriptors)
{
	struct cli_sgl sgl = cli_read_sgl((const unsigned char *)descriptors->dptr_le);
	struct cli_list list;
	uint32_t nbufs;
	uint64_t room;
	int err = 0;

	cli_list_memory_bufs(descriptors->memory, &nbufs);
	while (!err && (sgl.type == SGL_SEGMENT || sgl.type == SGL_LAST_SEGMENT)) {
		list.at = cli_list_memory_find(descriptors->memory, sgl.addr, &room);
		list.addr = sgl.addr;
		list.count = sgl.len / CLI_SGL_BYTES;
		list.chained = sgl.type == SGL_SEGMENT;
		/* more of them than there is memory for: the chain turns back */
		if (!list.at || !list.count || sgl.len > room || descriptors->nlists == nbufs)
			return -EFAULT;
		sgl = cli_read_sgl(list.at + (list.count - 1) * CLI_SGL_BYTES);
		err = add_list(descriptors, &list);
	}
	return err;
}
