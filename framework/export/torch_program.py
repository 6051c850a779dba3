"""A net for PyTorch alone: a torch.export program (.pt2), or its blobs as safetensors."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from framework.errors import CaffeError
from framework.export.check import compare, draw_inputs
from framework.export.deploy import deployed
from framework.net.net import Net


class Program(nn.Module):
    """The deployed part of a net: input blobs in the net's order to a dict of its outputs."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.part = deployed(net)
        self.layers = nn.ModuleList(step.layer for step in self.part.steps)

    def forward(self, *blobs: Tensor) -> dict[str, Tensor]:
        found = self.part.run(dict(zip(self.part.inputs, blobs, strict=True)))
        return {name: found[name] for name in self.part.outputs}


def program_bytes(net: Net, dynamic: bool, tolerance: float, metadata: Mapping[str, Any]
                  ) -> tuple[bytes, float]:
    """A .pt2 file, and the largest difference from the net of what it computes when read back.

    dynamic   any number of items in a batch
    metadata  for its extra file caffe.json (Any: what JSON holds)
    CaffeError for a net that torch.export does not take, or a program that differs.
    """
    program = Program(net).eval()
    # a batch of one would be taken for a constant
    given = draw_inputs(net, None, 0, 2 if dynamic else None)[0]
    inputs = tuple(torch.from_numpy(given[name]) for name in program.part.inputs)
    shapes = None
    if dynamic:
        batch = torch.export.Dim("batch")
        shapes = (tuple({0: batch} for _ in inputs),)
    content = io.BytesIO()
    try:
        with torch.no_grad():
            made = torch.export.export(program, inputs, dynamic_shapes=shapes, strict=False)
        check_operators(made, net.spec.path)
        torch.export.save(made, content, extra_files={"caffe.json": json.dumps(metadata)})
        content.seek(0)
        with torch.no_grad():
            found = torch.export.load(content).module()(*inputs)
    except CaffeError:
        raise
    except Exception as error:      # of any kind: torch has many
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
        raise CaffeError(f"{net.spec.path}: torch.export cannot take the net: "
                         f"{type(error).__name__}: {reason}") from error
    with torch.no_grad():
        expected = program(*inputs)
    largest = 0.0
    for name, blob in expected.items():
        share, reason = compare(program.part, name, blob.detach().numpy(),
                                found[name].detach().numpy(), tolerance)
        if reason:
            raise CaffeError(f"{net.spec.path}: the program's output '{name}' {reason}; nothing "
                             "is written (--tolerance)")
        largest = max(largest, share)
    return content.getvalue(), largest


def check_operators(made: torch.export.ExportedProgram, path: str) -> None:
    """CaffeError if a program has operators of this project, without which it is not loaded."""
    parts = [part for part in made.graph_module.modules() if isinstance(part, torch.fx.GraphModule)]
    own = {str(node.target) for part in parts for node in part.graph.nodes
           if str(node.target).startswith("framework.")}
    if own:
        raise CaffeError(f"{path}: torch.export cannot take the net: it needs operators of this "
                         f"project, which PyTorch alone has not: {', '.join(sorted(own))}")


def blobs_by_name(net: Net) -> dict[str, Tensor]:
    """Every blob as `layer.blob`: conv1.weight, conv1.bias."""
    return {f"{step.layer.spec.name}.{name}": blob.detach().clone().contiguous()
            for step in net.layers
            for name, blob in zip(step.layer.blob_names, step.layer.blobs, strict=True)}


def safetensors_bytes(net: Net, metadata: Mapping[str, str]) -> bytes:
    """The blobs as a safetensors file. CaffeError where that package is not installed."""
    try:
        from safetensors.torch import save  # lazy: an extra
    except ImportError:
        raise CaffeError("a .safetensors file needs the package: `pip install safetensors`") \
            from None
    content: bytes = save(blobs_by_name(net), dict(metadata))
    return content
