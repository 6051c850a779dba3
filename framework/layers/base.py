"""Base classes of layers and data sources, and the registry `LAYERS` that `@layer` fills."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, ParamSpec, Self, TypeVar, overload

import torch
from torch import Tensor, nn

from framework.data.loading.patience import nothing
from framework.definition.spec import LayerSpec
from framework.errors import first_line
from framework.layers import fillers
from framework.layers.coordinates import POINTWISE, CoordinateMap
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, images_and_labels
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.proto import FillerParameter, LayerParameter

Shape = tuple[int, ...]
Given = ParamSpec("Given")
Found = TypeVar("Found")


def uncompiled(method: Callable[Given, Found]) -> Callable[Given, Found]:
    """Keep torch.compile out of a method.

    As torch.compiler.disable, but that imports torch's compiler where it decorates, which every
    program would wait for: 1.9 s, as long as torch itself takes.
    """
    return torch._disable_dynamo(method)


class Layer(nn.Module):
    """A layer that computes its tops from its bottoms.

    `__init__(spec, *bottom_shapes)` reads the message and makes the blobs; `forward` is pure and
    takes any batch and spatial size. `spec.phase`, not `training`, says TRAIN or TEST.
    """

    num_bottoms: ClassVar[tuple[int, int | None]] = (1, 1)
    num_tops: ClassVar[tuple[int, int | None]] = (1, 1)
    same_number: ClassVar[bool] = False
    loss: ClassVar[bool] = False
    loss_tops: ClassVar[int] = 1    # tops of a loss that count 1 if no loss_weight is stated
    pools_regions: ClassVar[bool] = False   # the last bottom is (R, 5): item, x1, y1, x2, y2
    keeps_shape: ClassVar[bool] = False     # one bottom gives one top of its shape
    appends_axis: ClassVar[bool] = False    # the top has the bottom's axes, and one more
    pointwise: ClassVar[bool] = False       # tops have the coordinates of bottoms
    elementwise: ClassVar[bool] = False     # no matrix product, whatever the shapes of its blobs
    no_gradient_bottoms: tuple[int, ...] = ()   # of the class, or set by __init__
    refuses_gradient: ClassVar[bool] = False    # the original ends where one would go to them
    reads: ClassVar[tuple[str, ...]] = ()   # messages of the text beside the type's own
    unread: ClassVar[frozenset[str]] = frozenset()  # fields of its messages that it ignores
    drawing: ClassVar[tuple[str, ...]] = ()     # messages that the original reads to draw, only
    # fields of other projects' forks that the class checks itself; others are refused by name
    fork_fields: ClassVar[frozenset[str]] = frozenset()
    dialects: ClassVar[tuple[str, ...]] = ()        # projects that read the type otherwise
    dialect: ClassVar[str] = ""             # the one that is taken without a look at the net
    blobs_unknown: ClassVar[bool] = False           # `param` may describe blobs that are not here
    gives_detections: ClassVar[bool] = False        # the top is rows (1, 1, K, 7), K of the data
    gives_masks: ClassVar[bool] = False     # the top is a mask (K, M, N) of each detection
    needs_float32: ClassVar[bool] = False   # in float16 its indices, pixels or squares are wrong
    blobs_learn: ClassVar[tuple[bool, ...]] = ()    # for each blob, whether it learns
    spare_blobs: ClassVar[int] = 0  # at the end: files without them leave them as they are
    never_in_place: ClassVar[bool] = False  # a top of its first bottom's name is an error
    in_place: bool = False  # its gradient is the original's, of a bottom that y has overwritten
    info_bottom: int | None = None  # the bottom of height, width and scale of each image
    no_onnx_form: ClassVar[str] = ""    # why there is no to_onnx: what the layer does

    def __init__(self, spec: LayerSpec):
        super().__init__()
        self.spec = spec
        self.blob_names: list[str] = []
        self._fillers: list[FillerParameter | None] = []

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        """For each blob, whether it learns where the text gives it no `param`; by default
        `blobs_learn`.

        No bottom is known yet. A blob that is left out still gets the right rate in a net, but no
        `param` in what tools/expand prints.
        """
        return cls.blobs_learn

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """The shape that bottom `index` has as a rule, where only files say what is in it.

        bottoms  the shapes of all bottoms, of which that one does not fit
        None if nothing is known. The target of a loss is like the predictions, whichever is first,
        and so are weights after them; of regions there is one.
        """
        if cls.pools_regions:
            return (1, 5) if index == len(bottoms) - 1 else None
        if not cls.loss or len(bottoms) < 2:
            return None
        return bottoms[0] if index else bottoms[1]

    @classmethod
    def coordinate_map(cls, proto: LayerParameter) -> CoordinateMap:
        """From coordinates of the first bottom to those of the top; `proto` as above.

        Raises ValueError that says why there is no such map, as by default.
        """
        if cls.pointwise:
            return POINTWISE
        raise ValueError("moves coordinates in an unknown way")

    def add_blob(self, name: str, shape: Shape, filler: Any = None, learned: bool = True) -> None:
        """Make the next blob, `self.<name>`, in Caffe's order and shape.

        filler   FillerParameter; None fills with zeros
        learned  False: running sums and the like, which no solver touches
        It is on the meta device until the net calls `materialise`.
        """
        if 0 in shape:
            raise self.spec.error("bottom", f"gives the blob '{name}' an empty shape {shape}")
        blank = torch.empty(shape, device="meta")
        if learned:
            self.register_parameter(name, nn.Parameter(blank))
        else:
            self.register_buffer(name, blank)
        self.blob_names.append(name)
        self._fillers.append(filler)

    @property
    def blobs(self) -> list[Tensor]:
        """The blobs in Caffe's order."""
        return [getattr(self, name) for name in self.blob_names]

    def with_blobs(self, **blobs: Tensor) -> Self:
        """A copy with these blobs, by their names, beside its others, as plain tensors.

        The layer's own stay as they are.
        """
        copied = copy.copy(self)
        copied._parameters = {}
        copied._buffers = {}
        own = dict(zip(self.blob_names, self.blobs, strict=True)) | blobs
        copied.__dict__.update(own, blob_names=list(own))
        return copied

    @property
    def has_stated_blobs(self) -> bool:
        """Whether the prototxt itself gives the values of the weight: constant, or bilinear."""
        filler = next(iter(self._fillers), None)
        return (filler is not None and bool(filler.ListFields())
                and filler.type in ("constant", "bilinear"))

    def extra_repr(self) -> str:
        """The settings of the layer's own message, and the shapes of its blobs."""
        words = [f"{name} {tuple(getattr(self, name).shape)}" for name in self.blob_names]
        own = [value for field, value in self.spec.proto.ListFields()
               if field.name.endswith("_param") and field.message_type and not field.is_repeated]
        for message in own:
            for field, value in message.ListFields():
                if field.message_type is None:
                    shown = list(value) if field.is_repeated else value
                    if field.enum_type is not None and not field.is_repeated:
                        shown = field.enum_type.values_by_number[value].name
                    if isinstance(shown, float):        # of 32 bits: 0.98, not 0.9800000190734863
                        shown = float(f"{shown:.7g}")
                    words.append(f"{field.name}={shown}")
        return ", ".join(words)

    def set_blob(self, index: int, blob: Tensor) -> None:
        """Share a blob of another layer: it replaces blob `index`, and both layers train it."""
        setattr(self, self.blob_names[index], blob)

    def materialise(self, generator: torch.Generator) -> None:
        """Allocate the blobs that are still on the meta device, and fill them."""
        for index, (name, filler) in enumerate(zip(self.blob_names, self._fillers, strict=True)):
            blob = getattr(self, name)
            if not blob.is_meta:
                continue
            values = torch.zeros(blob.shape)
            if filler is not None:
                self._fill(name, values, filler, generator)
            wanted = blob.requires_grad
            self.set_blob(index, nn.Parameter(values, wanted)
                          if isinstance(blob, nn.Parameter) else values)

    def freeze(self) -> None:
        """Change nothing in a forward any more: for layers that move running sums by themselves.

        The solver sees to the rates of the blobs.
        """

    def check_fillers(self) -> None:
        """SpecError for a filler that `materialise` would refuse; takes no memory."""
        generator = torch.Generator()
        for index, (name, filler) in enumerate(zip(self.blob_names, self._fillers, strict=True)):
            if filler is not None:
                self._fill(name, torch.empty(self.blobs[index].shape, device="meta"), filler,
                           generator)

    def _fill(self, name: str, values: Tensor, filler: FillerParameter,
              generator: torch.Generator) -> None:
        try:
            fillers.fill_(values, filler, generator)
        except (ValueError, RuntimeError, ArithmeticError) as error:
            if values.is_meta and "meta" in str(error):     # a filler that needs real memory
                return
            raise self.spec.error(f"{name}_filler", first_line(error)) from None

    def note_progress(self, iteration: int, last: int) -> None:
        """Called before each iteration of a training that ends with `last`; few layers care."""

    def forget(self) -> None:
        """Drop what one forward keeps for the next: the states of a recurrent layer."""

    def update_mask(self, name: str) -> Tensor | None:
        """For the blob `name`, 1 where a solver moves it and 0 where it stays; None: it moves."""
        return None

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        """Multiplications by learned weights in one forward, as papers count them.

        By default each value of a matrix, that is a blob with two axes or more longer than 1,
        meets each item of the first bottom once. Elementwise layers count as nothing.
        """
        if self.elementwise:
            return 0
        matrices = sum(blob.numel() for blob in self.blobs
                       if sum(size > 1 for size in blob.shape) > 1)
        return matrices * math.prod(bottoms[0][:1]) if bottoms else 0

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        """The shapes of the tops, from a forward on meta tensors."""
        if self.keeps_shape and len(bottoms) == len(self.spec.tops) == 1:
            return [bottoms[0]]
        with torch.no_grad():
            tops = self._meta_forward(bottoms)
        return [tuple(top.shape) for top in tops]

    def _meta_forward(self, bottoms: tuple[Shape, ...]) -> tuple[Tensor, ...]:
        inputs = tuple(torch.empty(shape, device="meta") for shape in bottoms)
        blanks = {name: torch.empty_like(blob, device="meta", dtype=None if not
                                         blob.is_floating_point() else torch.float32)
                  for name, blob in (*self.named_parameters(), *self.named_buffers())
                  if not blob.is_meta}
        tops = torch.func.functional_call(self, blanks, inputs) if blanks else self(*inputs)
        return tops if isinstance(tops, tuple) else (tops,)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        """Write the layer's operators, as in TEST, and return the names of its tops."""
        if self.loss:
            raise self.spec.error("type", f"'{self.spec.type}' is a loss, which belongs to "
                                  "training; export a deploy net")
        reason = self.no_onnx_form or f"its class, {type(self).__name__}, defines no to_onnx"
        raise self.spec.error("type", f"'{self.spec.type}' has no ONNX form: {reason}")

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        """Values that bottom `index` of these shapes may hold, where noise would make no sense;
        None: noise does."""
        return None

    def channel_factors(self) -> tuple[Tensor, Tensor] | None:
        """Factor and summand (C,) if the layer is y = x * factor + summand for each channel."""
        return None

    def with_channel_factors(self, factor: Tensor, summand: Tensor) -> Layer | None:
        """A layer whose top is this one's times factor plus summand (C,); None: there is none."""
        return None


@dataclass(frozen=True)
class DataOptions:
    """How data layers work on this machine; only `seed` changes what a batch holds.

    workers  processes that make batches; 0: a thread of this process
    rank     the number of this process among `world_size` equal ones
    waiting  called while a batch is late; what it raises ends the wait, and the iterator
    """

    seed: int = 0
    workers: int = 0
    rank: int = 0
    world_size: int = 1
    waiting: Callable[[], None] = nothing


class Source:
    """A data layer: an endless iterator of batches, outside the graph.

    `top_shapes` are those of the first batch; the rows of label blobs vary from batch to batch.
    """

    num_bottoms: ClassVar[tuple[int, int | None]] = (0, 0)
    num_tops: ClassVar[tuple[int, int | None]] = (1, None)
    gives_batches: ClassVar[bool] = True    # False: the caller of the net gives the blobs
    reads_files: ClassVar[bool] = True      # False: its shapes are sure without any data
    reads: ClassVar[tuple[str, ...]] = ()   # messages of the text beside the type's own
    unread: ClassVar[frozenset[str]] = frozenset()  # fields of these that it ignores
    fork_fields: ClassVar[frozenset[str]] = frozenset()
    gives_boxes: ClassVar[bool] = False     # its records are AnnotatedDatum, with labels of boxes
    list_param: ClassVar[str] = ""          # the message whose source and batch_size it must have

    @classmethod
    def missing_fields(cls, spec: LayerSpec) -> list[str]:
        """The fields that reading its data needs and the text lacks."""
        name = cls.list_param_of(spec)
        param = getattr(spec.proto, name) if name else None
        return [f"{name}.{field}" for field in ("source", "batch_size")
                if param is not None and not getattr(param, field)]

    @classmethod
    def list_param_of(cls, spec: LayerSpec) -> str:
        """`list_param`, where the text decides it."""
        return cls.list_param

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        """The tops of which only the files say what an item of them is."""
        return []

    @classmethod
    def may_be(cls, spec: LayerSpec, top: str, shape: Shape) -> bool:
        """Whether one of `tops_of_files` can have this shape."""
        return True

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: tuple[int, int] = ASSUMED_SIZES[0]
                       ) -> list[Shape]:
        """The shapes of the tops where the data are not at hand; `size` of images without one."""
        return images_and_labels(spec, size)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        """SpecError for settings that cannot be followed whatever the data: what a net that is
        looked at without data is refused for too."""

    def __init__(self, spec: LayerSpec, options: DataOptions):
        self.spec = spec
        self.options = options
        self.top_shapes: list[Shape] = []
        self.num_items = 0      # records of its data; 0 where that is not known

    def batches(self, start: int = 0) -> Iterator[tuple[Tensor, ...]]:
        """Batch number `start` of the run and all after it, one CPU tensor a top."""
        raise NotImplementedError

    def keys(self, batch_index: int) -> list[str]:
        """The names of the records of a batch, for messages; empty where they have no names."""
        return []

    @property
    def origin(self) -> str:
        """The file or database that the records are from, for messages; empty if there is none."""
        return ""

    def to_device(self, batch: tuple[Tensor, ...], device: torch.device) -> tuple[Tensor, ...]:
        """The batch as the net takes it, on `device`."""
        return tuple(top.to(device, non_blocking=True) for top in batch)

    def close(self) -> None:
        """Close files and end processes."""


LAYERS: dict[str, type[Layer] | type[Source]] = {}


def class_of(spec: LayerSpec) -> type[Layer] | type[Source]:
    """The class that makes the layer: its stand-in, or that of its type."""
    return spec.stand_in or LAYERS[spec.type]


def is_input(kind: str) -> bool:
    """Whether the caller of a net gives the tops of a layer of this type."""
    cls = LAYERS[kind]
    return issubclass(cls, Source) and not cls.gives_batches


T = TypeVar("T", bound=type)


@overload
def layer(what: str) -> Callable[[T], T]: ...


@overload
def layer(what: T) -> T: ...


def layer(what: T | str) -> T | Callable[[T], T]:
    """Class decorator: register a layer under its own name, or `@layer("Other")` under another."""
    def register(cls: T, name: str | None = None) -> T:
        LAYERS[name or cls.__name__] = cls
        return cls

    if isinstance(what, str):
        return lambda cls: register(cls, what)
    return register(what)
