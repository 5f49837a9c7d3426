/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Two threads at the same time, each on a processor of its own. Where they did not really run side by side - one of the
 * processors was busy with something else - the turn says nothing of how they hinder each other, and is done again.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "bench.h"

#include <pthread.h>
#include <sched.h>

#define TRIES   12u
#define OVERLAP 0.9 /* of the shorter of the two */

struct runner {
	double (*turn)(void *ctx);
	void *ctx;
	unsigned int *here;
	double start, end, took;
};

/* Spins, since threads that sleep would start further apart than a turn takes. */
static void *run_together(void *arg)
{
	struct runner *runner = arg;
	unsigned int spins = 0;

	__atomic_add_fetch(runner->here, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(runner->here, __ATOMIC_ACQUIRE) < 2)
		if (++spins % 1024 == 0)
			sched_yield();
	runner->start = bench_now();
	runner->took = runner->turn(runner->ctx);
	runner->end = bench_now();
	return NULL;
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

double bench_two(double (*turn)(void *ctx), void *mine, void *others)
{
	struct runner a, b;
	cpu_set_t all, first, second;
	pthread_attr_t attr;
	pthread_t thread;
	unsigned int here, tries = 0;

	bench_must(find_two(&all, &first, &second) && !pthread_attr_init(&attr) &&
	           !pthread_attr_setaffinity_np(&attr, sizeof(second), &second), "finding two processors");
	bench_must(!sched_setaffinity(0, sizeof(first), &first), "sched_setaffinity");
	do {
		here = 0;
		a = (struct runner){ .turn = turn, .ctx = mine, .here = &here };
		b = (struct runner){ .turn = turn, .ctx = others, .here = &here };
		bench_must(!pthread_create(&thread, &attr, run_together, &b), "pthread_create");
		run_together(&a);
		bench_must(!pthread_join(thread, NULL), "pthread_join");
	} while (!were_together(&a, &b) && ++tries < TRIES);
	bench_must(!sched_setaffinity(0, sizeof(all), &all), "sched_setaffinity");
	pthread_attr_destroy(&attr);
	return (a.took + b.took) / 2;
}
