"""Settings of a process in pycaffe: CPU or GPU, the random seed, the log, ranks."""

from __future__ import annotations

import os
import time

import torch

from framework.logs.log import Log
from framework.system.wording import shortened

LOG_LEVEL = "GLOG_minloglevel"       # glog's variable, which scripts set before `import caffe`


class Machine:
    """The choices of a script; nets and solvers made later follow them.

    seed  of the next net or solver without a seed of its own; each takes one, so that two nets
          have other random weights. The original draws it from the clock, here it begins with 0.
    """

    def __init__(self) -> None:
        self.gpu = False
        self.device_id = 0
        self.seed = 0
        self.seed_is_set = False
        self.solver_count = 1
        self.solver_rank = 0
        self.log_level = int(os.environ.get(LOG_LEVEL) or 0)
        self._warned = False

    def device(self) -> torch.device:
        """The device of a net made now. On a machine without a GPU the CPU, with a warning."""
        torch.set_flush_denormal(True)      # vanishing activations get denormal: 20 times slower
        if self.gpu and torch.cuda.is_available():
            return torch.device("cuda", self.device_id)
        if self.gpu and not self._warned:
            self._warned = True
            Log(enabled=self.log_level <= 1).warning(
                "set_mode_gpu: this machine has no GPU that torch can use; nets run on the CPU")
        return torch.device("cpu")

    def next_seed(self) -> int:
        """The seed of the next net or solver; each gets another one."""
        self.seed += 1
        return self.seed - 1

    def log(self) -> Log:
        """Where a solver's lines go: stderr, if lines of their level are wanted."""
        return Log(enabled=self.log_level == 0 and self.solver_rank == 0)


MACHINE = Machine()     # pycaffe's functions have no object that could hold it


def set_mode_cpu() -> None:
    """Make nets and solvers on the CPU from now on."""
    MACHINE.gpu = False


def set_mode_gpu() -> None:
    """Make nets and solvers on the GPU from now on, if there is one."""
    MACHINE.gpu = True


def set_device(device: int) -> None:
    """Choose the GPU of nets and solvers made from now on; `set_mode_gpu` turns it on."""
    MACHINE.device_id = _whole("device", device)


def _whole(name: str, value: int) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} is {shortened(repr(value))}; it must be a whole number"
                         ) from None


def set_random_seed(seed: int) -> None:
    """Seed the fillers, data and random layers of nets and solvers made from now on."""
    MACHINE.seed = _whole("seed", seed)
    MACHINE.seed_is_set = True


def init_log(level: int = 0, stderr: bool = True) -> None:
    """Set what is logged, to stderr: 0 all, 1 warnings and worse, 2 errors."""
    MACHINE.log_level = int(level)


def log(message: str) -> None:
    """Write a line to the log."""
    MACHINE.log().info(str(message))


def solver_count() -> int:
    """The count that `set_solver_count` was given; 1 at first."""
    return MACHINE.solver_count


def set_solver_count(count: int) -> None:
    """Store the count, which has no effect: `tools/train --gpu 0,1` trains on several GPUs."""
    MACHINE.solver_count = int(count)


def solver_rank() -> int:
    """The rank that `set_solver_rank` was given; 0 at first."""
    return MACHINE.solver_rank


def set_solver_rank(rank: int) -> None:
    """Store the rank; ranks other than 0 log nothing."""
    MACHINE.solver_rank = int(rank)


def set_multiprocess(multiprocess: bool) -> None:
    """Do nothing: see `set_solver_count`."""


def has_nccl() -> bool:
    """False: pycaffe's NCCL class is not offered."""
    return False


class NCCL:
    """Raises a RuntimeError that names the program for training on several GPUs."""

    def __init__(self, *arguments: object):
        raise RuntimeError("caffe.NCCL is not offered: tools/train --gpu 0,1 trains on several "
                           "GPUs")

    @staticmethod
    def new_uid() -> bytes:
        """Raise the same error."""
        return NCCL().new_uid()


class Timer:
    """Milliseconds between `start` and `stop`; both wait for the GPU, if one is used."""

    def __init__(self) -> None:
        self._began = 0.0
        self._ms = 0.0

    def start(self) -> None:
        """Begin to measure."""
        self._began = _now()

    def stop(self) -> None:
        """End the measurement."""
        self._ms = (_now() - self._began) * 1000

    @property
    def ms(self) -> float:
        """Milliseconds between the last `start` and `stop`."""
        return self._ms


def _now() -> float:
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return time.perf_counter()


def layer_type_list() -> list[str]:
    """The types of layers that a prototxt can name."""
    # lazy: torch and all layers cost 2 s, and only layer_type_list needs them
    from framework.definition.composites.expand import COMPOSITES
    from framework.layers import LAYERS
    return sorted({*LAYERS, *COMPOSITES})
