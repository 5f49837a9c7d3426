/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What core promises to a space with an IOMMU: a space that does nothing but watch. */
#include "suite.h"

#define GRANULE 4096u
#define IOVA    0x700000u
#define CALLS   64u

struct watcher {
	unsigned int reserves, links, commits, unlinks, releases, bad;
	struct dmavec_reserve want;
	uint64_t reserved, linked;
	struct {
		dmavec_dma_t dma;
		dmavec_cpu_t cpu;
		uint64_t len;
		unsigned int how;
	} link[CALLS]; /* one for each range */
	unsigned int unlink_flags;
	bool committed;
};

static int watch_reserve(void *ctx, const struct dmavec_reserve *want, dmavec_dma_t *dma)
{
	struct watcher *w = ctx;

	w->reserves++;
	w->want = *want;
	w->reserved = want->len;
	w->bad += !want->len || want->len % GRANULE || want->align < GRANULE || (want->align & (want->align - 1)) ||
		  (want->boundary && want->boundary < want->len) || want->first > want->last;
	*dma = (IOVA + want->align - 1) & ~(want->align - 1);
	return 0;
}

static int watch_link(void *ctx, dmavec_dma_t dma, const struct dmavec_range *ranges, size_t n, unsigned int how)
{
	struct watcher *w = ctx;
	size_t i;

	w->links++;
	w->bad += !n || (ranges[0].addr - dma) % GRANULE || w->committed;
	for (i = 0; i < n && w->linked < CALLS; dma += ranges[i++].len) {
		w->bad += (i && (ranges[i].addr % GRANULE || dma % GRANULE)) || !ranges[i].len;
		w->link[w->linked].dma = dma;
		w->link[w->linked].cpu = ranges[i].addr;
		w->link[w->linked].len = ranges[i].len;
		w->link[w->linked++].how = how;
	}
	return 0;
}

static int watch_commit(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	struct watcher *w = ctx;

	w->commits++;
	w->committed = true;
	w->bad += dma % GRANULE || len % GRANULE;
	return 0;
}

static int watch_unlink(void *ctx, dmavec_dma_t dma, uint64_t len, unsigned int flags)
{
	struct watcher *w = ctx;

	w->unlinks++;
	w->unlink_flags = flags;
	w->bad += dma % GRANULE || len % GRANULE;
	return 0;
}

static int watch_release(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	struct watcher *w = ctx;

	w->bad += w->releases++ >= w->unlinks || dma % w->want.align || len != w->reserved;
	return 0;
}

static void watch_close(void *ctx)
{
	(void)ctx;
}

static struct dmavec_dev *watch_open(struct fix *f, struct watcher *w, struct dmavec_space **space, unsigned int flags)
{
	const struct dmavec_space_ops ops = {
		.size = sizeof(ops),
		.reserve = watch_reserve,
		.link = watch_link,
		.commit = watch_commit,
		.unlink = watch_unlink,
		.release = watch_release,
		.close = watch_close,
	};
	struct dmavec_space_desc desc = { .size = sizeof(desc),
					  .flags = DMAVEC_SPACE_ISOLATES,
					  .map_flags = DMAVEC_MMIO,
					  .granule = GRANULE,
					  .first = GRANULE,
					  .last = (1ull << 40) - 1 };
	struct dmavec_dev *dev = NULL;

	memset(w, 0, sizeof(*w));
	if (!CHECK_IS(f, dmavec_space_create(space, &desc, &ops, w), 0) ||
	    !CHECK_IS(f, dmavec_dev_open(&dev, *space, NULL, flags), 0))
		return NULL;
	return dev;
}

static void watch_end(struct fix *f, struct watcher *w, struct dmavec_space *space, struct dmavec_dev *dev)
{
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, w->bad, 0);
	CHECK_IS(f, w->reserves, w->releases);
	CHECK_IS(f, w->reserves, w->commits);
	CHECK_IS(f, dmavec_space_close(space), 0);
}

/* Addresses are only passed on: nothing has to be there. */
static struct dmavec_range at(uint64_t page, uint64_t offset, uint64_t len)
{
	struct dmavec_range range = { 0x10000000 + page * GRANULE + offset, len };

	return range;
}

static void runs(struct fix *f)
{
	struct dmavec_range r[5] = { at(1, 100, GRANULE - 100), at(9, 0, GRANULE), at(4, 0, 7), at(20, 8, 2 * GRANULE),
				     at(30, 1, 1) };
	struct dmavec_space *space = NULL;
	static struct held h;
	struct watcher w;
	struct dmavec_dev *dev = watch_open(f, &w, &space, 0);
	unsigned int i;

	MUST(f, dev && suite_map(f, dev, &h, 8, r, 5, DMAVEC_TO_DEVICE, 0));
	CHECK(f, w.reserves == 1 && w.commits == 1 && h.map.nsegs == 3);
	CHECK_IS(f, w.linked, 5);
	for (i = 0; i < 5 && i < w.linked; i++)
		CHECK(f, w.link[i].cpu == r[i].addr && w.link[i].len == r[i].len && w.link[i].how == DMAVEC_LINK_READ);
	CHECK(f, w.link[0].dma == h.segs[0].addr && w.link[3].dma == h.segs[1].addr && w.link[4].dma == h.segs[2].addr);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, w.unlinks, 1);
	watch_end(f, &w, space, dev);
}

static void how(struct fix *f)
{
	const unsigned int want[3] = { DMAVEC_LINK_READ | DMAVEC_LINK_WRITE, DMAVEC_LINK_READ, DMAVEC_LINK_WRITE };
	struct dmavec_range r = at(1, 0, GRANULE);
	struct dmavec_space *space = NULL;
	static struct held h;
	struct watcher w;
	struct dmavec_dev *dev = watch_open(f, &w, &space, 0);
	int dir;

	for (dir = 0; dev && dir < 3; dir++) {
		w.linked = 0;
		w.committed = false;
		MUST(f, suite_map(f, dev, &h, 8, &r, 1, (enum dmavec_dir)dir, dir ? DMAVEC_RELAXED : DMAVEC_MMIO));
		CHECK_IS(f, w.link[0].how, want[dir] | (dir ? DMAVEC_LINK_RELAXED : DMAVEC_LINK_MMIO));
		CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	}
	watch_end(f, &w, space, dev);
}

/* Side by side in memory, and perhaps for the device; but peer memory is linked as such, and RAM is not. */
static void kinds(struct fix *f)
{
	struct dmavec_space *space = NULL;
	static struct held h;
	struct watcher w;
	struct dmavec_dev *dev = watch_open(f, &w, &space, 0);
	unsigned int i;

	suite_init(&h, 8);
	MUST(f, dev && !dmavec_begin(dev, &h.map, 4 * GRANULE, 4, DMAVEC_TO_DEVICE, 0));
	for (i = 0; i < 4; i++)
		MUST_BE(f, dmavec_add(&h.map, at(i, 0, 0).addr, GRANULE, i & 1 ? DMAVEC_MMIO : 0), 0);
	MUST_BE(f, dmavec_finish(&h.map), 0);
	CHECK_IS(f, h.map.nsegs, 4);
	CHECK_IS(f, w.linked, 4);
	for (i = 0; i < 4; i++)
		CHECK_IS(f, w.link[i].how, DMAVEC_LINK_READ | (i & 1 ? DMAVEC_LINK_MMIO : 0));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	watch_end(f, &w, space, dev);
}

static void strict(struct fix *f)
{
	struct dmavec_range r = at(1, 0, GRANULE);
	struct dmavec_space *space = NULL;
	static struct held h;
	struct watcher w;
	struct dmavec_dev *dev = watch_open(f, &w, &space, DMAVEC_DEV_UNTRUSTED);

	MUST(f, dev && suite_map(f, dev, &h, 8, &r, 1, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, w.unlink_flags, DMAVEC_UNLINK_STRICT);
	r.len = 5; /* no arena: a bounce is never possible */
	CHECK_IS(f, suite_try(dev, 8, &r, 1, DMAVEC_TO_DEVICE, 0), -ERANGE);
	watch_end(f, &w, space, dev);
}

/* What the space lacks: no registration at an address, no bounce, no rings, no access, nothing to flush. */
static void absent(struct fix *f)
{
	struct dmavec_range r = at(1, 0, GRANULE);
	struct dmavec_space *space = NULL;
	struct dmavec_buf buf;
	struct watcher w;
	struct dmavec_dev *dev = watch_open(f, &w, &space, 0);
	dmavec_dma_t dma = 0;

	MUST(f, dev != NULL);
	CHECK_IS(f, dmavec_register_at(space, r.addr, r.len, 0x40000000, 0), -EOPNOTSUPP);
	CHECK_IS(f, dmavec_register_fd(space, 0, 0, GRANULE, 0, &dma), -EOPNOTSUPP);
	CHECK_IS(f, dmavec_alloc(dev, 64, 0, &buf), -ERANGE);
	CHECK_IS(f, dmavec_space_read(space, 0, &buf, 1), -EOPNOTSUPP);
	CHECK_IS(f, dmavec_flush(space), 0);
	CHECK_IS(f, dmavec_register(space, r.addr, r.len, DMAVEC_REG_WRITE), 0);
	CHECK_IS(f, w.link[0].how, DMAVEC_LINK_WRITE);
	CHECK_IS(f, dmavec_unregister(space, r.addr, r.len), 0);
	watch_end(f, &w, space, dev);
}

const struct rule rules_contract[] = {
	{ "section 5 spaces: one reservation, links as the contract says, one commit", runs, 0, 0 },
	{ "section 5 spaces: link is told direction, peer memory and the hint", how, 0, 0 },
	{ "rule 6.4 kinds: linked apart, each as what it is", kinds, 0, 0 },
	{ "rule 6.5 trust: unlink is strict for an untrusted device", strict, 0, 0 },
	{ "section 5 spaces: what a space lacks is -EOPNOTSUPP or -ERANGE", absent, 0, 0 },
	{ NULL, NULL, 0, 0 },
};
