#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""`dmavec map` as a user meets it. Usage: map.py PATH-TO-dmavec; prints TAP. DMAVEC_SEED replays the random shapes."""
import json
import os
import random
import re
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
import xml.dom.minidom

sys.dont_write_bytecode = True  # the tree stays as it is

import map_doubt  # noqa: E402 # pylint: disable=wrong-import-position
import map_lists as lists  # noqa: E402 # pylint: disable=wrong-import-position
import map_oracle as oracle  # noqa: E402 # pylint: disable=wrong-import-position
import map_table  # noqa: E402 # pylint: disable=wrong-import-position

PAGE = oracle.PAGE
SPACES = ('soft:amdv1', 'direct')
RAM, MMIO = 'ram', 'mmio'


class Tap:
    def __init__(self):
        self.count = self.failures = 0

    def ok(self, good, what, why=''):
        self.count += 1
        self.failures += not good
        print(f'{"ok" if good else "not ok"} {self.count} - {what}')
        if not good:
            for line in str(why).splitlines()[:12]:
                print(f'# {line[:300]}')

    def skip(self, what, why):
        self.count += 1
        print(f'ok {self.count} - {what} # SKIP {why}')


class Program:
    """Runs it, and keeps what it said last."""

    def __init__(self, path):
        self.path = path
        self.out = self.err = ''
        self.status = None

    def run(self, *args, stdin=b'', program=(), stdout=subprocess.PIPE):
        done = subprocess.run([*program, self.path, 'map', *args], input=stdin, stdout=stdout, stderr=subprocess.PIPE,
                              timeout=120, check=False)
        self.status, self.err = done.returncode, done.stderr.decode()
        self.out = done.stdout.decode() if done.stdout is not None else ''
        return self.status

    def said(self):
        return f'status {self.status}\n{self.err}{self.out}'


tap, dmavec = Tap(), None


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


def list_text(ranges):
    return ''.join(f'{addr:#x} {length}{" mmio" if kind == MMIO else ""}\n' for addr, length, kind in ranges)


def write_list(name, ranges):
    with open(name, 'w', encoding='ascii') as file:
        file.write(list_text(ranges))
    return name


def check(what, function, *args, **more):
    try:
        function(*args, **more)
        tap.ok(True, what)
    except (oracle.Wrong, ValueError, KeyError, TypeError, IndexError) as wrong:
        tap.ok(False, what, f'{type(wrong).__name__}: {wrong}\n{dmavec.said()}')


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


BAD_LINES = {
    'no length': (b'0x1000', 'missing'),
    'a word too many': (b'0x1000 4K mmio 1', 'too many'),
    'an unknown kind': (b'0x1000 4K rom', 'kind'),
    'a kind in capitals': (b'0x1000 4K MMIO', 'kind'),
    'length 0': (b'0x1000 0', 'at least one'),
    'an address that is no number': (b'here 4K', 'no number'),
    'a length that is no number': (b'0x1000 4X', 'no number'),
    'a negative length': (b'0x1000 -1', 'no number'),
    'a suffix after hexadecimal': (b'0x1000 0x1K', 'no number'),
    'two prefixes': (b'0x0x1000 4K', 'no number'),
    'only a prefix': (b'0x 4K', 'no number'),
    'an address of 65 bits': (b'0x10000000000000000 1', 'out of range'),
    'a length of 65 bits': (b'0 16E', 'out of range'),
    'a range that wraps': (b'0xfffffffffffff000 4097', 'past the last'),
    'a NUL byte': (b'0x1000 4K\0', 'NUL'),
    'a NUL byte in a comment': (b'0x1000 4K # \0', 'NUL'),
    'an over-long line': (b'0x1000 4K #' + b'x' * 5000, 'too long'),
    'an over-long line of blanks': (b' ' * 5000, 'too long'),
    'a comma': (b'0x1000,4K', 'missing'),
    'a CR inside': (b'0x1000\r4K', 'missing'),
    'a control character': (b'0x1000 4K \x1b[2J', 'kind'),
}


def test_malformed(thorough):
    for name, (line, word) in BAD_LINES.items():
        for newline in (b'\n', b'')[:1 + thorough]:
            with open('bad.list', 'wb') as file:
                file.write(b'# first\n\n0x1000 4K\r\n' + line + newline)
            dmavec.run('--ranges', 'bad.list', '--device', 'mlx5')
            good = dmavec.status == 2 and not dmavec.out and 'dmavec map: bad.list:4: ' in dmavec.err
            good = good and word in dmavec.err and '\x1b' not in dmavec.err and dmavec.err.count('\n') == 1
            tap.ok(good, f'{name}{"" if newline else ", at the end of the list"}: its line is told', dmavec.said())


def same_answer(what, text, wanted):
    dmavec.run('--ranges', '-', '--json', '--device', 'mlx5', stdin=text)
    tap.ok(dmavec.status == 0 and [(r['addr'], r['len'], r['kind']) for r in json.loads(dmavec.out)['ranges']] == wanted,
           what, dmavec.said())


def test_lists():
    wanted = [(0x1000, 4096, RAM), (1 << 32, 65536, MMIO)]
    same_answer('standard input', b'0x1000 4096\n4G 64K mmio\n', wanted)
    same_answer('the last line without its end', b'0x1000 4096\n4G 64K mmio', wanted)
    same_answer('CRLF', b'0x1000 4096\r\n4G 64K mmio\r\n', wanted)
    same_answer('comments, blanks and blank lines', b'# a\n\n \t\n  0X1000\t4k # b\n#0 0\n4G   64KiB mmio#c\n\n', wanted)
    same_answer('a long comment', b'0x1000 4096 #' + b'x' * 4000 + b'\n4G 64K mmio', wanted)
    same_answer('a range twice', b'0x1000 4K\n0x1000 4K\n', [wanted[0], wanted[0]])
    same_answer('a range of one byte', b'7 1\n', [(7, 1, RAM)])
    for text in (b'', b'# nothing\n\n'):
        dmavec.run('--ranges', '-', stdin=text)
        tap.ok(dmavec.status == 1 and 'there is no range' in dmavec.err, 'no ranges: the library says so', dmavec.said())
    dmavec.run('--ranges', '-', '--json', '--space', 'direct', '--device', 'mlx5', stdin=b'0xfffffffffffff000 4K\n')
    tap.ok('18446744073709547520' in dmavec.out, 'the highest addresses, exactly', dmavec.said())
    os.mkdir('folder')
    for name, word in (('missing', 'No such file'), ('folder', 'directory'), ('', 'No such file')):
        dmavec.run('--ranges', name)
        tap.ok(dmavec.status == 1 and word in dmavec.err, f'a list that cannot be read: {name!r}', dmavec.said())


def test_failures():
    for what, args, text, word in (
            ('peer memory outside', ('--space', 'direct', '--device', 'edu'), b'4G 4K mmio\n', 'range 0'),
            ('a total that is no multiple', (), b'0x1000 4095\n', 'no multiple of len_align 4'),
            ('kinds mixed in one run', ('--linear',), b'0x1000 4K\n0x9000 4K mmio\n', 'one kind'),
            ('untrusted on direct', ('--space', 'direct', '--untrusted'), b'0x1000 4K\n', '-EOPNOTSUPP'),
            ('no place for a bounce', ('--space', 'direct', '--device', 'bits=16'), b'0 64K\n4G 4K\n', 'no memory to bounce'),
            ('memory beyond the tables', ('--device', 'mlx5'), b'0xfffffffffffff000 4K\n', 'EFAULT'),
            ('too many segments', ('--device', 'seg_len_max=1', '--space', 'direct'), b'0 1G\n', 'more than can be shown'),
            ('a sum beyond 64 bits', ('--device', 'addr_min=0'), b'0 8E\n0 8E\n', '64 bits'),
            ('the same in one run', ('--device', 'addr_min=0', '--linear'), b'0 8E\n0 8E\n', '64 bits'),
            ('contradicting limits', ('--device', 'gap=4K,seg_boundary=512'), b'0x1000 4K\n', 'contradict')):
        dmavec.run(*args, '--ranges', '-', stdin=text)
        tap.ok(dmavec.status == 1 and word in dmavec.err and not dmavec.out, what, dmavec.said())
    for what, args in (('PRPs and an SGL', ('--prp', '--sgl')), ('two files', ('a', 'b')), ('a file and a list', ('a',)),
                       ('an unknown option', ('--lazy',)), ('an unknown device', ('--device', 'floppy')),
                       ('an unknown space', ('--space', 'elsewhere')), ('an unknown format', ('--space', 'soft:paper')),
                       ('picture and JSON on one output', ('--svg', '-', '--json'))):
        dmavec.run('--ranges', 'one page.list', *args)
        tap.ok(dmavec.status == 2 and dmavec.err and not dmavec.out, f'a usage error: {what}', dmavec.said())
    dmavec.run()
    tap.ok(dmavec.status == 2, 'a usage error: neither a file nor a list', dmavec.said())
    dmavec.run('--help')
    tap.ok(dmavec.status == 0 and 'Example' in dmavec.out, '--help shows an example', dmavec.said())


def test_table():
    dmavec.run('--space', 'direct', '--device', 'legacy32', '--ranges', '-',
               stdin=b'0x12340000 4K\n0x12341000 64K\n0x1fffff000 8K\n0xfee00000 4K mmio\n')
    rows = [line.split() for line in dmavec.out.splitlines()]
    for row in (['0', '0x12340000', '64K', '0-1', 'boundary'], ['1', '0x12350000', '4K', '1', 'run'],
                ['3', '0xfee00000', '4K', '3', '-']):
        tap.ok(row in rows, f'the row {" ".join(row)}', dmavec.said())
    tap.ok(any(row[3:] == ['2', 'kind', 'bounced'] for row in rows), 'what is bounced is marked', dmavec.said())
    tap.ok('4 ranges -> 4 segments, 80K bytes; 8K bounced, 0 of' in dmavec.out, 'the sums', dmavec.said())
    wanted = dmavec.out
    dmavec.run('--untrusted', '--device', 'mlx5', '--ranges', '-', stdin=b'0x12345678 100\n')
    tap.ok(', 100 bytes; 100 bounced, 4K of' in dmavec.out and ' 0       -\n' in dmavec.out,
           'with an IOMMU, what is bounced is counted and not marked', dmavec.said())
    dmavec.out = wanted
    tap.ok('seg_boundary=64K' in dmavec.out and 'legacy32 on direct' in dmavec.out, 'limits and names', dmavec.said())
    tap.ok(all(line == line.rstrip() for line in dmavec.out.splitlines()), 'no blanks at the ends of lines')


def test_many(rng, seconds):
    write_list('many.list', [(p * PAGE, PAGE, RAM) for p in rng.sample(range(1 << 20, 1 << 24), 200000)])
    for args in (('--space', 'direct'), ('--json',), ('--device', 'e1000'), ('--space', 'direct', '--prp')):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        dmavec.run('--ranges', 'many.list', *args)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime  # others may use the machine, too
        tap.ok(dmavec.status == 0 and took < seconds, f'200000 ranges {" ".join(args)}: within {seconds} s of a CPU',
               f'{took} s\n{dmavec.err}')
        print(f'# {took:.2f} s')


def as_nobody(*args):
    shutil.copy(dmavec.path, 'copied')
    os.chmod('.', 0o755)
    os.chmod('copied', 0o755)
    path, dmavec.path = dmavec.path, os.path.abspath('copied')
    dmavec.run(*args, program=('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'))
    dmavec.path = path
    os.remove('copied')


def check_file(size):
    answer = json.loads(dmavec.out)
    oracle.need(sum(r['len'] for r in answer['ranges']) == size, 'the ranges are not the file')
    ranges = [(r['addr'], r['len'], r['kind']) for r in answer['ranges']]
    oracle.check_mapping(oracle.Asked('mlx5', 'soft:amdv1', ranges), answer)
    oracle.need(not dmavec.err or 'this process' in dmavec.err, 'not said')


def test_file():
    for size in (1, PAGE, 3 * PAGE + 100, 1000003):
        with open('file', 'wb') as file:
            file.write(bytes(range(256)) * (size // 256) + bytes(size % 256))
        dmavec.run('file', '--json', '--device', 'mlx5')
        check(f'a file of {size} bytes', check_file, size)
    dmavec.run('file', '--device', 'mlx5')
    kind = 'of this process' if dmavec.err else 'physical'
    tap.ok(dmavec.status == 0 and f'addresses {kind}' in dmavec.out, 'the heading says which addresses', dmavec.said())
    if os.getuid() or not shutil.which('setpriv'):
        tap.skip('a file without privileges', 'not root, or no setpriv')
    else:
        as_nobody('file', '--device', 'mlx5')
        if dmavec.status >= 126:
            tap.skip('a file without privileges', 'nobody cannot run the program')
        else:
            tap.ok(dmavec.status == 0 and 'addresses of this process' in dmavec.out and 'privileged' in dmavec.err and
                   dmavec.err.count('\n') == 1, 'a file without privileges: process addresses, and it is said', dmavec.said())
    with open('empty', 'wb'):
        pass
    os.mkfifo('fifo')
    for name, word in (('empty', 'there is no range'), ('folder', 'a directory'), ('fifo', 'a FIFO'),
                       ('nowhere', 'No such file'), ('/dev/null', 'character device')):
        dmavec.run(name)
        tap.ok(dmavec.status == 1 and word in dmavec.err and not dmavec.out, f'FILE is {name}', dmavec.said())


def is_picture(text):
    try:
        return xml.dom.minidom.parseString(text).documentElement.tagName == 'svg'
    except Exception:  # pylint: disable=broad-except # whatever the parser says
        return False


def kept(what, status, word):
    """The old picture is there, and nothing half-written."""
    with open('picture', encoding='utf-8') as file:
        text = file.read()
    left = [name for name in os.listdir('.') if name.startswith('.dmavec-')]
    tap.ok(dmavec.status == status and word in dmavec.err and text == 'old' and not left, what, f'{left} {dmavec.said()}')


def test_picture():
    dmavec.run('--ranges', 'peer memory.list', '--svg', '-')
    drawn = dmavec.out
    tap.ok(dmavec.status == 0 and is_picture(drawn), '--svg -: the picture and no table', dmavec.said())
    dmavec.run('--ranges', 'peer memory.list', '--svg', 'new.svg')
    with open('new.svg', encoding='utf-8') as file:
        tap.ok(file.read() == drawn and 'segment' in dmavec.out, '--svg OUT: the same in a file, and the table', dmavec.said())
    tap.ok(stat.S_IMODE(os.stat('new.svg').st_mode) == 0o644, 'a new picture has the mode of new files')
    with open('picture', 'w', encoding='utf-8') as file:
        file.write('old')
    dmavec.run('--ranges', 'one page.list', '--device', 'len_align=64K', '--svg', 'picture')
    kept('nothing to draw: the old picture stays', 1, 'len_align')
    dmavec.run('--ranges', 'one page.list', '--sgl', '--device', 'seg_len_max=16', '--svg', 'picture')
    kept('no segment is long enough for a list: the old picture stays', 1, 'descriptors')
    if os.access('/dev/full', os.W_OK):
        with open('/dev/full', 'w', encoding='utf-8') as full:
            dmavec.run('--ranges', 'one page.list', '--svg', 'picture', stdout=full)
        kept('the table does not arrive: the old picture stays', 1, 'standard output')
        with open('/dev/full', 'w', encoding='utf-8') as full:
            dmavec.run('--ranges', 'one page.list', '--svg', '-', stdout=full)
        tap.ok(dmavec.status == 1, 'a picture that does not arrive', dmavec.said())
    else:
        tap.skip('output that does not arrive', 'no /dev/full')
    dmavec.run('picture', '--device', 'mlx5', '--svg', 'picture')
    kept('the picture would replace FILE', 1, 'same file')
    dmavec.run('--ranges', 'one page.list', '--svg', 'nowhere/picture')
    tap.ok(dmavec.status == 1 and not dmavec.out and dmavec.err, 'a folder that is not there', dmavec.said())
    dmavec.run('--ranges', 'one page.list', '--svg', 'picture', '--json')
    with open('picture', encoding='utf-8') as file:
        tap.ok(is_picture(file.read()) and json.loads(dmavec.out), 'an old picture is replaced, with --json too', dmavec.said())


def main():
    global dmavec  # pylint: disable=global-statement
    if len(sys.argv) != 2:
        print('usage: map.py PATH-TO-dmavec', file=sys.stderr)
        sys.exit(2)
    dmavec = Program(os.path.abspath(sys.argv[1]))
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
        test_bounces_beside_lists()
        test_prp_lists()
        test_malformed(thorough)
        test_lists()
        test_failures()
        test_table()
        test_many(rng, 2 if thorough else 20)
        test_file()
        test_picture()
        os.chdir('/')
    print(f'1..{tap.count}')
    sys.exit(tap.failures > 0)


if __name__ == '__main__':
    main()
