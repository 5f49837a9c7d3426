/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "oracle.h"

#include <stdarg.h>

#include "../tap.h"

#define FAILURES_SHOWN 12u /* and one of each property */
#define ENOUGH_CASES   5000u /* from here on, every property must have been met */

static const char *const texts[] = {
#define X(name, text) text,
	PROPERTIES(X)
#undef X
};
static uint64_t met[P_COUNT], broken[P_COUNT];
unsigned int failures;

static const char *entry_name(enum entry entry)
{
	static const char *const names[] = { "map", "map_linear", "map_source", "batch" };

	return names[entry];
}

static void dump_limits(const struct dmavec_limits *l)
{
	diag("limits addr %#llx..%#llx len_max %#llx boundary %#llx seg_align %#llx len_align %#llx",
	     (unsigned long long)l->addr_min, (unsigned long long)l->addr_max, (unsigned long long)l->seg_len_max,
	     (unsigned long long)l->seg_boundary, (unsigned long long)l->seg_align, (unsigned long long)l->len_align);
	diag("limits gap %#llx offset_mask %#llx total_max %#llx segs_max %u", (unsigned long long)l->gap,
	     (unsigned long long)l->offset_mask, (unsigned long long)l->total_max, l->segs_max);
}

static void dump_case(const struct ocase *c)
{
	struct forecast f = forecast_case(c);
	unsigned int k;
	size_t i;

	diag("world %s, %s, dir %d, flags %#x, device flags %#x, room %u, injected %d", c->world->name,
	     entry_name(c->entry), (int)c->dir, c->flags, c->dev_flags, c->cap, (int)c->inject);
	dump_limits(&c->limits);
	for (k = 0; k < c->nregions; k++)
		diag("region %#llx + %#llx at %#llx, %u", (unsigned long long)c->regions[k].addr,
		     (unsigned long long)c->regions[k].len, (unsigned long long)c->regions[k].dma, c->regions[k].prot);
	for (i = 0; i < c->nranges; i++)
		diag("range %zu %#llx + %#llx%s", i, (unsigned long long)c->ranges[i].addr,
		     (unsigned long long)c->ranges[i].len, c->range_flags[i] ? " mmio" : "");
	diag("total %#llx; model: results %#x, in place %d, segments %u, one bounce %d", (unsigned long long)c->total,
	     f.results, f.in_place, f.nsegs, (int)linear_bounce_segs(c));
	diag("result %d, %u segments of %#llx bytes", c->result, c->map.nsegs, (unsigned long long)c->map.len);
	for (i = 0; !c->result && i < c->map.nsegs && i < 64; i++)
		diag("segment %zu %#llx + %#llx", i, (unsigned long long)c->map.segs[i].addr,
		     (unsigned long long)c->map.segs[i].len);
	diag("replay: DMAVEC_SEED=%llu DMAVEC_CASE=%llu", (unsigned long long)c->seed, (unsigned long long)c->number);
}

bool check(struct ocase *c, enum prop prop, bool good, const char *fmt, ...)
{
	static unsigned int shown;
	char text[256];
	va_list args;

	met[prop]++;
	if (good)
		return true;
	broken[prop]++;
	if (c->failed)
		return false;
	c->failed = true;
	failures++;
	if (broken[prop] > 1 || ++shown > FAILURES_SHOWN)
		return false;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	diag("case %llu breaks \"%s\": %s", (unsigned long long)c->number, texts[prop], text);
	dump_case(c);
	return false;
}

int report_all(uint64_t cases)
{
	size_t i;

	for (i = 0; i < P_COUNT; i++) {
		if (!met[i] && cases < ENOUGH_CASES)
			skip(1, texts[i]);
		else
			ok(met[i] && !broken[i], "%s (%llu times)", texts[i], (unsigned long long)met[i]);
		if (broken[i])
			diag("broken %llu times", (unsigned long long)broken[i]);
	}
	return done_testing();
}
