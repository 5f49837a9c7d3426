// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "scatter.h"

#define VECTOR 256

/* Where a transfer stands. */
struct cursor {
	const struct dmavec_range *range;
	uint64_t skip; /* bytes of it that are done */
	uint64_t left;
};

static int cursor_vector(const struct cursor *at, struct iovec *vector)
{
	const struct dmavec_range *range = at->range;
	uint64_t skip = at->skip, left = at->left, len;
	int n = 0;

	while (left && n < VECTOR) {
		len = range->len - skip < left ? range->len - skip : left;
		vector[n].iov_base = (char *)dmavec_ptr(range->addr) + skip;
		vector[n++].iov_len = (size_t)len;
		left -= len;
		skip = 0;
		range++;
	}
	return n;
}

static void cursor_advance(struct cursor *at, uint64_t moved)
{
	at->left -= moved;
	at->skip += moved;
	while (at->left && at->skip >= at->range->len) {
		at->skip -= at->range->len;
		at->range++;
	}
}

static int64_t scatter(int fd, uint64_t offset, const struct dmavec_range *ranges, uint64_t len, bool write)
{
	struct cursor at = { ranges, 0, len };
	struct iovec vector[VECTOR];
	ssize_t moved;
	int n;

	while (at.left) {
		n = cursor_vector(&at, vector);
		moved = write ? pwritev(fd, vector, n, (off_t)(offset + len - at.left)) :
				preadv(fd, vector, n, (off_t)(offset + len - at.left));
		if (moved < 0 && errno == EINTR)
			continue;
		if (moved < 0)
			return -errno;
		if (!moved)
			break;
		cursor_advance(&at, (uint64_t)moved);
	}
	return (int64_t)(len - at.left);
}

int64_t cli_scatter_read(int fd, uint64_t offset, const struct dmavec_range *ranges, uint64_t len)
{
	return scatter(fd, offset, ranges, len, false);
}

int64_t cli_scatter_write(int fd, uint64_t offset, const struct dmavec_range *ranges, uint64_t len)
{
	return scatter(fd, offset, ranges, len, true);
}
