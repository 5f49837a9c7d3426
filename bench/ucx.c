/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* UCX: its page table, which takes no lock, and its registration cache, whose callbacks here register nothing. */
#include "bench.h"
#include "tables.h"

#ifdef BENCH_UCX

#include <ucs/datastruct/pgtable.h>
#include <ucs/memory/rcache.h>

#include <stdlib.h>
#include <unistd.h>

static ucs_pgtable_t pgtable;
static ucs_pgt_region_t *regions;

static ucs_pgt_dir_t *alloc_dir(const ucs_pgtable_t *table)
{
	(void)table;
	return malloc(sizeof(ucs_pgt_dir_t)); /* aligned beyond UCS_PGT_ENTRY_MIN_ALIGN, which is 4 */
}

static void free_dir(const ucs_pgtable_t *table, ucs_pgt_dir_t *dir)
{
	(void)table;
	free(dir);
}

static void pgtable_open(const struct regions *r)
{
	uint32_t i;

	bench_must(ucs_pgtable_init(&pgtable, alloc_dir, free_dir) == UCS_OK, "ucs_pgtable_init");
	regions = calloc(r->n, sizeof(*regions));
	bench_must(regions != NULL, "calloc");
	for (i = 0; i < r->n; i++) {
		regions[i].start = region_at(r, i);
		regions[i].end = regions[i].start + r->len;
		bench_must(ucs_pgtable_insert(&pgtable, &regions[i]) == UCS_OK, "ucs_pgtable_insert");
	}
}

static void forget(const ucs_pgtable_t *table, ucs_pgt_region_t *region, void *arg)
{
	(void)table;
	(void)region;
	(void)arg;
}

static void pgtable_close(void)
{
	ucs_pgtable_purge(&pgtable, forget, NULL);
	ucs_pgtable_cleanup(&pgtable);
	free(regions);
}

static uint32_t pgtable_look_up(const uint64_t *addrs, uint32_t n)
{
	const ucs_pgt_region_t *region;
	uint32_t i, found = 0;

	for (i = 0; i < n; i++) {
		region = ucs_pgtable_lookup(&pgtable, addrs[i]);
		found += region && addrs[i] + HIT_LEN <= region->end;
		bench_use(region);
	}
	return found;
}

static ucs_rcache_t *rcache;
static uint32_t registered, wanted;

static ucs_status_t register_nothing(void *ctx, ucs_rcache_t *cache, void *arg, ucs_rcache_region_t *region, uint16_t flags)
{
	(void)ctx;
	(void)cache;
	(void)arg;
	(void)region;
	(void)flags;
	registered++;
	return UCS_OK;
}

static void drop_nothing(void *ctx, ucs_rcache_t *cache, ucs_rcache_region_t *region)
{
	(void)ctx;
	(void)cache;
	(void)region;
}

static void describe_nothing(void *ctx, ucs_rcache_t *cache, ucs_rcache_region_t *region, char *buf, size_t max)
{
	(void)ctx;
	(void)cache;
	(void)region;
	if (max)
		buf[0] = '\0';
}

static ucs_status_t get_put(uint64_t addr, uint64_t len)
{
	ucs_rcache_region_t *region;
	ucs_status_t status = ucs_rcache_get(rcache, (void *)(uintptr_t)addr, len, PROT_READ | PROT_WRITE, NULL, &region);

	if (status == UCS_OK)
		ucs_rcache_region_put(rcache, region);
	return status;
}

/* No memory events, no check of page frames, no limit: what is left is the cache. */
static void rcache_open(const struct regions *r)
{
	static const ucs_rcache_ops_t ops = { register_nothing, drop_nothing, describe_nothing };
	ucs_rcache_params_t params = {
		.region_struct_size = sizeof(ucs_rcache_region_t),
		.alignment = (size_t)sysconf(_SC_PAGESIZE),
		.max_alignment = (size_t)sysconf(_SC_PAGESIZE),
		.ops = &ops,
		.flags = UCS_RCACHE_FLAG_NO_PFN_CHECK,
		.max_regions = (unsigned long)-1,
		.max_size = (size_t)-1,
		.max_unreleased = (size_t)-1,
	};
	uint32_t i;

	registered = 0;
	wanted = r->n;
	bench_must(ucs_rcache_create(&params, "bench", NULL, &rcache) == UCS_OK, "ucs_rcache_create");
	for (i = 0; i < r->n; i++)
		bench_must(get_put(region_at(r, i), r->len) == UCS_OK, "ucs_rcache_get");
}

static void rcache_close(void)
{
	bench_must(registered == wanted, "finding each address in UCX's cache");
	ucs_rcache_destroy(rcache);
}

static uint32_t rcache_look_up(const uint64_t *addrs, uint32_t n)
{
	uint32_t i, found = 0;

	for (i = 0; i < n; i++)
		found += get_put(addrs[i], HIT_LEN) == UCS_OK;
	return found;
}

static const char *absent(void)
{
	return NULL;
}

#else

#define pgtable_open    NULL
#define pgtable_look_up NULL
#define pgtable_close   NULL
#define rcache_open     NULL
#define rcache_look_up  NULL
#define rcache_close    NULL

static const char *absent(void)
{
	return BENCH_NO_UCX;
}

#endif

const struct table ucx_pgtable = {
	"UCX", "UCX page table", 1, absent, pgtable_open, pgtable_look_up, pgtable_close,
};
const struct table ucx_rcache = {
	"UCX", "UCX registration cache", 0, absent, rcache_open, rcache_look_up, rcache_close,
};
