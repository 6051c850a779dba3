"""Check from shapes, before allocating, that a net fits into the memory of the machine."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape

BYTES = 4       # of a float32
CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def check_memory(specs: Sequence[LayerSpec], layers: Sequence[Layer], shapes: Mapping[str, Shape],
                 device: str | torch.device) -> None:
    """Raise SpecError for the first layer with which the blobs of all layers are larger than the
    memory, and for a top that alone is.

    Blobs are filled on the CPU, tops are on `device`. Where the system does not tell how much
    memory it has left, nothing is refused.
    """
    left = memory_left("cpu")
    total = 0
    for layer in layers:
        total += BYTES * sum(blob.numel() for blob in layer.blobs)
        if total > left:
            largest = max(layer.blob_names, key=lambda name: getattr(layer, name).numel())
            raise layer.spec.error("blobs", f"are too large: '{largest}' has the shape "
                                   f"{tuple(getattr(layer, largest).shape)}; with them the net's "
                                   f"blobs take {gigabytes(total)}, and {gigabytes(left)} of "
                                   "memory are left")
    left = memory_left(device)
    for spec in specs:
        for index, top in enumerate(spec.tops):
            size = BYTES * math.prod(shapes.get(top, ()))
            if size > left:
                raise spec.error(f"top[{index}]", f"'{top}' is too large: its shape {shapes[top]} "
                                 f"takes {gigabytes(size)}, and {gigabytes(left)} of memory are "
                                 "left")


def memory_left(device: str | torch.device) -> float:
    """The bytes that a device still has, swap included; infinite where it cannot be told.

    Of a control group only the limit counts, since files that it has read count as its use.
    """
    if torch.device(device).type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if torch.device(device).type != "cpu":
        return math.inf
    left = math.inf
    with contextlib.suppress(OSError, ValueError, IndexError):
        rows = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        left = 1024 * sum(int(rows.get(name, "0").split()[0])
                          for name in ("MemAvailable", "SwapFree"))
    for path in CGROUP_LIMITS:
        with contextlib.suppress(OSError, ValueError):      # no such group; the word "max"
            left = min(left, int(Path(path).read_text()))
    return left or math.inf


def gigabytes(size: float) -> str:
    """Format a number of bytes: `1.5 GB`."""
    return f"{size / 1e9:,.1f} GB"
