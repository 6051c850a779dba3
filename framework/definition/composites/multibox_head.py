"""MultiBoxHead: expand one short layer to SSD's detection head (predictors, priors, loss).

Names, order and fields are those of CreateMultiBoxHead in model_libs.py and of ssd_pascal.py,
weiliu89/caffe branch ssd, so that weights of published models find their layers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import framework.proto as proto
from framework.definition.composites.site import Expanded, Site
from framework.definition.prototxt import Lines
from framework.definition.values import distinct_ratios

FIELDS = ("name", "type", "bottom", "include", "exclude", "loss_weight", "multi_box_head_param",
          "multibox_loss_param", "loss_param", "detection_output_param",
          "detection_evaluate_param")
SHARED = ("num_classes", "share_location", "background_label_id")
MAX_OUTPUT = 2**31 - 1      # values of a blob in the original, whose counts are ints
VARIANCE = (0.1, 0.1, 0.2, 0.2)


class Sizes(NamedTuple):
    """The prior sizes of one source, in pixels of the network's input."""

    min_sizes: Sequence[float]
    max_sizes: Sequence[float]


def expand_head(site: Site) -> Expanded:
    """The plain layers of the head.

    Bottoms: the image (priors need its size), and the labels if there is a loss or an evaluation.
    Makes `mbox_loc`, `mbox_conf` and `mbox_priorbox` from the sources. The messages given beside
    multi_box_head_param choose what follows: multibox_loss_param `mbox_loss` in TRAIN,
    detection_output_param `detection_out` and detection_evaluate_param `detection_eval` in TEST.
    Raises SpecError for sources or labels that are missing, and sizes that do not fit.
    """
    layer = site.layer
    site.refuse_fields_but(FIELDS)
    site.check_bottoms(layer.bottom, "bottom[{}]")
    _check(site)
    maker = _Maker(site)
    for index, sizes in enumerate(_sizes(site)):
        maker.add_source(index, sizes)
    maker.join()
    if layer.HasField("multibox_loss_param"):
        maker.add_loss()
    if layer.HasField("detection_output_param"):
        maker.add_detection()
    if layer.HasField("detection_evaluate_param"):
        maker.add_evaluation()
    return maker.expanded


def _check(site: Site) -> None:
    layer = site.layer
    param = layer.multi_box_head_param
    needs_label = [name for name in ("multibox_loss_param", "detection_evaluate_param")
                   if layer.HasField(name)]
    if len(layer.bottom) != 1 + bool(needs_label):
        wanted = f"two, the image and the labels that {needs_label[0]} needs" if needs_label \
            else "one, the image"
        raise site.error("bottom", f"is given {len(layer.bottom)} times; it must be {wanted}")
    if layer.HasField("detection_evaluate_param") and not layer.HasField("detection_output_param"):
        raise site.error("detection_evaluate_param", "needs a detection_output_param beside it")
    if param.num_classes < 1:
        raise site.error("multi_box_head_param.num_classes",
                         f"is {param.num_classes}; it must be at least 1, the background counted")
    if not param.source:
        raise site.error("multi_box_head_param.source", "is not given; a head needs at least one")
    if len(param.variance) not in (0, 1, 4):
        raise site.error("multi_box_head_param.variance",
                         f"is given {len(param.variance)} times; it must be none, one or four")
    if param.kernel_size % 2 == 0:
        raise site.error("multi_box_head_param.kernel_size", f"is {param.kernel_size}; it must be "
                         "odd, so that the map keeps its size")
    for index, source in enumerate(param.source):
        site.check_bottoms([source.bottom], f"multi_box_head_param.source[{index}].bottom")
        for ratio in source.aspect_ratio:
            if not 0 < ratio < math.inf:
                raise site.error(f"multi_box_head_param.source[{index}].aspect_ratio",
                                 f"is {ratio:g}; it must be above 0 and finite")


def _sizes(site: Site) -> list[Sizes]:
    """min_size and max_size of every source: as given, or from the ratios."""
    param = site.layer.multi_box_head_param
    ratios = [name for name in ("image_size", "first_ratio", "min_ratio", "max_ratio")
              if param.HasField(name)]
    if ratios:
        return _sizes_from_ratios(site, ratios)
    result = []
    for index, source in enumerate(param.source):
        field = f"multi_box_head_param.source[{index}]"
        if not source.min_size:
            raise site.error(f"{field}.min_size", "is not given; each source needs one, or the "
                             "head image_size, first_ratio, min_ratio and max_ratio")
        if len(source.max_size) not in (0, len(source.min_size)):
            raise site.error(f"{field}.max_size", f"is given {len(source.max_size)} times and "
                             f"min_size {len(source.min_size)} times; it must be as often")
        result.append(Sizes(source.min_size, source.max_size))
    return result


def _sizes_from_ratios(site: Site, given: Sequence[str]) -> list[Sizes]:
    """Even steps from min_ratio up, in percent of the image; the first source has its own.

    Source: the loop over `ratio` in ssd_pascal.py; the step is rounded down.
    """
    param = site.layer.multi_box_head_param
    field = "multi_box_head_param."
    for name in ("image_size", "first_ratio", "min_ratio", "max_ratio"):
        if name not in given:
            raise site.error(field + name, f"is not given, but {given[0]} is; "
                             "sizes from ratios need all four")
    for index, source in enumerate(param.source):
        for name in ("min_size", "max_size"):
            if getattr(source, name):
                raise site.error(f"{field}source[{index}].{name}",
                                 f"is given, and {given[0]} too; sizes come from one of them")
    count = len(param.source)
    if count < 3:
        raise site.error(field + "source", f"is given {count} times; sizes from ratios need "
                         "at least 3")
    step = (param.max_ratio - param.min_ratio) // (count - 2)
    if step < 1:
        raise site.error(field + "max_ratio", f"is {param.max_ratio}; it must be at least "
                         f"{param.min_ratio + count - 2} for min_ratio {param.min_ratio} "
                         f"and {count} sources")
    edges = [param.first_ratio] + [param.min_ratio + step * k for k in range(count)]
    sizes = [param.image_size * ratio / 100 for ratio in edges]
    return [Sizes([low], [high]) for low, high in zip(sizes, sizes[1:], strict=False)]


def num_priors(sizes: Sizes, ratios: Sequence[float], flip: bool) -> int:
    """Priors of a cell as PriorBox counts them: a ratio listed already is dropped."""
    shapes = 1 + len(distinct_ratios(ratios, flip))
    return shapes * len(sizes.min_sizes) + len(sizes.max_sizes)


class _Maker:
    """The layers made so far, and the blobs that connect them."""

    def __init__(self, site: Site):
        self.site = site
        self.param = site.layer.multi_box_head_param
        self.image = site.layer.bottom[0]
        self.expanded: Expanded = []
        self.parts: dict[str, list[str]] = {"loc": [], "conf": [], "priorbox": []}
        self.lines = site.lines

    def add(self, name: str, kind: str, bottoms: Sequence[str], **fields: Any) -> str:
        """Append a layer whose top has its name. Any: fields of LayerParameter, by name."""
        layer = proto.LayerParameter(name=name, type=kind, bottom=bottoms, top=[name], **fields)
        self.expanded.append((layer, Lines(self.lines.line)))
        return name

    def add_source(self, index: int, sizes: Sizes) -> None:
        param = self.param
        source = param.source[index]
        entries = self.site.lines.fields.get("multi_box_head_param", [Lines()])[0].fields
        self.lines = entries["source"][index] if "source" in entries else self.site.lines
        bottom = source.bottom
        if source.HasField("normalization"):
            scale = {"type": "constant", "value": source.normalization}
            bottom = self.add(f"{bottom}_norm", "Normalize", [bottom], norm_param={
                "across_spatial": False, "channel_shared": False, "scale_filler": scale})
        num = num_priors(sizes, source.aspect_ratio, param.flip)
        num_boxes = num * (1 if param.share_location else param.num_classes)
        if max(4 * num_boxes, num * param.num_classes) > MAX_OUTPUT:
            raise self.site.error("multi_box_head_param.num_classes", f"is {param.num_classes}; "
                                  f"with {num} priors a cell that is more than {MAX_OUTPUT} "
                                  "outputs of a convolution")
        self.predict("loc", bottom, 4 * num_boxes)
        self.predict("conf", bottom, num * param.num_classes)
        prior: dict[str, Any] = {      # Any: values of its fields
            "min_size": sizes.min_sizes, "max_size": sizes.max_sizes}
        if source.aspect_ratio:
            prior |= {"aspect_ratio": source.aspect_ratio, "flip": param.flip}
        prior |= {"clip": param.clip, "variance": param.variance or VARIANCE}
        if source.HasField("step"):
            prior["step"] = source.step
        prior["offset"] = param.offset
        self.parts["priorbox"].append(self.add(
            f"{bottom}_mbox_priorbox", "PriorBox", [bottom, self.image], prior_box_param=prior))

    def predict(self, what: str, bottom: str, num_output: int) -> None:
        """A convolution, its map turned to have channels last, and flattened."""
        rate = self.param.lr_mult
        kernel_size = self.param.kernel_size
        name = self.add(
            f"{bottom}_mbox_{what}", "Convolution", [bottom],
            param=[{"lr_mult": rate, "decay_mult": 1}, {"lr_mult": 2 * rate, "decay_mult": 0}],
            convolution_param={
                "num_output": num_output, "pad": [kernel_size // 2], "kernel_size": [kernel_size],
                "stride": [1], "weight_filler": {"type": "xavier"},
                "bias_filler": {"type": "constant", "value": 0}})
        turned = self.add(f"{name}_perm", "Permute", [name],
                          permute_param={"order": [0, 2, 3, 1]})
        self.parts[what].append(self.add(f"{name}_flat", "Flatten", [turned],
                                         flatten_param={"axis": 1}))

    def join(self) -> None:
        self.lines = self.site.lines
        for what, axis in (("loc", 1), ("conf", 1), ("priorbox", 2)):
            self.add(f"mbox_{what}", "Concat", self.parts[what], concat_param={"axis": axis})

    def settings(self, field: str, names: Sequence[str] = SHARED) -> Any:
        """The message `field` of the composite, with what the head knows already filled in.

        Any: the message in that field.
        """
        message = getattr(self.site.layer, field)
        for name in names:
            value = getattr(self.param, name)
            if message.HasField(name) and getattr(message, name) != value:
                raise self.site.error(f"{field}.{name}", f"is {getattr(message, name)}, but "
                                      f"multi_box_head_param.{name} is {value}; leave it out here")
            setattr(message, name, value)
        return message

    def add_loss(self) -> None:
        layer = self.site.layer
        extra = {"loss_param": layer.loss_param} if layer.HasField("loss_param") else {}
        self.add("mbox_loss", "MultiBoxLoss",
                 ["mbox_loc", "mbox_conf", "mbox_priorbox", layer.bottom[1]],
                 include=[{"phase": proto.TRAIN}], loss_weight=layer.loss_weight,
                 propagate_down=[True, True, False, False],
                 multibox_loss_param=self.settings("multibox_loss_param"), **extra)

    def add_detection(self) -> None:
        """Class scores, sigmoids if the loss is LOGISTIC, and the boxes chosen by them."""
        rules = [{"phase": proto.TEST}]
        loss = self.site.layer.multibox_loss_param
        if proto.enum_name(loss, "conf_loss_type") == "LOGISTIC":
            conf = self.add("mbox_conf_sigmoid", "Sigmoid", ["mbox_conf"], include=rules)
        else:
            conf = self.add("mbox_conf_reshape", "Reshape", ["mbox_conf"], include=rules,
                            reshape_param={"shape": {"dim": [0, -1, self.param.num_classes]}})
            conf = self.add("mbox_conf_softmax", "Softmax", [conf], include=rules,
                            softmax_param={"axis": 2})
            conf = self.add("mbox_conf_flatten", "Flatten", [conf], include=rules,
                            flatten_param={"axis": 1})
        self.add("detection_out", "DetectionOutput", ["mbox_loc", conf, "mbox_priorbox"],
                 include=rules, detection_output_param=self.settings("detection_output_param"))

    def add_evaluation(self) -> None:
        settings = self.settings("detection_evaluate_param", ("num_classes", "background_label_id"))
        label = self.site.layer.bottom[1]
        self.add("detection_eval", "DetectionEvaluate", ["detection_out", label],
                 include=[{"phase": proto.TEST}], detection_evaluate_param=settings)
