/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Batches and sources: the other two ways in, held to the same rules. */
#include "suite.h"

#include <dmavec/source.h>

#include <stdio.h>
#include <unistd.h>

static bool batch(struct fix *f, struct dmavec_dev *dev, struct held *h, uint32_t cap, const struct dmavec_range *r,
		  uint32_t n, enum dmavec_dir dir)
{
	uint64_t total = 0;
	uint32_t i;

	for (i = 0; i < n; i++)
		total += r[i].len;
	suite_init(h, cap);
	if (!CHECK_IS(f, dmavec_begin(dev, &h->map, total, n, dir, 0), 0))
		return false;
	for (i = 0; i < n; i++)
		if (!CHECK_IS(f, dmavec_add(&h->map, r[i].addr, r[i].len, 0), 0))
			return false;
	return CHECK_IS(f, dmavec_finish(&h->map), 0);
}

static void batch_covers(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[6] = { suite_range(f, 2, 0, f->page), suite_range(f, 9, 0, f->page),
				     suite_range(f, 10, 0, 17),     suite_range(f, 10, 17, 3),
				     suite_range(f, 5, 99, 4096),   suite_range(f, 2, 0, f->page) };
	static struct held h, same;

	MUST(f, dev && batch(f, dev, &h, 8, r, 6, DMAVEC_TO_DEVICE));
	CHECK(f, suite_sees(f, &h.map, r, 6));
	MUST(f, suite_map(f, dev, &same, 8, r, 6, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, h.map.nsegs, same.map.nsegs);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, dmavec_unmap(dev, &same.map, 0), 0);
	MUST(f, batch(f, dev, &h, 8, r, 5, DMAVEC_FROM_DEVICE));
	CHECK(f, suite_dev_writes(f, &h.map, 0, h.map.len, 3));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, suite_memory_has(r, 5, 0, ~0ull, 3));
	CHECK(f, suite_rest_is_whole(f, r, 5));
}

static void batch_limits(struct fix *f)
{
	struct dmavec_limits limits = {
		.size = sizeof(limits), .seg_align = 64, .seg_len_max = 2048, .seg_boundary = 4096
	};
	struct dmavec_dev *dev = suite_dev(f, &limits, 0);
	struct dmavec_range r[3] = { suite_range(f, 2, 0, f->page), suite_range(f, 9, 3, 4096),
				     suite_range(f, 12, 64, 700) };
	static struct held h;

	MUST(f, dev && batch(f, dev, &h, SUITE_SEGS, r, 3, DMAVEC_TO_DEVICE));
	CHECK_IS(f, dmavec_check_segs(&limits, h.segs, h.map.nsegs), 0);
	CHECK_IS(f, h.map.nsegs, suite_fewest(&limits, &h.map));
	CHECK(f, suite_sees(f, &h.map, r, 3));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void batch_untrusted(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED);
	struct dmavec_range r[3] = { suite_range(f, 2, 10, 300), suite_range(f, 9, 0, f->page),
				     suite_range(f, 12, 0, 700) };
	static struct held h;

	MUST(f, dev && batch(f, dev, &h, 8, r, 3, DMAVEC_BIDIRECTIONAL));
	CHECK(f, suite_sees(f, &h.map, r, 3));
	CHECK_IS(f, suite_read(f, h.segs[0].addr - 1), 0);
	CHECK_IS(f, suite_info(f).bounced_bytes, 1000);
	CHECK(f, suite_dev_writes(f, &h.map, 0, h.map.len, 3));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, suite_memory_has(r, 3, 0, ~0ull, 3));
	CHECK(f, suite_rest_is_whole(f, r, 3));
}

static void batch_failed_add(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[2] = { suite_range(f, 2, 0, 1000), suite_range(f, 9, 8, 500) };
	static struct held h;

	suite_init(&h, 8);
	MUST(f, dev && !dmavec_begin(dev, &h.map, 1500, 2, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, dmavec_add(&h.map, r[0].addr, 0, 0), -EINVAL);
	CHECK_IS(f, dmavec_add(&h.map, r[0].addr, r[0].len, 0), 0);
	CHECK_IS(f, dmavec_add(&h.map, 0xfffffffffffff000u, 0x1001, 0), -EINVAL);
	CHECK_IS(f, dmavec_add(&h.map, r[1].addr, r[1].len, 0x100), -EINVAL);
	CHECK_IS(f, dmavec_add(&h.map, r[1].addr, 501, 0), -E2BIG);
	CHECK_IS(f, dmavec_add(&h.map, r[1].addr, ~0ull - r[1].addr, 0), -E2BIG);
	CHECK_IS(f, dmavec_add(&h.map, r[1].addr, r[1].len, 0), 0);
	CHECK_IS(f, dmavec_add(&h.map, r[1].addr, 1, 0), -E2BIG);
	CHECK_IS(f, dmavec_finish(&h.map), 0);
	CHECK_IS(f, h.map.len, 1500);
	CHECK(f, suite_sees(f, &h.map, r, 2));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void batch_too_many(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[2] = { suite_range(f, 2, 0, 100), suite_range(f, 9, 8, 100) };
	static struct held h;

	suite_init(&h, 8);
	MUST(f, dev && !dmavec_begin(dev, &h.map, 4000, 2, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, dmavec_add(&h.map, r[0].addr, r[0].len, 0), 0);
	CHECK_IS(f, dmavec_add(&h.map, r[1].addr, r[1].len, 0), 0);
	CHECK_IS(f, dmavec_add(&h.map, r[0].addr, r[0].len, 0), -E2BIG);
	CHECK_IS(f, dmavec_finish(&h.map), 0); /* less than total_len is fine */
	CHECK_IS(f, h.map.len, 200);
	CHECK(f, suite_sees(f, &h.map, r, 2));
	CHECK_IS(f, dmavec_add(&h.map, r[0].addr, r[0].len, 0), -EINVAL);
	CHECK_IS(f, dmavec_finish(&h.map), -EINVAL);
	CHECK(f, suite_sees(f, &h.map, r, 2));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void batch_ended_early(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 2, 0, 100);
	static struct held h;

	suite_init(&h, 8);
	MUST(f, dev != NULL);
	CHECK_IS(f, dmavec_finish(&h.map), -EINVAL);
	CHECK_IS(f, dmavec_add(&h.map, r.addr, r.len, 0), -EINVAL);
	CHECK_IS(f, dmavec_begin(dev, &h.map, 4000, 2, DMAVEC_TO_DEVICE, 0), 0);
	CHECK_IS(f, dmavec_finish(&h.map), -EINVAL); /* no add */
	CHECK_IS(f, suite_info(f).iova_bytes, 0);
	CHECK_IS(f, dmavec_begin(dev, &h.map, 4000, 2, DMAVEC_TO_DEVICE, 0), 0);
	CHECK_IS(f, dmavec_add(&h.map, r.addr, r.len, 0), 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, h.map.nsegs == 0 && h.map.len == 0);
	CHECK_IS(f, suite_info(f).iova_bytes, 0);
	CHECK_IS(f, suite_info(f).mappings, 0);
	MUST(f, batch(f, dev, &h, 8, &r, 1, DMAVEC_TO_DEVICE));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

/* The total has to be a multiple of len_align: that is known at the end. */
static void batch_failed_finish(struct fix *f)
{
	struct dmavec_limits limits = { .size = sizeof(limits), .len_align = 512 };
	struct dmavec_dev *dev = suite_dev(f, &limits, 0);
	struct dmavec_range r = suite_range(f, 2, 0, 512);
	static struct held h;

	suite_init(&h, 8);
	MUST(f, dev && !dmavec_begin(dev, &h.map, 1024, 2, DMAVEC_TO_DEVICE, 0));
	MUST_BE(f, dmavec_add(&h.map, r.addr, 100, 0), 0);
	CHECK_IS(f, dmavec_finish(&h.map), -EINVAL);
	CHECK(f, h.map.nsegs == 0 && h.map.len == 0);
	CHECK_IS(f, suite_info(f).mappings, 0);
	CHECK_IS(f, suite_info(f).iova_bytes, 0);
	CHECK_IS(f, suite_info(f).bounced_bytes, 0);
	MUST(f, batch(f, dev, &h, 8, &r, 1, DMAVEC_TO_DEVICE));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void batch_short_room(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[3] = { suite_range(f, 2, 8, 100), suite_range(f, 7, 300, 1000),
				     suite_range(f, 4, 1, 12) };
	static struct held h;

	MUST(f, dev && batch(f, dev, &h, 1, r, 3, DMAVEC_BIDIRECTIONAL));
	CHECK_IS(f, h.map.nsegs, 1);
	CHECK(f, suite_sees(f, &h.map, r, 3));
	CHECK(f, suite_dev_writes(f, &h.map, 0, h.map.len, 3));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, suite_memory_has(r, 3, 0, ~0ull, 3));
}

struct list_source {
	struct dmavec_source source;
	const struct dmavec_range *ranges;
	const uint32_t *flags;
	size_t n, at, step;
	unsigned int passes;
	size_t second_n;          /* how many come on later passes */
	dmavec_cpu_t second_addr; /* where the last one lies then */
};

static size_t list_fill(struct dmavec_source *source, struct dmavec_range *ranges, uint32_t *flags, size_t max)
{
	struct list_source *s = (struct list_source *)source;
	size_t n, got;

	s->passes += !s->at; /* a rewind before the first range is no pass */
	n = s->passes > 1 ? s->second_n : s->n;
	for (got = 0; got < max && got < s->step && s->at < n; got++, s->at++) {
		ranges[got] = s->ranges[s->at];
		if (s->passes > 1 && s->at + 1 == n && s->second_addr)
			ranges[got].addr = s->second_addr;
		if (s->flags)
			flags[got] = s->flags[s->at];
	}
	return got;
}

static void list_rewind(struct dmavec_source *source)
{
	((struct list_source *)source)->at = 0;
}

static struct list_source list(const struct dmavec_range *ranges, size_t n)
{
	struct list_source s = { { list_fill, list_rewind }, ranges, NULL, n, 0, 3, 0, n, 0 };

	return s;
}

static int map_list(struct dmavec_dev *dev, struct held *h, struct list_source *s, enum dmavec_dir dir)
{
	suite_init(h, SUITE_SEGS);
	return dmavec_map_source(dev, &h->map, &s->source, dir, 0);
}

static void source_covers(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range many[200], some[200];
	static struct held h, same;
	struct list_source s;
	size_t i, k = 0;

	for (i = 0; i < 200; i++) {
		many[i] =
			suite_range(f, (unsigned int)(i * 7 % 38), i % 3 ? 0 : i, i % 5 ? (i % 3 ? f->page : 100) : 0);
		if (many[i].len)
			some[k++] = many[i];
	}
	s = list(many, 200); /* with empty ranges among them */
	MUST_BE(f, map_list(dev, &h, &s, DMAVEC_TO_DEVICE), 0);
	CHECK(f, suite_sees(f, &h.map, some, k));
	MUST(f, suite_map(f, dev, &same, SUITE_SEGS, some, k, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, h.map.nsegs, same.map.nsegs);
	CHECK_IS(f, dmavec_unmap(dev, &same.map, 0), 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	s = list(some, k);
	s.step = 1000;
	MUST_BE(f, map_list(dev, &h, &s, DMAVEC_TO_DEVICE), 0);
	CHECK(f, suite_sees(f, &h.map, some, k));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void source_bounces(struct fix *f)
{
	struct dmavec_limits limits = { .size = sizeof(limits), .seg_align = 64, .segs_max = 2 };
	struct dmavec_dev *dev = suite_dev(f, &limits, 0);
	struct dmavec_range r[3] = { suite_range(f, 2, 8, 100), suite_range(f, 7, 300, 1000),
				     suite_range(f, 4, 1, 12) };
	struct list_source s = list(r, 3);
	static struct held h;

	MUST_BE(f, map_list(dev, &h, &s, DMAVEC_BIDIRECTIONAL), 0);
	CHECK(f, suite_sees(f, &h.map, r, 3));
	CHECK(f, suite_dev_writes(f, &h.map, 0, h.map.len, 3));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, suite_memory_has(r, 3, 0, ~0ull, 3));
	CHECK(f, suite_rest_is_whole(f, r, 3));
}

static void source_kinds(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[3] = { suite_range(f, 4, 0, f->page), suite_range(f, 5, 0, f->page),
				     suite_range(f, 6, 0, f->page) };
	const uint32_t flags[3] = { 0, DMAVEC_MMIO, DMAVEC_MMIO }, unknown[3] = { 0, 0x1000, 0 };
	struct list_source s = list(r, 3);
	static struct held h;

	s.flags = flags;
	MUST_BE(f, map_list(dev, &h, &s, DMAVEC_TO_DEVICE), 0);
	CHECK_IS(f, h.map.nsegs, 2);
	CHECK(f, suite_sees(f, &h.map, r, 3));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	s = list(r, 3);
	s.flags = unknown;
	CHECK_IS(f, map_list(dev, &h, &s, DMAVEC_TO_DEVICE), -EINVAL);
}

static void source_empty(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[3] = { suite_range(f, 4, 0, 0),
				     suite_range(f, 5, 0, 0),
				     { 0xfffffffffffff000u, 0x1001 } };
	struct list_source s = list(r, 2), none = list(r, 0), wraps = list(r, 3);
	static struct held h;

	CHECK_IS(f, map_list(dev, &h, &s, DMAVEC_TO_DEVICE), -EINVAL);
	CHECK_IS(f, map_list(dev, &h, &none, DMAVEC_TO_DEVICE), -EINVAL);
	CHECK_IS(f, map_list(dev, &h, &wraps, DMAVEC_TO_DEVICE), -EINVAL);
	CHECK_IS(f, dmavec_map_source(dev, &h.map, NULL, DMAVEC_TO_DEVICE, 0), -EINVAL);
}

/* Fewer, more, elsewhere: whatever a second pass shows, an answer that differs is an error and nothing is held. */
static void source_changes(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[4] = { suite_range(f, 4, 0, f->page), suite_range(f, 9, 0, f->page),
				     suite_range(f, 12, 0, 100), suite_range(f, 15, 7, 100) };
	static struct held h;
	unsigned int i;

	for (i = 0; dev && i < 3; i++) {
		struct list_source s = list(r, 3);
		int err;

		s.second_n = i == 0 ? 2 : i == 1 ? 4 : 3;
		s.second_addr = i == 2 ? r[2].addr + 9 : 0;
		err = map_list(dev, &h, &s, DMAVEC_TO_DEVICE);
		if (!err) {
			CHECK_IS(f, s.passes, 1);
			CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
		} else {
			CHECK_IS(f, err, -EINVAL);
			CHECK(f, h.map.nsegs == 0 && h.map.len == 0);
		}
		CHECK_IS(f, suite_info(f).mappings, 0);
		CHECK_IS(f, suite_info(f).iova_bytes, 0);
	}
}

/* The source stands wherever an earlier call, or a failed one, left it. */
static void source_again(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[100], good;
	struct list_source s = list(r, 100);
	static struct held h;
	unsigned int i;

	for (i = 0; i < 100; i++)
		r[i] = suite_range(f, i * 7 % 38, 8 * i, 64);
	good = r[10];
	for (i = 0; dev && i < 4; i++) {
		s.passes = 0;
		s.at = i == 1 ? 50 : s.at;
		if (i == 2) {
			r[10].addr = UINT64_MAX - 10;
			CHECK_IS(f, map_list(dev, &h, &s, DMAVEC_TO_DEVICE), -EINVAL);
			r[10] = good;
		}
		s.passes = 0;
		MUST_BE(f, map_list(dev, &h, &s, DMAVEC_TO_DEVICE), 0);
		CHECK_IS(f, h.map.len, 6400);
		CHECK(f, suite_sees(f, &h.map, r, 100));
		CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	}
}

/* One that answers otherwise from reading number `from` on: two ranges, of which one has moved, or grown at the other's
 * expense, or become peer memory. */
struct fickle_source {
	struct dmavec_source source;
	struct dmavec_range r[2], then[2];
	uint32_t flags_then;
	unsigned int readings, from;
	size_t at;
};

static size_t fickle_fill(struct dmavec_source *source, struct dmavec_range *ranges, uint32_t *flags, size_t max)
{
	struct fickle_source *s = (struct fickle_source *)source;
	bool other = s->readings >= s->from;

	(void)max;
	if (s->at == 2)
		return 0;
	ranges[0] = other ? s->then[s->at] : s->r[s->at];
	flags[0] = other && s->at ? s->flags_then : 0;
	s->at++;
	return 1;
}

static void fickle_rewind(struct dmavec_source *source)
{
	struct fickle_source *s = (struct fickle_source *)source;

	s->readings++;
	s->at = 0;
}

static struct fickle_source fickle(struct fix *f, unsigned int what)
{
	struct fickle_source s = { .source = { fickle_fill, fickle_rewind } };

	s.r[0] = s.then[0] = suite_range(f, 4, 1, 100);
	s.r[1] = s.then[1] = suite_range(f, 9, 3, 200);
	if (what == 0)
		s.then[1].addr += 64;
	if (what == 1) {
		s.then[0].len += 64;
		s.then[1].len -= 64;
	}
	s.flags_then = what == 2 ? DMAVEC_MMIO : 0;
	return s;
}

static int map_fickle(struct dmavec_dev *dev, struct fickle_source *s, struct held *h, unsigned int from)
{
	suite_init(h, 8);
	s->readings = 0;
	s->at = 0;
	s->from = from;
	return dmavec_map_source(dev, &h->map, &s->source, DMAVEC_TO_DEVICE, 0);
}

static void changes_last(struct fix *f, struct dmavec_dev *dev, unsigned int what)
{
	struct fickle_source s = fickle(f, what);
	static struct held h;
	unsigned int from, last;

	MUST_BE(f, map_fickle(dev, &s, &h, ~0u), 0);
	CHECK(f, suite_sees(f, &h.map, s.r, 2));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	last = s.readings;
	MUST(f, last > 1);
	for (from = 2; from <= last; from++)
		CHECK_IS(f, map_fickle(dev, &s, &h, from), -EINVAL);
	CHECK(f, h.map.nsegs == 0 && h.map.len == 0);
	CHECK_IS(f, suite_info(f).mappings, 0);
	CHECK_IS(f, suite_info(f).bounced_bytes, 0);
	CHECK_IS(f, suite_info(f).iova_bytes, 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void source_is_fickle(struct fix *f)
{
	struct dmavec_limits odd = { .size = sizeof(odd), .seg_align = 64 };
	struct dmavec_dev *bounced = suite_dev(f, &odd, 0), *linked = suite_dev(f, NULL, 0);
	unsigned int what;

	MUST(f, bounced && linked);
	for (what = 0; what < 3; what++) {
		changes_last(f, bounced, what);
		if (f->ts.traits & SPACE_IOMMU)
			changes_last(f, linked, what);
	}
}

/* Bytes of address space that the process has; 0: it does not say. */
static uint64_t process_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	if (!file || fscanf(file, "%lu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Many, with room for n ranges and more: opened, then added to, then finished, then unmapped. */
static void open_many(struct fix *f, struct dmavec_dev *dev, uint32_t n)
{
	static struct held h[40];
	struct dmavec_range r;
	unsigned int i;

	for (i = 0; i < 40; i++) {
		suite_init(&h[i], 4);
		MUST_BE(f, dmavec_begin(dev, &h[i].map, 4096, n + 99 * i, DMAVEC_TO_DEVICE, 0), 0);
	}
	CHECK_IS(f, suite_info(f).mappings, 40);
	for (i = 0; i < 40; i++) {
		r = suite_range(f, i % 38, i, 100 + i);
		MUST_BE(f, dmavec_add(&h[i].map, r.addr, r.len, 0), 0);
	}
	for (i = 0; i < 40; i++) {
		r = suite_range(f, i % 38, i, 100 + i);
		MUST_BE(f, dmavec_finish(&h[i].map), 0);
		CHECK(f, suite_sees(f, &h[i].map, &r, 1));
	}
	for (i = 0; i < 40; i++)
		CHECK_IS(f, dmavec_unmap(dev, &h[i].map, 0), 0);
}

/* Each of the large ones has some 900 KiB: what is kept of 40 for the next is no more than the half. */
static void batches_at_once(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	uint64_t before, after;

	MUST(f, dev != NULL);
	open_many(f, dev, 1);
	before = process_bytes();
	open_many(f, dev, 45000);
	after = process_bytes();
	CHECK(f, !before || after < before + (18u << 20));
	open_many(f, dev, 1);
}

const struct rule rules_batch[] = {
	{ "rule 6.1 batch: covers as map does, with as many segments", batch_covers, 0, 0 },
	{ "rule 6.2 batch: limits and count", batch_limits, 0, 0 },
	{ "rule 6.2 batch: short room linearises", batch_short_room, 0, 0 },
	{ "rule 6.5 batch: an untrusted device", batch_untrusted, SPACE_IOMMU, 0 },
	{ "rule 6.6 batch: a failed add leaves it as it was", batch_failed_add, 0, 0 },
	{ "rule 6.6 batch: a failed finish holds nothing", batch_failed_finish, 0, 0 },
	{ "rule 6.7 batch: no more ranges than said; fewer bytes are fine", batch_too_many, 0, 0 },
	{ "rule 6.7 batch: out of order; unmap ends it", batch_ended_early, 0, 0 },
	{ "rule 6.1 source: covers as map does, empty ranges skipped", source_covers, 0, 0 },
	{ "rule 6.1 source: bounced", source_bounces, 0, 0 },
	{ "rule 6.4 source: kinds", source_kinds, 0, 0 },
	{ "rule 6.7 source: nothing in it, or a range that wraps, is -EINVAL", source_empty, 0, 0 },
	{ "rule 6.7 source: one that changes is -EINVAL, nothing is held", source_changes, 0, 0 },
	{ "rule 6.1 source: read from its beginning, wherever it stands", source_again, 0, 0 },
	{ "rule 6.7 source: another address, length or kind when it is linked is -EINVAL", source_is_fickle, 0, 0 },
	{ "rule 6.8 batch: many open at once, and little of them is kept", batches_at_once, 0, 0 },
	{ NULL, NULL, 0, 0 },
};
