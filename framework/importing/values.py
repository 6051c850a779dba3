"""What an ONNX model computes, by ONNX Runtime: constants, sizes, and outputs to compare with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper, numpy_helper

from framework.errors import CaffeError
from framework.export.onnx_session import watched_session
from framework.importing.draft import Array, Shape
from framework.importing.onnx_file import index_limits

RANDOM = {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli",
          "Multinomial", "Dropout"}


@dataclass(frozen=True)
class Values:
    """The tensors of a model for one set of inputs.

    shapes     of all tensors
    constants  those that do not depend on the inputs' values: weights, and what is computed from
               them and from shapes
    outputs    of the model
    """

    shapes: dict[str, Shape]
    constants: dict[str, Array]
    outputs: dict[str, Array]


def evaluate(model: onnx.ModelProto, path: str, inputs: Mapping[str, Array]) -> Values:
    """Run the model once. CaffeError if ONNX Runtime refuses it."""
    constants = {tensor.name: _array(tensor) for tensor in model.graph.initializer}
    computed = constant_results(model.graph.node, constants)
    names = list(dict.fromkeys(name for node in model.graph.node for name in node.output if name))
    given = list(inputs)
    made = dict(zip(names, run(model, path, inputs, names), strict=True))
    shapes = {name: np.shape(array) for name, array in (constants | made).items()}
    shapes |= {name: inputs[name].shape for name in given}
    constants |= {name: np.asarray(made[name]) for name in computed}
    outputs = {info.name: made[info.name] for info in model.graph.output if info.name in made}
    return Values(shapes, constants, outputs)


def constant_results(nodes: Sequence[onnx.NodeProto], constants: Mapping[str, Array]) -> list[str]:
    """The results that depend on constants and on shapes alone."""
    known = set(constants)
    results: list[str] = []
    for node in nodes:
        inner = any(attribute.HasField("g") for attribute in node.attribute)
        fixed = node.op_type in ("Shape", "Size") or (
            not inner and node.op_type not in RANDOM
            and all(name in known for name in node.input if name))
        if fixed:
            known.update(node.output)
            results += [name for name in node.output if name]
    return results


def run(model: onnx.ModelProto, path: str, inputs: Mapping[str, Array], names: Sequence[str]
        ) -> list[Array]:
    """The tensors of these names, without optimisations that would round otherwise."""
    try:
        session = watched_session(model, names, as_written=True)
        results: list[Array] = session.run(list(names), dict(inputs))
        return results
    except Exception as error:      # of any kind: its classes are those of another library
        reason = " ".join(str(error).split())
        raise CaffeError(f"{path}: ONNX Runtime cannot run the model: {reason[:300]}") from None


def draw_inputs(model: onnx.ModelProto, shapes: Mapping[str, Shape], seed: int
                ) -> dict[str, Array]:
    """Noise for each input, or rows of its table, in its own type."""
    generator = np.random.default_rng(seed)
    kinds = {info.name: helper.tensor_dtype_to_np_dtype(info.type.tensor_type.elem_type)
             for info in model.graph.input}
    limits = index_limits(model)
    found: dict[str, Array] = {}
    for name, shape in shapes.items():
        if name in limits:
            found[name] = generator.integers(0, limits[name], shape).astype(kinds[name])
        else:
            found[name] = generator.standard_normal(shape).astype(kinds[name])
    return found


def _array(tensor: onnx.TensorProto) -> Array:
    return numpy_helper.to_array(tensor)
