# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What a mapping must look like, from what was asked for alone: nothing is taken from the library but its answer."""
PAGE = 4096
TOP = 1 << 64

# As the manual has the devices.
GIB, MIB, KIB = 1 << 30, 1 << 20, 1 << 10
DEVICES = {
    'nvme': {'gap': 4096, 'seg_align': 4, 'len_align': 4},
    'nvme-sgl': {'seg_len_max': 4 * GIB - 4 * KIB, 'segs_max': 256},
    'ahci': {'seg_len_max': 4 * MIB, 'seg_align': 2, 'len_align': 2, 'segs_max': 168, 'total_max': 32 * MIB},
    'e1000': {'seg_len_max': 16288},
    'edu': {'addr_max': (1 << 28) - 1},
    'mlx5': {'seg_len_max': 2 * GIB, 'total_max': GIB},
    'legacy32': {'addr_max': (1 << 32) - 1, 'seg_len_max': 64 * KIB, 'seg_boundary': 64 * KIB, 'segs_max': 128},
    'isa': {'addr_max': (1 << 24) - 1, 'seg_len_max': 64 * KIB, 'seg_boundary': 64 * KIB, 'segs_max': 1},
}
FIELDS = ('addr_min addr_max seg_len_max seg_boundary seg_align len_align gap offset_mask total_max segs_max').split()
KEYS = ['device', 'space', 'limits', 'ranges', 'segments', 'bounce_bytes', 'iova_bytes']


class Wrong(Exception):
    """What is not as it must be."""


def need(condition, *what):
    if not condition:
        raise Wrong(' '.join(str(word) for word in what))


def total(ranges):
    return sum(length for _, length, _ in ranges)


def parts(ranges, segments):
    """Both walked through side by side: (segment, device address, range, CPU address, length) a piece."""
    r = inside = 0
    for s, seg in enumerate(segments):
        done = 0
        while done < seg['len']:
            need(r < len(ranges), 'segments are longer than ranges')
            addr, length, _ = ranges[r]
            part = min(seg['len'] - done, length - inside)
            yield s, seg['addr'] + done, r, addr + inside, part
            done += part
            inside += part
            if inside == length:
                r, inside = r + 1, 0
    need(r == len(ranges), 'ranges are longer than segments')


def check_limits(device, segments):
    """Rule by rule, on device addresses."""
    limit = {field: DEVICES[device].get(field, 0) for field in FIELDS}
    last = len(segments) - 1
    for i, seg in enumerate(segments):
        start, end = seg['addr'], seg['addr'] + seg['len']
        need(seg['len'] > 0 and end <= TOP, 'segment', i, 'is empty or wraps')
        need(start >= limit['addr_min'] and (not limit['addr_max'] or end - 1 <= limit['addr_max']),
             'segment', i, 'lies outside')
        need(not limit['seg_len_max'] or seg['len'] <= limit['seg_len_max'], 'segment', i, 'is too long')
        if limit['seg_boundary']:
            need(start // limit['seg_boundary'] == (end - 1) // limit['seg_boundary'], 'segment', i, 'crosses')
        need(start % max(limit['seg_align'], 1) == 0, 'segment', i, 'starts unaligned')
        need(seg['len'] % max(limit['len_align'], 1) == 0, 'segment', i, 'has an odd length')
        need(i == 0 or start % max(limit['gap'], 1) == 0, 'segment', i, 'starts in a gap')
        need(i == last or end % max(limit['gap'], 1) == 0, 'segment', i, 'ends in a gap')
    need(not limit['total_max'] or sum(s['len'] for s in segments) <= limit['total_max'], 'too many bytes')
    need(not limit['segs_max'] or len(segments) <= limit['segs_max'], 'too many segments')


def why_apart(device, a, b, seam):
    """The reasons that may stand between two segments; seam: (CPU end, kind) before and (CPU address, kind) behind."""
    limit = DEVICES[device]
    (end, kind_a), (start, kind_b) = seam
    if kind_a != kind_b:
        return {'kind'}
    if a['addr'] + a['len'] != b['addr']:
        # memory that goes on at other device addresses: no IOMMU, and one of the two is bounced
        return {'run', 'window'} if end == start else {'run'}
    boundary = limit.get('seg_boundary')
    if boundary and b['addr'] % boundary == 0:
        return {'boundary'}
    if a['len'] == limit.get('seg_len_max'):
        return {'length'}
    step = max(limit.get('gap', 1), limit.get('seg_align', 1), limit.get('len_align', 1))
    if step > 1 and a['len'] + step > limit.get('seg_len_max', TOP):
        return {'gap' if limit.get('gap', 1) == step else 'alignment'}
    return set()


def check_cuts(device, ranges, segments):
    before, behind = {}, {}
    for s, _, r, cpu, length in parts(ranges, segments):
        behind.setdefault(s, (cpu, ranges[r][2]))
        need(behind[s][1] == ranges[r][2], 'segment', s, 'is of two kinds')
        before[s] = (cpu + length, ranges[r][2])
    for s, seg in enumerate(segments[:-1]):
        allowed = why_apart(device, seg, segments[s + 1], (before[s], behind[s + 1]))
        need(seg['cut'] in allowed, 'segment', s, 'is cut by', seg['cut'], 'not by', allowed)
    need(segments[-1]['cut'] is None, 'the last segment is cut by', segments[-1]['cut'])


def check_direct(ranges, answer):
    """What is at its own address is not bounced; the rest is, and does not lie on a range."""
    moved = 0
    spans = sorted((addr, addr + length) for addr, length, _ in ranges)
    for s, dma, r, cpu, length in parts(ranges, answer['segments']):
        if dma == cpu:
            continue
        moved += length
        need(ranges[r][2] == 'ram', 'peer memory is bounced')
        need(not any(dma < end and start < dma + length for start, end in spans), 'segment', s, 'bounces onto a range')
    need(moved == answer['bounce_bytes'], moved, 'bytes moved,', answer['bounce_bytes'], 'said to be bounced')
    need(answer['iova_bytes'] == 0, 'device addresses without an IOMMU')


def check_soft(ranges, answer):
    """Each page of device addresses is one page of memory, where nothing is bounced."""
    pages = {}
    for s, dma, _, cpu, length in parts(ranges, answer['segments']):
        first, last = dma // PAGE, (dma + length - 1) // PAGE
        pages.setdefault(first, set()).add(cpu - dma)
        pages.setdefault(last, set()).add(cpu - dma)
        need(answer['bounce_bytes'] or (dma - cpu) % PAGE == 0, 'segment', s, 'is not congruent with memory')
    need(answer['bounce_bytes'] or all(len(offsets) == 1 for offsets in pages.values()), 'a page is two')
    need(answer['iova_bytes'] % PAGE == 0 and answer['iova_bytes'] >= total(ranges), 'too few device addresses')


def check_linear(segments):
    for a, b in zip(segments, segments[1:]):
        need(a['addr'] + a['len'] == b['addr'], 'not consecutive')


def check_mapping(device, space, ranges, answer, linear=False):
    need([key for key in answer if key not in ('prp', 'sgl')] == KEYS, 'the keys are', list(answer))
    need(answer['device'] == device and answer['space'] == space, 'not what was asked for')
    need(list(answer['limits']) == FIELDS, 'the limits are', list(answer['limits']))
    for field in FIELDS:
        said = answer['limits'][field]
        need(type(said) is int and (space != 'direct' or said == DEVICES[device].get(field, 0)), 'limit', field, said)
    need([(r['addr'], r['len'], r['kind']) for r in answer['ranges']] == ranges, 'the ranges are others')
    need(sum(s['len'] for s in answer['segments']) == total(ranges), 'bytes are lost')
    check_limits(device, answer['segments'])
    check_cuts(device, ranges, answer['segments'])
    (check_direct if space == 'direct' else check_soft)(ranges, answer)
    if linear:
        check_linear(answer['segments'])


def must_fail(device, space, ranges, linear=False):
    """Is there no way at all?"""
    limit, length = DEVICES[device], total(ranges)
    kinds = {kind for _, _, kind in ranges}
    most = min(limit.get('seg_len_max', TOP), limit.get('seg_boundary', TOP)) * limit.get('segs_max', TOP)
    if length > min(limit.get('total_max', TOP), most) or length % limit.get('len_align', 1):
        return True
    if len(kinds) > limit.get('segs_max', TOP) or (linear and len(kinds) > 1):
        return True
    if length > limit.get('addr_max', TOP) + 1 - PAGE and space != 'direct':
        return True
    outside = [r for r in ranges if r[0] + r[1] - 1 > limit.get('addr_max', TOP)]
    if space == 'direct' and any(kind == 'mmio' for _, _, kind in outside):
        return True
    return space == 'direct' and sum(r[1] for r in outside) > limit.get('addr_max', TOP) + 1 - PAGE


def prp_fits(segments):
    inner = [s['addr'] for s in segments[1:]] + [s['addr'] + s['len'] for s in segments[:-1]]
    return segments[0]['addr'] % 4 == 0 and all(addr % PAGE == 0 for addr in inner)


def pages_of(segments):
    """The pages that PRPs name, the first with its offset."""
    pages = []
    for seg in segments:
        at, end = seg['addr'], seg['addr'] + seg['len']
        while at < end:
            pages.append(at)
            at = (at // PAGE + 1) * PAGE
    return pages


def check_apart(answer, lists):
    """Lists, [address, bytes], are memory of their own, which the device reaches."""
    limit = DEVICES[answer['device']]
    taken = answer['segments'] + (answer['ranges'] if answer['space'] == 'direct' else [])
    for i, (addr, length) in enumerate(lists):
        need(addr >= limit.get('addr_min', 0) and addr + length - 1 <= limit.get('addr_max', TOP), 'list', i, 'is outside')
        need(not any(t['addr'] < addr + length and addr < t['addr'] + t['len'] for t in taken), 'list', i, 'lies on data')
    starts = sorted(lists)
    need(all(a + length <= b for (a, length), (b, _) in zip(starts, starts[1:])), 'lists overlap')


def check_prp(answer):
    check_apart(answer, [(one['addr'], 8 * len(one['entries'])) for one in answer['prp']['lists']])
    prp, pages = answer['prp'], pages_of(answer['segments'])
    need(prp['psdt'] == 0 and prp['page_size'] == PAGE, 'psdt or page size')
    need(prp['prp1'] == pages[0], 'PRP1')
    if len(pages) <= 2:
        need(prp['lists'] == [] and prp['prp2'] == (pages[1] if len(pages) == 2 else 0), 'PRP2')
        return
    named, at = [], prp['prp2']
    for i, one in enumerate(prp['lists']):
        entries = one['entries']
        need(one['addr'] == at and at % PAGE == 0, 'list', i, 'is elsewhere')
        need(one['chained'] == (i + 1 < len(prp['lists'])) and len(entries) <= 512, 'list', i, 'is too long')
        if one['chained']:
            need(len(entries) == 512, 'a short list goes on')
            at = entries.pop()
        named += entries
    need(named == pages[1:], 'the lists name other pages')


def check_sgl(answer):
    lists, segments = answer['sgl'], [(s['addr'], s['len']) for s in answer['segments']]
    pointer, named, places = lists[0][0], [], []
    for i, one in enumerate(lists[1:]):
        kind = 'last segment' if i + 2 == len(lists) else 'segment'
        need(pointer['type'] == kind and pointer['len'] == 16 * len(one), 'pointer', i, pointer)
        need(pointer['addr'] % 8 == 0 and len(one) <= 256, 'list', i)
        places.append((pointer['addr'], pointer['len']))
        if kind == 'segment':
            pointer = one.pop()
        named += one
    check_apart(answer, places)
    if len(segments) == 1:
        named = lists[0]
    need(all(d['type'] == 'data block' for d in named), 'types')
    need([(d['addr'], d['len']) for d in named] == segments, 'the SGL names other segments')
