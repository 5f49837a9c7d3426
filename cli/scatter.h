/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* File bytes to and from scattered memory; short transfers and interrupted calls are carried on. */
#ifndef CLI_SCATTER_H
#define CLI_SCATTER_H

#include <dmavec/dmavec.h>

#include <stdint.h>

/* Move len bytes at offset of fd, which the ranges hold at least. How many were moved (fewer: the file ended), or a
 * negative errno. */
int64_t cli_scatter_read(int fd, uint64_t offset, const struct dmavec_range *ranges, uint64_t len);
int64_t cli_scatter_write(int fd, uint64_t offset, const struct dmavec_range *ranges, uint64_t len);

#endif
