/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where an ordinary mapping happens to lie inside the window it serves. Else the process's own list of mappings tells
 * where the gaps are: exact, and one pass however wide the window is, where probing would take a system call a page.
 */
#define _GNU_SOURCE
#include "lowmem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define LOWEST     0x10000u /* what a process may usually map at all */
#define MAX_TRIES  64

#define PROT   (PROT_READ | PROT_WRITE)
#define FLAGS  (MAP_PRIVATE | MAP_ANONYMOUS)

struct gap {
	uint64_t first; /* of the gap, to go on below it */
	uint64_t start; /* of the memory in it */
	bool found;
};

/* The highest place for len bytes in the gap [low, high]. */
static void look_at(struct gap *best, uint64_t low, uint64_t high, size_t len, uint64_t align)
{
	uint64_t at;

	if (low > high || len - 1 > high - low)
		return;
	at = (high - (len - 1)) & ~(align - 1);
	if (at < low)
		return;
	best->first = low;
	best->start = at;
	best->found = true;
}

/* The highest place of all; without the list, the top of the window. */
static struct gap find_gap(size_t len, uint64_t align, uint64_t first, uint64_t last)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uint64_t start, end, free_from = first;
	struct gap best = { 0, 0, false };
	bool line_start = true;
	char line[256];

	while (maps && fgets(line, sizeof(line), maps)) {
		bool parse = line_start;

		line_start = strchr(line, '\n') != NULL;
		if (!parse || sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) != 2)
			continue;
		if (start > last)
			break;
		if (start > free_from)
			look_at(&best, free_from, start - 1, len, align);
		if (end > free_from)
			free_from = end;
	}
	look_at(&best, free_from, last, len, align);
	if (maps)
		fclose(maps);
	return best;
}

static void *map_in_gap(size_t len, uint64_t align, uint64_t first, uint64_t last)
{
	int tries;

	for (tries = 0; tries < MAX_TRIES && first <= last; tries++) {
		struct gap gap = find_gap(len, align, first, last);
		void *want, *mem;

		if (!gap.found)
			return NULL;
		want = (void *)(uintptr_t)gap.start;
		mem = mmap(want, len, PROT, FLAGS | MAP_FIXED_NOREPLACE, -1, 0);
		if (mem == want)
			return mem;
		if (mem != MAP_FAILED)
			munmap(mem, len); /* a kernel older than the flag took it for a hint */
		else if (errno == EEXIST)
			continue; /* somebody was faster: the list has changed */
		if (gap.first <= first)
			return NULL;
		last = gap.first - 1;
	}
	return NULL;
}

static void *map_anywhere(size_t len, uint64_t align, uint64_t first, uint64_t last)
{
	size_t more = align > (uint64_t)getpagesize() ? (size_t)align - (size_t)getpagesize() : 0, head;
	char *mem;

	if (len > SIZE_MAX - more)
		return NULL;
	mem = mmap(NULL, len + more, PROT, FLAGS, -1, 0);
	if (mem == MAP_FAILED)
		return NULL;
	head = more ? (size_t)(-(uintptr_t)mem & (align - 1)) : 0;
	if ((uintptr_t)mem + head < first || (uintptr_t)mem + head + (len - 1) > last) {
		munmap(mem, len + more);
		return NULL;
	}
	if (head)
		munmap(mem, head);
	if (more > head)
		munmap(mem + head + len, more - head);
	return mem + head;
}

void *lowmem_map(size_t len, uint64_t align, uint64_t first, uint64_t last)
{
	uint64_t page = (uint64_t)getpagesize();
	void *mem;

	if (align < page)
		align = page;
	if (first < LOWEST)
		first = LOWEST;
	if (last > UINTPTR_MAX)
		last = UINTPTR_MAX;
	if (first > last || !len || len - 1 > last - first || align > UINTPTR_MAX / 2)
		return NULL;
	mem = map_anywhere(len, align, first, last);
	return mem ? mem : map_in_gap(len, align, first, last);
}
