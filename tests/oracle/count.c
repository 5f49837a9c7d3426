/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "oracle.h"

#define NODES_MAX 160u /* more cut positions than this are not tried */

static uint64_t at_least_1(uint64_t value)
{
	return value ? value : 1;
}

uint64_t cut_unit(const struct dmavec_limits *limits)
{
	uint64_t gap = at_least_1(limits->gap), align = at_least_1(limits->seg_align);

	return gap > align ? gap : align;
}

bool seg_fits(const struct dmavec_limits *limits, uint64_t dma, uint64_t len, bool first, bool last, bool any_addr)
{
	uint64_t end = dma + len;

	if (!len || end - 1 < dma)
		return false;
	if (!any_addr && (dma < limits->addr_min || (limits->addr_max && end - 1 > limits->addr_max)))
		return false;
	if (limits->seg_len_max && len > limits->seg_len_max)
		return false;
	if (limits->seg_boundary && (dma ^ (end - 1)) & ~(limits->seg_boundary - 1))
		return false;
	if (dma & (at_least_1(limits->seg_align) - 1) || len & (at_least_1(limits->len_align) - 1))
		return false;
	if (limits->gap && ((!first && dma & (limits->gap - 1)) || (!last && end & (limits->gap - 1))))
		return false;
	return true;
}

/* A place where a cut may be: what lies before it ends at `end`, what follows starts at `start`, in stretch `next`. */
struct node {
	uint64_t end, start;
	size_t next;
};

struct nodes {
	struct node node[NODES_MAX];
	size_t count;
	bool overflow;
};

static void add_node(struct nodes *nodes, uint64_t end, uint64_t start, size_t next)
{
	if (nodes->count == NODES_MAX) {
		nodes->overflow = true;
		return;
	}
	nodes->node[nodes->count].end = end;
	nodes->node[nodes->count].start = start;
	nodes->node[nodes->count++].next = next;
}

/*
 * Every cut inside a stretch is the start of a segment, hence on the cut unit; with no unit, lengths alone tell where a
 * cut can be.
 */
static void add_inner(const struct dmavec_limits *limits, const struct stretch *s, size_t index, struct nodes *nodes)
{
	uint64_t unit = cut_unit(limits), step = unit, at;

	if (unit > 1) {
		at = (s->dma / unit + 1) * unit;
	} else {
		step = at_least_1(limits->len_align);
		at = s->dma + step;
	}
	for (; at < s->dma + s->len && !nodes->overflow; at += step)
		add_node(nodes, at, at, index);
}

static uint32_t brute_force(const struct dmavec_limits *limits, const struct nodes *nodes, bool any_addr)
{
	uint32_t best[NODES_MAX];
	size_t i, j, last = nodes->count - 1;

	best[0] = 0;
	for (j = 1; j <= last; j++) {
		best[j] = UNKNOWN;
		for (i = j; i-- > 0;) {
			const struct node *from = &nodes->node[i];

			if (best[i] != UNKNOWN && best[i] + 1 < best[j] &&
			    seg_fits(limits, from->start, nodes->node[j].end - from->start, i == 0, j == last, any_addr))
				best[j] = best[i] + 1;
			if (i && nodes->node[i - 1].next != nodes->node[j - 1].next)
				break;
		}
	}
	return best[last] == UNKNOWN ? 0 : best[last];
}

/* With no limit on where a cut may be, the longest segment first is the best. */
static uint32_t longest_first(const struct dmavec_limits *limits, const struct stretch *stretches, size_t count,
                              bool any_addr)
{
	uint64_t at, end, len, step = at_least_1(limits->len_align);
	uint32_t segs = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		end = stretches[i].dma + stretches[i].len;
		for (at = stretches[i].dma; at < end; at += len, segs++) {
			len = end - at;
			if (limits->seg_len_max && len > limits->seg_len_max)
				len = limits->seg_len_max;
			if (limits->seg_boundary && len > limits->seg_boundary - at % limits->seg_boundary)
				len = limits->seg_boundary - at % limits->seg_boundary;
			len -= len % step;
			if (!seg_fits(limits, at, len, false, false, any_addr))
				return 0;
		}
	}
	return segs;
}

static size_t join_stretches(const struct stretch *in, size_t count, struct stretch *out, size_t max)
{
	size_t i, n = 0;

	for (i = 0; i < count; i++) {
		if (n && out[n - 1].kind == in[i].kind && out[n - 1].dma + out[n - 1].len == in[i].dma) {
			out[n - 1].len += in[i].len;
			continue;
		}
		if (n == max)
			return 0;
		out[n++] = in[i];
	}
	return n;
}

uint32_t fewest_segs(const struct dmavec_limits *limits, const struct stretch *stretches, size_t count, bool any_addr)
{
	struct stretch joined[NODES_MAX];
	struct nodes nodes = { .count = 0 };
	size_t i, n = join_stretches(stretches, count, joined, NODES_MAX);

	if (!n)
		return UNKNOWN;
	add_node(&nodes, 0, joined[0].dma, 0);
	for (i = 0; i < n; i++) {
		add_inner(limits, &joined[i], i, &nodes);
		add_node(&nodes, joined[i].dma + joined[i].len, i + 1 < n ? joined[i + 1].dma : 0, i + 1);
	}
	if (!nodes.overflow)
		return brute_force(limits, &nodes, any_addr);
	return cut_unit(limits) == 1 ? longest_first(limits, joined, n, any_addr) : UNKNOWN;
}
