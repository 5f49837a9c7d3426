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

	from->at = from->first;
	from->left = from->len;
}

/*
 * It never looks behind the array, nor tells more bytes than it should, even if entries have changed since it was opened:
 * the engine finds out that they did.
 */
static size_t iovec_fill(struct dmavec_source *source, struct dmavec_range *ranges, uint32_t *range_flags, size_t max)
{
	struct dmavec_iovec_source *from = (struct dmavec_iovec_source *)source;
	size_t n = 0;

	(void)range_flags;
	for (; n < max && from->left && from->at < from->niov; from->at++) {
		const struct iovec *entry = &from->iov[from->at];
		uint64_t head = from->at == from->first ? from->head : 0, len;

		if (entry->iov_len <= head)
			continue;
		len = entry->iov_len - head;
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
	size_t first;

	if (!from || !iov || niov > IOV_MAX || iovec_total(iov, niov, &total))
		return -EINVAL;
	if (skip >= total || len > total - skip)
		return -EINVAL;
	len = len ? len : total - skip;
	for (first = 0; skip >= iov[first].iov_len; first++)
		skip -= iov[first].iov_len;
	memset(from, 0, sizeof(*from));
	from->source.fill = iovec_fill;
	from->source.rewind = iovec_rewind;
	from->len = len;
	from->iov = iov;
	from->niov = niov;
	from->first = first;
	from->head = skip;
	iovec_rewind(&from->source);
	return 0;
}
