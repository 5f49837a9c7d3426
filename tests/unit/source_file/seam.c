/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#define _GNU_SOURCE
#include "seam.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ABSENT (~(UINT64_C(1) << 63))

struct seam seam;

const char *const seam_names[CALLS] = {
	"fstat", "fstatfs", "mmap", "madvise", "process_vm_readv", "open", "pread", "malloc",
};

void seam_reset(void)
{
	memset(&seam, 0, sizeof(seam));
}

bool seam_holds_nothing(void)
{
	return !seam.fds && !seam.maps && !seam.blocks;
}

static bool fails(enum seam_call call)
{
	if (!seam.armed)
		return false;
	seam.seen[call]++;
	if (seam.fail != call || !seam.fail_at)
		return false;
	if (seam.to_the_last ? seam.seen[call] < seam.fail_at : seam.seen[call] != seam.fail_at)
		return false;
	errno = seam.error;
	return true;
}

static void done(enum seam_call call)
{
	int was = errno;

	if (seam.armed && seam.cut_after == call && seam.cut_at && seam.seen[call] == seam.cut_at &&
	    ftruncate(seam.fd, (off_t)seam.cut))
		seam.fds += 1000; /* noticed in the end */
	errno = was;
}

int __real_fstat64(int fd, struct stat64 *to);
int __wrap_fstat64(int fd, struct stat64 *to);
int __real_fstatfs64(int fd, struct statfs64 *to);
int __wrap_fstatfs64(int fd, struct statfs64 *to);
int __real_open64(const char *name, int flags, ...);
int __wrap_open64(const char *name, int flags, ...);
int __real_close(int fd);
int __wrap_close(int fd);
void *__real_mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t offset);
void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t offset);
int __real_munmap(void *addr, size_t len);
int __wrap_munmap(void *addr, size_t len);
int __real_madvise(void *addr, size_t len, int advice);
int __wrap_madvise(void *addr, size_t len, int advice);
ssize_t __real_process_vm_readv(pid_t pid, const struct iovec *here, unsigned long nhere, const struct iovec *there,
				unsigned long nthere, unsigned long flags);
ssize_t __wrap_process_vm_readv(pid_t pid, const struct iovec *here, unsigned long nhere, const struct iovec *there,
				unsigned long nthere, unsigned long flags);
ssize_t __real_pread64(int fd, void *to, size_t len, off64_t offset);
ssize_t __wrap_pread64(int fd, void *to, size_t len, off64_t offset);
void *__real_malloc(size_t len);
void *__wrap_malloc(size_t len);
void __real_free(void *mem);
void __wrap_free(void *mem);

int __wrap_fstat64(int fd, struct stat64 *to)
{
	int err = fails(CALL_FSTAT) ? -1 : __real_fstat64(fd, to);

	done(CALL_FSTAT);
	return err;
}

int __wrap_fstatfs64(int fd, struct statfs64 *to)
{
	return fails(CALL_FSTATFS) ? -1 : __real_fstatfs64(fd, to);
}

int __wrap_open64(const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list args;
	int fd;

	va_start(args, flags);
	if (flags & O_CREAT)
		mode = va_arg(args, mode_t);
	va_end(args);
	fd = fails(CALL_OPEN) ? -1 : __real_open64(name, flags, mode);
	if (seam.armed && fd >= 0) {
		seam.fds++;
		seam.inherited |= !(flags & O_CLOEXEC);
	}
	return fd;
}

int __wrap_close(int fd)
{
	int err = __real_close(fd);

	seam.fds -= seam.armed && !err;
	return err;
}

void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t offset)
{
	void *mem = fails(CALL_MMAP) ? MAP_FAILED : __real_mmap64(addr, len, prot, flags, fd, offset);

	seam.maps += seam.armed && mem != MAP_FAILED;
	done(CALL_MMAP);
	return mem;
}

int __wrap_munmap(void *addr, size_t len)
{
	int err = __real_munmap(addr, len);

	seam.maps -= seam.armed && !err;
	return err;
}

int __wrap_madvise(void *addr, size_t len, int advice)
{
	int err = fails(CALL_MADVISE) ? -1 : __real_madvise(addr, len, advice);

	seam.advice = advice;
	done(CALL_MADVISE);
	return err;
}

ssize_t __wrap_process_vm_readv(pid_t pid, const struct iovec *here, unsigned long nhere, const struct iovec *there,
				unsigned long nthere, unsigned long flags)
{
	ssize_t got = fails(CALL_READV) ? -1 : __real_process_vm_readv(pid, here, nhere, there, nthere, flags);

	done(CALL_READV);
	return got;
}

/* Which pages a read asks for is known by where the first one of all began. */
static void put_entries(char *to, size_t len, off64_t offset)
{
	static off64_t first;

	if (seam.seen[CALL_PREAD] == 1)
		first = offset;
	memcpy(to, (const char *)seam.entries + (offset - first), len);
}

ssize_t __wrap_pread64(int fd, void *to, size_t len, off64_t offset)
{
	uint64_t last;
	ssize_t got;

	if (fails(CALL_PREAD))
		return -1;
	if (!seam.armed)
		return __real_pread64(fd, to, len, offset);
	got = __real_pread64(fd, to, seam.read_max && seam.read_max < len ? seam.read_max : len, offset);
	if (got > 0 && seam.entries)
		put_entries(to, (size_t)got, offset);
	if (got > 0 && seam.seen[CALL_PREAD] <= seam.absent) {
		memcpy(&last, (char *)to + got - sizeof(last), sizeof(last));
		last &= ABSENT;
		memcpy((char *)to + got - sizeof(last), &last, sizeof(last));
	}
	return got;
}

void *__wrap_malloc(size_t len)
{
	void *mem = fails(CALL_MALLOC) ? NULL : __real_malloc(len);

	seam.blocks += seam.armed && mem;
	return mem;
}

void __wrap_free(void *mem)
{
	seam.blocks -= seam.armed && mem;
	__real_free(mem);
}
