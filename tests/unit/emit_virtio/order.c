/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "order.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* What was included above was read for the host as it is. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#undef __BYTE_ORDER__
#define __BYTE_ORDER__ __ORDER_LITTLE_ENDIAN__
#else
#undef __BYTE_ORDER__
#define __BYTE_ORDER__ __ORDER_BIG_ENDIAN__
#endif

#define dmavec_emit_virtio_limits   order_virtio_limits
#define dmavec_emit_virtio          order_virtio
#define dmavec_emit_virtio_indirect order_virtio_indirect

#include "emit/virtio.c"
