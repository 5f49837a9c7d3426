/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Opening, closing and looking at page tables. A format more is a header more, and a line in the list here. */
#include "basic.h"
#include "pt.h"
#include "amdv1.h"
#include "vtdss.h"

static const struct pt_format *const pt_formats[] = { &pt_format_amdv1, &pt_format_vtdss };

static bool pt_same_name(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static const struct pt_format *pt_format_find(const char *name)
{
	size_t i;

	if (!name)
		return pt_formats[0];
	for (i = 0; i < sizeof(pt_formats) / sizeof(pt_formats[0]); i++)
		if (pt_same_name(pt_formats[i]->name, name))
			return pt_formats[i];
	return NULL;
}

static int pt_read_opts(struct dmavec_pt_opts *known, const struct dmavec_pt_opts *given)
{
	if (!given)
		return 0;
	if (given->size < sizeof(given->size))
		return -EINVAL;
	return core_copy_sized(known, sizeof(*known), given, given->size);
}

static int pt_open(struct dmavec_pt *pt)
{
	int err;

	if (!pt->opts.block_alloc != !pt->opts.block_free)
		return -EINVAL;
	pt->format = pt_format_find(pt->opts.format);
	if (!pt->format)
		return -EOPNOTSUPP;
	pt->opts.format = pt->format->name;
	err = pt_pool_fill(pt, pt_pool_pages(pt->format->levels));
	if (!err)
		pt->root = pt_pool_take(pt, pt->format->levels);
	return err;
}

/* Made here, then moved to where it stays: nothing in its blocks points to it. */
int dmavec_pt_open(struct dmavec_pt **out, const struct dmavec_pt_opts *opts)
{
	struct dmavec_pt pt = { 0 };
	int err;

	if (!out)
		return -EINVAL;
	err = pt_read_opts(&pt.opts, opts);
	if (!err)
		err = pt_open(&pt);
	if (err)
		return err;
	pt.blocks->pt = pt;
	*out = &pt.blocks->pt;
	return 0;
}

void dmavec_pt_close(struct dmavec_pt *pt)
{
	if (pt)
		pt_pool_close(pt);
}

int dmavec_pt_info(struct dmavec_pt *pt, struct dmavec_pt_info *info)
{
	struct dmavec_pt_info now = { 0 };

	if (!pt || !info || info->size < sizeof(info->size))
		return -EINVAL;
	now.size = info->size;
	now.format = pt->format->name;
	now.root = pt_pool_address(pt->root);
	now.levels = pt->format->levels;
	now.granule = PT_PAGE;
	now.last = pt_last(pt->format);
	now.table_bytes = pt->linked_tables * PT_PAGE;
	now.pool_bytes = pt->nblocks * PT_BLOCK_LEN;
	now.phys_last = pt->format->pa_mask;
	memcpy(info, &now, now.size < sizeof(now) ? now.size : sizeof(now));
	return 0;
}

static bool pt_grants(const struct pt_grant *grant, uint64_t entry)
{
	return (entry & grant->mask) == grant->value;
}

int dmavec_pt_lookup(struct dmavec_pt *pt, dmavec_dma_t dma, uint64_t *phys, uint64_t *run, unsigned int *how)
{
	const struct pt_format *format;
	struct pt_path path;
	unsigned int level;
	uint64_t entry;

	if (!pt || !phys || !run || !how)
		return -EINVAL;
	format = pt->format;
	if (dma > pt_last(format))
		return -ENOENT;
	level = pt_find(pt, dma, 1, &path);
	entry = pt_get(&path.at[level]->entries[pt_index(dma, level)]);
	if (!entry)
		return -ENOENT;
	*phys = ((entry << format->pa_shift) & format->pa_mask & ~(PT_PAGE - 1)) | (dma & (pt_span(level) - 1));
	*run = pt_to_end(dma, level);
	*how = (pt_grants(&format->read, entry) ? DMAVEC_LINK_READ : 0) |
	       (pt_grants(&format->write, entry) ? DMAVEC_LINK_WRITE : 0);
	return 0;
}
