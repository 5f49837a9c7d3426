/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * dmavec_lookup beside a writer: interrupted by one, interrupting one, and on other threads. What stays is always found,
 * what has gone never is, and whatever is found has its right address.
 */
#include <pthread.h>
#include <sys/mman.h>

#include "interrupt.h"
#include "lookup.h"
#include "region/inner.h"

static uint64_t run_ms; /* each race */

static struct dmavec_space *shared;
static struct dmavec_dev *reader;

static uint64_t right_dma(uint64_t addr)
{
	const struct dmavec_window *w = &windows[addr >= windows[1].cpu];

	return addr - w->cpu + w->dma;
}

/* 1: found, 0: not, -1: wrong. */
static int ask(struct dmavec_dev *dev, uint64_t addr, uint64_t len)
{
	uint64_t dma = 77;
	int err = dmavec_lookup(dev, addr, len, DMAVEC_TO_DEVICE, &dma);

	if (!err)
		return dma == right_dma(addr) ? 1 : -1;
	return (err == -EAGAIN || err == -EPERM) && dma == 77 ? 0 : -1;
}

static void open_shared(void)
{
	shared = open_space();
	reader = open_dev(shared, NULL);
}

static void close_shared(void)
{
	must(dmavec_dev_close(reader));
	must(dmavec_space_close(shared));
}

/* ------------------------------------------------------------------ the only region becomes another one */

static const struct dmavec_range third = { 5 * GIB, 65536 }, taken[2] = { { 4 * GIB, 65536 }, { 16 * GIB, MIB } };
static volatile unsigned int present; /* bits: what is registered, from GONE on what is not; neither while that changes */

#define GONE 16u

/* Mostly one after the other, for a moment both. */
static void exchange(unsigned int from, bool both)
{
	const struct dmavec_range *old = &taken[from], *new = &taken[!from];

	if (both) {
		must(dmavec_register(shared, new->addr, new->len, 0));
		must(dmavec_unregister(shared, old->addr, old->len));
	} else {
		must(dmavec_unregister(shared, old->addr, old->len));
		must(dmavec_register(shared, new->addr, new->len, 0));
	}
}

static void exchange_regions(void)
{
	exchange(present >> 1, interruptions % 2);
	present ^= 3;
}

/* Beside a third one, records are exchanged and not copies. */
static void test_interrupted(uint64_t seed, bool beside_third)
{
	uint64_t wrong = 0, n = 0, start = host_now_ms(), found = 0;

	open_shared();
	if (beside_third)
		must(dmavec_register(shared, third.addr, third.len, 0));
	must(dmavec_register(shared, taken[0].addr, taken[0].len, 0));
	present = 1;
	interrupt_start(exchange_regions);
	while (n % 1024 || host_now_ms() - start < run_ms) {
		uint64_t offset = tap_random(&seed) % MIB;
		unsigned int i = ++n & 1;
		int got = ask(reader, taken[i].addr + offset, 8);

		found += got > 0;
		wrong += got < 0 || (got && offset + 8 > taken[i].len);
	}
	interrupt_stop();
	ok(interruptions && found, "%s region becomes another one %llu times", beside_third ? "a" : "the only",
	   (unsigned long long)interruptions);
	ok(!wrong, "none of %llu look-ups was wrong for it", (unsigned long long)n);
	close_shared();
}

/* The other way round: look-ups between any two instructions of the writer. */
static uint64_t wrong_between, found_between;

static void look_between(void)
{
	unsigned int i, before = present;
	int got;

	for (i = 0; i < 2; i++) {
		got = ask(reader, taken[i].addr + 4096 * i, 8);
		found_between += got > 0;
		wrong_between += got < 0 || (before >> i & 1 && !got) || ((before & GONE << i) && got);
	}
}

static void test_interrupting(void)
{
	uint64_t start = host_now_ms(), n = 0;
	unsigned int i = 0;

	open_shared();
	must(dmavec_register(shared, taken[0].addr, taken[0].len, 0));
	present = 1;
	wrong_between = found_between = 0;
	interrupt_start(look_between);
	for (; n % 64 || host_now_ms() - start < run_ms; n++, i = !i) {
		present = 0;
		must(dmavec_unregister(shared, taken[i].addr, taken[i].len));
		present = GONE << i;
		must(dmavec_register(shared, taken[!i].addr, taken[!i].len, 0));
		present = GONE << i | 1u << !i;
	}
	interrupt_stop();
	ok(interruptions && found_between, "a writer is interrupted %llu times", (unsigned long long)interruptions);
	ok(!wrong_between, "no look-up finds what has gone, or half of what comes");
	close_shared();
}

/* ------------------------------------------------------------------ late for a slot */

/*
 * A reader is stopped just before it reads a slot, by taking the page of slots away from it, until what stands there refers
 * to no memory at all: it belongs to records, or whatever, since the index has been cut anew often enough.
 */
static uint32_t *late_slot;
static uint64_t late_addr;
static volatile bool late_nonsense;

static void *late_page(void)
{
	return (void *)((uintptr_t)late_slot & ~(uintptr_t)(REGION_PAGE - 1));
}

static void register_next(void)
{
	late_addr += 65536;
	must(dmavec_register(shared, late_addr, 65536, 0));
}

static void recut_beside_reader(int signal)
{
	uint32_t tries = 20000;

	(void)signal;
	must(mprotect(late_page(), REGION_PAGE, PROT_READ | PROT_WRITE));
	while (tries-- && !late_nonsense) {
		register_next();
		late_nonsense = (*late_slot & ~REGION_IS_NODE) >> REGION_EXTENT_SHIFT >= shared->regions->nextents;
	}
}

static void test_late_slot(void)
{
	struct sigaction once, old;
	const struct region_node *node;
	uint64_t addr;
	uint32_t i;
	int got;

	if (sysconf(_SC_PAGESIZE) != REGION_PAGE) {
		skip(1, "pages have another size here");
		return;
	}
	open_shared();
	late_addr = windows[0].cpu;
	for (i = 0; i < 256; i++)
		register_next();
	addr = late_addr;
	memset(&once, 0, sizeof(once));
	once.sa_handler = recut_beside_reader;
	once.sa_flags = (int)SA_RESETHAND;
	sigaction(SIGSEGV, &once, &old);
	node = &shared->regions->root->node;
	late_slot = region_slot_at(node, region_slot(node, addr));
	must(mprotect(late_page(), REGION_PAGE, PROT_NONE));
	got = ask(reader, addr, 8);
	sigaction(SIGSEGV, &old, NULL);
	ok(late_nonsense && got == 1, "a reader that was late for a slot does not follow it");
	close_shared();
}

/* ------------------------------------------------------------------ many regions, and an index that is cut anew */

#define STABLE  32u
#define PASSING 12000u

static uint64_t passing[PASSING], writer_seed;
static unsigned int npassing;

static uint64_t stable_addr(uint64_t i)
{
	return windows[0].cpu + i * 0x7777000;
}

static uint64_t passing_len(uint64_t addr)
{
	return 64 + (addr >> 6) % 900;
}

static uint64_t passing_addr(uint64_t *seed)
{
	uint64_t spread = interruptions % 7 ? UINT64_C(1) << 18 : UINT64_C(1) << 23;

	return windows[1].cpu + tap_random(seed) % spread * 1024;
}

/* Some come; and of all, as many go as leave this many. */
static void come_and_go(uint64_t *seed, unsigned int tries, unsigned int leave)
{
	while (tries--) {
		uint64_t addr = passing_addr(seed);

		if (npassing < PASSING && !dmavec_register(shared, addr, passing_len(addr), tap_random(seed) % 4))
			passing[npassing++] = addr;
	}
	while (npassing > leave) {
		uint64_t i = tap_random(seed) % npassing, addr = passing[i];

		passing[i] = passing[--npassing];
		must(dmavec_unregister(shared, addr, passing_len(addr)));
	}
}

static void recut(void)
{
	unsigned int tries = interruptions % 512 == 0 ? 6000 : interruptions % 32 ? 60 : 1500;

	come_and_go(&writer_seed, (unsigned int)(tap_random(&writer_seed) % tries),
	            interruptions % 16 ? (unsigned int)(tap_random(&writer_seed) % 800) : 0);
}

static uint64_t wrong_answers(struct dmavec_dev *dev, uint64_t *seed, uint64_t *found)
{
	int stays = ask(dev, stable_addr(tap_random(seed) % STABLE) + tap_random(seed) % 0x300, 8);
	int passes = ask(dev, windows[1].cpu + tap_random(seed) % (1 << 18) * 1024 + tap_random(seed) % 64, 4);

	*found += passes > 0;
	return (stays <= 0) + (passes < 0);
}

static void open_many(uint64_t seed)
{
	uint64_t i;

	open_shared();
	npassing = 0;
	writer_seed = seed;
	for (i = 0; i < STABLE; i++)
		must(dmavec_register(shared, stable_addr(i), 0x380, 0));
}

static void test_recut(uint64_t seed)
{
	uint64_t wrong = 0, n = 0, start = host_now_ms(), found = 0;

	open_many(seed);
	interrupt_start(recut);
	while (n++ % 1024 || host_now_ms() - start < 2 * run_ms)
		wrong += wrong_answers(reader, &seed, &found);
	interrupt_stop();
	ok(interruptions && found, "a writer recuts the index while it is read: %llu times", (unsigned long long)interruptions);
	ok(!wrong, "none of %llu look-ups was wrong for it", (unsigned long long)n);
	close_shared();
}

/* ------------------------------------------------------------------ on other threads */

static int stop;

struct readings {
	uint64_t seed, n, found, wrong;
	bool many; /* what is stable stays; else there is never more than one region */
};

/* Devices come and go, too, with limits of every kind. */
static struct dmavec_dev *open_some_dev(uint64_t *seed)
{
	struct dmavec_limits l = { .size = sizeof(l) };

	switch (tap_random(seed) % 4) {
	case 0:
		l.addr_max = 80 * GIB - 1;
		break;
	case 1:
		l.seg_len_max = MIB;
		break;
	case 2:
		l.gap = 4096;
		l.total_max = MIB;
		break;
	}
	return open_dev(shared, &l);
}

static void *read_on(void *arg)
{
	struct readings *r = arg;
	struct dmavec_dev *dev = open_some_dev(&r->seed);
	int got;

	for (; !__atomic_load_n(&stop, __ATOMIC_RELAXED); r->n++) {
		if (r->n % 2048 == 2047) {
			must(dmavec_dev_close(dev));
			dev = open_some_dev(&r->seed);
		}
		if (r->many) {
			r->wrong += wrong_answers(dev, &r->seed, &r->found);
			continue;
		}
		got = ask(dev, taken[r->n & 1].addr + tap_random(&r->seed) % 32768, 8);
		r->found += got > 0;
		r->wrong += got < 0;
	}
	must(dmavec_dev_close(dev));
	return NULL;
}

static uint64_t write_for(uint64_t seed, bool many)
{
	uint64_t n = 0, start = host_now_ms();

	while (n++ % 64 || host_now_ms() - start < run_ms)
		if (many)
			come_and_go(&seed, n % 64 ? tap_random(&seed) % 200 : 3000, tap_random(&seed) % 300);
		else
			exchange(n % 2, false);
	return n;
}

static void test_threads(uint64_t seed, bool many)
{
	struct readings readings[2] = { { .seed = seed + 1, .many = many }, { .seed = seed + 2, .many = many } };
	pthread_t threads[2];
	uint64_t n;
	int i;

	if (many) {
		open_many(seed);
	} else {
		open_shared();
		must(dmavec_register(shared, taken[1].addr, taken[1].len, 0));
	}
	stop = 0;
	for (i = 0; i < 2; i++)
		must(pthread_create(&threads[i], NULL, read_on, &readings[i]));
	n = write_for(seed, many);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		must(pthread_join(threads[i], NULL));
	ok(readings[0].found + readings[1].found, "%s beside readers: %llu rounds", many ? "many" : "one after the other",
	   (unsigned long long)n);
	ok(!readings[0].wrong && !readings[1].wrong, "none of %llu look-ups was wrong meanwhile",
	   (unsigned long long)(readings[0].n + readings[1].n));
	close_shared();
}

int main(void)
{
	uint64_t seed = tap_seed();

	run_ms = tap_cases(20000) < 20000 ? 750 : 1500;
	test_late_slot();
	test_interrupted(seed, false);
	test_interrupted(seed, true);
	test_interrupting();
	test_recut(seed);
	test_threads(seed, false);
	test_threads(seed, true);
	return done_testing();
}
