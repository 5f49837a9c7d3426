/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Copies between a buffer of ours and process addresses that may not be there: -EFAULT then, never a signal. What lies
 * before the fault may have been moved.
 */
#ifndef DMAVEC_SPACES_ACCESS_H
#define DMAVEC_SPACES_ACCESS_H

#include <stddef.h>
#include <stdint.h>

int access_read(uint64_t cpu, void *buf, size_t len);
int access_write(uint64_t cpu, const void *buf, size_t len);

#endif
