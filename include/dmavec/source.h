/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where ranges come from, when they do not lie in an array already.
 *
 * Ranges come in vectors, so that no call is paid for each one. Both functions run on the thread that called
 * dmavec_map_source, during that call only. Embed struct dmavec_source as the first member of your own state.
 */
#ifndef DMAVEC_SOURCE_H
#define DMAVEC_SOURCE_H

#include <dmavec/dmavec.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dmavec_source {
	/*
	 * Write up to max ranges and, for each, its flags (0 or DMAVEC_MMIO); return how many, 0 at the end. max is at
	 * least 1. A range of length 0 is skipped. range_flags is never NULL and starts as zeros.
	 */
	size_t (*fill)(struct dmavec_source *source, struct dmavec_range *ranges, uint32_t *range_flags, size_t max);
	/* Begin at the first range: called before the first fill, and before each further reading. The same ranges must
	 * come each time: a source that answers otherwise is -EINVAL. */
	void (*rewind)(struct dmavec_source *source);
};

/*
 * An array of struct iovec (<sys/uio.h>), as readv takes it: bytes [skip, skip + len) of what it names; len 0: to its end.
 * Empty entries are skipped, wherever they point. The array and its memory stay the caller's, and must stay as they are while
 * the source is used; there is nothing to close. Not in the kernel.
 */
struct iovec;
struct dmavec_iovec_source {
	struct dmavec_source source; /* for dmavec_map_source */
	uint64_t len;                /* out: bytes in it */
	const struct iovec *iov;     /* the rest is private */
	size_t niov, first, at;
	uint64_t head, left;
};
/* -EINVAL: more entries than IOV_MAX (Linux: 1024), more than SSIZE_MAX bytes in all, an entry that wraps - even one outside the
 * bytes asked for -, nothing to name (as dmavec_map has it), or fewer bytes than skip + len. */
DMAVEC_MUST_CHECK int dmavec_source_iovec(struct dmavec_iovec_source *from, const struct iovec *iov, size_t niov,
                                          uint64_t skip, uint64_t len);

/*
 * The pages of a file as they lie in the page cache: mapped into the process, shared, and brought in, all of them, without
 * a risk of SIGBUS. They are one range of process addresses; with DMAVEC_FILE_PHYSICAL the physical addresses that the kernel
 * tells (/proc/thread-self/pagemap), neighbours joined. The file's holes are included: they become pages of zeros, so that a
 * large sparse file takes as much memory as a full one; take it in parts. The descriptor may be closed once this returns.
 *
 * Physical addresses are what they were when the source was opened: nothing pins the pages, and the kernel may move them.
 * They are for looking at, and for memory that does not move (hugetlbfs). The file may be shortened meanwhile: access to
 * process addresses behind its end is SIGBUS then, as with any mapping, and a bounce is such an access; a device access by
 * dmavec_space_read or _write is -EFAULT.
 *
 * The source stays where it is, or is moved as a whole; one copy of it is closed.
 */
#define DMAVEC_FILE_PHYSICAL 0x1u
/* The device may write, and the file is open for reading and writing. Without it, a mapping for the device to write is a
 * mistake of the program's: what a bounce copies back at unmap is SIGSEGV, as any write to such memory. Each page is brought in as if it were written: holes take
 * room in the file system, and all of it counts as changed. */
#define DMAVEC_FILE_WRITE    0x2u
struct dmavec_file_source {
	struct dmavec_source source; /* for dmavec_map_source */
	dmavec_cpu_t cpu;            /* out: the first byte in the process */
	uint64_t len;                /* out: bytes in it */
	uint64_t page;               /* out: bytes of a page of this file: the process's, or a huge one on hugetlbfs */
	struct dmavec_range *ranges; /* the rest is private */
	size_t nranges, at;
	void *mapped;
	uint64_t mapped_len;
};
/*
 * Bytes [offset, offset + len); len 0: to the file's end. Neither need be a multiple of a page.
 * -EINVAL   beyond its end, an empty file, not a regular file or one that cannot be mapped, unknown flags
 * -EPERM    the kernel does not tell physical addresses: no CAP_SYS_ADMIN, no /proc, or none of this process in it; or the
 *           file is sealed against writing
 * -EACCES   the descriptor is not open for that
 * -EFAULT   pages that would not come in: the file was shortened, cannot be read, or has no room for its holes
 * -ENOMEM   no memory, or no room among the process's addresses
 * Any other comes from the kernel. *from is written only on success.
 */
DMAVEC_MUST_CHECK int dmavec_source_file(struct dmavec_file_source *from, int fd, uint64_t offset, uint64_t len,
                                         unsigned int flags);
/* Nothing of it may be mapped for a device any more. All-zero or NULL: nothing happens. *from is all-zero afterwards. */
void dmavec_source_file_close(struct dmavec_file_source *from);

#ifdef __cplusplus
}
#endif
#endif
