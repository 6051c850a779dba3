"""Train the net of a solver file, test it on the way, and write snapshots."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from framework.cli import app, devices, gflags
from framework.cli.signals import EFFECTS, Signals
from framework.errors import CaffeError, WeightsError

if TYPE_CHECKING:       # they would import torch before the flags are read
    from framework.definition.prototxt import Document
    from framework.proto import SolverParameter
    from framework.solver.solver import Solver


def make_parser(program: str = "tools/train") -> argparse.ArgumentParser:
    """The flags; `program` is the name that the help shows."""
    parser = argparse.ArgumentParser(
        prog=program, description=__doc__,
        epilog=f"example: {program} solver.prototxt --weights vgg16.caffemodel --gpu 0")
    parser.add_argument("file", nargs="?", default="", metavar="SOLVER",
                        help="the solver's prototxt")
    parser.add_argument("--solver", default="", metavar="FILE",
                        help="the solver's prototxt, as the original's program takes it")
    parser.add_argument("--weights", default="", metavar="FILE,...",
                        help="weights to start from, by layer name; later files override")
    parser.add_argument("--snapshot", default="", metavar="FILE|auto",
                        help="solver state to resume from; auto: the newest complete one of the "
                             "run that began last, or from the start if there is no state")
    parser.add_argument("--iterations", type=int, metavar="N",
                        help="instead of the solver's max_iter")
    devices.add_flags(parser, "CUDA devices; several train data-parallel with a larger batch")
    devices.add_log_flags(parser)
    devices.add_training_flags(parser)
    parser.add_argument("--keep", type=devices.count_flag, default=0, metavar="N",
                        help="keep the newest N snapshots of this run and remove its older ones "
                             "(default: all)")
    app.add_state_flags(parser)
    parser.add_argument("--skip-mismatch", action="store_true",
                        help="leave out layers of --weights whose shapes differ")
    app.add_net_flags(parser)
    app.add_image_flags(parser)
    parser.add_argument("--tensorboard", default="", metavar="DIR",
                        help="write losses, rates, scores, histograms, images with boxes, the "
                             "graph and the settings there for TensorBoard")
    parser.add_argument("--tensorboard-every", type=devices.count_flag, default=500, metavar="N",
                        help="iterations between histograms of weights, gradients and "
                             "activations, and images of the batch; 0: none (default: %(default)s)")
    parser.add_argument("--log-json", default="", metavar="FILE",
                        help="append the log there as JSON, a line an event")
    parser.add_argument("--no-report", action="store_true",
                        help="write no report at the end; there is one only after the training of "
                             "a folder of `caffe new` that no signal stopped")
    parser.add_argument("--sigint-effect", choices=EFFECTS, default="stop",
                        help="what Ctrl-C does (default: %(default)s)")
    parser.add_argument("--sighup-effect", choices=EFFECTS, default="snapshot",
                        help="what SIGHUP does (default: %(default)s)")
    return parser


def main(arguments: Sequence[str] | None = None, program: str = "tools/train",
         stopped: threading.Event | None = None) -> int:
    """Run the program; returns its exit code.

    stopped  is set if a signal ended the training
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = make_parser(program)
    parser.set_defaults(wrong_flags=parser.error)
    stopped = stopped or threading.Event()
    return app.run(lambda options: train(options, given, stopped), parser, given)


def train(options: argparse.Namespace, arguments: list[str], stopped: threading.Event) -> int:
    """Train; `arguments` are those that `options` were read from, `stopped` as for `main`."""
    if bool(options.file) == bool(options.solver):
        options.wrong_flags("the solver file must be given once, as an argument or by --solver")
    options.solver = options.solver or options.file
    if options.weights and options.snapshot and options.snapshot != "auto":
        raise CaffeError("--weights and --snapshot exclude each other: a solver state names its "
                         "weights")
    signals = Signals(options.sigint_effect, options.sighup_effect)
    if devices.several(options):
        count = len(devices.gpus(options.gpu))
        code = devices.start_ranks("framework.cli.train", arguments, count, signals.note)
        _pass_on(signals, stopped)
        return code
    document = read_document(options)
    _check_weights(options.weights)
    place = devices.prepare(options, wished_gpu(document.message))
    try:
        with signals:
            warn_of_missing_gpu(document, options, place)
            solver = make_solver(document, options, place, signals)
            if place.rank == 0:
                log_start(solver)
            solver.solve()
            solver.close()
    finally:
        devices.leave(place)
    devices.end(place)
    _pass_on(signals, stopped)
    return 0


def _check_weights(paths: str) -> None:
    """WeightsError for a file that is not there, before nets are built, which may take a minute."""
    for path in paths.split(","):
        try:
            os.stat(path.strip() or os.curdir)      # an empty name is said by what loads them
        except OSError as error:
            raise WeightsError(f"{path.strip()}: cannot be read: {error.strerror}") from None


def _pass_on(signals: Signals, stopped: threading.Event) -> None:
    if signals.has_stop:
        stopped.set()


def read_document(options: argparse.Namespace) -> Document:
    """The solver file, changed as the flags say."""
    # lazy: --help does without it
    from framework.net.reading import read_solver

    document = read_solver(options.solver, options.ignore_unknown_fields)
    gflags.check_count("--iterations", options.iterations, 0)
    if options.iterations is not None:
        document.message.max_iter = options.iterations
    set_states(options, document.message)
    return document


def wished_gpu(param: SolverParameter) -> int | None:
    """The CUDA device that a SolverParameter asks for, by default 0; None for solver_mode: CPU."""
    # lazy: --help does without it
    from framework.proto import enum_name

    return param.device_id if enum_name(param, "solver_mode") == "GPU" else None


def warn_of_missing_gpu(document: Document, options: argparse.Namespace,
                        place: devices.Place) -> None:
    """Say that the run is on the CPU although the solver file itself asks for a GPU."""
    # lazy: --help does without it
    from framework.logs.log import Log

    param = document.message
    is_asked = param.HasField("solver_mode") and wished_gpu(param) is not None
    if is_asked and place.device == "cpu" and not options.gpu:
        Log(enabled=place.rank == 0, folder=options.log_dir).warning(str(document.error(
            "solver_mode", "is GPU, but torch sees no CUDA device here: the run is on the CPU")))


def make_solver(document: Document, options: argparse.Namespace, place: devices.Place,
                signals: Signals) -> Solver:
    """The Solver of a document, as the flags say."""
    # lazy: --help does without it
    from framework.logs.log import Log
    from framework.logs.recorder import JsonLines, Recorder
    from framework.report.board import Board
    from framework.solver.gradients import Execution
    from framework.solver.solver import Solver

    recorders: list[Recorder] = []
    if options.log_json and place.rank == 0:
        recorders.append(JsonLines(options.log_json))
    board = None
    if options.tensorboard and place.rank == 0:
        board = Board(options.tensorboard, options.tensorboard_every)
        recorders.append(board)
    log = Log(enabled=place.rank == 0, folder=options.log_dir, recorders=recorders)
    solver = Solver(document, weights=options.weights or None, snapshot=options.snapshot or None,
                    device=place.device, seed=options.seed, workers=options.workers,
                    rank=place.rank, world_size=place.world_size, keep=options.keep,
                    skip_mismatch=options.skip_mismatch,
                    execution=Execution(options.precision, options.compile, options.channels_last),
                    ignore_unknown_fields=options.ignore_unknown_fields, actions=signals.action,
                    log=log, wait=time.sleep)
    if board is not None:
        board.watch(solver)
    return solver


def log_start(solver: Solver) -> None:
    """Log what trains: device, threads, parameters, images and boxes."""
    # lazy: --help does without it
    from framework.report.run_summary import run_summary

    for line in run_summary(solver.net, solver.test_nets, list(solver.param.test_iter)):
        solver.log.info(line)


def set_states(options: argparse.Namespace, param: SolverParameter) -> None:
    """Put --level and --stage into the states of all nets of a SolverParameter."""
    stages = app.stages([options.stage])
    if not stages and options.level is None:
        return
    while len(param.test_state) < len(param.test_iter):
        param.test_state.add()
    for state in [param.train_state, *param.test_state]:
        state.stage.extend(stages)
        if options.level is not None:
            state.level = options.level


if __name__ == "__main__":
    sys.exit(main())
