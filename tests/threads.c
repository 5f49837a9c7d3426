/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Rule 6.9: spaces and devices may be used from all threads at once. Each thread has memory and mappings of its own,
 * and shares the space, two devices, and a region that all look up while others register and unregister beside it.
 * Whatever a thread maps, it checks byte by byte through the device. DMAVEC_MS: milliseconds a space.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "spaces.h"
#include "tap.h"

#define THREADS 4u
#define PAGES   10u /* of each thread */
#define HELD    3u

struct crowd {
	struct test_space ts;
	struct dmavec_dev *plain, *odd; /* odd: everything that is not aligned to 64 bytes is bounced */
	struct dmavec_range shared;
	uint64_t until;
};

struct member {
	struct crowd *crowd;
	unsigned char *area; /* PAGES pages */
	unsigned int number;
	uint64_t random, rounds;
	char wrong[120]; /* the first thing that was */
};

struct one {
	struct dmavec_map map;
	struct dmavec_seg segs[16];
	struct dmavec_range r[3];
	size_t n;
	struct dmavec_dev *dev;
	enum dmavec_dir dir;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool is(struct member *m, bool good, const char *what, int err)
{
	if (!good && !m->wrong[0])
		snprintf(m->wrong, sizeof(m->wrong), "thread %u, round %llu: %s (%d)", m->number,
			 (unsigned long long)m->rounds, what, err);
	return good;
}

static uint64_t below(struct member *m, uint64_t n)
{
	return tap_random(&m->random) % n;
}

/* Three pages of this mapping's own, so that mappings of one thread do not write over one another. */
static void choose(struct member *m, struct one *o, unsigned int slot)
{
	uint64_t page = m->crowd->ts.page, i;

	memset(o, 0, sizeof(*o));
	o->map.segs = o->segs;
	o->map.segs_cap = 16;
	o->n = 1 + below(m, 3);
	o->dev = below(m, 2) ? m->crowd->plain : m->crowd->odd;
	o->dir = (enum dmavec_dir)below(m, 3);
	for (i = 0; i < o->n; i++) {
		uint64_t at = below(m, 2) ? 0 : below(m, 300);

		o->r[i].addr = dmavec_cpu(m->area + (slot * 3 + i) * page + at);
		o->r[i].len = below(m, 2) ? page - at : 1 + below(m, 1000);
	}
}

/* Move the mapping's bytes between the device and a buffer. */
static int device_moves(struct member *m, struct one *o, unsigned char *bytes, bool write)
{
	uint64_t done = 0;
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < o->map.nsegs; done += o->segs[i++].len)
		err = write ? dmavec_space_write(m->crowd->ts.space, o->segs[i].addr, bytes + done, o->segs[i].len)
			    : dmavec_space_read(m->crowd->ts.space, o->segs[i].addr, bytes + done, o->segs[i].len);
	return err;
}

static void gather(const struct one *o, unsigned char *bytes)
{
	size_t i;

	for (i = 0; i < o->n; bytes += o->r[i++].len)
		memcpy(bytes, dmavec_ptr(o->r[i].addr), o->r[i].len);
}

static bool same(struct member *m, struct one *o, const unsigned char *bytes)
{
	static __thread unsigned char have[4u * 65536];

	gather(o, have);
	return is(m, !memcmp(have, bytes, o->map.len), "bytes differ", 0);
}

static bool begin_one(struct member *m, struct one *o, unsigned int slot)
{
	static __thread unsigned char bytes[4u * 65536];
	size_t i;
	int err;

	choose(m, o, slot);
	for (i = 0; i < o->n; i++)
		memset(dmavec_ptr(o->r[i].addr), (int)below(m, 256), o->r[i].len);
	err = dmavec_map(o->dev, &o->map, o->r, o->n, o->dir, 0);
	if (!is(m, !err, "map", err) || o->dir == DMAVEC_FROM_DEVICE)
		return !err;
	err = device_moves(m, o, bytes, false);
	return is(m, !err, "device reads", err) && same(m, o, bytes);
}

static bool end_one(struct member *m, struct one *o)
{
	static __thread unsigned char bytes[4u * 65536], after[4u * 65536];
	uint64_t len = o->map.len, i;
	int err = 0;

	gather(o, after);
	if (o->dir != DMAVEC_TO_DEVICE) {
		for (i = 0; i < len; i++)
			bytes[i] = (unsigned char)(i * 31 + m->rounds);
		err = device_moves(m, o, bytes, true);
		if (!is(m, !err, "device writes", err))
			return false;
		err = dmavec_sync_for_cpu(o->dev, &o->map, len / 3, len / 3);
		gather(o, after);
		is(m, !err && !memcmp(after + len / 3, bytes + len / 3, len / 3), "sync_for_cpu", err);
		memcpy(after, bytes, len);
	} else {
		err = dmavec_sync_for_device(o->dev, &o->map, len / 2, len - len / 2);
		is(m, !err, "sync_for_device", err);
	}
	o->map.len = len;
	err = dmavec_unmap(o->dev, &o->map, 0);
	o->map.len = len;
	return is(m, !err, "unmap", err) && same(m, o, after);
}

/* The shared region is there all the time; the last page of each thread comes and goes. */
static bool look_up(struct member *m)
{
	struct crowd *c = m->crowd;
	struct dmavec_range own = { dmavec_cpu(m->area + (PAGES - 1) * c->ts.page), c->ts.page };
	uint64_t at = below(m, c->shared.len - 8);
	unsigned char seen[8];
	dmavec_dma_t dma = 0;
	int err = dmavec_lookup(c->plain, c->shared.addr + at, 8, DMAVEC_TO_DEVICE, &dma);

	if (!is(m, !err, "lookup of the shared region", err))
		return false;
	err = dmavec_space_read(c->ts.space, dma, seen, 8);
	if (!is(m, !err && !memcmp(seen, dmavec_ptr(c->shared.addr + at), 8), "shared bytes", err))
		return false;
	if (below(m, 4))
		return true;
	err = dmavec_register(c->ts.space, own.addr, own.len, 0);
	if (!is(m, !err, "register", err))
		return false;
	memset(dmavec_ptr(own.addr), (int)m->number + 1, 8);
	err = dmavec_lookup(c->plain, own.addr, 8, DMAVEC_BIDIRECTIONAL, &dma);
	err = err ? err : dmavec_space_read(c->ts.space, dma, seen, 8);
	is(m, !err && seen[7] == m->number + 1, "lookup of its own", err);
	err = dmavec_unregister(c->ts.space, own.addr, own.len);
	return is(m, !err, "unregister", err) &&
	       is(m, dmavec_lookup(c->plain, own.addr, 8, DMAVEC_BIDIRECTIONAL, &dma) == -EAGAIN,
		  "lookup after unregister", 0);
}

static bool ring(struct member *m)
{
	struct crowd *c = m->crowd;
	struct dmavec_buf buf;
	unsigned char byte = 0;
	int err = dmavec_alloc(c->odd, 1 + below(m, 9000), 0, &buf);

	if (!is(m, !err, "alloc", err))
		return false;
	is(m, !*(unsigned char *)buf.cpu, "alloc is not zeroed", 0);
	*(unsigned char *)buf.cpu = (unsigned char)m->number;
	err = dmavec_space_read(c->ts.space, buf.dma, &byte, 1);
	is(m, !err && byte == m->number, "ring bytes", err);
	dmavec_free(c->odd, &buf);
	return true;
}

static void *work(void *arg)
{
	struct member *m = arg;
	struct one held[HELD];
	unsigned int i;
	bool good = true;

	while (good && now_ms() < m->crowd->until) {
		m->rounds++;
		for (i = 0; good && i < HELD; i++)
			good = begin_one(m, &held[i], i);
		good = good && look_up(m) && (below(m, 8) || ring(m));
		for (i = 0; good && i < HELD; i++)
			good = end_one(m, &held[i]);
		if (good && !below(m, 64))
			good = is(m, !dmavec_flush(m->crowd->ts.space), "flush", 0);
	}
	return NULL;
}

static bool open_crowd(struct crowd *c, const char *space)
{
	struct dmavec_limits limits = { .size = sizeof(limits), .seg_align = 64 };

	memset(c, 0, sizeof(*c));
	if (spaces_open(&c->ts, space) || dmavec_dev_open(&c->plain, c->ts.space, NULL, 0) ||
	    dmavec_dev_open(&c->odd, c->ts.space, &limits, 0))
		return false;
	c->shared.addr = dmavec_cpu(c->ts.area + THREADS * PAGES * c->ts.page);
	c->shared.len = 4 * c->ts.page;
	memset(dmavec_ptr(c->shared.addr), 0x5c, c->shared.len);
	return !dmavec_register(c->ts.space, c->shared.addr, c->shared.len, 0);
}

static void run_crowd(struct crowd *c, uint64_t seed)
{
	struct member members[THREADS];
	pthread_t threads[THREADS];
	uint64_t rounds = 0;
	unsigned int i, started;

	memset(members, 0, sizeof(members));
	for (started = 0; started < THREADS; started++) {
		members[started].crowd = c;
		members[started].number = started;
		members[started].area = c->ts.area + started * PAGES * c->ts.page;
		members[started].random = seed + started;
		if (pthread_create(&threads[started], NULL, work, &members[started]))
			break;
	}
	for (i = 0; i < started; i++) {
		pthread_join(threads[i], NULL);
		rounds += members[i].rounds;
		if (!ok(!members[i].wrong[0], "%s: rule 6.9 thread %u", c->ts.name, i))
			diag("%s", members[i].wrong);
	}
	ok(started == THREADS, "%s: rule 6.9 all threads ran", c->ts.name);
	diag("%s: %llu rounds", c->ts.name, (unsigned long long)rounds);
}

static void close_crowd(struct crowd *c)
{
	struct dmavec_space_info info = { .size = sizeof(info) };

	ok(!dmavec_unregister(c->ts.space, c->shared.addr, c->shared.len), "%s: rule 6.9 unregisters", c->ts.name);
	ok(!dmavec_space_info(c->ts.space, &info) && !info.mappings && !info.iova_bytes && !info.bounced_bytes &&
		   !info.regions,
	   "%s: rule 6.9 nothing is held at the end", c->ts.name);
	ok(!dmavec_dev_close(c->odd) && !dmavec_dev_close(c->plain) && !spaces_close(&c->ts), "%s: rule 6.9 closes",
	   c->ts.name);
}

int main(void)
{
	uint64_t seed = tap_seed(), ms = tap_env("DMAVEC_MS", 350);
	static struct crowd c;
	size_t i;

	for (i = 0; spaces_all[i]; i++) {
		if (!ok(open_crowd(&c, spaces_all[i]), "%s: opens", spaces_all[i]))
			continue;
		c.until = now_ms() + ms;
		run_crowd(&c, seed);
		close_crowd(&c);
	}
	return done_testing();
}
