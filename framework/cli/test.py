"""Score a net on its data: the mean of every output, and average precision by class for
outputs of DetectionEvaluate.

    test --model NET --weights W --iterations N
    test --solver SOLVER --weights W        as the solver's test nets say
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from framework.cli import app, machine
from framework.errors import CaffeError

VERSIONS = ("11point", "MaxIntegral", "Integral")


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="test", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="", metavar="FILE", help="the net's prototxt")
    parser.add_argument("--solver", default="", metavar="FILE",
                        help="a solver's prototxt, instead of --model")
    parser.add_argument("--weights", default="", metavar="FILE,...", help="weights, by layer name")
    parser.add_argument("--snapshot", default="", metavar="FILE|auto",
                        help="with --solver: a solver state, instead of --weights")
    parser.add_argument("--iterations", type=int, metavar="N",
                        help="batches to score (default: 50, or the solver's test_iter)")
    parser.add_argument("--ap-version", choices=VERSIONS,
                        help="rule of average precision (default: that of the solver, or 11point)")
    parser.add_argument("--phase", choices=("TRAIN", "TEST"), default="TEST",
                        help="phase of the net (default: %(default)s)")
    parser.add_argument("--level", type=int, metavar="N", help="level of the net state")
    parser.add_argument("--stage", default="", metavar="NAME,...", help="stages of the net state")
    machine.add_flags(parser)
    parser.add_argument("--skip-mismatch", action="store_true",
                        help="leave out layers of --weights whose shapes differ")
    parser.add_argument("--ignore-unknown-fields", action="store_true",
                        help="go on without fields that are not known")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    return app.run(test, make_parser(), arguments)


def test(options: argparse.Namespace) -> int:
    if bool(options.model) == bool(options.solver):
        raise CaffeError("one of --model and --solver must be given")
    if options.iterations is not None and options.iterations < 1:
        raise CaffeError(f"--iterations is {options.iterations}; it must be at least 1")
    if options.model and not options.weights:
        raise CaffeError("--weights is missing: there is nothing to score without weights")
    if options.solver and not (options.weights or options.snapshot):
        raise CaffeError("--weights or --snapshot is missing: there is nothing to score without")
    place = machine.prepare(options)
    return test_solver(options, place) if options.solver else test_model(options, place)


def test_model(options: argparse.Namespace, place: machine.Place) -> int:
    """Log the scores of a net file."""
    from framework.layer import DataOptions
    from framework.log import Log
    from framework.net import Net
    from framework.progress import Progress
    from framework.scoring import score
    from framework.weights import load_weights

    net = Net(options.model, options.phase, level=options.level,
              stages=[stage for stage in options.stage.split(",") if stage],
              data=DataOptions(options.seed or 0, options.workers), device=place.device,
              ignore_unknown_fields=options.ignore_unknown_fields)
    log, batches = Log(), options.iterations or 50
    report = load_weights(net, options.weights, skip_mismatch=options.skip_mismatch)
    log.info(f"{options.weights}: {report}")
    log.info(f"Running for {batches} iterations.")
    bar = Progress(batches, "test") if log.draws_bars else None

    def tick(index: int) -> bool:
        if bar is not None and index:
            bar.advance()
        return True

    scores = score(net, batches, options.ap_version or "11point", tick)
    if bar is not None:
        bar.clear()
    assert scores is not None
    scores.log(log, with_loss=bool(net.loss_weights), with_classes=True)
    net.close()
    return 0


def test_solver(options: argparse.Namespace, place: machine.Place) -> int:
    """Log the scores of a solver's test nets."""
    from framework.cli.signals import Signals
    from framework.cli.train import make_solver

    options.sigint_effect, options.keep = "stop", 0
    iterations, options.iterations = options.iterations, None
    solver = make_solver(options, place, Signals("none", "none"))
    if not solver.test_nets:
        raise solver.document.error("test_iter", "is missing: the solver has no test net")
    solver.param.show_per_class_result = True
    if options.ap_version:
        solver.param.ap_version = options.ap_version
    if iterations:
        solver.param.test_iter[:] = [iterations] * len(solver.test_nets)
    solver.test_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
