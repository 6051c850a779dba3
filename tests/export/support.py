"""What tests of the export share: a net through ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnxruntime
import torch

from framework.net.net import Net


def run_onnx(model, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The outputs of a model in ONNX Runtime, by name."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options,
                                           providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    known = {one.name for one in session.get_inputs()}
    given = {name: array for name, array in inputs.items() if name in known}
    return dict(zip(names, session.run(names, given), strict=True))


def run_ours(net: Net, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The outputs of the net, by name."""
    with torch.no_grad():
        tops = net({name: torch.from_numpy(array) for name, array in inputs.items()})
    return {name: top.detach().numpy() for name, top in tops.items()}
