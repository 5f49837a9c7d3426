/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The source over an array of iovecs: what it tells, byte by byte, against a walk over the array that goes byte by byte too.
 * The arrays end where a page does that nobody may read.
 */
#define _GNU_SOURCE
#include <dmavec/source.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "tap.h"

#define ENTRIES   1024u /* as many as readv takes on Linux */
#define BYTES_MAX 65536u
#define PAGES     8u /* hold one entry more than ENTRIES */

static char *fence; /* where readable memory ends */

static struct iovec *new_array(size_t niov)
{
	return (struct iovec *)(void *)fence - niov;
}

static bool make_fence(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *mem = mmap(NULL, (PAGES + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED || mprotect(mem + PAGES * page, page, PROT_NONE))
		return false;
	fence = mem + PAGES * page;
	return true;
}

static void *at(uint64_t addr)
{
	return (void *)(uintptr_t)addr;
}

/* ------------------------------------------------------------------ reading it, and what should be read */

struct told {
	uint64_t bytes[BYTES_MAX]; /* the address of each */
	size_t nbytes, nranges;
	bool empty, flagged, too_many;
};

/* From where the source stands to its end, at most max ranges at a time. */
static void read_all(struct dmavec_source *source, size_t max, struct told *told)
{
	struct dmavec_range ranges[65];
	uint32_t flags[65];
	size_t n, i;
	uint64_t k;

	told->nbytes = told->nranges = 0;
	told->empty = told->flagged = told->too_many = false;
	for (;;) {
		memset(flags, 0, sizeof(flags));
		memset(ranges, 0xee, sizeof(ranges));
		n = source->fill(source, ranges, flags, max);
		told->too_many |= n > max || ranges[max].len != 0xeeeeeeeeeeeeeeeeu;
		if (!n || told->too_many)
			break;
		told->nranges += n;
		for (i = 0; i < n; i++) {
			told->empty |= !ranges[i].len;
			told->flagged |= flags[i] != 0;
			for (k = 0; k < ranges[i].len && told->nbytes < BYTES_MAX; k++)
				told->bytes[told->nbytes++] = ranges[i].addr + k;
		}
	}
}

static void walk(const struct iovec *iov, size_t niov, uint64_t skip, uint64_t len, struct told *want)
{
	bool begun;
	size_t i, k;

	want->nbytes = want->nranges = 0;
	for (i = 0; i < niov && want->nbytes < len; i++) {
		begun = false;
		for (k = 0; k < iov[i].iov_len && want->nbytes < len; k++) {
			if (skip) {
				skip--;
				continue;
			}
			want->bytes[want->nbytes++] = (uint64_t)(uintptr_t)iov[i].iov_base + k;
			want->nranges += !begun;
			begun = true;
		}
	}
}

static bool same(const struct told *got, const struct told *want)
{
	return !got->empty && !got->flagged && !got->too_many && got->nranges == want->nranges &&
	       got->nbytes == want->nbytes && !memcmp(got->bytes, want->bytes, want->nbytes * sizeof(want->bytes[0]));
}

/* Opened, read at once, read again, left in the middle and read again. */
static bool tells(const struct iovec *iov, size_t niov, uint64_t skip, uint64_t len, size_t max)
{
	static struct told got, want;
	struct dmavec_iovec_source from;
	struct dmavec_range ranges[3];
	uint32_t flags[3] = { 0, 0, 0 };
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < niov; i++)
		total += iov[i].iov_len;
	walk(iov, niov, skip, len ? len : total - skip, &want);
	memset(&from, 0xaa, sizeof(from));
	if (dmavec_source_iovec(&from, iov, niov, skip, len) || from.len != want.nbytes)
		return false;
	read_all(&from.source, max, &got);
	if (!same(&got, &want) || from.source.fill(&from.source, ranges, flags, 1))
		return false;
	from.source.rewind(&from.source);
	read_all(&from.source, 64, &got);
	if (!same(&got, &want))
		return false;
	from.source.rewind(&from.source);
	from.source.fill(&from.source, ranges, flags, 1 + max % 3);
	from.source.rewind(&from.source);
	read_all(&from.source, max, &got);
	return same(&got, &want);
}

/* ------------------------------------------------------------------ by hand */

static void by_hand(void)
{
	struct iovec *iov = new_array(5);
	struct dmavec_range r[4];
	uint32_t flags[4] = { 0, 0, 0, 0 };
	struct dmavec_iovec_source from;

	iov[0] = (struct iovec){ at(0x1000), 0 };
	iov[1] = (struct iovec){ at(0x2000), 100 };
	iov[2] = (struct iovec){ NULL, 0 };
	iov[3] = (struct iovec){ at(0x2064), 50 };
	iov[4] = (struct iovec){ at(UINTPTR_MAX), 0 };
	if (!ok(!dmavec_source_iovec(&from, iov, 5, 30, 100), "part of two entries among empty ones"))
		return;
	ok(from.len == 100, "its length");
	ok(from.source.fill(&from.source, r, flags, 4) == 2, "two ranges: neighbours are joined by others");
	ok(r[0].addr == 0x201e && r[0].len == 70, "from the middle of the first");
	ok(r[1].addr == 0x2064 && r[1].len == 30, "to the middle of the second");
	ok(from.source.fill(&from.source, r, flags, 4) == 0, "and that is all");
	ok(!dmavec_source_iovec(&from, iov, 5, 100, 0) && from.len == 50 &&
		   from.source.fill(&from.source, r, flags, 4) == 1 && r[0].addr == 0x2064 && r[0].len == 50,
	   "skipping exactly one entry starts at the next");
	ok(!dmavec_source_iovec(&from, iov, 5, 149, 1) && from.source.fill(&from.source, r, flags, 1) == 1 &&
		   r[0].addr == 0x2095 && r[0].len == 1,
	   "the last byte alone");
	iov[3] = (struct iovec){ at(UINTPTR_MAX - 9), 10 };
	ok(!dmavec_source_iovec(&from, iov, 5, 101, 0) && from.source.fill(&from.source, r, flags, 1) == 1 &&
		   r[0].addr == (uint64_t)UINTPTR_MAX - 8 && r[0].len == 9,
	   "an entry may end where addresses do");
}

static int opened(const struct iovec *iov, size_t niov, uint64_t skip, uint64_t len)
{
	struct dmavec_iovec_source from, was;
	int err;

	memset(&from, 0x55, sizeof(from));
	was = from;
	err = dmavec_source_iovec(&from, iov, niov, skip, len);
	return err && memcmp(&from, &was, sizeof(was)) ? 1 : err;
}

static void refused(void)
{
	struct iovec *iov = new_array(4);

	memset(iov, 0, 4 * sizeof(*iov));
	iov[1] = (struct iovec){ at(0x2000), 100 };
	ok(dmavec_source_iovec(NULL, iov, 4, 0, 0) == -EINVAL, "no source is -EINVAL");
	ok(opened(NULL, 4, 0, 0) == -EINVAL && opened(NULL, 0, 0, 0) == -EINVAL, "no array");
	ok(opened(iov, 0, 0, 0) == -EINVAL && opened(iov, 1, 0, 0) == -EINVAL, "no byte");
	ok(opened(iov, 4, 100, 0) == -EINVAL && opened(iov, 4, 101, 0) == -EINVAL, "nothing behind what is skipped");
	ok(opened(iov, 4, 99, 2) == -EINVAL && opened(iov, 4, 0, 101) == -EINVAL, "more bytes than there are");
	ok(opened(iov, 4, 1, UINT64_MAX) == -EINVAL && opened(iov, 4, UINT64_MAX, 1) == -EINVAL &&
		   opened(iov, 4, UINT64_MAX, UINT64_MAX) == -EINVAL,
	   "sums that wrap");
	iov[3] = (struct iovec){ at(UINTPTR_MAX - 9), 11 };
	ok(opened(iov, 4, 0, 100) == -EINVAL, "an entry that wraps, even if nobody asks for it");
	iov[3] = (struct iovec){ at(0x10000), SSIZE_MAX - 100 };
	ok(opened(iov, 4, 0, 0) == 0, "SSIZE_MAX bytes are not too many");
	iov[3].iov_len++;
	ok(opened(iov, 4, 0, 1) == -EINVAL, "one more is");
	iov[3].iov_len = SIZE_MAX - 0x10000;
	ok(opened(iov, 4, 0, 1) == -EINVAL, "so are as many as a size can say");
	iov[2] = iov[3] = (struct iovec){ at(0x1000), SSIZE_MAX };
	iov[1].iov_len = 2;
	ok(opened(iov, 4, 0, 1) == -EINVAL, "or a total that wraps to nothing");
}

static void as_many_as_there_may_be(void)
{
	struct iovec *iov = new_array(ENTRIES + 1);
	size_t i;

	for (i = 0; i <= ENTRIES; i++)
		iov[i] = (struct iovec){ at(0x100000 + i * 0x1000), i % 7 * 9 };
	ok(sysconf(_SC_IOV_MAX) == (long)ENTRIES, "IOV_MAX is %u", ENTRIES);
	ok(opened(iov, ENTRIES + 1, 0, 1) == -EINVAL, "more entries than that are refused");
	ok(opened(iov, SIZE_MAX, 0, 1) == -EINVAL, "and not looked at");
	ok(tells(iov + 1, ENTRIES, 0, 0, 64), "as many are read, in vectors of 64");
	ok(tells(iov + 1, ENTRIES, 12345, 0, 1), "and one by one");
	for (i = 0; i < ENTRIES; i++)
		iov[i + 1].iov_len = i == 1000;
	ok(tells(iov + 1, ENTRIES, 0, 0, 64), "one byte among them");
	for (i = 0; i < ENTRIES; i++)
		iov[i + 1].iov_len = i == 0 || i == ENTRIES - 1;
	ok(tells(iov + 1, ENTRIES, 0, 0, 64), "two bytes around them");
}

/* The memory was promised to stay; what does not is found out by the engine, and must not be made worse here. */
static void changed_meanwhile(void)
{
	static struct told got;
	struct iovec *iov = new_array(3);
	struct dmavec_iovec_source from;
	size_t i;

	for (i = 0; i < 3; i++)
		iov[i] = (struct iovec){ at(0x100000 + i * 0x1000), 100 };
	if (!ok(!dmavec_source_iovec(&from, iov, 3, 150, 0), "opens"))
		return;
	iov[2].iov_len = 10;
	read_all(&from.source, 64, &got);
	ok(got.nbytes == 60, "an entry that shrank: no byte behind the array");
	iov[1].iov_len = 20;
	from.source.rewind(&from.source);
	read_all(&from.source, 1, &got);
	ok(got.nbytes == 10 && !got.empty, "nor behind one that lost all that it had");
	iov[2].iov_len = 5000;
	from.source.rewind(&from.source);
	read_all(&from.source, 64, &got);
	ok(got.nbytes == 150, "one that grew: no byte more than was said");
}

/* ------------------------------------------------------------------ at random */

static size_t random_array(uint64_t *state, uint64_t *total)
{
	size_t niov = 1 + tap_random(state) % 40, i;
	unsigned int empty = (unsigned int)(tap_random(state) % 5);
	struct iovec *iov = new_array(niov);

	*total = 0;
	for (i = 0; i < niov; i++) {
		iov[i].iov_base = at(tap_random(state) >> 20);
		iov[i].iov_len = tap_random(state) % 5 < empty ? 0 : tap_random(state) % 60;
		*total += iov[i].iov_len;
	}
	return niov;
}

static void at_random(void)
{
	uint64_t seed = tap_seed(), state = seed, cases = tap_cases(50000), i, total, skip, len;
	size_t niov, max;

	for (i = 0; i < cases; i++) {
		niov = random_array(&state, &total);
		if (!total)
			continue;
		skip = tap_random(&state) % 3 ? tap_random(&state) % total : 0;
		len = tap_random(&state) % 3 ? tap_random(&state) % (total - skip + 1) : 0;
		max = tap_random(&state) % 2 ? 1 + tap_random(&state) % 64 : 1 + tap_random(&state) % 3;
		if (!tells(new_array(niov), niov, skip, len, max))
			break;
	}
	ok(i == cases, "case %llu of %llu: the bytes, in order, and no others", (unsigned long long)i,
	   (unsigned long long)cases);
}

int main(void)
{
	if (!ok(make_fence(), "memory"))
		return done_testing();
	by_hand();
	refused();
	as_many_as_there_may_be();
	changed_meanwhile();
	at_random();
	return done_testing();
}
