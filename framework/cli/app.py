"""Entry point of all programs: parse flags, run, print user errors in one line, exit code."""

from __future__ import annotations

import argparse
import contextlib
import errno
import functools
import importlib
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from framework.cli import gflags, given_flags, glog_flags, missing_package
from framework.data.records import image_size
from framework.errors import CaffeError, DataError, failure, first_line
from framework.system.atomic import in_the_way
from framework.system.wording import shortened

# how torch on a CPU and OpenCV say it; on a GPU torch has a class for it
OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "Insufficient memory")
Main = Callable[[argparse.Namespace], "int | None"]


class Flags(list[str]):
    """The words after the name of a program that was called in another way than by its own file."""

    def __init__(self, words: Sequence[str], program: str):
        super().__init__(words)
        self.program = program


def run(main: Main, parser: argparse.ArgumentParser, argv: Sequence[str] | None = None) -> int:
    """Parse `argv` (by default the command line's), call `main`, and return its exit code.

    Flags may be spelt as gflags has them: -solver x, --solver=x, underscores or hyphens.
    A CaffeError, or an OSError on a user's file, becomes `error: ...` on stderr and exit code 1;
    with --debug it keeps its traceback. Ctrl-C ends with 130, wrong flags with 2, and a closed
    output pipe (`| head`) without a message.
    """
    open_standard_streams()
    parser.allow_abbrev = False
    if isinstance(argv, Flags):
        parser.epilog = (parser.epilog or "").replace(parser.prog, argv.program)
        parser.prog = argv.program
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    given = list(sys.argv[1:] if argv is None else argv)
    _refuse_empty_paths(parser)
    try:
        given, variables = glog_flags.take(parser, given)
        words = gflags.normalise(parser, given)
        options = given_flags.parse(parser, words)
        given_flags.check(parser, words)
    except CaffeError as error:
        complain(f"error: {error}")
        return 1
    # Threads that wait for others of their team, to be told before torch is loaded: spinning,
    # they take the core that the others need. Two threads on two cores that the data thread and
    # other programs use too: 100 iterations of ssd_shapes in 33 to 179 s, so in 13 to 26 s.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # numpy multiplies only small matrices here, and its threads spin too
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        with _pixels_allowed(getattr(options, "max_pixels", None)), glog_flags.in_force(variables):
            return _guarded(main, options)
    finally:
        drop_unwritable()


def _refuse_empty_paths(parser: argparse.ArgumentParser) -> None:
    """Make "" an error where a path is given: pathlib takes it for the working folder, so that a
    script's empty variable would let a program write there.

    ROOTFOLDER may be empty, as the original's programs have it for lists of whole paths.
    """
    for action in parser._actions:
        is_path = action.type is Path or action.dest in ("out", "target")
        if is_path and action.dest != "rootfolder":
            name = next(iter(action.option_strings), None) or str(action.metavar)
            action.type = functools.partial(_path, name, action.type)


def _path(name: str, kind: object, text: str) -> object:
    """A Path if `kind` is that, else the text. CaffeError, with the flag's name, if it is empty."""
    if not text:
        raise CaffeError(f"{name} is empty; it must be a path")
    return Path(text) if kind is Path else text


def _guarded(main: Main, options: argparse.Namespace) -> int:
    """The exit code of `main`, whose mistakes become lines."""
    try:
        take_python2(getattr(options, "python2", False))
        import_modules(getattr(options, "modules", ()))
        take_dialect(getattr(options, "dialect", None))
        take_stubs(getattr(options, "stub", ()))
        allow_modules(getattr(options, "allowed", ()))
        code = main(options) or 0
        if not code and getattr(options, "stub", None):
            warn_of_unmet_stubs()
        sys.stdout.flush()      # here a full disk is an error, and not at the interpreter's end
        return code
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        if options.debug:
            raise
        complain("interrupted")
        return 130
    except Exception as error:
        line = describe(error)
        if options.debug or not line:
            raise
        complain(f"error: {line}")
        return 1


def exhausted(error: Exception) -> str:
    """The sentence about an error that says the machine has too little; "" for other errors."""
    text = first_line(error)
    if isinstance(error, RecursionError):
        return f"something is nested too deeply: {text}; --debug shows where"
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" \
            or any(words in text for words in OUT_OF_MEMORY):
        return f"there is not enough memory: {text}; --debug shows where"
    return ""


def open_standard_streams() -> None:
    """Replace standard streams that were closed (`2>&-`) by /dev/null: the next file that is
    opened, a database say, would get their number, and what libraries print there."""
    number = os.open(os.devnull, os.O_RDWR)
    while number <= 2:
        os.set_inheritable(number, True)
        number = os.dup(number)
    os.close(number)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", closefd=False)


def complain(message: str) -> None:
    """Print a line on stderr, if that is still open, after flushing stdout."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    with contextlib.suppress(OSError, ValueError):
        print(message, file=sys.stderr, flush=True)


def drop_unwritable() -> None:
    """Discard what a lost stream still holds: the interpreter would complain of it at its end,
    and exit with another code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def stages(words: Sequence[str]) -> tuple[str, ...]:
    """The stages of --stage, given several times or with commas."""
    return tuple(stage for word in words for stage in word.split(",") if stage)


def add_net_flags(parser: argparse.ArgumentParser) -> None:
    """Flags of every program that builds nets."""
    parser.add_argument("--import", dest="modules", action="append", default=[], metavar="MODULE",
                        help="a Python module with layers of your own (@layer or caffe.Layer "
                             "classes); found as Python finds modules, and in the working "
                             "directory")
    parser.add_argument("--dialect", metavar="NAME",
                        help="read layer types that a project reads in its own way as that one "
                             "does: age-distributions, bottom-up-attention, caffe-td, "
                             "class-agnostic, dark2caffe, faceboxes, intel, no-sqrt, openvino, "
                             "quadrilaterals, region-batches, rotated-boxes, sal-ensemble, sstd or "
                             "textboxes (default: as the original does; as a project does only "
                             "where the net cannot be built otherwise)")
    parser.add_argument("--stub", action="append", default=[], metavar="TYPE=SHAPE",
                        help="go on with an unknown layer type whose tops have a shape: "
                             "TYPE=as_bottom, TYPE=8x3x16x16, or TYPE=8x21;8x84 for several tops; "
                             "layers of the type that nothing reads are left out of runs, others "
                             "end them")
    parser.add_argument("--allow-module", dest="allowed", action="append", default=[],
                        metavar="MODULE", help="a Python package whose modules Torch layers may "
                        "make, as torchvision or timm; without it a net file runs no code")
    parser.add_argument("--python2", action="store_true",
                        help="run Python layers and modules that are written for Python 2 (print, "
                             "xrange, whole divisions, cPickle, yaml.load, np.int), naming what "
                             "is read otherwise than it is written")
    parser.add_argument("--ignore-unknown-fields", action="store_true",
                        help="go on without fields that are not known, naming each")


def add_state_flags(parser: argparse.ArgumentParser, phase: str | None = None) -> None:
    """Add the flags of a net's state, which choose its layers; `phase` is its default, if it has
    a flag."""
    if phase is not None:
        parser.add_argument("--phase", type=str.upper, choices=("TRAIN", "TEST"), default=phase,
                            help="phase of the net (default: %(default)s)")
    parser.add_argument("--level", type=int, metavar="N", help="level of the net state")
    parser.add_argument("--stage", default="", metavar="NAME,...", help="stages of the net state")


def add_image_flags(parser: argparse.ArgumentParser) -> None:
    """The flag of every program that decodes images; `run` obeys it."""
    parser.add_argument(image_size.FLAG, type=gflags.whole_number(1, image_size.OPENCV_MAX_PIXELS),
                        metavar="N", help="an image may have N pixels; a larger one is a bad "
                        f"record (default: {image_size.MAX_PIXELS})")


def add_jobs_flag(parser: argparse.ArgumentParser) -> None:
    """The flag of programs that decode or draw images in threads."""
    parser.add_argument("--jobs", type=gflags.whole_number(0, 1024), metavar="N", default=0,
                        help="threads (default: one a core)")


def add_drawing_flags(parser: argparse.ArgumentParser) -> None:
    """Flags of every program that draws a data set into OUT."""
    parser.add_argument("--seed", type=gflags.whole_number(0, 2**63), metavar="N", default=1,
                        help="seed of the images (default: %(default)s)")
    parser.add_argument("--redo", action="store_true", help="replace OUT if it exists")
    add_jobs_flag(parser)


def add_transform_flags(parser: argparse.ArgumentParser) -> None:
    """Flags that replace what a net says of its images; `mean_of` reads the first."""
    parser.add_argument("--mean", metavar="VALUES|FILE",
                        help="values with commas, 104,117,123 say, or a mean file")
    parser.add_argument("--scale", type=float, metavar="N",
                        help="factor after the subtraction of the mean, 0.017 say")
    parser.add_argument("--size", type=input_size, metavar="HEIGHTxWIDTH",
                        help="size of the net's input (default: that of the net)")


def input_size(text: str) -> tuple[int, int]:
    """`300x300` or `300`: height and width."""
    parts = text.lower().split("x")
    if not all(part.isascii() and part.isdecimal() for part in parts) or len(parts) > 2:
        raise argparse.ArgumentTypeError(f"'{text}' must be HEIGHTxWIDTH, 300x300 say")
    height = int(parts[0])
    width = int(parts[-1])
    if height * width == 0:
        raise argparse.ArgumentTypeError(f"'{text}' has no pixels")
    return height, width


def mean_of(text: str | None) -> list[float] | str | None:
    """The value of --mean: numbers by commas, or the path of a file. DataError for other text."""
    if text is None or os.path.isfile(text):
        return text
    try:
        values = [float(word) for word in text.split(",")]
    except ValueError:
        raise DataError(f"--mean is '{shortened(text)}', which is neither a file that is there nor "
                        "numbers with commas between them") from None
    if not all(map(math.isfinite, values)):
        raise DataError(f"--mean is '{shortened(text)}'; it must be finite numbers")
    return values


@contextlib.contextmanager
def _pixels_allowed(number: int | None) -> Iterator[None]:
    """Let images have `number` pixels, here and in processes that are started; None: no change."""
    before = os.environ.get(image_size.LIMIT)
    if number is not None:
        os.environ[image_size.LIMIT] = str(number)
    try:
        yield
    finally:
        if number is not None:
            del os.environ[image_size.LIMIT]
            if before is not None:
                os.environ[image_size.LIMIT] = before


def take_python2(is_wanted: bool) -> None:
    """Run modules of the user's as Python 2."""
    if is_wanted:
        from framework.layers.python.python2 import enable_python2  # lazy: few need it

        enable_python2()


def import_modules(names: Sequence[str]) -> None:
    """Import the user's modules, so that their layers are registered."""
    if not names:
        return
    from framework.layers.python.importing import standing_in  # lazy: torch comes with it

    for name in names:
        if name.endswith(".py") or os.sep in name:
            module = Path(name).stem
            raise CaffeError(f"--import {name}: is a file; give the name of its module, {module}, "
                             "with its folder as working directory or in PYTHONPATH")
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


def take_dialect(name: str | None) -> None:
    """Read types as the project `name` does; None: as the original."""
    if name is None:
        return
    if not name:
        raise CaffeError("--dialect is empty; it must be the name of a project, as in --help")
    from framework.layers.dialects import choose_dialect  # lazy: torch comes with it

    choose_dialect(name)


def take_stubs(flags: Sequence[str]) -> None:
    """Stub the types of flags `TYPE=SHAPE`."""
    if not flags:
        return
    from framework.layers.stub import stub_layer  # lazy: torch comes with it

    for flag in flags:
        kind, mark, shape = flag.partition("=")
        if not mark:
            raise CaffeError(f"--stub {flag}: it must be TYPE=as_bottom or TYPE=SHAPE")
        if any(other.startswith(f"{kind}=") and other != flag for other in flags):
            raise CaffeError(f"--stub {flag}: the type has another shape in a second --stub")
        stub_layer(kind, shape)


def warn_of_unmet_stubs() -> None:
    """Say on stderr which --stub was for a type that no layer has."""
    from framework.layers.stub import unmet_stubs  # lazy: torch comes with it

    for kind in unmet_stubs():
        complain(f"warning: --stub {kind}: no layer has this type")


def allow_modules(names: Sequence[str]) -> None:
    """Let Torch layers make modules of these packages."""
    if not names:
        return
    from framework.layers.python.torch_modules import allow_module  # lazy: torch comes with it

    for name in names:
        allow_module(name)


def describe(error: Exception) -> str:
    """The text of the line; system errors begin with the file. "" for a fault of our own."""
    if isinstance(error, OSError) and in_the_way(error):
        return f"{os.fsdecode(error.filename)}: is a file, not a folder"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"the output cannot be written: {error.strerror}"
    if isinstance(error, CaffeError | OSError):
        return str(error)
    return missing_package(error) or exhausted(error)
