"""A net and its ONNX model on the same inputs, blob by blob."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from framework.errors import CaffeError, first_line
from framework.export.deploy import Deployed, deployed, run_steps
from framework.export.onnx_session import watched_session
from framework.export.preprocessing import Preprocessing
from framework.export.runtimes import run_elsewhere, run_ncnn
from framework.net.net import Net

Array = NDArray[Any]        # Any: float32, or uint8 images
TOLERANCE = 1e-4            # of the largest value of a blob
STEP = 2.0 ** -23           # from a float32 to the next one, as a part of it
ROUNDINGS = 4               # steps of the largest value that cancelling leaves of a sum or mean
HALF_TOLERANCE = 0.02       # the same of a model in float16
ALONE = 100                 # detections, of which one may be in one list alone


@dataclass(frozen=True)
class Difference:
    """The first blob that differs: its name, and in which way."""

    blob: str
    reason: str


@dataclass(frozen=True)
class Agreement:
    """What a check found.

    first      the first blob that differs by more than the tolerance; None: none does
    num_blobs  that both programs have
    largest    difference of a blob, as a part of its largest value
    rounding   the first blob that differs by rounding that has added up, where no layer does
    own        how far the net here differs from itself in that blob, if its layers with weights
               round otherwise: as a part of the largest value
    """

    first: Difference | None
    num_blobs: int
    largest: float
    rounding: Difference | None = None
    own: float = 0.0


def check(net: Net, model: onnx.ModelProto, preprocessing: Preprocessing | None = None,
          tolerance: float = TOLERANCE, seed: int = 0, num_images: int | None = None,
          rows: bool = True) -> Agreement:
    """Run both on inputs drawn with `seed`, and compare all blobs in the order of the net.

    If one differs, each layer is run here on ONNX Runtime's bottoms, and its tops are compared: in
    deep nets the rounding of all layers adds up, and says nothing of the model.

    num_images  in the batch; None: as the net was built
    rows        compare detections, whose number a small difference of a score changes
    Raises ImportError without onnxruntime, CaffeError for what it cannot run.
    """
    given, ours = _run_ours(net, preprocessing, seed, num_images)
    part = deployed(net)
    theirs = run(model, given, part.tops)
    whole = _agreement(part, ours, theirs, tolerance, rows)
    if whole.first is None:
        return whole
    names = _compared(part, theirs, rows)
    start = draw_inputs(net, preprocessing, seed, num_images)[1]
    single = _first_difference(part, _layer_by_layer(net, part, start, theirs, names), theirs,
                               tolerance)
    if single.first is not None:
        return single
    return replace(single, rounding=whole.first,
                   own=_own_difference(net, part, start, whole.first.blob, ours))


def check_elsewhere(net: Net, model: onnx.ModelProto, preprocessing: Preprocessing | None,
                    tolerance: float, rows: bool, module: str, python: str,
                    blobs: Sequence[str] | None = None) -> tuple[str, Agreement]:
    """The same of the outputs in another runtime, `module` of a Python; and its name and version.

    blobs  the model's outputs, where they are not the net's
    Raises CaffeError if it cannot run the model.
    """
    given, ours = _run_ours(net, preprocessing, 0, None)
    part = deployed(net)
    name, theirs = run_elsewhere(module, python, model.SerializeToString(), given,
                                 part.outputs if blobs is None else blobs)
    return name, _agreement(part, ours, theirs, tolerance, rows)


def check_ncnn(net: Net, param: str, weights: bytes, words: Mapping[str, str], tolerance: float,
               python: str) -> tuple[str, Agreement]:
    """The same of the outputs in ncnn, which has no axis for the batch.

    words  what blobs are called there, where they have another name
    """
    given, ours = _run_ours(net, None, 0, None)
    part = deployed(net)
    called = {words.get(blob, blob): blob for blob in part.outputs}
    name, found = run_ncnn(python, param, weights, {
        words.get(blob, blob): array for blob, array in given.items()}, list(called))
    theirs = {called[word]: array for word, array in found.items()}
    for blob, array in theirs.items():
        if blob in part.detections:        # label, score, corners
            rows = array.reshape(-1, 6)
            rows = rows[rows[:, 0].argsort(kind="stable")]      # they come by score alone
            theirs[blob] = np.insert(rows, 0, 0, axis=1)[None, None]
        elif array.size == ours[blob].size:
            theirs[blob] = array.reshape(ours[blob].shape)
    return name, _agreement(part, ours, theirs, tolerance, True)


def _run_ours(net: Net, preprocessing: Preprocessing | None, seed: int, num_images: int | None
              ) -> tuple[dict[str, Array], dict[str, Array]]:
    """The inputs of the model, and the blobs of the net for the same."""
    given, ours_given = draw_inputs(net, preprocessing, seed, num_images)
    for step in net.layers:     # an exported net starts each run from the first states
        step.layer.forget()
    with torch.no_grad():
        blobs = deployed(net).run({name: torch.from_numpy(array)
                                   for name, array in ours_given.items()})
    return given, {name: blob.detach().numpy() for name, blob in blobs.items()}


def _agreement(part: Deployed, ours: Mapping[str, Array], theirs: Mapping[str, Array],
               tolerance: float, rows: bool) -> Agreement:
    pairs = ((name, ours[name], 0.0) for name in _compared(part, theirs, rows))
    return _first_difference(part, pairs, theirs, tolerance)


def _compared(part: Deployed, theirs: Mapping[str, Array], rows: bool) -> list[str]:
    """The blobs that both programs have, in the order of the net; detections only with `rows`."""
    return [name for name in part.tops
            if name in theirs and (rows or name not in part.detections)]


def _first_difference(part: Deployed, ours: Iterable[tuple[str, Array, float]],
                      theirs: Mapping[str, Array], tolerance: float) -> Agreement:
    """The first of the blobs that differs by more than the tolerance, unless all of its values are
    within what is given with it."""
    largest, num_blobs = 0.0, 0
    for name, mine, allowed in ours:
        num_blobs += 1
        share, reason = compare(part, name, mine, theirs[name], tolerance)
        if reason and name not in part.detections and mine.shape == theirs[name].shape \
                and max(np.abs(array).max(initial=0) for array in (mine, theirs[name])) <= allowed:
            continue
        if reason:
            return Agreement(Difference(name, reason), num_blobs, share)
        largest = max(largest, share)
    return Agreement(None, num_blobs, largest)


def _layer_by_layer(net: Net, part: Deployed, given: Mapping[str, Array],
                    theirs: Mapping[str, Array], names: Collection[str]
                    ) -> Iterator[tuple[str, Array, float]]:
    """Those of the blobs, each by its last layer, which is given what the other program gave it;
    and the size of what is nothing but rounding of the layer's bottoms: the mean of a blob whose
    mean has been subtracted."""
    last = {top: step for step in part.steps for top in step.tops}
    blobs = {name: torch.from_numpy(array) for name, array in given.items()}
    for step in net.layers:
        step.layer.forget()
    for step in part.steps:
        given_to = {name: blobs[name] for name in step.bottoms}
        least = ROUNDINGS * STEP * max((float(blob.abs().max()) for blob in given_to.values()
                                        if blob.numel()), default=0.0)
        with torch.no_grad():
            blobs.update(run_steps([step], given_to))
        for top in step.tops:
            if last[top] is step and top in names:      # else folded, or written in place later
                yield top, blobs[top].numpy(), least
                blobs[top] = torch.from_numpy(theirs[top])


def _own_difference(net: Net, part: Deployed, given: Mapping[str, Array], name: str,
                    ours: Mapping[str, Array]) -> float:
    """How far a blob moves if the values of each layer with weights go up or down by one step."""
    generator = torch.Generator().manual_seed(0)
    blobs = {blob: torch.from_numpy(array) for blob, array in given.items()}
    for step in net.layers:
        step.layer.forget()
    for step in part.steps:
        with torch.no_grad():
            blobs.update(run_steps([step], {blob: blobs[blob] for blob in step.bottoms}))
            for top in step.tops if step.layer.blobs else ():
                signs = torch.randint(0, 2, blobs[top].shape, generator=generator) * 2 - 1
                blobs[top] = blobs[top] * (1 + signs * STEP)
    return compare(part, name, ours[name], blobs[name].numpy(), np.inf)[0]


def draw_inputs(net: Net, preprocessing: Preprocessing | None, seed: int,
                num_images: int | None) -> tuple[dict[str, Array], dict[str, Array]]:
    """The inputs of the model and those of the net: noise, or the same images of noise."""
    generator = np.random.default_rng(seed)
    given: dict[str, Array] = {}
    ours: dict[str, Array] = {}
    for name in deployed(net).inputs:
        shape = net.shapes[name]
        if num_images is not None:
            shape = (num_images, *shape[1:])
        if preprocessing is not None and name == preprocessing.blob:
            images = generator.integers(0, 256, (shape[0], *preprocessing.shape[1:]), np.uint8)
            given[name], ours[name] = images, preprocessing.apply(images)
        else:
            values = _example(net, name, shape)
            if values is None:
                values = generator.standard_normal(shape, np.float32)
            given[name] = ours[name] = values
    return given, ours


def _example(net: Net, name: str, shape: tuple[int, ...]) -> Array | None:
    """The values that a layer which reads the input asks for; None: noise will do."""
    for step in net.layers:
        for index, bottom in enumerate(step.layer.spec.bottoms):
            if bottom != name:
                continue
            shapes = [shape if one == name else net.shapes[one] for one in step.layer.spec.bottoms]
            values = step.layer.example_bottom(index, shapes)
            if values is not None:
                return np.array(values.float().numpy())
    return None


def run(model: onnx.ModelProto, inputs: Mapping[str, Array], blobs: Sequence[str]
        ) -> dict[str, Array]:
    """Those of the blobs that the model has, by ONNX Runtime."""
    made = {name for node in model.graph.node for name in node.output}
    wanted = [name for name in blobs if name in made]
    try:
        session = watched_session(model, wanted)
        halves = {one.name: one.type == "tensor(float16)" for one in session.get_inputs()}
        given = {name: array.astype(np.float16) if halves[name] else array
                 for name, array in inputs.items() if name in halves}
        found = session.run(wanted, given)
    except Exception as error:      # of any kind: its classes are those of another library
        raise CaffeError(f"ONNX Runtime cannot run the model: {first_line(error)}") from error
    return {name: array.astype(np.float32) if array.dtype == np.float16 else array
            for name, array in zip(wanted, found, strict=True)}


def compare(part: Deployed, name: str, mine: Array, theirs: Array, tolerance: float
            ) -> tuple[float, str]:
    """`compare_rows` of a blob of detections, `compare_values` of another one.

    Of detections one in ALONE, or one, may be in one list alone: of a score or an overlap at its
    threshold the last digit decides.
    """
    if name not in part.detections:
        return compare_values(mine, theirs, tolerance)
    share, reason = compare_rows(mine, theirs, tolerance)
    if reason:
        far = _distances(*(_found(rows.reshape(-1, 7)) for rows in (mine, theirs)))
        near = far[far <= tolerance]
        if len(near) and len(far) - len(near) <= max(1, len(far) // ALONE):
            return float(near.max()), ""
    return share, reason


def compare_values(mine: Array, theirs: Array, tolerance: float) -> tuple[float, str]:
    """The largest difference as a part of the largest value, and the reason of a refusal or ""."""
    if mine.shape != theirs.shape:
        return float("inf"), f"has the shape {theirs.shape}, not {mine.shape}"
    if not np.array_equal(np.isnan(mine), np.isnan(theirs)):
        return float("inf"), "has NaN at other positions"
    if not mine.size:
        return 0.0, ""
    with np.errstate(invalid="ignore"):     # inf - inf, where both are infinite
        far = np.where(mine == theirs, 0, np.abs(mine - theirs))
    part = float(np.nanmax(far, initial=0) / max(np.nanmax(np.abs(mine), initial=0), 1e-30))
    if part <= tolerance:
        return part, ""
    return part, f"differs by {part:.2g} of its largest value; {tolerance:g} is allowed"


def compare_rows(mine: Array, theirs: Array, tolerance: float) -> tuple[float, str]:
    """The same of rows (1, 1, K, 7): image, label, score, corners; in any order within a label.

    Rows with label -1 are none, and those of zeros, with which OpenCV fills up. Equal scores may
    come in another order.
    """
    mine, theirs = (_found(rows.reshape(-1, 7)) for rows in (mine, theirs))
    if len(mine) != len(theirs):
        return float("inf"), f"has {len(theirs)} detections, not {len(mine)}"
    if not np.array_equal(mine[:, :2], theirs[:, :2]):
        return float("inf"), "has detections of other images or labels"
    part = float(_distances(mine, theirs).max(initial=0))
    if part <= tolerance:
        return part, ""
    return part, f"has detections that differ by {part:.2g}; {tolerance:g} is allowed"


def _distances(mine: Array, theirs: Array) -> Array:
    """Of each row of both lists: how far the nearest of its image and label in the other list is,
    as a part of the largest score or corner of `mine`; infinite if there is none."""
    values = np.abs(mine[:, 2:])
    largest = max(float(values[np.isfinite(values)].max(initial=0)), 1e-30)
    near = [np.full(len(rows), np.inf) for rows in (mine, theirs)]
    for kind in np.unique(mine[:, :2], axis=0):
        first, second = ((rows[:, :2] == kind).all(1) for rows in (mine, theirs))
        far = np.zeros((first.sum(), second.sum()), np.float32)
        for own, other in zip(mine[first, 2:].T, theirs[second, 2:].T, strict=True):
            with np.errstate(invalid="ignore"):     # inf - inf, where both are infinite
                gap = np.where(own[:, None] == other, 0, np.abs(own[:, None] - other))
            far = np.maximum(far, gap)      # NaN stays
        far[np.isnan(far)] = np.inf
        near[0][first] = far.min(1, initial=np.inf) / largest
        near[1][second] = far.min(0, initial=np.inf) / largest
    return np.concatenate(near)


def _found(rows: Array) -> Array:
    return rows[(rows[:, 1] >= 0) & rows.any(1)]
