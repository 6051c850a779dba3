"""8-bit models: ONNX Runtime's static quantization, calibrated with a net's data, and scores."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static
from torch import Tensor

from framework.errors import CaffeError, DataError, first_line
from framework.evaluation.average_precision import class_average_precisions
from framework.export.check import run
from framework.export.comparison import is_detections
from framework.export.deploy import Deployed, deployed, run_steps
from framework.layers.ssd.detection_evaluate import DetectionEvaluate
from framework.net.net import Net

Array = NDArray[Any]        # Any: of any type of number
OPERATORS = ["Conv", "Gemm", "MatMul"]
MOST_BATCHES = 100_000      # of one pass over the data


class _Batches(CalibrationDataReader):
    def __init__(self, batches: Iterator[dict[str, Array]]) -> None:
        self.batches = batches

    def get_next(self) -> dict[str, Array] | None:
        return next(self.batches, None)


def quantize(model: onnx.ModelProto, batches: Iterator[dict[str, Array]],
             kept: Collection[str] = ()) -> onnx.ModelProto:
    """The model with 8-bit weights (a scale a channel) and activations, between Quantize nodes.

    batches  inputs by name, of which the ranges of all values are taken
    kept     names of nodes that stay in float
    """
    excluded = [node.name for node in model.graph.node if node.name in kept]
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)        # it recommends what is done here another way
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "int8.onnx")
            quantize_static(model, path, _Batches(batches), quant_format=QuantFormat.QDQ,
                            per_channel=True, nodes_to_exclude=excluded,
                            op_types_to_quantize=OPERATORS)
            made = onnx.load(path)
    except (ValueError, RuntimeError) as error:
        raise CaffeError("--int8: ONNX Runtime cannot quantize the net: "
                         f"{first_line(error)}") from error
    finally:
        root.setLevel(level)
    del made.metadata_props[:]
    made.metadata_props.extend(model.metadata_props)
    return made


def calibration_batches(data: Net, model: onnx.ModelProto, num_images: int
                        ) -> Iterator[dict[str, Array]]:
    """Inputs of the model for at least `num_images` images, of the data layers of a net.

    They are cut to the model's batch size, if it has one. DataError for other shapes or names.
    """
    wanted = {info.name: [axis.dim_value for axis in info.type.tensor_type.shape.dim]
              for info in model.graph.input}
    waiting: dict[str, list[Array]] = {name: [] for name in wanted}
    done = 0
    while done < num_images:
        blobs = {name: blob.cpu().numpy() for name, blob in data.next_batch().items()}
        for name, shape in wanted.items():
            if name not in blobs or list(blobs[name].shape[1:]) != shape[1:]:
                found = f"of {blobs[name].shape}" if name in blobs else "not among them"
                raise DataError(f"{data.spec.path}: the data layers give no '{name}' of "
                                f"{tuple(shape)}: it is {found}")
            waiting[name].append(blobs[name])
        size = next(iter(wanted.values()))[0]
        arrays = {name: np.concatenate(parts) for name, parts in waiting.items()}
        number = len(next(iter(arrays.values())))
        size = size or number
        for start in range(0, number - size + 1, size):
            yield {name: array[start:start + size] for name, array in arrays.items()}
            done += size
        waiting = {name: [array[number - number % size:]] for name, array in arrays.items()}


def batches_of_a_pass(data: Net) -> int | None:
    """After how many batches the first record comes again; None: its data have no names."""
    source = data.sources[0][0] if data.sources else None
    first = source.keys(0)[:1] if source is not None else []
    if source is None or not first:
        return None
    return next((index for index in range(1, MOST_BATCHES) if first[0] in source.keys(index)),
                None)


def scores(data: Net, num_batches: int, compute: Callable[[Mapping[str, Tensor]], dict[str, Tensor]]
           ) -> dict[str, float]:
    """What the layers that read labels say: mean average precision, or the mean of the top.

    compute  the blobs of the deployed part for the blobs of the data layers
    """
    part = deployed(data)
    rows: dict[str, list[Array]] = {}
    values: dict[str, list[float]] = {}
    data.seek(0)
    for _ in range(num_batches):
        given = data.next_batch()
        with torch.no_grad():
            blobs = run_steps(part.training, {**given, **compute(given)})
        for step in part.training:
            for top in step.tops:
                if isinstance(step.layer, DetectionEvaluate):
                    rows.setdefault(top, []).append(blobs[top].reshape(-1, 5).numpy())
                elif blobs[top].numel() == 1:
                    values.setdefault(top, []).append(blobs[top].item())
    means = {top: float(np.mean(found)) for top, found in values.items()}
    return means | {top: class_average_precisions(np.concatenate(found))[0]
                    for top, found in rows.items()}


def runtime(model: onnx.ModelProto, part: Deployed) -> Callable[[Mapping[str, Tensor]],
                                                                 dict[str, Tensor]]:
    """The deployed part computed by ONNX Runtime, for `scores`."""
    wanted = [name for step in part.training for name in step.bottoms
              if any(name in made.tops for made in part.steps)]

    def compute(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        inputs = {name: given[name].numpy() for name in part.inputs}
        number = len(next(iter(inputs.values())))
        size = model.graph.input[0].type.tensor_type.shape.dim[0].dim_value or number
        if number % size:
            raise DataError(f"--int8 is scored in batches of {size} images, as the model takes, "
                            f"and the data layers give {number}; --batch {number}, or --batch "
                            "dynamic")
        found: dict[str, list[Array]] = {name: [] for name in wanted}
        for start in range(0, number, size):
            chunk = {name: array[start:start + size] for name, array in inputs.items()}
            for name, array in run(model, chunk, wanted).items():
                if is_detections(array):
                    array[..., 0] += start      # the number of the image
                found[name].append(array)
        return {name: torch.from_numpy(np.concatenate(parts, 2 if is_detections(parts[0]) else 0))
                for name, parts in found.items()}

    return compute
