"""What every program does: parse its flags, run, and turn mistakes of users into one line."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence

from framework.cli import gflags
from framework.errors import CaffeError, failure

# how torch on a CPU and OpenCV say it; on a GPU torch has a class for it
OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "Insufficient memory")
NEEDED = ("torch", "google", "yaml", "numpy", "lmdb", "cv2", "numba", "simplejpeg")
Main = Callable[[argparse.Namespace], "int | None"]


def run(main: Main, parser: argparse.ArgumentParser, argv: Sequence[str] | None = None) -> int:
    """Parse `argv` (by default the command line's), call `main`, and return its exit code.

    Flags may be spelt as gflags has them: -solver x, --solver=x, underscores or hyphens.
    A CaffeError, or an OSError on a user's file, becomes `error: ...` on stderr and exit code 1;
    with --debug it keeps its traceback. Ctrl-C ends with 130, wrong flags with 2.
    """
    parser.allow_abbrev = False
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    given = list(sys.argv[1:] if argv is None else argv)
    options = parser.parse_args(gflags.normalise(parser, given))
    # Threads that wait for others of their team, to be told before torch is loaded: spinning,
    # they take the core that the others need. Two threads on two cores that the data thread and
    # other programs use too: 100 iterations of ssd_shapes in 33 to 179 s, so in 13 to 26 s.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # numpy multiplies only small matrices here, and its threads spin too
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        import_modules(getattr(options, "modules", ()))
        return main(options) or 0
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        if options.debug:
            raise
        print("interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        line = describe(error)
        if options.debug or not line:
            raise
        sys.stdout.flush()
        print(f"error: {line}", file=sys.stderr)
        return 1


def exhausted(error: Exception) -> str:
    """The sentence about an error that says the machine has too little; "" for other errors."""
    text = (str(error) or type(error).__name__).splitlines()[0]
    if isinstance(error, RecursionError):
        return f"something is nested too deeply: {text}; --debug shows where"
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" \
            or any(words in text for words in OUT_OF_MEMORY):
        return f"there is not enough memory: {text}; --debug shows where"
    return ""


def add_net_flags(parser: argparse.ArgumentParser) -> None:
    """Flags of every program that builds nets."""
    parser.add_argument("--import", dest="modules", action="append", default=[], metavar="MODULE",
                        help="a Python module with layers of your own (@layer or caffe.Layer "
                             "classes); found as Python finds modules, and in the working "
                             "directory")
    parser.add_argument("--ignore-unknown-fields", action="store_true",
                        help="go on without fields that are not known, naming each")


def import_modules(names: Sequence[str]) -> None:
    """Import the user's modules, so that their layers stand in the table."""
    if not names:
        return
    from framework.pycaffe.importing import standing_in  # lazy: torch comes with it

    for name in names:
        sys.path.append(os.getcwd())
        try:
            with standing_in():
                importlib.import_module(name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:      # SystemExit too: it would end the program unsaid
            raise CaffeError(f"--import {name}: {failure(error)}") from error
        finally:
            sys.path.pop()


def describe(error: Exception) -> str:
    """The text of the line; system errors begin with the file. "" for a fault of our own."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    if isinstance(error, CaffeError | OSError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in NEEDED:
        return (f"this Python ({sys.executable}) has no {error.name}: `source .venv/bin/activate` "
                "after `make`, or `pip install .`")
    return exhausted(error)
