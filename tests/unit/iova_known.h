/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A bitmap that knows every placement, and steps that ask it and the allocator: both say yes, or both say no.
 */
#ifndef DMAVEC_TESTS_IOVA_KNOWN_H
#define DMAVEC_TESTS_IOVA_KNOWN_H

#include <dmavec/iova.h>

#include <errno.h>
#include <string.h>

#include "tap.h"

#define CELLS 96u
#define RUNS  CELLS

enum cell { FREE, TAKEN, GUARD };

struct known {
	struct dmavec_iova *iova;
	uint64_t base, granule;
	bool guard;
	unsigned char cells[CELLS];
	struct { unsigned int at, len; bool guarded; } runs[RUNS];
	unsigned int nruns;
	uint64_t seed;
};

static unsigned int pick(struct known *k, unsigned int below)
{
	return (unsigned int)(tap_random(&k->seed) % below);
}

static bool all_free(const struct known *k, unsigned int at, unsigned int len)
{
	unsigned int i;

	for (i = at; i < at + len; i++)
		if (i >= CELLS || k->cells[i] != FREE)
			return false;
	return true;
}

/* May a run lie here? Its guard may not, at the very end, need room. */
static bool may_lie(const struct known *k, const struct dmavec_reserve *want, unsigned int at, unsigned int len)
{
	uint64_t dma = k->base + at * k->granule, last = dma + len * k->granule - 1;

	if (at + len > CELLS || !all_free(k, at, len) || dma < want->first || last > want->last || dma % want->align != want->offset)
		return false;
	if (want->boundary && dma / want->boundary != last / want->boundary)
		return false;
	return !k->guard || at + len == CELLS || k->cells[at + len] == FREE;
}

static bool fits_somewhere(const struct known *k, const struct dmavec_reserve *want, unsigned int len)
{
	unsigned int at;

	for (at = 0; at < CELLS; at++)
		if (may_lie(k, want, at, len))
			return true;
	return false;
}

static void set_cells(struct known *k, unsigned int at, unsigned int len, bool guarded, int taken)
{
	memset(k->cells + at, taken ? TAKEN : FREE, len);
	if (guarded && at + len < CELLS)
		k->cells[at + len] = taken ? GUARD : FREE;
}

static void remember(struct known *k, unsigned int at, unsigned int len, bool guarded)
{
	set_cells(k, at, len, guarded, 1);
	k->runs[k->nruns].at = at;
	k->runs[k->nruns].len = len;
	k->runs[k->nruns++].guarded = guarded;
}

static bool try_alloc(struct known *k)
{
	unsigned int len = 1 + pick(k, pick(k, 4) ? 4 : 20), low = pick(k, CELLS), high = low + pick(k, CELLS - low);
	struct dmavec_reserve want = { len * k->granule, k->granule << pick(k, pick(k, 2) ? 1 : 5), 0, 0, UINT64_MAX };
	uint64_t dma = 1, at;
	bool fits;
	int err;

	if (!pick(k, 3))
		for (want.boundary = k->granule << pick(k, 3); want.boundary < want.len;)
			want.boundary *= 2;
	if (!pick(k, 3))
		want.offset = k->granule * pick(k, (unsigned int)(want.align / k->granule));
	if (!pick(k, 3)) {
		want.first = k->base + low * k->granule;
		want.last = k->base + high * k->granule + (k->granule - 1);
	}
	want.len -= pick(k, 2) ? 0 : pick(k, (unsigned int)k->granule);
	fits = fits_somewhere(k, &want, len);
	err = dmavec_iova_alloc(k->iova, &want, &dma);
	if (err)
		return err == -ENOSPC && !fits && dma == 1;
	at = (dma - k->base) / k->granule;
	if (dma < k->base || at >= CELLS || !may_lie(k, &want, (unsigned int)at, len))
		return false;
	remember(k, (unsigned int)at, len, k->guard);
	return fits;
}

static bool try_take(struct known *k)
{
	unsigned int at = pick(k, CELLS), len = 1 + pick(k, 6);
	int err = dmavec_iova_take(k->iova, k->base + at * k->granule, len * k->granule);
	bool fits = all_free(k, at, len);

	if (at + len > CELLS && k->base + CELLS * k->granule == 0)
		return err == -EINVAL; /* it wraps */
	if (err)
		return err == -EEXIST && !fits;
	remember(k, at, len, false);
	return fits;
}

static bool try_free(struct known *k)
{
	unsigned int i;

	if (!k->nruns)
		return true;
	i = pick(k, k->nruns);
	if (dmavec_iova_free(k->iova, k->base + k->runs[i].at * k->granule, k->runs[i].len * k->granule))
		return false;
	set_cells(k, k->runs[i].at, k->runs[i].len, k->runs[i].guarded, 0);
	k->runs[i] = k->runs[--k->nruns];
	return true;
}

/* Any free that is not of a run as it was given is refused. */
static bool try_bad_free(struct known *k)
{
	unsigned int at = pick(k, CELLS), len = 1 + pick(k, 5), i;

	for (i = 0; i < k->nruns; i++)
		if (k->runs[i].at == at && k->runs[i].len == len)
			return true;
	return dmavec_iova_free(k->iova, k->base + at * k->granule, len * k->granule) == -EINVAL;
}

static bool taken_is(const struct known *k)
{
	uint64_t cells = 0;
	unsigned int i;

	for (i = 0; i < CELLS; i++)
		cells += k->cells[i] == TAKEN;
	return dmavec_iova_taken(k->iova) == cells * k->granule;
}

static bool known_case(uint64_t seed, unsigned int steps)
{
	static const uint64_t granules[] = { 4096, 65536, 16 };
	struct known k = { .seed = seed };
	struct dmavec_iova_opts opts = { .size = sizeof(opts) };
	unsigned int i, what;
	bool good = true;

	k.granule = granules[pick(&k, 3)];
	opts.guard = !pick(&k, 3);
	k.guard = opts.guard;
	opts.bottom_up = pick(&k, 2);
	switch (pick(&k, 3)) {
	case 0:
		k.base = -(CELLS * k.granule); /* ends with the address space */
		break;
	case 1:
		k.base = pick(&k, 1000) * k.granule;
	}
	opts.granule = k.granule;
	opts.first = k.base ? k.base - pick(&k, (unsigned int)k.granule) : 0;
	opts.last = k.base + CELLS * k.granule - 1;
	if (dmavec_iova_open(&k.iova, &opts))
		return false;
	for (i = 0; i < steps && good; i++) {
		what = pick(&k, 16);
		good = what < 8    ? try_alloc(&k)
		       : what < 13 ? try_free(&k)
		       : what < 15 ? try_bad_free(&k)
				   : try_take(&k);
		good = good && taken_is(&k);
	}
	while (good && k.nruns)
		good = try_free(&k);
	/* Emptied, it is one run again. */
	good = good && !dmavec_iova_take(k.iova, k.base, CELLS * k.granule);
	dmavec_iova_close(k.iova);
	return good;
}

#endif
