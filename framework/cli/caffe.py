"""The program `caffe`, with the commands and flags of the original's."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from framework.cli import app, devices

USAGE = """usage: caffe COMMAND FLAGS

commands:
  train         train or finetune a net
  test          score a net
  time          measure the time of each layer
  device_query  show the CUDA devices

`caffe COMMAND --help` shows the flags of a command.

examples:
  caffe train --solver solver.prototxt --gpu 0
  caffe test --model net.prototxt --weights net.caffemodel --iterations 100"""
COMMANDS = {"train": "framework.cli.train", "test": "framework.cli.test",
            "time": "framework.cli.time"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; flags may be given before or after it. Returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    names = [name for name in given if name in COMMANDS or name == "device_query"]
    if not names:
        wrong = next((name for name in given if not name.startswith("-")), "")
        if not wrong:
            print(USAGE)
            return 0
        print(f"error: '{wrong}' is not a command\n{USAGE}", file=sys.stderr)
        return 1
    given.remove(names[0])
    if names[0] == "device_query":
        return app.run(query, make_query_parser(), given)
    return import_module(COMMANDS[names[0]]).main(given, program=f"caffe {names[0]}")


def make_query_parser() -> argparse.ArgumentParser:
    """The flags of device_query."""
    parser = argparse.ArgumentParser(prog="caffe device_query",
                                     description="Show the CUDA devices.")
    parser.add_argument("--gpu", default="all", metavar="0|0,1|all",
                        help="devices to show (default: all)")
    return parser


def query(options: argparse.Namespace) -> int:
    """Log what the original's device_query logs of each device."""
    # lazy: --help does without it
    import torch

    from framework.logs.log import Log

    numbers = devices.gpus(options.gpu)
    log = Log()
    log.info(f"Querying GPUs {options.gpu}")
    for number in numbers:
        found = torch.cuda.get_device_properties(number)
        for name, value in (("Device id", number), ("Major revision number", found.major),
                            ("Minor revision number", found.minor), ("Name", found.name),
                            ("Total global memory", found.total_memory),
                            ("Number of multiprocessors", found.multi_processor_count)):
            log.info(f"{name + ':':<31}{value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
