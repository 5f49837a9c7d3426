# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Made-up answers: an oracle that believed one of the wrong ones would prove nothing."""
import map_oracle as oracle
from map_oracle import PAGE, Asked

FAR = 0x100000000
PAGES = [(0x12340000 + i * PAGE, PAGE, 'ram') for i in range(16)]
ODD = [(0x12345678, 20000, 'ram')]
APART = [(0x10100, 100, 'ram'), (0x20100, 100, 'ram')]


def answer(asked, segments, bounced, reserved, limits=None):
    last = len(segments) - 1
    return {
        'device': asked.device, 'space': asked.space, 'limits': limits or oracle.in_force(asked),
        'ranges': [{'addr': addr, 'len': length, 'kind': kind} for addr, length, kind in asked.ranges],
        'segments': [{'addr': addr, 'len': length, 'cut': None if i == last else cut}
                     for i, (addr, length, cut) in enumerate(segments)],
        'bounce_bytes': bounced, 'iova_bytes': reserved,
    }


def believed(*made_up, **more):
    try:
        oracle.check_mapping(made_up[0], answer(*made_up, **more))
    except oracle.Wrong:
        return False
    return True


def cases():
    """(what, is it right?, believed?)"""
    soft, direct = Asked('nvme', 'soft:amdv1', PAGES), Asked('nvme', 'direct', PAGES)
    length, one = 16 * PAGE, [(FAR, 16 * PAGE, None)]
    yield 'one run', True, believed(soft, one, 0, length)
    yield 'a run that is not joined', False, believed(soft, [(FAR + 3 * i * PAGE, PAGE, 'run') for i in range(16)], 0, length)
    yield 'a run that is cut once too often', False, believed(
        soft, [(FAR, PAGE, 'gap'), (FAR + PAGE, length - PAGE, None)], 0, length)
    yield 'bounces where none is needed', False, believed(soft, one, length, length)
    yield 'a run moved from its low bits', False, believed(soft, [(FAR + 0x800, length, None)], length, length + PAGE)
    yield 'a byte bounced', False, believed(soft, one, 1, length)
    yield 'too many device addresses', False, believed(soft, one, 0, 7 * length)
    yield 'too few device addresses', False, believed(soft, one, 0, length - PAGE)
    yield 'all pages at one address', False, believed(soft, [(FAR, PAGE, 'run')] * 16, 1, length)
    yield 'other limits', False, believed(soft, one, 0, length, limits={field: 12345 for field in oracle.FIELDS})
    yield 'addresses of their own', True, believed(direct, [(PAGES[0][0], length, None)], 0, 0)
    yield 'bounces without need, directly', False, believed(direct, [(0x50000000, length, None)], length, 0)
    odd = [(FAR + 0x678, 20000, None)]
    yield 'partial pages for a trusted device', True, believed(Asked('nvme', 'soft:amdv1', ODD), odd, 0, 6 * PAGE)
    shy = Asked('nvme', 'soft:amdv1', ODD, False, True)
    yield 'partial pages for an untrusted device', False, believed(shy, odd, 0, 6 * PAGE)
    yield 'partial pages bounced', True, believed(shy, odd, 20000 - 4 * PAGE, 6 * PAGE)
    two = Asked('mlx5', 'soft:amdv1', APART)
    yield 'two runs', True, believed(two, [(FAR + 0x100, 100, 'run'), (FAR + 0x1100, 100, None)], 0, 2 * PAGE)
    yield 'two runs in one page', False, believed(two, [(FAR + 0x100, 100, 'run'), (FAR + 0x200, 100, None)], 200, PAGE)
    yield 'two runs far apart', False, believed(two, [(FAR + 0x100, 100, 'run'), (FAR + 0x9100, 100, None)], 0, 10 * PAGE)
    yield 'two runs made one by a bounce', False, believed(two, [(FAR + 0x100, 200, None)], 200, PAGE)
