/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What libfabric 1.17 has inside and does not declare: the memory registration cache that its providers share. The cache
 * is reached in the static library, which Debian's libfabric-dev brings, since no provider that works without hardware
 * uses it. The layouts hold for 1.17 only: fabric.c looks at the version and at what the cache wrote before it goes on.
 */
#ifndef DMAVEC_BENCH_FABRIC_INTERNAL_H
#define DMAVEC_BENCH_FABRIC_INTERNAL_H

#include <rdma/fabric.h>
#include <rdma/fi_domain.h>
#include <rdma/providers/fi_prov.h>

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define FABRIC_MAJOR  1
#define FABRIC_MINOR  17
#define FABRIC_IFACES 6 /* kinds of memory; 0 is the system's own */

struct fabric_link {
	struct fabric_link *next, *prev;
};

struct fabric_monitor;
struct fabric_cache;

/* What is looked for, and the head of each entry. */
struct fabric_info {
	struct iovec iov;
	enum fi_hmem_iface iface;
	uint64_t device;
	void *ipc_addr;
	uint8_t ipc_handle[64];
};

struct fabric_entry {
	struct fabric_info info;
	void *node;
	int use_cnt;
};

struct fabric_monitor {
	struct fabric_link list;
	enum fi_hmem_iface iface;
	int state;
	void (*init)(struct fabric_monitor *monitor);
	void (*cleanup)(struct fabric_monitor *monitor);
	int (*start)(struct fabric_monitor *monitor);
	void (*stop)(struct fabric_monitor *monitor);
	int (*subscribe)(struct fabric_monitor *monitor, const void *addr, size_t len, void *info);
	void (*unsubscribe)(struct fabric_monitor *monitor, const void *addr, size_t len, void *info);
	bool (*valid)(struct fabric_monitor *monitor, const struct fabric_info *info, struct fabric_entry *entry);
};

/* The beginning of a domain: the cache counts itself in ref, and logs under the provider's name. */
struct fabric_domain {
	struct fid_domain fid;
	struct fabric_link list;
	void *fabric, *eq;
	struct {
		int type;
		pthread_mutex_t mutex;
		void *ops[3];
	} lock;
	int32_t ref;
	const struct fi_provider *provider;
};

struct fabric_cache {
	struct fabric_domain *domain;
	struct fabric_monitor *monitors[FABRIC_IFACES];
	struct fabric_link notify[FABRIC_IFACES];
	size_t entry_data_size;
	struct {
		void *root, *sentinel[5], *free_list, *compare;
	} tree;
	struct fabric_link lru, dead;
	pthread_mutex_t lock;
	size_t cached_cnt, cached_size, uncached_cnt, uncached_size;
	size_t search_cnt, delete_cnt, hit_cnt, notify_cnt;
	void *pool;
	int (*add_region)(struct fabric_cache *cache, struct fabric_entry *entry);
	void (*delete_region)(struct fabric_cache *cache, struct fabric_entry *entry);
};

/* Its beginning. */
struct fabric_params {
	size_t max_cnt, max_size;
};

extern struct fabric_params cache_params;
extern struct fi_provider core_prov;

void ofi_mem_init(void);
void ofi_mem_fini(void);
void ofi_monitor_init(struct fabric_monitor *monitor);
int ofi_monitor_start_no_op(struct fabric_monitor *monitor);
void ofi_monitor_stop_no_op(struct fabric_monitor *monitor);
int ofi_monitor_subscribe_no_op(struct fabric_monitor *monitor, const void *addr, size_t len, void *info);
void ofi_monitor_unsubscribe_no_op(struct fabric_monitor *monitor, const void *addr, size_t len, void *info);
int ofi_mr_cache_init(struct fabric_domain *domain, struct fabric_monitor **monitors, struct fabric_cache *cache);
void ofi_mr_cache_cleanup(struct fabric_cache *cache);
int ofi_mr_cache_search(struct fabric_cache *cache, const struct fabric_info *info, struct fabric_entry **entry);
void ofi_mr_cache_delete(struct fabric_cache *cache, struct fabric_entry *entry);

#endif
