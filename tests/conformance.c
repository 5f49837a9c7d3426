/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One suite over every space: a line of TAP for each rule and space. The rules are in conformance/, a file a group.
 * DMAVEC_SPACE and DMAVEC_RULE in the environment select by a part of the name.
 */
#include "conformance/suite.h"
#include "tap.h"

static const struct rule *const groups[] = {
	rules_cover,  rules_limits, rules_runs, rules_trust, rules_life,  rules_errors,  rules_batch,
	rules_region, rules_bounce, rules_plan, rules_flush, rules_alloc, rules_options, rules_peers, rules_file,
	rules_source,
};

static bool selected(const char *variable, const char *name)
{
	const char *want = getenv(variable);

	return !want || strstr(name, want);
}

static unsigned int traits_of(const char *space)
{
	struct test_space ts;
	unsigned int traits;

	if (spaces_open(&ts, space))
		return 0;
	traits = ts.traits;
	return spaces_close(&ts) ? 0 : traits;
}

static void run_rule(const char *space, const struct rule *rule)
{
	static struct fix f;

	if (suite_begin(&f, space, rule->name)) {
		rule->run(&f);
		suite_end(&f);
	}
	ok(!f.failures, "%s: %s", space, rule->name);
}

static void run_space(const char *space)
{
	unsigned int traits = traits_of(space);
	const struct rule *rule;
	size_t i;

	if (!ok(traits != 0, "%s: opens and closes", space))
		return;
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		for (rule = groups[i]; rule->name; rule++)
			if ((traits & rule->need) == rule->need && !(traits & rule->without) &&
			    selected("DMAVEC_RULE", rule->name))
				run_rule(space, rule);
}

static void run_alone(const struct rule *rule)
{
	struct fix f;

	for (; rule->name; rule++) {
		if (!selected("DMAVEC_RULE", rule->name))
			continue;
		memset(&f, 0, sizeof(f));
		f.rule = rule->name;
		rule->run(&f);
		ok(!f.failures, "library: %s", rule->name);
	}
}

int main(void)
{
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (selected("DMAVEC_SPACE", "library")) {
		run_alone(rules_alone);
		run_alone(rules_contract);
		run_alone(rules_custom);
		run_alone(rules_dry);
	}
	for (i = 0; spaces_all[i]; i++)
		if (selected("DMAVEC_SPACE", spaces_all[i]))
			run_space(spaces_all[i]);
	return done_testing();
}
