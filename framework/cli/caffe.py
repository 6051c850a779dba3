"""The program `caffe`, with the commands and flags of the original's."""

from __future__ import annotations

import argparse
import sys
import textwrap
import threading
from collections.abc import Sequence
from importlib import import_module

from framework import __version__
from framework.cli import app, devices, project_folder
from framework.errors import CaffeError

USAGE = """usage: caffe COMMAND FLAGS

commands:
  new           make a folder that trains a net on your images
  train         train or finetune a net
  test          score a net
  detect        find objects in images
  classify      tell of which class images are
  segment       tell of which class the pixels of images are
  report        show how well a trained net works, and where it errs, on a page
  export        write a net as a file of another runtime
  serve         answer requests over HTTP, with a web page
  time          measure the time of each layer
  device_query  show the CUDA devices
and, as the programs of tools/:
{others}

`caffe COMMAND --help` shows the flags of a command.

examples:
  caffe new detector photos --out birds; caffe train birds
  caffe train --solver solver.prototxt --gpu 0
  caffe test --model net.prototxt --weights net.caffemodel --iterations 100"""
OF_THE_ORIGINAL = ("train", "test", "time", "device_query")
COMMANDS = ("new", "train", "test", "detect", "classify", "segment", "report", "export", "serve",
            "time", "device_query")
OTHERS = ("check_data", "compare", "completion", "compute_image_mean", "convert_annoset",
          "convert_dataset", "convert_imageset", "create_label_map", "draw", "expand",
          "export_dataset", "extract_features", "get_image_size", "import", "inspect", "layers",
          "make_dataset", "make_shapes",
          "merge_bn", "parse_log", "plot_log", "resize_classes", "upgrade_net",
          "upgrade_solver", "zoo")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit code.

    The original's commands may be given before or after their flags.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in (*COMMANDS, *OTHERS):
        name = given[0]
    else:
        name = next((word for word in given if word in OF_THE_ORIGINAL), "")
    if not name:
        if not set(given) - {"-h", "-help", "--help"}:
            return app.run(lambda options: print(usage()), argparse.ArgumentParser(), [])
        if set(given) <= {"-version", "--version"}:
            return app.run(lambda options: print(f"caffe version {__version__}"),
                           argparse.ArgumentParser(), [])
        wrong = next((word for word in given if not word.startswith("-")), None)
        reason = f"{given[0]} is without a command" if wrong is None else \
            f"'{wrong}' is not a command"
        app.complain(f"error: {reason}\n{usage()}")
        return 1
    given.remove(name)
    if name == "device_query":
        return app.run(query, make_query_parser(), given)
    stopped = threading.Event()
    program = import_module(f"framework.cli.{name}").main
    try:
        with project_folder.flags_of(name, given) as flags:
            if name not in OF_THE_ORIGINAL:
                return int(program(app.Flags(flags, f"caffe {name}")))
            more = {"stopped": stopped} if name == "train" else {}
            code = int(program(flags, program=f"caffe {name}", **more))
    except CaffeError as error:
        app.complain(f"error: {error}")
        return 1
    if name == "train" and code == 0:
        project_folder.report_after_training(given, stopped.is_set())
    return code


def usage() -> str:
    """What `caffe --help` prints: the commands and examples."""
    others = textwrap.fill(", ".join(OTHERS), 90, initial_indent="  ", subsequent_indent="  ")
    return USAGE.format(others=others)


def make_query_parser() -> argparse.ArgumentParser:
    """The flags of device_query."""
    parser = argparse.ArgumentParser(prog="caffe device_query",
                                     description="Show the CUDA devices.",
                                     epilog="example: caffe device_query --gpu 0")
    parser.add_argument("--gpu", default="all", metavar="0|0,1|all",
                        help="devices to show (default: all)")
    return parser


def query(options: argparse.Namespace) -> int:
    """Log what the original's device_query logs of each device."""
    # lazy: --help does without it
    import torch

    from framework.logs.log import Log

    if not torch.cuda.is_available():
        raise CaffeError(f"torch {torch.__version__} sees no CUDA device here")
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
