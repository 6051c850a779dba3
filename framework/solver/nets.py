"""Build the nets of a solver file: one for training, any number for testing.

Source: Solver::InitTrainNet and InitTestNets in solver.cpp of weiliu89/caffe (branch ssd).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from framework.definition import zoo
from framework.definition.prototxt import Document, Lines
from framework.definition.spec import PHASES
from framework.errors import SpecError
from framework.layers.base import DataOptions
from framework.logs.log import Log
from framework.net.net import Net
from framework.net.reading import finish_net, read_net
from framework.net.stubs import leave_out_unread_stubs
from framework.proto import NetState
from framework.system.regular import is_piped
from framework.weights.weights import load_weights


@dataclass(frozen=True)
class Machine:
    """How nets run here; none of it is a field of a solver file."""

    device: torch.device
    data: DataOptions
    ignore_unknown_fields: bool = False


def train_net(document: Document, machine: Machine) -> Net:
    """The training net. Raises SpecError unless exactly one is named."""
    param = document.message
    named = [name for name in ("net", "net_param", "train_net", "train_net_param")
             if param.HasField(name)]
    if not named:
        raise document.error("net", "is missing; one of net, net_param, train_net and "
                             "train_net_param must be given")
    if len(named) > 1:
        raise document.error(named[1], f"is given beside {named[0]}; there must be one net to "
                             "train")
    return build(document, named[0], 0, "TRAIN", [param.train_state], machine)


def test_nets(document: Document, trained: Net | None, machine: Machine) -> list[Net]:
    """The test nets, whose layers hold the blobs of `trained`, if any, where names agree.

    First those of test_net_param, then of test_net; `net` or `net_param` serves for the
    remaining entries of test_iter. Raises SpecError where the numbers do not fit.
    """
    param = document.message
    named = [("test_net_param", index) for index in range(len(param.test_net_param))]
    named += [("test_net", index) for index in range(len(param.test_net))]
    generic = [name for name in ("net", "net_param") if param.HasField(name)]
    count = len(param.test_iter)
    if generic:
        named += [(generic[0], 0)] * (count - len(named))
    if count != len(named):
        raise document.error("test_iter", f"is given {count} times; it must be once for each of "
                             f"the {len(named)} test nets")
    if named and param.test_interval <= 0:
        raise document.error("test_interval", f"is {param.test_interval}; with test nets it must "
                             "be at least 1")
    if param.test_state and len(param.test_state) != len(named):
        raise document.error("test_state", f"is given {len(param.test_state)} times; it must be "
                             f"once for each of the {len(named)} test nets, or left out")
    states = list(param.test_state) or [None] * len(named)
    return [build(document, name, index, "TEST", [state], machine, trained)
            for (name, index), state in zip(named, states, strict=True)]


def build(document: Document, field: str, index: int, phase: str, states: Sequence[NetState | None],
          machine: Machine, share_with: Net | None = None) -> Net:
    """The net in `field` of the solver, under the state of the solver, the net and the field."""
    source = net_document(document, field, index, machine.ignore_unknown_fields)
    leave_out_unread_stubs(source)
    state = type(source.message.state)(phase=PHASES.index(phase))
    for other in [source.message.state, *states]:
        if other is not None:
            state.MergeFrom(other)
    stages = [stage for other in states if other is not None for stage in other.stage]
    return Net(source, PHASES[state.phase], level=state.level, stages=stages,
               share_with=share_with, data=machine.data, seed=machine.data.seed,
               device=machine.device)


def net_document(document: Document, field: str, index: int, ignore: bool) -> Document:
    """The net file that a field names, or the net inside the field."""
    value = getattr(document.message, field)
    if document.message.DESCRIPTOR.fields_by_name[field].is_repeated:
        value = value[index]
    if not isinstance(value, str):
        message = type(value)()
        message.CopyFrom(value)      # an upgrade must not change the solver's message
        entries = document.lines.fields.get(field, [])
        lines = entries[index] if index < len(entries) else Lines()
        return finish_net(Document(message, lines, document.path, inside=field), ignore)
    place = document.place(document.lines.find(f"{field}[{index}]"))
    if zoo.is_in_zoo(value):
        try:
            value = str(zoo.located(value))
        except SpecError as error:
            raise SpecError(f"{place}: {field} is {error}") from None
    if not os.path.isfile(value) and not is_piped(value):
        raise SpecError(f"{place}: {field} is {not_a_file(value, document.path)}")
    return read_net(value, ignore)


def not_a_file(value: str, solver: str | Path) -> str:
    """What is wrong with the path of a net that a solver names, and where the file is, if it is
    in the solver's folder."""
    folder = Path(solver).parent
    hint = f"; the solver's folder has it: change to {folder} first" \
        if os.path.isfile(folder / value) else ""
    return (f"'{value}', which is not a file; paths are relative to the working directory, "
            f"{Path.cwd()}{hint}")


def weights_of(document: Document) -> list[str]:
    """The files of weights that a solver file names, several in a field by commas.

    SpecError for one that is not there. Source: LoadNetWeights in solver.cpp of BVLC.
    """
    paths = []
    for index, text in enumerate(document.message.weights):
        for path in map(str.strip, text.split(",")):
            if not zoo.is_in_zoo(path) and not os.path.exists(path):
                raise document.error(f"weights[{index}]", f"is {not_a_file(path, document.path)}")
            paths.append(path)
    return paths


def finetune(path: str, net: Net, tested: Sequence[Net], skip_mismatch: bool, log: Log) -> None:
    """Load the weights of a file that training starts from, also where a test net has its own."""
    log.info(f"Finetuning from {path}")
    log.info(str(load_weights(net, path, skip_mismatch=skip_mismatch)))
    for other in tested:
        if not set(other.params) <= set(net.params):
            load_weights(other, path, skip_mismatch=skip_mismatch)
