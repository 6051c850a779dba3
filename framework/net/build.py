"""Build the layers of a NetSpec: look up classes, check bottoms and tops, infer shapes."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Collection, Mapping, Sequence

from framework.definition.spec import LayerSpec, NetSpec
from framework.errors import CaffeError, DataError, SpecError, first_line
from framework.layers.base import DataOptions, Layer, Shape, Source, class_of
from framework.layers.compressed import compressed
from framework.layers.data.assumed_shapes import ASSUMED_SIZES
from framework.layers.empty_bottoms import refuse_empty
from framework.layers.pose.aligned_maps import AlignedLayer, Alignment
from framework.layers.python.python_layer import Python
from framework.layers.segmentation.segmentation import AutoCrop
from framework.net.crop_alignment import alignment, crop_offsets
from framework.net.fork_fields import refuse_foreign
from framework.net.layer_values import check_values
from framework.net.python_shapes import DeclaredPython, is_known
from framework.net.written_blobs import check_written_blobs
from framework.system.wording import counted

LOG = logging.getLogger(__name__)


def build_sources(spec: NetSpec, options: DataOptions, shapes: dict[str, Shape],
                  skip_data: bool, assumed: tuple[int, int] = ASSUMED_SIZES[0],
                  channels: Mapping[str, int] | None = None
                  ) -> list[tuple[Source, tuple[str, ...]]]:
    """Open the data layers, noting the shapes of their tops.

    `Input` layers only declare shapes; so do all others with `skip_data`, as far as they can:
    `assumed` is the size of images without one, and `channels` are those of tops that are known.
    """
    sources = []
    for layer_spec in spec.layers:
        cls = class_of(layer_spec)
        if not issubclass(cls, Source):
            continue
        check_values(layer_spec)
        _check_number(layer_spec, "bottom", len(layer_spec.bottoms), cls.num_bottoms)
        _check_number(layer_spec, "top", len(layer_spec.tops), cls.num_tops)
        if skip_data and cls.reads_files:
            assumed_shapes = cls.assumed_shapes(layer_spec, assumed)
            if len(assumed_shapes) != len(layer_spec.tops):
                raise layer_spec.error("top", f"is given {len(layer_spec.tops)} times; the layer's "
                                       f"fields ask for {len(assumed_shapes)}")
            for top, shape in zip(layer_spec.tops, assumed_shapes, strict=True):
                known = (channels or {}).get(top)
                shapes[top] = (shape[0], known, *shape[2:]) if known else shape
            continue
        source = _open_source(layer_spec, cls, options)
        shapes.update(zip(layer_spec.tops, source.top_shapes, strict=True))
        if cls.gives_batches and not skip_data:
            sources.append((source, layer_spec.tops))
    return sources


def _open_source(spec: LayerSpec, cls: type[Source], options: DataOptions) -> Source:
    refuse_foreign(spec, cls.fork_fields)
    try:
        return cls(spec, options)
    except DataError as error:      # of a file, whose reader knows no layer
        if f"layer '{spec.name}'" in str(error):
            raise
        raise DataError(f"{spec.place()}: {error}") from None
    except CaffeError:
        raise
    except Exception as error:      # of any kind: it came from what the file says
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise spec.error("top", f"cannot be made: {reason}") from error


Known = dict[tuple[object, ...], list[Shape]]


def build_layers(spec: NetSpec, shapes: dict[str, Shape],
                 loss_weights: dict[str, float], declared: bool = False,
                 modules: Collection[str] | None = None, known: Known | None = None,
                 dialects: bool = True) -> list[Layer]:
    """Make the layers in order. Notes the shape of every blob and the weight of every loss.

    declared   files that layers read may be absent
    modules    the net is only looked at: these are the modules whose `Python` layers run; known
               public ones of others count by their shapes, and the rest is an error
    known      only shapes are wanted: a layer like one whose shapes are in it is not made, and
               those that are made are noted in it
    dialects   False: the original's reading alone
    A net that cannot be built as the original reads its types, but as one other project does, is
    built so, and the log says it. Raises the error of the original's reading.
    """
    try:
        return _build_by(spec, "", shapes, loss_weights, declared, modules, known)
    except SpecError as error:
        for dialect in _dialects(spec) if dialects else ():
            found = dict(shapes)
            weights = dict(loss_weights)
            try:
                layers = _build_by(spec, dialect, found, weights, declared, modules, known)
            except SpecError:
                continue
            shapes.update(found)
            loss_weights.update(weights)
            if known is None:
                LOG.warning("%s: its layers are read as %s reads them, since the original's "
                            "reading does not fit: %s", spec.path, dialect, error)
            return layers
        raise


def _dialects(spec: NetSpec) -> list[str]:
    """The projects that read a type of the net otherwise than the original."""
    classes = [class_of(layer) for layer in spec.layers]
    return list(dict.fromkeys(dialect for cls in classes if issubclass(cls, Layer)
                              for dialect in cls.dialects if not cls.dialect))


def _build_by(spec: NetSpec, dialect: str, shapes: dict[str, Shape],
              loss_weights: dict[str, float], declared: bool,
              modules: Collection[str] | None, known: Known | None) -> list[Layer]:
    """As build_layers, by the reading of one project."""
    layers = []
    data_shapes = tuple(shapes.values())
    for layer_spec in spec.layers:
        cls = class_of(layer_spec)
        if issubclass(cls, Source):
            continue
        check_values(layer_spec)
        layer_spec, found = _with_alignment(layer_spec, spec.layers, shapes)
        taken = cls.dialect or (dialect if dialect in cls.dialects else "")
        layer_spec = dataclasses.replace(layer_spec, dialect=taken, data_shapes=data_shapes,
                                         without_files=declared or layer_spec.without_files)
        if issubclass(cls, Python) and modules is not None:
            cls = _looked_at(layer_spec, cls, modules)
        layer_spec = _with_automatic_top(layer_spec, cls)
        cls = compressed(cls, layer_spec)
        _check_number(layer_spec, "bottom", len(layer_spec.bottoms), cls.num_bottoms)
        _check_number(layer_spec, "top", len(layer_spec.tops), cls.num_tops)
        if cls.never_in_place and layer_spec.bottoms[0] in layer_spec.tops:
            raise layer_spec.error("top", f"is '{layer_spec.bottoms[0]}', as its bottom is; "
                                   f"{layer_spec.type} does not work in place: give it another "
                                   "name")
        if cls.same_number and len(layer_spec.bottoms) != len(layer_spec.tops):
            raise layer_spec.error("top", f"is given {len(layer_spec.tops)} times; it must be once "
                                   f"for each of the {len(layer_spec.bottoms)} bottoms")
        bottoms = [shapes[name] for name in layer_spec.bottoms]
        key = _likeness(layer_spec, cls, bottoms) if known is not None else None
        if known is not None and key in known:
            shapes.update(zip(layer_spec.tops, known[key], strict=True))
            continue
        layer = _build_layer(layer_spec, cls, bottoms, shapes)
        if isinstance(layer, AlignedLayer):
            layer.alignment = found
        _note_loss_weights(layer_spec, cls, loss_weights)
        layers.append(layer)
        if known is not None and key is not None:
            known[key] = [shapes[name] for name in layer_spec.tops]
    return layers


def _with_alignment(spec: LayerSpec, specs: Sequence[LayerSpec], shapes: Mapping[str, Shape]
                    ) -> tuple[LayerSpec, Alignment | None]:
    """Tell a layer that is aligned by the layers before it where it starts, or get its alignment.

    One that looks past a layer that cuts by its values gets that layer's maps and first top as
    further bottoms.
    """
    cls = class_of(spec)
    if not issubclass(cls, AutoCrop | AlignedLayer):
        return spec, None
    protos = [one.proto for one in specs]
    proto, found = type(spec.proto)(), None
    proto.CopyFrom(spec.proto)
    try:
        if issubclass(cls, AutoCrop):
            proto.crop_param.offset[:] = crop_offsets(protos, spec.proto, shapes)
        else:
            found, cut = alignment(protos, spec.proto, shapes)
            if cut is not None:
                proto.bottom.extend([cut.bottom[1], cut.top[0]])
    except ValueError as error:
        raise spec.error("bottom", f"cannot be aligned: {error}") from None
    return dataclasses.replace(spec, proto=proto), found


def _likeness(spec: LayerSpec, cls: type[Layer], bottoms: Sequence[Shape]
              ) -> tuple[object, ...] | None:
    """What the shapes of a layer's tops depend on: not its name nor those of its blobs, but which
    of these are the same. None if on more than that."""
    if spec.stand_in is not None or issubclass(cls, Python | DeclaredPython | AlignedLayer):
        return None
    proto = type(spec.proto)()
    proto.CopyFrom(spec.proto)
    names = [*spec.bottoms, *spec.tops]
    for field in ("name", "bottom", "top"):
        proto.ClearField(field)
    return (cls, proto.SerializeToString(), spec.dialect, spec.data_shapes, tuple(bottoms),
            tuple(map(names.index, names)))


def _looked_at(spec: LayerSpec, cls: type[Layer], modules: Collection[str]) -> type[Layer]:
    """The class that gives the shapes of a `Python` layer; its module runs only if it may."""
    module = spec.proto.python_param.module
    if module in modules:
        return cls
    if not is_known(spec):
        raise spec.error("python_param.module", f"is '{module}', whose code is not run by a look "
                         f"at a net, so the shapes are unknown; --import {module} runs it, and "
                         "--no-data assumes them")
    return DeclaredPython


def _build_layer(spec: LayerSpec, cls: type[Layer], bottoms: list[Shape],
                 shapes: dict[str, Shape]) -> Layer:
    refuse_foreign(spec, cls.fork_fields)
    try:
        layer = cls(spec, *bottoms)
        tops = layer.top_shapes(*bottoms)
    except CaffeError:
        raise
    except Exception as error:      # of any kind: it came from what the file says
        found = ", ".join(f"'{name}' {shape}" for name, shape
                          in zip(spec.bottoms, bottoms, strict=True))
        reason = first_line(error)
        if not bottoms:
            if isinstance(error, IndexError):
                reason = "the layer has no bottom"
            raise spec.error("top", f"cannot be made: {reason}") from error
        refuse_empty(spec, bottoms, error)
        raise spec.error("bottom", f"has shapes that do not fit: {found}: {reason}") from error
    shapes.update(zip(spec.tops, tops, strict=True))
    check_written_blobs(layer)
    return layer


def _with_automatic_top(spec: LayerSpec, cls: type[Layer]) -> LayerSpec:
    """Give a loss without a top one, which does not count as an output of the net."""
    if not cls.loss or spec.tops:
        return spec
    proto = type(spec.proto)()
    proto.CopyFrom(spec.proto)
    proto.top.append(f"{spec.name} (automatic)")
    return dataclasses.replace(spec, proto=proto)


def _check_number(spec: LayerSpec, field: str, found: int,
                  allowed: tuple[int, int | None]) -> None:
    low, high = allowed
    if found < low or (high is not None and found > high):
        if high is None:
            wanted = f"at least {low}"
        elif low == high:
            wanted = str(low)
        else:
            wanted = f"from {low} to {high}"
        raise spec.error(field, f"is given {found} times; it must be {wanted}")


def _note_loss_weights(spec: LayerSpec, cls: type[Layer], weights: dict[str, float]) -> None:
    stated = list(spec.proto.loss_weight)
    if len(stated) > len(spec.tops):
        raise spec.error("loss_weight", f"is given {len(stated)} times; the layer has "
                         f"{counted(len(spec.tops), 'top')}")
    if cls.loss and (cls.loss_tops > 1 or not stated):
        stated += [1.0] * (cls.loss_tops - len(stated))
    for top, weight in zip(spec.tops, stated, strict=False):
        if weight:
            weights[top] = weight
