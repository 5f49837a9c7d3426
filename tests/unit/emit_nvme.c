/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * NVMe PRPs and SGLs: against bytes written down from the specification, against a controller that reads them, and against
 * the limits that promise that they can be written.
 */
#include "emit_nvme/nvme.h"

/* Each from the same seed, so that a case of any of them is replayed by its own. */
static void run_all(const struct check *checks, uint64_t seed)
{
	uint64_t own;

	for (; checks->what; checks++) {
		own = seed;
		ok(checks->run(&own), "%s", checks->what);
	}
}

int main(void)
{
	uint64_t seed = tap_seed();

	run_all(checks_vectors, seed);
	run_all(checks_arguments, seed);
	run_all(checks_sim, seed);
	run_all(checks_random, seed);
	run_all(checks_space, seed);
	if (tap_cases(CASES) < CASES || sizeof(size_t) < sizeof(uint64_t))
		skip(1, "takes seconds");
	else
		run_all(checks_long, seed);
	memory_close();
	return done_testing();
}
