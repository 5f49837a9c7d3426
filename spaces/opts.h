/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Option structs, as every constructor of a space reads them: they start with their size, members beyond it count as
 * zero, and a tail that this library does not know must be zero.
 */
#ifndef DMAVEC_SPACES_OPTS_H
#define DMAVEC_SPACES_OPTS_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Fill `to`, a struct of `known` bytes, from the caller's; from NULL: all defaults. -EINVAL. */
static inline int opts_read(void *to, size_t known, const void *from)
{
	size_t size = known, i;

	memset(to, 0, known);
	if (from)
		memcpy(&size, from, sizeof(size));
	if (size < sizeof(size))
		return -EINVAL;
	for (i = known; i < size; i++)
		if (((const unsigned char *)from)[i])
			return -EINVAL;
	if (from)
		memcpy(to, from, size < known ? size : known);
	memcpy(to, &known, sizeof(known));
	return 0;
}

#endif
