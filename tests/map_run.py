# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Running `dmavec map`, and saying what came of it."""
import subprocess

import map_oracle as oracle

PAGE = oracle.PAGE
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

    def __init__(self):
        self.path = self.out = self.err = ''
        self.status = None

    def run(self, *args, stdin=b'', **more):
        return self.take(args, input=stdin, **more)

    def run_open(self, file, *args):
        """The file is standard input."""
        return self.take(args, stdin=file)

    def take(self, args, program=(), stdout=subprocess.PIPE, **more):
        done = subprocess.run([*program, self.path, 'map', *args], stdout=stdout, stderr=subprocess.PIPE, timeout=120,
                              check=False, **more)
        self.status, self.err = done.returncode, done.stderr.decode(errors='replace')
        self.out = done.stdout.decode() if done.stdout is not None else ''
        return self.status

    def said(self):
        return f'status {self.status}\n{self.err}{self.out}'


tap, dmavec = Tap(), Program()


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
