"""Shape inference for known public `Python` layers whose modules are not installed."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from itertools import takewhile

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape

ASSUMED_SIZE = 224          # of a segmentation image, whose own size decides
FRCNN_SIZE = (640, 1024)    # assumed: about py-faster-rcnn's 600 x 1000, in multiples of 64
STATED_SIZE = (600, 1000)   # that itself, for nets that fit nothing else
RON_SIZE = (320, 320)
CONTEXT_REGIONS = 10        # CONTEXT_NUM_ROIS of R*CNN
ATTRIBUTES = 16
REGIONS = 128               # BATCH_SIZE of a training, as MAF's module has it
REGION_FEATURES = 2048      # of Up-Down-Captioner's files, by ResNet-101
ATTRIBUTED_REGIONS = (64, 32)    # of bottom-up-attention in training, and how many are objects
DETECTNET_BOXES = 50        # MAX_BOXES of NVIDIA's DetectNet layers
Rule = Callable[[LayerSpec, tuple[Shape, ...]], list[Shape]]


class DeclaredPython(Layer):
    """Placeholder of a `Python` layer of a known public project: shapes without a forward.

    Bottoms, tops: as the layer of the project. Only for looking at nets; forward is an error.
    Source: the `setup` and `reshape` of the classes in PYTHON_SHAPES.
    """

    num_bottoms = (0, None)
    num_tops = (0, None)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        """The shapes by the rule of the project's class."""
        param = self.spec.proto.python_param
        shapes = PYTHON_SHAPES[param.module, param.layer](self.spec, bottoms)
        if len(shapes) < len(self.spec.tops):
            raise self.spec.error("top", f"is given {len(self.spec.tops)} times; "
                                  f"{param.module}.{param.layer} makes {len(shapes)}")
        return shapes[:len(self.spec.tops)]

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        """Always raises SpecError: only the module itself can compute values."""
        raise self.spec.error("python_param.module", "is known by its shapes only; to run it, put "
                              "its folder on PYTHONPATH")


class DeclaredPythonOfStatedSize(DeclaredPython):
    """The same, with images of STATED_SIZE where FRCNN_SIZE is assumed."""

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(*shape[:2], *STATED_SIZE) if tuple(shape[2:]) == FRCNN_SIZE else shape
                for shape in super().top_shapes(*bottoms)]


def is_known(spec: LayerSpec) -> bool:
    """Whether the shapes of this `Python` layer are known without its module."""
    param = spec.proto.python_param
    return (param.module, param.layer) in PYTHON_SHAPES


def check_targets(spec: LayerSpec, needed: Mapping[str, Shape]) -> None:
    """SpecError if a known layer makes box targets, 4 numbers a class, for another number of
    classes than its readers need.

    needed   the shapes of its tops that fit their readers
    """
    if "num_classes" not in spec.proto.python_param.param_str:
        return
    own = (1, 4 * _number(spec, "num_classes"))
    for top, shape in zip(spec.tops, DeclaredPython(spec).top_shapes(), strict=True):
        wanted = needed[top]
        if shape == own != wanted and len(wanted) == 2 and wanted[1] % 4 == 0:
            raise spec.error(
                "python_param.param_str", f"gives num_classes {shape[1] // 4}, with which '{top}' "
                f"has 4 x {shape[1] // 4} = {shape[1]} columns; what reads it needs {wanted[1]}, "
                f"so num_classes must be {wanted[1] // 4}")


def _number(spec: LayerSpec, name: str) -> int:
    """The number after `'name':` in param_str."""
    text = spec.proto.python_param.param_str
    found = re.search(rf"['\"]?{name}['\"]?\s*:\s*(\d+)", text)
    if found is None:
        raise spec.error("python_param.param_str", f"is {text!r}; it must give {name}")
    return int(found[1])


def _roi_data(spec: LayerSpec, bottoms: tuple[Shape, ...]) -> list[Shape]:
    """roi_data_layer of py-faster-rcnn: for an RPN, or with proposals made before; RON's own.

    In the dialect "class-agnostic" (py-R-FCN) boxes are of one class beside the background. In
    fast-rcnn there are the regions and their labels, and 2 or 3 tops of box targets unless the net
    does without; the sixth top came later. R*CNN has its secondary regions after the first ones,
    affordance-net its masks, and whether the image is flipped, after the truth.
    """
    if spec.tops[1:3] == ("im_info", "gt_boxes") and len(spec.tops) == 5:
        return [(1, 3, *FRCNN_SIZE), (1, 3), (1, 5), (1, 2), (1, 1)]
    if spec.tops[2:3] == ("secondary_rois",):
        targets = (1, 4 * _number(spec, "num_classes"))
        return [(2, 3, *FRCNN_SIZE), (1, 5), (CONTEXT_REGIONS, 5), (1,), targets, targets]
    if spec.tops[1:2] == ("rois",) and len(spec.tops) == 3:
        return [(2, 3, *FRCNN_SIZE), (1, 5), (1,)]
    if len(spec.tops) == 3 and "info" in spec.tops[2]:
        return [(1, 3, *RON_SIZE), (1, 6), (1, 2)]
    if len(spec.tops) == 3:
        return [(1, 3, *FRCNN_SIZE), (1, 3), (1, 5)]
    if spec.dialect == "class-agnostic":    # with four axes: R-FCN's losses by position need them
        agnostic = (1, 8, 1, 1)
        return [(2, 3, *FRCNN_SIZE), (1, 5), (1, 1, 1, 1), agnostic, agnostic, agnostic]
    targets = (1, 4 * _number(spec, "num_classes"))
    return [(2, 3, *FRCNN_SIZE), (1, 5), (1,), targets, targets, targets]


def _proposals(spec: LayerSpec, bottoms: tuple[Shape, ...]) -> list[Shape]:
    """Boxes and scores; with ground truth (pva-faster-rcnn's second form) also the targets."""
    if len(spec.tops) > 2:
        return _proposal_targets(spec, bottoms)
    return [(1, 5), (1, 1, 1, 1)]


def _proposal_targets(spec: LayerSpec, bottoms: tuple[Shape, ...]) -> list[Shape]:
    """With four axes, as in R-FCN's code: SoftmaxWithLossOHEM and its like need them.

    In the dialect "quadrilaterals" (arasharchor/py-faster-rcnn_rotated) a box has four corners, in
    "rotated-boxes" (lilinhao/ShipDetection) an angle; there, and in "region-batches"
    (He-Zhenwei/MAF), which has 128 rows, all have two axes.
    SpecError for affordance-net's, whose settings alone say how large the targets of masks are.
    """
    if len(spec.bottoms) > 4:
        raise spec.error("bottom", f"is given {len(spec.bottoms)} times; with masks only the "
                         "module knows the shapes")
    classes = 2 if spec.dialect == "class-agnostic" else _number(spec, "num_classes")
    numbers = {"quadrilaterals": 8, "rotated-boxes": 5}.get(spec.dialect, 4)
    text = spec.proto.python_param.param_str
    num, objects = ATTRIBUTED_REGIONS if "num_attr_classes" in text else (1, 1)
    if spec.dialect == "region-batches":
        num = REGIONS
    targets = (num, numbers * classes, 1, 1)
    shapes: list[Shape] = [(num, 5, 1, 1), (num, 1, 1, 1), targets, targets, targets]
    if len(spec.tops) > 5:      # bottom-up-attention: 16 attributes of each object
        shapes.append((objects, ATTRIBUTES))
        if "bg_aux_label" in text:      # ShuangLI59/person_search: the person of each region
            shapes[-1] = (num, 1, 1, 1)
        # nets for a class that was not published: rows as their losses need them
        if "use_attr_labels" in text:
            shapes[-1] = (num, ATTRIBUTES)
        elif "num_attr_classes" in text and "num_rel_classes" not in text:
            shapes[-1] = (num, _number(spec, "num_attr_classes"))
    if len(spec.tops) > 6:      # and the relation of each object to each
        shapes.append((objects * objects, 1, 1, 1))
    if spec.dialect == "rotated-boxes":     # with the number of the image; then overlaps
        shapes = [(num, 6), *shapes[1:5], (num,)]
    if spec.dialect in ("rotated-boxes", "region-batches"):
        shapes = [shape[:2] for shape in shapes]
    return shapes


def _anchor_targets(spec: LayerSpec, bottoms: tuple[Shape, ...]) -> list[Shape]:
    """Labels and box targets for each anchor, of which the first bottom has two scores each.

    Of a pyramid (unsky/FPN, xraydetec/Xdet) the maps are the first bottoms, and the cells of all
    are one axis.
    """
    batch, channels, height, width = bottoms[0]
    maps = list(takewhile(lambda shape: len(shape) == 4 and shape[1] == channels, bottoms))
    if len(maps) > 1:
        total = sum(shape[2] * shape[3] for shape in maps)
        flat: Shape = (batch, channels // 2 * 4, total)
        return [(batch, 1, channels // 2 * total), flat, flat, flat]
    targets: Shape = (batch, channels // 2 * 4, height, width)
    return [(batch, 1, channels // 2 * height, width), targets, targets, targets]


def _ron_detections(spec: LayerSpec, bottoms: tuple[Shape, ...]) -> list[Shape]:
    text = spec.proto.python_param.param_str
    classes = int(text.strip().rsplit(",", 1)[-1].strip("'\" }"))
    return [(bottoms[0][0], 1, 4), (bottoms[0][0], 1, classes)]


def _same_labels(spec: LayerSpec, bottoms: tuple[Shape, ...]) -> list[Shape]:
    return [bottoms[1]]


def _images_of(*names: str) -> Rule:
    """FCN's data layers: one image, then maps of one channel. `tops` in param_str has the
    last word about what they are."""
    def shapes(spec: LayerSpec, bottoms: tuple[Shape, ...]) -> list[Shape]:
        stated = re.search(r"['\"]tops['\"]\s*:\s*(\[[^\]]*\])", spec.proto.python_param.param_str)
        kinds = ast.literal_eval(stated[1]) if stated else names
        return [(1, 3 if kind in ("data", "color", "hha") else 1, ASSUMED_SIZE, ASSUMED_SIZE)
                for kind in kinds]
    return shapes


def _clips(clips: int) -> Rule:
    """LRCN: `clips` clips of 16 frames of 227 x 227."""
    frames = 16 * clips
    return lambda spec, bottoms: [(frames, 3, 227, 227), (frames,), (frames,)]


def _box_lists(spec: LayerSpec, bottoms: tuple[Shape, ...]) -> list[Shape]:
    return [(bottoms[0][0], DETECTNET_BOXES, 5)] * len(spec.tops)


def _region_features(spec: LayerSpec, bottoms: tuple[Shape, ...]) -> list[Shape]:
    """Images' numbers and sizes; the words of captions before and after each, in training; number,
    corners and features of regions, the mean of all before them with `pool`.
    """
    text = spec.proto.python_param.param_str
    batch = _number(spec, "batch_size")
    regions = _number(spec, "max_boxes") if "max_boxes" in text else 100
    if re.search(r"['\"]pool['\"]\s*:\s*(True|1)", text):
        regions += 1
    words: list[Shape] = []
    if spec.proto.python_param.layer == "RCNNCaptionTrainDataLayer":
        words = [(batch, _number(spec, "sequence_length"))] * 2
    return [(batch, 3), *words, (batch, 1), (batch, regions, 4), (batch, regions, REGION_FEATURES)]


def _captions(spec: LayerSpec, bottoms: tuple[Shape, ...]) -> list[Shape]:
    """Weights, words before and words after of the captions that a beam search found; their mean
    score."""
    items, _, beams, steps = bottoms[1]
    words: Shape = (items * beams, steps)
    return [words, words, words, (1,)]


def _scalars(spec: LayerSpec, bottoms: tuple[Shape, ...]) -> list[Shape]:
    return [(1,)] * len(spec.tops)


def _as_bottoms(spec: LayerSpec, bottoms: tuple[Shape, ...]) -> list[Shape]:
    return list(bottoms)


# (module, class): the rule. Sources: rbgirshick/py-faster-rcnn, sanghoon/pva-faster-rcnn,
# YuwenXiong/py-R-FCN, peteanderson80's bottom-up-attention and Up-Down-Captioner, taokong/RON,
# nqanh/affordance-net, lilinhao/ShipDetection, He-Zhenwei/MAF, shelhamer/fcn.berkeleyvision.org,
# LisaAnne/lisa-caffe-public, NVIDIA/caffe, TimoSaemann/ENet, BVLC/caffe examples/pycaffe.
PYTHON_SHAPES: dict[tuple[str, str], Rule] = {
    ("roi_data_layer.layer", "RoIDataLayer"): _roi_data,
    ("rpn.proposal_layer", "ProposalLayer"): _proposals,
    ("rpn.proposal_layer", "ProposalLayer2"): _proposals,
    ("rpn.anchor_target_layer", "AnchorTargetLayer"): _anchor_targets,
    ("rpn.proposal_target_layer", "ProposalTargetLayer"): _proposal_targets,
    ("ron_layer.anchor_target_layer", "AnchorTargetLayer"): _anchor_targets,
    ("ron_layer.det_target_layer", "DetTargetLayer"): _anchor_targets,
    ("ron_layer.det_layer", "DetLayer"): _ron_detections,
    ("ron_layer.ohem_rpn", "OHEMRpnLayer"): _same_labels,
    ("rcnn_layers", "RCNNTestDataLayer"): _region_features,
    ("rcnn_layers", "RCNNCaptionTrainDataLayer"): _region_features,
    ("efficient_rcnn_layers", "RCNNTestDataLayer"): _region_features,
    ("efficient_rcnn_layers", "RCNNCaptionTrainDataLayer"): _region_features,
    ("scst_layers", "SCSTLayer"): _captions,
    ("voc_layers", "VOCSegDataLayer"): _images_of("data", "label"),
    ("voc_layers", "SBDDSegDataLayer"): _images_of("data", "label"),
    ("pascalcontext_layers", "PASCALContextSegDataLayer"): _images_of("data", "label"),
    ("siftflow_layers", "SIFTFlowSegDataLayer"): _images_of("data", "semantic", "geometric"),
    ("nyud_layers", "NYUDSegDataLayer"): _images_of("color", "label"),
    ("sequence_input_layer", "videoReadTrain_RGB"): _clips(24),
    ("sequence_input_layer", "videoReadTrain_flow"): _clips(24),
    ("sequence_input_layer", "videoReadTest_RGB"): _clips(3),
    ("sequence_input_layer", "videoReadTest_flow"): _clips(3),
    ("caffe.layers.detectnet.clustering", "ClusterDetections"): _box_lists,
    ("caffe.layers.detectnet.clustering", "ClusterGroundtruth"): _box_lists,
    ("caffe.layers.detectnet.mean_ap", "ScoreDetections"): _box_lists,
    ("caffe.layers.detectnet.mean_ap", "mAP"): _scalars,
    ("spatial_dropout", "SpatialDropoutLayer"): _as_bottoms,
    ("pyloss", "EuclideanLossLayer"): _scalars,
}
