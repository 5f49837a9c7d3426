/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Physical addresses. Against the kernel's own answers, asked for a page at a time, where this process may have them; and on
 * any machine with answers of which the test knows what they must become.
 */
#define _GNU_SOURCE
#include "part.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../tap.h"

#define PRESENT UINT64_C(0x8000000000000000)
#define FRAME   UINT64_C(0x007fffffffffffff)
#define NOISE   UINT64_C(0x7f80000000000000) /* what else an entry says */

/* Bytes joined to the last range where they go on from there: a walk over pages, by hand. */
static size_t add_bytes(struct dmavec_range *ranges, size_t n, uint64_t addr, uint64_t len)
{
	if (n && ranges[n - 1].addr + ranges[n - 1].len == addr) {
		ranges[n - 1].len += len;
		return n;
	}
	ranges[n].addr = addr;
	ranges[n].len = len;
	return n + 1;
}

/* entries NULL: as the kernel tells. */
static size_t want_ranges(const struct dmavec_file_source *from, const uint64_t *entries, struct dmavec_range *ranges)
{
	uint64_t page = page_size(), at = from->cpu, end = from->cpu + from->len, part, frame;
	size_t i, n = 0;

	for (i = 0; at < end; i++, at += part) {
		part = page - at % page;
		part = part < end - at ? part : end - at;
		frame = (entries ? entries[i] : pagemap_entry(dmavec_ptr(at))) & FRAME;
		n = add_bytes(ranges, n, frame * page + at % page, part);
	}
	return n;
}

static bool tells(struct dmavec_file_source *from, const uint64_t *entries, size_t max)
{
	static struct dmavec_range got[RANGES_MAX + 64], want[RANGES_MAX];
	size_t n = want_ranges(from, entries, want);

	if (read_ranges(from, max, got) != n || memcmp(got, want, n * sizeof(*got)))
		return false;
	from->source.rewind(&from->source);
	return read_ranges(from, 64, got) == n && !memcmp(got, want, n * sizeof(*got));
}

/* ------------------------------------------------------------------ with known answers */

static void random_entries(uint64_t *state, uint64_t *entries, size_t n)
{
	uint64_t frame = tap_random(state) & FRAME;
	size_t i;

	for (i = 0; i < n; i++) {
		switch (tap_random(state) % 4) {
		case 0:
			frame = tap_random(state) & FRAME >> tap_random(state) % 55;
			break;
		case 1:
			frame = (frame + tap_random(state) % 3 - 1) & FRAME;
			break;
		default:
			frame = (frame + 1) & FRAME;
		}
		frame &= UINT64_MAX / page_size(); /* physical addresses have 64 bits here */
		frame += !frame;                   /* nothing but 0 is hidden */
		entries[i] = PRESENT | (tap_random(state) & NOISE) | frame;
	}
}

static void known_at_random(int fd, uint64_t len)
{
	uint64_t seed = tap_seed(), state = seed, cases = tap_cases(5000), i, offset, part;
	struct dmavec_file_source from;
	uint64_t entries[64];

	for (i = 0; i < cases; i++) {
		random_entries(&state, entries, 64);
		offset = tap_random(&state) % len;
		part = 1 + tap_random(&state) % (len - offset);
		seam_reset();
		seam.entries = entries;
		seam.read_max = tap_random(&state) % 3 ? 0 : 8 * (1 + tap_random(&state) % 9);
		if (open_armed(&from, fd, offset, part, DMAVEC_FILE_PHYSICAL) ||
		    !tells(&from, entries, 1 + tap_random(&state) % 64) ||
		    (!seam.read_max && seam.seen[CALL_PREAD] != 1))
			break;
		close_armed(&from);
		if (!seam_holds_nothing() || seam.inherited)
			break;
	}
	CHECK(i == cases, "%llu answers: neighbours joined, the ends exact, one read", (unsigned long long)i);
}

static int open_known(struct dmavec_file_source *from, int fd, uint64_t len, const uint64_t *entries,
		      unsigned long absent)
{
	seam_reset();
	seam.entries = entries;
	seam.absent = absent;
	return open_armed(from, fd, 0, len, DMAVEC_FILE_PHYSICAL);
}

static void known(int fd)
{
	uint64_t page = page_size(), entries[3] = { PRESENT | 0, PRESENT | 1, PRESENT | 1 };
	struct dmavec_range r[4];
	uint32_t flags[4] = { 0, 0, 0, 0 };
	struct dmavec_file_source from;

	CHECK(!open_known(&from, fd, 3 * page, entries, 0) && from.source.fill(&from.source, r, flags, 4) == 2 &&
		      r[0].addr == 0 && r[0].len == 2 * page && r[1].addr == page && r[1].len == page,
	      "frame 0 among others is a frame; a page twice is named twice");
	CHECK(from.len == 3 * page && from.page == page && from.cpu % page == 0, "the process's address is told, too");
	close_armed(&from);
	entries[0] = entries[1] = entries[2] = PRESENT | NOISE;
	CHECK(open_known(&from, fd, 3 * page, entries, 0) == -EPERM && seam_holds_nothing(), "nothing but 0: -EPERM");
	entries[0] = PRESENT | 9;
	entries[1] = entries[2] = PRESENT | 77;
	CHECK(!open_known(&from, fd, 3 * page, entries, 2) && tells(&from, entries, 1) && seam.seen[CALL_MADVISE] == 3,
	      "a page that is not there is brought in again");
	close_armed(&from);
	CHECK(open_known(&from, fd, 3 * page, entries, 100000) == -EFAULT && seam_holds_nothing() &&
		      seam.seen[CALL_PREAD] < 100,
	      "one that never is: -EFAULT, in the end");
}

/* ------------------------------------------------------------------ with the kernel's */

static bool may_see_frames(void)
{
	int here = 1;

	return pagemap_entry(&here) & FRAME;
}

/* The kernel moves pages at times: what it says must be the same before and after. */
static bool as_the_kernel(int fd, uint64_t offset, uint64_t len, unsigned int flags, size_t max)
{
	struct dmavec_file_source from;
	bool good = false;
	int tries;

	for (tries = 0; !good && tries < 4; tries++) {
		if (dmavec_source_file(&from, fd, offset, len, DMAVEC_FILE_PHYSICAL | flags))
			return false;
		good = tells(&from, NULL, max);
		dmavec_source_file_close(&from);
	}
	return good;
}

static void kernel_at_random(int fd, uint64_t len, const char *what)
{
	uint64_t seed = tap_seed(), state = seed, cases = tap_cases(300) / 10 + 1, i, offset, part;

	if (!CHECK(fd >= 0, "a file %s", what))
		return;
	for (i = 0; i < cases; i++) {
		offset = tap_random(&state) % len;
		part = tap_random(&state) % (len - offset + 1);
		if (!as_the_kernel(fd, offset, part, i & 1 ? DMAVEC_FILE_WRITE : 0, 1 + tap_random(&state) % 64))
			break;
	}
	CHECK(i == cases, "%s: %llu parts have the addresses that the kernel tells", what, (unsigned long long)i);
	close(fd);
}

static void huge_page(void)
{
	int fd = memfd_create("dmavec-test", MFD_CLOEXEC | MFD_HUGETLB);
	struct dmavec_file_source from;
	struct dmavec_range r[2];
	uint32_t flags[2] = { 0, 0 };
	struct stat file;
	uint64_t page;

	if (fd < 0 || fstat(fd, &file) || ftruncate(fd, 2 * file.st_blksize) ||
	    dmavec_source_file(&from, fd, 5000, 0, DMAVEC_FILE_PHYSICAL)) {
		part_skip(2, "no huge pages");
	} else {
		page = (uint64_t)file.st_blksize;
		CHECK(from.source.fill(&from.source, r, flags, 1) == 1 && r[0].len >= page - 5000 &&
			      r[0].addr % page == 5000,
		      "a huge page is one range");
		dmavec_source_file_close(&from);
		CHECK(as_the_kernel(fd, page - 5000, 9000, DMAVEC_FILE_WRITE, 1) && as_the_kernel(fd, 1, 1, 0, 64),
		      "and has the addresses that the kernel tells");
	}
	close(fd);
}

static void kernel(void)
{
	uint64_t len = 60 * page_size() - 99;

	if (!may_see_frames()) {
		part_skip(8, "the kernel does not tell physical addresses here (CAP_SYS_ADMIN)");
		return;
	}
	kernel_at_random(new_memory_file(len), len, "in memory");
	kernel_at_random(new_disk_file(len), len, "on disk");
	kernel_at_random(new_sparse_file(len), len, "sparse");
	huge_page();
}

/* ------------------------------------------------------------------ hidden */

#define NOBODY 65534u

/* In a child of its own: what opening says. Negative: the child could not become what it should. */
static int as_another(void (*become)(void), int fd)
{
	struct dmavec_file_source from;
	int status;
	pid_t child = fork();

	if (!child) {
		become();
		_exit(-dmavec_source_file(&from, fd, 0, 0, DMAVEC_FILE_PHYSICAL));
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return 255;
	return WEXITSTATUS(status);
}

static void must(int err)
{
	if (err)
		_exit(254);
}

static void become_nobody(void)
{
	must(setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY));
}

/* That of a program that nobody started: its own files in /proc can be opened. */
static void become_plain_nobody(void)
{
	become_nobody();
	must(prctl(PR_SET_DUMPABLE, 1));
}

static void become_rootless(void)
{
	if (!access("/proc/self", F_OK))
		must(chroot("/proc/self/fdinfo") || chdir("/"));
}

static void become_itself(void)
{
}

static int threads_fd;

/* Its first thread has ended when /proc does not show the process's descriptors any more. */
static void *open_later(void *arg)
{
	uint64_t entry = PRESENT | 5;
	struct dmavec_file_source from;

	while (!access("/proc/self/fd/0", F_OK) || !access("/proc/self/fd/1", F_OK))
		usleep(1000);
	_exit(-open_known(&from, threads_fd, page_size(), &entry, 0));
	return arg;
}

static void become_second_thread(void)
{
	pthread_t thread;

	must(pthread_create(&thread, NULL, open_later, NULL));
	pthread_exit(NULL);
}

static void hidden(int fd)
{
	bool root = !geteuid();

	CHECK(as_another(become_itself, fd) == (may_see_frames() ? 0 : EPERM), "in a child as here");
	if (!root) {
		part_skip(3, "not root, who alone can become others");
		return;
	}
	CHECK(as_another(become_nobody, fd) == EPERM, "as nobody, to whom /proc is closed: -EPERM");
	CHECK(as_another(become_plain_nobody, fd) == EPERM, "as nobody, to whom frames are 0: -EPERM");
	CHECK(as_another(become_rootless, fd) == EPERM, "without /proc: -EPERM");
}

/* The files of a process in /proc are empty once its first thread has ended. */
static void first_thread_gone(int fd)
{
	threads_fd = fd;
	if (!has_pagemap())
		part_skip(1, "no pagemap to read");
	else
		CHECK(as_another(become_second_thread, fd) == 0, "from a thread that outlives the first");
}

static void errors_of_opening(int fd)
{
	const struct {
		int error, want;
	} cases[] = {
		{ ENOENT, -EPERM }, { EACCES, -EPERM }, { EPERM, -EPERM }, { EMFILE, -EMFILE }, { ENOMEM, -ENOMEM }
	};
	struct dmavec_file_source from;
	size_t i;
	int err;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		seam_reset();
		seam.fail = CALL_OPEN;
		seam.fail_at = 1;
		seam.error = cases[i].error;
		err = open_armed(&from, fd, 0, 0, DMAVEC_FILE_PHYSICAL);
		CHECK(err == cases[i].want && seam_holds_nothing(), "pagemap that is error %d to open: %d",
		      cases[i].error, cases[i].want);
		CHECK(!open_armed(&from, fd, 0, 0, 0), "process addresses do not need it");
		close_armed(&from);
	}
}

void test_physical(void)
{
	uint64_t len = 60 * page_size() + 1;
	int fd = new_memory_file(len);

	if (!CHECK(fd >= 0, "a file"))
		return;
	if (has_pagemap()) {
		known(fd);
		known_at_random(fd, len);
	} else {
		part_skip(1, "no pagemap to read");
	}
	errors_of_opening(fd);
	kernel();
	hidden(fd);
	first_thread_gone(fd);
	close(fd);
}
