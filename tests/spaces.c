/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#define _GNU_SOURCE
#include "spaces.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

const char *const spaces_all[] = {
	"direct", "direct:windows", "soft:amdv1", "soft:amdv1,lazy", "soft:amdv1,memory", "soft:vtdss", "soft:vtdss,lazy",
	"mock", "mock:64k", NULL,
};

static const struct {
	const char *name;
	unsigned int traits;
} kinds[] = {
	{ "direct", SPACE_DIRECT | SPACE_PROCESS },
	{ "direct:windows", SPACE_DIRECT | SPACE_MEMORY },
	{ "soft:amdv1", SPACE_SOFT | SPACE_IOMMU | SPACE_PROCESS },
	{ "soft:amdv1,lazy", SPACE_SOFT | SPACE_IOMMU | SPACE_PROCESS | SPACE_LAZY },
	{ "soft:amdv1,memory", SPACE_SOFT | SPACE_IOMMU | SPACE_MEMORY },
	{ "soft:vtdss", SPACE_SOFT | SPACE_IOMMU | SPACE_PROCESS },
	{ "soft:vtdss,lazy", SPACE_SOFT | SPACE_IOMMU | SPACE_PROCESS | SPACE_LAZY },
	{ "mock", SPACE_MOCK | SPACE_IOMMU | SPACE_PROCESS },
	{ "mock:64k", SPACE_MOCK | SPACE_IOMMU | SPACE_PROCESS },
};

static int find_kind(struct test_space *ts, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, name)) {
			ts->name = kinds[i].name;
			ts->traits = kinds[i].traits;
			return 0;
		}
	return -ENOENT;
}

/* A power of two far above any granule, so that the tests know the low bits of every address. */
static unsigned char *aligned_to_area(unsigned char *mem)
{
	return mem + (-(uintptr_t)mem & (SPACE_AREA_LEN - 1));
}

static int prepare_process(struct test_space *ts)
{
	ts->mapped_len = 2u * SPACE_AREA_LEN;
	ts->mapped =
		mmap(NULL, ts->mapped_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ts->mapped == MAP_FAILED)
		return -ENOMEM;
	ts->area = aligned_to_area(ts->mapped);
	return 0;
}

static int prepare_memory(struct test_space *ts)
{
	struct dmavec_sim_mem_opts opts;
	int err;

	memset(&opts, 0, sizeof(opts));
	opts.size = sizeof(opts);
	opts.len = SPACE_MEM_LEN;
	opts.seed = 1;
	err = dmavec_sim_mem_open(&ts->mem, &opts);
	if (err)
		return err;
	ts->window = dmavec_sim_mem_window(ts->mem);
	ts->area = aligned_to_area((unsigned char *)dmavec_ptr(ts->window.cpu) + SPACE_AREA_AT);
	return 0;
}

int spaces_prepare(struct test_space *ts, const char *name)
{
	memset(ts, 0, sizeof(*ts));
	if (find_kind(ts, name))
		return -ENOENT;
	return ts->traits & SPACE_MEMORY ? prepare_memory(ts) : prepare_process(ts);
}

struct dmavec_range spaces_low(const struct test_space *ts)
{
	struct dmavec_range none = { 0, 0 };

	return ts->mem ? dmavec_sim_mem_low(ts->mem) : none;
}

int spaces_construct_soft(struct test_space *ts, struct dmavec_soft_opts *opts)
{
	opts->size = sizeof(*opts);
	if (ts->mem) {
		opts->memory = &ts->window;
		opts->nmemory = 1;
		opts->bounce = spaces_low(ts);
	}
	return dmavec_space_soft(&ts->space, opts);
}

/* The wait is far beyond any test's patience: what is flushed here is flushed by count or on request. */
static int construct_soft(struct test_space *ts)
{
	struct dmavec_soft_opts opts;

	memset(&opts, 0, sizeof(opts));
	if (!strcmp(ts->name, "soft:amdv1"))
		return dmavec_space_soft(&ts->space, NULL);
	opts.format = strstr(ts->name, "vtdss") ? "vtdss" : "amdv1";
	opts.lazy = !!(ts->traits & SPACE_LAZY);
	opts.flush_ms = 3600u * 1000u;
	return spaces_construct_soft(ts, &opts);
}

static int construct_mock(struct test_space *ts)
{
	struct dmavec_mock_opts opts;

	memset(&opts, 0, sizeof(opts));
	opts.size = sizeof(opts);
	opts.granule = 65536;
	return dmavec_space_mock(&ts->space, strcmp(ts->name, "mock") ? &opts : NULL);
}

static int construct_direct(struct test_space *ts)
{
	struct dmavec_direct_opts opts;

	if (!ts->mem)
		return dmavec_space_direct(&ts->space, NULL);
	memset(&opts, 0, sizeof(opts));
	opts.size = sizeof(opts);
	opts.windows = &ts->window;
	opts.nwindows = 1;
	opts.bounce = spaces_low(ts);
	return dmavec_space_direct(&ts->space, &opts);
}

int spaces_construct(struct test_space *ts)
{
	if (ts->traits & SPACE_SOFT)
		return construct_soft(ts);
	return ts->traits & SPACE_MOCK ? construct_mock(ts) : construct_direct(ts);
}

static void free_memory(struct test_space *ts)
{
	if (ts->mem)
		dmavec_sim_mem_close(ts->mem);
	else
		munmap(ts->mapped, ts->mapped_len);
}

int spaces_open(struct test_space *ts, const char *name)
{
	struct dmavec_space_info info = { .size = sizeof(info) };
	int err = spaces_prepare(ts, name);

	if (err)
		return err;
	err = spaces_construct(ts);
	if (err) {
		free_memory(ts);
		return err;
	}
	err = dmavec_space_info(ts->space, &info);
	ts->granule = info.granule;
	ts->page = info.granule > 4096 ? info.granule : 4096;
	return err;
}

int spaces_close(struct test_space *ts)
{
	int err = dmavec_space_close(ts->space);

	if (!err)
		free_memory(ts);
	return err;
}
