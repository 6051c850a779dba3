"""Kills programs before each change that they make to files, and looks at what is left.

    python -m tests.cli.kill_points

Run in a folder with their inputs. Reads lines of PROGRAM OUT WORD..., and prints for each how often
it was killed. A process that never computes forks the runs: a fork after a forward would hang.
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
    parse_log,
    upgrade_net,
)
from framework.data.convert import conversion
from framework.export import source
from framework.system.own_folders import MARK

LOADED = (compute_image_mean, convert_annoset, convert_imageset, create_label_map, detect, export,
          extract_features, parse_log, upgrade_net, conversion, source)
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


def kill_everywhere(program: str, out: Path, words: list[str]) -> int:
    """The number of points at which it was killed. `earlier` is the old result, if a folder."""
    beside = out.with_name(f".{out.name}.old")      # where a folder is while it is replaced
    inputs = {path.name for path in Path().iterdir()}
    is_file = bool(out.suffix)

    def begin() -> None:
        for path in Path().iterdir():
            if path.name not in inputs:
                (shutil.rmtree if path.is_dir() else os.remove)(path)
        if is_file:
            out.parent.mkdir(exist_ok=True)
            out.write_text("old")
        else:
            shutil.copytree("earlier", out)

    begin()
    old = tree(out)
    assert run(program, words) == 0, "it does not work without a kill"
    new = tree(out)
    assert old and new and old != new, "the test needs another result than the old one"
    for kills in itertools.count():
        begin()
        code = run(program, words, kills)
        if code == 0:
            begin()
            (shutil.rmtree if out.is_dir() else os.remove)(out)
            return kills
        where = f"{program} after kill {kills}"
        assert code == -signal.SIGKILL, (where, code)
        found = tree(out)
        is_between = found is None and tree(beside) == old
        assert found in (old, new) or is_between, f"{where}: half is left: {found}"
        if not is_file:
            assert run(program, words) == 0, f"{where}: the next call fails"
            assert tree(out) == new, f"{where}: the next call has another result"
            rest = {path.name for path in Path().iterdir()} - inputs - {out.name}
            assert not rest, f"{where}: {rest} is left by the next call"
    raise AssertionError("the loop ends when nothing is killed")


if __name__ == "__main__":
    sys.addaudithook(watch)
    for line in sys.stdin.read().splitlines():
        name, place, *words = line.split()
        print(name, kill_everywhere(name, Path(place), words), flush=True)
