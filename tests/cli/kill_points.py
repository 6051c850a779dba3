"""Kills programs before each change that they make to files, and looks at what is left.

    python -m tests.cli.kill_points

Run in a folder with their inputs. Reads lines of PROGRAM OUT,... WORD..., and prints for each how
often it was killed; PROGRAM/STEP kills only before each STEP-th change. A process that never
computes forks the runs: a fork after a forward would hang.
"""

import contextlib
import importlib
import io
import itertools
import os
import shutil
import signal
import sys
from pathlib import Path

import lmdb

from framework.cli import (
    compute_image_mean,
    convert_annoset,
    convert_imageset,
    create_label_map,
    detect,
    export,
    extract_features,
    make_shapes,
    merge_bn,
    new,
    parse_log,
    upgrade_net,
)
from framework.data.convert import conversion
from framework.export import source
from framework.system.own_folders import MARK

LOADED = (compute_image_mean, convert_annoset, convert_imageset, create_label_map, detect, export,
          extract_features, make_shapes, merge_bn, new, parse_log, upgrade_net, conversion, source,
          importlib.import_module("framework.cli.import"))
LATE = ("numba", "sympy", "torch._meta_registrations")      # most of the time of a run
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.truncate", "os.mkdir", "shutil.rmtree"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
Tree = dict[str, bytes]


class Counter:
    """Calls of the hook that are left before the process kills itself; None: never."""

    left: int | None = None


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """A file is opened to be written, and to be synced: before and after its bytes are there."""
    if Counter.left is None:
        return
    is_opened = event == "open" and (
        Path(str(arguments[0])).name.startswith(".partial-")
        or isinstance(arguments[2], int) and bool(arguments[2] & WRITES))
    if event in CHANGES or is_opened:
        Counter.left -= 1
        if Counter.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def run(program: str, words: list[str], left: int | None = None) -> int:
    """The exit code of a run in a process of its own; -9 if it was killed."""
    process = os.fork()
    if process == 0:
        code = 3
        try:
            main = importlib.import_module(f"framework.cli.{program}").main
            with contextlib.redirect_stderr(io.StringIO()), \
                    contextlib.redirect_stdout(io.StringIO()):
                Counter.left = left
                code = main(words)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def tree(path: Path) -> Tree | None:
    """Every file of a folder, or a file alone; None if there is nothing."""
    if path.is_file():
        return {"": path.read_bytes()}
    if not path.is_dir():
        return None
    return {str(file.relative_to(path)): content(file) for file in sorted(path.rglob("*"))
            if file.is_file() and file.name != MARK}


def content(file: Path) -> bytes:
    """The bytes; of a database its records, whose pages depend on how often it was opened."""
    if file.name != "data.mdb":
        return file.read_bytes()
    with lmdb.open(str(file.parent), readonly=True, lock=False) as environment, \
            environment.begin() as transaction:
        return repr(list(transaction.cursor())).encode()


def kill_everywhere(program: str, outs: list[Path], words: list[str], step: int) -> int:
    """The number of changes before which it could be killed; `earlier` is a folder's old result.

    Of several results each is the old or the new one; they are mixed between two renames only.
    """
    inputs = {path.name for path in Path().iterdir()}
    begin(outs, inputs)
    old = list(map(tree, outs))
    assert run(program, words) == 0, "it does not work without a kill"
    new = list(map(tree, outs))
    for before, after in zip(old, new, strict=True):
        assert before and after and before != after, "the test needs another result than the old"
    num_mixed = 0
    for kills in itertools.count(step=step):
        begin(outs, inputs)
        code = run(program, words, kills)
        if code == 0:
            remove(outs)
            assert is_folder(outs[0]) or num_mixed < len(outs), "a file has its name too early"
            return kills
        where = f"{program} after kill {kills}"
        assert code == -signal.SIGKILL, (where, code)
        found = list(map(tree, outs))
        num_mixed += found not in (old, new)
        for out, mine, before, after in zip(outs, found, old, new, strict=True):
            beside = out.with_name(f".{out.name}.old")      # a folder while it is replaced
            is_between = mine is None and tree(beside) == before
            assert mine in (before, after) or is_between, f"{where}: half is left: {mine}"
        if found == old and not is_folder(outs[0]):
            continue            # the next call finds what the first one did
        assert run(program, words) == 0, f"{where}: the next call fails"
        assert list(map(tree, outs)) == new, f"{where}: the next call has another result"
        rest = {path.name for path in Path().iterdir() if not path.name.startswith(".partial-")} \
            - inputs - {out.parts[0] for out in outs}
        assert not rest, f"{where}: {rest} is left by the next call"
    raise AssertionError("the loop ends when nothing is killed")


def begin(outs: list[Path], inputs: set[str]) -> None:
    """Old results, and of other files the inputs alone."""
    remove([path for path in Path().iterdir() if path.name not in inputs])
    for out in outs:
        if is_folder(out):
            shutil.copytree("earlier", out)
        else:
            out.parent.mkdir(exist_ok=True)
            out.write_text("old")


def remove(paths: list[Path]) -> None:
    for path in paths:
        (shutil.rmtree if path.is_dir() else os.remove)(path)


def is_folder(out: Path) -> bool:
    return not out.suffix


if __name__ == "__main__":
    for late in LATE:
        importlib.import_module(late)
    sys.addaudithook(watch)
    for line in sys.stdin.read().splitlines():
        program, place, *words = line.split()
        name, _, step = program.partition("/")
        outs = [Path(part) for part in place.split(",")]
        print(name, kill_everywhere(name, outs, words, int(step or 1)), flush=True)
