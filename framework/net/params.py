"""Parameter sharing: blobs of several layers (`param { name }`), or of the TRAIN and TEST net.

Source: Net::AppendParam and Net::ShareTrainedLayersWith in BVLC's net.cpp; Net::Update as it was
before 2015-07-20 (d5b42bf7), which added the updates of each layer's own rate: one of lr_mult 0
adds nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor

from framework.layers.base import Layer, Shape
from framework.proto import ParamSpec, enum_name
from framework.system.wording import counted

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class LearnedBlob:
    """A blob as the solver sees it. Running sums (BatchNorm) are listed too, with lr_mult 0:
    solver states have a history blob for them."""

    parameter: Tensor
    layer: str
    index: int
    lr_mult: float
    decay_mult: float
    regularization: str             # L1 or L2; "": the solver's
    owner: Layer

    @property
    def mask(self) -> Tensor | None:
        """0 where no update moves the blob, else 1; None: all of it moves.

        Each call asks the layer: a net that changes its type has new tensors for its masks.
        """
        return self.owner.update_mask(self.owner.blob_names[self.index])


class Reshaped(NamedTuple):
    """A blob shared in another shape (share_mode PERMISSIVE), or without a gradient of its own:
    `name` of `layer` is a view of blob `blob_index` of `owner`.

    learns  the layer's gradient counts; if not, its lr_mult is 0 and the owner's is not
    """

    layer: Layer
    name: str
    owner: Layer
    blob_index: int
    shape: Shape
    learns: bool = True

    def renew(self) -> None:
        """Make the view again, of what the owner's blob is now."""
        blob = self.owner.blobs[self.blob_index]
        self.layer.__dict__[self.name] = (blob if self.learns else blob.detach()).view(self.shape)


def gradient_of(blob: Tensor) -> Tensor | None:
    """The gradient of a layer's blob: for one shared in another shape that of its owner."""
    owner = blob if blob.is_leaf else blob._base
    if owner is None or owner.grad is None:
        return None
    return owner.grad.view(blob.shape)


def param_spec(layer: Layer, index: int) -> Any:
    """The `param { }` of a blob, or the defaults, with the rate of a NetFile that brought it in."""
    specs = layer.spec.proto.param
    if index < len(specs):
        return specs[index]
    rate = layer.spec.lines.lr_mult
    return ParamSpec() if rate == 1 else ParamSpec(lr_mult=rate)


def check_layer_names(layers: Sequence[Layer]) -> None:
    """Raise SpecError if two layers with blobs of their own have one name: weights are found by it.

    The original takes such a net, and loads a file's weights into the first of the two alone. That
    is all of them where the second one's blobs are those of the first, by `param { name }`.
    """
    named: dict[str, Layer] = {}
    for layer in layers:
        name = layer.spec.name
        if layer.blob_names and not _shares_all(layer, named.setdefault(name, layer)):
            raise layer.spec.error("name", f"is that of a {named[name].spec.type} layer before it; "
                                   "layers with blobs must have names of their own")


def _shares_all(layer: Layer, other: Layer) -> bool:
    """Whether all blobs of a layer are those of another, or it is that one."""
    if layer is other:
        return True
    blobs = range(len(layer.blob_names))
    names = [param_spec(layer, index).name for index in blobs]
    return (len(layer.blob_names) == len(other.blob_names) and all(names)
            and names == [param_spec(other, index).name for index in blobs])


def share_by_param_name(layers: Sequence[Layer]) -> list[Reshaped]:
    """Give blobs with the same `param { name }` one Parameter: that of the first of them.

    Raises SpecError where shapes or multipliers contradict each other.
    """
    owners: dict[str, tuple[Layer, int]] = {}
    reshaped = []
    for layer in layers:
        stated = len(layer.spec.proto.param)
        blobs = len(layer.blob_names)
        if stated > blobs and not layer.blobs_unknown:
            raise layer.spec.error(f"param[{blobs}]", f"is one too many: the layer has "
                                   f"{counted(blobs, 'blob')}, and {stated} are described")
        for index in range(blobs):
            name = param_spec(layer, index).name
            if not name:
                continue
            if name not in owners:
                owners[name] = (layer, index)
                continue
            view = _share(layer, index, *owners[name])
            if view is not None:
                reshaped.append(view)
    _say_what_does_not_learn([view for view in reshaped if not view.learns])
    return reshaped


def _say_what_does_not_learn(views: Sequence[Reshaped]) -> None:
    """One line for all of them, with the first."""
    if not views:
        return
    first = views[0]
    spec = first.layer.spec
    LOG.warning(
        "%s: lr_mult is 0, but layer '%s', which shares the blob, has another: this layer's "
        "gradient does not count in it, as in Caffe before July 2015; later ones refuse the net%s",
        spec.place("param"), first.owner.spec.name, _more(len(views) - 1))


def _more(others: int) -> str:
    return f" ({counted(others, 'more blob')} alike)" if others else ""


def _share(layer: Layer, index: int, owner: Layer, owner_index: int) -> Reshaped | None:
    mine, theirs = layer.blobs[index], owner.blobs[owner_index]
    field = f"param[{index}]"
    learns = _check_multipliers(layer, index, owner, owner_index)
    if mine.shape == theirs.shape and learns:
        layer.set_blob(index, theirs)
        return None
    permissive = enum_name(param_spec(layer, index), "share_mode") == "PERMISSIVE"
    if mine.shape != theirs.shape and not (permissive and mine.numel() == theirs.numel()):
        raise layer.spec.error(field, f"shares '{param_spec(layer, index).name}' of layer "
                               f"'{owner.spec.name}', whose shape is {tuple(theirs.shape)}, not "
                               f"{tuple(mine.shape)}" + ("" if permissive else
                               "; share_mode: PERMISSIVE allows equal counts"))
    name = layer.blob_names[index]
    delattr(layer, name)
    view = Reshaped(layer, name, owner, owner_index, tuple(mine.shape), learns)
    view.renew()
    return view


def _check_multipliers(layer: Layer, index: int, owner: Layer, owner_index: int) -> bool:
    """Whether the layer's gradient counts; SpecError if two rates that do contradict each other."""
    mine, theirs = param_spec(layer, index), param_spec(owner, owner_index)
    stated = mine.HasField("lr_mult") and theirs.HasField("lr_mult")
    if stated and mine.lr_mult == 0 and theirs.lr_mult != 0:
        return False
    for field in ("lr_mult", "decay_mult", "regularization_type"):
        if not mine.HasField(field):
            continue
        if not theirs.HasField(field):
            setattr(theirs, field, getattr(mine, field))
        elif getattr(mine, field) != getattr(theirs, field):
            raise layer.spec.error(f"param[{index}].{field}", f"is {_shown(mine, field)}, but "
                                   f"layer '{owner.spec.name}', which shares the blob, has "
                                   f"{_shown(theirs, field)}")
    return True


def _shown(spec: ParamSpec, field: str) -> str:
    value = getattr(spec, field)
    return f"'{value}'" if isinstance(value, str) else f"{value:g}"


def share_by_layer_name(layers: Sequence[Layer], lenders: Sequence[Layer],
                        views: Sequence[Reshaped], lent_views: Sequence[Reshaped]
                        ) -> list[Reshaped]:
    """Put the lenders' blobs into the layers of the same name. Shapes must agree.

    views, lent_views  the blobs of the layers, and of the lenders, that are views
    Returns those of the layers from here on: a view of the lender is one of the same owner.
    """
    origins = {(id(view.layer), view.name): view for view in lent_views}
    found = {(id(view.layer), view.name): view for view in views}
    lent = {layer.spec.name: layer for layer in lenders if layer.blob_names}
    for layer in layers:
        source = lent.get(layer.spec.name)
        if source is None:
            continue
        for index, (mine, theirs) in enumerate(zip(layer.blobs, source.blobs, strict=False)):
            if mine.shape != theirs.shape:
                raise layer.spec.error("name", f"is that of a layer of {source.spec.phase} whose "
                                       f"blob {index} is {tuple(theirs.shape)}, not "
                                       f"{tuple(mine.shape)}")
            name = layer.blob_names[index]
            origin = origins.get((id(source), source.blob_names[index]))
            if found.pop((id(layer), name), None) or origin:
                delattr(layer, name)
            if origin is None:
                layer.set_blob(index, theirs)
                continue
            found[id(layer), name] = origin._replace(layer=layer, name=name)
            found[id(layer), name].renew()
    return list(found.values())


def _needs_gradient(spec: ParamSpec) -> bool:
    """Whether the blob's gradient is computed: where it learns, or as the text says."""
    if spec.HasField("param_propagate_down"):
        return spec.param_propagate_down
    return spec.lr_mult != 0


def _check_regularization(layer: Layer, index: int) -> None:
    """SpecError for another kind than L1 and L2 (SkimCaffe has more, for its own solver)."""
    kind = param_spec(layer, index).regularization_type
    if kind not in ("", "L1", "L2"):
        raise layer.spec.error(f"param[{index}].regularization_type", f"is '{kind}'; it must be L1 "
                               "or L2")


def collect_blobs(layers: Sequence[Layer], force_backward: bool,
                  may_freeze: bool) -> list[LearnedBlob]:
    """Every distinct blob once, in the order of the original's learnable_params.

    Where the gradient is not needed (lr_mult 0 or `param_propagate_down: false`, no
    force_backward) it is not computed; a blob with another lr_mult still decays then. A stated
    lr_mult of a blob that nothing learns is said once (BVLC's BatchNorm refuses one).
    """
    seen: set[int] = set()
    learned = []
    idle: list[str] = []
    for layer in layers:
        registered = {**dict(layer.named_parameters(recurse=False)),
                      **dict(layer.named_buffers(recurse=False))}
        for index, name in enumerate(layer.blob_names):
            blob = registered.get(name)
            if blob is None or id(blob) in seen:
                continue
            seen.add(id(blob))
            spec = param_spec(layer, index)
            trains = name in layer._parameters
            _check_regularization(layer, index)
            if not trains and spec.HasField("lr_mult") and spec.lr_mult:
                field = f"param[{index}].lr_mult"
                idle.append(f"{layer.spec.place(field)}: {field} is {spec.lr_mult:g}, but nothing "
                            f"learns the blob '{name}'")
            if trains and may_freeze:
                blob.requires_grad_(force_backward or _needs_gradient(spec))
            learned.append(LearnedBlob(blob, layer.spec.name, index,
                                       spec.lr_mult if trains else 0.0, spec.decay_mult,
                                       spec.regularization_type, layer))
    if idle and may_freeze:         # else the lender has said it
        LOG.warning("%s%s", idle[0], _more(len(idle) - 1))
    return learned
