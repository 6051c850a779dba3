"""A net in the dialect of one reader of Caffe files, and what was done with each layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from framework.definition.in_place import put_in_place
from framework.export.caffe.conditions import own_fields, refusal
from framework.export.caffe.detection import cut_tail
from framework.export.caffe.dialects import Dialect
from framework.export.caffe.parts import Floats, Part, Parts, deployed_parts, fold_factors
from framework.export.caffe.plainer import plainer
from framework.export.caffe.rewrites import REWRITES
from framework.layers.activation.neuron import Dropout, DropPath, ReLU
from framework.layers.base import Layer
from framework.layers.normalization.batch_norm import BatchNorm
from framework.layers.normalization.scale import Scale
from framework.layers.pooling.pooling import Pooling
from framework.layers.utility.joining import Silence, Split
from framework.net.net import Net
from framework.proto import LayerParameter, NetParameter

DEEPEST = 4         # rewrites of rewrites
IN_PLACE = (ReLU, BatchNorm, Scale)


@dataclass(frozen=True)
class Verdict:
    """What became of a layer: as it is, rewritten, on the CPU, cut, left out, refused, unknown."""

    layer: str
    kind: str
    word: str
    rule: str


@dataclass
class DialectNet:
    """A net to be written.

    outputs   its blobs, with the names that they have in the given net
    files     more files, by the ends of their names
    """

    message: NetParameter
    blobs: dict[str, Sequence[Floats]]
    verdicts: list[Verdict]
    outputs: dict[str, str]
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def refused(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.word == "refused"]


def to_dialect(net: Net, dialect: Dialect, keep_batch_norm: bool = False) -> DialectNet:
    """Choose, fold, cut and rewrite layers until the reader takes them all."""
    parts = deployed_parts(net)
    names = {part.origin for part in parts.parts}
    if dialect.folds and not keep_batch_norm:
        fold_factors(parts)
    folded = names - {part.origin for part in parts.parts}
    cut: list[Part] = []
    files: dict[str, bytes] = {}
    if dialect.tail == "cut":
        cut, files = cut_tail(parts, net, dialect.cuts_softmax)
    drop_copies(parts)
    made: list[Part] = []
    verdicts: list[Verdict] = []
    for part in parts.parts:
        new, verdict = fit_layer(parts, part, dialect)
        made += new
        verdicts.append(verdict)
    kinds = {step.layer.spec.name: step.layer.spec.type for step in net.layers}
    verdicts += [Verdict(part.origin, kinds[part.origin], "cut", "computed on the CPU by "
                         "NAME.decoder.py, with NAME.priors.npy") for part in cut]
    verdicts += [Verdict(name, kinds[name], "rewritten", "folded into the convolution before it")
                 for name in folded]
    verdicts += [Verdict(name, kinds[name], "left out", reason)
                 for name, reason in parts.left.items()]
    order = {name: index for index, name in enumerate(kinds)}
    verdicts.sort(key=lambda verdict: order[verdict.layer])
    message, blobs = assemble(parts, made)
    allowed = {part.proto.name for part in made
               if dialect.in_place and isinstance(part.layer, IN_PLACE)}
    outputs = dict(parts.outputs)
    for change in (lambda: put_in_place(message, allowed, []),
                   lambda: give_back_names(message, parts.given),
                   lambda: shorten(message, dialect.name_length)):
        renamed = change()
        outputs = {renamed.get(name, name): old for name, old in outputs.items()}
    blobs = {renamed.get(name, name): arrays for name, arrays in blobs.items()}
    return DialectNet(message, blobs, verdicts, outputs, files)


def drop_copies(parts: Parts) -> None:
    """Leave out layers that copy: Dropout and DropPath in TEST, Split, and Silence, which computes
    nothing."""
    same: dict[str, str] = {}
    kept = []
    for part in parts.parts:
        part.proto.bottom[:] = [same.get(name, name) for name in part.proto.bottom]
        copies = isinstance(part.layer, Split) or \
            (isinstance(part.layer, DropPath) and not part.layer.drops) or \
            (isinstance(part.layer, Dropout) and part.layer.factor == 1 and not part.layer.drops)
        if copies:
            same.update(dict.fromkeys(part.proto.top, part.proto.bottom[0]))
            parts.left[part.origin] = "copies its bottom in TEST"
        elif isinstance(part.layer, Silence):
            parts.left[part.origin] = "computes nothing"
        else:
            kept.append(part)
    parts.parts = kept
    parts.outputs = {same.get(name, name): old for name, old in parts.outputs.items()}


def fit_layer(parts: Parts, part: Part, dialect: Dialect) -> tuple[list[Part], Verdict]:
    """The layers for one, and what to say of it."""
    before = LayerParameter()
    before.CopyFrom(part.proto)
    kind = part.proto.type
    rounding = isinstance(part.layer, Layer) and part.proto.HasField("pooling_param")
    simple = plainer(parts, part, dialect.silence)
    found: list[Part] = []
    reason, rewritten, on_cpu = "", len(simple) > 1 or simple[0].proto.type != kind, False
    for one in simple:
        new, why = _fitted(parts, one, dialect, 0)
        if new is None:
            on_processor = one.proto.type in dialect.processor
            on_cpu = on_cpu or on_processor
            reason = own_fields(one.proto, one.layer, []) if on_processor else why
            found.append(one)
            if reason:
                break
            continue
        rewritten = rewritten or new != [one]
        found += new
    name = part.origin
    if reason:
        return found, Verdict(name, kind, "refused", f"{reason} ({dialect.source})")
    if not dialect.known:
        return found, Verdict(name, kind, "unknown", dialect.source)
    if rewritten:
        types = ", ".join(one + " (on the CPU)" if one in dialect.processor else one
                          for one in dict.fromkeys(one.proto.type for one in found))
        rule = f"{types}: round_mode" if rounding and len(found) > 1 else types
        return found, Verdict(name, kind, "rewritten", f"{rule} ({dialect.source})")
    word = "on the CPU" if on_cpu else "as it is"
    return found, Verdict(name, kind, word, dialect.source)


def _fitted(parts: Parts, part: Part, dialect: Dialect, depth: int
            ) -> tuple[list[Part] | None, str]:
    """The layers that the reader takes in place of one; None, and the reason, if there are
    none."""
    bottoms = [parts.shapes[name] for name in part.proto.bottom]
    has_negative = isinstance(part.layer, Pooling) and parts.may_be_negative(part.proto.bottom[0])
    reason = refusal(dialect, part.proto, part.layer, bottoms, has_negative)
    if not reason or (depth and part.proto.type in dialect.processor):
        return [part], ""
    rewrites = REWRITES.get(part.proto.type, ()) if depth < DEEPEST else ()
    for rewrite in rewrites:
        made = rewrite(parts, part)
        if made is None:
            continue
        found: list[Part] = []
        for one in made:
            new, _ = _fitted(parts, one, dialect, depth + 1)
            if new is None:
                break
            found += new
        else:
            return found, ""
    return None, reason


def assemble(parts: Parts, made: Sequence[Part]
             ) -> tuple[NetParameter, dict[str, Sequence[Floats]]]:
    """The message, with one Input layer for each input, and the weights by layer."""
    message = NetParameter(name=parts.name)
    for name, shape in parts.inputs.items():
        message.layer.add(name=name, type="Input", top=[name],
                          input_param={"shape": [{"dim": shape}]})
    blobs: dict[str, Sequence[Floats]] = {}
    for part in made:
        message.layer.append(part.proto)
        if part.blobs:
            blobs[part.proto.name] = part.blobs
    return message, blobs


def shorten(message: NetParameter, length: int | None) -> dict[str, str]:
    """Names of layers and blobs that are too long, cut and made unique; new ones by old ones."""
    if length is None:
        return {}
    names = dict.fromkeys(name for layer in message.layer
                          for name in (layer.name, *layer.top))
    taken = {name for name in names if len(name) <= length}
    renamed: dict[str, str] = {}
    for name in names:
        if len(name) <= length:
            continue
        number, short = 0, name[-length:]       # the end tells more than the beginning
        while short in taken:
            number += 1
            short = f"{name[-length + len(str(number)) + 1:]}_{number}"
        taken.add(short)
        renamed[name] = short
    for layer in message.layer:
        layer.name = renamed.get(layer.name, layer.name)
    rename_blobs(message, renamed)
    return renamed


def give_back_names(message: NetParameter, given: Mapping[str, str]) -> dict[str, str]:
    """Give blobs the names that they had, where those are free; new names by old ones."""
    used = {top for layer in message.layer for top in layer.top}
    renamed: dict[str, str] = {}
    for name, old in given.items():
        if name in used and old not in used:
            renamed[name] = old
            used.add(old)
    rename_blobs(message, renamed)
    return renamed


def rename_blobs(message: NetParameter, renamed: Mapping[str, str]) -> None:
    for layer in message.layer:
        layer.bottom[:] = [renamed.get(name, name) for name in layer.bottom]
        layer.top[:] = [renamed.get(name, name) for name in layer.top]
