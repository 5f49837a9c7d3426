/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Linux, Documentation/admin-guide/mm/pagemap.rst: 64 bits a page of the process, in the order of addresses. All of them are
 * asked for in one read: a read a page costs thirty times as much and more.
 */
#include "pagemap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define ENTRY_PRESENT (UINT64_C(1) << 63)
#define ENTRY_FRAME   ((UINT64_C(1) << 55) - 1) /* 0 for those who may not see it */

int pagemap_open(void)
{
	/* Of the thread: that of the process is gone where its first thread is. */
	int fd = open("/proc/thread-self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	return errno == ENOENT || errno == EACCES ? -EPERM : -errno;
}

static int read_entries(int pagemap, uint64_t first, uint64_t *entries, size_t n)
{
	char *to = (char *)entries;
	size_t left = n * sizeof(*entries);
	off_t at = (off_t)(first * sizeof(*entries));

	while (left) {
		ssize_t got = pread(pagemap, to, left, at);

		if (got <= 0)
			return got ? -errno : -EFAULT;
		to += got;
		at += got;
		left -= (size_t)got;
	}
	return 0;
}

/* Frame 0 may be a page's own number: they are hidden where no page has another. */
static int check_entries(const uint64_t *entries, size_t n)
{
	uint64_t any = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!(entries[i] & ENTRY_PRESENT))
			return -EAGAIN;
		any |= entries[i] & ENTRY_FRAME;
	}
	return any ? 0 : -EPERM;
}

/* How many ranges these pages are; where ranges is not NULL, they are written. */
static size_t join_frames(const uint64_t *entries, size_t n, uint64_t page, struct dmavec_range *ranges)
{
	uint64_t frame, next = 0;
	size_t i, nranges = 0;

	for (i = 0; i < n; i++, next = frame + 1) {
		frame = entries[i] & ENTRY_FRAME;
		if (!i || frame != next) {
			nranges++;
			if (ranges)
				ranges[nranges - 1] = (struct dmavec_range){ frame * page, 0 };
		}
		if (ranges)
			ranges[nranges - 1].len += page;
	}
	return nranges;
}

/* Whole pages, from which what lies before the first byte and behind the last is taken away. */
static int make_ranges(const uint64_t *entries, size_t n, uint64_t page, uint64_t head, uint64_t len,
                       struct dmavec_range **ranges, size_t *nranges)
{
	size_t count = join_frames(entries, n, page, NULL);
	struct dmavec_range *array = malloc(count * sizeof(*array));

	if (!array)
		return -ENOMEM;
	join_frames(entries, n, page, array);
	array[0].addr += head;
	array[0].len -= head;
	array[count - 1].len -= n * page - head - len;
	*ranges = array;
	*nranges = count;
	return 0;
}

int pagemap_ranges(int pagemap, dmavec_cpu_t cpu, uint64_t len, struct dmavec_range **ranges, size_t *nranges)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), head = cpu % page;
	size_t n = (size_t)((head + len - 1) / page + 1);
	uint64_t *entries = malloc(n * sizeof(*entries));
	int err;

	if (!entries)
		return -ENOMEM;
	err = read_entries(pagemap, cpu / page, entries, n);
	if (!err)
		err = check_entries(entries, n);
	if (!err)
		err = make_ranges(entries, n, page, head, len, ranges, nranges);
	free(entries);
	return err;
}
