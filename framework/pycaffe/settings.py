"""What pycaffe sets for a whole process: CPU or GPU, the random seed, the log, ranks."""

from __future__ import annotations

import os
import time

import torch

from framework.logs.log import Log

LOG_LEVEL = "GLOG_minloglevel"       # glog's variable, which scripts set before `import caffe`


class Machine:
    """The choices of a script; nets and solvers made later follow them.

    seed  of the next net or solver without a seed of its own; each takes one, so that two nets
          have other random weights. The original draws it from the clock, here it begins with 0.
    """

    def __init__(self) -> None:
        self.gpu, self.device_id = False, 0
        self.seed, self.seed_is_set = 0, False
        self.solver_count, self.solver_rank = 1, 0
        self.log_level = int(os.environ.get(LOG_LEVEL) or 0)
        self._warned = False

    def device(self) -> torch.device:
        """Where a net made now stands. On a machine without a GPU the CPU, with a warning."""
        torch.set_flush_denormal(True)      # dying activations sink into denormals, 20 times slower
        if self.gpu and torch.cuda.is_available():
            return torch.device("cuda", self.device_id)
        if self.gpu and not self._warned:
            self._warned = True
            Log(enabled=self.log_level <= 1).warning(
                "set_mode_gpu: this machine has no GPU that torch can use; nets run on the CPU")
        return torch.device("cpu")

    def next_seed(self) -> int:
        self.seed += 1
        return self.seed - 1

    def log(self) -> Log:
        """Where a solver's lines go: stderr, if lines of their level are wanted."""
        return Log(enabled=self.log_level == 0 and self.solver_rank == 0)


MACHINE = Machine()     # pycaffe's functions have no object that could hold it


def set_mode_cpu() -> None:
    """Nets and solvers made from here on stand on the CPU."""
    MACHINE.gpu = False


def set_mode_gpu() -> None:
    """Nets and solvers made from here on stand on the GPU, if there is one."""
    MACHINE.gpu = True


def set_device(device: int) -> None:
    """Nets and solvers made from here on stand on this GPU, once `set_mode_gpu` is called."""
    MACHINE.device_id = int(device)


def set_random_seed(seed: int) -> None:
    """The seed of fillers, data and random layers of the nets and solvers made from here on."""
    MACHINE.seed, MACHINE.seed_is_set = int(seed), True


def init_log(level: int = 0, stderr: bool = True) -> None:
    """What is logged: 0 all, 1 warnings and worse, 2 errors. All goes to stderr."""
    MACHINE.log_level = int(level)


def log(message: str) -> None:
    """Write a line to the log."""
    MACHINE.log().info(str(message))


def solver_count() -> int:
    return MACHINE.solver_count


def set_solver_count(count: int) -> None:
    """Only remembered: several GPUs train together under `tools/train --gpu 0,1`."""
    MACHINE.solver_count = int(count)


def solver_rank() -> int:
    return MACHINE.solver_rank


def set_solver_rank(rank: int) -> None:
    """Only remembered; ranks but 0 log nothing."""
    MACHINE.solver_rank = int(rank)


def set_multiprocess(multiprocess: bool) -> None:
    """Nothing: see `set_solver_count`."""


def has_nccl() -> bool:
    """False: pycaffe's NCCL class is not offered."""
    return False


class NCCL:
    """Refused: RuntimeError that names what trains on several GPUs here."""

    def __init__(self, *arguments: object):
        raise RuntimeError("caffe.NCCL is not offered: tools/train --gpu 0,1 trains on several "
                           "GPUs")

    @staticmethod
    def new_uid() -> bytes:
        return NCCL().new_uid()


class Timer:
    """Milliseconds between `start` and `stop`; with a GPU what it was given to do is waited for."""

    def __init__(self) -> None:
        self._began, self._ms = 0.0, 0.0

    def start(self) -> None:
        self._began = _now()

    def stop(self) -> None:
        self._ms = (_now() - self._began) * 1000

    @property
    def ms(self) -> float:
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
