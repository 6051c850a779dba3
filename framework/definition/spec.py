"""Filter a net definition by phase, level and stages, and connect its layers by blob names.

Source: Net::Init, Net::FilterNet, Net::StateMeetsRule in BVLC's net.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from framework.definition.prototxt import Document, Lines
from framework.errors import SpecError
from framework.system.wording import counted, nearest

if TYPE_CHECKING:       # else the schema would be read before a message is needed
    from framework.proto import LayerParameter, NetStateRule
from framework.system.arguments import checked, instance

PHASES = ("TRAIN", "TEST")


@dataclass(frozen=True)
class LayerSpec:
    """One layer as it will be built: its message, its line in the file and its wiring.

    proto           LayerParameter, upgraded to today's form
    bottoms, tops   names of blobs, in order
    propagate_down  for each bottom, whether its gradient is wanted (true where not stated)
    without_files   the net is only looked at: files that a layer reads may be absent
    data_shapes     the shapes of what the net's data layers give, in order
    dialect         the project whose reading of the type counts; "": the original's
    taken           fields that the layer takes, by message: `honour` of layers/params notes them
    """

    proto: LayerParameter
    lines: Lines
    path: str
    phase: str
    propagate_down: tuple[bool, ...] = ()
    without_files: bool = False
    data_shapes: tuple[tuple[int, ...], ...] = ()
    dialect: str = ""
    taken: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)
    inside: str = ""        # the field of a solver file that holds the net
    stand_in: type | None = None    # what a look at a net takes in place of the type's class
    name: str = field(init=False)
    type: str = field(init=False)
    bottoms: tuple[str, ...] = field(init=False)
    tops: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        # plain values: torch.compile cannot look into a protobuf message
        object.__setattr__(self, "name", self.proto.name)
        object.__setattr__(self, "type", self.proto.type)
        object.__setattr__(self, "bottoms", tuple(self.proto.bottom))
        object.__setattr__(self, "tops", tuple(self.proto.top))

    def place(self, field: str = "") -> str:
        """`net.prototxt:42: layer 'ip1' (InnerProduct)`, the beginning of every message."""
        line = self.lines.find(field)
        where = f"{self.path}:{line}" if line else self.path
        inside = f"{self.inside}." if self.inside else ""
        return f"{where}: {inside}layer '{self.name}' ({self.type})"

    def error(self, field: str, message: str) -> SpecError:
        """The error to raise: `net.prototxt:42: layer 'ip1' (InnerProduct): FIELD MESSAGE`."""
        return SpecError(f"{self.place(field)}: {field} {message}", layer=self.place())


class NetSpec:
    """The layers of one phase, level and set of stages, joined top to bottom.

    Raises SpecError for a bottom that no layer before it makes, and for a top made twice, unless
    it is not to be `wired`: then only the layers are chosen.
    """

    @checked(document=instance("a Document of read_net", Document))
    def __init__(self, document: Document, phase: str = "TEST", level: int | None = None,
                 stages: Sequence[str] = (), wired: bool = True):
        if phase not in PHASES:
            raise SpecError(f"the phase is '{phase}'; it must be TRAIN or TEST")
        net = document.message
        self.document = document
        self.phase = phase
        self.name = net.name
        self.path = document.path
        self.force_backward = net.force_backward
        self.level = net.state.level if level is None else level
        self.stages = frozenset([*net.state.stage, *stages])
        self.layers: list[LayerSpec] = []
        self.outputs: list[str] = []
        all_lines = document.lines.fields.get("layer", [])
        for layer, lines in zip(net.layer, all_lines or [Lines()] * len(net.layer), strict=True):
            if self._is_included(document, layer, lines):
                own_phase = PHASES[layer.phase] if layer.HasField("phase") else phase
                self.layers.append(LayerSpec(layer, lines, lines.path or self.path, own_phase,
                                             _propagate_down(layer, document, lines),
                                             inside=document.inside))
        rules = [rule for layer in net.layer for rule in (*layer.include, *layer.exclude)]
        named = {stage for rule in rules for stage in (*rule.stage, *rule.not_stage)}
        self.unnamed_stages = {stage: nearest(stage, named)
                               for stage in sorted(self.stages - named)}
        if wired:
            self._wire()

    def _is_included(self, document: Document, layer: LayerParameter, lines: Lines) -> bool:
        if layer.include and layer.exclude:
            raise SpecError(f"{document.place(lines.find('exclude'), layer)}: has include and "
                            "exclude rules; it must have only one kind")
        if layer.include:
            return any(self._meets(rule) for rule in layer.include)
        return not any(self._meets(rule) for rule in layer.exclude)

    def _meets(self, rule: NetStateRule) -> bool:
        return not (
            (rule.HasField("phase") and PHASES[rule.phase] != self.phase)
            or (rule.HasField("min_level") and self.level < rule.min_level)
            or (rule.HasField("max_level") and self.level > rule.max_level)
            or not self.stages.issuperset(rule.stage)
            or self.stages.intersection(rule.not_stage)
        )

    def _wire(self) -> None:
        """Check that every bottom is made, and list the outputs: tops that no layer reads, in
        alphabetical order as the original has them."""
        makers: dict[str, str] = {}
        unread: set[str] = set()
        for spec in self.layers:
            for index, bottom in enumerate(spec.bottoms):
                if bottom not in makers:
                    raise spec.error(f"bottom[{index}]", f"is '{bottom}', which no layer before "
                                     f"it makes in {self.phase}{nearest(bottom, makers)}")
                unread.discard(bottom)
            for index, top in enumerate(spec.tops):
                in_place = index < len(spec.bottoms) and spec.bottoms[index] == top
                if top in makers and not in_place:
                    raise spec.error(f"top[{index}]", f"is '{top}', which layer "
                                     f"'{makers[top]}' makes already")
                makers[top] = spec.name
                unread.add(top)
        self.outputs = sorted(unread)


def _propagate_down(layer: LayerParameter, document: Document, lines: Lines) -> tuple[bool, ...]:
    stated = tuple(layer.propagate_down)
    if stated and len(stated) != len(layer.bottom):
        raise SpecError(f"{document.place(lines.find('propagate_down'), layer)}: propagate_down is "
                        f"given {counted(len(stated), 'time')}; it must be once for each of "
                        f"{counted(len(layer.bottom), 'bottom')}, or left out")
    return stated or (True,) * len(layer.bottom)
