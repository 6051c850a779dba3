"""Score a net on its data: the mean of every output, and average precision by class for
outputs of DetectionEvaluate.

    NET --weights W                       score a net on all of its data
    --solver SOLVER --weights W           score the test nets of a solver on its test_iter batches
    --detections FILE --annotations FILE  score a results file of COCO, without a net
    NET --weights W --metric pairs --pairs FILE
                                          verify pairs of images by the features of a net
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from framework.cli import app, coco_scores, devices, gflags, pair_scores
from framework.errors import CaffeError

VERSIONS = ("11point", "101point", "MaxIntegral", "Integral")


def make_parser(program: str = "tools/test") -> argparse.ArgumentParser:
    """The flags; `program` is the name that the help shows."""
    default = "those that take all data once" if program == "tools/test" else "50"
    parser = argparse.ArgumentParser(
        prog=program, description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"example: {program} --solver solver.prototxt --snapshot auto --gpu 0")
    parser.add_argument("file", nargs="?", default="", metavar="NET", help="the net's prototxt")
    parser.add_argument("--model", default="", metavar="FILE",
                        help="the net's prototxt, as the original's program takes it")
    parser.add_argument("--solver", default="", metavar="FILE",
                        help="a solver's prototxt, instead of a net")
    parser.add_argument("--weights", default="", metavar="FILE,...", help="weights, by layer name")
    parser.add_argument("--snapshot", default="", metavar="FILE|auto",
                        help="with --solver: a solver state, instead of --weights")
    parser.add_argument("--iterations", type=int, metavar="N",
                        help=f"batches to score (default: {default}, or the solver's test_iter)")
    parser.add_argument("--ap-version", choices=VERSIONS,
                        help="rule of average precision (default: that of the solver, or 11point)")
    coco_scores.add_flags(parser)
    pair_scores.add_flags(parser)
    app.add_state_flags(parser, "TEST")
    devices.add_flags(parser, "a CUDA device; of several, the first")
    devices.add_log_flags(parser)
    parser.add_argument("--skip-mismatch", action="store_true",
                        help="leave out layers of --weights whose shapes differ")
    app.add_net_flags(parser)
    app.add_image_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None, program: str = "tools/test") -> int:
    """Run the program; returns its exit code."""
    parser = make_parser(program)
    parser.set_defaults(program=program)
    return app.run(test, parser, arguments)


def test(options: argparse.Namespace) -> int:
    """Check the flags, then score a net, the test nets of a solver, or a results file."""
    coco_scores.check_flags(options)
    pair_scores.check_flags(options)
    if options.detections:
        return coco_scores.score_file(options)
    if [options.file, options.model, options.solver].count("") != 2:
        raise CaffeError("one file must be given: the net, as an argument or by --model, or "
                         "--solver")
    options.model = options.model or options.file
    gflags.check_count("--iterations", options.iterations)
    if options.model and not options.weights:
        raise CaffeError("--weights is missing: there is nothing to score without weights")
    if options.solver and not (options.weights or options.snapshot):
        raise CaffeError("--weights or --snapshot is missing: there is nothing to score without "
                         "weights")
    return test_solver(options) if options.solver else test_model(options)


def test_model(options: argparse.Namespace) -> int:
    """Log the scores of a net file."""
    # lazy: --help does without it
    from framework.layers.base import DataOptions
    from framework.logs.log import Log, number
    from framework.net.net import Net
    from framework.solver.silent_settings import records_repeated
    from framework.solver.testing import evaluations, pixel_scores, score
    from framework.weights.weights import load_weights

    place = devices.prepare(options)
    net = Net(options.model, options.phase, level=options.level,
              stages=app.stages([options.stage]),
              data=DataOptions(options.seed or 0, options.workers), device=place.device,
              ignore_unknown_fields=options.ignore_unknown_fields)
    log = Log(folder=options.log_dir)
    batches = options.iterations or default_batches(net, options.program)
    report = load_weights(net, options.weights, skip_mismatch=options.skip_mismatch)
    (log.info if report.is_complete else log.warning)(f"{options.weights}: {report}")
    log.info(f"Running for {batches} iterations.")
    if repeated := records_repeated(net, batches):
        log.warning(repeated)

    if options.metric == pair_scores.METRIC:
        pair_scores.score(options, net, batches, log)
        net.close()
        return 0

    def show(index: int, outputs: dict[str, Any]) -> None:
        for name in set(outputs) - evaluated:
            for value in outputs[name].flatten().tolist():
                log.info(f"Batch {index}, {name} = {number(value)}")
        log.advance()
        coco.add()

    evaluated = {*evaluations(net), *pixel_scores(net)}
    coco = coco_scores.CocoOutput(options, log)
    coco.begin(net)
    with log.progress(batches, "test"):
        scores = score(net, batches, coco_scores.version(options) or "11point",
                       after_batch=show)
    assert scores is not None
    log_scores(log, scores, bool(net.loss_weights))
    coco.end()
    net.close()
    return 0


def default_batches(net: Any, program: str) -> int:
    """The batches that take all records once; 50, the original's number, where their number is
    not known and for the program `caffe test`. Any: Net, known with torch."""
    sizes = [-(-source.num_items // net.shapes[tops[0]][0]) for source, tops in net.sources
             if source.num_items]
    return max(sizes) if sizes and program == "tools/test" else 50


def log_scores(log: Any, scores: Any, with_loss: bool) -> None:
    """The original's lines of a test without a solver. Any: Log and Scores, known with torch."""
    # lazy: --help does without it
    from framework.logs.log import loss_text, number

    if with_loss:
        log.info(f"Loss: {number(scores.loss)}")
    scores.log_classes(log)
    for name, value, weight in scores.outputs:
        log.info(f"{name} = {number(value)}{loss_text(value, weight)}")
    for line in scores.left_out:
        log.warning(line)


def test_solver(options: argparse.Namespace) -> int:
    """Log the scores of a solver's test nets; its training data need not be there."""
    # lazy: --help does without it
    import torch

    from framework.cli.train import read_document, wished_gpu
    from framework.layers.base import DataOptions
    from framework.logs.log import Log
    from framework.solver.nets import Machine, test_nets
    from framework.solver.silent_settings import records_repeated
    from framework.solver.solver_fields import check_fields
    from framework.solver.testing import check_evaluation, score
    from framework.weights.weights import load_weights

    iterations = options.iterations
    options.iterations = None
    document = read_document(options)
    param = document.message
    log = Log(folder=options.log_dir)
    check_fields(document)
    if not param.test_iter:
        raise document.error("test_iter", "is missing: the solver has no test net")
    place = devices.prepare(options, wished_gpu(param))
    weights = options.weights or weights_of(document, options.snapshot, log)
    machine = Machine(torch.device(place.device), DataOptions(options.seed or 0, options.workers),
                      options.ignore_unknown_fields)
    coco = coco_scores.CocoOutput(options, log)
    nets = test_nets(document, None, machine)
    if options.results and len(nets) != 1:
        raise CaffeError(f"--results: the solver has {len(nets)} test nets; it must have one")
    for index, net in enumerate(nets):
        check_evaluation(document, net, index)
        report = load_weights(net, weights, skip_mismatch=options.skip_mismatch)
        (log.info if report.is_complete else log.warning)(f"{weights}: {report}")
        log.info(f"Testing net (#{index})")
        coco.begin(net)
        batches = iterations or param.test_iter[index]
        if repeated := records_repeated(net, batches):
            log.warning(repeated)
        with log.progress(batches, "test"):
            scores = score(net, batches, coco_scores.version(options) or param.ap_version,
                           after_batch=coco.after_batch)
        assert scores is not None
        scores.log(log, with_loss=bool(net.loss_weights), with_classes=True)
        coco.end()
        net.close()
    return 0


def weights_of(document: Any, snapshot: str, log: Any) -> str:
    """The weights that a solver state names; "auto": the newest that are whole.

    Any: Document and Log, known with their modules.
    """
    # lazy: --help does without it
    from framework.solver.snapshots import find_newest_weights, weights_named
    from framework.solver.solver_fields import snapshot_prefix

    if snapshot != "auto":
        return weights_named(snapshot)
    prefix = snapshot_prefix(document)
    weights, problems = find_newest_weights(prefix, lambda state, problem: log.warning(problem))
    if not weights:
        raise CaffeError("\n".join(["--snapshot auto: no snapshot can be tested; give the state "
                                    "that is meant:", *problems]) if problems else
                         f"--snapshot auto: there is no {prefix}_iter_*.caffemodel")
    return weights


if __name__ == "__main__":
    sys.exit(main())
