/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Each call that the source makes fails in turn, and the file is shortened between any two of them. */
#define _GNU_SOURCE
#include "part.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What the kernel would tell a process that may know. */
static uint64_t entries[64];

static void prepare(bool older)
{
	size_t i;

	seam_reset();
	for (i = 0; i < 64; i++)
		entries[i] = UINT64_C(1) << 63 | (i * 37 + 1);
	seam.entries = entries;
	if (older) {
		seam.fail = CALL_MADVISE;
		seam.fail_at = 1;
		seam.to_the_last = true;
		seam.error = EINVAL;
	}
}

static bool works(int fd, unsigned int flags)
{
	struct dmavec_file_source from;

	prepare(false);
	if (open_armed(&from, fd, 1, 0, flags))
		return false;
	close_armed(&from);
	return seam_holds_nothing() && !seam.inherited;
}

/* The nth call of this kind, until there is none. How many there were; ~0: something was held, or went another way. */
static unsigned long fail_each(int fd, unsigned int flags, enum seam_call call)
{
	struct dmavec_file_source from, was;
	unsigned long nth;
	int err;

	memset(&from, 0x55, sizeof(from));
	was = from;
	for (nth = 1; nth < 1000; nth++) {
		prepare(false);
		seam.fail = call;
		seam.fail_at = nth;
		seam.error = EIO;
		err = open_armed(&from, fd, 1, 0, flags);
		if (seam.seen[call] < nth)
			break;
		if (err != (call == CALL_MALLOC ? -ENOMEM : -EIO) || !seam_holds_nothing() ||
		    memcmp(&from, &was, sizeof(was)))
			return ~0ul;
	}
	if (err)
		return ~0ul;
	close_armed(&from);
	return nth - 1;
}

static void fail_all(int fd, unsigned int flags, const unsigned long wants[CALLS], const char *what)
{
	enum seam_call call;
	unsigned long tried;

	for (call = 0; call < CALLS; call++) {
		tried = fail_each(fd, flags, call);
		CHECK(tried == wants[call], "%s: %s fails at each of %ld points, nothing is held", what,
		      seam_names[call], (long)tried);
	}
	CHECK(works(fd, flags), "%s: and works afterwards", what);
}

/* A file system whose files cannot be mapped is no error of the system's. */
static void not_to_be_mapped(int fd)
{
	struct dmavec_file_source from;

	prepare(false);
	seam.fail = CALL_MMAP;
	seam.fail_at = 1;
	seam.error = ENODEV;
	CHECK(open_armed(&from, fd, 1, 0, 0) == -EINVAL && seam_holds_nothing(), "a file that cannot be mapped");
}

/* The way of older kernels has points of its own. */
static void fail_older(int fd, uint64_t pages)
{
	struct dmavec_file_source from;

	prepare(true);
	seam.error = ENOMEM;
	CHECK(open_armed(&from, fd, 1, 0, 0) == -ENOMEM && !seam.seen[CALL_READV] && seam_holds_nothing(),
	      "an error of the new way is not tried the older way");
	prepare(true);
	if (CHECK(!open_armed(&from, fd, 1, 0, 0), "the older way"))
		close_armed(&from);
	CHECK(seam.seen[CALL_READV] == pages && seam_holds_nothing(), "asks for each of %llu pages",
	      (unsigned long long)pages);
}

/* The file has cut bytes after the nth call of a kind. -EFAULT where a page is missing then; no signal. */
static void shortened(enum seam_call after, unsigned long nth, bool older, unsigned int flags, uint64_t cut, int want)
{
	uint64_t len = 4 * page_size();
	struct dmavec_file_source from;
	int fd = new_memory_file(len), err;

	prepare(older);
	seam.cut_after = after;
	seam.cut_at = nth;
	seam.cut = cut;
	seam.fd = fd;
	err = open_armed(&from, fd, 1, 0, flags);
	CHECK(err == want, "shortened to %llu bytes after %s %lu%s, flags %u: %d", (unsigned long long)cut,
	      seam_names[after], nth, older ? " of an older kernel" : "", flags, err);
	if (!err)
		close_armed(&from);
	CHECK(seam_holds_nothing(), "and nothing is held");
	close(fd);
}

static void all_shortened(void)
{
	uint64_t page = page_size();
	unsigned int flags;
	int older;

	for (flags = 0; flags < 4; flags++) {
		if (flags & DMAVEC_FILE_PHYSICAL && !has_pagemap())
			continue;
		for (older = 0; older < 2; older++) {
			shortened(CALL_FSTAT, 1, older, flags, page, -EFAULT);
			shortened(CALL_FSTAT, 1, older, flags, 0, -EFAULT);
			shortened(CALL_MMAP, 1, older, flags, 3 * page, -EFAULT);
			/* in a page that is there still: its end is zeros */
			shortened(CALL_MMAP, 1, older, flags, 3 * page + 1, 0);
		}
	}
	shortened(CALL_READV, 1, true, 0, page, -EFAULT);
	shortened(CALL_READV, 1, true, 0, 0, -EFAULT);
	/* only the store finds out */
	shortened(CALL_READV, 4, true, 0, 0, 0);
	shortened(CALL_READV, 4, true, DMAVEC_FILE_WRITE, 0, -EFAULT);
}

void test_failures(void)
{
	/* fstat, fstatfs, mmap, madvise, process_vm_readv, open, pread, malloc */
	const unsigned long plain[CALLS] = { 1, 1, 1, 1, 0, 0, 0, 0 }, physical[CALLS] = { 1, 1, 1, 1, 0, 1, 1, 2 };
	uint64_t pages = 5;
	int fd = new_memory_file(pages * page_size());

	if (!CHECK(fd >= 0, "a file"))
		return;
	fail_all(fd, 0, plain, "process addresses");
	fail_all(fd, DMAVEC_FILE_WRITE, plain, "to write");
	if (has_pagemap())
		fail_all(fd, DMAVEC_FILE_PHYSICAL, physical, "physical addresses");
	else
		part_skip(1, "no pagemap to read");
	not_to_be_mapped(fd);
	fail_older(fd, pages);
	close(fd);
	all_shortened();
}
