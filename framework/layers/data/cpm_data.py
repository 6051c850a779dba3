"""CPMData: images of people with the maps of their joints and limbs, from an LMDB."""

from __future__ import annotations

from framework.data.augment.mean import Mean
from framework.data.augment.pose import SKELETONS
from framework.data.loading.pose_items import CHANNELS, GREY, PoseItems
from framework.definition.spec import LayerSpec
from framework.layers.base import DataOptions, Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size
from framework.layers.data.first_records import database_path
from framework.layers.data.image_source import ImageSource
from framework.layers.params import honour


@layer
class CPMData(ImageSource):
    """Batches of images of people, and maps of joints and limbs (part affinity fields).

    Tops:   images (batch_size, 6, height, width), (pixel - 128) / 256, BGR, three channels of 0;
            labels (batch_size, 2 * (num_parts + 1), height / stride, width / stride): a weight for
            each map, 0 where people without joints are; directions x and y of each limb; peaks of
            the joints of all people; 1 - the highest peak.
    num_parts is 56 (COCO: 19 limbs, 18 joints) or 43 (MPI: 14 limbs, 15 joints); np_in_lmdb joints
    are in the records. TRAIN scales, so that the person of the record is target_dist tall, turns,
    crops to crop_size_y x crop_size_x around it, and mirrors, at random; TEST gives the images as
    they are. Limbs are in cells of 8 pixels whatever `stride` says, as in the original.
    Errors: SpecError for settings that cannot be followed; DataError if the database is absent or
            empty, or if more than 5 % of its records are bad.
    Source: CPMTransformationParameter; cpm_data_layer.cpp and cpm_data_transformer.cpp of
            CMU-Perceptual-Computing-Lab/caffe_train; Cao et al. 2017. In TEST its weights are of
            memory that was never filled; here they are those of the record.
    """

    reads = ("transform_param", "data_param", "cpm_transform_param")
    num_tops = (1, 2)
    unread = frozenset(["data_param.force_encoded_color"])

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        param = spec.proto.cpm_transform_param
        batch = spec.proto.data_param.batch_size
        height, width = param.crop_size_y, param.crop_size_x
        labels = (batch, 2 * (param.num_parts + 1), height // param.stride, width // param.stride)
        shapes: list[Shape] = [(batch, CHANNELS, height, width), labels]
        return shapes[:len(spec.tops)]

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        name = "cpm_transform_param"
        honour(spec, name, "stride flip_prob max_rotate_degree crop_size_x crop_size_y scale_prob "
               "scale_min scale_max target_dist center_perterb_max sigma num_parts aug_way gray "
               "np_in_lmdb transform_body_joint do_clahe")
        param = spec.proto.cpm_transform_param
        if param.num_parts not in SKELETONS:
            raise spec.error(f"{name}.num_parts", f"is {param.num_parts}; it must be one of "
                             f"{', '.join(map(str, SKELETONS))}")
        joints = max(*SKELETONS[param.num_parts].first, *SKELETONS[param.num_parts].second) + 1
        least = {"stride": 1, "crop_size_x": 1, "crop_size_y": 1, "np_in_lmdb": joints}
        for field, limit in least.items():
            if getattr(param, field) < limit:
                raise spec.error(f"{name}.{field}", f"is {getattr(param, field)}; it must be at "
                                 f"least {limit}")
        for field in ("sigma", "scale_min", "target_dist"):
            if getattr(param, field) <= 0:
                raise spec.error(f"{name}.{field}", f"is {getattr(param, field):g}; it must be "
                                 "above 0")
        if param.aug_way != "rand":
            raise spec.error(f"{name}.aug_way", f"is '{param.aug_way}'; it must be 'rand': the "
                             "tables of the other way were never published")
        if param.do_clahe:
            raise spec.error(f"{name}.do_clahe", "is true, which is not supported: leave it out")
        if not param.transform_body_joint:
            raise spec.error(f"{name}.transform_body_joint", "is false; then there are no maps, "
                             "there too")

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self.check_fields(spec)
        param, data = spec.proto.cpm_transform_param, spec.proto.data_param
        items = PoseItems(database_path(spec), param.SerializeToString(), spec.phase == "TRAIN",
                          len(spec.tops) > 1,
                          make="the script genLMDB.py of its project makes it")
        self.start(items, data.batch_size, mean=Mean((GREY,), scale=1 / 256),
                   skip=data.rand_skip)
        if len(spec.tops) > 1:
            self.top_shapes[1] = (data.batch_size, *self.top_shapes[1][1:])
