"""docs/zoo.md: the zoo's nets, what was published of them, what they learn here, where they go.

docs/published.json has what others measured, benchmarks/trainings/ what was measured here
(benchmarks/zoo.py), report/zoo_figures.json the sizes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docs.generator.markdown import GENERATED, code, escape, table
from docs.generator.targets_page import REFUSED, SIGNS, TARGETS, words
from framework.definition import zoo
from framework.definition.spec import NetSpec
from framework.layers import LAYERS
from framework.layers.base import Layer
from framework.net.reading import read_net
from framework.report.zoo_figures import Figures, recorded
from framework.system.wording import human

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT / "docs" / "published.json"
TRAININGS = ROOT / "benchmarks" / "trainings"
Record = dict[str, Any]         # Any: what JSON holds
# what becomes of a net by the worst that becomes of a layer of it
WORST_FIRST = (REFUSED, "unknown", "cut", "on the CPU", "rewritten")
PAGE = """# The zoo

Nets that come with the program, as `zoo:NAME/deploy.prototxt` and, where they train,
`zoo:NAME/train_test.prototxt`; `caffe zoo` lists them. No weights come with them;
[published caffemodels](from_pytorch.md) fit where the net's file names its source.

## Nets

Parameters are those that learn, multiply-adds those of one image. What was published was measured
by others, with their recipe, and is here for those who have the data and a GPU.

{nets}

## Trained here

Each on two cores without a GPU, from nothing, on data that a program of ours draws; scored on
images that were not trained on. `python benchmarks/zoo.py NAME` runs it again; alone on the machine
or beside other work says much about the time, and little about the minutes of one core.

{trainings}

## Where they go

By the types of their layers, with the signs of [Layers and targets](export_targets.md): {legend}. A
field of a layer may still be refused; `tools/export` then says which.

{targets}
"""


def zoo_pages() -> dict[str, str]:
    """The page, by its path below docs/."""
    nets = recorded()
    legend = ", ".join(f"{SIGNS[word]} {word}" for word in
                       ("as it is", "rewritten", "on the CPU", "cut", "unknown"))
    return {"zoo.md": GENERATED + "\n" + PAGE.format(
        nets=_nets(nets), trainings=_trainings(), targets=_targets(nets), legend=legend)}


def published() -> dict[str, Record]:
    """What was published of each net, by its name: parameters, accuracy, recipe, source."""
    found: dict[str, Record] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return found


def _nets(nets: Iterable[Figures]) -> str:
    known = published()
    rows = []
    for net in nets:
        theirs = known.get(net.name, {})
        count = theirs.get("parameters")
        rows.append((code(net.name), net.kind, f"{net.parameters:,}",
                     count if isinstance(count, str) else f"{count:,}" if count else "",
                     human(net.multiply_adds), " x ".join(map(str, net.input)),
                     escape(theirs.get("accuracy", "")), escape(theirs.get("recipe", "")),
                     escape(theirs.get("source", ""))))
    return table(("net", "for", "parameters", "published", "multiply-adds", "input",
                  "published accuracy", "published recipe", "source"), rows)


def _trainings() -> str:
    rows = []
    for path in sorted(TRAININGS.glob("*.json")):
        run = json.loads(path.read_text(encoding="utf-8"))
        reached, time = "not measured yet", ""
        if run.get("value"):
            minutes, seconds = divmod(round(run["seconds"]), 60)
            reached = f"{escape(run['metric'])}: {run['value']:.3f}"
            time = f"{minutes} min {seconds} s, {run['load']}"
            if "processor_seconds" in run:
                time += f"; {run['processor_seconds'] / 60:.1f} min of one core"
        solver = [word for line in run["commands"] for word in line.split()
                  if word.startswith("solvers/")][-1]
        rows.append((code(run["net"]), escape(run["learns"]), reached, time, code(solver)))
    return table(("net", "learns", "reached", "in", "solver"), rows)


def _targets(nets: Iterable[Figures]) -> str:
    by_type: dict[str, list[str]] = {}
    rows = []
    for net in nets:
        spec = NetSpec(read_net(zoo.FOLDER / net.name / "deploy.prototxt"))
        types = sorted({layer.type for layer in spec.layers
                        if issubclass(LAYERS[layer.type], Layer)})
        for kind in types:
            if kind not in by_type:
                by_type[kind] = words(kind)
        becomes = zip(*(by_type[kind] for kind in types), strict=True)
        rows.append((code(net.name), *(SIGNS[_worst(column)] for column in becomes)))
    return table(("net", *TARGETS), rows)


def _worst(column: Iterable[str]) -> str:
    found = set(column)
    return next((word for word in WORST_FIRST if word in found), "as it is")
