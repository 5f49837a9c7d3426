// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "cli.h"
#include "space.h"

#define SOFT "soft:"

int cli_parse_space(const char *text, struct cli_space *choice)
{
	if (!strcmp(text, "soft"))
		text = SOFT "amdv1";
	choice->name = text;
	choice->format = NULL;
	if (!strcmp(text, "direct"))
		return 0;
	if (!strncmp(text, SOFT, strlen(SOFT)) && text[strlen(SOFT)]) {
		choice->format = text + strlen(SOFT);
		return 0;
	}
	cli_error("unknown space '%s'; there are direct and soft:FORMAT, and the formats are %s", text, CLI_FORMATS);
	return -EINVAL;
}

static int open_direct(struct dmavec_space **space, const struct dmavec_sim_mem *mem)
{
	struct dmavec_window window = dmavec_sim_mem_window(mem);
	struct dmavec_direct_opts opts = {
		.size = sizeof(opts),
		.windows = &window,
		.nwindows = 1,
		.bounce = dmavec_sim_mem_low(mem),
	};

	return dmavec_space_direct(space, &opts);
}

static int open_soft(struct dmavec_space **space, const struct cli_space *choice, const struct dmavec_sim_mem *mem)
{
	struct dmavec_window window = dmavec_sim_mem_window(mem);
	struct dmavec_soft_opts opts = {
		.size = sizeof(opts),
		.format = choice->format,
		.lazy = choice->lazy,
		.flush_count = 256,
		.flush_ms = UINT32_MAX, /* by count alone, so that a run counts the same on any machine */
		.memory = &window,
		.nmemory = 1,
		.bounce = dmavec_sim_mem_low(mem),
	};

	return dmavec_space_soft(space, &opts);
}

int cli_open_space(struct dmavec_space **space, const struct cli_space *choice, const struct dmavec_sim_mem *mem)
{
	return choice->format ? open_soft(space, choice, mem) : open_direct(space, mem);
}

int cli_open_dry_space(struct dmavec_space **space, const struct cli_space *choice, const struct dmavec_range *bounce)
{
	struct dmavec_direct_opts direct = { .size = sizeof(direct), .bounce = *bounce, .dry = 1 };
	struct dmavec_soft_opts soft = { .size = sizeof(soft), .format = choice->format, .dry = 1 };

	return choice->format ? dmavec_space_soft(space, &soft) : dmavec_space_direct(space, &direct);
}
