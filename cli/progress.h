/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A bar on stderr, on a terminal only, and only once the work has taken a second. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct cli_progress {
	uint64_t started, drawn; /* ns; drawn 0: not yet */
	bool terminal;
};

uint64_t cli_now_ns(void);
void cli_progress_start(struct cli_progress *progress);
void cli_progress_draw(struct cli_progress *progress, const char *what, uint64_t done, uint64_t total);
/* Take the bar away. */
void cli_progress_end(struct cli_progress *progress);

#endif
