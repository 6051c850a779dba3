"""Data: images with a class each, from an LMDB."""

from __future__ import annotations

from framework.data.loading.items import DatabaseItems
from framework.data.records.records import Decoding
from framework.definition.spec import LayerSpec
from framework.layers.base import DataOptions, layer
from framework.layers.data.annotated_data import database_path, look_at_first
from framework.layers.data.image_source import (
    RESHAPING,
    ImageSource,
    color_of,
    transformation,
    warn_of_idle_fields,
)

MAKE = "tools/convert_imageset makes it from a list of images and their classes"


@layer
class Data(ImageSource):
    """Batches of images and their classes from an LMDB of Datum records.

    Tops:   images (batch_size, channels, height, width), (pixel - mean) * scale, BGR;
            classes (batch_size,).
    Errors: SpecError for settings that cannot be followed; DataError if the database is absent,
            empty, a LevelDB or not an LMDB, or if more than 5 % of its records are bad.
    Source: DataParameter in caffe.proto; data_layer.cpp of weiliu89/caffe, branch ssd; shuffle and
    rand_skip as in Intel's branch; NVIDIA's shuffles only in TRAIN and with `cache`, which keeps
    records in memory and is left to the system's own cache here, as are threads and precache.
    """

    list_param = "data_param"
    num_tops = (1, 2)
    idle_fields = ("bgr2rgb",)
    fork_fields = frozenset(RESHAPING)

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops[:1])

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        warn_of_idle_fields(spec)
        param = spec.proto.data_param
        self.pad = spec.proto.transform_param.pad
        items = DatabaseItems(database_path(spec), transformation(spec, idle=self.idle_fields),
                              Decoding(color_of(spec)), num_labels=len(spec.tops) - 1, make=MAKE)
        self.start(look_at_first(spec, items), param.batch_size, shuffle=param.shuffle,
                   skip=param.rand_skip)
