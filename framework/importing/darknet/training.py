"""The files that train a Darknet net here: train_test.prototxt and solver.prototxt.

Sources: [net] and [yolo] of parser.c, yolo_layer.c and region_layer.c of pjreddie/darknet, and of
AlexeyAB/darknet for overlaps as losses (iou_loss and the normalizers) and scale_x_y. Darknet
divides its rate by the batch, as the layers here divide the loss: rates are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from framework.data.records.database import open_database
from framework.data.records.label_map import names_in_file
from framework.errors import CaffeError
from framework.importing.darknet.config import Section
from framework.importing.darknet.heads import anchor_numbers, cell
from framework.importing.darknet.net import INPUT, DarknetNet, Head
from framework.proto import (
    EmitConstraint,
    LayerParameter,
    NetParameter,
    ResizeParameter,
    SolverParameter,
    TransformationParameter,
)

TEST_BATCH = 8
NO_LIMIT = 3.4e38       # of max_delta: about the largest float32
LABEL = "label"


@dataclass(frozen=True)
class Data:
    """What a user trains on: databases of boxes, as tools/convert_dataset makes them, and the
    label map; `test` may be missing."""

    train: Path
    labels: Path
    test: Path | None = None


def training_net(net: DarknetNet, head: Section, data: Data) -> NetParameter:
    """The net with data layers and losses instead of its Input, and its score in TEST."""
    if not net.heads or net.heads[0].section.kind not in LOSSES:
        raise head.error("has no [yolo] or [region], whose losses are here; a net without trains "
                         "with data and a loss layer around it (docs/from_pytorch.md)")
    classes = net.heads[0].section.integer("classes", 20)
    check_labels(net.heads[0].section, classes, data.labels)
    open_database(data.train)       # that there is one is said before a file is written
    first, *layers = net.draft.message.layer
    message = NetParameter(name=net.draft.message.name)
    message.layer.append(data_layer(head, first.transform_param, data, training=True))
    if data.test is not None:
        message.layer.append(data_layer(head, first.transform_param, data, training=False))
    boxes = next(layer for layer in layers if layer.HasField("yolov3_detection_output_param")
                 or layer.HasField("yolo_detection_output_param"))
    for layer in layers:
        if layer is not boxes:
            message.layer.append(layer)
            _decay_weights_alone(message.layer[-1], len(net.draft.weights.get(layer.name, ())))
    for one, blob in zip(net.heads, boxes.bottom, strict=True):     # layers may now be in place
        message.layer.append(LOSSES[one.section.kind](net, replace(one, blob=blob)))
    if data.test is not None:
        message.layer.add().CopyFrom(boxes)
        message.layer[-1].include.add(phase="TEST")
        message.layer.add(
            name="detection_eval", type="DetectionEvaluate", bottom=[boxes.top[0], LABEL],
            top=["detection_eval"], include=[{"phase": "TEST"}],
            detection_evaluate_param={"num_classes": classes + 1, "overlap_threshold": 0.5})
    return message


def _decay_weights_alone(layer: LayerParameter, num_blobs: int) -> None:
    """No decay of biases and of batch normalization's factors: update_convolutional_layer."""
    if num_blobs != 2 or layer.param:
        return
    for decays in (not layer.HasField("scale_param"), False):
        layer.param.add(lr_mult=1, decay_mult=1 if decays else 0)


def check_labels(section: Section, classes: int, path: Path) -> None:
    """CaffeError with the line for a label map of another number of classes."""
    labels = [label for label in names_in_file(str(path)) if label > 0]
    if sorted(labels) != list(range(1, classes + 1)):
        raise section.error(f"classes is {classes}; {path} has {len(labels)} besides the "
                            "background: change classes, and the filters of the layer before it",
                            "classes")


def data_layer(head: Section, image: TransformationParameter, data: Data, training: bool
               ) -> LayerParameter:
    """AnnotatedData in the size and values of the net's image.

    Darknet's jitter, whose crops and placements have no field here, is a sampler and an expansion
    of about the same reach.
    """
    transform = TransformationParameter(scale=image.scale, force_color=True)
    if image.HasField("resize_param"):
        transform.resize_param.CopyFrom(image.resize_param)
    else:
        transform.resize_param.resize_mode = ResizeParameter.WARP
        transform.resize_param.height = head.integer("height", 0)
        transform.resize_param.width = head.integer("width", 0)
    layer = LayerParameter(
        name=INPUT, type="AnnotatedData", top=[INPUT, LABEL],
        include=[{"phase": "TRAIN" if training else "TEST"}],
        data_param={"backend": "LMDB", "batch_size": TEST_BATCH,
                    "source": str(data.train if training else data.test)})
    layer.annotated_data_param.label_map_file = str(data.labels)
    if training:
        layer.data_param.batch_size = max(1, _batch(head)[0])
        layer.annotated_data_param.yolo_data_type = 1
        _augment(head, transform, layer)
    layer.transform_param.CopyFrom(transform)
    return layer


def _batch(head: Section) -> tuple[int, int]:
    """Images of a forward, and forwards of a step."""
    batch, parts = head.integer("batch", 1, 1), head.integer("subdivisions", 1, 1)
    if batch % parts:
        raise head.error(f"batch is {batch}; it must be a multiple of the {parts} subdivisions",
                         "batch")
    return batch // parts, parts


def _augment(head: Section, transform: TransformationParameter, layer: LayerParameter) -> None:
    """What Darknet does to images: flips, colours, and crops."""
    transform.mirror = head.integer("flip", 1) > 0
    transform.emit_constraint.emit_type = EmitConstraint.CENTER
    colours = transform.distort_param
    hue = head.number_of("hue", 0)
    saturation, exposure = (head.number_of(key, 1) for key in ("saturation", "exposure"))
    if hue > 0:
        colours.hue_prob, colours.hue_delta = 1, 180 * hue      # OpenCV's circle has 180 levels
    for name, factor in (("saturation", saturation), ("contrast", exposure)):
        if factor > 1:
            setattr(colours, f"{name}_prob", 1)
            setattr(colours, f"{name}_lower", 1 / factor)
            setattr(colours, f"{name}_upper", factor)
    transform.expand_param.prob, transform.expand_param.max_expand_ratio = 0.5, 1.4
    samplers = layer.annotated_data_param.batch_sampler
    samplers.add(max_sample=1, max_trials=1)
    samplers.add(max_sample=1, max_trials=50, sampler={
        "min_scale": 0.6, "max_scale": 1, "min_aspect_ratio": 0.7, "max_aspect_ratio": 1.4},
        sample_constraint={"min_jaccard_overlap": 0.3})


def yolo_loss(net: DarknetNet, head: Head) -> LayerParameter:
    """[yolo] as Yolov3."""
    section = head.section
    for key, only in (("truth_thresh", 1), ("objectness_smooth", 0), ("obj_normalizer", 1),
                      ("delta_normalizer", 1), ("counters_per_class", 0)):
        if section.numbers(key) not in ([], [only]):
            raise section.error(f"{key} is {section.word(key, '')}; the loss here has {only}", key)
    kind = section.word("iou_loss", "mse").upper()
    if kind not in ("MSE", "IOU", "GIOU", "DIOU", "CIOU"):
        raise section.error(f"iou_loss is '{kind.lower()}'; there are mse, iou, giou, diou and "
                            "ciou", "iou_loss")
    weight = section.number_of("iou_normalizer", 1 if kind == "MSE" else 0.75)
    mask = anchor_numbers(section)
    param: dict[str, Any] = {       # Any: what fields hold
        "num_class": section.integer("classes", 20), "num": len(mask), "mask": mask,
        "biases": section.numbers("anchors"), "anchors_scale": cell(net, head),
        "thresh": section.number_of("ignore_thresh", 0.5),
        "iou_thresh": section.number_of("iou_thresh", 1),
        "label_smooth_eps": section.number_of("label_smooth_eps", 0),
        "class_scale": section.number_of("cls_normalizer", 1), "iou_loss": kind,
        "coord_scale": weight if kind == "MSE" else 1, "iou_normalizer": weight,
        "max_delta": section.number_of("max_delta", 0) or NO_LIMIT,
        "use_focal_loss": section.integer("focal_loss", 0) > 0, "use_logic_gradient": False}
    zoom = section.number_of("scale_x_y", 1)
    param |= {"scale_x_y": zoom} if zoom != 1 else {}
    return _loss("Yolov3", head, "yolov3_param", param)


def region_loss(net: DarknetNet, head: Head) -> LayerParameter:
    """[region] as RegionLoss."""
    section = head.section
    if not section.integer("softmax", 0):
        raise section.error("softmax is 0; the loss here has classes by softmax", "softmax")
    scales = {f"{name}_scale": section.number_of(f"{name}_scale", 1)
              for name in ("object", "noobject", "class", "coord")}
    return _loss("RegionLoss", head, "region_loss_param", {
        "num_class": section.integer("classes", 20), "num": section.integer("num", 1),
        "bias_match": section.integer("bias_match", 0), "rescore": section.integer("rescore", 0),
        "thresh": section.number_of("thresh", 0.5), "biases": section.numbers("anchors"),
        **scales})


LOSSES = {"yolo": yolo_loss, "region": region_loss}


def _loss(kind: str, head: Head, field: str, param: Mapping[str, Any]) -> LayerParameter:
    """A loss on a map, of TRAIN alone. Any: as above."""
    name = f"{head.section.kind}_{head.section.number}_loss"
    settings: dict[str, Any] = {field: param}
    return LayerParameter(name=name, type=kind, bottom=[head.blob, LABEL], top=[name],
                          include=[{"phase": "TRAIN"}], **settings)


def solver(head: Section, net: Path, out: Path, data: Data) -> SolverParameter:
    """[net] as a solver: rate, policy, decay, steps. burn_in is a warm-up in a straight line."""
    parts = _batch(head)[1]
    message = SolverParameter(
        net=str(net), base_lr=head.number_of("learning_rate", 0.001),
        momentum=head.number_of("momentum", 0.9), weight_decay=head.number_of("decay", 0.0001),
        max_iter=head.integer("max_batches", 10000, 1), display=20, average_loss=20,
        snapshot=1000, snapshot_prefix=str(out), eval_type="detection", ap_version="Integral",
        random_seed=1)
    message.iter_size = parts
    if data.test is not None:
        message.test_iter.append(-(-len(open_database(data.test)) // TEST_BATCH))
        message.test_interval = 1000
        message.test_initialization = False
    if burn_in := head.integer("burn_in", 0):
        message.warmup_iter = burn_in
    _policy(head, message)
    return message


def _policy(head: Section, message: SolverParameter) -> None:
    """How the rate falls. CaffeError with the line for a policy that no solver has."""
    policy = head.word("policy", "constant")
    if policy == "steps":
        steps, scales = head.integers("steps"), head.numbers("scales")
        if not steps or len(scales) != len(steps):
            raise head.error(f"has {len(steps)} steps and {len(scales)} scales; it must have as "
                             "many of one as of the other, at least one", "steps")
        if len(set(scales)) != 1:
            raise head.error(f"scales is '{head.word('scales', '')}'; a solver has one factor for "
                             "all steps", "scales")
        message.lr_policy, message.gamma = "multistep", scales[0]
        message.stepvalue.extend(steps)
    elif policy == "step":
        message.lr_policy, message.gamma = "step", head.number_of("scale", 1)
        message.stepsize = head.integer("step", 1, 1)
    elif policy == "poly":
        message.lr_policy, message.power = "poly", head.number_of("power", 4)
    elif policy == "exp":
        message.lr_policy, message.gamma = "exp", head.number_of("gamma", 1)
    elif policy == "constant":
        message.lr_policy = "fixed"
    else:
        raise head.error(f"the policy '{policy}' has no counterpart here; there are constant, "
                         "steps, step, poly and exp", "policy")


def data_of_flags(train: Path | None, test: Path | None, labels: Path | None) -> Data | None:
    """The data of the flags; None without them. CaffeError for some of them alone."""
    if train is None and test is None and labels is None:
        return None
    if train is None or labels is None:
        raise CaffeError("--train needs --labelmap, and --test and --labelmap need --train")
    return Data(train, labels, test)
