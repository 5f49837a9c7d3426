/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Memory as hardware reaches it: an address that leads nowhere, or to memory that does not allow it, is -EFAULT.
 *
 * The kernel copies, since only it can look at an address and survive. Where it does not offer process_vm_readv (system
 * call filters, emulated processors) the bytes take a detour through a pipe.
 */
#ifndef SIM_ACCESS_H
#define SIM_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One copy is at most this long. */
#define SIM_ACCESS_MAX 4096u

/* Whether this process has to take the detour. */
bool sim_access_needs_pipe(void);

int sim_access_read(bool by_pipe, void *to, uint64_t from, size_t len);
int sim_access_write(bool by_pipe, uint64_t to, const void *from, size_t len);

/* An aligned little-endian table entry, as one value: never half of an old one and half of a new one. */
int sim_access_entry(bool by_pipe, uint64_t addr, uint64_t *value);

#endif
