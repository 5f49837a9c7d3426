/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Registered memory: what is registered for a case, and what look-ups of it must answer. */
#include "oracle.h"

#include <errno.h>

static uint64_t granules_out(const struct world *w, uint64_t value)
{
	return (value + w->granule - 1) & ~(w->granule - 1);
}

bool in_region_granule(const struct ocase *c, uint64_t dma)
{
	unsigned int i;

	for (i = 0; i < c->nregions; i++) {
		const struct oregion *r = &c->regions[i];

		if (dma >= (r->dma & ~(c->world->granule - 1)) && dma < granules_out(c->world, r->dma + r->len))
			return true;
	}
	return false;
}

static unsigned int as_prot(unsigned int flags)
{
	return flags ? flags : DMAVEC_REG_READ | DMAVEC_REG_WRITE;
}

static enum dmavec_dir allowed_dir(unsigned int prot)
{
	return prot == DMAVEC_REG_READ    ? DMAVEC_TO_DEVICE
	       : prot == DMAVEC_REG_WRITE ? DMAVEC_FROM_DEVICE
	                                  : DMAVEC_BIDIRECTIONAL;
}

/* Is [addr, addr + len) one run for a device without IOMMU, or any memory for one with? */
static bool one_window(const struct ocase *c, uint64_t addr, uint64_t len)
{
	uint64_t dma, run;

	return world_translate(c->world, addr, len, &dma, &run) && run == len;
}

static void learn_region(struct ocase *c, uint64_t addr, uint64_t len, unsigned int flags)
{
	struct oregion *r = &c->regions[c->nregions];
	uint64_t wrong = addr, run;
	bool good;

	r->addr = addr;
	r->len = len;
	r->prot = as_prot(flags);
	good = dmavec_lookup(c->world->plain, addr, len, allowed_dir(r->prot), &r->dma) == 0;
	check(c, P_LOOKUP, good, "no look-up of a region of %llu bytes", (unsigned long long)len);
	if (!c->world->iommu && world_translate(c->world, addr, len, &wrong, &run))
		check(c, P_LOOKUP, r->dma == wrong, "a region without IOMMU is not where its memory is");
	if (c->world->iommu)
		check(c, P_LOOKUP, ((r->dma ^ addr) & (c->world->granule - 1)) == 0, "a region lost its place in the granule");
	c->nregions++;
}

/* Whole pages or not, two side by side through registerv now and then. */
void add_regions(struct ocase *c)
{
	uint64_t base = dmavec_cpu(c->world->arena), addr, len, half;
	unsigned int n = chance(c, 3) ? 1 + (unsigned int)below(c, 2) : 0, flags;
	struct dmavec_range pair[2];
	bool touched;
	int rc;

	while (n-- > 0 && c->nregions < REGIONS_MAX) {
		addr = base + below(c, 48) * 4096;
		len = (1 + below(c, 24)) * 4096;
		if (c->nranges && chance(c, 2))
			addr = c->ranges[below(c, c->nranges)].addr & ~(uint64_t)4095;
		if (chance(c, 4)) {
			addr += below(c, 2048) & ~3u;
			len -= below(c, 2048) & ~3u;
		}
		if (addr < base || addr - base > ARENA_LEN - len || !one_window(c, addr, len))
			continue;
		flags = chance(c, 2) ? 0 : 1 + (unsigned int)below(c, 3);
		region_around(c, addr, len, &touched);
		if (touched) {
			check(c, P_REGISTER, dmavec_register(c->world->space, addr, len, flags) == -EEXIST,
			      "an overlapping registration is not -EEXIST");
			continue;
		}
		half = (len / 2) & ~(uint64_t)4095;
		pair[0] = (struct dmavec_range){ addr, half };
		pair[1] = (struct dmavec_range){ addr + half, len - half };
		if (half && c->nregions + 2 <= REGIONS_MAX && chance(c, 4)) {
			rc = dmavec_registerv(c->world->space, pair, 2, flags);
			if (check(c, P_REGISTER, rc == 0, "registerv of %#llx + %#llx, cut at %#llx: %d", (unsigned long long)addr,
			          (unsigned long long)len, (unsigned long long)half, rc)) {
				learn_region(c, addr, half, flags);
				learn_region(c, addr + half, len - half, flags);
			}
		} else if (check(c, P_REGISTER, dmavec_register(c->world->space, addr, len, flags) == 0, "register fails")) {
			learn_region(c, addr, len, flags);
		}
	}
}

static void check_unregistered(struct ocase *c, const struct oregion *r)
{
	uint8_t byte;
	uint64_t dma;

	check(c, P_REGISTER, dmavec_unregister(c->world->space, r->addr, r->len) == -ENOENT, "unregistered twice");
	check(c, P_REGISTER, dmavec_lookup(c->world->plain, r->addr, 1, allowed_dir(r->prot), &dma) == -EAGAIN,
	      "a look-up finds what was unregistered");
	if (!c->world->iommu)
		return;
	if (c->world->lazy)
		check(c, P_HELD, dmavec_flush(c->world->space) == 0, "flush fails");
	check(c, P_REGISTER, dmavec_space_read(c->world->space, r->dma, &byte, 1) == -EFAULT,
	      "the device reads memory that was unregistered");
}

void drop_regions(struct ocase *c)
{
	unsigned int i;

	for (i = 0; i < c->nregions; i++)
		check(c, P_REGISTER, dmavec_unregister(c->world->space, c->regions[i].addr, c->regions[i].len) == 0,
		      "unregister fails");
	for (i = 0; i < c->nregions; i++)
		check_unregistered(c, &c->regions[i]);
	c->nregions = 0;
}

static void check_one_lookup(struct ocase *c, const struct oregion *r)
{
	uint64_t at = below(c, r->len), len = 1 + below(c, r->len - at), dma = 0, cpu = 0;
	enum dmavec_dir dir = (enum dmavec_dir)below(c, 3);
	unsigned int need = (dir != DMAVEC_FROM_DEVICE ? DMAVEC_REG_READ : 0) |
	                    (dir != DMAVEC_TO_DEVICE ? DMAVEC_REG_WRITE : 0);
	const struct dmavec_limits *l = &c->limits;
	bool fits, allowed = (r->prot & need) == need;
	int rc;

	if (chance(c, 2)) {
		at &= ~(uint64_t)511;
		len = (len + 511) & ~(uint64_t)511;
		len = len > r->len - at ? r->len - at : len;
	}
	fits = seg_fits(l, r->dma + at, len, true, true, false) && (!l->total_max || len <= l->total_max);
	rc = dmavec_lookup(c->dev, r->addr + at, len, dir, &dma);
	if (allowed && fits)
		check(c, P_LOOKUP, rc == 0 && dma == r->dma + at, "look-up of %llu bytes: %d", (unsigned long long)len, rc);
	else if (allowed)
		check(c, P_LOOKUP, rc == -EAGAIN, "look-up of what the limits would cut: %d", rc);
	else
		check(c, P_LOOKUP, rc == -EPERM || (!fits && rc == -EAGAIN), "look-up in the wrong direction: %d", rc);
	rc = dmavec_reverse(c->world->space, r->dma + at, len, &cpu);
	check(c, P_REVERSE, rc == 0 && cpu == r->addr + at, "reverse of %llu bytes: %d", (unsigned long long)len, rc);
}

void check_lookups(struct ocase *c)
{
	uint64_t dma, addr = dmavec_cpu(c->world->arena) + below(c, ARENA_LEN - 64), len = 1 + below(c, 64);
	bool touched;
	unsigned int i;

	for (i = 0; i < c->nregions; i++)
		check_one_lookup(c, &c->regions[i]);
	region_around(c, addr, len, &touched);
	if (!touched)
		check(c, P_LOOKUP, dmavec_lookup(c->dev, addr, len, DMAVEC_TO_DEVICE, &dma) == -EAGAIN,
		      "a look-up finds what is not registered");
}
