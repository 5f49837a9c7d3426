/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* An array of iovecs: the memory that readv would fill. */
#include <dmavec/source.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/uio.h>

#ifndef IOV_MAX
#define IOV_MAX 1024 /* POSIX lets it be asked for at run time instead; Linux has this */
#endif

static void iovec_rewind(struct dmavec_source *source)
{
	struct dmavec_iovec_source *from = (struct dmavec_iovec_source *)source;
	uint64_t skip = from->skip;

	for (from->at = 0; skip && skip >= from->iov[from->at].iov_len; from->at++)
		skip -= from->iov[from->at].iov_len;
	from->left = from->len;
}

/* The bytes to skip lie in the entries before the first that is given, and in that one. */
static uint64_t iovec_head(const struct dmavec_iovec_source *from)
{
	uint64_t skip = from->skip;
	size_t i;

	if (from->left != from->len)
		return 0;
	for (i = 0; i < from->at; i++)
		skip -= from->iov[i].iov_len;
	return skip;
}

static size_t iovec_fill(struct dmavec_source *source, struct dmavec_range *ranges, uint32_t *range_flags, size_t max)
{
	struct dmavec_iovec_source *from = (struct dmavec_iovec_source *)source;
	uint64_t head = iovec_head(from);
	size_t n = 0;

	(void)range_flags;
	for (; n < max && from->left; from->at++, head = 0) {
		const struct iovec *entry = &from->iov[from->at];
		uint64_t len = entry->iov_len - head;

		if (!len)
			continue;
		ranges[n].addr = dmavec_cpu(entry->iov_base) + head;
		ranges[n].len = len < from->left ? len : from->left;
		from->left -= ranges[n++].len;
	}
	return n;
}

/* How many bytes there are, or -EINVAL as readv has it. */
static int iovec_total(const struct iovec *iov, size_t niov, uint64_t *total)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < niov; i++) {
		uintptr_t base = (uintptr_t)iov[i].iov_base;

		if (iov[i].iov_len && iov[i].iov_len - 1 > UINTPTR_MAX - base)
			return -EINVAL;
		if (iov[i].iov_len > SSIZE_MAX - sum)
			return -EINVAL;
		sum += iov[i].iov_len;
	}
	*total = sum;
	return 0;
}

int dmavec_source_iovec(struct dmavec_iovec_source *from, const struct iovec *iov, size_t niov, uint64_t skip,
                        uint64_t len)
{
	uint64_t total;

	if (!from || !iov || niov > IOV_MAX || iovec_total(iov, niov, &total))
		return -EINVAL;
	if (skip >= total || len > total - skip)
		return -EINVAL;
	memset(from, 0, sizeof(*from));
	from->source.fill = iovec_fill;
	from->source.rewind = iovec_rewind;
	from->iov = iov;
	from->niov = niov;
	from->skip = skip;
	from->len = len ? len : total - skip;
	iovec_rewind(&from->source);
	return 0;
}
