/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * All the way: ranges of memory are mapped under the limits of a format, the segments written in it, and a
 * controller that sees device addresses only reads the lists and then the bytes. Cases that others get wrong are
 * named as facts name them.
 */
#include "nvme.h"

#define PAGE   4096u
#define PAGES  64u
#define RANGES 6u
#define SEGS   64u
#define LISTS  16384u

static unsigned char area[PAGES * PAGE] __attribute__((aligned(4096)));

struct path {
	struct dmavec_space *space;
	struct dmavec_dev *dev;
	struct dmavec_buf lists[2];
	bool prp;
};

static bool path_open(struct path *p, bool prp)
{
	struct dmavec_limits limits = { .size = sizeof(limits) };

	memset(p, 0, sizeof(*p));
	p->prp = prp;
	if (!HOLDS(!(prp ? dmavec_emit_nvme_prp_limits(&limits, PAGE) : dmavec_emit_nvme_sgl_limits(&limits, 2))))
		return false;
	return HOLDS(!dmavec_space_soft(&p->space, NULL)) && HOLDS(!dmavec_dev_open(&p->dev, p->space, &limits, 0)) &&
	       HOLDS(!dmavec_alloc(p->dev, 64, 0, &p->lists[0])) &&
	       HOLDS(!dmavec_alloc(p->dev, LISTS, 0, &p->lists[1]));
}

static bool path_close(struct path *p)
{
	if (p->dev) {
		dmavec_free(p->dev, &p->lists[0]);
		dmavec_free(p->dev, &p->lists[1]);
	}
	return HOLDS(!dmavec_dev_close(p->dev)) && HOLDS(!dmavec_space_close(p->space));
}

/* The bytes that the controller gets are the ranges', in order. */
static bool same_bytes(struct path *p, const struct dmavec_seg *segs, uint32_t n, const struct dmavec_range *ranges,
		       uint32_t nranges)
{
	static unsigned char want[PAGES * PAGE], got[PAGES * PAGE];
	size_t nwant = 0, ngot = 0;
	uint32_t i;

	for (i = 0; i < nranges; i++) {
		memcpy(want + nwant, dmavec_ptr(ranges[i].addr), (size_t)ranges[i].len);
		nwant += (size_t)ranges[i].len;
	}
	for (i = 0; i < n; i++) {
		if (!HOLDS(!dmavec_space_read(p->space, segs[i].addr, got + ngot, (size_t)segs[i].len)))
			return false;
		ngot += (size_t)segs[i].len;
	}
	return HOLDS(nwant == ngot) && HOLDS(!memcmp(want, got, nwant));
}

/* As the command says by its PSDT. */
static int control(struct path *p, uint32_t cdw0, const uint64_t dptr[2], uint64_t len, struct dmavec_seg *read,
		   uint32_t *n)
{
	if (cdw0 == dmavec_nvme_psdt(cdw0, DMAVEC_NVME_PSDT_PRP))
		return dmavec_sim_nvme_prp(p->space, PAGE, dptr, len, read, SEGS, n);
	return dmavec_sim_nvme_sgl(p->space, 2, dptr, len, read, SEGS, n);
}

static bool read_back(struct path *p, const struct dmavec_map *map, const struct dmavec_range *ranges, uint32_t nranges)
{
	struct dmavec_seg joined[SEGS], read[SEGS];
	uint64_t dptr[2] = { 0, 0 };
	uint32_t cdw0 = 0, n = segs_join(joined, map->segs, map->nsegs), nread = 0;
	int err;

	if (p->prp)
		err = dmavec_emit_nvme_prp(map->segs, map->nsegs, PAGE, dptr, p->lists, 2);
	else
		err = dmavec_emit_nvme_sgl(map->segs, map->nsegs, &cdw0, dptr, p->lists, 2);
	return HOLDS(!err) && HOLDS(!control(p, cdw0, dptr, map->len, read, &nread)) &&
	       HOLDS(segs_equal(joined, n, read, nread)) && same_bytes(p, read, nread, ranges, nranges);
}

/* ------------------------------------------------------------------ random ranges */

static uint32_t make_ranges(uint64_t *seed, struct dmavec_range *ranges)
{
	uint32_t n = 1 + (uint32_t)(tap_random(seed) % RANGES), i;

	for (i = 0; i < n; i++) {
		uint64_t at = tap_random(seed) % PAGES,
			 off = tap_random(seed) % 2 ? tap_random(seed) % PAGE & ~3ull : 0;
		uint64_t len = tap_random(seed) % 2 ? PAGE - off : 4 * (1 + tap_random(seed) % 2000);

		at = at * PAGE + off;
		len = len < sizeof(area) - at ? len : sizeof(area) - at;
		ranges[i] = (struct dmavec_range){ dmavec_cpu(area + at), len };
	}
	return n;
}

static bool through(uint64_t *seed, bool prp)
{
	uint64_t cases = tap_cases(CASES) / 10 + 1, i, start = 0;
	struct dmavec_range ranges[RANGES];
	struct dmavec_seg segs[SEGS];
	struct path p;
	bool good;

	for (i = 0; i < sizeof(area); i++)
		area[i] = (unsigned char)tap_random(seed);
	good = path_open(&p, prp);
	for (i = 0; i < cases && good; i++) {
		struct dmavec_map map = DMAVEC_MAP_INIT(segs, SEGS);
		uint32_t n;

		start = *seed;
		n = make_ranges(seed, ranges);
		good = HOLDS(!dmavec_map(p.dev, &map, ranges, n, DMAVEC_TO_DEVICE, 0)) &&
		       read_back(&p, &map, ranges, n);
		good &= HOLDS(!dmavec_unmap(p.dev, &map, 0));
	}
	if (!good)
		diag("range case %llu at state %llu", (unsigned long long)i, (unsigned long long)start);
	return path_close(&p) & good;
}

static bool prp_through(uint64_t *seed)
{
	return through(seed, true);
}

static bool sgl_through(uint64_t *seed)
{
	return through(seed, false);
}

/* ------------------------------------------------------------------ what others get wrong */

static uint64_t le64(const unsigned char *bytes)
{
	uint64_t value = 0;

	for (unsigned int i = 8; i--;)
		value = value << 8 | bytes[i];
	return value;
}

static bool three_prps(uint64_t *seed)
{
	const struct dmavec_seg segs[2] = { { 0x10000, 4096 }, { 0x20000, 4608 } };
	struct memory *m = memory_new();
	const unsigned char *list = memory_add(m, 0x30000, 4096, 0);
	uint64_t dptr[2] = { 0, 0 };

	(void)seed;
	return HOLDS(!dmavec_emit_nvme_prp(segs, 2, PAGE, dptr, m->bufs, 1)) &&
	       HOLDS(le64((unsigned char *)&dptr[0]) == 0x10000) && HOLDS(le64((unsigned char *)&dptr[1]) == 0x30000) &&
	       HOLDS(le64(list) == 0x20000) && HOLDS(le64(list + 8) == 0x21000);
}

/* Two iovecs of which the first ends inside a page: no PRPs say that, and a map under their limits makes it sayable. */
static bool first_ends_early(uint64_t *seed)
{
	const struct dmavec_seg refused[2] = { { 0x10000, 512 }, { 0x20000, 4096 } };
	const struct dmavec_range ranges[2] = { { dmavec_cpu(area), 512 }, { dmavec_cpu(area + 2 * PAGE), 4096 } };
	struct dmavec_seg segs[SEGS];
	struct dmavec_map map = DMAVEC_MAP_INIT(segs, SEGS);
	uint64_t dptr[2] = { 7, 7 };
	struct path p;
	bool good;

	for (size_t i = 0; i < sizeof(area); i++)
		area[i] = (unsigned char)tap_random(seed);
	good = HOLDS(dmavec_emit_nvme_prp(refused, 2, PAGE, dptr, NULL, 0) == -EINVAL) && HOLDS(dptr[0] == 7);
	good = good && path_open(&p, true);
	if (!good)
		return false;
	good &= HOLDS(dmavec_map(p.dev, &map, ranges, 2, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE) == -ERANGE);
	good &= HOLDS(!dmavec_map(p.dev, &map, ranges, 2, DMAVEC_TO_DEVICE, 0)) && read_back(&p, &map, ranges, 2);
	good &= HOLDS(!dmavec_unmap(p.dev, &map, 0));
	return path_close(&p) & good;
}

static bool one_element_sgl(uint64_t *seed)
{
	const unsigned char read[4] = { 0x02, 0x00, 0x01, 0x00 }, psdt[4] = { 0x02, 0x40, 0x01, 0x00 };
	const struct dmavec_seg seg = { 0x10000, 4096 };
	uint64_t dptr[2] = { 0, 0 };
	uint32_t cdw0;

	(void)seed;
	memcpy(&cdw0, read, sizeof(cdw0));
	return HOLDS(!dmavec_emit_nvme_sgl(&seg, 1, &cdw0, dptr, NULL, 0)) && HOLDS(!memcmp(&cdw0, psdt, sizeof(cdw0)));
}

const struct check checks_space[] = {
	{ "random ranges, mapped under PRP limits, reach the controller", prp_through },
	{ "random ranges, mapped under SGL limits, reach the controller", sgl_through },
	{ "case 5: iov lengths {4096, 4608} are three PRPs, not two", three_prps },
	{ "case 5: iov {512 at the start of a page, 4096} is refused, and mapped so that PRPs can say it",
	  first_ends_early },
	{ "case 5: a one-element SGL sets the command's data-transfer bits", one_element_sgl },
	{ NULL, NULL },
};
