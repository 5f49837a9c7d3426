// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "cli.h"
#include "room.h"

#define SENTENCE 512

uint64_t cli_segs_room(const struct dmavec_limits *limits, uint64_t len, uint64_t pieces)
{
	uint64_t room = pieces + 2;

	if (limits->seg_len_max)
		room += len / limits->seg_len_max;
	if (limits->seg_boundary)
		room += len / limits->seg_boundary;
	/* a cut that moves back to a multiple of these leaves two pieces where there was one */
	if (limits->gap > 1 || limits->seg_align > 1 || limits->len_align > 1)
		room *= 2;
	if (limits->segs_max && room > limits->segs_max)
		room = limits->segs_max;
	return room < CLI_SEGS_MAX ? room : CLI_SEGS_MAX;
}

void cli_explain_failure(struct dmavec_dev *dev, const struct dmavec_range *ranges, const uint32_t *range_flags,
			 size_t nranges, enum dmavec_dir dir, bool linear, int err)
{
	char text[SENTENCE];
	int other;

	cli_error("cannot map %zu range%s for the device: %s", nranges, nranges == 1 ? "" : "s", cli_library_error(err));
	other = dmavec_explain_mixed(dev, ranges, range_flags, nranges, dir, 0, text, sizeof(text));
	if (other == err)
		cli_error("%s", text);
	else if (linear)
		cli_error("not at consecutive device addresses; elsewhere: %s", text);
	else
		cli_error("the device's limits are not the reason: %s", text);
}
