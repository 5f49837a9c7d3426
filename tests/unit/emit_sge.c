/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* SGEs: layout and values, and random segments with a key each or one for all. */
#include "emit_kit.h"

#include <stddef.h>

#if defined(__has_include)
#if __has_include(<infiniband/verbs.h>)
#include <infiniband/verbs.h>
#define HAVE_VERBS 1
#define SAME_AS_VERBS(member)                                                                                          \
	_Static_assert(offsetof(struct dmavec_sge, member) == offsetof(struct ibv_sge, member) &&                      \
	                       sizeof(((struct dmavec_sge *)0)->member) == sizeof(((struct ibv_sge *)0)->member),      \
	               "an SGE is what libibverbs has")
SAME_AS_VERBS(addr);
SAME_AS_VERBS(length);
SAME_AS_VERBS(lkey);
_Static_assert(sizeof(struct dmavec_sge) == sizeof(struct ibv_sge), "an SGE is what libibverbs has");
#endif
#endif

/* What the interface has been since its first version, where there is no header to ask. */
_Static_assert(sizeof(struct dmavec_sge) == 16 && offsetof(struct dmavec_sge, length) == 8 &&
                       offsetof(struct dmavec_sge, lkey) == 12,
               "an SGE is of 16 bytes");

static void test_values(void)
{
	const struct dmavec_seg segs[] = { { UINT64_C(0x123456789abcdef0), 3 }, { 0, UINT64_C(0x7ffffffd) } };
	const struct dmavec_seg whole = { 0x1000, UINT64_C(1) << 31 }, more = { 0x1000, (UINT64_C(1) << 31) + 1 };
	const uint32_t keys[] = { 0xdeadbeef, 0x0badcafe };
	struct dmavec_sge sges[2];

	ok(!dmavec_emit_sge(segs, 2, keys, 2, sges, 2) && sges[0].addr == UINT64_C(0x123456789abcdef0) &&
	           sges[0].length == 3 && sges[0].lkey == 0xdeadbeef && sges[1].addr == 0 &&
	           sges[1].length == 0x7ffffffd && sges[1].lkey == 0x0badcafe,
	   "a key for each segment");
	ok(!dmavec_emit_sge(segs, 2, keys, 1, sges, 2) && sges[0].lkey == 0xdeadbeef && sges[1].lkey == 0xdeadbeef,
	   "one key for all");
	ok(!dmavec_emit_sge(&whole, 1, keys, 1, sges, 1) && sges[0].length == 0x80000000,
	   "a message of 2^31 bytes in one SGE");
	ok(dmavec_emit_sge(&more, 1, keys, 1, sges, 1) == -EINVAL, "a byte more: -EINVAL");
}

static void test_arguments(void)
{
	const struct dmavec_seg segs[] = { { 0x1000, 1 }, { 0x2000, 2 }, { 0x3000, 3 } };
	const uint32_t keys[] = { 1, 2, 3, 4 };
	struct dmavec_limits limits = { .size = sizeof(limits) };
	struct dmavec_sge sges[3];

	memset(sges, KIT_GUARD, sizeof(sges));
	ok(dmavec_emit_sge(segs, 3, keys, 0, sges, 3) == -EINVAL &&
	           dmavec_emit_sge(segs, 3, keys, 2, sges, 3) == -EINVAL &&
	           dmavec_emit_sge(segs, 3, keys, 4, sges, 3) == -EINVAL &&
	           dmavec_emit_sge(segs, 3, NULL, 1, sges, 3) == -EINVAL,
	   "neither one key nor one each: -EINVAL");
	ok(dmavec_emit_sge(segs, 3, keys, 3, sges, 2) == -E2BIG && dmavec_emit_sge(segs, 3, keys, 3, NULL, 0) == -E2BIG,
	   "too few SGEs: -E2BIG");
	ok(dmavec_emit_sge(segs, 3, keys, 3, NULL, 3) == -EINVAL &&
	           dmavec_emit_sge(NULL, 3, keys, 3, sges, 3) == -EINVAL &&
	           dmavec_emit_sge(segs, 0, keys, 1, sges, 3) == -EINVAL,
	   "no SGEs, no segments: -EINVAL");
	ok(kit_untouched(sges, sizeof(sges)), "nothing was written");
	ok(!dmavec_emit_sge_limits(&limits, 7) && limits.segs_max == 7 && limits.seg_len_max == UINT64_C(1) << 31 &&
	           limits.total_max == UINT64_C(1) << 31,
	   "limits of a queue pair with 7 SGEs");
	ok(!dmavec_emit_sge_limits(&limits, 0) && !limits.segs_max, "and with any number");
}

static bool random_case(uint64_t *seed, const struct dmavec_limits *limits, uint64_t *sound)
{
	struct dmavec_seg segs[KIT_SEGS];
	struct dmavec_sge sges[KIT_SEGS + 1];
	uint32_t keys[KIT_SEGS], nsegs = kit_segs(seed, limits, segs), i;
	uint32_t cap = (uint32_t)(kit_below(seed, 2) ? nsegs - kit_below(seed, 2) : kit_below(seed, KIT_SEGS + 1));
	uint32_t nkeys = kit_below(seed, 2) ? 1 : nsegs;
	int want = dmavec_check_segs(limits, segs, nsegs) ? -EINVAL : nsegs > cap ? -E2BIG : 0;

	for (i = 0; i < KIT_SEGS; i++)
		keys[i] = (uint32_t)tap_random(seed);
	memset(sges, KIT_GUARD, sizeof(sges));
	if (dmavec_emit_sge(segs, nsegs, keys, nkeys, sges, cap) != want)
		return false;
	*sound += !want;
	for (i = 0; !want && i < nsegs; i++)
		if (sges[i].addr != segs[i].addr || sges[i].length != segs[i].len ||
		    sges[i].lkey != keys[nkeys == 1 ? 0 : i])
			return false;
	return kit_untouched(&sges[i], (KIT_SEGS + 1 - i) * sizeof(sges[0])) &&
	       (!want || kit_untouched(sges, sizeof(sges)));
}

static uint32_t there_and_back(const struct dmavec_seg *segs, uint32_t nsegs, struct dmavec_seg *runs, uint32_t max)
{
	const uint32_t key = 1;
	struct dmavec_sge sges[KIT_SEGS];
	uint32_t i;

	if (max < KIT_SEGS || dmavec_emit_sge(segs, nsegs, &key, 1, sges, KIT_SEGS))
		return 0;
	for (i = 0; i < nsegs; i++)
		runs[i] = (struct dmavec_seg){ sges[i].addr, sges[i].length };
	return nsegs;
}

int main(void)
{
	uint64_t seed = tap_seed(), cases = tap_cases(200000), sound = 0, i;
	struct dmavec_limits limits = { .size = sizeof(limits) };
	bool good = true;

#ifdef HAVE_VERBS
	ok(true, "struct ibv_sge is the same");
#else
	skip(1, "there is no <infiniband/verbs.h>");
#endif
	test_values();
	test_arguments();
	ok(!dmavec_emit_sge_limits(&limits, 0), "limits of SGEs");
	for (i = 0; good && i < cases; i++)
		good = random_case(&seed, &limits, &sound);
	ok(good, "%llu random segments become the same SGEs, or fail as promised and write nothing (case %llu)",
	   (unsigned long long)cases, (unsigned long long)i);
	ok(cases < 1000 || (sound > cases / 10 && sound < cases - cases / 10), "of them, %llu good",
	   (unsigned long long)sound);
	kit_end_to_end(&seed, &limits, there_and_back, "SGEs");
	return done_testing();
}
