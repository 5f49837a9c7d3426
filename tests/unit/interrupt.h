/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A signal that stops the program between any two of its instructions, again and again, and does something meanwhile. */
#ifndef DMAVEC_TESTS_INTERRUPT_H
#define DMAVEC_TESTS_INTERRUPT_H

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>

static void (*interrupt_with)(void);
static volatile sig_atomic_t interrupt_on;
static volatile uint64_t interruptions;

/* Each signal asks for the next, so that a program that runs slowly still gets on in between. */
static void interrupt_soon(long us)
{
	struct itimerval once = { { 0, 0 }, { 0, us } };

	setitimer(ITIMER_REAL, &once, NULL);
}

static void interrupt_now(int signal)
{
	(void)signal;
	if (!interrupt_on)
		return;
	interruptions++;
	interrupt_with();
	interrupt_soon(50);
}

static void interrupt_start(void (*what)(void))
{
	struct sigaction action;

	interrupt_with = what;
	interruptions = 0;
	interrupt_on = 1;
	memset(&action, 0, sizeof(action));
	action.sa_handler = interrupt_now;
	action.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &action, NULL);
	interrupt_soon(50);
}

/* One more may be on its way. */
static void interrupt_stop(void)
{
	interrupt_on = 0;
	interrupt_soon(0);
	signal(SIGALRM, SIG_IGN);
}

#endif
