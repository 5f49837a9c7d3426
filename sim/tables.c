/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tables.h"

#include <errno.h>

#include "access.h"

int sim_windows_find(const struct sim_windows *windows, uint64_t phys, size_t *len, uint64_t *cpu)
{
	uint32_t i;

	if (!windows->n) {
		*cpu = phys;
		return 0;
	}
	for (i = 0; i < windows->n; i++) {
		const struct dmavec_window *window = &windows->list[i];
		uint64_t offset = phys - (DMAVEC_FORCE uint64_t)window->dma;

		if (offset >= window->len)
			continue;
		*cpu = (DMAVEC_FORCE uint64_t)window->cpu + offset;
		if (*len > window->len - offset)
			*len = (size_t)(window->len - offset);
		return 0;
	}
	return -EFAULT;
}

int sim_tables_entry(const struct sim_tables *tables, uint64_t phys, uint64_t *addr, uint64_t *entry)
{
	size_t len = sizeof(*entry);
	int err = sim_windows_find(&tables->windows, phys, &len, addr);

	return err ? err : sim_access_entry(tables->by_pipe, *addr, entry);
}
