/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A sentence about what a map call would do: which range fails which limit, or how the segments come about.
 */
#include "plan.h"
#include "text.h"

/* Segments that are looked at to tell why they are apart; more would not make the sentence clearer. */
#define EXPLAIN_SEGS 64u

struct explain {
	struct text t;
	const struct plan_call *call;
	const struct dmavec_range *ranges;
	const uint32_t *range_flags;
	size_t nranges;
};

static void add_limit(struct text *t, const char *name, uint64_t value)
{
	text_add(t, name);
	text_add(t, " ");
	text_hex(t, value);
}

static void add_range(struct explain *e, size_t index)
{
	text_add(&e->t, "range ");
	text_dec(&e->t, index);
	if (index < e->nranges) {
		text_add(&e->t, " (");
		text_hex(&e->t, e->ranges[index].addr);
		text_add(&e->t, ", ");
		text_dec(&e->t, e->ranges[index].len);
		text_add(&e->t, " bytes)");
	}
}

/* What is wrong with one range. */
static void add_range_failure(struct explain *e, enum layout_why why)
{
	const struct limits *lim = &e->call->dev->lim;
	struct text *t = &e->t;

	switch (why) {
	case WHY_ADDRESS:
		add_limit(t, " lies outside the device's addresses,", lim->first);
		add_limit(t, " to", lim->last);
		break;
	case WHY_ALIGN:
		add_limit(t, " starts on no multiple of seg_align", lim->align);
		break;
	case WHY_LENGTH:
		add_limit(t, " ends a segment whose length is no multiple of len_align", lim->len_align);
		break;
	case WHY_GAP:
		add_limit(t, " starts or ends inside the list on no multiple of gap", lim->gap);
		break;
	case WHY_CUT:
		text_add(t, " must be cut for seg_len_max or seg_boundary, and no multiple of the alignments is there");
		break;
	case WHY_LINEAR:
		text_add(t, " does not follow the memory before it without a gap");
		break;
	case WHY_PEER:
		text_add(t, " is, or shares a granule with, peer memory, which is never bounced");
		break;
	case WHY_PARTIAL:
		text_add(t, " shares a granule with bytes that an untrusted device must not reach");
		break;
	case WHY_REACH:
		text_add(t, " is memory that the space cannot reach");
		break;
	case WHY_PERM:
		text_add(t, " lies in a registered region that does not allow this direction");
		break;
	default:
		text_add(t, " is empty, runs past the end of the addresses, or has flags that are not known");
		break;
	}
}

static size_t range_of(const struct explain *e, uint64_t cpu)
{
	size_t i;

	for (i = 0; i + 1 < e->nranges && cpu - e->ranges[i].addr >= e->ranges[i].len;)
		i++;
	return i;
}

static size_t blamed(const struct explain *e, const struct plan_failure *failure)
{
	return failure->cpu ? range_of(e, failure->cpu) : failure->range;
}

static bool is_peer(const struct explain *e, size_t index)
{
	return e->call->flags & DMAVEC_MMIO ||
	       (e->range_flags && index < e->nranges && e->range_flags[index] & DMAVEC_MMIO);
}

/* Would it be peer memory that cannot be bounced? Too many segments are nobody's fault alone. */
static bool is_peer_matter(const struct explain *e, const struct plan_failure *failure)
{
	size_t i;

	if (failure->why != WHY_SEGS)
		return is_peer(e, blamed(e, failure));
	for (i = 0; i < e->nranges && !is_peer(e, i); i++)
		;
	return i < e->nranges;
}

static void add_failure(struct explain *e, const struct plan_failure *failure)
{
	const struct limits *lim = &e->call->dev->lim;
	struct text *t = &e->t;

	switch (failure->why) {
	case WHY_SEGS:
		text_add(t, "more segments than segs_max ");
		text_dec(t, lim->segs_max);
		text_add(t, " allows");
		break;
	case WHY_TOTAL:
		text_add(t, "more bytes than total_max ");
		text_dec(t, lim->total_max);
		text_add(t, " allows");
		break;
	case WHY_WRAPS:
		text_add(t, "the lengths add up to more than 64 bits can count");
		break;
	case WHY_UNEVEN:
		text_add(t, "the total is no multiple of len_align ");
		text_dec(t, lim->len_align);
		break;
	case WHY_NONE:
		text_add(t, failure->err == -EOPNOTSUPP ? "the space does not know peer memory" : "no device addresses left");
		break;
	default:
		add_range(e, blamed(e, failure));
		add_range_failure(e, failure->why);
		break;
	}
}

/* How often each reason cuts the segments that were looked at. */
static void add_cuts(struct explain *e, const struct layout *l)
{
	uint32_t counts[DMAVEC_CUT_WINDOW + 1] = { 0 }, i;
	bool any = false;

	for (i = 0; i + 1 < l->nsegs; i++) {
		enum dmavec_cut why;

		if (!dmavec_cut_reason(e->call->dev, e->ranges, e->range_flags, e->nranges, l->segs, l->nsegs, i, &why))
			counts[why]++;
	}
	for (i = DMAVEC_CUT_NONE + 1; i <= DMAVEC_CUT_WINDOW; i++) {
		if (!counts[i])
			continue;
		text_add(&e->t, any ? ", " : "; cut by ");
		text_add(&e->t, dmavec_cut_name((enum dmavec_cut)i));
		text_add(&e->t, " ");
		text_dec(&e->t, counts[i]);
		text_add(&e->t, counts[i] == 1 ? " time" : " times");
		any = true;
	}
}

static void add_count(struct text *t, uint64_t count, const char *what)
{
	text_dec(t, count);
	text_add(t, " ");
	text_add(t, what);
	if (count != 1)
		text_add(t, "s");
}

static void add_success(struct explain *e, const struct layout *l, const struct plan_failure *first)
{
	struct text *t = &e->t;

	add_count(t, e->nranges, "range");
	text_add(t, e->nranges == 1 ? " becomes " : " become ");
	add_count(t, l->nsegs, "segment");
	if (l->segs)
		add_cuts(e, l);
	if (l->bounce_bytes) {
		text_add(t, "; ");
		add_count(t, l->bounce_bytes, "byte");
		text_add(t, l->bounce_bytes == 1 ? " is bounced" : " are bounced");
	}
	if (first->err) {
		text_add(t, ", since ");
		add_failure(e, first);
	} else if (l->bounce_bytes) {
		text_add(t, ", since an untrusted device must not reach the rest of their granules");
	}
	text_add(t, ".");
}

/* Would it fit if bouncing were allowed? */
static bool bounce_helps(const struct explain *e, struct range_iter *it)
{
	struct plan_call call = *e->call;
	struct plan_failure first;
	struct layout l;

	call.flags &= ~DMAVEC_NO_BOUNCE;
	return !plan_make(&call, it, NULL, UINT32_MAX, &l, &first);
}

static void add_error(struct explain *e, const struct plan_failure *first, struct range_iter *it)
{
	add_failure(e, first);
	if (first->err == -ERANGE || first->why == WHY_SEGS) {
		if (is_peer_matter(e, first))
			text_add(&e->t, "; peer memory is never bounced");
		else if (!e->call->dev->space->ops.arena)
			text_add(&e->t, "; the space has no memory to bounce through");
		else if ((e->call->flags & DMAVEC_NO_BOUNCE) && bounce_helps(e, it))
			text_add(&e->t, "; only a bounce could help, and DMAVEC_NO_BOUNCE forbids it");
		else
			text_add(&e->t, "; a bounce would not help");
	}
	text_add(&e->t, ".");
}

int dmavec_explain_mixed(struct dmavec_dev *dev, const struct dmavec_range *ranges, const uint32_t *range_flags,
                         size_t nranges, enum dmavec_dir dir, unsigned int flags, char *text, size_t size)
{
	struct plan_call call = { dev, dir, flags, false };
	struct explain e = { .call = &call, .ranges = ranges, .range_flags = range_flags, .nranges = nranges };
	struct dmavec_seg segs[EXPLAIN_SEGS];
	struct plan_failure first;
	struct range_iter it;
	struct layout l;
	int err;

	if (!text || !size)
		return -EINVAL;
	text_init(&e.t, text, size);
	err = plan_check(&call);
	if (err || !ranges || !nranges) {
		text_add(&e.t, err == -EOPNOTSUPP ? "the space does not know peer memory." :
		               !dev ? "there is no device." :
		               err ? "unknown direction or flags." : "there is no range.");
		return err ? err : -EINVAL;
	}
	range_from_array(&it, ranges, range_flags, nranges, flags & DMAVEC_MMIO);
	err = plan_make(&call, &it, NULL, UINT32_MAX, &l, &first);
	if (!err && l.nsegs <= EXPLAIN_SEGS) {
		err = plan_make(&call, &it, segs, EXPLAIN_SEGS, &l, &first);
		/* Where they will go is not known; their distances are, and these make the reasons. */
		if (!err)
			layout_settle(&l, 0);
	}
	if (err == -ENOSPC)
		first = (struct plan_failure){ .err = err, .why = WHY_NONE };
	if (err == -E2BIG && first.why != WHY_TOTAL) /* whatever the first attempt failed by, in the end it is this */
		first = (struct plan_failure){ .err = err, .why = WHY_SEGS };
	if (err)
		add_error(&e, &first, &it);
	else
		add_success(&e, &l, &first);
	return err;
}

int dmavec_explain(struct dmavec_dev *dev, const struct dmavec_range *ranges, size_t nranges, enum dmavec_dir dir,
                   unsigned int flags, char *text, size_t size)
{
	return dmavec_explain_mixed(dev, ranges, NULL, nranges, dir, flags, text, size);
}
