# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Command lines, lists, files, tables and pictures of `dmavec map`, one by one."""
import json
import os
import pathlib
import resource
import shutil
import stat
import subprocess
import xml.dom.minidom

import map_oracle as oracle
from map_run import MMIO, PAGE, RAM, check, dmavec, tap, write_list

DOCS = pathlib.Path(__file__).resolve().parent.parent / 'docs'
CLOSED_OUTPUT = ('sh', '-c', 'exec "$0" "$@" >&-')


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
    'a control character of 8 bits': (b'0x1000 4K \x9b2J', "'?2J' is no kind"),
    'one in UTF-8': (b'0x1000 4K \xc2\x9b2J', "'??2J' is no kind"),
    'bytes that are no character': (b'0x1000 4K \xe2\x82\xff\xc0\x80\xed\xa0\x80', "'????????' is no kind"),
    'a letter of UTF-8': ('0x1000 4K café'.encode(), "'café' is no kind"),
    'a byte order mark inside': (b'\xef\xbb\xbf0x1000 4K', 'no number'),
}


def test_malformed(thorough):
    for name, (line, word) in BAD_LINES.items():
        for newline in (b'\n', b'')[:1 + thorough]:
            with open('bad.list', 'wb') as file:
                file.write(b'# first\n\n0x1000 4K\r\n' + line + newline)
            dmavec.run('--ranges', 'bad.list', '--device', 'mlx5')
            good = dmavec.status == 2 and not dmavec.out and 'dmavec map: bad.list:4: ' in dmavec.err
            good = good and word in dmavec.err and '\x1b' not in dmavec.err and dmavec.err.count('\n') == 1 and '\ufffd' not in dmavec.err
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
    same_answer('a byte order mark', b'\xef\xbb\xbf0x1000 4096\n4G 64K mmio', wanted)
    same_answer('a byte order mark before a comment', b'\xef\xbb\xbf# a\n0x1000 4096\n4G 64K mmio', wanted)
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
            ('two runs that would have to be one', ('--linear', '--space', 'direct'), b'0x1000 4K mmio\n0x9000 4K mmio\n',
             'not at consecutive device addresses; elsewhere: 2 ranges become 2 segments'),
            ('memory beyond the tables, in words', ('--device', 'mlx5'), b'0xfffffffffffff000 4K\n',
             "the device's limits are not the reason: 1 range becomes 1 segment"),
            ('lists beyond what is shown', ('--space', 'direct', '--prp'), b'0 513G\n', 'more than can be shown: 1G'),
            ('contradicting limits', ('--device', 'gap=4K,seg_boundary=512'), b'0x1000 4K\n', 'contradict')):
        dmavec.run(*args, '--ranges', '-', stdin=text)
        tap.ok(dmavec.status == 1 and word in dmavec.err and not dmavec.out, what, dmavec.said())
    for what, args in (('PRPs and an SGL', ('--prp', '--sgl')), ('two files', ('a', 'b')), ('a file and a list', ('a',)),
                       ('an unknown option', ('--lazy',)), ('an unknown device', ('--device', 'floppy')),
                       ('an unknown space', ('--space', 'elsewhere')), ('an unknown format', ('--space', 'soft:paper')),
                       ('picture and JSON on one output', ('--svg', '-', '--json')),
                       ('picture and PRPs on one output', ('--svg', '-', '--prp')),
                       ('picture and SGL on one output', ('--sgl', '--svg', '-')), ('two lists', ('--ranges', 'one page.list')),
                       ('two pictures', ('--svg', 'a.svg', '--svg', 'b.svg')),
                       *((f'{pair} is no power of two', ('--device', pair)) for pair in
                         ('gap=3', 'seg_align=6', 'len_align=5', 'seg_boundary=65535', 'gap=4K,offset_mask=4K'))):
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


def peak_memory(*args):
    """In a run of its own: bytes, and the CPU's seconds."""
    with open(os.devnull, 'wb') as null, subprocess.Popen([dmavec.path, 'map', *args], stdout=null) as done:
        _, dmavec.status, used = os.wait4(done.pid, 0)
        done.returncode = os.waitstatus_to_exitcode(dmavec.status)
    dmavec.out = dmavec.err = ''
    return used.ru_maxrss << 10, used.ru_utime + used.ru_stime


def test_large(seconds):
    """What there is a million of is written one by one, and found where it was made."""
    write_list('fine.list', [(0x1000, 64 << 20, RAM)])
    write_list('far.list', [(0, 128 << 30, RAM)])
    for what, most, *args in (('a million segments as JSON', 200 << 20, '--device', 'seg_len_max=64', '--json', '--ranges',
                               'fine.list'),
                              ('PRPs for 128 GiB', 600 << 20, '--space', 'direct', '--prp', '--ranges', 'far.list')):
        memory, took = peak_memory(*args)
        tap.ok(not dmavec.status and took < seconds and memory < most, f'{what}: within {seconds} s and {most >> 20} MiB',
               f'{took} s, {memory} bytes')


def as_nobody(*args):
    shutil.copy(dmavec.path, 'copied')
    os.chmod('.', 0o755)
    os.chmod('copied', 0o755)
    path, dmavec.path = dmavec.path, os.path.abspath('copied')
    dmavec.run(*args, program=('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'))
    dmavec.path = path
    os.remove('copied')


def check_file(size, device):
    answer = json.loads(dmavec.out)
    oracle.need(sum(r['len'] for r in answer['ranges']) == size, 'the ranges are not the file')
    ranges = [(r['addr'], r['len'], r['kind']) for r in answer['ranges']]
    oracle.check_mapping(oracle.Asked(device, 'soft:amdv1', ranges), answer)
    oracle.need(not dmavec.err or 'this process' in dmavec.err, 'not said')


def test_file():
    for size in (1, PAGE - 1, PAGE, 3 * PAGE + 100, 1000003):
        with open('file', 'wb') as file:
            file.write(bytes(range(256)) * (size // 256) + bytes(size % 256))
        for device, even in (('mlx5', 1), ('nvme', 4), ('len_align=512', 512)):
            whole = -(-size // even) * even
            oracle.DEVICES['len_align=512'] = {'len_align': 512}
            dmavec.run('file', '--json', '--device', device)
            check(f'a file of {size} bytes, {device}', check_file, whole, device)
            dmavec.run('file', '--device', device)
            tap.ok((f'; {whole - size} byte' in dmavec.out) == (whole != size) == ("behind the file's end" in dmavec.out),
                   f'a file of {size} bytes, {device}: what is behind its end is told', dmavec.said())
    dmavec.run('file', '--device', 'len_align=64K')
    tap.ok(dmavec.status == 1 and 'no multiple of len_align 65536' in dmavec.err, 'no more than the last page', dmavec.said())
    dmavec.run('--ranges', '-', stdin=b'0x1000 4095\n')
    tap.ok(dmavec.status == 1, 'a list stays as it is', dmavec.said())
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


def test_sparse():
    """More than any page cache holds: refused before a page is brought in."""
    with open('sparse', 'wb') as file:
        file.truncate(1 << 42)
    for device, space, word in (('mlx5', 'soft', 'more bytes than total_max'), ('seg_len_max=64K,segs_max=9', 'soft', 'segments than segs_max 9'),
                                ('edu', 'soft', 'no device addresses left')):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt
        dmavec.run('sparse', '--device', device, '--space', space)
        faults = resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt - before
        tap.ok(dmavec.status == 1 and word in dmavec.err and 'even in one piece' in dmavec.err and not dmavec.out and faults < 100000,
               f'a file too long for {device}', f'{faults} faults\n{dmavec.said()}')
    os.remove('sparse')


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


def test_list_kept():
    """The list is never what the picture replaces, whatever it is called."""
    text = '0x1000 4K\n'
    with open('kept.list', 'w', encoding='ascii') as file:
        file.write(text)
    os.link('kept.list', 'hard.list')
    os.symlink('kept.list', 'soft.list')
    for name, target in (('kept.list', 'kept.list'), ('kept.list', 'hard.list'), ('soft.list', './kept.list'),
                         ('-', 'kept.list')):
        with open('kept.list', 'rb') as file:
            dmavec.run_open(file, '--device', 'mlx5', '--ranges', name, '--svg', target)
        with open('kept.list', encoding='ascii') as file:
            tap.ok(dmavec.status == 1 and 'same file' in dmavec.err and file.read() == text and
                   os.stat('kept.list').st_nlink == 2, f'the picture {target} would replace the list {name}', dmavec.said())


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
    test_list_kept()
    for args in (('--json',), (), ('--svg', '-'), ('--svg', 'picture'), ('--help',), ('--device', 'help')):
        dmavec.run('--ranges', 'one page.list', *args, program=CLOSED_OUTPUT)
        kept(f'standard output is closed: {" ".join(args)}', 1, 'dmavec')
    dmavec.run('--ranges', '-', program=('sh', '-c', 'exec "$0" "$@" <&-'))
    tap.ok(dmavec.status == 1 and 'cannot read' in dmavec.err, 'standard input is closed', dmavec.said())
    dmavec.run('--device', 'legacy32', '--space', 'direct', '--svg', '-', '--ranges', str(DOCS / 'map.txt'))
    tap.ok(dmavec.out == (DOCS / 'map.svg').read_text(encoding='utf-8'), 'the picture in docs is what it is said to be')
    dmavec.run('--ranges', 'one page.list', '--svg', 'nowhere/picture')
    tap.ok(dmavec.status == 1 and not dmavec.out and dmavec.err, 'a folder that is not there', dmavec.said())
    dmavec.run('--ranges', 'one page.list', '--svg', 'picture', '--json')
    with open('picture', encoding='utf-8') as file:
        tap.ok(is_picture(file.read()) and json.loads(dmavec.out), 'an old picture is replaced, with --json too', dmavec.said())


def test_all(rng, thorough):
    test_malformed(thorough)
    test_lists()
    test_failures()
    test_table()
    test_many(rng, 2 if thorough else 20)
    if thorough:
        test_large(3)
    test_file()
    test_sparse()
    test_picture()
