"""Measure how long each layer of a net takes, forward and backward; or its whole forward in
several engines, in one table."""

from __future__ import annotations

import argparse
import sys
import time as clock
from collections.abc import Sequence

from framework.cli import app, devices, gflags
from framework.errors import CaffeError


def make_parser(program: str = "tools/time") -> argparse.ArgumentParser:
    """The flags; `program` is the name that the help shows."""
    parser = argparse.ArgumentParser(
        prog=program, description=__doc__,
        epilog=f"example: {program} net.prototxt --iterations 10 --phase TEST")
    parser.add_argument("file", nargs="?", default="", metavar="NET", help="the net's prototxt")
    parser.add_argument("--model", default="", metavar="FILE",
                        help="the net's prototxt, as the original's program takes it")
    parser.add_argument("--weights", default="", metavar="FILE,...", help="weights, by layer name")
    parser.add_argument("--iterations", type=int, default=50, metavar="N",
                        help="forwards and backwards to time (default: %(default)s)")
    parser.add_argument("--phase", type=str.upper, choices=("TRAIN", "TEST"),
                        help="phase of the net (default: TRAIN; with --engine TEST)")
    app.add_state_flags(parser)
    parser.add_argument("--engine", default="", metavar="NAME,...",
                        help="compare whole forwards, on the CPU, of torch and these engines: "
                             "onnxruntime, openvino; without --weights the net's are random")
    app.add_net_flags(parser)
    app.add_image_flags(parser)
    devices.add_flags(parser, "a CUDA device; of several, the first")
    devices.add_log_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None, program: str = "tools/time") -> int:
    """Run the program; returns its exit code."""
    return app.run(time, make_parser(program), arguments)


def time(options: argparse.Namespace) -> int:
    """Log the times of a net's layers, or of its forward in engines."""
    if bool(options.file) == bool(options.model):
        raise CaffeError("one file must be given: the net, as an argument or by --model")
    options.model = options.model or options.file
    gflags.check_count("--iterations", options.iterations)
    if options.engine:
        return time_forwards(options)
    place = devices.prepare(options)
    # lazy: --help does without it
    from framework.layers.base import DataOptions
    from framework.logs.log import Log, number
    from framework.net.net import Net
    from framework.report.layer_times import lines, time_layers
    from framework.weights.weights import load_weights

    net = Net(options.model, options.phase or "TRAIN", level=options.level,
              stages=app.stages([options.stage]),
              data=DataOptions(options.seed or 0, options.workers), device=place.device,
              ignore_unknown_fields=options.ignore_unknown_fields)
    log = Log(folder=options.log_dir)
    if options.weights:
        log.info(f"{options.weights}: {load_weights(net, options.weights)}")
    log.info("Performing Forward")
    for _ in time_layers(net, 1):       # the first run allocates memory and chooses kernels
        loss = net.objective(net.blobs).item() if net.loss_weights else 0.0
        log.info(f"Initial loss: {number(loss)}")
        log.info("Performing Backward")
    log.info("*** Benchmark begins ***")
    log.info(f"Testing for {options.iterations} iterations.")
    begin = clock.perf_counter()
    for index, times in enumerate(time_layers(net, options.iterations), 1):
        log.info(f"Iteration: {index} forward-backward time: "
                 f"{number(times.iterations[-1] * 1e3)} ms.")
    for line in lines(times, clock.perf_counter() - begin, number):
        log.info(line)
    log.info("*** Benchmark ends ***")
    net.close()
    return 0


def time_forwards(options: argparse.Namespace) -> int:
    """Log a table of engines: times of the net's forward in TEST, and differences of outputs."""
    # lazy: --help does without it
    from framework.inference.engine_times import table, time_engines
    from framework.inference.engines import check_engine
    from framework.logs.log import Log
    from framework.net.net import Net
    from framework.weights.weights import load_weights

    if options.phase == "TRAIN":
        raise CaffeError("--phase TRAIN does not go with --engine: engines compute nets in TEST")
    engines = list(dict.fromkeys(["torch", *options.engine.split(",")]))
    for name in engines:
        check_engine(name)
    if len(engines) == 1:
        raise CaffeError("--engine torch: names nothing to compare torch with; give onnxruntime or "
                         "openvino")
    place = devices.prepare(options)
    net = Net(options.model, "TEST", level=options.level, seed=options.seed or 0, skip_data=True,
              stages=app.stages([options.stage]), device=place.device,
              ignore_unknown_fields=options.ignore_unknown_fields)
    log = Log(folder=options.log_dir)
    if options.weights:
        log.info(f"{options.weights}: {load_weights(net, options.weights)}")
    log.info(f"Timing {options.iterations} forwards in each engine.")
    for line in table(list(time_engines(net, engines, options.iterations))):
        log.info(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
