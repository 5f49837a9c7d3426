// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Two ranges in two pages become one segment behind an IOMMU in software, and the device reads it in one go. */
#include <dmavec/space.h>

#include <stdio.h>

int main(void)
{
	static _Alignas(4096) char memory[3 * 4096];
	struct dmavec_range ranges[] = { { dmavec_cpu(memory + 4096 - 7), 7 }, { dmavec_cpu(memory + 8192), 7 } };
	struct dmavec_limits limits = { .size = sizeof(limits), .addr_max = 0xffffffff, .gap = 4096 };
	struct dmavec_seg segs[2];
	struct dmavec_map map = DMAVEC_MAP_INIT(segs, 2);
	struct dmavec_space *space;
	struct dmavec_dev *dev;
	char seen[14];

	snprintf(memory + 4096 - 7, 8, "Hello, ");
	snprintf(memory + 8192, 7, "device");
	if (dmavec_space_soft(&space, NULL) || dmavec_dev_open(&dev, space, &limits, 0) ||
	    dmavec_map(dev, &map, ranges, 2, DMAVEC_TO_DEVICE, 0) || map.nsegs != 1 ||
	    dmavec_space_read(space, segs[0].addr, seen, sizeof(seen)))
		return 1;
	printf("2 ranges, %u segment: %s\n", map.nsegs, seen);
	return dmavec_unmap(dev, &map, 0) || dmavec_dev_close(dev) || dmavec_space_close(space);
}
