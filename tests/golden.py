"""The golden cases: what the original computed, and how ours is compared with it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from framework import parse_net
from framework.net.net import Net

# Every case but those that hold photographs or need the files of other people's models.
PACKED = zipfile.ZipFile(Path(__file__).resolve().parent / "reference" / "golden.zip")
FILES = frozenset(PACKED.namelist())

# Those others are files beside the checkout, which not everybody has.
SHARED = Path(__file__).resolve().parents[2] / "shared"
PHOTOGRAPHS = SHARED / "golden"
needs_photographs = pytest.mark.skipif(
    not PHOTOGRAPHS.is_dir(), reason=f"needs golden cases with photographs at {PHOTOGRAPHS}")
needs_models = pytest.mark.skipif(
    not (SHARED / "models").is_dir(), reason=f"needs other people's models at {SHARED / 'models'}")
OTHER_GROUPS = {"solver", "io", "models", "filler"}


def case_names(*groups: str) -> list[str]:
    """`group/case` of every packed case in the groups, or of all groups of layer and net cases."""
    cases = sorted(file.removesuffix(".npz") for file in FILES if file.endswith(".npz"))
    wanted = groups or {name.split("/")[0] for name in cases} - OTHER_GROUPS
    return [name for name in cases if name.split("/")[0] in wanted]


def photograph_names(group: str) -> list[str]:
    """`group/case` of every case that is a file beside the checkout only; [] where none is."""
    files = sorted((PHOTOGRAPHS / group).glob("*.npz"))
    return [f"{group}/{path.stem}" for path in files if f"{group}/{path.name}" not in FILES]


def read_file(name: str) -> bytes:
    """The content of a golden file, packed or beside the checkout."""
    return PACKED.read(name) if name in FILES else (PHOTOGRAPHS / name).read_bytes()


def load_case(name: str) -> dict[str, Any]:
    with np.load(io.BytesIO(read_file(f"{name}.npz"))) as arrays:
        return {key: arrays[key] for key in arrays.files}


def part(case: dict[str, Any], prefix: str) -> dict[str, np.ndarray]:
    """The arrays below `prefix/`, by the rest of their name."""
    return {key[len(prefix) + 1:]: value for key, value in case.items()
            if key.startswith(prefix + "/")}


def assert_close(found: Any, expected: np.ndarray, limit: float, what: str,
                 absolute: bool = False) -> None:
    """max|a - b| / (max|b| + 1e-6) within `limit`, NaN equal to NaN, shapes equal."""
    found = np.asarray(found.detach() if isinstance(found, torch.Tensor) else found)
    assert found.shape == expected.shape, f"{what}: shape {found.shape}, not {expected.shape}"
    assert (np.isnan(found) == np.isnan(expected)).all(), f"{what}: NaN at other positions"
    if not expected.size:
        return
    sizes = np.where(np.isnan(expected), 0, np.abs(expected.astype(np.float64)))
    scale = 1.0 if absolute else sizes.max() + 1e-6
    same = (found == expected) | np.isnan(expected)     # infinities, and huge equal values
    error = np.where(same, 0, np.abs(found.astype(np.float64) - expected)).max() / scale
    assert error <= limit, f"{what}: off by {error:.3g}, allowed {limit:g}"


def build(case: dict[str, Any], folder: Path, phase: str | None = None) -> Net:
    """The net of a case with its parameters, its files written into `folder`, which must be the
    working directory."""
    for path, content in part(case, "file").items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content.tobytes())
    net = Net(parse_net(str(case["prototxt"])), phase=phase or str(case["phase"]))
    with torch.no_grad():
        for key, value in part(case, "param").items():
            layer, index = key.rsplit("/", 1)
            net.params[layer][int(index)].copy_(torch.from_numpy(value))
    return net


def forward(net: Net, case: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Run the case's forwards and give all blobs of the last."""
    for _ in range(int(case.get("forwards", 1))):
        inputs = {name: torch.from_numpy(value.copy()) for name, value in part(case, "in").items()}
        for name, value in inputs.items():
            if f"indiff/{name}" in case:
                value.requires_grad_()
        net(inputs)
    return net.blobs


def backward(net: Net, case: dict[str, Any]) -> None:
    """Send the case's gradients into the outputs."""
    total = sum((net.blobs[name] * torch.from_numpy(value)).sum()
                for name, value in part(case, "outdiff").items()
                if net.blobs[name].requires_grad)
    if isinstance(total, torch.Tensor):
        total.backward()


def parameter_gradient(net: Net, key: str) -> torch.Tensor:
    """The gradient of blob `layer/index`; zeros where none was computed."""
    layer, index = key.rsplit("/", 1)
    blob = net.params[layer][int(index)]
    for reshaped in net.reshaped:
        if reshaped.layer.__dict__[reshaped.name] is blob:
            grad = reshaped.owner.blobs[reshaped.blob_index].grad
            return torch.zeros_like(blob) if grad is None else grad.view(blob.shape)
    return torch.zeros_like(blob) if blob.grad is None else blob.grad
