#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""`dmavec map` as a user meets it. Usage: map.py PATH-TO-dmavec; prints TAP. DMAVEC_SEED replays the random shapes."""
import json
import os
import random
import sys
import tempfile

sys.dont_write_bytecode = True  # the tree stays as it is

import map_cli  # noqa: E402 # pylint: disable=wrong-import-position
import map_doubt  # noqa: E402 # pylint: disable=wrong-import-position
import map_lists as lists  # noqa: E402 # pylint: disable=wrong-import-position
import map_oracle as oracle  # noqa: E402 # pylint: disable=wrong-import-position
import map_table  # noqa: E402 # pylint: disable=wrong-import-position
from map_run import MMIO, PAGE, RAM, check, dmavec, list_text, tap, write_list  # noqa: E402 # pylint: disable=wrong-import-position

SPACES = ('soft:amdv1', 'direct')


def shapes(rng):
    """The ten: name, ranges."""
    scattered = rng.sample(range(0x100, 0x800), 16)
    base = 0x40000000
    pieces = [(base + i * 0x3000 + at, length, RAM) for i in range(8) for at, length in ((0x40, 100), (0x1000, PAGE))]
    mixed = [(0x200000, 0x3000, RAM), (0xa00000, 0x2000, MMIO), (0x203000, PAGE, RAM), (0xa10000, PAGE, MMIO)]
    many = [(p * PAGE + rng.randrange(0, 2048, 4), rng.randrange(4, 2048, 4), RAM)
            for p in rng.sample(range(0x1000, 0x400000), 300)]
    return {
        'one page': [(0x12345000, PAGE, RAM)],
        'one unaligned buffer': [(0x12345678, 20000, RAM)],
        'scattered pages': [(p * PAGE, PAGE, RAM) for p in scattered],
        'adjacent pages': [(0x12340000 + i * PAGE, PAGE, RAM) for i in range(16)],
        'misaligned boundaries': [(0x10000, 1000, RAM), (0x20010, 3000, RAM), (0x30800, 6000, RAM), (0x41000, 96, RAM)],
        'small pieces': pieces,
        'huge': [(0x80000000, 256 << 20, RAM)],
        'above 4 GiB': [(0x1ffff0000, 0x20000, RAM), (0x5000, PAGE, RAM), (0x7f000000000, 0x4000, RAM)],
        'peer memory': mixed,
        'random': many,
    }


def check_refused():
    oracle.need(dmavec.status == 1 and not dmavec.out, 'not refused')
    oracle.need(dmavec.err.startswith('dmavec map: cannot map'), 'not explained')


def check_answer(asked):
    if oracle.must_fail(asked):
        check_refused()
        return
    oracle.need(dmavec.status == 0 and not dmavec.err, 'refused')
    oracle.check_mapping(asked, json.loads(dmavec.out))


def check_told(asked, answer):
    oracle.need(dmavec.status == 0 and not dmavec.err, 'refused')
    map_table.check_table(asked, dmavec.out.splitlines(), answer)


def map_shape(name, ranges, device, space, *options):
    """In JSON, and where there is a mapping, as tables; returns the former."""
    answer = {}
    asked = oracle.Asked(device, space, ranges, '--linear' in options, '--untrusted' in options)
    args = ('--device', device, '--space', space, *options, '--ranges', f'{name}.list')
    what = f'{name}, {device} on {space} {" ".join(options)}'.strip()
    dmavec.run('--json', *args)
    check(what, check_answer, asked)
    if not dmavec.status:
        answer = json.loads(dmavec.out)
        dmavec.run(*args)
        check(what + ': the tables', check_told, asked, answer)
    return answer


def check_prp(words):
    oracle.need(dmavec.status == 0, 'failed')
    answer = json.loads(dmavec.out)
    lists.check_prp(answer)
    lists.check_prp_words(answer, words)


def check_sgl(words):
    oracle.need(dmavec.status == 0, 'failed')
    answer = json.loads(dmavec.out)
    lists.check_sgl(answer)
    lists.check_sgl_words(answer, words)


def check_no_prp(limits):
    oracle.need(dmavec.status == 1 and not dmavec.out, 'not refused')
    oracle.need('gap=4K' in dmavec.err or limits.get('gap'), 'the missing limit is not named')


def describe_shape(name, device, space):
    """PRPs and SGL, in JSON and in words."""
    args = ('--device', device, '--space', space, '--ranges', f'{name}.list')
    if dmavec.run(*args, '--json'):
        return
    fits = lists.prp_fits(json.loads(dmavec.out)['segments'])
    for option, function in (('--prp', check_prp), ('--sgl', check_sgl)):
        what = f'{name}, {device} on {space} {option}'
        dmavec.run(*args, option)
        if option == '--prp' and not fits:
            check(what + ': no', check_no_prp, oracle.DEVICES[device])
            continue
        words = dmavec.out.splitlines()
        dmavec.run(*args, option, '--json')
        check(what, function, words)


def test_shapes(rng, thorough):
    for name, ranges in shapes(rng).items():
        write_list(f'{name}.list', ranges)
        for i, device in enumerate(oracle.DEVICES):
            for space in SPACES if thorough else SPACES[i % 2:][:1]:
                map_shape(name, ranges, device, space)
                if thorough or device in ('nvme', 'isa'):
                    map_shape(name, ranges, device, space, '--linear')
                    describe_shape(name, device, space)
            if thorough or device == 'nvme':
                map_shape(name, ranges, device, 'soft:amdv1', '--untrusted')
        map_shape(name, ranges, 'nvme', 'soft:vtdss')


def random_device(rng):
    """Limits that do not contradict each other, under the name that --device takes."""
    limits = {}
    for field, values in (('gap', (512, 4096, 65536)), ('seg_align', (4, 512)), ('len_align', (2, 4, 512)),
                          ('seg_len_max', (65536, 70000, 1 << 20)), ('seg_boundary', (65536, 1 << 24)),
                          ('segs_max', (1, 3, 20)), ('total_max', (1 << 20, 1 << 28)), ('addr_min', (1 << 21,)),
                          ('addr_max', ((1 << 26) - 1, (1 << 32) - 1))):
        if rng.random() < 0.3:
            limits[field] = rng.choice(values)
    name = ','.join(f'{key}={value}' for key, value in limits.items()) or 'addr_min=0'
    oracle.DEVICES[name] = limits
    return name


def random_ranges(rng):
    unit, kinds, at, ranges = rng.choice((1, 4, 512, PAGE)), rng.choice(((RAM,), (RAM,), (RAM, MMIO))), 1 << 20, []
    for _ in range(rng.randrange(1, 12)):
        at = rng.choice((at, at + rng.randrange(1 << 16) * unit, rng.randrange(1 << 22, 1 << 35) // unit * unit))
        length = rng.randrange(1, 20000 // unit + 2) * unit
        ranges.append((at, length, rng.choice(kinds)))
        at += length
    return ranges


def check_random(asked):
    """It may fail where it need not; what it maps is right."""
    if dmavec.status:
        check_refused()
        return
    oracle.need(not oracle.must_fail(asked), 'it cannot be')
    oracle.check_mapping(asked, json.loads(dmavec.out))


def test_random(rng, cases):
    mapped = 0
    for case in range(cases):
        asked = oracle.Asked(random_device(rng), rng.choice(SPACES), random_ranges(rng))
        options = rng.choice(((), (), ('--linear',), ('--untrusted',) if asked.space != 'direct' else ()))
        asked = asked._replace(linear='--linear' in options, untrusted='--untrusted' in options)
        write_list('random.list', asked.ranges)
        dmavec.run('--device', asked.device, '--space', asked.space, '--json', *options, '--ranges', 'random.list')
        mapped += not dmavec.status
        try:
            check_random(asked)
        except (oracle.Wrong, ValueError, KeyError) as wrong:
            tap.ok(False, f'case {case}: {asked.device} on {asked.space} {options}',
                   f'{wrong}\n{list_text(asked.ranges)}{dmavec.said()}')
    tap.ok(mapped > cases // 2, f'{cases} random devices and lists, {mapped} of them mapped')


def test_oracle():
    for what, right, believed in map_doubt.cases():
        tap.ok(right == believed, f'the oracle {"believes" if right else "refuses"} {what}')


def test_bounce_place():
    """Where bounces would lie if nobody looked: on a range, behind one, before one."""
    for name, low in (('low', [(0x1000, 8 << 20, RAM)]), ('at 1 MiB', [(1 << 20, 8 << 20, RAM)]),
                      ('top', [(8 << 20, 8 << 20, RAM)]), ('comb', [(i << 20, 0xf0000, RAM) for i in range(16)]),
                      ('overlapping', [(1 << 20, 8 << 20, RAM), (1 << 20, PAGE, RAM), (2 << 20, 12 << 20, RAM)])):
        ranges = low + [(1 << 32, 2 * PAGE, RAM), (1 << 33, PAGE, RAM)]
        write_list(f'{name}.list', ranges)
        dmavec.run('--device', 'bits=24', '--space', 'direct', '--json', '--ranges', f'{name}.list')
        oracle.DEVICES['bits=24'] = {'addr_max': (1 << 24) - 1}
        check(f'a free place for bounces: {name}', check_answer, oracle.Asked('bits=24', 'direct', ranges))


def test_bounce_in_part():
    """Where there is little room a bounce may touch memory, and one segment has both."""
    oracle.DEVICES['bits=16'] = {'addr_max': (1 << 16) - 1}
    ranges = [(0x1000, 7 * PAGE, RAM), (1 << 32, PAGE, RAM)]
    write_list('touching.list', ranges)
    answer = map_shape('touching', ranges, 'bits=16', 'direct')
    tap.ok(len(answer.get('segments', ())) == 1 and answer['bounce_bytes'] == PAGE and 'bounced in part' in dmavec.out,
           'a segment that is bounced in part', dmavec.said())


def test_bounces_beside_lists():
    device = 'bits=24,gap=4K,seg_align=4'
    oracle.DEVICES[device] = {'addr_max': (1 << 24) - 1, 'gap': PAGE, 'seg_align': 4}
    ranges = [(addr, PAGE, RAM) for i in range(20) for addr in ((1 << 32) + 2 * i * PAGE, (1 << 20) + 2 * i * PAGE)]
    write_list('beside.list', ranges)
    answer = map_shape('beside', ranges, device, 'direct')
    tap.ok(answer.get('bounce_bytes') == 20 * PAGE, 'what lies above is bounced, and no more', dmavec.said())
    describe_shape('beside', device, 'direct')


def test_prp_lists():
    """More than one list page; and a device whose page is larger."""
    ranges = [(0x40000000 + 2 * i * PAGE, PAGE, RAM) for i in range(1500)]
    write_list('long.list', ranges)
    describe_shape('long', 'nvme', 'direct')
    describe_shape('long', 'e1000', 'direct')
    describe_shape('long', 'mlx5', 'direct')
    for pages in (513, 514, 1024, 1025):  # PRP1's, and a list that is just full, or just is not
        write_list('full.list', ranges[:pages])
        describe_shape('full', 'nvme', 'direct')
    dmavec.run('--device', 'gap=64K,seg_align=4', '--prp', '--json', '--ranges', 'long.list')
    answer = json.loads(dmavec.out)
    tap.ok(answer['prp']['page_size'] == 65536, 'PRP pages are as large as the gap', dmavec.said())
    dmavec.run('--device', 'e1000', '--space', 'direct', '--prp', '--ranges', 'misaligned boundaries.list')
    tap.ok(dmavec.status == 1 and 'open the device with seg_align=4,gap=4K' in dmavec.err, 'the missing limits, in full',
           dmavec.said())
    write_list('tiny.list', [(0x12345ff0, 4, RAM)])
    describe_shape('tiny', 'nvme', 'direct')
    oracle.DEVICES['seg_len_max=512'] = {'seg_len_max': 512}
    dmavec.run('--device', 'seg_len_max=512', '--space', 'direct', '--sgl', '--json', '--ranges', 'one page.list')
    check('lists of less than a page', lambda: lists.check_sgl(json.loads(dmavec.out)))


def main():
    if len(sys.argv) != 2:
        print('usage: map.py PATH-TO-dmavec', file=sys.stderr)
        sys.exit(2)
    dmavec.path = os.path.abspath(sys.argv[1])
    seed = int(os.environ.get('DMAVEC_SEED') or str(random.SystemRandom().randrange(1 << 32)), 0)
    print(f'# DMAVEC_SEED={seed}')
    rng = random.Random(seed)
    thorough = not os.environ.get('DMAVEC_CASES')  # set under the sanitizers
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix='dmavec-map-') as work:
        os.chdir(work)
        test_oracle()
        test_shapes(rng, thorough)
        test_random(rng, 300 if thorough else 40)
        test_bounce_place()
        test_bounce_in_part()
        test_bounces_beside_lists()
        test_prp_lists()
        map_cli.test_all(rng, thorough)
        os.chdir('/')
    print(f'1..{tap.count}')
    sys.exit(tap.failures > 0)


if __name__ == '__main__':
    main()
