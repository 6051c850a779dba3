"""Bottoms of layers: odd shapes at building, odd values at forward and backward."""

import json
import random
from pathlib import Path

import torch
from torch import Tensor

from framework.definition import prototxt
from framework.net.net import Net
from framework.report.layer_samples import FOLDER
from framework.report.net_summary import Selection, take_census
from tests.community_examples import EXAMPLES as COMMUNITY
from tests.fuzz.harness import Target
from tests.fuzz.texts import MAX_NUMBERS, raise_problems, set_odd
from tests.layer_examples import EXAMPLES
from tests.support import layer_text

VALUES = (0.0, -1.0, 1.0, 0.5, 1.5, 2.0, 3.0, -0.5, 7.0, 255.0, 1e6, -1e6, 3e9, 1e20, 1e38, -1e38,
          1e-40, float("nan"), float("inf"), float("-inf"))
SIDES = (1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 21)


class Bottoms(Target):
    """Every layer type with bottoms of other shapes, or with odd values in them, run forward and
    backward. A case is the number of the example, the shapes, and the seed of the values."""

    name = "bottoms"

    def prepare(self) -> None:
        self.examples = [one for one in (*EXAMPLES, *COMMUNITY) if one.kind not in ("Python",
                                                                                     "Torch")]

    def make(self, rng: random.Random) -> bytes:
        index = rng.randrange(len(self.examples))
        shapes = [list(tensor.shape) for tensor in self.examples[index].tensors()]
        if rng.random() < 0.5:
            for _ in range(rng.choice([1, 1, 2])):
                change_shape(shapes, rng)
        return json.dumps([index, shapes, rng.randrange(1 << 30)]).encode()

    def run(self, case: bytes) -> None:
        index, shapes, seed = json.loads(case)
        example = self.examples[index]
        Path("case.prototxt").write_text(layer_text(example.kind, example.param,
                                                    [tuple(shape) for shape in shapes],
                                                    example.tops))
        found = take_census("case.prototxt", Selection(phase=example.phase))
        raise_problems(found)
        if any(one.parameters + one.blob_bytes > MAX_NUMBERS for one in found):
            return
        net = Net("case.prototxt", example.phase)
        rng = random.Random(seed)
        given = example.tensors()
        bottoms = {}
        for number, shape in enumerate(shapes):
            own = given[number] if number < len(given) else None
            bottoms[f"bottom{number}"] = odd_values(own, shape, rng)
        run_and_differentiate(net, bottoms)


class Samples(Target):
    """The sample of every layer type, data layers and sparse ones too, with odd values in fields
    of one of its layers, built without data."""

    name = "samples"

    def prepare(self) -> None:
        self.samples = {
            path.stem: prototxt.parse(path.read_text(), "NetParameter", str(path)).message
            for path in FOLDER.glob("*.prototxt")}

    def make(self, rng: random.Random) -> bytes:
        message = type(self.samples["ReLU"])()
        message.CopyFrom(self.samples[rng.choice(sorted(self.samples))])
        layer = message.layer[-1] if rng.random() < 0.8 else rng.choice(message.layer)
        messages = [getattr(layer, descriptor.name) for descriptor, _ in layer.ListFields()
                    if descriptor.message_type and not descriptor.is_repeated]
        for _ in range(rng.choice([1, 1, 2, 3])):
            set_odd(rng.choice([*messages, *messages, layer]), rng)
        return prototxt.to_text(message).encode("utf-8", "surrogateescape")

    def run(self, case: bytes) -> None:
        Path("case.prototxt").write_bytes(case)
        for phase in ("TRAIN", "TEST"):
            raise_problems(take_census("case.prototxt", Selection(phase=phase)))


def run_and_differentiate(net: Net, bottoms: dict[str, Tensor]) -> None:
    total = sum(top.sum() for top in net.run(bottoms).values() if top.requires_grad)
    if isinstance(total, Tensor):
        total.backward()


def change_shape(shapes: list[list[int]], rng: random.Random) -> None:
    """Another side, one axis more or fewer, another bottom's shape, a bottom more or fewer."""
    kind = rng.randrange(12)
    if not shapes or kind == 0:
        shapes.append([rng.choice(SIDES) for _ in range(rng.randrange(5))])
        return
    shape = rng.choice(shapes)
    if kind == 1:
        shapes.remove(shape)
    elif kind == 2:
        shape[:] = rng.choice(shapes)
    elif kind == 3 and shape:
        del shape[rng.randrange(len(shape))]
    elif kind == 4:
        shape.insert(rng.randrange(len(shape) + 1), rng.choice(SIDES))
    elif shape:
        shape[rng.randrange(len(shape))] = rng.choice(SIDES)


def odd_values(own: Tensor | None, shape: list[int], rng: random.Random) -> Tensor:
    """The example's own values where the shape is, else whole numbers or noise; then odd ones in
    some places, or in all."""
    generator = torch.Generator().manual_seed(rng.randrange(1 << 30))
    if own is not None and list(own.shape) == shape:
        values = own.detach().float().clone()
    elif rng.random() < 0.5:
        values = torch.randint(0, 4, shape, generator=generator).float()
    else:
        values = torch.randn(shape, generator=generator)
    kind = rng.randrange(4)
    if kind == 0 and values.numel():
        flat = values.view(-1)
        for _ in range(rng.choice([1, 2, 5])):
            flat[rng.randrange(len(flat))] = rng.choice(VALUES)
    elif kind == 1:
        values.fill_(rng.choice(VALUES))
    return values.requires_grad_(rng.random() < 0.5)
