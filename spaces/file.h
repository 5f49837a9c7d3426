/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Files behind process addresses, for the spaces that take those.
 */
#ifndef DMAVEC_SPACES_FILE_H
#define DMAVEC_SPACES_FILE_H

#include <dmavec/space.h>

/* The file_map and file_unmap operations; ctx is not used. The kernel's errors: an offset inside a page is -EINVAL. */
int file_map(void *ctx, int fd, uint64_t offset, uint64_t len, unsigned int prot, dmavec_cpu_t *cpu);
void file_unmap(void *ctx, dmavec_cpu_t cpu, uint64_t len);

#endif
