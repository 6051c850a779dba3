"""Old forms of solvers against the same solver written in today's form by hand."""

import pytest

from framework.definition import prototxt
from framework.definition.prototxt import Document
from framework.definition.upgrade import upgrade_solver
from framework.errors import SpecError


def upgraded(text: str) -> Document:
    document = prototxt.parse(text, "SolverParameter", "old.prototxt")
    assert not document.problems, document.problems
    upgrade_solver(document)
    return document


def assert_same(document: Document, text: str) -> None:
    expected = prototxt.parse(text, "SolverParameter")
    assert prototxt.to_text(document.message) == prototxt.to_text(expected.message)


@pytest.mark.parametrize("old, new", [
    ("SGD", "SGD"), ("NESTEROV", "Nesterov"), ("ADAGRAD", "AdaGrad"), ("RMSPROP", "RMSProp"),
    ("ADADELTA", "AdaDelta"), ("ADAM", "Adam"), ("4", "AdaDelta")])
def test_solver_type_becomes_type(old: str, new: str):
    document = upgraded(f"base_lr: 0.1\nsolver_type: {old}")
    assert_same(document, f"base_lr: 0.1 type: '{new}'")
    assert document.lines.find("type") == 2


def test_nets_inside_a_solver_are_upgraded():
    document = upgraded("""
        net_param { layers { name: "r" type: RELU } }
        test_net_param { }
        test_net_param { layers { name: "s" type: SIGMOID } }""")
    assert_same(document, """
        net_param { layer { name: "r" type: "ReLU" } }
        test_net_param { }
        test_net_param { layer { name: "s" type: "Sigmoid" } }""")
    assert document.lines.find("test_net_param[1].layer[0].type") == 4


@pytest.mark.parametrize("text, message", [
    ("type: 'SGD'\nsolver_type: SGD", "old.prototxt:2: solver_type is the old form of type"),
    ("solver_type: SAG", "old.prototxt:1: solver_type is SAG, .* must be one of SGD, NESTEROV"),
])
def test_wrong_solver_types_are_errors(text: str, message: str):
    with pytest.raises(SpecError, match=message):
        upgraded(text)
