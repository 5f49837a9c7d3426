/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The source over the pages of a file: which files and which parts of them, that their pages are there, and that nothing is
 * held by a call that fails. source_file/ holds more: as the device sees it, physical addresses, each call failing in turn.
 */
#define _GNU_SOURCE
#include "source_file/part.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "tap.h"

bool part_ok(bool good, const char *file, int line, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return tap_ok(good, file, line, "%s", text);
}

void part_skip(unsigned long n, const char *why)
{
	skip(n, why);
}

unsigned char file_byte(uint64_t at)
{
	return (unsigned char)(at * 2654435761u >> 9 ^ at >> 12);
}

uint64_t page_size(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

static int fill_file(int fd, uint64_t len)
{
	unsigned char bytes[4096];
	uint64_t at, i, part;

	for (at = 0; fd >= 0 && at < len; at += part) {
		part = len - at < sizeof(bytes) ? len - at : sizeof(bytes);
		for (i = 0; i < part; i++)
			bytes[i] = file_byte(at + i);
		if (pwrite(fd, bytes, (size_t)part, (off_t)at) != (ssize_t)part) {
			close(fd);
			return -1;
		}
	}
	return fd;
}

int new_sparse_file(uint64_t len)
{
	int fd = memfd_create("dmavec-test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && ftruncate(fd, (off_t)len)) {
		close(fd);
		return -1;
	}
	return fd;
}

int new_memory_file(uint64_t len)
{
	return fill_file(new_sparse_file(0), len);
}

static int new_disk_name(char *name, size_t size)
{
	const char *dir = getenv("TMPDIR");

	snprintf(name, size, "%s/dmavec-test-XXXXXX", dir && *dir ? dir : "/tmp");
	return mkostemp(name, O_CLOEXEC);
}

int new_disk_file(uint64_t len)
{
	char name[4096];
	int fd = new_disk_name(name, sizeof(name));

	if (fd >= 0)
		unlink(name);
	return fill_file(fd, len);
}

int open_armed(struct dmavec_file_source *from, int fd, uint64_t offset, uint64_t len, unsigned int flags)
{
	int err;

	seam.armed = true;
	err = dmavec_source_file(from, fd, offset, len, flags);
	seam.armed = false;
	return err;
}

void close_armed(struct dmavec_file_source *from)
{
	seam.armed = true;
	dmavec_source_file_close(from);
	seam.armed = false;
}

size_t read_ranges(struct dmavec_file_source *from, size_t max, struct dmavec_range *ranges)
{
	uint32_t flags[64];
	size_t got, n = 0;

	do {
		memset(flags, 0, sizeof(flags));
		got = from->source.fill(&from->source, ranges + n, flags, max);
		n += got;
		if (got > max || n + 64 > RANGES_MAX || flags[0])
			return RANGES_MAX + 1;
	} while (got);
	return n;
}

bool is_empty(const struct dmavec_file_source *from)
{
	static const struct dmavec_file_source none;

	return !memcmp(from, &none, sizeof(none));
}

uint64_t pagemap_entry(const void *mem)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (fd >= 0 && pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)mem / page_size() * sizeof(entry))) !=
			       (ssize_t)sizeof(entry))
		entry = 0;
	if (fd >= 0)
		close(fd);
	return entry;
}

bool has_pagemap(void)
{
	int here = 1;

	return pagemap_entry(&here) >> 63;
}

/* ------------------------------------------------------------------ which bytes */

/* The bytes [offset, offset + len) are one range in the process, and page bytes of a page of the file. */
static bool names(const struct dmavec_file_source *from, uint64_t offset, uint64_t len, uint64_t page)
{
	struct dmavec_file_source copy = *from;
	struct dmavec_range r[2];
	uint32_t flags[2] = { 0, 0 };
	const unsigned char *mem = dmavec_ptr(from->cpu);
	uint64_t i;
	int pass;

	for (pass = 0; pass < 2; pass++) {
		if (copy.source.fill(&copy.source, r, flags, 1 + (size_t)pass) != 1 || r[0].addr != from->cpu ||
		    r[0].len != len || flags[0] || copy.source.fill(&copy.source, r, flags, 2))
			return false;
		copy.source.rewind(&copy.source);
	}
	for (i = 0; i < len; i++)
		if (mem[i] != file_byte(offset + i))
			return false;
	return from->len == len && from->page == page && from->cpu % page == offset % page;
}

static bool gone(const void *mem)
{
	return msync((void *)((uintptr_t)mem & ~(uintptr_t)(page_size() - 1)), 1, MS_ASYNC) && errno == ENOMEM;
}

static void check_part(int fd, uint64_t offset, uint64_t len, uint64_t want, const char *what)
{
	struct dmavec_file_source from;
	void *mem;

	seam_reset();
	memset(&from, 0xaa, sizeof(from));
	if (!ok(!open_armed(&from, fd, offset, len, 0), "%s: opens", what))
		return;
	ok(names(&from, offset, want, page_size()), "%s: those bytes, in one range", what);
	mem = dmavec_ptr(from.cpu);
	close_armed(&from);
	ok(is_empty(&from) && gone(mem) && seam_holds_nothing(), "%s: closed, nothing is left", what);
}

static void parts(const char *kind, int fd, uint64_t len)
{
	uint64_t page = page_size();
	char what[64];

	if (!ok(fd >= 0, "a file %s", kind))
		return;
#define PART(offset, size, want)                                                                                       \
	do {                                                                                                           \
		snprintf(what, sizeof(what), "%s, %s and %s", kind, #offset, #size);                                   \
		check_part(fd, offset, size, want, what);                                                              \
	} while (0)
	PART(0, 0, len);
	PART(0, len, len);
	PART(0, 1, 1);
	PART(len - 1, 0, 1);
	PART(page, 0, len - page);
	PART(page - 1, 2, 2);
	PART(page + 7, page, page);
	PART(2 * page - 1, 1, 1);
	close(fd);
}

static void parts_at_random(void)
{
	uint64_t seed = tap_seed(), state = seed, cases = tap_cases(3000), i, len = 1, offset, part;
	struct dmavec_file_source from;
	int fd = -1;

	for (i = 0; i < cases; i++) {
		if (i % 64 == 0) {
			close(fd);
			len = 1 + tap_random(&state) % (5 * page_size());
			fd = i & 64 ? new_disk_file(len) : new_memory_file(len);
		}
		offset = tap_random(&state) % len;
		part = tap_random(&state) % 4 ? 1 + tap_random(&state) % (len - offset) : 0;
		if (dmavec_source_file(&from, fd, offset, part, i & 1 ? DMAVEC_FILE_WRITE : 0) ||
		    !names(&from, offset, part ? part : len - offset, page_size()))
			break;
		dmavec_source_file_close(&from);
	}
	ok(i == cases, "%llu parts of files", (unsigned long long)i);
	close(fd);
}

/* The source is the caller's to move, and the descriptor is not needed any more. */
static void moved(void)
{
	struct dmavec_file_source from, to;
	int fd = new_memory_file(3 * page_size() + 5), err = dmavec_source_file(&from, fd, 100, 0, 0);

	close(fd);
	to = from;
	memset(&from, 0xaa, sizeof(from));
	ok(!err && names(&to, 100, 3 * page_size() - 95, page_size()), "moved, and without the descriptor");
	dmavec_source_file_close(&to);
	dmavec_source_file_close(&to);
	dmavec_source_file_close(NULL);
	ok(is_empty(&to), "closing twice, or nothing, does nothing");
}

/* ------------------------------------------------------------------ what is refused */

static void refused(int fd, uint64_t offset, uint64_t len, unsigned int flags, int want, const char *what)
{
	struct dmavec_file_source from, was;
	int err;

	seam_reset();
	memset(&from, 0x55, sizeof(from));
	was = from;
	err = open_armed(&from, fd, offset, len, flags);
	if (!ok(err == want, "%s: error %d", what, -want))
		diag("it said %d", err);
	ok(!memcmp(&from, &was, sizeof(was)) && seam_holds_nothing(), "%s: nothing written, nothing held", what);
}

static void refused_name(const char *name, int how, unsigned int flags, int want)
{
	int fd = open(name, how | O_CLOEXEC);

	if (fd < 0) {
		skip(4, "a file of the kernel's that is not here");
		return;
	}
	refused(fd, 0, 0, flags, want, name);
	refused(fd, 0, 1, flags, want, name);
	close(fd);
}

static void refused_parts(void)
{
	uint64_t len = 2 * page_size() + 9;
	int fd = new_memory_file(len);

	ok(dmavec_source_file(NULL, fd, 0, 0, 0) == -EINVAL, "no source is -EINVAL");
	refused(fd, len, 0, 0, -EINVAL, "behind its end");
	refused(fd, len, 1, 0, -EINVAL, "a byte behind its end");
	refused(fd, UINT64_MAX, 0, 0, -EINVAL, "far behind");
	refused(fd, len - 1, 2, 0, -EINVAL, "beyond its end");
	refused(fd, 0, len + 1, 0, -EINVAL, "one byte too many");
	refused(fd, 0, 3 * page_size(), 0, -EINVAL, "in its last page, beyond its end");
	refused(fd, 2, UINT64_MAX, 0, -EINVAL, "a sum that wraps");
	refused(fd, 0, 0, 4, -EINVAL, "unknown flags");
	refused(fd, 0, 0, ~0u, -EINVAL, "all flags");
	fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE);
	refused(fd, 0, 0, DMAVEC_FILE_WRITE, -EPERM, "sealed");
	close(fd);
	refused(fd, 0, 0, 0, -EBADF, "not a descriptor");
	refused(-1, 0, 0, DMAVEC_FILE_PHYSICAL, -EBADF, "nor this");
	fd = new_sparse_file(0);
	refused(fd, 0, 0, 0, -EINVAL, "an empty file");
	refused(fd, 0, 1, 0, -EINVAL, "a byte of an empty file");
	close(fd);
}

static void refused_kinds(void)
{
	char name[4096];
	int fds[2], fd = new_disk_name(name, sizeof(name));

	if (ok(fd >= 0 && write(fd, name, 100) == 100, "a file with a name")) {
		refused_name(name, O_RDONLY, DMAVEC_FILE_WRITE, -EACCES);
		refused_name(name, O_WRONLY, 0, -EACCES);
		refused_name(name, O_WRONLY, DMAVEC_FILE_WRITE, -EACCES);
		refused_name(name, O_PATH, 0, -EBADF);
		unlink(name);
		close(fd);
	}
	refused_name("/tmp", O_RDONLY, 0, -EINVAL);
	refused_name("/dev/zero", O_RDWR, 0, -EINVAL);
	refused_name("/dev/null", O_RDWR, 0, -EINVAL);
	refused_name("/proc/self/status", O_RDONLY, 0, -EINVAL);
	refused_name("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY, 0, -EINVAL);
	if (ok(!pipe2(fds, O_CLOEXEC), "a pipe")) {
		refused(fds[0], 0, 0, 0, -EINVAL, "a pipe");
		close(fds[0]);
		close(fds[1]);
	}
	if (ok(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), "a socket")) {
		refused(fds[0], 0, 1, DMAVEC_FILE_WRITE, -EINVAL, "a socket");
		close(fds[0]);
		close(fds[1]);
	}
}

/* ------------------------------------------------------------------ brought in */

static bool present(const struct dmavec_file_source *from)
{
	const char *mem = dmavec_ptr(from->cpu);
	uint64_t at;

	for (at = 0; at < from->len; at += page_size())
		if (!(pagemap_entry(mem + at) >> 63))
			return false;
	return pagemap_entry(mem + from->len - 1) >> 63;
}

/* In both ways to bring pages in, that of older kernels too. */
static void brought_in(bool older, unsigned int flags, int fd, const char *what)
{
	struct dmavec_file_source from;
	struct stat file;
	int again, err;

	seam_reset();
	seam.fail = CALL_MADVISE;
	seam.fail_at = older;
	seam.to_the_last = true;
	seam.error = EINVAL;
	for (again = 0;; again++) {
		err = open_armed(&from, fd, 5, 0, flags);
		/* the kernel may take a page away again before it is looked at */
		if (err || again == 8 || present(&from))
			break;
		close_armed(&from);
	}
	if (!ok(!err && again < 8, "%s: every page is there%s", what, older ? ", on an older kernel" : ""))
		return;
	ok(seam.advice == (flags & DMAVEC_FILE_WRITE ? 23 : 22) && older == (seam.seen[CALL_READV] > 0),
	   "%s: by MADV_POPULATE_%s%s", what, flags & DMAVEC_FILE_WRITE ? "WRITE" : "READ", older ? ", or else" : "");
	ok(names(&from, 5, from.len, page_size()) || *(char *)dmavec_ptr(from.cpu) == 0, "%s: and as it was", what);
	if (flags & DMAVEC_FILE_WRITE)
		ok(!fstat(fd, &file) && (uint64_t)file.st_blocks * 512 >= from.len, "%s: its holes have room", what);
	close_armed(&from);
	ok(seam_holds_nothing(), "%s: nothing is left", what);
}

static int new_disk_hole(uint64_t len)
{
	int fd = new_disk_file(0);

	if (fd >= 0 && ftruncate(fd, (off_t)len))
		perror("# ftruncate");
	return fd;
}

static void all_brought_in(void)
{
	int (*const kinds[])(uint64_t) = { new_memory_file, new_disk_file, new_sparse_file, new_disk_hole };
	uint64_t len = 40 * page_size() + 3;
	unsigned int older, write, kind;
	char what[64];
	int fd;

	if (!has_pagemap()) {
		skip(1, "no pagemap that tells which pages are there");
		return;
	}
	for (older = 0; older < 2; older++)
		for (write = 0; write < 2; write++)
			for (kind = 0; kind < 4; kind++) {
				fd = kinds[kind](len);
				snprintf(what, sizeof(what), "%s %s, %s", kind & 2 ? "sparse" : "written",
					 kind & 1 ? "on disk" : "in memory", write ? "to write" : "to read");
				if (kind == 1)
					posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
				brought_in(older, write ? DMAVEC_FILE_WRITE : 0, fd, what);
				close(fd);
			}
}

/* A small part, far beyond what 32 bits say, of a file that would not fit into memory. */
static void huge(void)
{
	const uint64_t len = UINT64_C(1) << 42, at = (UINT64_C(5) << 32) + 77;
	int fd = new_sparse_file(len);
	struct dmavec_file_source from;
	struct stat file;
	char bytes[] = "far away";
	bool good;

	if (!ok(fd >= 0 && pwrite(fd, bytes, sizeof(bytes), (off_t)at) == (ssize_t)sizeof(bytes), "a file of 4 TiB"))
		return;
	good = !dmavec_source_file(&from, fd, at, 100000, DMAVEC_FILE_WRITE);
	if (ok(good, "a part of it")) {
		ok(!memcmp(dmavec_ptr(from.cpu), bytes, sizeof(bytes)), "lies where it should");
		ok(!fstat(fd, &file) && file.st_blocks * 512 < 1 << 20, "no other part was brought in");
		dmavec_source_file_close(&from);
	}
	close(fd);
}

/* Pages that are larger than the process's, where there are some. */
static void large_pages(void)
{
	int fd = memfd_create("dmavec-test", MFD_CLOEXEC | MFD_HUGETLB);
	struct dmavec_file_source from;
	struct stat file;
	uint64_t page;
	void *mem;

	if (fd < 0 || fstat(fd, &file) || ftruncate(fd, file.st_blksize)) {
		skip(1, "no hugetlbfs");
		return;
	}
	page = (uint64_t)file.st_blksize;
	seam_reset();
	if (open_armed(&from, fd, page_size() + 3, page - 2 * page_size(), DMAVEC_FILE_WRITE)) {
		skip(1, "no huge pages");
	} else {
		mem = dmavec_ptr(from.cpu);
		ok(from.page == page && from.cpu % page == page_size() + 3 && from.len == page - 2 * page_size(),
		   "a page of %llu bytes, and a part of it", (unsigned long long)page);
		close_armed(&from);
		ok(gone(mem) && seam_holds_nothing(), "and nothing is left of it");
	}
	close(fd);
}

static void test_files(void)
{
	uint64_t len = 3 * page_size() + 1234;

	parts("in memory", new_memory_file(len), len);
	parts("on disk", new_disk_file(len), len);
	parts_at_random();
	moved();
	refused_parts();
	refused_kinds();
	all_brought_in();
	huge();
	large_pages();
}

int main(void)
{
	test_files();
	test_device();
	test_physical();
	test_failures();
	return done_testing();
}
