/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the commands' lines have in common: a device, the space that it is on, and how it is opened there. */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include <dmavec/dmavec.h>

#include <getopt.h>
#include <stdbool.h>

#include "space.h"

struct cli_setup {
	const char *device; /* as named */
	struct dmavec_limits limits;
	struct cli_space space;
	bool untrusted, linear, json;
};

/* For getopt_long; a command's own options are numbered from CLI_OPT_OWN on. */
enum { CLI_OPT_DEVICE = 256, CLI_OPT_SPACE, CLI_OPT_UNTRUSTED, CLI_OPT_LINEAR, CLI_OPT_JSON, CLI_OPT_OWN };

#define CLI_SETUP_OPTIONS \
	{ "device", required_argument, NULL, CLI_OPT_DEVICE }, \
	{ "space", required_argument, NULL, CLI_OPT_SPACE }, \
	{ "untrusted", no_argument, NULL, CLI_OPT_UNTRUSTED }, \
	{ "linear", no_argument, NULL, CLI_OPT_LINEAR }, \
	{ "json", no_argument, NULL, CLI_OPT_JSON }, \
	{ "help", no_argument, NULL, 'h' }, \
	{ NULL, 0, NULL, 0 }

#define CLI_SETUP_HELP \
	"  --device P     limits of the device: a profile, nvme unless said, or KEY=VALUE,...;\n" \
	"                 `--device help` lists both\n" \
	"  --space S      direct, or soft:FORMAT, an IOMMU in software; soft:amdv1 unless said.\n" \
	"                 The formats of its page tables are " CLI_FORMATS "\n" \
	"  --untrusted    the device reaches the mapped bytes and no other\n" \
	"  --linear       consecutive device addresses for each mapping, or none\n"

/* What is not said. */
void cli_setup_default(struct cli_setup *setup);
/* Takes one of these options; what it does not know is an error of the command line. An exit status, or CLI_GO_ON. */
int cli_setup_option(int option, const char *text, struct cli_setup *setup);

/* Says why the space did not open. An exit status: a format that there is not is an error of the command line. */
int cli_space_error(const struct cli_setup *setup, int err);
/* The device on that space, and the limits in force. A negative errno: it has said why, and *dev is NULL. */
int cli_open_device(struct dmavec_dev **dev, struct dmavec_limits *limits, struct dmavec_space *space,
		    const struct cli_setup *setup);

#endif
