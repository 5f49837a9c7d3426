/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A batch is gathered, joined as it comes, and mapped as a whole at the end: only then is it known how many runs there are
 * and whether they fit the limits.
 */
#include "batch.h"
#include "map.h"

/* What is kept for the next batches at most, all together. */
#define SCRATCH_BYTES (16u << 20)

static struct scratch *scratch_new(uint32_t room)
{
	size_t each = sizeof(struct dmavec_range) + sizeof(uint32_t), bytes;
	struct scratch *s;

	if (__builtin_mul_overflow(each, (size_t)room, &bytes) || bytes > SIZE_MAX / 2)
		return NULL;
	bytes = (bytes + sizeof(*s) + CORE_PAGE - 1) & ~(size_t)(CORE_PAGE - 1);
	s = host_pages_alloc(bytes, CORE_PAGE);
	if (!s)
		return NULL;
	s->bytes = bytes;
	s->room = (uint32_t)core_min((bytes - sizeof(*s)) / (uint32_t)each, UINT32_MAX);
	s->flags = (uint32_t *)(void *)&s->ranges[s->room];
	return s;
}

/* One that is kept and large enough, else a new one. */
static struct scratch *scratch_get(struct dmavec_space *space, uint32_t room)
{
	struct scratch **link, *s = NULL;

	host_lock(&space->scratch_lock);
	for (link = &space->scratch; *link; link = &(*link)->next) {
		if ((*link)->room >= room) {
			s = *link;
			*link = s->next;
			space->scratch_bytes -= s->bytes;
			break;
		}
	}
	host_unlock(&space->scratch_lock);
	return s ? s : scratch_new(room);
}

static void scratch_put(struct dmavec_space *space, struct scratch *s)
{
	bool keep;

	host_lock(&space->scratch_lock);
	keep = s->bytes <= SCRATCH_BYTES - space->scratch_bytes;
	if (keep) {
		s->next = space->scratch;
		space->scratch = s;
		space->scratch_bytes += s->bytes;
	}
	host_unlock(&space->scratch_lock);
	if (!keep)
		host_pages_free(s, s->bytes);
}

void batch_drop(struct map_state *st)
{
	scratch_put(st->dev->space, st->scratch);
	hold_drop(st->dev, 0, 0);
	st->scratch = NULL;
}

void batch_fini(struct dmavec_space *space)
{
	struct scratch *s, *next;

	for (s = space->scratch; s; s = next) {
		next = s->next;
		host_pages_free(s, s->bytes);
	}
	space->scratch = NULL;
}

int dmavec_begin(struct dmavec_dev *dev, struct dmavec_map *map, uint64_t total_len, uint32_t nranges_max,
                 enum dmavec_dir dir, unsigned int flags)
{
	struct plan_call call = { dev, dir, flags, false };
	int err = total_len && nranges_max ? map_check(&call, map) : -EINVAL;
	struct scratch *s;

	if (err)
		return err;
	if (total_len > dev->lim.total_max)
		return -E2BIG;
	s = scratch_get(dev->space, nranges_max);
	if (!s)
		return -ENOMEM;
	s->total = 0;
	s->total_max = total_len;
	s->added = s->count = 0;
	s->added_max = nranges_max;
	*map_state(map) = (struct map_state){ .dev = dev, .kind = MAP_BATCH, .dir = (uint16_t)dir,
	                                      .flags = (uint16_t)flags, .scratch = s };
	/* The scratch is the space's: neither it nor the device may go before the batch ends. */
	hold_add(dev, 0, 0);
	return 0;
}

static void scratch_add(struct scratch *s, uint64_t addr, uint64_t len, uint32_t flags)
{
	struct dmavec_range *last = s->count ? &s->ranges[s->count - 1] : NULL;

	s->added++;
	s->total += len;
	if (last && last->addr + last->len == addr && addr && s->flags[s->count - 1] == flags) {
		last->len += len;
		return;
	}
	s->ranges[s->count].addr = addr;
	s->ranges[s->count].len = len;
	s->flags[s->count++] = flags;
}

int dmavec_add(struct dmavec_map *map, dmavec_cpu_t addr, uint64_t len, unsigned int range_flags)
{
	struct map_state *st = map ? map_state(map) : NULL;
	struct scratch *s;

	if (!st || st->kind != MAP_BATCH || !len || core_wraps(addr, len) || (range_flags & ~DMAVEC_MMIO))
		return -EINVAL;
	if (range_flags & ~st->dev->space->desc.map_flags)
		return -EOPNOTSUPP;
	s = st->scratch;
	if (s->added == s->added_max || len > s->total_max - s->total)
		return -E2BIG;
	scratch_add(s, addr, len, range_flags | (st->flags & DMAVEC_MMIO));
	return 0;
}

int dmavec_finish(struct dmavec_map *map)
{
	struct map_state *st = map ? map_state(map) : NULL, batch;
	struct plan_call call;
	struct range_iter it;
	int err = -EINVAL;

	if (!st || st->kind != MAP_BATCH)
		return -EINVAL;
	batch = *st;
	memset(st, 0, sizeof(*st));
	call = (struct plan_call){ batch.dev, (enum dmavec_dir)batch.dir, batch.flags, false };
	if (batch.scratch->count) {
		range_from_array(&it, batch.scratch->ranges, batch.scratch->flags, batch.scratch->count, 0);
		err = map_ranges(&call, map, &it);
	}
	batch_drop(&batch);
	return err;
}
