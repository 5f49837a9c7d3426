/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The address spaces that --space names, over the simulated memory or dry. */
#ifndef CLI_SPACE_H
#define CLI_SPACE_H

#include <dmavec/sim.h>
#include <dmavec/space.h>

#include <stdbool.h>

#define CLI_FORMATS "amdv1 and vtdss" /* of page tables, as messages and help name them */

struct cli_space {
	const char *name;   /* as the report says it */
	const char *format; /* of the page tables; NULL: direct */
	bool lazy;
};

/* direct, soft:FORMAT or soft. -EINVAL, and it has said why. The text must stay. */
int cli_parse_space(const char *text, struct cli_space *choice);

/* What the constructor answers. */
int cli_open_space(struct dmavec_space **space, const struct cli_space *choice, const struct dmavec_sim_mem *mem);
/* The same without any memory: addresses only. bounce is for direct; len 0: there is none. */
int cli_open_dry_space(struct dmavec_space **space, const struct cli_space *choice, const struct dmavec_range *bounce);

#endif
