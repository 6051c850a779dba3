"""Flags for devices, precision and processes, and data-parallel ranks started from them."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from framework.cli import gflags
from framework.errors import CaffeError

GRACE_SECONDS = 2       # for the messages of ranks that fail together


class Place(NamedTuple):
    """Where this process works: its device, and its number among all of the run's processes."""

    device: str
    rank: int = 0
    world_size: int = 1


def count_flag(text: str) -> int:
    """A flag's whole number from 0 on."""
    if (number := gflags.whole(text)) < 0:
        raise argparse.ArgumentTypeError(f"is {text}; it must be at least 0")
    return number


def seed_flag(text: str) -> int:
    """A flag's seed: what torch's generators take."""
    if not -2**63 <= (number := gflags.whole(text)) < 2**63:
        raise argparse.ArgumentTypeError(f"is {text}; it must have at most 64 bits")
    return number


def add_flags(parser: argparse.ArgumentParser, several: str) -> None:
    """Flags for the device, the data workers and the seed; `several`: what several devices do."""
    parser.add_argument("--gpu", default="", metavar="0|0,1|all|none",
                        help=f"{several}; none: the CPU (default: what the solver says, else "
                             "the CPU)")
    parser.add_argument("--workers", type=count_flag, default=0, metavar="N",
                        help="processes that make batches; 0: this process makes them (default: "
                             "%(default)s)")
    parser.add_argument("--seed", type=seed_flag, metavar="N",
                        help="seed of fillers, data and random layers (default: random_seed, or "
                             "0)")


def add_log_flags(parser: argparse.ArgumentParser) -> None:
    """glog's flags, which the original's programs take as well."""
    parser.add_argument("--log-dir", default="", metavar="DIR",
                        help="write the log into a file there too")
    for name in ("logtostderr", "alsologtostderr"):
        gflags.add_flag(parser, name, "the log goes to stderr in any case", default=True)


def add_training_flags(parser: argparse.ArgumentParser) -> None:
    """How the forward and backward passes are computed; a resumed run should keep them."""
    parser.add_argument("--precision", choices=("float32", "tf32", "bfloat16", "float16"),
                        default="float32",
                        help="precision of convolutions and matrix products: bfloat16 and float16 "
                             "(with a scaled loss) by autocast, tf32 on GPUs that have it; "
                             "weights, losses, updates and tests stay float32 (default: "
                             "%(default)s)")
    parser.add_argument("--compile", action="store_true",
                        help="compile the training net by torch.compile; the first iterations "
                             "take minutes")
    parser.add_argument("--channels-last", action="store_true",
                        help="store images and weights with channels last, which is faster on "
                             "GPUs in bfloat16 and float16")


def gpus(text: str) -> list[int]:
    """The numbers in `0,1` or `all`. Raises CaffeError where there are no such devices."""
    # lazy: --help does without it
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if text in ("", "none"):
        return []
    if count == 0:
        raise CaffeError(f"--gpu {text}: torch {torch.__version__} sees no CUDA device here; "
                         "leave out --gpu to work on the CPU")
    if text == "all":
        return list(range(count))
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        raise CaffeError(f"--gpu {text}: it must be a number, numbers with commas, 'all' or "
                         "'none'") from None
    for number in numbers:
        if not 0 <= number < count:
            raise CaffeError(f"--gpu {text}: there is no device {number}; the devices are 0 to "
                             f"{count - 1}")
    return numbers


def prepare(options: argparse.Namespace, wish: int | None = None) -> Place:
    """The device and rank of this process; under torchrun it joins the others.

    wish  the device that the solver file asks for, taken where --gpu says nothing
    """
    # lazy: --help does without it
    import torch

    if not options.gpu and wish is not None and torch.cuda.is_available():
        options.gpu = "all" if "WORLD_SIZE" in os.environ else str(wish)

    if "RANKS_STARTED_BY" in os.environ:
        threading.Thread(target=end_with, args=[int(os.environ["RANKS_STARTED_BY"])],
                         daemon=True).start()
    torch.set_flush_denormal(True)      # dying activations sink into denormals, 20 times slower
    # by default torch rounds the factors of convolutions on a GPU to 11 bits
    torch.backends.cudnn.allow_tf32 = getattr(options, "precision", "float32") == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32
    numbers = gpus(options.gpu)
    world_size = int(os.environ.get("WORLD_SIZE", "1"))
    if world_size == 1:
        return Place(f"cuda:{numbers[0]}" if numbers else "cpu")
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = f"cuda:{numbers[local % len(numbers)]}" if numbers else "cpu"
    if numbers:
        torch.cuda.set_device(torch.device(device))
    # the others wait while the first rank tests
    torch.distributed.init_process_group("nccl" if numbers else "gloo",
                                         timeout=timedelta(hours=24))
    return Place(device, torch.distributed.get_rank(), world_size)


def leave(place: Place) -> None:
    """Leave the process group of the other ranks."""
    # lazy: --help does without it
    import torch

    if place.world_size > 1:
        torch.distributed.destroy_process_group()


def end(place: Place) -> None:
    """End a rank that is done without the interpreter's shutdown.

    Threads of torch.distributed abort that now and then, on busy cores in 1 run of 12:
    "terminate called without an active exception".
    """
    if place.world_size > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def several(options: argparse.Namespace) -> bool:
    """Whether --gpu names several devices and the processes for them are still to be started."""
    return "WORLD_SIZE" not in os.environ and bool(options.gpu) and len(gpus(options.gpu)) > 1


def start_ranks(program: str, arguments: list[str], count: int,
                note: Callable[[int], None] = lambda number: None) -> int:
    """Run `python -m program` once for each of `count` devices; the first exit code that is not 0.

    note  is told of each signal
    Modules are not looked for in the working folder, which may hold a cv2.py (-P). Signals are
    handed on to all of them, once: they stop together and write their snapshot.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    root = str(Path(__file__).resolve().parents[2])     # the framework need not be installed
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    common = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "WORLD_SIZE": str(count),
              "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
              "RANKS_STARTED_BY": str(os.getpid())}
    ranks = [subprocess.Popen([sys.executable, "-P", "-m", program, *arguments],
                              start_new_session=True,
                              env={**common, "RANK": str(rank), "LOCAL_RANK": str(rank)})
             for rank in range(count)]

    def hand_on(number: int, frame: object) -> None:
        note(number)
        for rank in ranks:
            rank.send_signal(number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):       # Windows has no SIGHUP
            signal.signal(getattr(signal, name), hand_on)
    return wait_for(ranks)


def end_with(parent: int) -> None:
    """End this process when its parent, which was killed, is no more."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def wait_for(ranks: list[subprocess.Popen[bytes]]) -> int:
    """Wait for all processes. When one fails the others, which would wait for it, are ended."""
    while any(rank.poll() is None for rank in ranks):
        if any(rank.poll() for rank in ranks):
            time.sleep(GRACE_SECONDS)
            for rank in ranks:
                rank.kill()
        time.sleep(0.2)
    return next((code for code in (rank.wait() for rank in ranks) if code), 0)
