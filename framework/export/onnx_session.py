"""ONNX Runtime on a model whose tensors are watched: the session that checks and imports share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import onnx

if TYPE_CHECKING:
    import onnxruntime


def watched_session(model: onnx.ModelProto, names: Sequence[str], as_written: bool = False
                    ) -> onnxruntime.InferenceSession:
    """A session on the CPU whose outputs are the tensors of these names.

    as_written  without optimisations, which round otherwise
    Raises what ONNX Runtime raises, of its own classes.
    """
    import onnxruntime  # lazy: it is loaded when there is a model to run

    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    del watched.graph.output[:]
    watched.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4      # what goes wrong is raised as well
    if as_written:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(watched.SerializeToString(), options,
                                        providers=["CPUExecutionProvider"])
