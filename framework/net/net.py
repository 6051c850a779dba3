"""A net definition as an nn.Module: a list of (layer, bottoms, tops), walked over a dict of blobs.

Source: Net in BVLC's net.cpp. Split layers do not exist: autograd adds the gradients.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor, nn

from framework.definition.prototxt import Document
from framework.definition.spec import LayerSpec, NetSpec
from framework.errors import CaffeError, IndexRangeError
from framework.execution.chains import (
    Chain,
    FusedStep,
    Step,
    bottoms_of,
    fuse,
    join_heads,
    join_sums,
    last_uses,
    tops_of,
)
from framework.layers import LAYERS
from framework.layers.base import DataOptions, Layer, Shape, Source, is_input
from framework.layers.stub import stub_layer
from framework.net.build import build_layers, build_sources
from framework.net.class_counts import check_class_counts, check_record_labels
from framework.net.given_inputs import Inputs
from framework.net.in_place import warn_in_place
from framework.net.layer_types import check_types
from framework.net.memory_check import check_memory
from framework.net.params import (
    LearnedBlob,
    check_layer_names,
    collect_blobs,
    share_by_layer_name,
    share_by_param_name,
)
from framework.net.reading import read_net
from framework.net.summary import Text, layer_rows, table
from framework.net.written_blobs import fill_blobs
from framework.system.arguments import (
    DEVICE,
    FLAG,
    INTEGER,
    MAPPING,
    PATH,
    PATHS,
    TEXT,
    TEXTS,
    checked,
    either,
    instance,
    or_none,
)
from framework.system.wording import counted, human, nearest
from framework.weights.weights import load_weights

Blobs = dict[str, Tensor]       # by name
Plan = tuple[Sequence[Step | FusedStep], dict[int, list[str]]]


class Visit(NamedTuple):
    """A layer that `Net.walk` has just run: what it was given, and what it made."""

    step: Step
    bottoms: list[Tensor]
    tops: tuple[Tensor, ...]


class Net(nn.Module):
    """The net of one phase.

    source      a prototxt's path, or a Document of `read_net` or `parse_net`
    weights     caffemodel or HDF5 file, or several separated by commas, loaded by layer name
    level, stages   what include and exclude rules see, beside the phase
    share_with  a net whose layers of the same name lend their blobs (TRAIN to TEST)
    stubs       shapes for types that are not known: {"Yolov3": "as_bottom"}, see layers/stub
    data        how data layers work; `skip_data` leaves them out: their blobs must be given
    seed        of the fillers

    Where nothing tells the difference but time, layers run together
    (framework/execution/chains.py); after `net.fuse = False` they do not.
    Raises SpecError for a definition that cannot be built, DataError for data that cannot be
    read, WeightsError for weights that do not fit.
    """

    @checked(source=either(PATH, instance("a Document of read_net", Document)),
             phase=TEXT, weights=or_none(PATHS), level=or_none(INTEGER), stages=TEXTS,
             share_with=or_none(instance("a Net", nn.Module)), seed=INTEGER, skip_data=FLAG,
             data=or_none(instance("DataOptions", DataOptions)), device=DEVICE,
             ignore_unknown_fields=FLAG, stubs=or_none(MAPPING))
    def __init__(self, source: str | Path | Document, phase: str = "TEST",
                 weights: str | Path | None = None, *, level: int | None = None,
                 stages: Sequence[str] = (), share_with: Net | None = None,
                 data: DataOptions | None = None, seed: int = 0, skip_data: bool = False,
                 device: str | torch.device = "cpu", ignore_unknown_fields: bool = False,
                 stubs: Mapping[str, str] | None = None):
        super().__init__()
        for kind, shape in (stubs or {}).items():
            stub_layer(kind, shape)
        document = source if isinstance(source, Document) else \
            read_net(source, ignore_unknown_fields)
        self.spec = NetSpec(document, phase, level, stages)
        check_types(self.spec)
        check_class_counts(self.spec)
        self.given_names = [top for spec in self.spec.layers
                            if issubclass(LAYERS[spec.type], Source) for top in spec.tops]
        self.shapes: dict[str, Shape] = {}
        self.loss_weights: dict[str, float] = {}
        self.blobs: dict[str, Tensor] = {}
        self.sources = build_sources(self.spec, data or DataOptions(), self.shapes, skip_data)
        if not skip_data:
            check_record_labels(self.spec)
        built = build_layers(self.spec, self.shapes, self.loss_weights)
        self.layers = [Step(layer, layer.spec.bottoms, layer.spec.tops,
                            _bottoms_without_gradient(layer)) for layer in built]
        self.stub_names = {layer.spec.name for layer in built if layer.blobs_unknown}
        check_memory(self.spec.layers, built, self.shapes, device)
        self.fuse = True
        self.fused = fuse(self.layers)
        self._frozen = False
        self._plans: dict[tuple[bool, frozenset[str] | None], Plan] = {}
        self.by_name = nn.ModuleDict(_unique_names(built))
        fill_blobs(built, seed)
        check_layer_names(built)
        self.reshaped = share_by_param_name(built)
        self.to(device)
        if share_with is not None:
            lenders = [step.layer for step in share_with.layers]
            self.reshaped = share_by_layer_name(built, lenders, self.reshaped, share_with.reshaped)
        self.learned: list[LearnedBlob] = collect_blobs(built, self.spec.force_backward,
                                                        share_with is None)
        if self.phase == "TRAIN":
            warn_in_place(self.layers)
        self.renew_views()
        self._iterators: list[Iterator[tuple[Tensor, ...]]] | None = None
        self._next_batch_index = 0
        if weights is not None:
            load_weights(self, weights).warn(weights, is_trained=self.phase == "TRAIN")

    @property
    def name(self) -> str:
        """The net's name in its file."""
        return self.spec.name

    @property
    def phase(self) -> str:
        """The phase it was built for: "TRAIN" or "TEST"."""
        return self.spec.phase

    @property
    def inputs(self) -> list[str]:
        """The blobs that `Input` layers declare, in order."""
        return [top for spec in self.spec.layers if is_input(spec.type) for top in spec.tops]

    @property
    def outputs(self) -> list[str]:
        """The blobs that no layer reads, in alphabetical order, as the original has them."""
        return self.spec.outputs

    @property
    def params(self) -> dict[str, list[Tensor]]:
        """The blobs of each layer that has any, in Caffe's order and shapes."""
        return {step.layer.spec.name: step.layer.blobs for step in self.layers
                if step.layer.blob_names}

    @property
    def device(self) -> torch.device:
        """The device of the parameters; the CPU for a net without any."""
        first = next(self.parameters(), next(self.buffers(), None))
        return torch.device("cpu") if first is None else first.device

    def layer(self, name: str) -> Layer:
        """The module of the layer `name`. Raises CaffeError if no layer has the name."""
        for step in self.layers:
            if step.layer.spec.name == name:
                return step.layer
        known = [step.layer.spec.name for step in self.layers]
        raise CaffeError(f"{self.spec.path}: no layer is named '{name}'{nearest(name, known)}")

    def forward(self, inputs: Mapping[str, Tensor] | None = None, **others: object) -> Blobs:
        """Run the net. Blobs of data layers that `inputs` does not give come from them.

        Returns the output blobs by name; `self.blobs` holds all of them afterwards.
        """
        wanted = Inputs(self.spec.path, self.given_names, self.shapes)
        given = wanted.checked(inputs, others)
        if any(top not in given for _, tops in self.sources for top in tops):
            given = {**self.next_batch(), **given}
        wanted.check_complete(given)
        if self.spec.force_backward and torch.is_grad_enabled():
            given = {name: blob if blob.requires_grad or not blob.is_floating_point()
                     else blob.detach().requires_grad_() for name, blob in given.items()}
        if torch.compiler.is_compiling():
            blobs = self.run(given)
        else:
            with wanted.blamed(given):
                blobs = self.run(given)
        if not torch.compiler.is_exporting():       # an exported program keeps no blobs
            self.blobs = blobs
        return {name: blobs[name] for name in self.outputs}

    def run(self, blobs: Mapping[str, Tensor], wanted: Collection[str] | None = None
            ) -> dict[str, Tensor]:
        """All blobs, computed from those of the data layers. No side effects but running sums.

        wanted   the names of the blobs to return; the others are released after their last
                 reader, which saves memory and, without gradients, time
        """
        if not isinstance(blobs, Mapping):
            raise Inputs(self.spec.path, self.given_names, self.shapes).not_by_name(blobs)
        blobs = dict(blobs)
        self.renew_views()
        fused = self.fuse and not torch.compiler.is_compiling()     # the compiler fuses by itself
        steps, done = self._plan(fused, None if wanted is None else frozenset(wanted))
        for index, step in enumerate(steps):
            tops = tops_of(step, bottoms_of(step, blobs))
            blobs.update(zip(step.tops, tops, strict=True))
            del tops
            for name in done.get(index, ()):
                del blobs[name]
        return blobs if wanted is None else {name: blobs[name] for name in wanted}

    def walk(self, blobs: dict[str, Tensor], apart: bool = False) -> Iterator[Visit]:
        """Run the layers one by one, unfused, each when the next Visit is asked for.

        blobs   those of the data layers; the others are added as they are made
        apart   each layer gets a graph of its own, which begins at its bottoms
        """
        self.renew_views()
        for step in self.layers:
            bottoms = bottoms_of(step, blobs)
            if apart:
                bottoms = [blob.detach().requires_grad_(blob.requires_grad) for blob in bottoms]
            tops = tops_of(step, bottoms)
            blobs.update(zip(step.tops, tops, strict=True))
            yield Visit(step, bottoms, tops)

    def _plan(self, fused: bool, wanted: frozenset[str] | None) -> Plan:
        """The steps, and for each the blobs that no later step needs."""
        key = (fused, wanted)
        if key not in self._plans:
            steps: Sequence[Step | FusedStep] = self.fused if fused else self.layers
            if self._frozen and fused and wanted is not None:
                steps = join_sums(self.fused, wanted)
            self._plans[key] = steps, {} if wanted is None else last_uses(steps, wanted)
        return self._plans[key]

    def optimize_for_inference(self, frozen: bool = True) -> Net:
        """Prepack the weights of convolutions for inference: they are taken as constant.

        Forwards without gradient on a CPU then keep a copy of those weights in the memory layout
        of their kernels, and give blobs with channels last. 3 x 3 filters may run as
        framework/execution/winograd.py: values differ by about 1e-5 of the largest, and the copy
        of those weights is 4 times as large.

        Writing to a blob, as `load_weights` or an update does, is still seen; writing through
        `.data` or numpy is not: call it again after that. Returns the net.
        """
        self.fused = fuse(self.layers)
        self._frozen = frozen
        self._plans.clear()
        for step in self.fused:
            if isinstance(step.layer, Chain):
                step.layer.freeze(frozen)
        if frozen:
            self.fused = join_heads(self.fused)
        return self

    freeze = optimize_for_inference     # its name in 0.1: kept for one release

    def _apply(self, *args: Any, **kwargs: Any) -> Self:      # Any: what to do, as torch has it
        """As of all modules, for `to`, `double`, `cuda`: the views then are of the moved blobs."""
        super()._apply(*args, **kwargs)
        self.renew_views()
        return self

    def renew_views(self) -> None:
        """Make the blobs that are shared in another shape views of their owners' again."""
        for view in self.reshaped:
            view.renew()

    def summary(self) -> Text:
        """Totals, and a line for each layer: type, shapes of tops, parameters, multiply-adds.

        Blobs that layers share count once in the total.

            >>> import framework
            >>> framework.Net("deploy.prototxt").summary().splitlines()[0]
            "Net 'quadrants', TEST, deploy.prototxt: 12 layers, 24 parameters, 72 multiply-adds"
        """
        rows = layer_rows(self.spec, [step.layer for step in self.layers], self.shapes)
        values = {blob.untyped_storage().data_ptr(): blob.numel()      # shared ones count once
                  for step in self.layers for blob in step.layer.blobs}
        work = sum(row.multiply_adds for row in rows)
        head = (f"Net '{self.name}', {self.phase}, {self.spec.path}: "
                f"{counted(len(rows), 'layer')}, "
                f"{human(sum(values.values()))} parameters, {human(work)} multiply-adds")
        return Text("\n".join([head, *table(rows)]))

    def __repr__(self) -> str:
        """A line for each layer: its type and settings, blobs, and the shapes of its tops."""
        lines = [f"Net '{self.name}', {self.phase}, {self.spec.path}"]
        layers = {step.layer.spec.name: step.layer for step in self.layers}
        for spec in self.spec.layers:
            tops = ", ".join(f"{top} {tuple(self.shapes.get(top, ()))}" for top in spec.tops)
            inner = layers[spec.name].extra_repr() if spec.name in layers else ""
            lines.append(f"  {spec.name}: {spec.type}({inner}) {', '.join(spec.bottoms)} -> {tops}")
        return "\n".join(lines)

    def __deepcopy__(self, memo: dict[int, Any]) -> Net:
        """A net with blobs of its own, without those of the last forward; it reads the same data
        layers, from the same batch on."""
        for layer, name, *_ in self.reshaped:
            del layer.__dict__[name]        # a view cannot be copied
        state = {**self.__dict__, "blobs": {}, "fused": [], "_plans": {}, "_iterators": None}
        for shared in (self.spec, self.sources):
            memo[id(shared)] = shared
        other = type(self).__new__(type(self))
        memo[id(self)] = other
        other.__dict__.update(copy.deepcopy(state, memo))
        for net in (self, other):
            net.renew_views()
        other.fused = fuse(other.layers)
        return other.optimize_for_inference() if self._frozen else other

    def objective(self, blobs: Mapping[str, Tensor]) -> Tensor:
        """What training makes small: the sum of loss_weight * sum(top), of shape ()."""
        terms = [blobs[top].sum() * weight for top, weight in self.loss_weights.items()]
        if not terms:
            raise CaffeError(f"{self.spec.path}: no layer has a loss in phase {self.phase}")
        return torch.stack(terms).sum() if len(terms) > 1 else terms[0]

    def next_batch(self, only: Collection[str] | None = None) -> dict[str, Tensor]:
        """The next batch of every data layer, or of those named, on the net's device."""
        if self._iterators is None:
            self._iterators = [source.batches(self._next_batch_index) for source, _ in self.sources]
        self._next_batch_index += 1
        blobs: dict[str, Tensor] = {}
        for (source, tops), batches in zip(self.sources, self._iterators, strict=True):
            if only is not None and source.spec.name not in only:
                continue
            blobs.update(zip(tops, source.to_device(next(batches), self.device), strict=True))
        return blobs

    @contextmanager
    def naming_records(self) -> Iterator[None]:
        """Add to an IndexRangeError the record of the last batch that the index is from.

        Only for an index in the top of a data layer, whose items are records.
        """
        try:
            yield
        except IndexRangeError as error:
            for source, tops in self.sources:
                keys = source.keys(self._next_batch_index - 1) if error.blob in tops else []
                if 0 <= error.item < len(keys):
                    origin = source.origin and f" of {source.origin}"
                    raise IndexRangeError(f"{error}; it is in record {keys[error.item]}{origin}"
                                          ) from None
            raise

    def seek(self, batch_index: int) -> None:
        """Make batch number `batch_index` of the run the next one."""
        self._iterators = None
        self._next_batch_index = batch_index

    def close(self) -> None:
        """Close the data layers: their files and processes."""
        self._iterators = None
        for source, _ in self.sources:
            source.close()


def _bottoms_without_gradient(layer: Layer) -> frozenset[int]:
    """The bottoms that no gradient goes to: by propagate_down, or by the layer itself."""
    spec: LayerSpec = layer.spec
    refused = [index for index, wanted in enumerate(spec.propagate_down) if not wanted]
    return frozenset([*refused, *layer.no_gradient_bottoms])


def _unique_names(layers: Sequence[Layer]) -> dict[str, Layer]:
    """Names that nn.ModuleDict takes: no dots, none twice, none of its own methods."""
    names: dict[str, Layer] = {}
    for layer in layers:
        name = layer.spec.name.replace(".", "_") or "layer"
        while name in names or hasattr(nn.ModuleDict, name) or name == "training":
            name += "_"
        names[name] = layer
    return names
