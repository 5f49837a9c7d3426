/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Devices by name, and by KEY=VALUE. */
#ifndef CLI_PROFILES_H
#define CLI_PROFILES_H

#include <dmavec/dmavec.h>

#include <stdio.h>

struct cli_profile {
	const char *name;
	struct dmavec_limits limits;
	const char *source; /* where the limits come from */
};

/* A profile's name, or KEY=VALUE,... over the fields of struct dmavec_limits; bits=N sets addr_max. -EINVAL, and it has
 * said why. Whether the limits make sense together is left to the library. */
int cli_parse_device(const char *text, struct dmavec_limits *limits);

void cli_print_profiles(FILE *to);

/* The limits one by one, as KEY=VALUE names them; NULL: there are no more. */
const char *cli_limit_name(size_t i);
uint64_t cli_limit_value(const struct dmavec_limits *limits, size_t i);

#endif
