/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The emitters of descriptors once more, under other names, as they are built for a host of the other byte order. */
#ifndef DMAVEC_TESTS_EMIT_VIRTIO_ORDER_H
#define DMAVEC_TESTS_EMIT_VIRTIO_ORDER_H

#include <dmavec/emit.h>

int order_virtio_limits(struct dmavec_limits *limits, uint32_t queue_size);
int order_virtio(const struct dmavec_seg *segs, uint32_t nsegs, uint32_t nread, uint32_t queue_size,
                 struct dmavec_virtq_desc *table, const uint16_t *ids);
int order_virtio_indirect(const struct dmavec_seg *segs, uint32_t nsegs, uint32_t nread, uint32_t queue_size,
                          const struct dmavec_buf *table, struct dmavec_virtq_desc *desc);

#endif
