/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A space for tests: it translates by a plain list, fails where it is told to, and answers -EINVAL to a caller that
 * breaks the contract - one that links outside a reservation, over a link or across a misaligned boundary, or that
 * releases what is still linked or was never reserved so. Memory that was linked but not committed faults.
 */
#define _GNU_SOURCE
#include <dmavec/space.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "access.h"
#include "file.h"
#include "opts.h"

#define MOCK_LAST (((uint64_t)1 << 48) - 1)

/* A reservation, or a link: [dma, dma + len), rounded out to the granule. */
struct span {
	uint64_t dma, len;
	uint64_t cpu;      /* links only, from here on: what stands behind dma */
	unsigned int how;
	bool committed;
};

/* Sorted by address; nothing overlaps. */
struct list {
	struct span *spans;
	size_t count, room;
};

struct mock {
	pthread_mutex_t lock;
	uint64_t granule, first, last;
	uint64_t ops, failed, fail_at; /* fail_at: the count at which an operation fails; 0: never */
	uint64_t arenas, faults, flushes;
	int error;
	struct list reserved, linked;
};

/* The one that holds dma, or the first above it. */
static size_t list_find(const struct list *list, uint64_t dma)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct span *span = &list->spans[middle];

		if (span->dma + (span->len - 1) < dma)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool list_overlaps(const struct list *list, uint64_t dma, uint64_t len)
{
	size_t i = list_find(list, dma);

	return i < list->count && (list->spans[i].dma <= dma || list->spans[i].dma - dma < len);
}

static int list_room(struct list *list, size_t more)
{
	size_t room = list->count + more;
	struct span *spans;

	if (room <= list->room)
		return 0;
	room = room * 2 + 8;
	spans = realloc(list->spans, room * sizeof(*spans));
	if (!spans)
		return -ENOMEM;
	list->spans = spans;
	list->room = room;
	return 0;
}

/* After list_room. */
static void list_add(struct list *list, struct span span)
{
	size_t i = list_find(list, span.dma);

	memmove(&list->spans[i + 1], &list->spans[i], (list->count - i) * sizeof(span));
	list->spans[i] = span;
	list->count++;
}

static void list_remove(struct list *list, size_t i)
{
	list->count--;
	memmove(&list->spans[i], &list->spans[i + 1], (list->count - i) * sizeof(list->spans[0]));
}

/* Count a fallible operation; under the lock. */
static int count_op(struct mock *mock)
{
	mock->ops++;
	if (mock->ops != mock->fail_at)
		return 0;
	mock->failed++;
	return mock->error;
}

/* Lock and count; an operation that is made to fail does nothing else. */
static int begin(struct mock *mock)
{
	int err;

	pthread_mutex_lock(&mock->lock);
	err = count_op(mock);
	if (err)
		pthread_mutex_unlock(&mock->lock);
	return err;
}

static int end(struct mock *mock, int err)
{
	pthread_mutex_unlock(&mock->lock);
	return err;
}

static bool aligned(const struct mock *mock, uint64_t value)
{
	return !(value & (mock->granule - 1));
}

static bool power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

/* First fit: from the bottom of the window, past whatever is in the way. false: none. */
static bool find_room(const struct mock *mock, const struct dmavec_reserve *want, uint64_t *dma)
{
	uint64_t last = want->last < mock->last ? want->last : mock->last;
	uint64_t at = want->first > mock->first ? want->first : mock->first;
	const struct list *list = &mock->reserved;

	bool moved = false; /* behind a boundary: a place that crosses the next one as well means that all do */

	for (;;) {
		size_t i;

		at = at > want->offset ? ((at - want->offset + (want->align - 1)) & ~(want->align - 1)) + want->offset
		                       : want->offset;
		if (at < want->first || at > last || want->len - 1 > last - at)
			return false;
		if (want->boundary && ((at ^ (at + want->len - 1)) & ~(want->boundary - 1))) {
			if (moved)
				return false;
			moved = true;
			at = (at + want->len - 1) & ~(want->boundary - 1);
			continue;
		}
		moved = false;
		i = list_find(list, at);
		if (!list_overlaps(list, at, want->len))
			break;
		at = list->spans[i].dma + list->spans[i].len;
	}
	*dma = at;
	return true;
}

static int mock_reserve(void *ctx, const struct dmavec_reserve *want, dmavec_dma_t *dma)
{
	struct mock *mock = ctx;
	uint64_t at;
	int err = begin(mock);

	if (err)
		return err;
	if (!want->len || !aligned(mock, want->len) || !power_of_two(want->align) || want->align < mock->granule ||
	    (want->boundary && (!power_of_two(want->boundary) || want->boundary < want->len)) ||
	    want->first > want->last || want->offset >= want->align || (want->offset & (mock->granule - 1)))
		return end(mock, -EINVAL);
	if (!find_room(mock, want, &at))
		return end(mock, -ENOSPC);
	err = list_room(&mock->reserved, 1);
	if (!err) {
		list_add(&mock->reserved, (struct span){ .dma = at, .len = want->len });
		*dma = at;
	}
	return end(mock, err);
}

/* Inside the addresses that this space has, on granules? */
static bool well_formed(const struct mock *mock, uint64_t dma, uint64_t len)
{
	return len && aligned(mock, dma) && aligned(mock, len) && dma >= mock->first && dma <= mock->last &&
	       len - 1 <= mock->last - dma;
}

static int mock_reserve_at(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	struct mock *mock = ctx;
	int err = begin(mock);

	if (err)
		return err;
	if (!well_formed(mock, dma, len))
		return end(mock, -EINVAL);
	if (list_overlaps(&mock->reserved, dma, len))
		return end(mock, -EEXIST);
	err = list_room(&mock->reserved, 1);
	if (!err)
		list_add(&mock->reserved, (struct span){ .dma = dma, .len = len });
	return end(mock, err);
}

static int mock_release(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	struct mock *mock = ctx;
	int err = begin(mock);
	size_t i;

	if (err)
		return err;
	i = list_find(&mock->reserved, dma);
	if (!len || i == mock->reserved.count || mock->reserved.spans[i].dma != dma ||
	    mock->reserved.spans[i].len != len || list_overlaps(&mock->linked, dma, len))
		return end(mock, -EINVAL);
	list_remove(&mock->reserved, i);
	return end(mock, 0);
}

/* Rounded out to the granule. false: it wraps, or is empty. */
static bool round_out(const struct mock *mock, uint64_t addr, uint64_t len, struct span *span)
{
	uint64_t low = addr & ~(mock->granule - 1), end = addr - low + len;

	if (!len || len > UINT64_MAX - mock->granule * 2 || len - 1 > UINT64_MAX - addr)
		return false;
	span->cpu = low;
	span->len = (end + (mock->granule - 1)) & ~(mock->granule - 1);
	return true;
}

/* The ranges as links from dma on, or -EINVAL: boundaries between two lie on granules on both sides. */
static int make_spans(const struct mock *mock, struct span *spans, uint64_t dma, const struct dmavec_range *ranges,
                      size_t nranges, unsigned int how)
{
	uint64_t at = dma & ~(mock->granule - 1);
	size_t i;

	for (i = 0; i < nranges; i++) {
		uint64_t head = (dma ^ ranges[i].addr) & (mock->granule - 1);

		if (head || (i && !aligned(mock, ranges[i].addr)) ||
		    !round_out(mock, ranges[i].addr, ranges[i].len, &spans[i]) || spans[i].len - 1 > UINT64_MAX - at)
			return -EINVAL;
		spans[i].dma = at;
		spans[i].how = how;
		spans[i].committed = false;
		at += spans[i].len;
		dma += ranges[i].len;
	}
	return 0;
}

static bool inside_reservation(const struct mock *mock, uint64_t dma, uint64_t len)
{
	size_t i = list_find(&mock->reserved, dma);
	const struct span *span;

	if (i == mock->reserved.count)
		return false;
	span = &mock->reserved.spans[i];
	return span->dma <= dma && len <= span->len - (dma - span->dma);
}

static int link_spans(struct mock *mock, const struct span *spans, size_t count)
{
	const struct span *last = &spans[count - 1];
	uint64_t len = last->dma + last->len - spans[0].dma;
	size_t i;
	int err;

	if (!inside_reservation(mock, spans[0].dma, len) || list_overlaps(&mock->linked, spans[0].dma, len))
		return -EINVAL;
	err = list_room(&mock->linked, count);
	for (i = 0; i < count && !err; i++)
		list_add(&mock->linked, spans[i]);
	return err;
}

static int mock_link(void *ctx, dmavec_dma_t dma, const struct dmavec_range *ranges, size_t nranges, unsigned int how)
{
	const unsigned int access = DMAVEC_LINK_READ | DMAVEC_LINK_WRITE;
	struct mock *mock = ctx;
	struct span *spans;
	int err = begin(mock);

	if (err)
		return err;
	if (!nranges || !(how & access) || how & ~(access | DMAVEC_LINK_MMIO | DMAVEC_LINK_RELAXED))
		return end(mock, -EINVAL);
	spans = calloc(nranges, sizeof(*spans));
	if (!spans)
		return end(mock, -ENOMEM);
	err = make_spans(mock, spans, dma, ranges, nranges, how);
	if (!err)
		err = link_spans(mock, spans, nranges);
	free(spans);
	return end(mock, err);
}

static int mock_commit(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	struct mock *mock = ctx;
	struct list *list = &mock->linked;
	int err = begin(mock);
	size_t i;

	if (err)
		return err;
	for (i = list_find(list, dma); i < list->count; i++)
		if (list->spans[i].dma <= dma || list->spans[i].dma - dma < len)
			list->spans[i].committed = true;
	return end(mock, 0);
}

/* Take [dma, dma + len) out of the i-th link: what is left on either side stays. After list_room. */
static void cut_link(struct list *list, size_t i, uint64_t dma, uint64_t len)
{
	struct span was = list->spans[i], high = was;
	uint64_t was_last = was.dma + (was.len - 1), last = dma + (len - 1);

	list_remove(list, i);
	if (was_last > last) {
		high.dma = last + 1;
		high.len = was_last - last;
		high.cpu += high.dma - was.dma;
		list_add(list, high);
	}
	if (was.dma < dma) {
		was.len = dma - was.dma;
		list_add(list, was);
	}
}

static int mock_unlink(void *ctx, dmavec_dma_t dma, uint64_t len, unsigned int flags)
{
	struct mock *mock = ctx;
	int err = begin(mock);

	if (err)
		return err;
	if (!well_formed(mock, dma, len) || flags & ~DMAVEC_UNLINK_STRICT)
		return end(mock, -EINVAL);
	err = list_room(&mock->linked, 1);
	while (!err && list_overlaps(&mock->linked, dma, len))
		cut_link(&mock->linked, list_find(&mock->linked, dma), dma, len);
	return end(mock, err);
}

static int mock_arena(void *ctx, uint64_t len, uint64_t align, dmavec_dma_t first, dmavec_dma_t last,
                      struct dmavec_window *arena)
{
	size_t page = (size_t)getpagesize();
	struct mock *mock = ctx;
	int err = begin(mock);
	void *mem;

	(void)first; /* memory of any address can be linked */
	(void)last;
	if (err)
		return err;
	if (!len || !power_of_two(align))
		return end(mock, -EINVAL);
	if (len > SIZE_MAX / 2 || align > SIZE_MAX / 2 ||
	    posix_memalign(&mem, align > page ? (size_t)align : page, (len + page - 1) & ~(page - 1)))
		return end(mock, -ENOMEM);
	arena->len = (len + page - 1) & ~(uint64_t)(page - 1);
	memset(mem, 0, (size_t)arena->len);
	arena->cpu = arena->dma = dmavec_cpu(mem);
	mock->arenas++;
	return end(mock, 0);
}

static void mock_arena_free(void *ctx, const struct dmavec_window *arena)
{
	struct mock *mock = ctx;

	pthread_mutex_lock(&mock->lock);
	mock->arenas--;
	pthread_mutex_unlock(&mock->lock);
	free(dmavec_ptr(arena->cpu));
}

/* One step of a device access: as far as the link goes that holds dma. 0: it faults. */
static uint64_t translate(const struct mock *mock, uint64_t dma, uint64_t len, unsigned int need, uint64_t *cpu)
{
	size_t i = list_find(&mock->linked, dma);
	const struct span *span;

	if (i == mock->linked.count)
		return 0;
	span = &mock->linked.spans[i];
	if (span->dma > dma || !span->committed || !(span->how & need))
		return 0;
	*cpu = span->cpu + (dma - span->dma);
	return len < span->len - (dma - span->dma) ? len : span->len - (dma - span->dma);
}

/* Under the lock throughout: nothing is unlinked below a device access. */
static int move(struct mock *mock, uint64_t dma, char *buf, size_t len, unsigned int need)
{
	uint64_t cpu, run;
	int err = 0;

	pthread_mutex_lock(&mock->lock);
	for (; len && !err; dma += run, buf += run, len -= (size_t)run) {
		run = translate(mock, dma, len, need, &cpu);
		if (!run)
			err = -EFAULT;
		else
			err = need == DMAVEC_LINK_WRITE ? access_write(cpu, buf, (size_t)run)
			                                : access_read(cpu, buf, (size_t)run);
	}
	mock->faults += err != 0;
	return end(mock, err);
}

static int mock_read(void *ctx, dmavec_dma_t dma, void *buf, size_t len)
{
	return move(ctx, dma, buf, len, DMAVEC_LINK_READ);
}

static int mock_write(void *ctx, dmavec_dma_t dma, const void *buf, size_t len)
{
	return move(ctx, dma, (char *)(uintptr_t)buf, len, DMAVEC_LINK_WRITE);
}

static int mock_flush(void *ctx)
{
	struct mock *mock = ctx;
	int err = begin(mock);

	if (err)
		return err;
	mock->flushes++;
	return end(mock, 0);
}

static void mock_strict(void *ctx)
{
	(void)ctx; /* it never was anything else */
}

static void mock_info(void *ctx, struct dmavec_space_info *info)
{
	struct mock *mock = ctx;

	pthread_mutex_lock(&mock->lock);
	info->faults += mock->faults;
	info->invalidations += mock->flushes;
	pthread_mutex_unlock(&mock->lock);
}

static void mock_close(void *ctx)
{
	struct mock *mock = ctx;

	pthread_mutex_destroy(&mock->lock);
	free(mock->reserved.spans);
	free(mock->linked.spans);
	free(mock);
}

static const struct dmavec_space_ops mock_ops = {
	.size = sizeof(mock_ops),
	.reserve = mock_reserve,
	.link = mock_link,
	.commit = mock_commit,
	.file_map = file_map,
	.file_unmap = file_unmap,
	.unlink = mock_unlink,
	.release = mock_release,
	.reserve_at = mock_reserve_at,
	.arena = mock_arena,
	.arena_free = mock_arena_free,
	.read = mock_read,
	.write = mock_write,
	.flush = mock_flush,
	.strict = mock_strict,
	.info = mock_info,
	.close = mock_close,
};

static struct mock *new_mock(const struct dmavec_mock_opts *opts)
{
	struct mock *mock = calloc(1, sizeof(*mock));

	if (!mock)
		return NULL;
	pthread_mutex_init(&mock->lock, NULL);
	mock->granule = opts->granule ? opts->granule : 4096;
	mock->first = mock->granule > 0x1000 ? mock->granule : 0x1000;
	mock->last = MOCK_LAST;
	mock->fail_at = opts->fail_nth;
	mock->error = opts->error ? opts->error : -ENOMEM;
	return mock;
}

int dmavec_space_mock(struct dmavec_space **space, const struct dmavec_mock_opts *given)
{
	struct dmavec_space_desc desc = { .size = sizeof(desc), .map_flags = DMAVEC_MMIO };
	struct dmavec_mock_opts opts;
	struct mock *mock;
	int err;

	if (!space || opts_read(&opts, sizeof(opts), given) || opts.error > 0 || opts.error < -4095 ||
	    (opts.granule && (!power_of_two(opts.granule) || opts.granule == 1 || opts.granule > MOCK_LAST / 2)))
		return -EINVAL;
	mock = new_mock(&opts);
	if (!mock)
		return -ENOMEM;
	desc.flags = opts.no_isolation ? 0 : DMAVEC_SPACE_ISOLATES;
	desc.granule = mock->granule;
	desc.first = mock->first;
	desc.last = mock->last;
	err = dmavec_space_create(space, &desc, &mock_ops, mock);
	if (err)
		mock_close(mock);
	return err;
}

int dmavec_mock_state(struct dmavec_space *space, struct dmavec_mock_state *state)
{
	struct mock *mock = dmavec_space_ctx(space, mock_close);
	struct dmavec_mock_state now = { 0 };
	size_t i;

	if (!mock)
		return -EOPNOTSUPP;
	if (!state || state->size < sizeof(state->size))
		return -EINVAL;
	pthread_mutex_lock(&mock->lock);
	now.size = state->size;
	now.ops = mock->ops;
	now.failed = mock->failed;
	now.reservations = mock->reserved.count;
	now.links = mock->linked.count;
	for (i = 0; i < mock->linked.count; i++)
		now.bytes_linked += mock->linked.spans[i].len;
	now.arenas = mock->arenas;
	pthread_mutex_unlock(&mock->lock);
	memset(state, 0, now.size);
	memcpy(state, &now, now.size < sizeof(now) ? now.size : sizeof(now));
	return 0;
}

int dmavec_mock_fail(struct dmavec_space *space, uint64_t nth)
{
	struct mock *mock = dmavec_space_ctx(space, mock_close);

	if (!mock)
		return -EOPNOTSUPP;
	pthread_mutex_lock(&mock->lock);
	mock->fail_at = nth ? mock->ops + nth : 0;
	pthread_mutex_unlock(&mock->lock);
	return 0;
}
