// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* One mapping, told to three devices: as PRPs and as an SGL of NVMe, and as part of a request in a virtio ring. */
#include <dmavec/emit.h>
#include <dmavec/space.h>

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>

#define PAGE  ((size_t)4096)
#define SEGS  8
#define QUEUE 16

/* To sparse, device addresses are no numbers. */
#define DMA(number)  ((DMAVEC_FORCE dmavec_dma_t)(number))
#define NUMBER(addr) ((DMAVEC_FORCE uint64_t)(addr))

static int show_prp(const struct dmavec_map *map, const struct dmavec_buf *list)
{
	const uint64_t *entries = list->cpu;
	uint64_t dptr[2], bytes, i;

	if (dmavec_emit_nvme_prp_room(map->segs, map->nsegs, PAGE, &bytes) ||
	    dmavec_emit_nvme_prp(map->segs, map->nsegs, PAGE, dptr, list, 1))
		return -1;
	printf("PRP1     %#" PRIx64 "\nPRP2     %#" PRIx64 "%s\n", le64toh(dptr[0]), le64toh(dptr[1]),
	       bytes ? ", a list:" : "");
	for (i = 0; i < bytes / sizeof(*entries); i++)
		printf("         %#" PRIx64 "\n", le64toh(entries[i]));
	return 0;
}

static void show_sgl_descriptor(const char *where, const uint64_t desc[2])
{
	static const char *const types[] = { "data", "?", "a list that goes on", "the last list" };
	uint64_t rest = le64toh(desc[1]);

	printf("%-8s %" PRIu64 " bytes at %#" PRIx64 ": %s\n", where, rest & 0xffffffff, le64toh(desc[0]),
	       types[rest >> 60 & 3]);
}

static int show_sgl(const struct dmavec_map *map, const struct dmavec_buf *list)
{
	const uint64_t(*entries)[2] = list->cpu;
	uint64_t dptr[2], bytes, i;
	uint32_t cdw0 = 0;

	if (dmavec_emit_nvme_sgl_room(map->segs, map->nsegs, &bytes) ||
	    dmavec_emit_nvme_sgl(map->segs, map->nsegs, &cdw0, dptr, list, 1))
		return -1;
	show_sgl_descriptor("SGL1", dptr);
	for (i = 0; i < bytes / sizeof(*entries); i++)
		show_sgl_descriptor("", entries[i]);
	return 0;
}

/* A request to write to a disk: its header before the data, for the device to read; behind, where that writes the status. */
static int show_virtio(struct dmavec_seg *segs, uint32_t ndata, const struct dmavec_buf *request)
{
	const uint16_t ids[1 + SEGS + 1] = { 3, 9, 4, 15, 0, 7, 1, 2, 5, 8 }; /* whichever are free */
	struct dmavec_virtq_desc ring[QUEUE], *desc = &ring[ids[0]];

	segs[0] = (struct dmavec_seg){ request->dma, 16 };
	segs[1 + ndata] = (struct dmavec_seg){ DMA(NUMBER(request->dma) + 16), 1 };
	if (dmavec_emit_virtio(segs, 1 + ndata + 1, 1 + ndata, QUEUE, ring, ids))
		return -1;
	for (;; desc = &ring[le16toh(desc->next_le)]) {
		printf("ring %-3d %s %" PRIu32 " bytes at %#" PRIx64, (int)(desc - ring),
		       le16toh(desc->flags_le) & DMAVEC_VIRTQ_WRITE ? "write" : "read", le32toh(desc->len_le),
		       le64toh(desc->addr_le));
		if (!(le16toh(desc->flags_le) & DMAVEC_VIRTQ_NEXT))
			break;
		printf(", then %d\n", le16toh(desc->next_le));
	}
	printf("\n");
	return 0;
}

int main(void)
{
	static _Alignas(PAGE) char memory[12 * PAGE];
	/* The end of one page, four whole ones in two places, the start of another. */
	struct dmavec_range ranges[] = { { dmavec_cpu(memory + 9 * PAGE - 512), 512 },
		                         { dmavec_cpu(memory), 2 * PAGE },
		                         { dmavec_cpu(memory + 5 * PAGE), 2 * PAGE },
		                         { dmavec_cpu(memory + 10 * PAGE), 1000 } };
	struct dmavec_limits limits = { .size = sizeof(limits), .addr_max = 0xffffffff, .seg_len_max = 2 * PAGE };
	struct dmavec_limits prp = { .size = sizeof(prp) };
	struct dmavec_seg segs[1 + SEGS + 1]; /* header, data, status */
	struct dmavec_map map = DMAVEC_MAP_INIT(segs + 1, SEGS);
	struct dmavec_space *space;
	struct dmavec_dev *dev;
	struct dmavec_buf list, request;

	/* What PRPs can say is what the other two can say as well. */
	if (dmavec_emit_nvme_prp_limits(&prp, PAGE) || dmavec_limits_merge(&limits, &prp) ||
	    dmavec_space_soft(&space, NULL) || dmavec_dev_open(&dev, space, &limits, 0) ||
	    dmavec_alloc(dev, PAGE, 0, &list) || dmavec_alloc(dev, 16 + 1, 0, &request) ||
	    dmavec_map(dev, &map, ranges, 4, DMAVEC_TO_DEVICE, 0))
		return 1;
	printf("4 ranges, %" PRIu64 " bytes, %" PRIu32 " segments\n", map.len, map.nsegs);
	if (show_prp(&map, &list) || show_sgl(&map, &list) || show_virtio(segs, map.nsegs, &request))
		return 1;
	dmavec_free(dev, &list);
	dmavec_free(dev, &request);
	return dmavec_unmap(dev, &map, 0) || dmavec_dev_close(dev) || dmavec_space_close(space);
}
