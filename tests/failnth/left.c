/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "attempt.h"

#include <string.h>

#include "../tap.h"

bool holds(bool good, const struct attempt *a, int line, const char *what)
{
	if (!good)
		diag("%s, %s %s point %lu: line %d: %s", a->what, a->ts.name,
		     points.mode == BY_ALLOC ? "allocation" : "operation", points.fail_at, line, what);
	return good;
}

bool sees(struct attempt *a, const struct dmavec_seg *segs, uint32_t nsegs, const struct dmavec_range *r, size_t n)
{
	static unsigned char got[1u << 20], want[1u << 20];
	uint64_t len = 0, sum = 0;
	uint32_t i;
	size_t k;

	for (k = 0; k < n; sum += r[k++].len)
		memcpy(want + sum, dmavec_ptr(r[k].addr), r[k].len);
	for (i = 0; i < nsegs; len += segs[i++].len)
		if (len + segs[i].len > sizeof(got) ||
		    dmavec_space_read(a->ts.space, segs[i].addr, got + len, segs[i].len))
			return false;
	return len == sum && !memcmp(got, want, len);
}

struct dmavec_space_info info_of(struct attempt *a)
{
	struct dmavec_space_info info = { .size = sizeof(info) };

	if (dmavec_space_info(a->ts.space, &info))
		info.mappings = ~0ull;
	return info;
}

bool same_held(struct attempt *a, const struct dmavec_space_info *was)
{
	struct dmavec_space_info now = info_of(a);

	return HOLDS(a, now.mappings == was->mappings) && HOLDS(a, now.bounced_bytes == was->bounced_bytes) &&
	       HOLDS(a, now.iova_bytes - now.quarantined_bytes == was->iova_bytes - was->quarantined_bytes) &&
	       HOLDS(a, now.regions == was->regions) && HOLDS(a, now.region_bytes == was->region_bytes) &&
	       HOLDS(a, now.stranded_bytes == was->stranded_bytes) && HOLDS(a, now.devices == was->devices);
}

/* How many pages the bounce range still gives: what leaks there is held by nothing that space_info counts. */
static unsigned int pages_left(struct attempt *a)
{
	static struct dmavec_buf bufs[SPACE_MEM_LEN / 4096];
	unsigned int n = 0, i;

	while (n < SPACE_MEM_LEN / 4096 && !dmavec_alloc(a->dev, 4096, 0, &bufs[n]))
		n++;
	for (i = 0; i < n; i++)
		dmavec_free(a->dev, &bufs[i]);
	return n;
}

/* As many as after the same call where nothing failed; behind an IOMMU the window of addresses ends it first. */
static bool all_pages_left(struct attempt *a, const struct call *call)
{
	static struct attempt twin;
	unsigned int want;

	if (!(a->ts.traits & SPACE_DIRECT) || !a->ts.mem)
		return true;
	if (!attempt_open(&twin, a->ts.name, call) || call->run(&twin) || !call->good(&twin) || call->undo(&twin))
		return false;
	want = pages_left(&twin);
	return HOLDS(a, attempt_close(&twin)) && HOLDS(a, want > 0 && pages_left(a) == want);
}

/* Every device address of the window is free, but for those in quarantine. */
static bool all_addresses_left(struct attempt *a)
{
	static struct {
		struct dmavec_map map;
		struct dmavec_seg seg;
	} held[WINDOW_PAGES + 1];
	uint64_t left = WINDOW_PAGES - info_of(a).quarantined_bytes / a->ts.page;
	struct dmavec_range page = { a->r[0].addr, a->ts.page };
	unsigned int n = 0, i;

	if (!(a->ts.traits & SPACE_IOMMU))
		return true;
	memset(held, 0, sizeof(held));
	for (; n <= WINDOW_PAGES; n++) {
		held[n].map.segs = &held[n].seg;
		held[n].map.segs_cap = 1;
		if (dmavec_map(a->dev, &held[n].map, &page, 1, DMAVEC_TO_DEVICE, 0))
			break;
	}
	for (i = 0; i < n; i++)
		if (dmavec_unmap(a->dev, &held[i].map, 0))
			return false;
	return HOLDS(a, n == left);
}

/* What only the mock can tell. */
static bool mock_holds_nothing(struct attempt *a)
{
	struct dmavec_mock_state state = { .size = sizeof(state) };
	uint64_t lost = info_of(a).quarantined_bytes;

	if (dmavec_mock_state(a->ts.space, &state))
		return !(a->ts.traits & SPACE_MOCK);
	return lost || (HOLDS(a, !state.reservations) && HOLDS(a, !state.links) && HOLDS(a, !state.bytes_linked));
}

bool nothing_leaked(struct attempt *a, const struct call *call)
{
	return mock_holds_nothing(a) && (!a->dev || (all_pages_left(a, call) && all_addresses_left(a)));
}
