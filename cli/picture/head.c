// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The heading: what was mapped for whom, under which limits, and the sums. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "picture.h"

#define TITLE_SIZE 20
#define TEXT_SIZE  12

/* "; " before all but the first. */
static const char *separate(bool *begun)
{
	const char *text = *begun ? "; " : "";

	*begun = true;
	return text;
}

static void put_size_limit(FILE *to, bool *begun, const char *words, uint64_t value)
{
	char text[PICTURE_TEXT];

	if (value)
		fprintf(to, "%s%s %s", separate(begun), words, picture_size(value, text));
}

static void put_addresses(FILE *to, bool *begun, const struct dmavec_limits *limits)
{
	if (limits->addr_max && limits->addr_max != UINT64_MAX)
		fprintf(to, "%sdevice addresses 0x%" PRIx64 " to 0x%" PRIx64, separate(begun), limits->addr_min,
			limits->addr_max);
	else if (limits->addr_min)
		fprintf(to, "%sdevice addresses from 0x%" PRIx64 " on", separate(begun), limits->addr_min);
}

static void put_limits(FILE *to, const struct cli_mapping *mapping)
{
	const struct dmavec_limits *limits = &mapping->limits;
	char text[PICTURE_TEXT];
	bool begun = false;

	fputs("Limits: ", to);
	put_addresses(to, &begun, limits);
	put_size_limit(to, &begun, "no segment is longer than", limits->seg_len_max);
	put_size_limit(to, &begun, "none crosses a multiple of", limits->seg_boundary);
	put_size_limit(to, &begun, "each starts on a multiple of", limits->seg_align);
	put_size_limit(to, &begun, "each length is a multiple of", limits->len_align);
	put_size_limit(to, &begun, "every start but the first and every end but the last lies on a multiple of",
		       limits->gap);
	if (limits->offset_mask)
		fprintf(to, "%sa bounce keeps the address bits 0x%" PRIx64, separate(&begun), limits->offset_mask);
	put_size_limit(to, &begun, "all together are at most", limits->total_max);
	if (limits->segs_max)
		fprintf(to, "%sat most %s", separate(&begun), picture_things(limits->segs_max, "segment", text));
	fputs(begun ? "." : "none.", to);
}

static void put_sums(FILE *to, const struct cli_mapping *mapping)
{
	char text[PICTURE_TEXT];

	fprintf(to, "%s mapped", picture_things(mapping->len, "byte", text));
	if (mapping->bounce_bytes)
		fprintf(to, ", %s of them bounced%s", picture_count(mapping->bounce_bytes, text),
			mapping->iommu ? " (behind an IOMMU addresses do not tell which)" : "");
	if (mapping->iova_bytes)
		fprintf(to, "; %s of device addresses reserved", picture_things(mapping->iova_bytes, "byte", text));
	fputs(".", to);
}

static void put_who(FILE *to, const struct cli_mapping *mapping)
{
	fprintf(to, "Device %s%s on space %s, %s%s.", mapping->device, mapping->untrusted ? " (untrusted)" : "",
		mapping->space, mapping->iommu ? "which has an IOMMU" : "which has no IOMMU",
		mapping->linear ? "; at consecutive device addresses" : "");
}

static void put_title(FILE *to, const struct cli_mapping *mapping)
{
	char text[PICTURE_TEXT];

	fprintf(to, "%s", picture_things(mapping->nranges, "range", text));
	fprintf(to, " → %s", picture_things(mapping->nsegs, "segment", text));
}

static const struct {
	void (*put)(FILE *to, const struct cli_mapping *mapping);
	const char *element; /* that says it to those who do not see the picture */
	const char *class;
	int size;
} parts[] = {
	{ put_title, "title", "title", TITLE_SIZE },
	{ put_who, "desc", "", TEXT_SIZE },
	{ put_limits, NULL, "", TEXT_SIZE },
	{ put_sums, NULL, "", TEXT_SIZE },
};

#define NPARTS (sizeof(parts) / sizeof(parts[0]))

/* One of the parts as text, to be freed; NULL: no memory. */
static char *say_part(const struct picture *p, size_t i)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	parts[i].put(to, p->mapping);
	if (!fclose(to))
		return text;
	free(text);
	return NULL;
}

int picture_draw_head(struct picture *p)
{
	size_t i;

	p->y = PICTURE_MARGIN / 2;
	for (i = 0; i < NPARTS; i++) {
		char *text = say_part(p, i);

		if (!text)
			return -ENOMEM;
		picture_put_lines(p, parts[i].class, parts[i].size, text);
		free(text);
	}
	return 0;
}

int picture_describe(struct picture *p)
{
	const char *open = NULL;
	size_t i;

	for (i = 0; i < NPARTS; i++) {
		char *text = say_part(p, i);

		if (!text)
			return -ENOMEM;
		if (parts[i].element && open)
			fprintf(p->to, "</%s>\n", open);
		if (parts[i].element)
			fprintf(p->to, "<%s id=\"%s\">", open = parts[i].element, parts[i].element);
		else
			fputc(' ', p->to);
		picture_put(p->to, text);
		free(text);
	}
	fprintf(p->to, "</%s>\n", open);
	return 0;
}
