"""Input: blobs whose values the caller gives."""

from __future__ import annotations

from framework.definition.spec import LayerSpec
from framework.layers.base import DataOptions, Source, layer


@layer
class Input(Source):
    """Declare the blobs that the caller of the net gives, and their usual shapes.

    Top:    one blob for each `input_param.shape`, or all of the one shape given.
    Errors: SpecError if the number of shapes is neither 1 nor the number of tops.
    Source: InputParameter in caffe.proto; BVLC input_layer.cpp.
    """

    reads = ("transform_param",)
    gives_batches = False
    reads_files = False
    # what tools/detect does to an image
    fork_fields = frozenset(["transform_param.resize_param.longest_side"])

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        shapes = [tuple(shape.dim) for shape in spec.proto.input_param.shape]
        if len(shapes) not in (1, len(spec.tops)):
            raise spec.error("input_param.shape", f"is given {len(shapes)} times; it must be once, "
                             f"or once for each of the {len(spec.tops)} tops")
        self.top_shapes = shapes * len(spec.tops) if len(shapes) == 1 else shapes
