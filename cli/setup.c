// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "profiles.h"
#include "setup.h"

#define DEFAULT_DEVICE "nvme"
#define DEFAULT_SPACE  "soft:amdv1"

static int take_device(const char *text, struct cli_setup *setup)
{
	if (!strcmp(text, "help")) {
		cli_print_profiles(stdout);
		return CLI_OK;
	}
	setup->device = text;
	return cli_parse_device(text, &setup->limits) ? CLI_USAGE : CLI_GO_ON;
}

void cli_setup_default(struct cli_setup *setup)
{
	memset(setup, 0, sizeof(*setup));
	take_device(DEFAULT_DEVICE, setup);
	cli_parse_space(DEFAULT_SPACE, &setup->space);
}

int cli_setup_option(int option, const char *text, struct cli_setup *setup)
{
	switch (option) {
	case CLI_OPT_DEVICE:
		return take_device(text, setup);
	case CLI_OPT_SPACE:
		return cli_parse_space(text, &setup->space) ? CLI_USAGE : CLI_GO_ON;
	case CLI_OPT_UNTRUSTED:
		setup->untrusted = true;
		return CLI_GO_ON;
	case CLI_OPT_LINEAR:
		setup->linear = true;
		return CLI_GO_ON;
	case CLI_OPT_JSON:
		setup->json = true;
		return CLI_GO_ON;
	default:
		return cli_usage_error();
	}
}

int cli_space_error(const struct cli_setup *setup, int err)
{
	if (err == -EOPNOTSUPP && setup->space.format) {
		cli_error("unknown page-table format '%s'; there are %s", setup->space.format, CLI_FORMATS);
		return CLI_USAGE;
	}
	cli_error("cannot open space '%s': %s", setup->space.name, cli_library_error(err));
	return CLI_FAILED;
}

int cli_open_device(struct dmavec_dev **dev, struct dmavec_limits *limits, struct dmavec_space *space,
		    const struct cli_setup *setup)
{
	unsigned int flags = setup->untrusted ? DMAVEC_DEV_UNTRUSTED : 0;
	int err = dmavec_dev_open(dev, space, &setup->limits, flags);

	if (!err) {
		limits->size = sizeof(*limits);
		return dmavec_dev_limits(*dev, limits);
	}
	*dev = NULL;
	if (err == -EINVAL)
		cli_error("the limits of device '%s' contradict each other, or share no address with space '%s': %s",
			  setup->device, setup->space.name, cli_library_error(err));
	else
		cli_error("cannot open %s device '%s' on space '%s': %s", setup->untrusted ? "untrusted" : "trusted",
			  setup->device, setup->space.name, cli_library_error(err));
	return err;
}
