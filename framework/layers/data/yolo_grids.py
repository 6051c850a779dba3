"""Labels of YOLO's grids and lists of boxes, whose data no layer makes: known by shape only."""

from __future__ import annotations

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.data.known_by_shape import KnownByShape
from framework.layers.data.mask_box_data import FORK_FIELDS, MaskBoxData
from framework.layers.params import message_at
from framework.proto import has_field

# The grid of BoxData's labels where the text gives none, and numbers of a cell: difficult, object,
# class, and four of the box.
USUAL_SIDE = 7
CELL_NUMBERS = 7
ROW_NUMBERS = 30 * 5        # of boxes, in the labels that RegionLoss reads

# What AnnotatedData with caffe_yolo reads, of synopsys-caffe.
GRID_FIELDS = frozenset(["transform_param.caffe_yolo", "transform_param.resize_param.jitter",
                         "transform_param.distort_param.exposure_lower",
                         "transform_param.distort_param.exposure_upper", "data_param.random"])


def _sides(spec: LayerSpec) -> list[int]:
    return list(spec.proto.data_param.side) or [USUAL_SIDE]


def grid_shapes(spec: LayerSpec, images: Shape) -> list[Shape]:
    """Images, then labels for each grid. SpecError for another number of tops."""
    check_grids(spec)
    grids: list[Shape] = [(images[0], side * side * CELL_NUMBERS) for side in _sides(spec)]
    return [images, *grids][:len(spec.tops)]


def check_grids(spec: LayerSpec) -> None:
    """SpecError for another number of tops than images and a grid for each side."""
    if len(spec.tops) not in (1, len(_sides(spec)) + 1):
        raise spec.error("data_param.side", f"is given {len(spec.proto.data_param.side)} "
                         f"times; the layer has {len(spec.tops)} tops, images and a grid for "
                         "each side")


def asks_for_grids(spec: LayerSpec) -> bool:
    """Whether an AnnotatedData is to give grids. SpecError for its fields without that."""
    if spec.proto.transform_param.caffe_yolo:
        return True
    for path in sorted(GRID_FIELDS):
        if _is_given(spec, path):
            raise spec.error(path, "is of transform_param.caffe_yolo, which is not true")
    return False


def refuse_grids(spec: LayerSpec) -> None:
    """SpecError for an AnnotatedData whose data are wanted and are grids."""
    if asks_for_grids(spec):
        raise spec.error("transform_param.caffe_yolo", "is true: labels of grids and images as "
                         "synopsys-caffe makes them are known by shape only; leave it out for "
                         "boxes as SSD's losses read them, or write annotated_data_param "
                         "{ yolo_data_type: 1 } for Yolov3's")


@layer
class BoxData(KnownByShape):
    """Images with boxes as YOLO's first versions, or MaskYolo, want them: known by shape only.

    Tops:   images (N, C, H, W); one for each `side` of data_param, or for a grid of 7 without one,
            (N, side * side * 7): for each cell whether its box is difficult, whether there is one,
            its class, and its x, y, width and height. With a field of MaskYolo (resize_w, resize_h
            and jitter of transform_param; min_size_and, min_size_or and max_box_num of data_param)
            images (N, 3, resize_h, resize_w) and labels (N, 5 max_box_num): x, y, width, height and
            class of each box. Labels of at most one `side` which a RegionLoss or DetectionEvaluate
            reads are (N, 150): class, x, y, width and height of up to 30 boxes.
    Errors: SpecError whenever data are requested, and for another number of tops.
    Meaning: hojel/caffe box_data_layer.cpp, whose records are Datum messages with a list of boxes;
            box_data_layer.cpp of leon-liangwu/MaskYolo_Caffe and of Felix-Li-Git/caffe-yolov2.
    """

    reads = ("transform_param", "data_param")
    num_tops = (1, None)
    fork_fields = FORK_FIELDS

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        has_grids = _of_mask_yolo(spec) or len(spec.proto.data_param.side) > 1
        return [] if has_grids else list(spec.tops[1:2])

    @classmethod
    def may_be(cls, spec: LayerSpec, top: str, shape: Shape) -> bool:
        return shape[1:] == (ROW_NUMBERS,)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        if not _of_mask_yolo(spec):
            check_grids(spec)
        elif len(spec.tops) > 2:
            raise spec.error("top", f"has {len(spec.tops)} names; with MaskYolo's fields there are "
                             "images and labels")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        if not _of_mask_yolo(spec):
            return grid_shapes(spec, images_and_labels(spec, size)[0])
        images = MaskBoxData.assumed_shapes(spec, size)[0]
        return [images, (images[0], 5 * spec.proto.data_param.max_box_num)][:len(spec.tops)]


def _of_mask_yolo(spec: LayerSpec) -> bool:
    return any(_is_given(spec, path) for path in FORK_FIELDS)


def _is_given(spec: LayerSpec, path: str) -> bool:
    message, name = path.rsplit(".", 1)
    return has_field(message_at(spec, message), name)
