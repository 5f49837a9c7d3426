/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Random mappings against a model that shares nothing with the engine (oracle/oracle.h).
 *
 *   DMAVEC_SEED   replays a run, DMAVEC_CASE with it a single case; DMAVEC_CASES says how many
 */
#include "oracle/oracle.h"

#include "tap.h"

#define CASES    100000u
#define GIVE_UP  50u /* cases that failed: more of them tell nothing new */

int main(void)
{
	static struct ocase c;
	uint64_t seed = tap_seed(), cases = tap_cases(CASES), only = tap_env("DMAVEC_CASE", UINT64_MAX), i, done = 0;

	open_worlds();
	for (i = only == UINT64_MAX ? 0 : only; done < cases && failures < GIVE_UP; i++, done++) {
		generate_case(&c, seed, i);
		run_case(&c);
		if (only != UINT64_MAX)
			cases = 1;
	}
	diag("%llu cases on %u spaces, %u failed", (unsigned long long)done, nworlds, failures);
	close_worlds();
	return report_all(done);
}
