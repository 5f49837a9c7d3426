/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Both files read again, and compared byte for byte. */
#ifndef CLI_COPY_VERIFY_H
#define CLI_COPY_VERIFY_H

#include <stdbool.h>

#include "file.h"
#include "progress.h"

/* *same says whether they agree, in every byte and in length; where not, it has said so. A negative errno: it cannot be
 * known, and it has said why. */
int cli_verify(const struct cli_source *source, const struct cli_target *target, struct cli_progress *progress,
	       bool *same);

#endif
