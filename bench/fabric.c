/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* libfabric: the registration cache of its providers, with a monitor that watches nothing and callbacks that register nothing. */
#include "bench.h"
#include "tables.h"

#ifdef BENCH_FABRIC

#include "fabric_internal.h"

#include <stdio.h>
#include <string.h>

static struct fabric_cache cache;
static struct fabric_domain domain;
static uint32_t wanted; /* regions: as many look-ups found nothing */

static bool always_valid(struct fabric_monitor *monitor, const struct fabric_info *info, struct fabric_entry *entry)
{
	(void)monitor;
	(void)info;
	(void)entry;
	return true;
}

static struct fabric_monitor monitor = {
	.init = ofi_monitor_init,
	.start = ofi_monitor_start_no_op,
	.stop = ofi_monitor_stop_no_op,
	.subscribe = ofi_monitor_subscribe_no_op,
	.unsubscribe = ofi_monitor_unsubscribe_no_op,
	.valid = always_valid,
};

static int add_nothing(struct fabric_cache *into, struct fabric_entry *entry)
{
	(void)into;
	(void)entry;
	return 0;
}

static void delete_nothing(struct fabric_cache *from, struct fabric_entry *entry)
{
	(void)from;
	(void)entry;
}

static void init_cache(void)
{
	struct fabric_monitor *monitors[FABRIC_IFACES] = { &monitor };

	memset(&cache, 0, sizeof(cache));
	memset(&domain, 0, sizeof(domain));
	domain.provider = &core_prov;
	cache.add_region = add_nothing;
	cache.delete_region = delete_nothing;
	cache.entry_data_size = sizeof(void *);
	cache_params.max_cnt = cache_params.max_size = (size_t)-1;
	ofi_mem_init();
	ofi_monitor_init(&monitor);
	bench_must(!ofi_mr_cache_init(&domain, monitors, &cache), "ofi_mr_cache_init");
}

static void clean_up(void)
{
	ofi_mr_cache_cleanup(&cache);
	ofi_mem_fini();
}

static void close_cache(void)
{
	bench_must(cache.hit_cnt == cache.search_cnt - wanted, "finding each address in libfabric's cache");
	clean_up();
}

static int search_delete(struct fabric_info *info, uint64_t addr, uint64_t len)
{
	struct fabric_entry *entry;
	int rc;

	info->iov.iov_base = (void *)(uintptr_t)addr;
	info->iov.iov_len = len;
	rc = ofi_mr_cache_search(&cache, info, &entry);
	if (!rc)
		ofi_mr_cache_delete(&cache, entry);
	return rc;
}

/* One region in and found again: do the counters stand where they are declared? */
static bool is_laid_out_so(void)
{
	struct fabric_info info = { .iface = FI_HMEM_SYSTEM };
	struct fabric_entry *entry;
	static char memory[64];
	bool so;

	init_cache();
	so = domain.ref == 1 && cache.domain == &domain && cache.monitors[0] == &monitor && !cache.monitors[1] &&
	     !search_delete(&info, (uintptr_t)memory, 64) && !search_delete(&info, (uintptr_t)memory + 16, 16) &&
	     cache.cached_cnt == 1 && cache.cached_size == 64 && cache.search_cnt == 2 && cache.hit_cnt == 1 &&
	     cache.delete_cnt == 2 && !cache.uncached_cnt && !ofi_mr_cache_search(&cache, &info, &entry);
	so = so && entry->info.iov.iov_base == memory && entry->info.iov.iov_len == 64 && entry->node && entry->use_cnt == 1;
	if (so)
		ofi_mr_cache_delete(&cache, entry);
	clean_up();
	return so && domain.ref == 0;
}

static const char *absent(void)
{
	static char why[128];
	static bool asked;
	uint32_t version = fi_version();

	if (asked)
		return why[0] ? why : NULL;
	asked = true;
	if (FI_MAJOR(version) != FABRIC_MAJOR || FI_MINOR(version) != FABRIC_MINOR)
		snprintf(why, sizeof(why), "its library is %u.%u; the inside of the cache is known of %d.%d only",
		         FI_MAJOR(version), FI_MINOR(version), FABRIC_MAJOR, FABRIC_MINOR);
	else if (!is_laid_out_so())
		snprintf(why, sizeof(why), "its cache is laid out otherwise than that of %d.%d", FABRIC_MAJOR, FABRIC_MINOR);
	return why[0] ? why : NULL;
}

static void open_cache(const struct regions *r)
{
	struct fabric_info info = { .iface = FI_HMEM_SYSTEM };
	uint32_t i;

	init_cache();
	wanted = r->n;
	for (i = 0; i < r->n; i++)
		bench_must(!search_delete(&info, region_at(r, i), r->len), "ofi_mr_cache_search");
	bench_must(cache.cached_cnt == r->n && !cache.hit_cnt, "filling libfabric's cache");
}

static uint32_t look_up(const uint64_t *addrs, uint32_t n)
{
	struct fabric_info info = { .iface = FI_HMEM_SYSTEM };
	uint32_t i, found = 0;

	for (i = 0; i < n; i++)
		found += !search_delete(&info, addrs[i], HIT_LEN);
	return found;
}

#else

#define open_cache  NULL
#define look_up     NULL
#define close_cache NULL

static const char *absent(void)
{
	return BENCH_NO_FABRIC;
}

#endif

const struct table fabric_table = {
	"libfabric", "libfabric cache", 0, absent, open_cache, look_up, close_cache,
};
