"""Some thousand random inputs: each gives a result or a CaffeError, soon, and changes nothing.

`make fuzz` tries millions.
"""

import pytest

from tests.fuzz.harness import Count, Target, snapshot, try_case
from tests.fuzz.targets import TARGETS

# cases that take some seconds of the CPU together
CASES = {"prototxt_bytes": 250, "prototxt_words": 300, "fields": 250, "bottoms": 250,
         "samples": 150, "weights": 300, "solver_states": 300, "records": 250, "lmdb_pages": 100,
         "labels": 300, "folders": 150, "sources": 100, "onnx_models": 60, "programs": 60,
         "http": 150}


@pytest.mark.parametrize("name", TARGETS)
def test_random_inputs_give_a_result_or_an_error_and_change_nothing(name, tmp_path):
    target, count = TARGETS[name](tmp_path / "place"), Count()
    for number in range(CASES[name]):
        try_case(target, f"{name} 1 {number}", count)
    assert count.bad == []
    assert count.results and count.errors, f"one of them never came: {count}"


class Planted(Target):
    """Does what its case says, to see that the rule bites."""

    def prepare(self):
        (self.given / "file").write_text("given")

    def make(self, rng):
        return b""

    def run(self, case):
        self.act(self)


@pytest.mark.parametrize("act, fault", [
    (lambda target: [][1], "IndexError"),
    (lambda target: (target.given / "file").write_text("changed"), "it changed ['given/file']"),
    (lambda target: (target.given / "file").unlink(), "it changed ['given', 'given/file']"),
    (lambda target: (target.out / "../beside").mkdir(), "it changed ['work', 'work/beside']"),
])
def test_the_rule_sees_what_it_forbids(tmp_path, act, fault):
    Planted.act = staticmethod(act)
    target, count = Planted(tmp_path / "place"), Count()
    try_case(target, "1", count)
    ((_, found),) = count.bad
    assert fault in found
    (target.out / "mine").write_text("out is free")
    before = snapshot(target.place, target.out)
    (target.out / "mine").write_text("again")
    assert snapshot(target.place, target.out) == before
