# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Reads the tables again, and compares them with what was asked for and with the JSON of the same mapping."""
import re

from map_oracle import in_force, need, parts, total

SUFFIXES = {'': 0, 'K': 10, 'M': 20, 'G': 30, 'T': 40, 'P': 50, 'E': 60}
HEX_LIMITS = ('addr_min', 'addr_max', 'offset_mask')


def size(text):
    found = re.fullmatch(r'(\d+)([KMGTPE]?)', text)
    need(found, 'no size:', text)
    return int(found[1]) << SUFFIXES[found[2]]


def matched(pattern, text):
    found = re.fullmatch(pattern, text)
    need(found, 'not understood:', repr(text))
    return found.groups()


def check_heading(asked, lines):
    device, space, trust, linear = matched(r'device {4}(\S+) on (\S+), (trusted|untrusted)(, linear)?', lines[0])
    need((device, space, trust == 'untrusted', bool(linear)) ==
         (asked.device, asked.space, asked.untrusted, asked.linear), 'another heading:', lines[0])
    pairs = dict(pair.split('=') for pair in matched(r'limits {4}(.*)', lines[1])[0].split()) if lines[1] != 'limits   ' \
        else {}
    wanted = {field: value for field, value in in_force(asked).items() if value}
    told = {field: int(text, 16) if field in HEX_LIMITS else size(text) for field, text in pairs.items()}
    need(list(told.items()) == list(wanted.items()), 'other limits:', lines[1])
    matched(r'addresses .+', lines[2])


def table(lines, heading):
    """The rows below that heading, up to a blank line."""
    first = [i for i, line in enumerate(lines) if line.split() == heading.split()]
    need(len(first) == 1, 'no table', heading)
    rows = lines[first[0] + 1:]
    return rows[:rows.index('')]


def check_ranges(asked, lines):
    rows = [matched(r' *(\d+) +(0x[0-9a-f]+) +(\w+)  (ram|mmio)', row) for row in table(lines, 'range address length kind')]
    told = [(int(i), int(addr, 16), size(length), kind) for i, addr, length, kind in rows]
    need(told == [(i, *one) for i, one in enumerate(asked.ranges)], 'other ranges in the table')


def covers(asked, segments):
    """(first range, last range, bytes at addresses that are not their own) a segment."""
    told = {}
    for s, dma, r, cpu, length in parts(asked.ranges, segments):
        first, _, moved = told.get(s, (r, r, 0))
        told[s] = (first, r, moved + (dma != cpu) * length)
    return [told[s] for s in range(len(segments))]


def check_segments(asked, lines, segments):
    rows = table(lines, 'segment device address length ranges cut from the next by')
    need(len(rows) == len(segments), len(rows), 'rows')
    for i, (row, seg, cover) in enumerate(zip(rows, segments, covers(asked, segments))):
        number, addr, length, first, last, cut, mark = matched(
            r' *(\d+) +(0x[0-9a-f]+) +(\w+)  (\d+)(?:-(\d+))? +([a-z]+|-)(?: +(bounced(?: in part)?))?', row)
        need((int(number), int(addr, 16), size(length)) == (i, seg['addr'], seg['len']), 'another segment:', row)
        need((int(first), int(last or first)) == cover[:2], 'other ranges:', row)
        need(cut == (seg['cut'] or '-'), 'another reason:', row)
        wanted = None
        if asked.space == 'direct' and cover[2]:
            wanted = 'bounced' if cover[2] == seg['len'] else 'bounced in part'
        need(mark == wanted, 'marked', mark, 'not', wanted, ':', row)


def check_table(asked, lines, answer):
    """lines: of the tables; answer: the JSON."""
    segments = answer['segments']
    check_heading(asked, lines)
    check_ranges(asked, lines)
    check_segments(asked, lines, segments)
    sums = [line for line in lines if ' -> ' in line]
    need(len(sums) == 1, 'sums:', sums)
    nranges, many, nsegs, more, length, bounced, iova = matched(
        r'(\d+) range(s?) -> (\d+) segment(s?), (\w+) bytes; (\w+) bounced, (\w+) of device addresses reserved', sums[0])
    need((int(nranges), bool(many)) == (len(asked.ranges), len(asked.ranges) != 1), 'ranges:', sums[0])
    need((int(nsegs), bool(more)) == (len(segments), len(segments) != 1), 'segments:', sums[0])
    need((size(length), size(bounced), size(iova)) ==
         (total(asked.ranges), answer['bounce_bytes'], answer['iova_bytes']), 'other sums:', sums[0])
