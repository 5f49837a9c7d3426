// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dmavec/emit.h>

#include "cli.h"
#include "descriptors.h"
#include "profiles.h"
#include "sizes.h"

#define PAGE     UINT64_C(4096)
#define SGLS     1u /* a controller that takes SGLs at any byte */
#define TEXT_MAX 256

/* The limits that the format asks for and the device lacks, as KEY=VALUE,... */
static int list_missing(const struct dmavec_limits *have, const struct dmavec_limits *asked, char text[TEXT_MAX])
{
	struct dmavec_limits both = *have;
	char value[CLI_SIZE_TEXT];
	size_t i, len = 0;

	text[0] = 0;
	if (dmavec_limits_merge(&both, asked))
		return -EINVAL;
	for (i = 0; cli_limit_name(i); i++) {
		if (cli_limit_value(&both, i) == cli_limit_value(have, i))
			continue;
		len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s%s=%s", len ? "," : "", cli_limit_name(i),
					cli_format_size(cli_limit_value(&both, i), value));
	}
	return len ? 0 : -EINVAL;
}

/* The format cannot say these segments: which limits would have made others? */
static int refuse(const struct cli_descriptors *descriptors, const struct cli_dry *dry, int err)
{
	const char *name = descriptors->kind == CLI_PRP ? "PRPs" : "an SGL";
	struct dmavec_limits asked = { .size = sizeof(asked) };
	char text[TEXT_MAX];
	int late;

	late = descriptors->kind == CLI_PRP ? dmavec_emit_nvme_prp_limits(&asked, descriptors->page_size) :
					      dmavec_emit_nvme_sgl_limits(&asked, SGLS);
	if (err == -EINVAL && !late && !list_missing(&dry->shown.limits, &asked, text))
		cli_error("%s cannot express these segments: open the device with %s", name, text);
	else
		cli_error("%s cannot express these segments: %s", name, cli_library_error(err));
	return err;
}

/* Lists lie in whole pages; all pages but the last end with a pointer, which the room in one piece has no place for. */
static uint64_t sgl_pages(uint64_t room, uint64_t page_size)
{
	uint64_t inner = page_size - CLI_SGL_BYTES;

	return room ? (room - CLI_SGL_BYTES + (inner - 1)) / inner : 0;
}

static int count_pages(const struct cli_descriptors *descriptors, const struct cli_mapping *mapping, uint64_t *pages)
{
	uint64_t room = 0;
	int err;

	if (descriptors->kind == CLI_PRP) {
		err = dmavec_emit_nvme_prp_room(mapping->segs, mapping->nsegs, descriptors->page_size, &room);
		*pages = (room + (descriptors->page_size - 1)) / descriptors->page_size;
	} else {
		err = dmavec_emit_nvme_sgl_room(mapping->segs, mapping->nsegs, &room);
		*pages = sgl_pages(room, descriptors->page_size);
	}
	return err;
}

static int emit(struct cli_descriptors *descriptors, const struct cli_mapping *mapping)
{
	uint32_t nbufs;
	const struct dmavec_buf *bufs = cli_list_memory_bufs(descriptors->memory, &nbufs);

	if (descriptors->kind == CLI_SGL)
		return dmavec_emit_nvme_sgl(mapping->segs, mapping->nsegs, &descriptors->cdw0_le, descriptors->dptr_le,
					    bufs, nbufs);
	descriptors->cdw0_le = dmavec_nvme_psdt(0, DMAVEC_NVME_PSDT_PRP);
	return dmavec_emit_nvme_prp(mapping->segs, mapping->nsegs, descriptors->page_size, descriptors->dptr_le, bufs, nbufs);
}

static int follow(struct cli_descriptors *descriptors, uint64_t len)
{
	int err = descriptors->kind == CLI_PRP ? cli_follow_prp(descriptors, len) : cli_follow_sgl(descriptors);

	if (err == -ENOMEM)
		cli_error("out of memory");
	else if (err)
		cli_error("the descriptors lead nowhere: %s", cli_library_error(err));
	return err;
}

/* As PRPs have it. SGL segments may be shorter where the device's segments are, but hold a descriptor and the next pointer. */
static uint64_t choose_page(const struct cli_descriptors *descriptors, const struct dmavec_limits *limits)
{
	uint64_t page = limits->gap > PAGE ? limits->gap : PAGE;

	if (descriptors->kind == CLI_PRP)
		return page;
	for (page = PAGE; page > UINT64_C(2) * CLI_SGL_BYTES; page /= 2)
		if ((!limits->seg_len_max || page <= limits->seg_len_max) &&
		    (!limits->seg_boundary || page <= limits->seg_boundary) &&
		    (!limits->total_max || page <= limits->total_max))
			break;
	return page;
}

int cli_descriptors_emit(struct cli_descriptors *descriptors, const struct cli_dry *dry)
{
	const struct cli_mapping *mapping = &dry->shown;
	uint64_t pages;
	int err;

	if (descriptors->kind == CLI_NO_DESCRIPTORS)
		return 0;
	descriptors->page_size = choose_page(descriptors, &mapping->limits);
	err = count_pages(descriptors, mapping, &pages);
	if (err)
		return refuse(descriptors, dry, err);
	err = cli_list_memory_get(&descriptors->memory, dry, descriptors->page_size, pages);
	if (err)
		return err;
	err = emit(descriptors, mapping);
	return err ? refuse(descriptors, dry, err) : follow(descriptors, mapping->len);
}

int cli_descriptors_close(struct cli_descriptors *descriptors, const struct cli_dry *dry)
{
	int err = cli_list_memory_put(descriptors->memory, dry);

	free(descriptors->lists);
	memset(descriptors, 0, sizeof(*descriptors));
	return err;
}
