"""Take the flags that gflags and glog themselves give each of the original's programs.

Those with a meaning here get it; the others are taken with one warning, so that a script of the
original's runs on. glog reads each of its settings from `GLOG_<name>` of the environment too.
Source: gflags.cc and gflags_reporting.cc of gflags 2.2, logging.cc of glog 0.3 to 0.6 (names,
kinds, forms); caffe.cpp and common.cpp (GlobalInit) of BVLC.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import os
from collections.abc import Collection, Iterator, Sequence

from framework.cli import given_flags
from framework.cli.gflags import underscored
from framework.errors import CaffeError
from framework.system.regular import read_regular
from framework.system.wording import shortened

# the original's programs that parse their flags with gflags
PROGRAMS = ("train", "test", "time", "device_query", "compute_image_mean", "convert_annoset",
            "convert_imageset", "create_label_map", "get_image_size")
OF_CAFFE = PROGRAMS[:4]
SWITCHES = frozenset((
    "alsologtostderr", "colorlogtostderr", "colorlogtostdout", "drop_log_memory", "log_prefix",
    "log_utc_time", "log_year_in_prefix", "logtostderr", "logtostdout",
    "stop_logging_if_full_disk", "symbolize_stacktrace", "timestamp_in_logfile_name"))
WITH_VALUE = frozenset((
    "alsologtoemail", "log_backtrace_at", "log_dir", "log_link", "logbuflevel", "logbufsecs",
    "logcleansecs", "logemaillevel", "logfile_mode", "logmailer", "max_log_size", "minloglevel",
    "stderrthreshold", "v", "vmodule", "tab_completion_columns", "tab_completion_word"))
HELPS = frozenset(("helpfull", "helpshort", "helppackage", "helpxml"))
HELPS_WITH_VALUE = frozenset(("helpon", "helpmatch"))
OF_FILES = frozenset(("flagfile", "fromenv", "tryfromenv", "undefok"))
LEVELS = 4                  # INFO, WARNING, ERROR, FATAL
LEVEL = "GLOG_minloglevel"  # the variable that a Log reads
MAX_BYTES = 1 << 20         # of a file of flags
MAX_DEPTH = 20              # files of flags that name others


def take(parser: argparse.ArgumentParser, words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The words without flags of gflags and glog that the parser has not, and the variables to set
    for the run. CaffeError for a flag without its value, and for a file that cannot be read.

    Says on stderr which flags have no effect. Programs that the original has not keep their words.
    """
    program = parser.prog.replace("/", " ").split(" ")[-1]
    if program not in PROGRAMS:
        return list(words), {}
    known = set(map(underscored, parser._option_string_actions))
    taken = _Taken(known, "caffe" if program in OF_CAFFE else program)
    taken.read(words, 0)
    if taken.idle:
        names = ", ".join(f"-{name}" for name in dict.fromkeys(taken.idle))
        given_flags.warn(f"{names}: taken, as the original's programs do, but without effect here")
    return _without(taken.left, known, taken.allowed), taken.variables


class _Taken:
    """What the words said: those that are `left`, `variables`, flags without effect (`idle`), and
    the names that may be unknown (`allowed`); `program` is that of the original."""

    def __init__(self, known: Collection[str], program: str):
        self.known = known
        self.program = program
        self.left: list[str] = []
        self.variables: dict[str, str] = {}
        self.idle: list[str] = []
        self.allowed: set[str] = set()

    def read(self, words: Sequence[str], depth: int) -> None:
        """Sort the words; `depth` files of flags are open."""
        left = iter(words)
        for word in left:
            if word == "--":
                self.left += [word, *left]
                return
            name, equals, value = word.partition("=")
            plain = underscored(name)
            if not name.startswith("-") or plain in self.known:
                self.left.append(word)
            elif plain in HELPS or plain in HELPS_WITH_VALUE:
                self.left.append("--help")
                return
            elif plain in WITH_VALUE or plain in OF_FILES:
                found = value if equals else next(left, None)
                if found is None:
                    raise CaffeError(f"{name} is given without its value")
                self._set(plain, found, depth)
            elif plain in SWITCHES or plain.removeprefix("no") in SWITCHES:
                self.idle.append(plain)
            else:
                self.left.append(word)

    def _set(self, name: str, value: str, depth: int) -> None:
        if name == "minloglevel":
            self.variables[LEVEL] = str(_level(value))
        elif name == "flagfile":
            for path in filter(None, value.split(",")):
                self.read(_flags_of(path, self.program, depth), depth + 1)
        elif name in ("fromenv", "tryfromenv"):
            self.read(_from_environment(name, value), depth)
        elif name == "undefok":
            self.allowed.update(map(underscored, value.split(",")))
        else:
            self.idle.append(name)


def _level(text: str) -> int:
    try:
        level = int(text)
    except ValueError:
        level = -1
    if not 0 <= level < LEVELS:
        raise CaffeError(f"-minloglevel is '{shortened(text)}'; it must be from 0, for all lines, "
                         f"over 1, for warnings, to {LEVELS - 1}")
    return level


def _flags_of(path: str, program: str, depth: int) -> list[str]:
    """The flags of a file, one a line; # begins a comment. A line of other words is patterns of
    program names, and the lines after it are for those programs alone."""
    if depth >= MAX_DEPTH:
        raise CaffeError(f"-flagfile {path}: {MAX_DEPTH} such files name one another")
    try:
        lines = os.fsdecode(read_regular(path, MAX_BYTES)).splitlines()
    except OSError as error:
        raise CaffeError(f"-flagfile {path}: cannot be read: {error.strerror or error}") from None
    flags = []
    is_for_us = True
    for line in map(str.strip, lines):
        if line.startswith("-"):
            flags += [line] if is_for_us else []
        elif line and not line.startswith("#"):
            is_for_us = any(fnmatch.fnmatchcase(program, one) for one in line.split())
    return flags


def _from_environment(flag: str, names: str) -> list[str]:
    """`--name=value` for each name, from the variable FLAGS_name. CaffeError for one that is not
    there, but with tryfromenv."""
    found = []
    for name in filter(None, names.split(",")):
        value = os.environ.get(f"FLAGS_{name}")
        if value is not None:
            found.append(f"--{name}={value}")
        elif flag == "fromenv":
            raise CaffeError(f"-fromenv: '{name}' has no variable FLAGS_{name} in the environment")
    return found


def _without(words: list[str], known: Collection[str], allowed: Collection[str]) -> list[str]:
    """The words without unknown flags that -undefok allows, written with `=` or alone."""
    def is_allowed(name: str) -> bool:
        return name not in known and (name in allowed or name.removeprefix("no") in allowed)

    return [word for word in words
            if not word.startswith("-") or not is_allowed(underscored(word.partition("=")[0]))]


@contextlib.contextmanager
def in_force(variables: dict[str, str]) -> Iterator[None]:
    """Set variables of the environment, here and in processes that are started."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
