# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What a mapping must look like, from what was asked for alone: nothing is taken from the library but its answer.

Three kinds of runs are counted. Natural ones are what the ranges make by themselves: where memory goes on, and behind an
IOMMU also where both sides of a boundary are whole pages. Device runs are what the answer has: consecutive device
addresses. And pieces are memory that goes on behind device addresses that go on.
"""
import collections

PAGE = 4096
TOP = 1 << 64
SOFT_FIRST, SOFT_LAST = 0x1000, (1 << 48) - 1  # what an IOMMU in software has, unless told otherwise

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


Asked = collections.namedtuple('Asked', 'device space ranges linear untrusted', defaults=(False, False))
Piece = collections.namedtuple('Piece', 'dma cpu len kind opens')  # opens: it is the first of its device run
Run = collections.namedtuple('Run', 'at start len kind')  # at: bytes of the mapping before it


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


def in_force(asked):
    """The device's limits, and the space's."""
    limit = {field: DEVICES[asked.device].get(field, 0) for field in FIELDS}
    if asked.space != 'direct':
        limit['addr_min'] = max(limit['addr_min'], SOFT_FIRST)
        limit['addr_max'] = min(limit['addr_max'] or SOFT_LAST, SOFT_LAST)
    return limit


def check_limits(limit, segments):
    """Rule by rule, on device addresses."""
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


def device_runs(ranges, segments):
    """The answer's runs, by device address, and its pieces."""
    runs, pieces = [], []
    at = 0
    for _, dma, r, cpu, length in parts(ranges, segments):
        kind = ranges[r][2]
        goes_on = bool(runs) and runs[-1].kind == kind and runs[-1].start + runs[-1].len == dma
        if goes_on:
            runs[-1] = runs[-1]._replace(len=runs[-1].len + length)
        else:
            runs.append(Run(at, dma, length, kind))
        if goes_on and pieces[-1].cpu + pieces[-1].len == cpu:
            pieces[-1] = pieces[-1]._replace(len=pieces[-1].len + length)
        else:
            pieces.append(Piece(dma, cpu, length, kind, not goes_on))
        at += length
    return runs, pieces


def natural_runs(asked):
    """What the ranges make by themselves, by CPU address."""
    runs, end, at = [], None, 0
    for addr, length, kind in asked.ranges:
        whole = asked.space != 'direct' and end is not None and end % PAGE == 0 and addr % PAGE == 0
        if runs and runs[-1].kind == kind and (addr == end or whole):
            runs[-1] = runs[-1]._replace(len=runs[-1].len + length)
        else:
            runs.append(Run(at, addr, length, kind))
        end, at = addr + length, at + length
    return runs


def fewest(limit, addr, length):
    """How few segments can these consecutive device addresses be? None: there is no place to cut. Wherever the cuts are,
    each is a multiple of step, and they are apart by multiples of len_align: the farthest one is never worse."""
    step, even = max(limit['gap'], limit['seg_align'], 1), max(limit['len_align'], 1)
    count = 1
    while True:
        room = length
        if limit['seg_len_max']:
            room = min(room, limit['seg_len_max'])
        if limit['seg_boundary']:
            room = min(room, limit['seg_boundary'] - addr % limit['seg_boundary'])
        if room == length:
            return count
        part = (addr + room) // step * step - addr if even <= step else room // even * even
        if part <= 0 or part % even or (addr + part) % step:
            return None
        addr, length, count = addr + part, length - part, count + 1


def placement(asked, limit):
    """What device addresses have in common with those of the memory, behind an IOMMU: these low bits."""
    return 1 if asked.space == 'direct' else max(limit['gap'], PAGE)


def run_fails(asked, limit, run, first, last):
    """Is a limit broken by this run of memory where it is, or, behind an IOMMU, wherever its low bits are kept? Cuts are
    left out where it takes more than a glance to see whether there is a place for them: None."""
    start = run.start if asked.space == 'direct' else run.start % placement(asked, limit)
    if asked.space == 'direct' and (run.start < limit['addr_min'] or
                                    (limit['addr_max'] and run.start + run.len - 1 > limit['addr_max'])):
        return True
    gap, align, even = (max(limit[field], 1) for field in ('gap', 'seg_align', 'len_align'))
    if start % align or run.len % even or (not first and start % gap) or (not last and (start + run.len) % gap):
        return True
    if asked.space == 'direct':
        return fewest(limit, start, run.len) is None
    short = min(limit['seg_len_max'] or TOP, limit['seg_boundary'] or TOP) < run.len + placement(asked, limit)
    return None if short and start % max(gap, align, even) else False


def is_easy(asked, limit, natural):
    """Can the runs be what the memory makes by itself, beyond doubt? Then they are."""
    last = len(natural) - 1
    if (asked.linear and last) or any(run_fails(asked, limit, run, i == 0, i == last) is not False
                                      for i, run in enumerate(natural)):
        return False
    segments = addresses = 0
    step = max(placement(asked, limit), limit['seg_align'], limit['seg_boundary'] if asked.space != 'direct' else 0)
    for run in natural:
        start = run.start if asked.space == 'direct' else run.start % max(placement(asked, limit), limit['seg_align'])
        count = fewest(limit, start, run.len)
        if count is None:
            return False
        # behind an IOMMU a longer one may begin anywhere in a block
        fits = asked.space == 'direct' or not limit['seg_boundary'] or start + run.len <= limit['seg_boundary']
        segments += count if fits else count + 2
        addresses += run.len + 2 * step
    if asked.space != 'direct' and 2 * addresses > limit['addr_max'] - limit['addr_min']:
        return False
    return not limit['segs_max'] or segments <= limit['segs_max']


def check_runs(asked, limit, runs, natural, segments):
    """No more of them than the memory makes, and none is cut oftener than it must be."""
    counts = [fewest(limit, run.start, run.len) for run in runs]
    need(None not in counts and sum(counts) == len(segments), 'segments,', len(segments), 'where these suffice:', counts)
    begin = {run.at for run in natural}
    if asked.space != 'direct':
        need(all(run.at in begin for run in runs), 'a run ends where the memory goes on')
    if is_easy(asked, limit, natural):
        need([run.at for run in runs] == [run.at for run in natural], len(runs), 'runs, not', len(natural))
        step = placement(asked, limit)
        need(all((run.start - memory.start) % step == 0 for run, memory in zip(runs, natural)), 'low bits are not kept')


def justified(asked, limit, natural, moved):
    """Without an IOMMU: a run of memory is bounced if it breaks a limit, or if the bounce before it may not end there."""
    last, group = len(natural) - 1, 0
    gap, even = max(limit['gap'], 1), max(limit['len_align'], 1)
    for i, run in enumerate(natural):
        if not moved[i]:
            need(not run_fails(asked, limit, run, i == 0, i == last), 'run', i, 'breaks a limit')
            group = 0
            continue
        start = run.start & limit['offset_mask'] if not group else start
        goes_on = group and ((start + group) % gap or group % even)
        need(goes_on or run_fails(asked, limit, run, i == 0, i == last), 'run', i, 'is bounced needlessly')
        group += run.len


def check_direct(asked, limit, answer, runs, pieces):
    """What is at its own address is not bounced; the rest is, and lies on no range, nor on another bounce."""
    natural = natural_runs(asked)
    spans = sorted((addr, addr + length) for addr, length, _ in asked.ranges)
    bounced = [piece for piece in pieces if piece.dma != piece.cpu]
    for piece in bounced:
        need(piece.kind == 'ram', 'peer memory is bounced')
        need(not any(piece.dma < end and start < piece.dma + piece.len for start, end in spans), 'a bounce on a range')
    places = sorted((piece.dma, piece.dma + piece.len) for piece in bounced)
    need(all(a[1] <= b[0] for a, b in zip(places, places[1:])), 'bounces overlap')
    moved = sum(piece.len for piece in bounced)
    need(moved == answer['bounce_bytes'], moved, 'bytes moved,', answer['bounce_bytes'], 'said to be bounced')
    need(answer['iova_bytes'] == 0, 'device addresses without an IOMMU')
    if is_easy(asked, limit, natural):
        need(not moved, moved, 'bytes are bounced needlessly')
    at_home, at = set(), 0
    for piece in pieces:
        if piece.dma == piece.cpu:
            at_home.update(i for i, run in enumerate(natural) if at < run.at + run.len and run.at < at + piece.len)
        at += piece.len
    crowded = limit['segs_max'] and sum(fewest(limit, run.start, run.len) or 1 for run in natural) > limit['segs_max']
    if asked.linear:
        need(not moved or moved == total(asked.ranges), 'bounced in part')
    elif not crowded or moved < total(asked.ranges):
        justified(asked, limit, natural, [i not in at_home for i in range(len(natural))])
    need(len(runs) <= len(natural), 'more runs than the memory has')


def must_bounce(asked, limit, pieces):
    """Bytes, exactly, behind an IOMMU: of pages in which memory is elsewhere than the device's page says, or of several
    places, or of which an untrusted device has a part."""
    step = placement(asked, limit)
    count, shared = 0, {}
    for piece in pieces:
        moved = (piece.dma - piece.cpu) % (step if piece.opens else PAGE) != 0
        first, end = piece.dma, piece.dma + piece.len
        inner, inner_end = -(-first // PAGE) * PAGE, end // PAGE * PAGE
        edges = [(first, inner), (inner_end, end)] if inner <= inner_end else [(first, end)]
        for a, b in edges:
            if a < b:
                shared.setdefault(a // PAGE, []).append((b - a, moved, piece.kind))
        if moved:
            need(piece.kind == 'ram', 'peer memory is bounced')
            count += max(inner_end - inner, 0)
    for bytes_of in shared.values():
        if asked.untrusted or len(bytes_of) > 1 or bytes_of[0][1]:
            need(all(kind == 'ram' for _, _, kind in bytes_of), 'peer memory is bounced in part')
            count += sum(length for length, _, _ in bytes_of)
    return count


def check_soft(asked, limit, answer, runs, pieces):
    """One reservation, in which each run has the first place that keeps its low bits."""
    pages = [(run.start // PAGE * PAGE, -(-(run.start + run.len) // PAGE) * PAGE) for run in runs]
    slack = max(placement(asked, limit), limit['seg_align'], limit['offset_mask'] + 1, limit['seg_boundary'])
    need(all(a[1] <= b[0] for a, b in zip(pages, pages[1:])), 'runs share a page')
    need(all(b[0] - a[1] <= slack for a, b in zip(pages, pages[1:])), 'device addresses are wasted')
    need(answer['iova_bytes'] == pages[-1][1] - pages[0][0], answer['iova_bytes'], 'device addresses said,',
         pages[-1][1] - pages[0][0], 'seen')
    bounced = must_bounce(asked, limit, pieces)
    need(answer['bounce_bytes'] == bounced, answer['bounce_bytes'], 'bytes said to be bounced, it must be', bounced)
    step = max(placement(asked, limit), limit['seg_align'])
    for run in runs if not bounced and step < limit['seg_boundary'] else ():
        if run.start % step + run.len <= limit['seg_boundary']:
            need(fewest({**limit, 'seg_len_max': 0}, run.start, run.len) == 1, 'a boundary is crossed needlessly')


def check_mapping(asked, answer):
    limit, segments = in_force(asked), answer['segments']
    need([key for key in answer if key not in ('prp', 'sgl')] == KEYS, 'the keys are', list(answer))
    need(answer['device'] == asked.device and answer['space'] == asked.space, 'not what was asked for')
    need(list(answer['limits'].items()) == list(limit.items()), 'the limits are', answer['limits'])
    need(all(type(value) is int for value in answer['limits'].values()), 'limits are no integers')
    need([(r['addr'], r['len'], r['kind']) for r in answer['ranges']] == asked.ranges, 'the ranges are others')
    need(sum(s['len'] for s in segments) == total(asked.ranges), 'bytes are lost')
    check_limits(limit, segments)
    check_cuts(asked.device, asked.ranges, segments)
    runs, pieces = device_runs(asked.ranges, segments)
    check_runs(asked, limit, runs, natural_runs(asked), segments)
    (check_direct if asked.space == 'direct' else check_soft)(asked, limit, answer, runs, pieces)
    for a, b in zip(segments, segments[1:]) if asked.linear else ():
        need(a['addr'] + a['len'] == b['addr'], 'not consecutive')


def partial_peer(ranges):
    """Is there a page of which peer memory has a part? Memory that goes on is one."""
    stretches = []
    for addr, length, kind in ranges:
        if stretches and stretches[-1][2] == kind and stretches[-1][1] == addr:
            stretches[-1][1] += length
        else:
            stretches.append([addr, addr + length, kind])
    return any(kind == 'mmio' and (start % PAGE or end % PAGE) for start, end, kind in stretches)


def must_fail(asked):
    """Is there no way at all?"""
    limit, length, ranges = DEVICES[asked.device], total(asked.ranges), asked.ranges
    direct, kinds = asked.space == 'direct', {kind for _, _, kind in ranges}
    most = min(limit.get('seg_len_max', TOP), limit.get('seg_boundary', TOP)) * limit.get('segs_max', TOP)
    if asked.untrusted and (direct or partial_peer(ranges)):
        return True
    if length > min(limit.get('total_max', TOP), most) or length % limit.get('len_align', 1):
        return True
    if len(kinds) > limit.get('segs_max', TOP) or (asked.linear and len(kinds) > 1):
        return True
    if length > limit.get('addr_max', TOP) + 1 - PAGE and not direct:
        return True
    outside = [r for r in ranges if r[0] + r[1] - 1 > limit.get('addr_max', TOP)]
    if direct and any(kind == 'mmio' for _, _, kind in outside):
        return True
    return direct and sum(r[1] for r in outside) > limit.get('addr_max', TOP) + 1 - PAGE
