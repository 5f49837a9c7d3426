# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What the descriptors of a mapping must say, in JSON and in words, from its segments alone."""
import re

from map_oracle import DEVICES, PAGE, TOP, need


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


def number(pattern, text):
    found = re.fullmatch(pattern, text)
    need(found, 'not understood:', text)
    return [int(group, 0) for group in found.groups()]


def prp_words(lines, total):
    """The pages that the words name, PRP1's first."""
    pages, lists = [], 0
    head = lines.index('PRPs, pages of 4K; CDW0.PSDT 0')
    for line in (text.strip() for text in lines[head + 1:]):
        if line.startswith('PRP1'):
            addr, length, offset = number(r'PRP1 (\w+): (\d+) bytes at offset (\w+)', line)
            need(offset == addr % PAGE and length == min(PAGE - offset, total), line)
            total -= length
            pages.append(addr)
        elif line.startswith('entries'):
            first, last, count, addr = number(r'entries (\d+)\.\.(\d+): (\d+) pages from (\w+)', line)
            need(last - first + 1 == count, line)
            pages += [addr + i * PAGE for i in range(count)]
        elif line.startswith('entry') and 'next' not in line:
            pages.append(number(r'entry \d+: page (\w+)', line)[0])
        elif line.startswith('PRP2') and 'list' not in line and 'not used' not in line:
            addr, length = number(r'PRP2 (\w+): (\d+) bytes', line)
            need(length == total, line)
            pages.append(addr)
        lists += line.startswith('list ')
    return pages, lists


def sgl_words(lines):
    found = (re.fullmatch(r' {4}\d+: data block (\w+): (\d+) bytes', line) for line in lines)
    data = [(int(f[1], 0), int(f[2])) for f in found if f]
    alone = [re.fullmatch(r' {2}SGL1 data block (\w+): (\d+) bytes', line) for line in lines]
    return data or [(int(f[1], 0), int(f[2])) for f in alone if f]


def check_prp_words(answer, words):
    pages, lists = prp_words(words, sum(s['len'] for s in answer['segments']))
    need(pages == pages_of(answer['segments']) and lists == len(answer['prp']['lists']), 'other words')


def check_sgl_words(answer, words):
    need('SGL; CDW0.PSDT 1' in words, 'PSDT')
    need(sgl_words(words) == [(s['addr'], s['len']) for s in answer['segments']], 'other words')
