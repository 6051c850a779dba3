"""Flags for a folder of `caffe new`, the argument of `caffe train FOLDER` and other commands.

Its files name one another by paths relative to it. So training, testing and checking work in it,
and paths that the user gives beside it are made absolute first.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from framework.cli import app, gflags
from framework.errors import CaffeError
from framework.project.names import (
    CLASSIFIER,
    DEPLOY,
    DETECTOR,
    LABEL_MAP,
    SEGMENTER,
    SOLVER,
    TRAIN_TEST,
    check_project,
    is_project,
    kind_of,
)

REPORT = "report"
FOLDERS = {"detect": "detections", "segment": "segmentations"}     # what a command writes into
WORKING_INSIDE = ("train", "test", "check_data", "report")
# the kind of folder that a command takes
USES = {"detect": DETECTOR, "classify": CLASSIFIER, "segment": SEGMENTER}
COMMANDS = (*WORKING_INSIDE, *USES, "export")
FOLDER_OR_MODEL = ("test", "report", *USES, "export")       # what they need one of
PATH_FLAGS = ("weights", "snapshot", "log_dir", "tensorboard", "plot", "show", "log", "out",
              "solver")
SAME_FLAG = {"label_map_file": "labelmap"}
LOGS = "log"
KEPT_FOR_REPORT = ("gpu", "workers", "level", "stage", "max_pixels")
SUFFIXES = {"onnx": ".onnx", "torch": ".pt2", "ncnn": ".param"}


@contextlib.contextmanager
def flags_of(command: str, given: Sequence[str]) -> Iterator[list[str]]:
    """The flags of a command whose first argument is a folder, in the working folder for them.

    Other arguments are given back as they are. CaffeError for a folder without weights where they
    are needed, and for one that `caffe new` did not make where nothing else can be meant.
    """
    folder = Path(given[0]) if given else Path()
    if command in FOLDER_OR_MODEL and _is_lost_folder(given):
        raise CaffeError(f"{folder}: there is no such folder; `caffe new` makes one, and "
                         f"`caffe {command} --help` tells the other forms")
    if command not in COMMANDS or not given or not os.path.isdir(folder):
        yield list(given)
        return
    if not is_project(folder):
        if command in ("train", "test", "report", "export"):
            check_project(folder, f"; `caffe {command} --help` tells the other forms")
        yield list(given)
        return
    rest = list(given[1:])
    if command not in WORKING_INSIDE:
        yield _with_weights(command, folder, rest)
        return
    flags = _absolute(rest)
    if command == "test" and not _has(rest, "weights", "snapshot"):
        _newest_weights(folder)         # says in words of the folder that there are none
        flags = ["--snapshot", "auto", *flags]
    if command == "train" and not _has(rest, "log_dir"):
        flags = ["--log_dir", LOGS, *flags]
    if command == "report":
        flags = [*_for_report(folder, rest), *flags]
    with contextlib.chdir(folder):
        if command in ("train", "test") and not _has(rest, "solver"):
            flags = ["--solver", SOLVER, *flags]
        yield [SOLVER, *flags] if command == "check_data" else flags


def report_after_training(given: Sequence[str], was_stopped: bool) -> None:
    """Write the report of the folder that `caffe train` was given, unless --no-report is.

    was_stopped  a signal ended the training: who sent it waits for the end, and soon kills
    Why there is none is said in a line: the training is done all the same.
    """
    if not given or not os.path.isdir(given[0]) or _has(given, "no_report") \
            or os.environ.get("WORLD_SIZE", "1") != "1":       # started by torchrun
        return
    if was_stopped:
        app.complain(f"no report: the training was stopped; `caffe report {given[0]}` writes one")
        return
    flags = [given[0]]
    for name in KEPT_FOR_REPORT:
        if value := _value(given, name):
            flags += [f"--{name}", value]
    if logs := _value(given, "log_dir"):
        flags += ["--log", logs]
    # lazy: other commands do without it
    from framework.cli import report

    try:
        with flags_of("report", flags) as found:
            report.main_after_training(found)
    except CaffeError as error:         # a training of 0 iterations has no weights
        app.complain(f"no report: {error}")


def _for_report(folder: Path, rest: list[str]) -> list[str]:
    """The flags of report that the user did not give, for the folder as working folder."""
    # lazy: torch costs 1.9 s, and only this needs it
    from framework.net.reading import read_solver

    version = read_solver(folder / SOLVER).message.ap_version
    defaults = {"model": TRAIN_TEST, "deploy": DEPLOY, "ap_version": version, "out": REPORT,
                "labelmap": LABEL_MAP}
    if not _has(rest, "weights"):
        defaults["weights"] = os.path.relpath(_newest_weights(folder), folder)
    if not _has(rest, "log") and os.path.isdir(folder / LOGS):
        defaults["log"] = LOGS
    return [word for name, value in defaults.items() if not _has(rest, name)
            for word in (f"--{name}", value)]


def _with_weights(command: str, folder: Path, rest: list[str]) -> list[str]:
    """The flags of detect, classify and export: those that the user did not give, and the user's.

    CaffeError for a folder of another kind than the command is for.
    """
    kind = kind_of(folder)
    if command in USES and kind != USES[command]:
        other = next((name for name, own in USES.items() if own == kind), "export")
        raise CaffeError(f"{folder}: is a {kind}'s folder; `caffe {other} {folder}` is for it")
    defaults = {"model": folder / DEPLOY}
    if command == "export":
        suffix = SUFFIXES.get(_value(rest, "to") or "onnx", ".onnx")
        defaults["out"] = folder / f"{kind}{suffix}"
    else:
        defaults["labelmap"] = folder / LABEL_MAP
    if command in FOLDERS:
        defaults["out"] = folder / FOLDERS[command]
    flags = [word for name, path in defaults.items() if not _has(rest, name)
             for word in (f"--{name}", str(path))]
    if not _has(rest, "weights"):
        flags += ["--weights", str(_newest_weights(folder))]
    return [*flags, *rest]


def _is_lost_folder(words: Sequence[str]) -> bool:
    """Whether the first word is a name that no file has, where nothing else names a net.

    Flags may be shortened: --mod is --model.
    """
    names_net = any(full.startswith(name) for full in ("model", "solver", "detections", "help")
                    for name in map(_name_of, words) if name)
    return bool(words) and not words[0].startswith("-") and not names_net \
        and not Path(words[0]).suffix and not os.path.lexists(words[0])


def _newest_weights(folder: Path) -> Path:
    """The weights of the newest snapshot. CaffeError if there is none."""
    # lazy: torch costs 1.9 s, and only this needs it
    from framework.project.folder import newest_weights

    return newest_weights(folder)


def _name_of(word: str) -> str:
    """The name of a flag, in any spelling; "" for another word."""
    is_flag = word.startswith("-") and len(word) > 2
    name = gflags.underscored(word.partition("=")[0]) if is_flag else ""
    return SAME_FLAG.get(name, name)


def _has(words: Sequence[str], *names: str) -> bool:
    return any(_name_of(word) in names for word in words)


def _value(words: Sequence[str], name: str) -> str:
    for index, word in enumerate(words):
        if _name_of(word) == name:
            after = words[index + 1] if index + 1 < len(words) else ""
            return word.partition("=")[2] or after
    return ""


def _absolute(words: Sequence[str]) -> list[str]:
    """The words with the paths of PATH_FLAGS made absolute. CaffeError for an empty one."""
    found = []
    wanted_by = ""      # the flag whose value the word is
    for word in words:
        name = _name_of(word)
        flag, equals, value = word.partition("=")
        if wanted_by:
            word = _absolute_path(wanted_by, word)
        elif name in PATH_FLAGS and equals:
            word = f"{flag}={_absolute_path(name, value)}"
        wanted_by = name if name in PATH_FLAGS and not equals else ""
        found.append(word)
    return found


def _absolute_path(flag: str, value: str) -> str:
    """Of files with commas between them each one; `auto` is not a file."""
    if not value:
        raise CaffeError(f"--{flag} is empty; it wants a path, or is left out")
    return value if value == "auto" else ",".join(map(os.path.abspath, value.split(",")))
