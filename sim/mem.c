/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Physical memory, handed out the way a long-running machine does: scattered, and no two pages side by side.
 *
 * Only every second page frame is ever handed out, in an order that is computed and not stored: a Feistel network
 * permutes the numbers 0 .. 2^bits - 1, numbers beyond the last slot are skipped. So opening costs nothing, whatever
 * the length. Freed pages come before fresh ones, in pseudo-random order, so that no more pages are touched than were
 * in use at once; the list of them has room for all and is, like the memory, paid for when touched.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#include <dmavec/sim.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "opts.h"

#define MEM_LEN    ((uint64_t)16 << 30)
#define MEM_PAGE   ((uint64_t)4096)
#define MEM_LOW    ((uint64_t)8 << 20)
#define MEM_ROUNDS 6u

struct dmavec_sim_mem {
	pthread_mutex_t lock;
	unsigned char *base;
	uint64_t len, page, low;
	uint64_t seed;
	uint64_t first;    /* offset of slot 0; the slots are two pages apart */
	uint32_t slots;
	unsigned int bits; /* 2^bits >= slots */
	uint64_t next;     /* what the permutation is asked for next */
	uint64_t random;   /* state of the order in which freed pages come again */
	uint32_t nfreed;
	uint32_t *freed; /* slots */
	uint64_t *out;   /* a bit per slot: handed out */
	size_t book_len; /* of both, which are one mapping */
};

static uint64_t mem_mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	x ^= x >> 29;
	x *= 0xa0761d6478bd642fULL;
	return x ^ x >> 32;
}

static uint64_t mem_permute(const struct dmavec_sim_mem *mem, uint64_t x)
{
	unsigned int low_bits = mem->bits / 2, round;
	uint64_t low_mask = ((uint64_t)1 << low_bits) - 1, high_mask = ((uint64_t)1 << (mem->bits - low_bits)) - 1;
	uint64_t low = x & low_mask, high = x >> low_bits;

	for (round = 0; round < MEM_ROUNDS; round += 2) {
		high ^= mem_mix(low ^ mem->seed ^ (uint64_t)round << 56) & high_mask;
		low ^= mem_mix(high ^ mem->seed ^ (uint64_t)(round + 1) << 56) & low_mask;
	}
	return high << low_bits | low;
}

/* ------------------------------------------------------------------ open, close */

static int mem_opts_check(struct dmavec_sim_mem_opts *opts)
{
	if (!opts->page)
		opts->page = MEM_PAGE;
	if (!opts->len)
		opts->len = MEM_LEN;
	if (!opts->low)
		opts->low = MEM_LOW;
	if (opts->page < MEM_PAGE || (opts->page & (opts->page - 1)) || opts->page > UINT64_MAX / 2)
		return -EINVAL;
	if ((opts->len & (2 * opts->page - 1)) || opts->low > opts->len)
		return -EINVAL;
	return opts->len > SIZE_MAX / 2 || opts->page > SIZE_MAX / 4 ? -ENOMEM : 0;
}

/* The memory starts on a multiple of its page in the process too. fd -1: memory without a file. */
static int mem_map_file(struct dmavec_sim_mem *mem, int fd)
{
	size_t len = (size_t)mem->len, page = (size_t)mem->page, head;
	int flags = MAP_SHARED | MAP_NORESERVE | MAP_FIXED | (fd < 0 ? MAP_ANONYMOUS : 0);
	unsigned char *room = mmap(NULL, len + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room == MAP_FAILED)
		return -ENOMEM;
	head = (page - ((uintptr_t)room & (page - 1))) & (page - 1);
	mem->base = mmap(room + head, len, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (mem->base == MAP_FAILED) {
		munmap(room, len + page);
		return -ENOMEM;
	}
	if (head)
		munmap(room, head);
	if (page - head)
		munmap(mem->base + len, page - head);
	return 0;
}

/* -EFBIG is known before it is tried, since the attempt would raise SIGXFSZ. */
static int mem_set_len(int fd, uint64_t len)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < len)
		return -EFBIG;
	return ftruncate(fd, (off_t)len) ? -errno : 0;
}

static int mem_map(struct dmavec_sim_mem *mem)
{
	int fd = memfd_create("dmavec-sim", MFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = mem_set_len(fd, mem->len);
	/* a limit on files is none on memory */
	if (!err || err == -EFBIG)
		err = mem_map_file(mem, err ? -1 : fd);
	close(fd);
	return err;
}

static void mem_layout(struct dmavec_sim_mem *mem)
{
	uint64_t pair = 2 * mem->page, slots;

	/* The upper page of each pair, so that no page lies beside the low bytes either. */
	mem->first = (mem->low + pair - 1) / pair * pair + mem->page;
	slots = mem->len > mem->first ? (mem->len - mem->first) / pair + 1 : 0;
	mem->slots = slots < UINT32_MAX ? (uint32_t)slots : UINT32_MAX;
	while ((uint64_t)1 << mem->bits < mem->slots)
		mem->bits++;
}

static int mem_open_book(struct dmavec_sim_mem *mem)
{
	uint64_t bitmap = ((uint64_t)mem->slots + 63) / 64 * 8, list = (uint64_t)mem->slots * sizeof(*mem->freed);
	void *book;

	if (bitmap + list > SIZE_MAX)
		return -ENOMEM;
	mem->book_len = (size_t)(bitmap + list) + 1;
	book = mmap(NULL, mem->book_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (book == MAP_FAILED)
		return -ENOMEM;
	mem->out = book;
	mem->freed = (uint32_t *)((unsigned char *)book + bitmap);
	return 0;
}

static int mem_init(struct dmavec_sim_mem *mem, const struct dmavec_sim_mem_opts *opts)
{
	int err;

	mem->len = opts->len;
	mem->page = opts->page;
	mem->low = opts->low;
	mem->seed = mem_mix(opts->seed + 0x9e3779b97f4a7c15ULL);
	mem->random = mem->seed;
	mem_layout(mem);
	err = mem_open_book(mem);
	if (err)
		return err;
	err = mem_map(mem);
	if (err) {
		munmap(mem->out, mem->book_len);
		return err;
	}
	pthread_mutex_init(&mem->lock, NULL);
	return 0;
}

int dmavec_sim_mem_open(struct dmavec_sim_mem **mem, const struct dmavec_sim_mem_opts *given)
{
	struct dmavec_sim_mem_opts opts = { .size = sizeof(opts) };
	struct dmavec_sim_mem *made;
	int err;

	if (!mem)
		return -EINVAL;
	err = given ? sim_opts_take(&opts, sizeof(opts), given, given->size) : 0;
	if (!err)
		err = mem_opts_check(&opts);
	if (err)
		return err;
	made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	err = mem_init(made, &opts);
	if (err) {
		free(made);
		return err;
	}
	*mem = made;
	return 0;
}

void dmavec_sim_mem_close(struct dmavec_sim_mem *mem)
{
	if (!mem)
		return;
	pthread_mutex_destroy(&mem->lock);
	munmap(mem->base, (size_t)mem->len);
	munmap(mem->out, mem->book_len);
	free(mem);
}

struct dmavec_window dmavec_sim_mem_window(const struct dmavec_sim_mem *mem)
{
	struct dmavec_window window = { dmavec_cpu(mem->base), 0, mem->len };

	return window;
}

struct dmavec_range dmavec_sim_mem_low(const struct dmavec_sim_mem *mem)
{
	struct dmavec_range low = { dmavec_cpu(mem->base), mem->low };

	return low;
}

/* ------------------------------------------------------------------ get, put */

static bool mem_take_freed(struct dmavec_sim_mem *mem, uint32_t *slot)
{
	uint32_t pick;

	if (!mem->nfreed)
		return false;
	mem->random += 0x9e3779b97f4a7c15ULL;
	pick = (uint32_t)(mem_mix(mem->random) % mem->nfreed);
	*slot = mem->freed[pick];
	mem->freed[pick] = mem->freed[--mem->nfreed];
	return true;
}

static bool mem_take_fresh(struct dmavec_sim_mem *mem, uint32_t *slot)
{
	uint64_t end = (uint64_t)1 << mem->bits, x;

	while (mem->next < end) {
		x = mem_permute(mem, mem->next++);
		if (x >= mem->slots)
			continue;
		*slot = (uint32_t)x;
		return true;
	}
	return false;
}

int dmavec_sim_mem_get(struct dmavec_sim_mem *mem, dmavec_cpu_t *page)
{
	uint32_t slot;
	bool got;

	if (!mem || !page)
		return -EINVAL;
	pthread_mutex_lock(&mem->lock);
	got = mem_take_freed(mem, &slot) || mem_take_fresh(mem, &slot);
	if (got)
		mem->out[slot / 64] |= (uint64_t)1 << (slot % 64);
	pthread_mutex_unlock(&mem->lock);
	if (!got)
		return -ENOMEM;
	*page = dmavec_cpu(mem->base + mem->first + (uint64_t)slot * 2 * mem->page);
	return 0;
}

/* The slot of what get may have handed out. */
static bool mem_slot_of(const struct dmavec_sim_mem *mem, dmavec_cpu_t page, uint32_t *slot)
{
	uint64_t offset = (DMAVEC_FORCE uint64_t)page - (uintptr_t)mem->base - mem->first;
	uint64_t pair = 2 * mem->page;

	if (offset % pair || offset / pair >= mem->slots)
		return false;
	*slot = (uint32_t)(offset / pair);
	return true;
}

void dmavec_sim_mem_put(struct dmavec_sim_mem *mem, dmavec_cpu_t page)
{
	uint64_t bit;
	uint32_t slot;

	if (!mem || !mem_slot_of(mem, page, &slot))
		return;
	bit = (uint64_t)1 << (slot % 64);
	pthread_mutex_lock(&mem->lock);
	if (mem->out[slot / 64] & bit) {
		mem->out[slot / 64] &= ~bit;
		mem->freed[mem->nfreed++] = slot;
	}
	pthread_mutex_unlock(&mem->lock);
}
