/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "basic.h"

int core_copy_sized(void *known, size_t known_size, const void *given, size_t given_size)
{
	const unsigned char *bytes = given;
	size_t i;

	for (i = known_size; i < given_size; i++)
		if (bytes[i])
			return -EINVAL;
	memset(known, 0, known_size);
	memcpy(known, given, given_size < known_size ? given_size : known_size);
	return 0;
}
