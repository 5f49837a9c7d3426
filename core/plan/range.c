/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "range.h"

void range_from_array(struct range_iter *it, const struct dmavec_range *ranges, const uint32_t *flags, size_t count,
                      uint32_t all_flags)
{
	memset(it, 0, sizeof(*it));
	it->array = ranges;
	it->array_flags = flags;
	it->array_count = count;
	it->all_flags = all_flags;
}

void range_from_source(struct range_iter *it, struct dmavec_source *source, struct dmavec_range *buf, uint32_t *buf_flags,
                       uint32_t all_flags)
{
	memset(it, 0, sizeof(*it));
	it->source = source;
	it->buf = buf;
	it->buf_flags = buf_flags;
	it->all_flags = all_flags;
	it->may_be_empty = true;
}

void range_rewind(struct range_iter *it)
{
	if (it->source)
		it->source->rewind(it->source);
	it->ended = false;
	it->sum = 0;
}

#define SUM_FACTOR UINT64_C(0x9e3779b97f4a7c15) /* odd: no bit of what came before is lost */

static int next_from_source(struct range_iter *it)
{
	size_t i;

	memset(it->buf_flags, 0, RANGE_WINDOW * sizeof(*it->buf_flags));
	it->count = it->source->fill(it->source, it->buf, it->buf_flags, RANGE_WINDOW);
	if (it->count > RANGE_WINDOW)
		return -EINVAL;
	it->ended = !it->count;
	it->ranges = it->buf;
	it->flags = it->buf_flags;
	for (i = 0; i < it->count; i++) {
		it->buf_flags[i] |= it->all_flags;
		it->sum = (it->sum ^ it->buf[i].addr) * SUM_FACTOR;
		it->sum = (it->sum ^ it->buf[i].len) * SUM_FACTOR;
		it->sum = (it->sum ^ it->buf_flags[i]) * SUM_FACTOR;
	}
	return (int)it->count;
}

int range_next(struct range_iter *it)
{
	if (it->ended)
		return 0;
	if (it->source)
		return next_from_source(it);
	it->ended = true;
	it->ranges = it->array;
	it->flags = it->array_flags;
	it->count = it->array_count;
	return it->count != 0;
}
