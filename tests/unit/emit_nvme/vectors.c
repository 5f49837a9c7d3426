/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Bytes, each written down from the specification's figures (Base Specification 2.0c, sections 3.3.3.1, 4.1.1,
 * 4.1.2); the device's addresses, lowest byte first. Trailing zeros are left to the compiler.
 */
#include "nvme.h"

struct slot {
	unsigned int list, at;
	unsigned char bytes[16]; /* 8 of a PRP entry */
};

struct vector {
	const char *what;
	uint64_t page_size; /* 0: an SGL */
	struct dmavec_seg segs[6];
	struct {
		uint64_t dma, len;
	} lists[4];
	unsigned char dptr[16];
	struct slot slots[10];
	unsigned int nslots;
	bool all; /* nothing else is written to lists */
};

static const struct vector prp_vectors[] = {
	{
		.what = "one page",
		.page_size = 4096,
		.segs = { { 0x123456789000, 4096 } },
		.dptr = { 0x00, 0x90, 0x78, 0x56, 0x34, 0x12 },
		.all = true,
	},
	{
		.what = "from inside a page up to its end",
		.page_size = 4096,
		.segs = { { 0x123456789abc, 0x544 } },
		.dptr = { 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12 },
		.all = true,
	},
	{
		.what = "one byte more than a page",
		.page_size = 4096,
		.segs = { { 0xa000, 0x1001 } },
		.dptr = { 0x00, 0xa0, 0, 0, 0, 0, 0, 0, 0x00, 0xb0 },
		.all = true,
	},
	{
		.what = "two pages apart, the first from its middle",
		.page_size = 4096,
		.segs = { { 0xa800, 0x800 }, { 0xfedcba9876543000, 4 } },
		.dptr = { 0x00, 0xa8, 0, 0, 0, 0, 0, 0, 0x00, 0x30, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe },
		.all = true,
	},
	{
		.what = "the length of two pages, but from an offset: three",
		.page_size = 4096,
		.segs = { { 0xa004, 0x2000 } },
		.lists = { { 0x500000000, 4096 } },
		.dptr = { 0x04, 0xa0, 0, 0, 0, 0, 0, 0, 0x00, 0x00, 0x00, 0x00, 0x05 },
		.slots = { { 0, 0, { 0x00, 0xb0 } }, { 0, 8, { 0x00, 0xc0 } } },
		.nslots = 2,
		.all = true,
	},
	{
		.what = "pages at the end of all addresses",
		.page_size = 4096,
		.segs = { { 0xffffffffffffd000, 0x3000 } },
		.lists = { { 0xfffffffffffffff0, 16 } },
		.dptr = { 0x00, 0xd0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			  0xff },
		.slots = { { 0, 0, { 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
			   { 0, 8, { 0x00, 0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } } },
		.nslots = 2,
		.all = true,
	},
	{
		.what = "pages of 8 KiB",
		.page_size = 8192,
		.segs = { { 0x3ffc, 0x4004 } },
		.lists = { { 0x7000, 4096 } },
		.dptr = { 0xfc, 0x3f, 0, 0, 0, 0, 0, 0, 0x00, 0x70 },
		.slots = { { 0, 0, { 0x00, 0x40 } }, { 0, 8, { 0x00, 0x60 } } },
		.nslots = 2,
		.all = true,
	},
	{
		.what = "pages of 128 MiB, a terabyte of them",
		.page_size = 1u << 27,
		.segs = { { 0, 1ull << 40 } },
		.lists = { { 0x500000000, 65536 } },
		.dptr = { 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x00, 0x00, 0x00, 0x05 },
		.slots = { { 0, 0, { 0x00, 0x00, 0x00, 0x08 } }, { 0, 0xfff0, { 0x00, 0x00, 0x00, 0xf8, 0xff } } },
		.nslots = 2,
	},
	{
		.what = "a list inside a page, filled up to its end",
		.page_size = 4096,
		.segs = { { 0xa000, 0x3000 } },
		.lists = { { 0x500000ff0, 16 } },
		.dptr = { 0x00, 0xa0, 0, 0, 0, 0, 0, 0, 0xf0, 0x0f, 0x00, 0x00, 0x05 },
		.slots = { { 0, 0, { 0x00, 0xb0 } }, { 0, 8, { 0x00, 0xc0 } } },
		.nslots = 2,
		.all = true,
	},
	{
		.what = "a page more: its last entry is a pointer",
		.page_size = 4096,
		.segs = { { 0xa000, 0x4000 } },
		.lists = { { 0x500000ff0, 16 }, { 0x600000000, 4096 } },
		.dptr = { 0x00, 0xa0, 0, 0, 0, 0, 0, 0, 0xf0, 0x0f, 0x00, 0x00, 0x05 },
		.slots = { { 0, 0, { 0x00, 0xb0 } },
			   { 0, 8, { 0x00, 0x00, 0x00, 0x00, 0x06 } },
			   { 1, 0, { 0x00, 0xc0 } },
			   { 1, 8, { 0x00, 0xd0 } } },
		.nslots = 4,
		.all = true,
	},
	{
		.what = "which never leads into the middle of a page",
		.page_size = 4096,
		.segs = { { 0xa000, 0x4000 } },
		.lists = { { 0x500000ff0, 16 }, { 0x600000800, 2048 }, { 0x700000000, 16 } },
		.dptr = { 0x00, 0xa0, 0, 0, 0, 0, 0, 0, 0xf0, 0x0f, 0x00, 0x00, 0x05 },
		.slots = { { 0, 0, { 0x00, 0xb0 } },
			   { 0, 8, { 0x00, 0x00, 0x00, 0x00, 0x07 } },
			   { 2, 0, { 0x00, 0xc0 } },
			   { 2, 8, { 0x00, 0xd0 } } },
		.nslots = 4,
		.all = true,
	},
	{
		.what = "buffers that hold too little, or only a pointer, are passed over",
		.page_size = 4096,
		.segs = { { 0xa000, 0x4000 } },
		.lists = { { 0x500000000, 23 }, { 0x600000ff8, 8 }, { 0x700000010, 24 }, { 0x800000000, 4096 } },
		.dptr = { 0x00, 0xa0, 0, 0, 0, 0, 0, 0, 0x10, 0x00, 0x00, 0x00, 0x07 },
		.slots = { { 2, 0, { 0x00, 0xb0 } }, { 2, 8, { 0x00, 0xc0 } }, { 2, 16, { 0x00, 0xd0 } } },
		.nslots = 3,
		.all = true,
	},
	{
		.what = "a page of 512 entries",
		.page_size = 4096,
		.segs = { { 0x100000000, 0x201000 } },
		.lists = { { 0x500000000, 4096 }, { 0x700000000, 4096 } },
		.dptr = { 0x00, 0x00, 0x00, 0x00, 0x01, 0, 0, 0, 0x00, 0x00, 0x00, 0x00, 0x05 },
		.slots = { { 0, 0, { 0x00, 0x10, 0x00, 0x00, 0x01 } },
			   { 0, 8, { 0x00, 0x20, 0x00, 0x00, 0x01 } },
			   { 0, 0xff0, { 0x00, 0xf0, 0x1f, 0x00, 0x01 } },
			   { 0, 0xff8, { 0x00, 0x00, 0x20, 0x00, 0x01 } } },
		.nslots = 4,
	},
	{
		.what = "513 entries: 511, a pointer, two",
		.page_size = 4096,
		.segs = { { 0x100000000, 0x202000 } },
		.lists = { { 0x500000000, 4096 }, { 0x700000000, 16 } },
		.dptr = { 0x00, 0x00, 0x00, 0x00, 0x01, 0, 0, 0, 0x00, 0x00, 0x00, 0x00, 0x05 },
		.slots = { { 0, 0, { 0x00, 0x10, 0x00, 0x00, 0x01 } },
			   { 0, 0xff0, { 0x00, 0xf0, 0x1f, 0x00, 0x01 } },
			   { 0, 0xff8, { 0x00, 0x00, 0x00, 0x00, 0x07 } },
			   { 1, 0, { 0x00, 0x00, 0x20, 0x00, 0x01 } },
			   { 1, 8, { 0x00, 0x10, 0x20, 0x00, 0x01 } } },
		.nslots = 5,
	},
	{
		.what = "three pages of list in one buffer, the last one full",
		.page_size = 4096,
		.segs = { { 0x100000000, 0x5ff000 } },
		.lists = { { 0x500000000, 12288 } },
		.dptr = { 0x00, 0x00, 0x00, 0x00, 0x01, 0, 0, 0, 0x00, 0x00, 0x00, 0x00, 0x05 },
		.slots = { { 0, 0x0ff0, { 0x00, 0xf0, 0x1f, 0x00, 0x01 } },
			   { 0, 0x0ff8, { 0x00, 0x10, 0x00, 0x00, 0x05 } },
			   { 0, 0x1000, { 0x00, 0x00, 0x20, 0x00, 0x01 } },
			   { 0, 0x1ff0, { 0x00, 0xe0, 0x3f, 0x00, 0x01 } },
			   { 0, 0x1ff8, { 0x00, 0x20, 0x00, 0x00, 0x05 } },
			   { 0, 0x2000, { 0x00, 0xf0, 0x3f, 0x00, 0x01 } },
			   { 0, 0x2ff8, { 0x00, 0xe0, 0x5f, 0x00, 0x01 } } },
		.nslots = 7,
	},
};

static const struct vector sgl_vectors[] = {
	{
		.what = "one segment, in the command",
		.segs = { { 0x123456789abd, 3 } },
		.dptr = { 0xbd, 0x9a, 0x78, 0x56, 0x34, 0x12, 0, 0, 0x03 },
		.all = true,
	},
	{
		.what = "the longest block",
		.segs = { { 0x1000, 0xffffffff } },
		.dptr = { 0x00, 0x10, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff },
		.all = true,
	},
	{
		.what = "two segments: a last segment descriptor, and a list",
		.segs = { { 0x123456789abd, 0x10203 }, { 0xfffffffffffffffe, 2 } },
		.lists = { { 0x500000008, 40 } },
		.dptr = { 0x08, 0x00, 0x00, 0x00, 0x05, 0, 0, 0, 0x20, 0x00, 0x00, 0x00, 0, 0, 0, 0x30 },
		.slots = { { 0, 0, { 0xbd, 0x9a, 0x78, 0x56, 0x34, 0x12, 0x00, 0x00, 0x03, 0x02, 0x01 } },
			   { 0, 16, { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02 } } },
		.nslots = 2,
		.all = true,
	},
	{
		.what = "two lists: a segment descriptor, then a last one",
		.segs = { { 0x1000, 1 }, { 0x2000, 2 }, { 0x3000, 3 } },
		.lists = { { 0x500000000, 31 }, { 0x600000000, 32 }, { 0x700000000, 32 } },
		.dptr = { 0x00, 0x00, 0x00, 0x00, 0x06, 0, 0, 0, 0x20, 0x00, 0x00, 0x00, 0, 0, 0, 0x20 },
		.slots = { { 1, 0, { 0x00, 0x10, 0, 0, 0, 0, 0, 0, 0x01 } },
			   { 1, 16, { 0, 0, 0, 0, 0x07, 0, 0, 0, 0x20, 0x00, 0x00, 0x00, 0, 0, 0, 0x30 } },
			   { 2, 0, { 0x00, 0x20, 0, 0, 0, 0, 0, 0, 0x02 } },
			   { 2, 16, { 0x00, 0x30, 0, 0, 0, 0, 0, 0, 0x03 } } },
		.nslots = 4,
		.all = true,
	},
	{
		.what = "three lists of different lengths",
		.segs = { { 0x1000, 1 }, { 0x2000, 2 }, { 0x3000, 3 }, { 0x4000, 4 }, { 0x5000, 5 }, { 0x6000, 6 } },
		.lists = { { 0x500000000, 32 }, { 0x600000000, 63 }, { 0x700000018, 4096 } },
		.dptr = { 0x00, 0x00, 0x00, 0x00, 0x05, 0, 0, 0, 0x20, 0x00, 0x00, 0x00, 0, 0, 0, 0x20 },
		.slots = { { 0, 0, { 0x00, 0x10, 0, 0, 0, 0, 0, 0, 0x01 } },
			   { 0, 16, { 0, 0, 0, 0, 0x06, 0, 0, 0, 0x30, 0x00, 0x00, 0x00, 0, 0, 0, 0x20 } },
			   { 1, 0, { 0x00, 0x20, 0, 0, 0, 0, 0, 0, 0x02 } },
			   { 1, 16, { 0x00, 0x30, 0, 0, 0, 0, 0, 0, 0x03 } },
			   { 1, 32, { 0x18, 0, 0, 0, 0x07, 0, 0, 0, 0x30, 0x00, 0x00, 0x00, 0, 0, 0, 0x30 } },
			   { 2, 0, { 0x00, 0x40, 0, 0, 0, 0, 0, 0, 0x04 } },
			   { 2, 16, { 0x00, 0x50, 0, 0, 0, 0, 0, 0, 0x05 } },
			   { 2, 32, { 0x00, 0x60, 0, 0, 0, 0, 0, 0, 0x06 } } },
		.nslots = 8,
		.all = true,
	},
};

static uint32_t vector_nsegs(const struct vector *v)
{
	uint32_t n = 0;

	while (n < 6 && v->segs[n].len)
		n++;
	return n;
}

static int vector_emit(const struct vector *v, const struct memory *m, uint64_t dptr[2])
{
	const unsigned char before[4] = { 0x02, 0x81, 0x34, 0x12 }, after[4] = { 0x02, 0x41, 0x34, 0x12 };
	uint32_t cdw0;
	int err;

	if (v->page_size)
		return dmavec_emit_nvme_prp(v->segs, vector_nsegs(v), v->page_size, dptr, m->bufs, m->n);
	memcpy(&cdw0, before, sizeof(cdw0));
	err = dmavec_emit_nvme_sgl(v->segs, vector_nsegs(v), &cdw0, dptr, m->bufs, m->n);
	return err || !memcmp(&cdw0, after, sizeof(cdw0)) ? err : -EIO;
}

static bool vector_reads_back(const struct vector *v, const struct memory *m, const uint64_t dptr[2])
{
	uint32_t n = vector_nsegs(v), nread = 0;
	uint64_t len = segs_len(v->segs, n);
	struct dmavec_seg joined[6], read[6];

	n = segs_join(joined, v->segs, n);
	if (v->page_size ? dmavec_sim_nvme_prp(m->space, v->page_size, dptr, len, read, 6, &nread)
			 : dmavec_sim_nvme_sgl(m->space, 1, dptr, len, read, 6, &nread))
		return false;
	return segs_equal(joined, n, read, nread);
}

static bool vector_good(const struct vector *v, unsigned int skew)
{
	struct memory *m = memory_new();
	uint64_t dptr[2] = { 1, 1 };
	unsigned int i, size = v->page_size ? 8 : 16;
	bool good = true;

	for (i = 0; i < 4 && v->lists[i].len; i++)
		memory_add(m, v->lists[i].dma, v->lists[i].len, skew);
	if (!HOLDS(!vector_emit(v, m, dptr)))
		return false;
	good &= HOLDS(!memcmp(dptr, v->dptr, sizeof(dptr)));
	good &= HOLDS(memory_guarded(m));
	good &= HOLDS(vector_reads_back(v, m, dptr));
	for (i = 0; i < v->nslots; i++) {
		unsigned char *at = (unsigned char *)m->bufs[v->slots[i].list].cpu + v->slots[i].at;

		good &= HOLDS(!memcmp(at, v->slots[i].bytes, size));
		if (v->all)
			memset(at, FILL, size);
	}
	memset(m->mine, !v->all, sizeof(m->mine));
	return good & HOLDS(memory_guarded(m));
}

static bool vectors_good(const struct vector *v, size_t n)
{
	bool good = true;

	for (; n; n--, v++) {
		if (vector_good(v, 0) && vector_good(v, 3))
			continue;
		diag("the vector: %s", v->what);
		good = false;
	}
	return good;
}

static bool prp_bytes(uint64_t *seed)
{
	(void)seed;
	return vectors_good(prp_vectors, sizeof(prp_vectors) / sizeof(*prp_vectors));
}

static bool sgl_bytes(uint64_t *seed)
{
	(void)seed;
	return vectors_good(sgl_vectors, sizeof(sgl_vectors) / sizeof(*sgl_vectors));
}

static bool psdt_is(unsigned char before, unsigned int psdt, unsigned char after)
{
	const unsigned char from[4] = { 0xc1, before, 0xc3, 0xc4 }, to[4] = { 0xc1, after, 0xc3, 0xc4 };
	uint32_t cdw0;

	memcpy(&cdw0, from, sizeof(cdw0));
	cdw0 = dmavec_nvme_psdt(cdw0, psdt);
	return !memcmp(&cdw0, to, sizeof(cdw0));
}

static bool psdt_bytes(uint64_t *seed)
{
	(void)seed;
	return HOLDS(psdt_is(0x00, DMAVEC_NVME_PSDT_SGL, 0x40)) && HOLDS(psdt_is(0xff, DMAVEC_NVME_PSDT_SGL, 0x7f)) &&
	       HOLDS(psdt_is(0xff, DMAVEC_NVME_PSDT_PRP, 0x3f)) && HOLDS(psdt_is(0x12, 2, 0x92));
}

const struct check checks_vectors[] = {
	{ "PRPs: the bytes that the specification says", prp_bytes },
	{ "SGLs: the bytes that the specification says, and PSDT in the command", sgl_bytes },
	{ "PSDT: bits 15:14 of the first dword, and no other", psdt_bytes },
	{ NULL, NULL },
};
