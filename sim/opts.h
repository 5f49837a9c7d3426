/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Structs that begin with the size their caller knows. */
#ifndef SIM_OPTS_H
#define SIM_OPTS_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Options in: what the caller does not know is zero, what is not known here has to be. */
static inline int sim_opts_take(void *own, size_t own_size, const void *given, size_t given_size)
{
	const unsigned char *bytes = given;
	size_t i;

	if (given_size < sizeof(size_t))
		return -EINVAL;
	for (i = own_size; i < given_size; i++)
		if (bytes[i])
			return -EINVAL;
	memset(own, 0, own_size);
	memcpy(own, given, given_size < own_size ? given_size : own_size);
	return 0;
}

/* Results out: the size member stays the caller's, members that are not known here become zero. */
static inline int sim_opts_give(void *to, size_t to_size, const void *own, size_t own_size)
{
	size_t known = to_size < own_size ? to_size : own_size;

	if (to_size < sizeof(size_t))
		return -EINVAL;
	memcpy((unsigned char *)to + sizeof(size_t), (const unsigned char *)own + sizeof(size_t),
	       known - sizeof(size_t));
	memset((unsigned char *)to + known, 0, to_size - known);
	return 0;
}

#endif
