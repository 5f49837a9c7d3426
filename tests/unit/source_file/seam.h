/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What stands between the source over a file and the system: the linker sends its calls here. While armed they are counted, one
 * of them fails on demand, and what the kernel tells is changed.
 */
#ifndef DMAVEC_TESTS_SEAM_H
#define DMAVEC_TESTS_SEAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum seam_call { CALL_FSTAT, CALL_FSTATFS, CALL_MMAP, CALL_MADVISE, CALL_READV, CALL_OPEN, CALL_PREAD, CALL_MALLOC, CALLS };

extern const char *const seam_names[CALLS];

struct seam {
	bool armed;
	unsigned long seen[CALLS];
	long fds, maps, blocks; /* taken while armed, less those given back */
	bool inherited;         /* a descriptor that a program started meanwhile would have */
	int advice;             /* the last one */
	/* the fail_at-th call of this kind fails, 0: none; to_the_last: all from then on */
	enum seam_call fail;
	unsigned long fail_at;
	bool to_the_last;
	int error;
	/* after the cut_at-th call of this kind the file has `cut` bytes */
	enum seam_call cut_after;
	unsigned long cut_at;
	int fd;
	uint64_t cut;
	/* pagemap: these in place of the kernel's entries; at most read_max bytes a read, 0: any; the first `absent` reads find
	 * their last page not there */
	const uint64_t *entries;
	size_t read_max;
	unsigned long absent;
};
extern struct seam seam;

/* Nothing fails, nothing is changed, nothing was counted. */
void seam_reset(void);
bool seam_holds_nothing(void);

#endif
