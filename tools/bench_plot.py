# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The plot of bench.py, by gnuplot: look-ups against N, for each pattern of regions, and below them ratios against targets."""
import shutil
import subprocess

WIDTH = 1160
LOOKUP_HEIGHT = 470  # of a pattern
ROW_HEIGHT = 19
COLOURS = {'dmavec': '#d62728', 'UCX page table': '#1f77b4', 'UCX registration cache': '#17a2b8',
           'libfabric cache': '#9467bd'}
GREY = '#888888'


class NoPlot(Exception):
    """Why there is none."""


def quoted(text):
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def block(name, rows):
    return [f'${name} << END'] + ['\t'.join(str(cell) for cell in row) for row in rows] + ['END']


def patterns(results):
    return list(dict.fromkeys(row['pattern'] for row in results['rows'] if 'pattern' in row))


def curves(results, pattern, threads):
    """{who: [(N, median, min, max)]} of the look-ups by so many threads."""
    found = {}
    for row in results['rows']:
        if (row.get('pattern'), row.get('threads')) != (pattern, threads):
            continue
        for who, figure in [('dmavec', row['figure'])] + [(other['name'], other['figure']) for other in row['beside']]:
            if 'one thread' not in who:  # that stands in the other panel
                found.setdefault(who, []).append((row['regions'], figure['median'], figure['min'], figure['max']))
    return found


def lookup_panel(results, pattern, threads, bottom, height):
    found = curves(results, pattern, threads)
    if not found:
        return []
    name = {1: 'one thread', 2: 'two threads'}[threads]
    script = [f'set origin {0.5 * (threads - 1)},{bottom}', f'set size 0.5,{height}',
              f'set title {quoted(f"Look-up of a registered region, {name}: {pattern}")}',
              'set logscale x 2', 'set logscale y 10', 'set xrange [0.7:190000]', 'set yrange [0.3:20000]',
              'set xlabel "N, regions of 64 KiB"', 'set ylabel "ns (median, least, most)"',
              'set key outside bottom center horizontal maxcols 3',
              'set xtics rotate by -40 ("1" 1, "16" 16, "256" 256, "1,024" 1024, "4,096" 4096, "16,384" 16384, '
              '"65,536" 65536, "131,072" 131072)',
              'set format y "%g"', 'set grid xtics ytics lc rgb "#dddddd"']
    plots = []
    for number, (who, points) in enumerate(found.items()):
        script += block(f'look{number}', points)
        colour = COLOURS.get(who, GREY)
        plots.append(f'$look{number} using 1:2:3:4 with yerrorlines lw 1.6 pt 7 ps 0.5 lc rgb "{colour}" '
                     f'title {quoted(who)}')
    return script + ['plot ' + ', '.join(plots)]


def target_rows(targets):
    """(label, share of the target: median, least, most; met), the first target last: gnuplot counts upwards."""
    for row, other, target, figure, met in reversed(targets):
        label = row['what'] + (' : ' + other['name'] if other else f' : {target:g} {row["unit"]}')
        yield label, figure['median'] / target, figure['min'] / target, figure['max'] / target, met


def target_panel(targets, height):
    rows = list(target_rows(targets))
    if not rows:
        return []
    script = ['reset', 'set origin 0,0', f'set size 1,{height}', 'set lmargin at screen 0.49', 'set rmargin at screen 0.97',
              'set title "What dmavec takes, as a share of what its targets allow: up to 1 is met"',
              'set logscale x 10', 'set format x "%g"', f'set yrange [-1:{len(rows)}]', 'set xlabel "share of the target"',
              'set grid xtics ytics lc rgb "#dddddd"',
              f'set arrow from 1,-1 to 1,{len(rows)} nohead lw 2 lc rgb "#444444" front', 'set key off',
              'set ytics (' + ', '.join(f'{quoted(row[0])} {i}' for i, row in enumerate(rows)) + ')']
    plots = []
    for met, colour in ((True, '#2ca02c'), (False, '#d62728')):
        points = [(share, i, low, high) for i, (_, share, low, high, so) in enumerate(rows) if so is met]
        if points:
            script += block(f'met{int(met)}', points)
            plots.append(f'$met{int(met)} using 1:2:3:4 with xerrorbars lw 1.6 pt 7 ps 0.6 lc rgb "{colour}"')
    return script + ['plot ' + ', '.join(plots)]


def svg(results, targets):
    """The plot's text, or NoPlot. Panels without data are left out."""
    if not shutil.which('gnuplot'):
        raise NoPlot('gnuplot is not installed')
    every = patterns(results)
    top = LOOKUP_HEIGHT * len(every)
    below = ROW_HEIGHT * len(targets) + 110 if targets else 0
    height = max(top + below, 100)
    script = [f'set terminal svg size {WIDTH},{height} dynamic font "sans-serif,13" background "#ffffff" noenhanced',
              'set datafile separator "\\t"', 'set multiplot']
    for number, pattern in enumerate(reversed(every)):
        for threads in (1, 2):
            script += lookup_panel(results, pattern, threads, (below + number * LOOKUP_HEIGHT) / height, LOOKUP_HEIGHT / height)
    script += target_panel(targets, below / height) + ['unset multiplot']
    done = subprocess.run(['gnuplot'], input='\n'.join(script) + '\n', stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise NoPlot(f'gnuplot ended with status {done.returncode}')
    return done.stdout
