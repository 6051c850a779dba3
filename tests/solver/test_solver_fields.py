"""Fields of a solver file: honoured, hints to another machine, or refused."""

from __future__ import annotations

import pytest

from framework.definition import prototxt
from framework.definition.prototxt import Document
from framework.definition.prototxt import Lines as Places
from framework.errors import SpecError
from framework.proto import SolverParameter
from framework.solver.solver_fields import HONOURED, MACHINE_HINTS, check_fields
from tests.solver_runs import NET, log_of, make


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text('name: "small"\n' + NET)
    return tmp_path


@pytest.mark.parametrize("text, message", [
    ("", r"solver.prototxt:1: net is missing"),
    ('net: "net.prototxt"\ntrain_net: "net.prototxt"',
     r"solver.prototxt:2: train_net is given beside net"),
    ('\nnet: "none.prototxt"', r"solver.prototxt:2: net is 'none.prototxt', which is not a file; "
     "paths are relative to the working directory, [^;]*$"),
    ('net: "net.prototxt" test_iter: 1', r"test_interval is 0; with test nets"),
    ('train_net: "net.prototxt" test_net: "net.prototxt"', r"test_iter is given 0 times; it must "
     "be once for each of the 1 test nets"),
    ('net: "net.prototxt" test_iter: 1 test_interval: 1 test_state { } test_state { }',
     r"test_state is given 2 times"),
    ('net: "net.prototxt" eval_type: "detektion"', r"eval_type is 'detektion'; did you mean"),
    ('net: "net.prototxt" ap_version: "12point"', r"ap_version is '12point'.* 11point, 101point, "),
    ('net: "net.prototxt"\ndisabled_update: true',
     r"solver.prototxt:2: disabled_update is a field of another"),
    ('net: "net.prototxt" larc: true\nlarc_turbo: true',
     r"solver.prototxt:2: larc_turbo is a field of another"),
    ('net: "net.prototxt" average_loss: 0', r"average_loss is 0; it must be at least 1"),
])
def test_a_solver_file_that_cannot_work_is_refused(text, message):
    with pytest.raises(SpecError, match=message):
        make(text)


def test_a_hint_to_another_machine_is_named_and_passed_over():
    solver = make('net: "net.prototxt" solver_mode: GPU device_id: 3\nengine: "MKL2017"')
    assert log_of(solver) == ["solver.prototxt:2: engine is a hint to another Caffe's machine; "
                              "flags say such things here"]


def test_every_solver_field_is_honoured_a_hint_or_refused():
    fields = SolverParameter.DESCRIPTOR.fields_by_name
    assert set(fields) >= HONOURED | MACHINE_HINTS and not HONOURED & MACHINE_HINTS
    for name in set(fields) - HONOURED - MACHINE_HINTS:
        message = SolverParameter()
        field = fields[name]
        if field.is_repeated or field.message_type:
            continue
        kind = type(field.default_value)
        setattr(message, name, kind(7) if kind is not bool else not field.default_value)
        with pytest.raises(SpecError, match=f"{name} is a field of another"):
            check_fields(Document(message, Places(), "solver.prototxt", []))


def test_several_devices_are_a_first_one_and_hints():
    document = prototxt.parse("richness: 200\ndevice_id: 2 device_id: 3\ndevice_id: 5",
                              "SolverParameter", "solver.prototxt")
    assert not document.problems
    assert document.message.device_id == 2
    named = [line.split(" is a hint")[0] for line in check_fields(document)]
    assert named == ["solver.prototxt:1: richness", "solver.prototxt:2: device_id_more"]
