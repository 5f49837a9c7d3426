/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A dry run: ranges are mapped in a space that has addresses only, and nothing is moved.
 *
 * Functions return 0, or a negative errno after they have said why, unless they say otherwise.
 */
#ifndef CLI_DRY_H
#define CLI_DRY_H

#include "mapping.h"
#include "place.h"
#include "ranges.h"
#include "setup.h"

struct cli_dry {
	struct dmavec_space *space;
	struct dmavec_dev *dev;
	struct dmavec_map map;
	struct cli_mapping shown; /* as cli_dry_map left it */
	struct cli_ranges *ranges; /* one is trimmed while a reason is asked for, and as it was afterwards */
	struct cli_places places;
	struct dmavec_seg *segs;
	enum dmavec_cut *cuts;
};

/* Space and device; what is open goes with cli_dry_close, whatever failed. An exit status, or CLI_GO_ON. */
int cli_dry_open(struct cli_dry *dry, const struct cli_setup *setup, struct cli_ranges *ranges);
int cli_dry_map(struct cli_dry *dry);
/* Would so many bytes be too many, wherever they are? An exit status after it has said so, or CLI_GO_ON. */
int cli_dry_try(const struct cli_setup *setup, uint64_t len);
int cli_dry_close(struct cli_dry *dry);

#endif
