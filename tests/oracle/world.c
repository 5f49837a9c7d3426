/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#define _GNU_SOURCE
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

struct world worlds[WORLDS_MAX];
unsigned int nworlds;

static struct dmavec_sim_mem *mem;
static struct dmavec_window all; /* of mem */
static uint8_t *process_arena, *sim_arena;
static uint8_t process_shadow[ARENA_LEN], sim_shadow[ARENA_LEN];
static uint8_t noise[3 * ARENA_LEN]; /* what patterns are cut from */

static void must(bool good, const char *what)
{
	if (good)
		return;
	printf("Bail out! %s\n", what);
	exit(1);
}

struct dmavec_space_info world_info(const struct world *w)
{
	struct dmavec_space_info info = { .size = sizeof(info) };

	must(dmavec_space_info(w->space, &info) == 0, "dmavec_space_info");
	return info;
}

/* Low addresses, so that limits can be drawn that cut the arena in two; anywhere else will do where that is taken. */
static void open_memory(void)
{
	struct dmavec_sim_mem_opts opts = { .size = sizeof(opts), .seed = 1 };
	size_t i;
	uint64_t x = 88172645463325252u;

	process_arena = mmap((void *)(uintptr_t)ARENA_AT, ARENA_LEN, PROT_READ | PROT_WRITE,
	                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (process_arena == MAP_FAILED)
		process_arena = mmap(NULL, ARENA_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(process_arena != MAP_FAILED, "no memory");
	must(dmavec_sim_mem_open(&mem, &opts) == 0, "dmavec_sim_mem_open");
	all = dmavec_sim_mem_window(mem);
	sim_arena = (uint8_t *)dmavec_ptr(all.cpu) + ARENA_AT;
	for (i = 0; i < sizeof(noise); i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		noise[i] = (uint8_t)(x >> 24);
	}
	memcpy(process_arena, noise, ARENA_LEN);
	memcpy(process_shadow, noise, ARENA_LEN);
	memcpy(sim_arena, noise + ARENA_LEN, ARENA_LEN);
	memcpy(sim_shadow, noise + ARENA_LEN, ARENA_LEN);
}

void pattern(const struct ocase *c, unsigned int turn, uint64_t cpu, uint8_t *out, uint64_t len)
{
	uint64_t at = cpu - dmavec_cpu(c->world->arena), i;
	const uint8_t *from = noise + at + c->shift;
	uint8_t flip = turn ? 0xff : 0;

	for (i = 0; i < len; i++)
		out[i] = from[i] ^ flip;
}

bool world_translate(const struct world *w, uint64_t cpu, uint64_t len, uint64_t *dma, uint64_t *run)
{
	unsigned int i;

	*dma = cpu;
	*run = len;
	for (i = 0; i < w->nwindows; i++) {
		const struct dmavec_window *window = &w->windows[i];

		if (cpu < window->cpu || cpu - window->cpu >= window->len)
			continue;
		*dma = window->dma + (cpu - window->cpu);
		*run = window->len - (cpu - window->cpu);
		if (*run > len)
			*run = len;
		return true;
	}
	return w->nwindows == 0;
}

/* An untrusted device taints a space for good; the plain one is untrusted there too, so that it hinders no other. */
static void finish_world(struct world *w, const char *name, struct dmavec_space *space, bool taint)
{
	struct dmavec_space_info info;

	w->name = name;
	w->space = space;
	w->tainted = taint;
	info = world_info(w);
	w->granule = info.granule;
	w->iommu = info.granule > 1;
	must(dmavec_dev_open(&w->plain, space, NULL, taint ? DMAVEC_DEV_UNTRUSTED : 0) == 0, name);
	must(world_info(w).tainted == taint, "a space is tainted by an untrusted device, and by no other");
}

/* What the space says about peer memory is taken from one trial. */
static void try_mmio(struct world *w)
{
	struct dmavec_range range = { dmavec_cpu(w->arena), 4096 * 16 };
	struct dmavec_seg segs[64];
	struct dmavec_map map = DMAVEC_MAP_INIT(segs, 64);

	w->mmio = dmavec_map(w->plain, &map, &range, 1, DMAVEC_TO_DEVICE, DMAVEC_MMIO) == 0;
	(void)dmavec_unmap(w->plain, &map, 0);
}

static struct world *next_world(bool sim)
{
	struct world *w = &worlds[nworlds++];

	must(nworlds <= WORLDS_MAX, "too many worlds");
	memset(w, 0, sizeof(*w));
	w->arena = sim ? sim_arena : process_arena;
	w->shadow = sim ? sim_shadow : process_shadow;
	w->bounces = true;
	return w;
}

/* All of the memory in one; or three: the arena lies in two of them, and its end in none. */
static void use_windows(struct world *w, unsigned int nwindows)
{
	struct dmavec_range low = dmavec_sim_mem_low(mem);

	w->nwindows = nwindows;
	w->windows[0] = all;
	if (nwindows != 3)
		return;
	w->windows[0] = (struct dmavec_window){ low.addr, 0, low.len };
	w->windows[1] = (struct dmavec_window){ all.cpu + 0x20000000, 0x20000000, 0x8000000 + 24 * 4096 };
	w->windows[2] = (struct dmavec_window){ all.cpu + ARENA_AT + 24 * 4096, 0x70018000, 32 * 4096 };
}

static void open_direct(const char *name, unsigned int nwindows, bool bounce)
{
	struct dmavec_direct_opts opts = { .size = sizeof(opts) };
	struct world *w = next_world(nwindows > 0);
	struct dmavec_range low = dmavec_sim_mem_low(mem);
	struct dmavec_space *space;

	w->bounce_first = 0x100000;
	w->bounce_last = UINT64_MAX;
	use_windows(w, nwindows);
	if (nwindows) {
		opts.windows = w->windows;
		opts.nwindows = nwindows;
		if (bounce)
			opts.bounce = low;
		w->bounces = bounce;
		w->bounce_first = 0;
		w->bounce_last = low.len - 1;
	}
	must(dmavec_space_direct(&space, nwindows ? &opts : NULL) == 0, name);
	finish_world(w, name, space, false);
	try_mmio(w);
}

struct soft_kind {
	const char *name, *format; /* NULL: the default one */
	bool lazy, guard, bottom_up, sim, bounce, taint;
	uint64_t iova_max;
};

static void open_soft(const struct soft_kind *kind)
{
	struct dmavec_soft_opts opts = { .size = sizeof(opts), .format = kind->format, .lazy = kind->lazy, .flush_count = 32,
		                         .flush_ms = 1000000, .guard = kind->guard, .bottom_up = kind->bottom_up,
		                         .iova_max = kind->iova_max };
	struct world *w = next_world(kind->sim);
	struct dmavec_space *space;

	w->first = 0x1000;
	w->last = kind->iova_max ? kind->iova_max : ((uint64_t)1 << 48) - 1;
	if (kind->sim) {
		use_windows(w, kind->guard ? 3 : 1);
		opts.memory = w->windows;
		opts.nmemory = w->nwindows;
		w->bounces = kind->bounce;
		if (kind->bounce)
			opts.bounce = dmavec_sim_mem_low(mem);
	}
	must(dmavec_space_soft(&space, &opts) == 0, kind->name);
	finish_world(w, kind->name, space, kind->taint);
	w->lazy = kind->lazy && !kind->taint;
	must(world_info(w).lazy == w->lazy, "a tainted space is strict");
	try_mmio(w);
}

static void open_mock(const char *name, uint64_t granule, bool taint)
{
	struct dmavec_mock_opts opts = { .size = sizeof(opts), .granule = granule };
	struct world *w = next_world(false);
	struct dmavec_space_info info;
	struct dmavec_space *space;

	must(dmavec_space_mock(&space, &opts) == 0, name);
	finish_world(w, name, space, taint);
	info = world_info(w);
	must(info.nwindows == 1, "a mock has one window");
	w->first = info.windows[0].first;
	w->last = info.windows[0].last;
	try_mmio(w);
}

void open_worlds(void)
{
	static const struct soft_kind kinds[] = {
		{ .name = "soft strict" },
		{ .name = "soft lazy", .lazy = true },
		{ .name = "soft guard", .guard = true },
		{ .name = "soft bottom-up", .bottom_up = true },
		{ .name = "soft small", .iova_max = 0xffffff },
		{ .name = "soft sim", .sim = true, .bounce = true },
		{ .name = "soft sim lazy guard", .sim = true, .bounce = true, .lazy = true, .guard = true },
		{ .name = "soft sim without bounce", .sim = true },
		{ .name = "vtdss strict", .format = "vtdss" },
		{ .name = "vtdss sim lazy guard", .format = "vtdss", .sim = true, .bounce = true, .lazy = true, .guard = true },
		{ .name = "vtdss bottom-up tainted", .format = "vtdss", .bottom_up = true, .taint = true },
		{ .name = "soft tainted", .taint = true },
		{ .name = "soft lazy tainted", .lazy = true, .bottom_up = true, .taint = true },
		{ .name = "soft sim tainted", .sim = true, .bounce = true, .guard = true, .taint = true },
	};
	size_t i;

	open_memory();
	open_direct("direct identity", 0, true);
	open_direct("direct one window", 1, true);
	open_direct("direct three windows", 3, true);
	open_direct("direct without bounce", 1, false);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		open_soft(&kinds[i]);
	open_mock("mock", 0, false);
	open_mock("mock 16K", 16384, false);
	open_mock("mock tainted", 0, true);
}

/* After a case that failed a device may still be open. */
void close_worlds(void)
{
	while (nworlds > 0) {
		nworlds--;
		must(dmavec_dev_close(worlds[nworlds].plain) == 0 || failures, worlds[nworlds].name);
		must(dmavec_space_close(worlds[nworlds].space) == 0 || failures, worlds[nworlds].name);
	}
	dmavec_sim_mem_close(mem);
	munmap(process_arena, ARENA_LEN);
}
