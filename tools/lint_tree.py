#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Checks that need no compiler: who includes whom, how long functions and files are, licence lines, white space, READMEs.

Usage: lint_tree.py ROOT. Prints a line a finding; exit status 1 if there is one.
"""
import os
import re
import sys

SPDX = 'SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only'
FUNCTION_MAX = 70
FILE_MAX = 600
SKIPPED_DIRS = re.compile(r'^(\.git|build|build-.*|LICENSES|__pycache__)$')
BARE_FILES = re.compile(r'(^|/)(README\.md|.*\.(txt|svg|bin|xz|dat|json))$')  # without a licence line: prose and data
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

ROOMS = ('include', 'core', 'host', 'spaces', 'sim', 'emit', 'sources', 'cli', 'examples', 'tests', 'bench', 'tools')

# Which libc headers core and the public headers may use: those that a compiler brings along.
FREESTANDING = {'float.h', 'iso646.h', 'limits.h', 'stdalign.h', 'stdarg.h', 'stdbool.h', 'stddef.h', 'stdint.h'}


def is_libc(name):
    return not name.startswith('dmavec/')


class Rule:
    """What the files of a room may include besides their room's own headers."""

    def __init__(self, public=True, host=False, system=lambda name: False, what=''):
        self.public, self.host, self.system, self.what = public, host, system, what


RULES = {
    'include': Rule(system=lambda name: name in FREESTANDING or name == 'linux/types.h',
                    what='<dmavec/*.h>, <stddef.h>, <stdint.h>'),
    'core': Rule(host=True, what='<dmavec/*.h>, "host.h" and its own headers'),
    'host': Rule(public=False, system=is_libc, what='the libc and its own headers'),
    'spaces': Rule(system=is_libc, what='<dmavec/*.h>, the libc and its own headers'),
    'sim': Rule(system=is_libc, what='<dmavec/*.h>, the libc and its own headers'),
    'emit': Rule(system=is_libc, what='<dmavec/*.h>, the libc and its own headers'),
    'sources': Rule(system=is_libc, what='<dmavec/*.h>, the libc and its own headers'),
    'cli': Rule(system=is_libc, what='<dmavec/*.h>, the libc, json-c and its own headers'),
    'examples': Rule(system=is_libc, what='<dmavec/*.h> and the libc'),
}


def files_below(root):
    for folder, dirs, names in os.walk(root):
        dirs[:] = sorted(d for d in dirs if not SKIPPED_DIRS.match(d))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield os.path.relpath(path, root)


def is_own(root, room, path, name):
    """Is the header that path includes by this name a file of the same room?"""
    inside = os.path.join(root, room)
    for folder in (os.path.dirname(os.path.join(root, path)), inside):
        found = os.path.normpath(os.path.join(folder, name))
        if os.path.isfile(found):
            return found.startswith(inside + os.sep)
    return False


def may_include(root, room, path, quote, name):
    rule = RULES[room]
    if name.startswith('dmavec/'):
        return quote == '<' and rule.public
    if is_own(root, room, path, name) and quote == '"':
        return True
    if name == 'host.h' and quote == '"':
        return rule.host or room == 'host'
    if name == 'json-c' or name.startswith('json-c/') or name == 'json.h':
        return room == 'cli'
    return quote == '<' and rule.system(name)


def check_includes(root, path, lines):
    room = path.split('/')[0]
    if room not in RULES or not path.endswith(('.c', '.h')):
        return
    for number, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if found and not may_include(root, room, path, found[1], found[2]):
            yield f'{path}:{number}: {room}/ may include {RULES[room].what}, not {found[2]}'


def check_functions(path, lines):
    """A function is what stands between its first line and the } at the margin that closes a { at the margin."""
    if not path.endswith(('.c', '.h')):
        return
    start = opened = None
    for number, line in enumerate(lines, 1):
        if line.startswith('{') and start is not None:
            opened = start
        elif line.startswith('}') and opened is not None:
            if number - opened + 1 > FUNCTION_MAX:
                yield f'{path}:{opened}: a function of {number - opened + 1} lines, {FUNCTION_MAX} are the most'
            opened = start = None
        elif opened is None:
            if re.match(r'[A-Za-z_]', line) and not line.endswith((';', ':')):
                if start is None:
                    start = number
            elif not line.strip() or line.startswith(('#', '/', '}')) or line.endswith(';'):
                start = None


def check_text(path, text, lines):
    if not text.strip():
        yield f'{path}: is empty'
        return
    if not BARE_FILES.search(path) and not any(SPDX in line for line in lines[:3]):
        yield f'{path}: has no line "{SPDX}" at its top'
    if text and not text.endswith('\n'):
        yield f'{path}: ends without a newline'
    if text.endswith('\n\n'):
        yield f'{path}: ends with an empty line'
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield f'{path}:{number}: white space at the end of the line'
    if path.endswith(('.c', '.h', '.py', '.sh')) and len(lines) > FILE_MAX:
        yield f'{path}: {len(lines)} lines, {FILE_MAX} are the most'


def check_readmes(root):
    for room in ROOMS:
        if os.path.isdir(os.path.join(root, room)) and not os.path.isfile(os.path.join(root, room, 'README.md')):
            yield f'{room}/: has no README.md that says what comes in, what goes out and what it may include'


def findings(root):
    yield from check_readmes(root)
    for path in files_below(root):
        with open(os.path.join(root, path), 'rb') as file:
            data = file.read()
        if b'\0' in data:
            continue
        text = data.decode('utf-8', errors='replace')
        lines = text.splitlines()
        yield from check_text(path, text, lines)
        yield from check_includes(root, path, lines)
        yield from check_functions(path, lines)


def main():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        print(__doc__, file=sys.stderr)
        return 2
    found = list(findings(os.path.abspath(sys.argv[1])))
    print('\n'.join(found), end='\n' if found else '')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
