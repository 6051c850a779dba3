"""Summarize a net file without allocating it: layers, shapes, parameters, multiply-adds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, combinations, islice, product
from pathlib import Path

from framework.definition import prototxt
from framework.definition.prototxt import Document
from framework.definition.spec import PHASES, LayerSpec, NetSpec
from framework.definition.values import unknown_type
from framework.errors import CaffeError, SpecError
from framework.layers import LAYERS
from framework.layers.base import DataOptions, Layer, Shape, Source, class_of, is_input
from framework.layers.data.assumed_shapes import ASSUMED_SIZES
from framework.net.build import Known, build_layers, build_sources
from framework.net.class_counts import check_class_counts, check_record_labels
from framework.net.fork_fields import refuse_foreign
from framework.net.layer_types import warn_of_unread
from framework.net.open_sizes import unsized
from framework.net.params import check_layer_names, collect_blobs, share_by_param_name
from framework.net.python_shapes import check_targets
from framework.net.reading import finish_net, nets_inside
from framework.net.summary import Row, layer_rows
from framework.report.missing_shapes import missing_shapes
from framework.report.python_layers import note_assumed, take_stand_ins, take_stated_size
from framework.report.stated_sizes import (
    joined,
    reshaped,
    sizes_of_layers,
    sizes_of_outputs,
    sizes_of_scores,
    sizes_of_windows,
    stated_shape,
)
from framework.report.text_forms import dialect_of, text_form

MOST_STAGES = 50        # that are tried, each by wiring the whole net
MOST_GUESSES = 3        # of the shape of a top, by one layer after another
BYTES = 4       # of a float32
OWN_PHASES = {"train_net_param": "TRAIN", "test_net_param": "TEST"}     # of nets in solver files


@dataclass(frozen=True)
class Selection:
    """Which layers of a file are meant, and how it is read. No phase: each that it declares.

    modules   of `Python` layers that may run; no code that only the net names does
    dialects  types may be read as another project reads them, where only that fits
    """

    phase: str | None = None
    level: int | None = None
    stages: tuple[str, ...] = ()
    skip_data: bool = True
    ignore_unknown_fields: bool = False
    modules: tuple[str, ...] = ()
    dialects: bool = True


@dataclass
class Census:
    """One file in one phase. `stages`: those asked for, or the one without which it does not
    wire; `problems`: what stops it; `notes`: what would stop it with its data."""

    path: str
    name: str = ""
    phase: str = "TEST"
    stages: tuple[str, ...] = ()
    dialect: str = ""
    rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    built: bool = False
    assumed: str = ""       # the size of images that the net is looked at with, if it is not stated
    without_data: bool = False      # nothing makes data in this phase, and another one builds

    @property
    def parameters(self) -> int:
        """Values of all blobs: those that learn, and running sums."""
        return sum(row.parameters for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of one forward."""
        return sum(row.multiply_adds for row in self.rows)

    @property
    def blob_bytes(self) -> int:
        """Memory of all tops of one forward in float32; in-place tops count again."""
        return BYTES * sum(math.prod(shape) for row in self.rows for shape in row.shapes)


def phases_of(document: Document) -> list[str]:
    """The phases a file declares: those that its rules name, and the other if it wires there.

    Without rules: TRAIN if it has a loss, else TEST (a deploy net).
    """
    layers = document.message.layer
    named = {PHASES[rule.phase] for layer in layers for rule in layer.include
             if rule.HasField("phase")}
    named |= {PHASES[1 - rule.phase] for layer in layers for rule in layer.exclude
              if rule.HasField("phase")}
    if not named:
        return ["TRAIN"] if any("Loss" in layer.type for layer in layers) else ["TEST"]
    return [phase for phase in PHASES if phase in named or _wires(document, phase)]


def phases(document: Document, wanted: str | None) -> list[tuple[str, NetSpec]]:
    """The phases that the net file is made for: those whose layers fit together."""
    found: list[tuple[str, NetSpec]] = []
    errors: list[CaffeError] = []
    for phase in [wanted] if wanted else ["TRAIN", "TEST"]:
        try:
            found.append((phase, NetSpec(document, phase)))
        except CaffeError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    return found


def stages_for(document: Document, phase: str, level: int | None) -> tuple[str, ...]:
    """The stage without which the net cannot be wired in a phase: the first that its rules name
    and that completes it, or else two, of the first MOST_STAGES. Empty if none is needed or helps.
    """
    if _wires(document, phase, level):
        return ()
    named = [stage for layer in document.message.layer for rule in layer.include
             for stage in rule.stage]
    stages = list(dict.fromkeys(named))
    tried = chain(combinations(stages, 1), combinations(stages, 2))
    return next((some for some in islice(tried, MOST_STAGES)
                 if _wires(document, phase, level, some)), ())


def _wires(document: Document, phase: str, level: int | None = None,
           stages: tuple[str, ...] = ()) -> bool:
    try:
        return bool(NetSpec(document, phase, level, stages).layers)
    except SpecError:
        return False


def take_census(path: str | Path, selection: Selection) -> list[Census]:
    """A Census of the file for the selected phase, or each phase that it declares.

    Of a solver file that holds nets, those.
    """
    try:
        documents = [prototxt.read(path, "NetParameter")]
        if documents[0].problems:
            documents = nets_inside(path, selection.ignore_unknown_fields) or documents
        return [census for document in documents for census in _take(document, path, selection)]
    except SpecError as error:
        return [Census(str(path), problems=str(error).splitlines())]


def _take(document: Document, path: str | Path, selection: Selection) -> list[Census]:
    form = text_form(document.message)
    finish_net(document, selection.ignore_unknown_fields)
    if not document.message.layer:
        raise SpecError(f"{path}: has no layer, which a net must have")
    found = []
    only = selection.phase or OWN_PHASES.get(document.inside)
    declared = [only] if only else phases_of(document)
    for phase in declared:
        stages = selection.stages or stages_for(document, phase, selection.level)
        census = Census(str(path), document.message.name, phase, stages)
        census.dialect = f"{form}, {dialect_of(document)}"
        others = [other for other in declared if other != phase]
        if not has_data(document, phase, selection.level, stages) and any(
                _wires(document, other, selection.level) for other in others):
            census.without_data = census.built = True
        else:
            _count(document, census, selection, stages)
        found.append(census)
    return found


def has_data(document: Document, phase: str, level: int | None, stages: tuple[str, ...]) -> bool:
    """Whether this phase has data: a layer that makes blobs of nothing, or what the caller gives.

    A deploy net with the losses of training has none for these, though the caller gives images:
    their labels are made by nobody, or not even named. TEST is the phase that it is for, so what
    names a blob there that is not made is an error.
    """
    spec = NetSpec(document, phase, level, stages, wired=False)
    made = [layer.type for layer in spec.layers
            if layer.tops and not layer.bottoms and layer.type != "Parameter"]
    given = all(kind in LAYERS and is_input(kind) for kind in made)
    if given and any(_lacks_labels(layer) for layer in spec.layers):
        return False
    excused = given and phase == "TRAIN" and not _wires(document, phase, level, stages)
    return bool(made) and not excused


def _lacks_labels(layer: LayerSpec) -> bool:
    """Whether it is a loss that is given predictions alone."""
    cls = LAYERS.get(layer.type, Source)
    return issubclass(cls, Layer) and cls.loss and 0 < len(layer.bottoms) < cls.num_bottoms[0]


def _count(document: Document, census: Census, selection: Selection,
           stages: tuple[str, ...]) -> None:
    try:
        spec = NetSpec(document, census.phase, selection.level, stages)
    except CaffeError as error:
        census.problems += str(error).splitlines()
        return
    unknown = [layer for layer in spec.layers if layer.type not in LAYERS]
    if unknown:
        census.problems += [str(layer.error("type", unknown_type(layer.type, LAYERS,
                                                                 bool(layer.bottoms))))
                            for layer in unknown]
        return
    try:
        shapes, built, census.assumed = build_shapes(spec, selection)
    except CaffeError as error:
        census.problems += str(error).splitlines()
        return
    census.built = True
    if selection.skip_data:
        census.notes += _missing_fields(spec)
    census.rows += layer_rows(spec, built, shapes)


def _missing_fields(spec: NetSpec) -> list[str]:
    """What data layers lack to read anything, in sentences."""
    return [f"{layer.place()}: {name} is missing; with data, the net is refused for that"
            for layer in spec.layers for name in _source_class(layer).missing_fields(layer)]


def _source_class(layer: LayerSpec) -> type[Source]:
    cls = class_of(layer)
    return cls if issubclass(cls, Source) else Source


def build_shapes(spec: NetSpec, selection: Selection
                 ) -> tuple[dict[str, Shape], list[Layer], str]:
    """The shapes of all blobs, the layers, and what was assumed of the data, in words.

    Where the size of images is open, it is the one that the file states for its other phase, or
    its deploy twin; then the first usual one that the net can be built with; of R-CNN's modules
    that are known the second of two, before a reading of a type that is another project's. The
    error is that of the try that comes furthest, and names its size.
    """
    if not selection.skip_data:
        return _build_some(spec, selection, "")
    not_run = take_stand_ins(spec, selection.modules)
    known = list(spec.layers)
    tries = [(known, not_run)]
    readings = [selection]
    if size := take_stated_size(spec, selection.modules):
        tries.append((list(spec.layers), ", ".join(filter(None, (size, not_run)))))
        readings.insert(0, replace(selection, dialects=False))
    failures: list[CaffeError] = []
    for reading, (layers, words) in product(readings, tries):
        spec.layers[:] = layers
        try:
            return _build_some(spec, reading, words)
        except CaffeError as error:
            failures.append(error)
    spec.layers[:] = known
    others = take_stand_ins(spec, selection.modules, with_known=True)
    if others == not_run:
        raise failures[0]
    try:
        built = _build_some(spec, selection, others)
    except CaffeError:
        raise failures[0] from None
    for layer, replaced in zip(known, spec.layers, strict=True):
        if layer.stand_in is None and replaced.stand_in is not None:
            check_targets(layer, built[0])
    return built


def _build_some(spec: NetSpec, selection: Selection, not_run: str
                ) -> tuple[dict[str, Shape], list[Layer], str]:
    """As build_shapes, by the first size of images that fits. `not_run`: words about modules."""
    places = [layer.place() for layer in spec.layers]
    failed: dict[int, CaffeError] = {}
    looked_at: Known = {}
    for size, channels, words in _assumed_images(spec, selection):
        said = [word for word in (words, not_run) if word]
        built = None
        try:
            built = _build_with(spec, selection, size, channels, said,
                                looked_at, only_shapes=bool(failed))
            _check_as_net(spec, built[1])
            return built
        except CaffeError as error:
            place = getattr(error, "layer", "")
            reached = places.index(place) if place in places else -1
            if built is not None:
                reached = len(places)       # the shapes fit: this is what stops the net
            failed.setdefault(reached,
                              SpecError(f"{error} (with {', '.join(said)})") if said else error)
    raise failed[max(failed)]


def _assumed_images(spec: NetSpec, selection: Selection
                    ) -> list[tuple[tuple[int, int], dict[str, int], str]]:
    """The sizes of images that are tried, with the channels of tops, in words."""
    height, width = ASSUMED_SIZES[0]
    if not selection.skip_data or not unsized(spec):
        return [((height, width), {}, "")]
    sizes: list[tuple[tuple[int, int], dict[str, int], str]] = [
        (size, {}, f"images of {size[0]} x {size[1]} assumed") for size in ASSUMED_SIZES]
    sizes += [(size, {}, f"images of {size[0]} x {size[1]}, as a layer has it, assumed")
              for size in sizes_of_layers(spec)]
    sizes += [(size, {}, f"images of {size[0]} x {size[1]}, which hold the first window, assumed")
              for size in sizes_of_windows(spec, ASSUMED_SIZES[0])]
    sizes += [((found.shape[1], found.shape[2]), {layer.tops[0]: 1 for layer in unsized(spec)} | {
                   found.top: found.shape[0]},
               f"images of {' x '.join(map(str, found.shape))} assumed, as in {found.place}")
              for found in reshaped(spec)]
    sizes += [((found.shape[1], found.shape[2]),
               {layer.tops[0]: found.shape[0] for layer in unsized(spec)},
               f"images of {' x '.join(map(str, found.shape))} assumed, as joined in {found.place}")
              for found in joined(spec)]
    sizes += [((height, width), {layer.tops[0]: channels for layer in unsized(spec)},
               f"images of {channels} x {height} x {width}, as many numbers as a layer gives, "
               "assumed") for channels, height, width in sizes_of_outputs(spec)]
    sizes += [((height, width), {layer.tops[0]: 1},
               f"images of 1 x {height} x {width} assumed in '{layer.tops[0]}'")
              for layer in unsized(spec)]
    sizes += [(size, {}, f"images of {size[0]} x {size[1]}, which leave a cell of scores, assumed")
              for size in sizes_of_scores(spec)]
    if stated := stated_shape(spec):
        channels, height, width = stated.shape
        sizes.insert(0, ((height, width), {stated.top: channels},
                         f"images of {channels} x {height} x {width} as in {stated.place}"))
    return sizes


def _build_with(spec: NetSpec, selection: Selection, size: tuple[int, int],
                channels: dict[str, int], words: Sequence[str], looked_at: Known,
                only_shapes: bool) -> tuple[dict[str, Shape], list[Layer], str]:
    """As build_shapes, for one size of images; `words` say it.

    looked_at     shapes of layers: of a net of thousands only few differ
    only_shapes   look whether these fit before layers are made, as after a try that failed
    """
    shapes: dict[str, Shape] = {}
    build_sources(spec, DataOptions(), shapes, selection.skip_data, size, channels)
    if not selection.skip_data:
        check_record_labels(spec)
    assumed: dict[str, Shape] = {}
    note_assumed(spec, assumed)
    times: Counter[str] = Counter()
    while True:
        found = {**shapes, **assumed}
        try:
            built = build_layers(spec, found, {}, selection.skip_data, selection.modules,
                                 looked_at if only_shapes else None, selection.dialects)
            if not only_shapes:
                break
            only_shapes = False
        except SpecError as error:
            only_shapes = True
            known = [top for top, number in times.items() if number == MOST_GUESSES]
            more = missing_shapes(spec, found, known, error) if selection.skip_data else {}
            if not more:
                raise
            assumed.update(more)
            times.update(more.keys())
    said = [f"'{name}' assumed to be {shape}" for name, shape in assumed.items()]
    return found, built, ", ".join(word for word in (*words, *said) if word)


def _check_as_net(spec: NetSpec, built: list[Layer]) -> None:
    """What Net refuses beside shapes that do not fit, found without memory and without data."""
    check_class_counts(spec)
    warn_of_unread(spec)
    for layer_spec in spec.layers:
        cls = class_of(layer_spec)
        if issubclass(cls, Source):
            refuse_foreign(layer_spec, cls.fork_fields)
            cls.check_fields(layer_spec)
    check_layer_names(built)
    for layer in built:
        layer.check_fillers()
    share_by_param_name(built)
    collect_blobs(built, spec.force_backward, True)
