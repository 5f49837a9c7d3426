/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Random segments into random list buffers. What comes out is decided beforehand: by dmavec_check_segs whether the
 * format can say them, by a count that goes slot by slot whether the buffers hold them. What was written, a
 * controller reads back.
 */
#include "nvme.h"

#define SEGS  12u
#define ROOM  4096u /* segments read back */
#define GOOD  0
#define EVERY 6u /* how many cases to one that is broken on purpose */

static uint64_t upto(uint64_t *seed, uint64_t n)
{
	return tap_random(seed) % (n + 1);
}

/* ------------------------------------------------------------------ segments */

static uint64_t some_page(uint64_t *seed, uint64_t page)
{
	return (1 + upto(seed, 1u << 20)) * page;
}

/* Pages whose neighbours join now and then; from a dword of the first, up to a byte of the last. */
static uint32_t make_prp(uint64_t *seed, uint64_t page, struct dmavec_seg *segs)
{
	uint32_t n = 1 + (uint32_t)upto(seed, SEGS - 1), i;
	uint64_t most = upto(seed, 3) ? 3 : 400, end = 0;

	for (i = 0; i < n; i++) {
		segs[i].addr = end && !upto(seed, 3) ? end : some_page(seed, page);
		segs[i].len = (1 + upto(seed, most)) * page;
		end = segs[i].addr + segs[i].len;
	}
	if (!upto(seed, 9))
		segs[n - 1].addr = 0 - segs[n - 1].len;
	if (upto(seed, 1))
		segs[n - 1].len -= upto(seed, page - 1);
	if (upto(seed, 1)) {
		uint64_t offset = upto(seed, (segs[0].len < page ? segs[0].len : page) - 1) & ~3ull;

		segs[0].addr += offset;
		segs[0].len -= offset;
	}
	return n;
}

static uint32_t make_sgl(uint64_t *seed, struct dmavec_seg *segs)
{
	uint32_t n = 1 + (uint32_t)upto(seed, SEGS - 1), i;
	uint64_t end = 0;

	for (i = 0; i < n; i++) {
		segs[i].addr = end && !upto(seed, 3) ? end : tap_random(seed) >> upto(seed, 60);
		segs[i].len = upto(seed, 9) ? 1 + upto(seed, 10000) : UINT32_MAX;
		if (segs[i].len - 1 > UINT64_MAX - segs[i].addr)
			segs[i].addr = 0 - segs[i].len;
		end = segs[i].addr + segs[i].len;
	}
	return n;
}

/* One bit, one length or one place, that may or may not matter. */
static void break_segs(uint64_t *seed, struct dmavec_seg *segs, uint32_t n)
{
	struct dmavec_seg *seg = &segs[upto(seed, n - 1)];

	switch (upto(seed, 5)) {
	case 0:
		seg->addr ^= 1ull << upto(seed, 16);
		break;
	case 1:
		seg->len ^= 1ull << upto(seed, 34);
		break;
	case 2:
		seg->len = 0;
		seg->addr = upto(seed, 1) ? seg->addr : 0;
		break;
	case 3:
		seg->addr = 0 - seg->len + upto(seed, 1) * 4096;
		break;
	case 4:
		seg->len = UINT64_MAX - upto(seed, 8192);
		seg->addr = upto(seed, 1) ? seg->addr : 0;
		break;
	default:
		seg->addr += 1 + upto(seed, 8191);
	}
}

/* ------------------------------------------------------------------ list buffers */

/* Up to six, each in a place of its own. Most start with a page, some just before one ends. */
static void make_lists(uint64_t *seed, struct memory *m, uint64_t page)
{
	uint32_t n = (uint32_t)upto(seed, 6), i;
	uint64_t dma, len;

	for (i = 0; i < n; i++) {
		dma = i == 5 ? 0 - 2 * page : (i + 1) * (1ull << 40) + some_page(seed, page);
		if (!upto(seed, 2))
			dma += upto(seed, 1) ? page - 8 * upto(seed, 4) : 8 * upto(seed, page / 8 - 1);
		switch (upto(seed, 3)) {
		case 0:
			len = upto(seed, 100);
			break;
		case 1:
			len = page - dma % page;
			break;
		case 2:
			len = upto(seed, 3 * 4096);
			break;
		default:
			len = page - dma % page + page;
		}
		len = len < 24576 ? len : 24576;
		len = i < 5 || len <= 0 - dma ? len : 0 - dma;
		memory_add(m, dma, len, (unsigned int)upto(seed, 1) * 3);
	}
}

static bool break_lists(uint64_t *seed, struct memory *m)
{
	if (!m->n || upto(seed, 15))
		return false;
	m->bufs[upto(seed, m->n - 1)].dma += 1 + upto(seed, 6);
	return true;
}

/* ------------------------------------------------------------------ what must come out */

static uint64_t count_pages(const struct dmavec_seg *segs, uint32_t n, uint64_t page)
{
	uint64_t pages = 0;

	while (n--)
		pages += (segs[n].addr + (segs[n].len - 1)) / page - segs[n].addr / page + 1;
	return pages;
}

/* Slots from the at-th on that lie in one page; *whole: they end with it. */
static uint64_t count_slots(const struct dmavec_buf *buf, uint64_t at, uint64_t page, bool *whole)
{
	uint64_t n = 0;

	*whole = false;
	while (!*whole && (at + n + 1) * 8 <= buf->len) {
		n++;
		*whole = (buf->dma + (at + n) * 8) % page == 0;
	}
	return n;
}

static bool prp_fits(const struct memory *m, uint64_t page, uint64_t left)
{
	bool first = true, whole;
	uint64_t at, n;
	uint32_t i;

	for (i = 0; i < m->n; i++)
		for (at = 0; (n = count_slots(&m->bufs[i], at, page, &whole)); at += n) {
			if (!first && (m->bufs[i].dma + at * 8) % page)
				continue;
			if (left <= n)
				return true;
			if (!whole || n == 1)
				continue;
			left -= n - 1;
			first = false;
		}
	return false;
}

static bool sgl_fits(const struct memory *m, uint64_t left)
{
	uint32_t i;

	for (i = 0; i < m->n; i++) {
		if (left * 16 <= m->bufs[i].len)
			return true;
		if (m->bufs[i].len >= 32)
			left -= m->bufs[i].len / 16 - 1;
	}
	return false;
}

/* Bytes of lists in whole pages, a page at a time. */
static uint64_t prp_room(uint64_t left, uint64_t page)
{
	uint64_t bytes = 0;

	for (; left > page / 8; left -= page / 8 - 1)
		bytes += page;
	return bytes + left * 8;
}

/* ------------------------------------------------------------------ one case */

struct format {
	uint64_t page; /* 0: SGL */
	struct dmavec_limits limits;
};

static int emit(const struct format *f, const struct dmavec_seg *segs, uint32_t n, uint32_t *cdw0, uint64_t dptr[2],
		const struct memory *m)
{
	if (f->page)
		return dmavec_emit_nvme_prp(segs, n, f->page, dptr, m->bufs, m->n);
	return dmavec_emit_nvme_sgl(segs, n, cdw0, dptr, m->bufs, m->n);
}

static int expect(const struct format *f, const struct dmavec_seg *segs, uint32_t n, const struct memory *m,
		  bool broken)
{
	uint64_t pages;

	if (broken || dmavec_check_segs(&f->limits, segs, n))
		return -EINVAL;
	if (!f->page)
		return n == 1 || sgl_fits(m, n) ? 0 : -E2BIG;
	pages = count_pages(segs, n, f->page);
	return pages <= 2 || prp_fits(m, f->page, pages - 1) ? 0 : -E2BIG;
}

static bool reads_back(const struct format *f, const struct dmavec_seg *segs, uint32_t n, const uint64_t dptr[2],
		       const struct memory *m)
{
	static struct dmavec_seg read[ROOM];
	struct dmavec_seg joined[SEGS];
	uint64_t len = segs_len(segs, n);
	uint32_t nread = 0;
	int err;

	n = segs_join(joined, segs, n);
	if (f->page)
		err = dmavec_sim_nvme_prp(m->space, f->page, dptr, len, read, ROOM, &nread);
	else
		err = dmavec_sim_nvme_sgl(m->space, 1, dptr, len, read, ROOM, &nread);
	return HOLDS(!err) && HOLDS(segs_equal(joined, n, read, nread)) && HOLDS(memory_all_seen(m));
}

static bool try_emit(uint64_t *seed, const struct format *f, const struct dmavec_seg *segs, uint32_t n,
		     struct memory *m)
{
	uint64_t dptr[2] = { 0x1122334455667788, 0x99aabbccddeeff00 }, was[2] = { dptr[0], dptr[1] };
	uint32_t cdw0 = (uint32_t)tap_random(seed), cdw0_was = cdw0;
	int want = expect(f, segs, n, m, break_lists(seed, m)), got = emit(f, segs, n, &cdw0, dptr, m);

	if (got != want)
		diag("%d, not %d", got, want);
	if (got != want || !HOLDS(memory_guarded(m)))
		return false;
	if (got)
		return HOLDS(!memcmp(dptr, was, sizeof(was)) && cdw0 == cdw0_was);
	if (!f->page)
		cdw0_was = dmavec_nvme_psdt(cdw0_was, DMAVEC_NVME_PSDT_SGL);
	return HOLDS(cdw0 == cdw0_was) && reads_back(f, segs, n, dptr, m);
}

/* The room that is said is enough, and one slot less is not. */
static bool try_room(const struct format *f, const struct dmavec_seg *segs, uint32_t n)
{
	uint64_t room = UINT64_MAX, want = UINT64_MAX, slot = f->page ? 8 : 16, pages, dptr[2];
	bool good = !dmavec_check_segs(&f->limits, segs, n);
	uint32_t cdw0 = 0;
	int err = f->page ? dmavec_emit_nvme_prp_room(segs, n, f->page, &room)
			  : dmavec_emit_nvme_sgl_room(segs, n, &room);
	struct memory *m;

	if (!good)
		return HOLDS(err == -EINVAL && room == UINT64_MAX);
	pages = f->page ? count_pages(segs, n, f->page) : n + 1;
	if (pages < 1u << 20)
		want = pages <= 2 ? 0 : f->page ? prp_room(pages - 1, f->page) : n * 16ull;
	if (!HOLDS(!err && (want == UINT64_MAX || room == want)))
		return false;
	if (!room || room > 100000)
		return true;
	m = memory_new();
	memory_add(m, 1ull << 40, room, 0);
	if (!HOLDS(!emit(f, segs, n, &cdw0, dptr, m)) || !reads_back(f, segs, n, dptr, m))
		return false;
	m->bufs[0].len -= upto(&want, slot - 1) + 1;
	return HOLDS(emit(f, segs, n, &cdw0, dptr, m) == -E2BIG);
}

static bool try_case(uint64_t *seed, const struct format *f)
{
	struct memory *m = memory_new();
	struct dmavec_seg segs[SEGS];
	uint32_t n = f->page ? make_prp(seed, f->page, segs) : make_sgl(seed, segs);

	if (!upto(seed, EVERY))
		break_segs(seed, segs, n);
	if (f->page)
		make_lists(seed, m, f->page);
	else
		make_lists(seed, m, 64 << upto(seed, 3));
	return try_emit(seed, f, segs, n, m) && try_room(f, segs, n);
}

static bool try_cases(uint64_t *seed, uint64_t cases, bool prp)
{
	struct format f = { 0 };
	uint64_t i, start;
	bool good = true;

	for (i = 0; i < cases && good; i++) {
		start = *seed;
		f.page = prp ? 4096ull << (upto(seed, 2) ? 0 : upto(seed, 15)) : 0;
		if (prp ? dmavec_emit_nvme_prp_limits(&f.limits, f.page) : dmavec_emit_nvme_sgl_limits(&f.limits, 1))
			return false;
		good = try_case(seed, &f);
		if (!good)
			diag("case %llu, DMAVEC_SEED=%llu", (unsigned long long)i, (unsigned long long)start);
	}
	return good;
}

static bool prp_random(uint64_t *seed)
{
	return try_cases(seed, tap_cases(CASES), true);
}

static bool sgl_random(uint64_t *seed)
{
	return try_cases(seed, tap_cases(CASES), false);
}

const struct check checks_random[] = {
	{ "PRPs of random segments, if and only if they obey the limits and there is room", prp_random },
	{ "SGLs of random segments, if and only if they obey the limits and there is room", sgl_random },
	{ NULL, NULL },
};
