#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Looks at pictures of mappings as a reader does. Usage: picture.py PROGRAM; PROGRAM is picture/draw.c. Prints TAP.

From a list of ranges and segments it works out by itself what must be seen, and reads the rest from the SVG alone:
whether it is XML, whether every range, segment and cut is there and says the right thing, whether words meet or leave
their boxes, and whether they stand out from what is behind them, in light and in dark.
"""
import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

SVG = '{http://www.w3.org/2000/svg}'
SIZE_MAX, PICTURE_WIDTH = 3 << 20, 1000
NOT_CONDENSED = 2000  # pieces
CASE_COST = 100  # one is as dear as so many of other tests
# What a font of even width takes of its size, and how large each class is.
EVEN, SIZES = 0.6022, {'word': 11, 'left': 11, 'cut': 10, 'number': 10}

Box = collections.namedtuple('Box', 'x0 y0 x1 y1 what')


class Wrong(Exception):
    pass


def demand(condition, *what):
    if not condition:
        raise Wrong(' '.join(str(w) for w in what))


class Mapping:
    """What was drawn, as the drawing program lists it."""

    def __init__(self, path):
        self.ranges, self.segs, self.numbers = [], [], {}
        for words in map(str.split, path.read_text(encoding='utf-8').splitlines()):
            if words[0] == 'range':
                self.ranges.append((int(words[1]), int(words[2]), bool(int(words[3]))))
            elif words[0] == 'seg':
                self.segs.append((int(words[1]), int(words[2]), words[3]))
            else:
                self.numbers[words[0]] = int(words[1])
        self.pieces = list(self.find_pieces())
        self.condensed = len(self.pieces) > NOT_CONDENSED

    def find_pieces(self):
        """(range, segment, first byte, bytes, peer memory, bounced) between any two ends of ranges or segments."""
        ends = [set(), set()]
        for side, things in enumerate((self.ranges, self.segs)):
            at = 0
            for thing in things:
                at += thing[1]
                ends[side].add(at)
        where = [0, 0]
        begun = [0, 0]
        last = 0
        for end in sorted(ends[0] | ends[1] if self.segs else ()):
            for side, things in enumerate((self.ranges, self.segs)):
                while last >= begun[side] + things[where[side]][1]:
                    begun[side] += things[where[side]][1]
                    where[side] += 1
            source, target = self.ranges[where[0]], self.segs[where[1]]
            moved = source[0] + last - begun[0] != target[0] + last - begun[1]
            yield where[0], where[1], last, end - last, source[2], moved and not self.numbers['iommu']
            last = end

    def cuts(self):
        return [seg[2] for seg in self.segs[:-1]]


class Picture:
    def __init__(self, path):
        self.data = path.read_bytes()
        self.root = xml.etree.ElementTree.fromstring(self.data)
        self.things = list(self.root.iter())
        self.texts = [t for t in self.things if t.tag == SVG + 'text']
        self.rects = {name: [r for r in self.things if r.tag == SVG + 'rect' and r.find(SVG + 'title') is not None and
                             name in r.get('class').split()] for name in ('range', 'seg')}
        self.bands = [b for b in self.things if 'band' in b.get('class', '').split()]
        self.style = self.root.find(SVG + 'style').text

    def titled(self, tag):
        return [(t, t.find(SVG + 'title').text) for t in self.things if t.tag == SVG + tag and t is not self.root and
                t.find(SVG + 'title') is not None]


def rect_box(rect):
    x, y, width, height = (int(rect.get(k)) for k in ('x', 'y', 'width', 'height'))
    return Box(x, y, x + width, y + height, rect.find(SVG + 'title').text)


def text_box(text):
    """None where the font is not of even width: what that takes is not known."""
    kinds = [k for k in text.get('class').split() if k in SIZES]
    if not kinds:
        return None
    size = SIZES[kinds[0]]
    x, y, width = int(text.get('x')), int(text.get('y')), EVEN * size * len(text.text)
    x0 = x if kinds[0] == 'left' else x - width / 2
    return Box(x0, y - 0.76 * size, x0 + width, y + 0.1 * size, text.text)


def look_shape(picture, _mapping):
    """One file that needs no other one, with a size, and words for those who do not see it."""
    root = picture.root
    demand(root.tag == SVG + 'svg', root.tag)
    demand(root.get('viewBox') == f'0 0 {root.get("width")} {root.get("height")}', root.attrib)
    demand(int(root.get('height')) > 0)
    demand(len(picture.data) < SIZE_MAX, len(picture.data), 'bytes')
    demand(root[0].tag == SVG + 'title' and root[1].tag == SVG + 'desc', 'no title or no desc')
    demand(root.get('aria-labelledby').split() == [root[0].get('id'), root[1].get('id')])
    tags = {t.tag.replace(SVG, '') for t in picture.things}
    demand(tags <= {'svg', 'title', 'desc', 'style', 'defs', 'pattern', 'path', 'rect', 'text', 'g'}, tags)
    demand(not any('href' in key or key.startswith('on') for t in picture.things for key in t.attrib), 'a reference')
    demand(not re.search(r'@import|url\((?!#)', picture.style), 'the style needs another file')
    number = re.compile(rb' (?:x|y|d|width|height)="[^"]*[.,]')
    demand(not number.search(picture.data), number.search(picture.data))


def whole_title(name, i, addr, length):
    return f'{name} {i}: 0x{addr:x} to 0x{(addr + length - 1) % 2**64:x}, {length} bytes'


def look_boxes(picture, mapping):
    """While not condensed: every range and segment has a box that tells its addresses; no other one has."""
    for name, thing, things in (('range', 'range', mapping.ranges), ('seg', 'segment', mapping.segs)):
        wanted = [whole_title(thing, i, t[0], t[1]) for i, t in enumerate(things) if t[1]]
        titles = [r.find(SVG + 'title').text for r in picture.rects[name]]
        found = [re.sub(r'(bytes)[,;].*', r'\1', t) for t in titles]
        if mapping.condensed:
            continue
        demand(list(dict.fromkeys(found)) == wanted, name, 'boxes are', found[:3], 'not', wanted[:3])
        parts = collections.Counter(found)
        torn = collections.Counter(f for f, t in zip(found, titles) if 'goes on elsewhere' in t)
        demand(all(torn[f] == (n if n > 1 else 0) for f, n in parts.items()), 'what is in parts does not say so')


def look_condensed(picture, mapping):
    """Condensed: the boxes name all ranges and all segments, in order, and there are not too many."""
    for name, things in (('range', mapping.ranges), ('seg', mapping.segs)):
        at = 0
        if not mapping.condensed:
            return
        for rect in picture.rects[name]:
            title = rect.find(SVG + 'title').text
            many = re.match(r'\w+s (\d+) to (\d+): (\d+) of them, (\d+) bytes', title)
            first, last = (int(many[1]), int(many[2])) if many else [int(re.match(r'\w+ (\d+):', title)[1])] * 2
            demand(first in (at, at - 1), title, 'after', at - 1)
            demand(not many or (last - first + 1 == int(many[3]) and last > first), title)
            at = last + 1
        demand(at == len(things), name, at, 'of', len(things))
        demand(len(picture.rects[name]) < 2000, len(picture.rects[name]), 'boxes')


def look_kinds(picture, mapping):
    """Peer memory is hatched, and what is bounced, as far as addresses tell, has an outline of its own."""
    if mapping.condensed:
        return
    for name, side in (('range', 0), ('seg', 1)):
        for rect in picture.rects[name]:
            title, classes = rect.find(SVG + 'title').text, rect.get('class').split()
            number = int(re.search(r'\d+', title)[0])
            mine = [p for p in mapping.pieces if p[side] == number]
            if 'goes on elsewhere' in title:
                continue
            peer, bounced = sum(p[3] for p in mine if p[4]), sum(p[3] for p in mine if p[5])
            length = sum(p[3] for p in mine)
            demand(('peer' in classes) == (peer == length), title, classes)
            demand(('bounced' in classes) == (bounced == length and peer < length and side == 1), title, classes)
            demand((f'{bounced} bytes bounced' in title) == (bounced > 0), title)
            demand((f'{peer} bytes of peer memory' in title) == (peer > 0), title)


def look_bands(picture, mapping):
    """A band for each piece, in order, from a box of its range to a box of its segment, and it says which bytes."""
    if mapping.condensed:
        return
    demand(len(picture.bands) == len(mapping.pieces), len(picture.bands), 'bands for', len(mapping.pieces))
    starts = [0], [0]
    for side, things in enumerate((mapping.ranges, mapping.segs)):
        for thing in things:
            starts[side].append(starts[side][-1] + thing[1])
    boxes = {}
    for name in picture.rects:
        for box in map(rect_box, picture.rects[name]):
            boxes.setdefault((name, int(re.search(r'\d+', box.what)[0])), []).append(box)
    for band, piece in zip(picture.bands, mapping.pieces):
        title = band.find(SVG + 'title').text
        corners = re.fullmatch(r'M(\d+) (\d+)H(\d+)L(\d+) (\d+)H(\d+)Z', band.get('d'))
        x0, y0, x1, x2, y1, x3 = map(int, corners.groups())
        above, below = boxes['range', piece[0]], boxes['seg', piece[1]]
        demand(x0 < x1 and x3 < x2, band.get('d'))
        demand(any(b.x0 <= x0 and x1 <= b.x1 and b.y1 == y0 for b in above), 'not from its range:', title)
        demand(any(b.x0 <= x3 and x2 <= b.x1 and b.y0 == y1 for b in below), 'not to its segment:', title)
        source, target = piece[2] - starts[0][piece[0]], piece[2] - starts[1][piece[1]]
        demand(title.startswith(f'{piece[3]} bytes, from byte {source} of range {piece[0]} and byte {target} of '
                                f'segment {piece[1]} on'), title)
        demand(('copy' in band.get('class')) == piece[5] == ('bounced' in title), title)


def look_cuts(picture, mapping):
    """Each cut has its reason, by a word or its first letter; the legend explains those that occur, with counts."""
    counts = collections.Counter(mapping.cuts())
    legend = {}
    for text in picture.texts:
        found = re.match(r'(\w+) ×([\d,]+): \w', text.text or '')
        if found and text.get('class') == '':
            legend[found[1]] = int(found[2].replace(',', ''))
    demand(legend == dict(counts), 'the legend has', legend, 'for', dict(counts))
    marks = [re.fullmatch(r'segments (\d+) and (\d+) are apart: (\w+)', title) for _, title in picture.titled('g')]
    seen = collections.Counter(m[3] for m in marks)
    for mark, (g, _) in zip(marks, picture.titled('g')):
        demand(mark[3] == mapping.segs[int(mark[1])][2] and int(mark[2]) == int(mark[1]) + 1, mark[0])
        demand(g.find(SVG + 'text').text in (mark[3], mark[3][0]), mark[0], 'has the label', g.find(SVG + 'text').text)
    for text in picture.texts:
        found = re.fullmatch(r'(\w+) ×([\d,]+)', text.text or '')
        if found:
            seen[found[1]] += int(found[2].replace(',', ''))
    demand(seen == counts, 'cuts are', dict(seen), 'not', dict(counts))
    if not mapping.condensed:
        demand([int(m[1]) for m in marks] == list(range(len(mapping.segs) - 1)), 'not one for each cut')


def overlaps(boxes, slack=0.5):
    """The first two that overlap, or None."""
    live = []
    for box in sorted(boxes, key=lambda b: b.y0):
        live = [b for b in live if b.y1 > box.y0 + slack]
        for other in live:
            if other.x0 + slack < box.x1 and box.x0 + slack < other.x1:
                return other, box
        live.append(box)
    return None


def look_place(picture, _mapping):
    """Nothing overlaps, and nothing leaves the picture; words in a box stay in it."""
    width, height = int(picture.root.get('width')), int(picture.root.get('height'))
    rects = [rect_box(r) for name in picture.rects for r in picture.rects[name]]
    demand(not overlaps(rects), 'boxes overlap:', overlaps(rects))
    texts = [t for t in map(text_box, picture.texts) if t]
    demand(not overlaps(texts), 'words meet:', overlaps(texts))
    for text in picture.texts:
        demand(0 < int(text.get('x')) < width and 0 < int(text.get('y')) < height, text.text, 'is outside')
    for box in rects + texts:
        demand(0 <= box.x0 and box.x1 <= width and 0 <= box.y0 and box.y1 <= height, box, 'is outside')
    rows = collections.defaultdict(list)
    for box in rects:
        rows[box.y0].append(box)
    words = [text_box(t) for t in picture.texts if 'word' in t.get('class').split()]
    for word in words:
        row = [b for y in range(int(word.y0) - 60, int(word.y0) + 2) for b in rows.get(y, ()) if b.y1 >= word.y1]
        demand(any(b.x0 <= word.x0 and word.x1 <= b.x1 for b in row), word, 'leaves its box')


def prose_end(text):
    """Where a text in a font of uneven width ends, in a narrow one."""
    size = 20 if text.get('class') == 'title' else 12
    return int(text.get('x')) + sum(0.9 if c.isupper() else 0.48 for c in text.text) * size


def look_prose(picture, _mapping):
    """Lines are broken before they leave the picture; what stands side by side is apart."""
    lines = collections.defaultdict(list)
    for text in picture.texts:
        if text.get('class') in ('', 'quiet', 'title'):
            lines[text.get('y')].append((int(text.get('x')), prose_end(text), text.text))
    for line in lines.values():
        for one, other in zip(line, line[1:] + [(PICTURE_WIDTH, 0, 'the edge')]):
            demand(one[1] < other[0], one, 'meets', other)


def look_jumps(picture, mapping):
    """In a row, neighbours touch if their addresses do; else there is a gap, and a mark that says how wide it is."""
    marks = collections.Counter(title for path, title in picture.titled('path') if path.get('class') == 'jump')
    wanted = collections.Counter()
    if mapping.condensed:
        return
    for name, thing, things in (('range', 'range', mapping.ranges), ('seg', 'segment', mapping.segs)):
        boxes = [rect_box(r) for r in picture.rects[name]]
        for one, other in zip(boxes, boxes[1:]):
            i, j = (int(re.search(r'\d+', b.what)[0]) for b in (one, other))
            end, start = things[i][0] + things[i][1], things[j][0]
            if one.y0 != other.y0:
                continue
            demand((one.x1 == other.x0) == (end == start), one, 'and', other)
            if end != start:
                where = 'after' if start > end else 'before'
                wanted[f'{thing} {j} begins {abs(start - end)} bytes {where} the end of {thing} {i}'] += 1
    demand(marks == wanted, 'jumps', list((marks - wanted) + (wanted - marks))[:2])


def look_shares(picture, _mapping):
    """What is of the other kind in part has a strip at its foot, as long as that part of it is, to the next pixel."""
    strips = collections.defaultdict(list)
    for rect in picture.things:
        kind = {'range peer': 'range', 'seg bounced': 'seg'}.get(rect.get('class'))
        if kind and rect.tag == SVG + 'rect' and rect.find(SVG + 'title') is None:
            strips[kind].append(tuple(int(rect.get(key)) for key in ('x', 'y', 'width', 'height')))
    for name, word in (('range', 'of peer memory'), ('seg', 'bounced')):
        left = collections.Counter(strips[name])
        for rect, title in ((r, r.find(SVG + 'title').text) for r in picture.rects[name]):
            part, box = re.search(rf'(\d+) bytes {word}', title), rect_box(rect)
            inner = box.x1 - box.x0 - 4
            mine = [strip for strip in left if box.x0 <= strip[0] < box.x1 and box.y0 <= strip[1] < box.y1]
            if 'goes on elsewhere' in title:  # the title tells the whole, the strip what is here
                for strip in mine:
                    del left[strip]
                continue
            length, some = int(re.search(r', (\d+) bytes', title)[1]), int(part[1]) if part else 0
            wanted = [-(-some * inner // length)] if 0 < some < length else []
            demand([strip[2] for strip in mine] == wanted, title, 'in', inner, 'has strips', mine, 'not', wanted)
            for strip in mine:
                del left[strip]
        demand(not left, 'strips of nothing:', left)


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def fills(style):
    found = {}
    for selectors, body in re.findall(r'([^{}]+)\{([^{}]*)\}', style):
        colour = re.search(r'fill: (#[0-9a-f]{6})', body)
        for selector in selectors.split(','):
            if colour:
                found[selector.strip()] = colour[1]
    return found


def look_colours(picture, _mapping):
    """Words stand out from what may be behind them by 4.5 at least, in light and in dark; the ground goes with them."""
    light, dark = re.fullmatch(r'(.*)@media \(prefers-color-scheme: dark\) \{(.*)\}\s*', picture.style, re.S).groups()
    light = fills(light)
    both = {'light': light, 'dark': {**light, **fills(dark)}}
    for name, colours in both.items():
        behind = {word: ['.ground'] for word in ('.quiet', '.left', '.number', '.cut')}
        behind['text'] = ['.ground', '.range', '.seg', '.seg.bounced', '.range-hatch', '.seg-hatch']
        for word, grounds in behind.items():
            for ground in grounds:
                value = contrast(colours[word], colours[ground])
                demand(value >= 4.5, f'{word} on {ground} in {name}: {value:.2f}')
    demand(luminance(both['light']['.ground']) > 0.8 and luminance(both['dark']['.ground']) < 0.05, 'the ground')
    demand('.peer' in picture.style and 'stroke-dasharray' in picture.style, 'only colours tell')


def look_legend(picture, mapping):
    """It shows what occurs, and nothing else."""
    text = '\n'.join(t.text or '' for t in picture.texts)
    demand(('of peer memory (mmio)' in text) == any(p[4] for p in mapping.pieces), 'mmio in the legend')
    demand(('bounced: a copy' in text) == any(p[5] for p in mapping.pieces), 'bounce in the legend')
    torn = any('goes on elsewhere' in t for _, t in picture.titled('rect'))
    demand(mapping.condensed or ('goes on in the next row' in text) == torn, 'torn in the legend')
    demand(f'{len(mapping.ranges):,} range' in text and f'{len(mapping.segs):,} segment' in text, 'the sums')
    demand(f'{mapping.numbers["len"]:,} byte' in text, 'the bytes')


LOOKS = [look_shape, look_boxes, look_condensed, look_kinds, look_bands, look_cuts, look_place, look_prose, look_jumps,
         look_shares, look_colours, look_legend]


class Tap:
    def __init__(self):
        self.count = self.bad = 0

    def ok(self, good, what):
        self.count += 1
        self.bad += not good
        print(f'{"ok" if good else "not ok"} {self.count} - {what}', flush=True)


def look_at_all(tap, folder):
    for path in sorted(folder.glob('*.svg')):
        mapping = Mapping(path.with_suffix('.txt'))
        try:
            picture = Picture(path)
            for look in LOOKS:
                look(picture, mapping)
            tap.ok(True, path.stem)
        except (Wrong, xml.etree.ElementTree.ParseError) as why:
            tap.ok(False, f'{path.stem}: {why}')


def text_of(folder, name):
    return [t.text for t in Picture(folder / f'{name}.svg').texts]


def look_at_some(tap, folder):
    """What only a certain picture can show."""
    def has(name, words):
        tap.ok(words in ''.join(t or '' for t in text_of(folder, name)), f'{name} says "{words}"')

    has('name-markup', 'Device <script>&"\'</script>]]>')
    has('name-markup', 'on space a--&amp;<b>')
    has('name-bytes', 'café 💾')
    has('name-long', '…')
    has('three', '0x7f5e12345010')
    has('three-e1000', '16288 B')
    has('256M-e1000', '1 range → 16,481 segments')
    has('256M-e1000', '16,476 × 16288 B')
    has('20000-soft', '20,000 ranges → 1 segment')
    has('nothing', '0 ranges → 0 segments')
    for words in ('device addresses 0x1000 to 0x7fffffffffffffff', 'longer than 1 MiB', 'multiple of 16 MiB',
                  'starts on a multiple of 512 B', 'length is a multiple of 8 B', 'lies on a multiple of 4 KiB',
                  'address bits 0xfff', 'at most 1 TiB', '4,000,000,000 segments', 'of device addresses reserved'):
        tap.ok(words in ''.join(t or '' for t in text_of(folder, 'limits')), f'limits: {words}')
    three = [rect_box(r) for r in Picture(folder / 'tiny-huge.svg').rects['range']]
    tap.ok(three[2].x1 - three[2].x0 >= 100 and three[1].x1 - three[1].x0 > three[2].x1 - three[2].x0,
           '16 bytes beside 1 GiB are seen, and narrower')
    height = int(Picture(folder / '300-soft.svg').root.get('height'))
    tap.ok(height < 8000, f'300 ranges are no more than some pages: {height}')


def look_at_failures(tap, lines, said):
    full = [line for line in lines if line.startswith('full')]
    tap.ok(full == ['full -5'] and said[0].endswith('cannot write the picture'), 'a full disk is -EIO, and said')
    tries = [tuple(map(int, line.split()[2:])) for line in lines if line.startswith('allocation')]
    tap.ok(len(tries) > 5 and all(t == (-12, 0) for t in tries[:-1]) and tries[-1][0] == 0,
           f'each of {len(tries) - 1} allocations that fails is -ENOMEM, and nothing is written')
    tap.ok(said[1:] == ['dmavec: out of memory'] * (len(tries) - 1), 'and said, once')


def main():
    tap = Tap()
    seed = os.environ.get('DMAVEC_SEED') or str(time.time_ns())
    cases = str(int(os.environ.get('DMAVEC_CASES') or 60 * CASE_COST) // CASE_COST)
    print(f'# DMAVEC_SEED={seed}')
    with tempfile.TemporaryDirectory(prefix='dmavec-picture-') as top:
        one, other = pathlib.Path(top, 'one'), pathlib.Path(top, 'other')
        for folder, language in ((one, 'C'), (other, 'de_DE.UTF-8')):
            folder.mkdir()
            done = subprocess.run([sys.argv[1], str(folder), seed, cases], capture_output=True, text=True, check=False,
                                  env={**os.environ, 'LC_ALL': language})
            tap.ok(done.returncode == 0, f'it draws: {done.returncode} {done.stdout[-300:]} {done.stderr[-600:]}'
                   if done.returncode else 'it draws')
        if not tap.bad:
            look_at_failures(tap, done.stdout.splitlines(), done.stderr.splitlines())
            look_at_all(tap, one)
            look_at_some(tap, one)
            same = all(p.read_bytes() == (other / p.name).read_bytes() for p in one.glob('*.svg'))
            tap.ok(same, 'the same mapping is the same picture')
    print(f'1..{tap.count}')
    return 1 if tap.bad else 0


if __name__ == '__main__':
    sys.exit(main())
