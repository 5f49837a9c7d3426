// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <endian.h>
#include <errno.h>

#include "addr.h"
#include "json.h"
#include "map.h"
#include "profiles.h"

/* Both are filled by one function each: what it makes goes to the object under that key, whole or not at all. */
typedef int (*fill_fn)(struct json_object *to, const void *from);

static int add_filled(struct json_object *object, const char *key, struct json_object *value, fill_fn fill,
		      const void *from)
{
	if (!value || fill(value, from)) {
		json_object_put(value);
		return -ENOMEM;
	}
	return cli_json_add(object, key, value);
}

static int append_filled(struct json_object *array, struct json_object *value, fill_fn fill, const void *from)
{
	if (!value || fill(value, from)) {
		json_object_put(value);
		return -ENOMEM;
	}
	return cli_json_append(array, value);
}

static int fill_limits(struct json_object *to, const void *from)
{
	int err = 0;
	size_t i;

	for (i = 0; !err && cli_limit_name(i); i++)
		err = cli_json_add_number(to, cli_limit_name(i), cli_limit_value(from, i));
	return err;
}

static int add_stretch(struct json_object *to, uint64_t addr, uint64_t len)
{
	return cli_json_add_number(to, "addr", addr) || cli_json_add_number(to, "len", len) ? -ENOMEM : 0;
}

static int fill_ranges(struct json_object *to, const void *from)
{
	const struct cli_mapping *mapping = from;
	struct json_object *range;
	size_t i;

	for (i = 0; i < mapping->nranges; i++) {
		range = json_object_new_object();
		if (cli_json_append(to, range) ||
		    add_stretch(range, cli_cpu_number(mapping->ranges[i].addr), mapping->ranges[i].len) ||
		    cli_json_add(range, "kind",
				 json_object_new_string(mapping->range_flags[i] & DMAVEC_MMIO ? "mmio" : "ram")))
			return -ENOMEM;
	}
	return 0;
}

static int fill_segs(struct json_object *to, const void *from)
{
	const struct cli_mapping *mapping = from;
	struct json_object *seg;
	uint32_t i;
	int err;

	for (i = 0; i < mapping->nsegs; i++) {
		seg = json_object_new_object();
		if (cli_json_append(to, seg) ||
		    add_stretch(seg, cli_dma_number(mapping->segs[i].addr), mapping->segs[i].len))
			return -ENOMEM;
		if (i + 1 < mapping->nsegs)
			err = cli_json_add(seg, "cut", json_object_new_string(dmavec_cut_name(mapping->cuts[i])));
		else
			err = json_object_object_add(seg, "cut", NULL);
		if (err)
			return -ENOMEM;
	}
	return 0;
}

static int fill_entries(struct json_object *to, const void *from)
{
	const struct cli_list *list = from;
	int err = 0;
	uint64_t i;

	for (i = 0; !err && i < list->count; i++)
		err = cli_json_append(to, json_object_new_uint64(cli_read_le64(list->at + i * CLI_PRP_BYTES)));
	return err;
}

static int fill_prp_list(struct json_object *to, const void *from)
{
	const struct cli_list *list = from;

	return cli_json_add_number(to, "addr", list->addr) ||
	       cli_json_add(to, "chained", json_object_new_boolean(list->chained)) ||
	       add_filled(to, "entries", json_object_new_array(), fill_entries, list);
}

static int fill_prp_lists(struct json_object *to, const void *from)
{
	const struct cli_descriptors *descriptors = from;
	int err = 0;
	size_t i;

	for (i = 0; !err && i < descriptors->nlists; i++)
		err = append_filled(to, json_object_new_object(), fill_prp_list, &descriptors->lists[i]);
	return err;
}

static int fill_prp(struct json_object *to, const void *from)
{
	const struct cli_descriptors *descriptors = from;

	return cli_json_add_number(to, "page_size", descriptors->page_size) ||
	       cli_json_add_number(to, "psdt", cli_psdt(descriptors)) ||
	       cli_json_add_number(to, "prp1", le64toh(descriptors->dptr_le[0])) ||
	       cli_json_add_number(to, "prp2", le64toh(descriptors->dptr_le[1])) ||
	       add_filled(to, "lists", json_object_new_array(), fill_prp_lists, descriptors);
}

static int append_sgl(struct json_object *to, const unsigned char *at)
{
	struct cli_sgl sgl = cli_read_sgl(at);
	struct json_object *descriptor = json_object_new_object();

	return cli_json_append(to, descriptor) ||
	       cli_json_add(descriptor, "type", json_object_new_string(cli_sgl_name(sgl.type))) ||
	       add_stretch(descriptor, sgl.addr, sgl.len);
}

static int fill_sgl_list(struct json_object *to, const void *from)
{
	const struct cli_list *list = from;
	int err = 0;
	uint64_t i;

	for (i = 0; !err && i < list->count; i++)
		err = append_sgl(to, list->at + i * CLI_SGL_BYTES);
	return err;
}

/* SGL1 as a list of its own, in the command; then the lists in memory. */
static int fill_sgl(struct json_object *to, const void *from)
{
	const struct cli_descriptors *descriptors = from;
	struct cli_list command = { 0, (const unsigned char *)descriptors->dptr_le, 1, false };
	int err = append_filled(to, json_object_new_array(), fill_sgl_list, &command);
	size_t i;

	for (i = 0; !err && i < descriptors->nlists; i++)
		err = append_filled(to, json_object_new_array(), fill_sgl_list, &descriptors->lists[i]);
	return err;
}

static int add_descriptors(struct json_object *object, const struct cli_descriptors *descriptors)
{
	switch (descriptors->kind) {
	case CLI_PRP:
		return add_filled(object, "prp", json_object_new_object(), fill_prp, descriptors);
	case CLI_SGL:
		return add_filled(object, "sgl", json_object_new_array(), fill_sgl, descriptors);
	default:
		return 0;
	}
}

int cli_mapping_json(const struct cli_mapping *mapping, const struct cli_descriptors *descriptors)
{
	struct json_object *object = json_object_new_object();
	int err = !object || cli_json_add(object, "device", json_object_new_string(mapping->device)) ||
		  cli_json_add(object, "space", json_object_new_string(mapping->space)) ||
		  add_filled(object, "limits", json_object_new_object(), fill_limits, &mapping->limits) ||
		  add_filled(object, "ranges", json_object_new_array(), fill_ranges, mapping) ||
		  add_filled(object, "segments", json_object_new_array(), fill_segs, mapping) ||
		  cli_json_add_number(object, "bounce_bytes", mapping->bounce_bytes) ||
		  cli_json_add_number(object, "iova_bytes", mapping->iova_bytes) ||
		  add_descriptors(object, descriptors) ? -ENOMEM : 0;

	return cli_json_print(object, err);
}
