#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Breaks the library on purpose, one named mutant at a time, and demands that a test notices.

tests/mutants/*.mutants hold them: a line `@ NAME FILE [TEST]`, lines `# why`, then the text that goes (`-`) and the
text that comes (`+`), whole lines, exactly as they stand in FILE. TEST is only what is tried first. Without a mutant
every test must pass, and each mutant's text must be there exactly once. Nothing is changed in the tree itself.

usage: mutants.py [NAME...]
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CC = os.environ.get("CC", "gcc").split()
FLAGS = ["-std=gnu11", "-O1", "-w", "-D_FILE_OFFSET_BITS=64", "-Iinclude", "-Ihost/user"]
CORE = ["-DDMAVEC_BUILD", "-iquote", "core", "-include", "core/poison.h"]
OTHER = ["-DDMAVEC_BUILD"]
TESTS = ["-Itests", "-iquote", ".", "-iquote", "core"]
LAST = ["conformance", "failnth", "oracle", "threads"]  # after the unit tests, in this order
LIBRARY = ("include", "core", "host", "spaces", "sim", "emit", "sources")  # its rooms
CASES, SECONDS, AT_ONCE = "4000", 60, 2


class Broken(Exception):
    """The mutant, or the machine, not the library."""


def read_mutants(path):
    """Every mutant of a file, as a dictionary."""
    mutants = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("@ "):
            name, file, *first = line[2:].split()
            mutants.append({"name": name, "file": file, "first": first, "old": [], "new": []})
        elif line[:1] in ("-", "+"):
            mutants[-1]["old" if line[0] == "-" else "new"].append(line[1:])
        elif line and line[0] != "#":
            raise Broken(f"{path.name}: what is this? {line}")
    return mutants


def run(command, cwd, env=None, seconds=SECONDS):
    """Status and output; a program that hangs has failed."""
    try:
        done = subprocess.run(command, cwd=cwd, env=env, timeout=seconds, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return 124, "timed out"


class Tree:
    """A copy of the sources, compiled once."""

    def __init__(self, top):
        self.top = pathlib.Path(top)
        for room in LIBRARY + ("tests",):
            shutil.copytree(ROOT / room, self.top / room, ignore=shutil.ignore_patterns("*.py", ".*"))
        self.library = self.compile_all(self.sources("core", "host/user", *LIBRARY[3:]))
        self.programs = self.find_programs()
        shared = [f for f in sorted((self.top / "tests").glob("*.c")) if not self.has_main(f)]
        self.shared = self.compile_all([f.relative_to(self.top) for f in shared])
        self.archived = self.archive(self.top / "objects" / "all.a")

    def sources(self, *rooms):
        return [f.relative_to(self.top) for room in rooms for f in sorted((self.top / room).rglob("*.c"))]

    @staticmethod
    def has_main(path):
        return re.search(r"^int main\(", path.read_text(encoding="utf-8"), re.M) is not None

    def find_programs(self):
        """Name -> sources, in the order in which they are tried."""
        found, self.wrapped = {}, {}
        for main in sorted((self.top / "tests").glob("*.c")) + sorted((self.top / "tests/unit").glob("*.c")):
            if self.has_main(main):
                more = sorted(main.with_suffix("").rglob("*.c")) if main.with_suffix("").is_dir() else []
                calls = main.with_suffix("") / "wrapped.txt"  # as meson.build has it
                self.wrapped[main.stem] = calls.read_text(encoding="utf-8").split() if calls.exists() else []
                found[main.stem] = [f.relative_to(self.top) for f in [main] + more]
        order = sorted(found, key=lambda name: (LAST.index(name) if name in LAST else -1, name))
        objects = self.compile_all([f for files in found.values() for f in files])
        return {name: [objects[f] for f in found[name]] for name in order}

    def compile_all(self, files):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            return dict(zip(files, pool.map(self.compile, files)))

    def compile(self, file, top=None):
        """With a list of what it includes, since a mutant may be in a header."""
        top = top or self.top
        room = file.parts[0]
        flags = CORE if room == "core" else TESTS if room == "tests" else OTHER
        out = top / "objects" / (str(file).replace("/", "_") + ".o")
        out.parent.mkdir(exist_ok=True)
        status, log = run(CC + FLAGS + flags + ["-MMD", "-c", str(file), "-o", str(out)], top)
        if status:
            raise Broken(f"{file} does not compile: {log[-1500:]}")
        return out

    def users(self, path):
        """The library's sources that are, or include, this file."""
        def reads(file, built):
            words = built.with_suffix(".d").read_text(encoding="utf-8").split()
            return any(os.path.normpath(word) == str(path) for word in words)
        return [file for file, built in self.library.items() if reads(file, built)]

    def archive(self, out, mutated=()):
        """A thin one of every object, or of the mutated ones in the place of theirs."""
        objects = {**self.library, **self.shared, **dict(mutated)}
        status, log = run(["ar", "rcsT", str(out)] + [str(built) for built in objects.values()], self.top)
        if status:
            raise Broken(log)
        return out

    def link(self, name, out, archive):
        """Returns the names of the objects that went in: a test without the mutated ones need not run."""
        flags = ["-Wl,-t"] + ["-Wl,--wrap=" + call for call in self.wrapped[name]]
        objects = [str(f) for f in self.programs[name]]
        status, log = run(CC + objects + [str(archive), "-pthread", "-o", str(out)] + flags, self.top)
        if status:
            raise Broken(f"{name} does not link: {log[-1500:]}")
        return log

    def passes(self, name, program):
        env = dict(os.environ, DMAVEC_SEED="1", DMAVEC_CASES=CASES, DMAVEC_SOURCE_DIR=str(self.top))
        return run([str(program)], self.top, env)[0] == 0


def prove_sound(tree):
    """Each test passes where nothing is broken: else a kill would mean nothing. Returns those that do not."""
    def one(name):
        program = tree.top / "objects" / name
        tree.link(name, program, tree.archived)
        return tree.passes(name, program)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return [name for name, good in zip(tree.programs, pool.map(one, tree.programs)) if not good]


def mutate(tree, mutant, place):
    """The objects of the mutated file, in a tree of which only its room is a copy."""
    path = pathlib.Path(mutant["file"])
    text = (ROOT / path).read_text(encoding="utf-8")
    old, new = ("\n".join(mutant[key]) + "\n" for key in ("old", "new"))
    times = ("\n" + text).count("\n" + old)
    if times != 1 or not mutant["old"]:
        raise Broken(f"its text occurs {times} times in {path}")
    for room in LIBRARY:
        if path.parts[0] == room:
            shutil.copytree(tree.top / room, place / room)
        else:
            (place / room).symlink_to(tree.top / room)
    mutated = ("\n" + text).replace("\n" + old, "\n" + new if mutant["new"] else "\n")[1:]
    (place / path).write_text(mutated, encoding="utf-8")
    return {file: tree.compile(file, place) for file in tree.users(path)}


def kill(tree, mutant):
    """The name of the test that notices, or None."""
    place = pathlib.Path(tempfile.mkdtemp(dir=tree.top))
    try:
        mutated = mutate(tree, mutant, place)
        archive = tree.archive(place / "all.a", mutated)
        for name in mutant["first"] + [n for n in tree.programs if n not in mutant["first"]]:
            program = place / f"test-{name}"  # a room may be called so, too
            linked = tree.link(name, program, archive)
            if any(str(built) in linked for built in mutated.values()) and not tree.passes(name, program):
                return name
        return None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def verdict(tree, mutant):
    try:
        killer = kill(tree, mutant)
    except Broken as why:
        return False, f"mutant {mutant['name']}: {why}"
    if killer is None:
        return False, f"mutant {mutant['name']} survives every test"
    return True, f"mutant {mutant['name']} killed by {killer}"


def main():
    start, count, bad = time.monotonic(), 0, 0
    mutants = [m for path in sorted((ROOT / "tests/mutants").glob("*.mutants")) for m in read_mutants(path)]
    chosen = [m for m in mutants if not sys.argv[1:] or m["name"] in sys.argv[1:]]
    with tempfile.TemporaryDirectory(prefix="dmavec-mutants-") as top:
        try:
            tree = Tree(top)
            failing = prove_sound(tree)
        except Broken as why:
            print(f"Bail out! {why}")
            return 1
        if failing:
            print(f"Bail out! without a mutant there fails: {', '.join(failing)}")
            return 1
        print(f"# built and passed in {time.monotonic() - start:.0f} s", flush=True)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for count, (good, text) in enumerate(pool.map(lambda m: verdict(tree, m), chosen), 1):
                bad += not good
                print(f"{'ok' if good else 'not ok'} {count} - {text}", flush=True)
    print(f"1..{count}\n# {time.monotonic() - start:.0f} s")
    return 1 if bad or not count else 0


if __name__ == "__main__":
    sys.exit(main())
