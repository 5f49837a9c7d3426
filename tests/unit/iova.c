/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The allocator of device addresses: against a bitmap that knows every placement, at both ends of the address space,
 * with threads near exhaustion, and with a million runs out.
 */
#define _GNU_SOURCE
#include <dmavec/iova.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "host.h"
#include "iova_known.h"
#include "tap.h"

#define G 4096ull

static const struct dmavec_reserve anything = { G, G, 0, 0, UINT64_MAX };

static struct dmavec_iova *open_plain(uint64_t first, uint64_t last)
{
	struct dmavec_iova_opts opts = { .size = sizeof(opts), .first = first, .last = last };
	struct dmavec_iova *iova = NULL;

	return dmavec_iova_open(&iova, &opts) ? NULL : iova;
}

/* ---------------------------------------------------------------- against a bitmap */

static void test_known(uint64_t seed)
{
	uint64_t cases = tap_cases(60000) / 400 + 1, i;

	for (i = 0; i < cases; i++)
		if (!known_case(seed + i, 400))
			break;
	ok(i == cases, "alloc, take and free agree with a bitmap (case %llu of %llu)", (unsigned long long)i,
	   (unsigned long long)cases);
}

/* ---------------------------------------------------------------- what is malformed, and the ends of the world */

static int open_with(uint64_t granule, uint64_t first, uint64_t last)
{
	struct dmavec_iova_opts opts = { .size = sizeof(opts), .granule = granule, .first = first, .last = last };
	struct dmavec_iova *iova = NULL;
	int err = dmavec_iova_open(&iova, &opts);

	dmavec_iova_close(iova);
	return err;
}

static void test_open(void)
{
	struct { struct dmavec_iova_opts opts; uint64_t tail; } longer = { { .last = UINT64_MAX }, 1 };
	struct dmavec_iova *iova;

	ok(!open_with(0, 0, G - 1), "one granule is enough");
	ok(open_with(0, 1, 2 * G - 2) == -EINVAL, "less than one is not, rounded inwards");
	ok(open_with(0, 0, G - 2) == -EINVAL && open_with(0, UINT64_MAX - 5, UINT64_MAX) == -EINVAL,
	   "nor at either end");
	ok(open_with(0, 8 * G, 4 * G) == -EINVAL, "first > last");
	ok(open_with(3, 0, UINT64_MAX) == -EINVAL, "a granule that is no power of two");
	ok(!open_with(1, 0, UINT64_MAX) && !open_with(1ull << 63, 0, UINT64_MAX), "granules of 1 and 2^63");
	longer.opts.size = sizeof(longer);
	ok(dmavec_iova_open(&iova, &longer.opts) == -EINVAL, "an option that is not known");
	longer.tail = 0;
	ok(!dmavec_iova_open(&iova, &longer.opts), "a longer struct whose tail is zero");
	dmavec_iova_close(iova);
	longer.opts.size = 0;
	ok(dmavec_iova_open(&iova, &longer.opts) == -EINVAL && dmavec_iova_open(&iova, NULL) == -EINVAL,
	   "no size, no options");
}

static int ask(struct dmavec_iova *iova, uint64_t len, uint64_t align, uint64_t boundary, uint64_t first, uint64_t last)
{
	struct dmavec_reserve want = { len, align, boundary, first, last };
	uint64_t dma;
	int err = dmavec_iova_alloc(iova, &want, &dma);

	if (!err && dmavec_iova_free(iova, dma, len))
		return 1;
	return err;
}

static void test_requests(void)
{
	struct dmavec_iova *iova = open_plain(0x10000, 0xfffff);

	ok(ask(iova, 0, G, 0, 0, UINT64_MAX) == -EINVAL, "no length");
	ok(ask(iova, UINT64_MAX - 5, G, 0, 0, UINT64_MAX) == -EINVAL, "a length that rounds up to nothing");
	ok(ask(iova, G, 0, 0, 0, UINT64_MAX) == -EINVAL && ask(iova, G, 3 * G, 0, 0, UINT64_MAX) == -EINVAL &&
		   ask(iova, G, 16, 0, 0, UINT64_MAX) == -EINVAL,
	   "an alignment that is none, or below the granule");
	ok(ask(iova, 2 * G, G, G, 0, UINT64_MAX) == -EINVAL && ask(iova, G, G, 3 * G, 0, UINT64_MAX) == -EINVAL,
	   "a boundary below the length, or no power of two");
	ok(!ask(iova, 100, G, 128, 0, UINT64_MAX), "a boundary below the granule is never crossed from its start");
	ok(ask(iova, G, G, 0, 0x30000, 0x20000) == -EINVAL, "a window that ends before it begins");
	ok(ask(iova, G, G, 0, 0x20001, 0x21ffe) == -EINVAL, "or does once rounded");
	ok(ask(iova, G, G, 0, 0x100000, UINT64_MAX) == -ENOSPC && ask(iova, G, G, 0, 0, 0xffff) == -ENOSPC,
	   "a window beside ours");
	ok(ask(iova, 1ull << 40, G, 0, 0, UINT64_MAX) == -ENOSPC &&
		   ask(iova, G, 1ull << 40, 0, 0, UINT64_MAX) == -ENOSPC,
	   "more than there is");
	ok(dmavec_iova_take(iova, 0x10800, G) == -EINVAL && dmavec_iova_take(iova, 0x10000, 0) == -EINVAL &&
		   dmavec_iova_take(iova, UINT64_MAX - G + 1, 2 * G) == -EINVAL,
	   "malformed takes");
	ok(dmavec_iova_take(iova, 0, G) == -EEXIST && dmavec_iova_take(iova, 0xff000, 2 * G) == -EEXIST,
	   "takes of what is not ours");
	ok(dmavec_iova_free(iova, 0x10000, 0) == -EINVAL &&
		   dmavec_iova_free(iova, UINT64_MAX - G + 1, 2 * G) == -EINVAL,
	   "malformed frees");
	ok(dmavec_iova_taken(iova) == 0, "nothing is taken after all that");
	dmavec_iova_close(iova);
	dmavec_iova_close(NULL);
}

/* Many runs are long enough, and one of them, the last to be looked at, also lies right. */
static void test_hidden_fit(void)
{
	struct dmavec_iova *iova = open_plain(0, 4096 * G - 1);
	struct dmavec_reserve want = { 8 * G, 8 * G, 0, 0, UINT64_MAX };
	uint64_t dma = 1;
	unsigned int i;
	bool good = true;

	for (i = 1; i < 256; i++)
		good &= !dmavec_iova_take(iova, i * 16 * G - 4 * G, 8 * G);
	good &= !dmavec_iova_take(iova, 4092 * G, 4 * G);
	ok(good, "holes of eight granules, four off");
	ok(dmavec_iova_alloc(iova, &want, &dma) == 0 && dma < 16 * G, "the one place that is aligned is found");
	ok(dmavec_iova_alloc(iova, &want, &dma) == -ENOSPC, "and there is no other");
	want.align = G;
	want.boundary = 8 * G;
	ok(dmavec_iova_alloc(iova, &want, &dma) == -ENOSPC, "none that crosses no boundary either");
	want.boundary = 0;
	ok(!dmavec_iova_alloc(iova, &want, &dma), "but many for whoever asks for less");
	dmavec_iova_close(iova);
}

static void test_ends(void)
{
	struct dmavec_iova_opts opts = { .size = sizeof(opts), .granule = 1, .last = UINT64_MAX };
	struct dmavec_reserve want = { 16, 1, 0, 0, UINT64_MAX };
	struct dmavec_iova *iova;
	uint64_t dma;

	for (opts.guard = 0; opts.guard < 2; opts.guard++) {
		opts.bottom_up = 0;
		ok(!dmavec_iova_open(&iova, &opts) && !dmavec_iova_alloc(iova, &want, &dma) && dma == UINT64_MAX - 15,
		   "top-down ends at 2^64 - 1 (guard %u)", opts.guard);
		ok(!dmavec_iova_alloc(iova, &want, &dma) && dma == UINT64_MAX - 31 - opts.guard, "the next lies below");
		dmavec_iova_close(iova);
		opts.bottom_up = 1;
		ok(!dmavec_iova_open(&iova, &opts) && !dmavec_iova_alloc(iova, &want, &dma) && dma == 0,
		   "bottom-up begins at 0");
		ok(!dmavec_iova_alloc(iova, &want, &dma) && dma == 16 + opts.guard, "the next lies above");
		dmavec_iova_close(iova);
	}
	opts.guard = 0;
	want.len = UINT64_MAX;
	ok(!dmavec_iova_open(&iova, &opts) && !dmavec_iova_alloc(iova, &want, &dma) && dma == 0 &&
		   !dmavec_iova_take(iova, UINT64_MAX, 1) && dmavec_iova_take(iova, 5, 1) == -EEXIST,
	   "all but one address in one run, and then that one");
	ok(!dmavec_iova_free(iova, 0, UINT64_MAX) && !dmavec_iova_free(iova, UINT64_MAX, 1) && !dmavec_iova_taken(iova),
	   "and back");
	dmavec_iova_close(iova);
}

/* ---------------------------------------------------------------- frees that are none */

static void *free_once(void *arg)
{
	uint64_t *at = arg;

	return (void *)(intptr_t)dmavec_iova_free((struct dmavec_iova *)(uintptr_t)at[0], at[1], at[2]);
}

static int free_elsewhere(struct dmavec_iova *iova, uint64_t dma, uint64_t len)
{
	uint64_t at[3] = { (uintptr_t)iova, dma, len };
	pthread_t thread;
	void *err = (void *)1;

	if (!pthread_create(&thread, NULL, free_once, at))
		pthread_join(thread, &err);
	return (int)(intptr_t)err;
}

static void test_bad_frees(void)
{
	struct dmavec_iova *iova = open_plain(G, (1ull << 48) - 1);
	struct dmavec_reserve want = anything;
	uint64_t a = 0, b = 0;

	want.len = 4 * G;
	ok(!dmavec_iova_alloc(iova, &want, &a) && !dmavec_iova_alloc(iova, &anything, &b), "two runs");
	ok(dmavec_iova_free(iova, a, 3 * G) == -EINVAL && dmavec_iova_free(iova, a, 5 * G) == -EINVAL &&
		   dmavec_iova_free(iova, a + G, 3 * G) == -EINVAL && dmavec_iova_free(iova, a - 2 * G, G) == -EINVAL,
	   "another length or start than was given");
	ok(!dmavec_iova_free(iova, b, G) && dmavec_iova_free(iova, b, G) == -EINVAL,
	   "twice, with the run in this thread's cache");
	ok(free_elsewhere(iova, b, G) == -EINVAL, "twice, by another thread");
	ok(!free_elsewhere(iova, a, 4 * G) && dmavec_iova_free(iova, a, 4 * G) == -EINVAL,
	   "twice, with the run in another's cache");
	ok(dmavec_iova_free(iova, 1 << 20, G) == -EINVAL, "what was never given");
	ok(!dmavec_iova_taken(iova), "nothing changed");
	ok(!dmavec_iova_take(iova, G, (1ull << 48) - G), "and everything can be taken");
	dmavec_iova_close(iova);
}

/* ---------------------------------------------------------------- threads */

#define THREADS 3u
#define QUOTA   40u

struct racer {
	struct dmavec_iova *iova;
	unsigned char *owned; /* one byte a granule */
	pthread_barrier_t *barrier;
	uint64_t *shared;     /* addresses that all of them free */
	uint64_t seed, steps;
	unsigned int bad, won;
	bool ready;
};

/* Each on a CPU of its own, as far as there are any: short races would be run one after the other else. */
static void spread(unsigned int which)
{
	cpu_set_t all, one;
	unsigned int cpu;

	if (sched_getaffinity(0, sizeof(all), &all) || !CPU_COUNT(&all))
		return;
	which %= (unsigned int)CPU_COUNT(&all);
	for (cpu = 0; which || !CPU_ISSET(cpu, &all); cpu++)
		which -= CPU_ISSET(cpu, &all) != 0;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
}

static bool own(struct racer *racer, uint64_t dma, unsigned int len, int by)
{
	bool good = true;

	while (len--)
		good &= __atomic_exchange_n(&racer->owned[dma / G - 1 + len], by, __ATOMIC_ACQ_REL) == !by;
	return good;
}

/* Each thread stays within its share of a space that holds no more than the shares: no request may ever fail. */
static void *race(void *arg)
{
	struct racer *racer = arg;
	struct dmavec_reserve want = anything;
	uint64_t held[QUOTA], i;
	unsigned int n = 0;

	spread((unsigned int)racer->seed);
	for (i = 0; i < racer->steps; i++) {
		if (n < QUOTA && (!n || tap_random(&racer->seed) % 8 < 5)) {
			if (dmavec_iova_alloc(racer->iova, &want, &held[n]))
				racer->bad++;
			else
				racer->bad += !own(racer, held[n++], 1, 1);
		} else {
			uint64_t which = tap_random(&racer->seed) % n, dma = held[which];

			racer->bad += !own(racer, dma, 1, 0);
			racer->bad += dmavec_iova_free(racer->iova, dma, G) != 0;
			held[which] = held[--n];
		}
	}
	while (n--) {
		racer->bad += !own(racer, held[n], 1, 0);
		racer->bad += dmavec_iova_free(racer->iova, held[n], G) != 0;
	}
	pthread_barrier_wait(racer->barrier);
	return NULL;
}

static void *take_slot(void *arg)
{
	uint64_t dma = 0;

	if (!dmavec_iova_alloc(arg, &anything, &dma) && dmavec_iova_free(arg, dma, G))
		abort();
	return NULL;
}

/* So many threads come and go that the next one shares its cache with the one before them. */
static void pass_slots(struct dmavec_iova *iova)
{
	pthread_t thread;
	unsigned int i;

	for (i = 1; i < HOST_SLOTS; i++)
		if (pthread_create(&thread, NULL, take_slot, iova) || pthread_join(thread, NULL))
			abort();
}

static void *race_sharing(void *arg)
{
	struct racer *racer = arg;

	take_slot(racer->iova);
	__atomic_store_n(&racer->ready, true, __ATOMIC_RELEASE);
	pthread_barrier_wait(racer->barrier);
	return race(arg);
}

static void test_sharing(uint64_t seed)
{
	static unsigned char owned[4096];
	struct dmavec_iova *iova = open_plain(G, 4097 * G - 1);
	struct racer racers[THREADS];
	pthread_t threads[THREADS];
	pthread_barrier_t barrier;
	unsigned int i, bad = 0;

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){ .iova = iova, .owned = owned, .barrier = &barrier, .seed = seed + i };
		racers[i].steps = tap_cases(60000) * 5;
		if (pthread_create(&threads[i], NULL, race_sharing, &racers[i]))
			abort();
		while (!__atomic_load_n(&racers[i].ready, __ATOMIC_ACQUIRE))
			sched_yield();
		pass_slots(iova);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		bad += racers[i].bad;
	}
	ok(!bad && !dmavec_iova_taken(iova), "threads that share a cache: none refused, none doubled (%u)", bad);
	ok(!dmavec_iova_take(iova, G, 4096 * G), "and all is free again");
	dmavec_iova_close(iova);
	pthread_barrier_destroy(&barrier);
}

/* All free the same runs at once: each run once, whoever wins. */
static void *race_free(void *arg)
{
	struct racer *racer = arg;
	unsigned int i;

	pthread_barrier_wait(racer->barrier);
	for (i = 0; i < 2000; i++)
		racer->won += !dmavec_iova_free(racer->iova, racer->shared[i], G);
	return NULL;
}

static void run_threads(struct racer *racers, void *(*body)(void *))
{
	pthread_t threads[THREADS];
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, body, &racers[i]))
			abort();
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void test_threads(uint64_t seed)
{
	static unsigned char owned[THREADS * QUOTA];
	static uint64_t shared[2000];
	struct racer racers[THREADS];
	pthread_barrier_t barrier;
	struct dmavec_iova *iova = open_plain(G, (THREADS * QUOTA + 1) * G - 1);
	unsigned int i, bad = 0, won = 0;

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		racers[i] = (struct racer){ iova, owned, &barrier, shared, seed + i, tap_cases(60000) / 3,
			                    0, 0, false };
	run_threads(racers, race);
	for (i = 0; i < THREADS; i++)
		bad += racers[i].bad;
	ok(!bad && !dmavec_iova_taken(iova), "threads near exhaustion: none refused, none doubled (%u)", bad);
	ok(!dmavec_iova_take(iova, G, THREADS * QUOTA * G), "and all is free again");
	dmavec_iova_close(iova);

	iova = open_plain(G, (1ull << 40) - 1);
	for (i = 0; i < 2000; i++)
		bad += dmavec_iova_alloc(iova, &anything, &shared[i]) != 0;
	for (i = 0; i < THREADS; i++)
		racers[i].iova = iova;
	run_threads(racers, race_free);
	for (i = 0; i < THREADS; i++)
		won += racers[i].won;
	ok(!bad && won == 2000 && !dmavec_iova_taken(iova), "freed by all threads at once, each run is freed once (%u)",
	   won);
	ok(!dmavec_iova_take(iova, G, (1ull << 40) - G), "and all is free again");
	dmavec_iova_close(iova);
	pthread_barrier_destroy(&barrier);
}

/* ---------------------------------------------------------------- many */

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/*
 * Time a step with n runs out, every other one freed again: mixed lengths and alignments, past the caches. -1:
 * refused.
 */
static double churn(unsigned int n, uint64_t seed)
{
	struct dmavec_iova *iova = open_plain(G, (1ull << 48) - 1);
	uint64_t *dma = calloc(n, sizeof(*dma)), *len = calloc(n, sizeof(*len));
	unsigned int i, k, bad = 0, steps = 40000;
	struct dmavec_reserve want = anything;
	double start;

	for (i = 0; i < n; i++) {
		want.len = len[i] = (1 + tap_random(&seed) % 32) * G;
		bad += dmavec_iova_alloc(iova, &want, &dma[i]) != 0;
	}
	for (i = 0; i < n; i += 2) {
		bad += dmavec_iova_free(iova, dma[i], len[i]) != 0;
		dma[i] = 0;
	}
	start = seconds();
	for (i = 0; i < steps; i++) {
		k = (unsigned int)(tap_random(&seed) % n);
		if (dma[k]) {
			bad += dmavec_iova_free(iova, dma[k], len[k]) != 0;
			dma[k] = 0;
			continue;
		}
		want.len = len[k] = (1 + tap_random(&seed) % 64) * G;
		want.align = G << tap_random(&seed) % 4;
		bad += dmavec_iova_alloc(iova, &want, &dma[k]) != 0;
	}
	start = seconds() - start;
	dmavec_iova_close(iova);
	free(dma);
	free(len);
	return bad ? -1 : start / steps;
}

static void test_many(uint64_t seed)
{
	double few = churn(1000, seed), many = churn(1000000, seed);

	diag("a step with 1,000 runs: %.0f ns, with 1,000,000: %.0f ns", few * 1e9, many * 1e9);
	ok(few > 0 && many > 0 && many < few * 150,
	   "a million runs, fragmented, cost their logarithm and the CPU's cache misses, no more");
}

int main(void)
{
	uint64_t seed = tap_seed();

	test_open();
	test_requests();
	test_hidden_fit();
	test_ends();
	test_bad_frees();
	test_known(seed);
	test_threads(seed);
	test_sharing(seed);
	test_many(seed);
	return done_testing();
}
