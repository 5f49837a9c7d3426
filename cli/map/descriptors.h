/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a command of an NVMe controller says about a mapping: its data pointer, and the lists that this leads to, in memory
 * that the device reaches at addresses of its own.
 */
#ifndef CLI_DESCRIPTORS_H
#define CLI_DESCRIPTORS_H

#include <stdbool.h>

#include "dry.h"

enum cli_descriptor_kind { CLI_NO_DESCRIPTORS, CLI_PRP, CLI_SGL };

#define CLI_PRP_BYTES 8u
#define CLI_SGL_BYTES 16u

/* One page of a PRP list, or one SGL segment, in the order in which a controller comes to it. */
struct cli_list {
	uint64_t addr; /* as the device knows it */
	const unsigned char *at;
	uint64_t count; /* entries or descriptors, the pointer included */
	bool chained;   /* the last one is the pointer to the next list */
};

struct cli_descriptors {
	enum cli_descriptor_kind kind;
	uint64_t page_size; /* of PRPs and of the lists' memory */
	uint64_t dptr_le[2];
	uint32_t cdw0_le;
	struct cli_list *lists;
	size_t nlists, room;
	struct cli_list_memory *memory;
};

/* An SGL descriptor in the host's order. */
struct cli_sgl {
	uint64_t addr;
	uint32_t len;
	uint8_t type; /* with its subtype, as the byte says it */
};

/* 0, or a negative errno after it has said why; what there is goes with cli_descriptors_close either way. */
int cli_descriptors_emit(struct cli_descriptors *descriptors, const struct cli_dry *dry);
/* Before the dry run is closed. A negative errno: list memory that could not be unmapped, and it has said so. */
int cli_descriptors_close(struct cli_descriptors *descriptors, const struct cli_dry *dry);

/* Reading what was written. */
uint64_t cli_read_le64(const unsigned char *at);
struct cli_sgl cli_read_sgl(const unsigned char *at);
const char *cli_sgl_name(uint8_t type);
/* PSDT of the command's first dword. */
uint32_t cli_psdt(const struct cli_descriptors *descriptors);
/* Bytes that PRP1 names, of a mapping that long. */
uint64_t cli_prp1_bytes(const struct cli_descriptors *descriptors, uint64_t len);

/* Memory for lists, as list_memory.c makes it. */
int cli_list_memory_get(struct cli_list_memory **got, const struct cli_dry *dry, uint64_t page_size, uint64_t pages);
int cli_list_memory_put(struct cli_list_memory *memory, const struct cli_dry *dry);
const struct dmavec_buf *cli_list_memory_bufs(const struct cli_list_memory *memory, uint32_t *nbufs);
/* What is behind the device's address, and how far it goes on there; NULL: nothing. */
const unsigned char *cli_list_memory_find(struct cli_list_memory *memory, uint64_t addr, uint64_t *len);

/* Find the lists as a controller does. 0; -ENOMEM, or -EFAULT: a pointer that leads nowhere; not said. */
int cli_follow_prp(struct cli_descriptors *descriptors, uint64_t len);
int cli_follow_sgl(struct cli_descriptors *descriptors);

#endif
