/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The controller that judges: it refuses what the specification forbids, so that to be read by it means something. */
#include "nvme.h"

struct fault {
	const char *what;
	unsigned char dptr[16], list[64], list2[32]; /* at 0x50000fff0 (PRPs) or 0x50000f000, and 0x600000000 */
	uint64_t len;
	int err;
	uint32_t cap; /* 0: 8 */
};

/* 8 bytes: an address whose lowest bytes these are, or with one more at 2^32. */
#define NEAR(low, next) low, next, 0, 0, 0, 0, 0, 0
#define FAR(low, next, high) low, next, 0, 0, high, 0, 0, 0
#define FIRST NEAR(0, 0x10)
#define LIST  FAR(0xf0, 0xff, 5) /* where list is: the last two entries of a page */

static const struct fault prp_faults[] = {
	{ "all is well", { FIRST }, { 0 }, { 0 }, 4096, 0, 1 },
	{ "an offset that is no dword", { NEAR(2, 0x10) }, { 0 }, { 0 }, 4, -EINVAL, 0 },
	{ "PRP2 that is reserved", { FIRST, NEAR(0, 0x20) }, { 0 }, { 0 }, 4096, -EINVAL, 0 },
	{ "two pages are well", { FIRST, NEAR(0, 0x20) }, { 0 }, { 0 }, 8192, 0, 1 },
	{ "PRP2 with an offset", { FIRST, NEAR(4, 0x20) }, { 0 }, { 0 }, 8192, -EINVAL, 0 },
	{ "a list is well", { FIRST, LIST }, { NEAR(0, 0x20), NEAR(0, 0x40) }, { 0 }, 12288, 0, 2 },
	{ "more segments than room", { FIRST, LIST }, { NEAR(0, 0x20), NEAR(0, 0x40) }, { 0 }, 12288, -E2BIG, 1 },
	{ "a list at no qword", { FIRST, FAR(0xf4, 0xff, 5) }, { 0 }, { 0 }, 12288, -EINVAL, 0 },
	{ "an entry with an offset", { FIRST, LIST }, { NEAR(0, 0x20), NEAR(4, 0x40) }, { 0 }, 12288, -EINVAL, 0 },
	{ "a list that is not there", { FIRST, FAR(0xf0, 0xff, 9) }, { 0 }, { 0 }, 12288, -EFAULT, 0 },
	{ "a chain is well",
	  { FIRST, LIST },
	  { NEAR(0, 0x20), FAR(0, 0, 6) },
	  { NEAR(0, 0x30), NEAR(0, 0x40) },
	  16384,
	  0,
	  1 },
	{ "a chain into the middle of a page",
	  { FIRST, LIST },
	  { NEAR(0, 0x20), FAR(8, 0, 6) },
	  { NEAR(0, 0x30), NEAR(0, 0x40), NEAR(0, 0x50) },
	  16384,
	  -EINVAL,
	  0 },
	{ "a chain that leads nowhere", { FIRST, LIST }, { NEAR(0, 0x20), FAR(0, 0, 7) }, { 0 }, 16384, -EFAULT, 0 },
	{ "no bytes", { FIRST }, { 0 }, { 0 }, 0, -EINVAL, 0 },
};

/* 16 bytes. SGL: the list at 0x50000f000; NEXT: the one at 0x600000000. */
#define DESC(len, type) len, 0, 0, 0, 0, 0, 0, type
#define BLOCK(at, len)  NEAR(0, at), DESC(len, 0)
#define SGL(len, type)  FAR(0, 0xf0, 5), DESC(len, type)
#define NEXT            FAR(0, 0, 6), DESC(16, 0x30)
#define FOUR            BLOCK(0x10, 4)
#define MORE            BLOCK(0x20, 4)
#define TOP             0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff

static const struct fault sgl_faults[] = {
	{ "all is well", { FOUR }, { 0 }, { 0 }, 4, 0, 1 },
	{ "a reserved byte", { FIRST, 4, 0, 0, 0, 1 }, { 0 }, { 0 }, 4, -EINVAL, 0 },
	{ "the last reserved byte", { FIRST, 4, 0, 0, 0, 0, 0, 1 }, { 0 }, { 0 }, 4, -EINVAL, 0 },
	{ "an offset, not an address", { FIRST, DESC(4, 0x01) }, { 0 }, { 0 }, 4, -EINVAL, 0 },
	{ "a bit bucket", { FIRST, DESC(4, 0x10) }, { 0 }, { 0 }, 4, -EINVAL, 0 },
	{ "a keyed block", { FIRST, DESC(4, 0x40) }, { 0 }, { 0 }, 4, -EINVAL, 0 },
	{ "too few bytes", { FOUR }, { 0 }, { 0 }, 8, -EINVAL, 0 },
	{ "too many bytes", { FOUR }, { 0 }, { 0 }, 3, -EINVAL, 0 },
	{ "a block that wraps", { 0xfc, TOP, 8 }, { 0 }, { 0 }, 8, -EINVAL, 0 },
	{ "a list is well", { SGL(32, 0x30) }, { FOUR, MORE }, { 0 }, 8, 0, 2 },
	{ "more segments than room", { SGL(32, 0x30) }, { FOUR, MORE }, { 0 }, 8, -E2BIG, 1 },
	{ "a block of no bytes is well", { SGL(48, 0x30) }, { FOUR, BLOCK(0x30, 0), MORE }, { 0 }, 8, 0, 2 },
	{ "a list of no bytes", { SGL(0, 0x30) }, { 0 }, { 0 }, 8, -EINVAL, 0 },
	{ "half a descriptor", { SGL(40, 0x30) }, { FOUR, MORE }, { 0 }, 8, -EINVAL, 0 },
	{ "a list at no qword", { FAR(4, 0xf0, 5), DESC(16, 0x30) }, { 0, 0, 0, 0, FOUR }, { 0 }, 4, -EINVAL, 0 },
	{ "a list that is not there", { FAR(0, 0, 7), DESC(16, 0x30) }, { 0 }, { 0 }, 8, -EFAULT, 0 },
	{ "a list that wraps", { 0xf8, TOP, DESC(16, 0x30) }, { 0 }, { 0 }, 8, -EINVAL, 0 },
	{ "a reserved byte in a list", { SGL(32, 0x30) }, { FOUR, NEAR(0, 0x20), 4, 0, 0, 0, 0, 1 }, { 0 }, 8, -EINVAL, 0 },
	{ "a segment that goes on nowhere", { SGL(32, 0x20) }, { FOUR, MORE }, { 0 }, 8, -EINVAL, 0 },
	{ "a chain is well", { SGL(32, 0x20) }, { FOUR, NEXT }, { MORE }, 8, 0, 2 },
	{ "a last segment that goes on", { SGL(32, 0x30) }, { FOUR, NEXT }, { MORE }, 8, -EINVAL, 0 },
	{ "a pointer in the middle", { SGL(48, 0x20) }, { FOUR, NEXT, NEXT }, { MORE }, 8, -EINVAL, 0 },
	{ "a circle", { SGL(16, 0x20) }, { SGL(16, 0x20) }, { 0 }, 8, -EINVAL, 0 },
};

static bool fault_found(const struct fault *f, uint64_t list, uint64_t list_len, uint32_t sgls)
{
	struct memory *m = memory_new();
	uint32_t n = UINT32_MAX, cap = f->cap ? f->cap : 8;
	struct dmavec_seg segs[8];
	uint64_t dptr[2];
	int err;

	memcpy(dptr, f->dptr, sizeof(dptr));
	memcpy(memory_add(m, list, list_len, 0), f->list, list_len);
	memcpy(memory_add(m, 0x600000000, 32, 0), f->list2, 32);
	if (sgls)
		err = dmavec_sim_nvme_sgl(m->space, sgls, dptr, f->len, segs, cap, &n);
	else
		err = dmavec_sim_nvme_prp(m->space, 4096, dptr, f->len, segs, cap, &n);
	/* Where all is well there is room for exactly what is needed. */
	if (err == f->err && n == (err ? UINT32_MAX : cap) && (err || segs_len(segs, n) == f->len))
		return true;
	diag("%s: %d", f->what, err);
	return false;
}

static bool prp_faults_found(uint64_t *seed)
{
	bool good = true;

	(void)seed;
	for (size_t i = 0; i < sizeof(prp_faults) / sizeof(*prp_faults); i++)
		good &= fault_found(&prp_faults[i], 0x50000fff0, 16, 0);
	return good;
}

static bool sgl_faults_found(uint64_t *seed)
{
	const struct fault odd_addr = { "data at no dword", { NEAR(2, 0x10), DESC(4, 0) }, { 0 }, { 0 }, 4, -EINVAL, 0 };
	const struct fault odd_len = { "data of no dwords", { BLOCK(0x10, 6) }, { 0 }, { 0 }, 6, -EINVAL, 0 };
	bool good = true;
	uint32_t sgls;

	(void)seed;
	for (sgls = 1; sgls <= 2; sgls++)
		for (size_t i = 0; i < sizeof(sgl_faults) / sizeof(*sgl_faults); i++)
			good &= fault_found(&sgl_faults[i], 0x50000f000, 64, sgls);
	good &= fault_found(&odd_addr, 0x50000f000, 64, 2);
	good &= fault_found(&odd_len, 0x50000f000, 64, 2);
	return good;
}

/* SGLS bit 18: what an SGL has beyond the transfer names no bytes, but has to be as it should. */
static const struct fault longer_sgls[] = {
	{ "a block that goes beyond", { FOUR }, { 0 }, { 0 }, 3, 0, 1 },
	{ "the last of two goes beyond", { SGL(32, 0x30) }, { FOUR, MORE }, { 0 }, 6, 0, 2 },
	{ "the last of two is beyond", { SGL(32, 0x30) }, { FOUR, MORE }, { 0 }, 4, 0, 1 },
	{ "a chain is beyond", { SGL(32, 0x20) }, { FOUR, NEXT }, { MORE }, 4, 0, 1 },
	{ "beyond it a reserved byte", { SGL(32, 0x30) }, { FOUR, NEAR(0, 0x20), 4, 0, 0, 0, 0, 1 }, { 0 }, 4, -EINVAL, 0 },
	{ "beyond it a block that wraps", { SGL(32, 0x30) }, { FOUR, 0xfc, TOP, 8 }, { 0 }, 4, -EINVAL, 0 },
	{ "a list that is too short", { SGL(32, 0x30) }, { FOUR, MORE }, { 0 }, 9, -EINVAL, 0 },
};

static bool longer_sgls_read(uint64_t *seed)
{
	const uint32_t longer = 1u << 18;
	bool good = true;

	(void)seed;
	for (size_t i = 0; i < sizeof(longer_sgls) / sizeof(*longer_sgls); i++)
		good &= fault_found(&longer_sgls[i], 0x50000f000, 64, 1 | longer) &&
		        fault_found(&longer_sgls[i], 0x50000f000, 64, 2 | longer);
	return good;
}

/* Kinds of descriptors that a controller may take by a bit of SGLS, and that are not read: where it does not, they are wrong. */
static bool kinds_refused(uint64_t *seed)
{
	static const struct { unsigned char type; uint32_t bit; } kinds[] = {
		{ 0x10, 16 }, { 0x40, 2 }, { 0x4f, 2 }, { 0x01, 20 }, { 0x21, 20 }, { 0x31, 20 }, { 0x5a, 21 },
		{ 0x11, 32 }, { 0x41, 32 }, { 0x50, 32 }, { 0xf0, 32 },
	};
	bool good = true;
	uint32_t bit;

	(void)seed;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		for (bit = 2; bit < 32; bit++) {
			int err = bit == kinds[i].bit ? -EOPNOTSUPP : -EINVAL;
			struct fault one = { "alone", { FIRST, DESC(16, kinds[i].type) }, { 0 }, { 0 }, 20, err, 0 };
			struct fault last = { "last", { SGL(32, 0x30) }, { FOUR, FIRST, DESC(16, kinds[i].type) },
				              { 0 }, 20, err, 0 };

			good &= fault_found(&one, 0x50000f000, 64, 1 | 1u << bit) &&
			        fault_found(&last, 0x50000f000, 64, 1 | 1u << bit);
		}
	return good;
}

static bool arguments_refused(uint64_t *seed)
{
	struct memory *m = memory_new();
	const uint64_t dptr[2] = { 0, 0 };
	struct dmavec_seg seg;
	uint32_t n = 7;
	bool good = true;

	(void)seed;
	good &= HOLDS(dmavec_sim_nvme_prp(NULL, 4096, dptr, 4, &seg, 1, &n) == -EINVAL);
	good &= HOLDS(dmavec_sim_nvme_prp(m->space, 4096, NULL, 4, &seg, 1, &n) == -EINVAL);
	good &= HOLDS(dmavec_sim_nvme_prp(m->space, 4096, dptr, 4, NULL, 1, &n) == -EINVAL);
	good &= HOLDS(dmavec_sim_nvme_prp(m->space, 4096, dptr, 4, &seg, 1, NULL) == -EINVAL);
	good &= HOLDS(dmavec_sim_nvme_prp(m->space, 4096, dptr, 4, NULL, 0, &n) == -E2BIG);
	good &= HOLDS(dmavec_sim_nvme_prp(m->space, 2048, dptr, 4, &seg, 1, &n) == -EINVAL);
	good &= HOLDS(dmavec_sim_nvme_prp(m->space, 12288, dptr, 4, &seg, 1, &n) == -EINVAL);
	good &= HOLDS(dmavec_sim_nvme_prp(m->space, 1u << 28, dptr, 4, &seg, 1, &n) == -EINVAL);
	good &= HOLDS(dmavec_sim_nvme_sgl(m->space, 0, dptr, 4, &seg, 1, &n) == -EINVAL);
	good &= HOLDS(dmavec_sim_nvme_sgl(m->space, 3, dptr, 4, &seg, 1, &n) == -EINVAL);
	good &= HOLDS(dmavec_sim_nvme_sgl(m->space, 1, NULL, 4, &seg, 1, &n) == -EINVAL);
	return good && HOLDS(n == 7);
}

const struct check checks_sim[] = {
	{ "the controller refuses PRPs that break the rules", prp_faults_found },
	{ "the controller refuses SGLs that break the rules", sgl_faults_found },
	{ "an SGL may be longer than the transfer where SGLS says so", longer_sgls_read },
	{ "kinds of descriptors that are not read are told from those that are wrong", kinds_refused },
	{ "the controller refuses arguments that make no sense", arguments_refused },
	{ NULL, NULL },
};
