/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What `dmavec copy` tells at the end. */
#ifndef CLI_COPY_REPORT_H
#define CLI_COPY_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "transfer.h"

struct cli_report {
	const char *source, *target;
	const char *device, *space, *mode;
	struct cli_sums sums;
	uint64_t bytes, chunk, seed;
	uint64_t iotlb_flushes, faults, held_after;
	bool verified;
};

/* One JSON object on stdout. 0, or -ENOMEM after it has said so. */
int cli_report_json(const struct cli_report *report);
/* A few lines on stdout. 0, or -ENOMEM after it has said so. */
int cli_report_text(const struct cli_report *report);

#endif
