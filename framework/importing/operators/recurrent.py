"""LSTM, GRU and RNN as the layers of these names, one for each direction.

Each layer reads `cont`: 0 in the first step, which begins from zeros, or 1 in all steps where the
states are given. States that are given or asked for go through `expose_hidden`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from framework.export.caffe.sequences import SMALL, small_output
from framework.importing.draft import Array, Draft, Node
from framework.importing.operators.moving import permuted, reshaped
from framework.importing.operators.slicing import cut, turned

# gates of ONNX's rows in the order of the layer's: i o f c as i f o c; z r h; one
GATES = {"LSTM": (0, 2, 1, 3), "GRU": (0, 1, 2), "RNN": (0,)}
FUNCTIONS = {"LSTM": ("sigmoid", "tanh", "tanh"), "GRU": ("sigmoid", "tanh"), "RNN": ("tanh",)}
STATES = {"LSTM": ("hidden", "cell"), "GRU": ("hidden",), "RNN": ("hidden",)}
FIRST_STATE = 5         # input of the operator


@dataclass(frozen=True)
class Run:
    """One direction of an operator.

    index    among the operator's directions
    turned   it begins at the last step
    suffix   of its layers' names
    relu     RNN's function is ReLU
    """

    index: int
    turned: bool
    suffix: str
    relu: bool


def recurrent(draft: Draft, node: Node) -> list[str]:
    """The operator's results: all steps (T, directions, N, H), and the last states, of which only
    those that are read have a blob."""
    x = draft.blob()
    _check(draft, node)
    runs = _runs(draft, node)
    wanted = [draft.reads[name] > 0 for name in node.outputs]
    wanted += [False] * (3 - len(wanted))
    given = [index for index in range(len(STATES[node.kind]))
             if _is_given(draft, node, FIRST_STATE + index)]
    exposed = bool(given) or wanted[2]
    cont = _indicators(draft, x, exposed)
    made = [_direction(draft, node, run, x, cont, exposed, wanted) for run in runs]
    results = [_all_steps(draft, [one[0] for one in made]) if wanted[0] else ""]
    for index in range(1, 1 + len(STATES[node.kind])):
        results.append(_joined(draft, [one[index] for one in made], 0, f".last{index}")
                       if wanted[index] else "")
    return results


def _check(draft: Draft, node: Node) -> None:
    """Refuse what the layers do not compute."""
    steps, streams, _ = draft.shapes[draft.blob()]
    for name in ("clip", "input_forget", "layout"):
        if node.get(name, 0):
            raise node.refuse(f"{name} is {node.get(name, 0):g}; the layer has no such field")
    if node.has(4) and (draft.constant(4, "sequence_lens") != steps).any():
        raise node.refuse(f"its {streams} sequences have the lengths "
                          f"{draft.integers(4, 'sequence_lens')}; the layer runs all of "
                          f"{steps} steps")
    if node.kind == "LSTM" and node.has(7) and draft.constant(7, "peepholes").any():
        raise node.refuse("has peepholes; the layer has none")
    if draft.plain and node.kind == "GRU":
        raise node.refuse("BVLC's Caffe has no GRU (leave out --plain)")


def _runs(draft: Draft, node: Node) -> list[Run]:
    """The directions, whose functions must be the layer's."""
    direction = node.get("direction", "forward")
    turned = {"forward": [False], "reverse": [True], "bidirectional": [False, True]}[direction]
    own = FUNCTIONS[node.kind]
    found = [word.decode() if isinstance(word, bytes) else word
             for word in node.get("activations", [])] or list(own * len(turned))
    runs = []
    for index, back in enumerate(turned):
        words = tuple(word.lower() for word in found[index * len(own):(index + 1) * len(own)])
        relu = node.kind == "RNN" and words == ("relu",)
        if words != own and not (relu and not draft.plain):
            more = ""
            if node.kind == "RNN":
                more = ", or relu without --plain" if draft.plain else " or relu"
            raise node.refuse(f"has the functions {' '.join(found)}; the layer has "
                              f"{' '.join(own)}{more}")
        suffix = "" if len(turned) == 1 else (".backward" if back else ".forward")
        runs.append(Run(index, back, suffix, relu))
    return runs


def _is_given(draft: Draft, node: Node, index: int) -> bool:
    """Whether a first state is given that is not zero."""
    if not node.has(index):
        return False
    name = node.inputs[index]
    return not draft.is_constant(name) or bool(draft.constants[name].any())


def _indicators(draft: Draft, x: str, exposed: bool) -> str:
    """`cont` (T, N)."""
    steps, streams = draft.shapes[x][:2]
    if not (exposed or draft.plain):
        return draft.add("ContinuationIndicator", x, suffix=".cont", continuation_indicator_param={
            "time_step": steps, "axis": 1})
    cont = np.ones((steps, streams))
    cont[0] = 1 if exposed else 0
    return _fixed(draft, cont, ".cont")


def _fixed(draft: Draft, values: Array, suffix: str) -> str:
    """A constant that no solver changes."""
    return draft.add("Parameter", suffix=suffix, blobs=[values], frozen=True,
                     parameter_param={"shape": {"dim": values.shape}})


def _direction(draft: Draft, node: Node, run: Run, x: str, cont: str, exposed: bool,
               wanted: Sequence[bool]) -> list[str]:
    """All steps (T, N, H) in the order of x, and the last states (1, N, H), as far as they are
    wanted."""
    if run.turned:
        x = turned(draft, x, 0, f"{run.suffix}.turned")
    states = [_state(draft, node, run, index) for index in range(len(STATES[node.kind]))] \
        if exposed else []
    steps, *last = tops = _layer(draft, node, run, [x, cont, *states])
    if exposed:
        unread = [top for top, is_read in zip(tops, wanted, strict=False) if not is_read]
        if unread:
            draft.add_several("Silence", 0, *unread, suffix=f"{run.suffix}.rest")
    elif wanted[1]:
        size = draft.shapes[steps][0]
        last = [cut(draft, steps, 0, size - 1, size, f"{run.suffix}.last")]
    if run.turned and wanted[0]:
        steps = turned(draft, steps, 0, f"{run.suffix}.back")
    return [steps, *last]


def _state(draft: Draft, node: Node, run: Run, index: int) -> str:
    """A first state (1, N, H) of one direction."""
    number = FIRST_STATE + index
    suffix = f"{run.suffix}.first{index}"
    if _is_given(draft, node, number):
        return cut(draft, draft.blob(number), 0, run.index, run.index + 1, suffix)
    streams = draft.shapes[draft.blob()][1]
    return _fixed(draft, np.zeros((1, streams, node.attributes["hidden_size"])), suffix)


def _layer(draft: Draft, node: Node, run: Run, bottoms: Sequence[str]) -> list[str]:
    """The layer, with its weights."""
    size = node.attributes["hidden_size"]
    param: dict[str, object] = {"num_output": size, "weight_filler": {"type": "xavier"}}
    if len(bottoms) > 2:
        param["expose_hidden"] = True
        param |= {} if draft.plain else {"state_gradient": True}
    blobs = _blobs(draft, node, run)
    suffix = run.suffix
    if node.kind == "GRU" and node.get("linear_before_reset", 0):
        param["linear_before_reset"] = 1
    if node.kind == "RNN" and draft.plain:
        blobs += small_output(size)
        suffix += ".small"
    elif node.kind == "RNN":
        param |= {"hidden_output": True} | ({"activation": "RELU"} if run.relu else {})
    num_tops = len(bottoms) - 1 if len(bottoms) > 2 else 1
    same = (run.suffix, *node.inputs[1:4])
    tops = draft.add_several(node.kind, num_tops, *bottoms, suffix=suffix, blobs=blobs, same=same,
                             recurrent_param=param)
    if node.kind == "RNN" and draft.plain:
        layer = draft.message.layer[-1]
        for rate in (1, 1, 1, 0, 0):
            layer.param.add(lr_mult=rate, decay_mult=rate)
        tops[0] = draft.add("Power", tops[0], suffix=run.suffix, power_param={"scale": 1 / SMALL})
    return tops


def _blobs(draft: Draft, node: Node, run: Run) -> list[Array]:
    """The layer's weights, of which ONNX has two biases."""
    gates = GATES[node.kind]
    weight, hidden = (_rows(draft.constant(index, what)[run.index], gates)
                      for index, what in ((1, "weight"), (2, "recurrent weight")))
    size = node.attributes["hidden_size"]
    biases = draft.constant(3, "bias")[run.index] if node.has(3) \
        else np.zeros(2 * len(hidden), np.float32)
    bias, own = (_rows(part, gates) for part in np.split(biases, 2))
    if node.kind != "GRU":
        return [weight, bias + own, hidden]
    late = bool(node.get("linear_before_reset", 0))
    total = bias + own
    if late:
        total[-size:] = bias[-size:]
    return [weight, total, *np.split(hidden, 3), *([own[-size:]] if late else [])]


def _rows(blob: Array, gates: Sequence[int]) -> Array:
    """The rows of each gate in the order of `gates`."""
    parts = np.split(np.asarray(blob, np.float32), len(gates))
    return np.concatenate([parts[gate] for gate in gates])


def _all_steps(draft: Draft, steps: Sequence[str]) -> str:
    """(T, directions, N, H)."""
    y = _joined(draft, steps, 2, ".both")
    num_steps, streams, size = draft.shapes[y]
    shape = (num_steps, streams, len(steps), size // len(steps))
    return permuted(draft, reshaped(draft, y, shape, ".parts"), [0, 2, 1, 3], ".order")


def _joined(draft: Draft, parts: Sequence[str], axis: int, suffix: str) -> str:
    """The directions one after the other."""
    if len(parts) == 1:
        return parts[0]
    return draft.add("Concat", *parts, suffix=suffix, concat_param={"axis": axis})
