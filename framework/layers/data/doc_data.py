"""Images of documents with labels by name (ctensmeyer/caffe): known by shape only."""

from __future__ import annotations

from typing import Any

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size
from framework.layers.data.known_by_shape import KnownByShape


@layer
class DocData(KnownByShape):
    """Images of documents, and the labels that `label_names` lists: known by shape only.

    Tops:   images (N, C, H, W), of the size of the last resize or crop of image_transform_param,
            else as the records have it; a label (N,) for each name.
    Errors: SpecError whenever data are requested, and for another number of tops.
    Meaning: doc_data_layer.cpp and image_transformer.cpp of ctensmeyer/caffe.
    """

    reads = ("doc_data_param", "image_transform_param")
    num_tops = (1, None)

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return [spec.tops[0]]

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        names = spec.proto.doc_data_param.label_names
        if len(spec.tops) != len(names) + 1:
            raise spec.error("doc_data_param.label_names", f"is given {len(names)} times; the "
                             f"layer has {len(spec.tops)} tops, images and a label for each name")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        batch = spec.proto.doc_data_param.batch_size or 1
        for params in spec.proto.image_transform_param.params:
            for change in (*params.resize_params, *params.crop_params):
                size = _stated(change) or size
        images: Shape = (batch, 3, *size)
        return [images, *[(batch,)] * (len(spec.tops) - 1)]


def _stated(change: Any) -> Size | None:
    """Height and width of one resize or crop. Any: one of the two messages."""
    if change.size:
        return (change.size[0],) * 2
    if change.height and change.width:
        return change.height[0], change.width[0]
    return None
