/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Two threads at the same time, each on a processor of its own for as long as the pair is open: the caller on the first, a
 * thread that sleeps between turns on the second. In a turn both warm up, meet, and then work through slices for a while.
 * The caller alone does the same on the same processor, so that one thread and two differ in nothing but the other thread.
 * Where the two did not really run side by side - a processor was busy with something else - the turn says nothing of how
 * they hinder each other, and is done again; those that never did are kept and counted.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "bench.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#define TRIES   6u
#define OVERLAP 0.9 /* of the shorter of the two */
#define WARM_NS 1e5 /* and one slice at least, here and below */
#define TURN_NS 5e5

struct runner {
	double (*slice)(void *ctx);
	void *ctx;
	double start, end, took;
};

static struct {
	pthread_t thread;
	sem_t asked, done;
	struct runner mine, others; /* the other thread ends where it is asked for no slices */
	unsigned int here;
	cpu_set_t all;
} pair;

static struct together together;

/* Spins, since threads that sleep would start further apart than a slice takes. */
static void meet(unsigned int threads)
{
	unsigned int spins = 0;

	__atomic_add_fetch(&pair.here, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&pair.here, __ATOMIC_ACQUIRE) < threads)
		if (++spins % 1024 == 0)
			sched_yield();
}

static void run_for(struct runner *runner, double ns)
{
	unsigned int slices = 0;

	runner->took = 0;
	runner->start = bench_now();
	do {
		runner->took += runner->slice(runner->ctx);
		slices++;
		runner->end = bench_now();
	} while (runner->end - runner->start < ns);
	runner->took /= slices;
}

static void run_turn(struct runner *runner, unsigned int threads)
{
	run_for(runner, WARM_NS);
	meet(threads);
	run_for(runner, TURN_NS);
}

static void *attend(void *arg)
{
	(void)arg;
	for (;;) {
		while (sem_wait(&pair.asked))
			;
		if (!pair.others.slice)
			return NULL;
		run_turn(&pair.others, 2);
		sem_post(&pair.done);
	}
}

static bool were_together(const struct runner *a, const struct runner *b)
{
	double start = a->start > b->start ? a->start : b->start, end = a->end < b->end ? a->end : b->end;
	double shorter = a->end - a->start < b->end - b->start ? a->end - a->start : b->end - b->start;

	return end - start >= OVERLAP * shorter;
}

/* The first two processors that this process may use. */
static bool find_two(cpu_set_t *all, cpu_set_t *first, cpu_set_t *second)
{
	int cpu, found = 0;

	CPU_ZERO(first);
	CPU_ZERO(second);
	if (sched_getaffinity(0, sizeof(*all), all))
		return false;
	for (cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
		if (CPU_ISSET(cpu, all))
			CPU_SET(cpu, found++ ? second : first);
	return found == 2;
}

bool bench_has_two(void)
{
	cpu_set_t all, first, second;

	return find_two(&all, &first, &second);
}

void bench_pair_open(void)
{
	cpu_set_t first, second;
	pthread_attr_t attr;

	bench_must(find_two(&pair.all, &first, &second) && !pthread_attr_init(&attr) &&
	           !pthread_attr_setaffinity_np(&attr, sizeof(second), &second), "finding two processors");
	bench_must(!sched_setaffinity(0, sizeof(first), &first), "sched_setaffinity");
	bench_must(!sem_init(&pair.asked, 0, 0) && !sem_init(&pair.done, 0, 0), "sem_init");
	bench_must(!pthread_create(&pair.thread, &attr, attend, NULL), "pthread_create");
	pthread_attr_destroy(&attr);
}

void bench_pair_close(void)
{
	pair.others.slice = NULL;
	sem_post(&pair.asked);
	bench_must(!pthread_join(pair.thread, NULL), "pthread_join");
	sem_destroy(&pair.asked);
	sem_destroy(&pair.done);
	bench_must(!sched_setaffinity(0, sizeof(pair.all), &pair.all), "sched_setaffinity");
}

double bench_alone(double (*slice)(void *ctx), void *mine)
{
	pair.here = 0;
	pair.mine = (struct runner){ .slice = slice, .ctx = mine };
	run_turn(&pair.mine, 1);
	return pair.mine.took;
}

double bench_two(double (*slice)(void *ctx), void *mine, void *others)
{
	unsigned int tries = 0;
	bool good;

	do {
		pair.here = 0;
		pair.mine = (struct runner){ .slice = slice, .ctx = mine };
		pair.others = (struct runner){ .slice = slice, .ctx = others };
		sem_post(&pair.asked);
		run_turn(&pair.mine, 2);
		while (sem_wait(&pair.done))
			;
		good = were_together(&pair.mine, &pair.others);
	} while (!good && ++tries < TRIES);
	together.turns++;
	together.apart += !good;
	return (pair.mine.took + pair.others.took) / 2;
}

struct together bench_together(void)
{
	return together;
}
