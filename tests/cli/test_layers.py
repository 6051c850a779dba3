"""tools/layers: the catalogue, and a type's fields, sample and shapes."""

from __future__ import annotations

import pytest

from framework.cli.layers import main
from framework.layers import LAYERS


def printed(capsys, *arguments):
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def test_the_catalogue_has_every_type_once(capsys):
    lines = printed(capsys).splitlines()
    kinds = [line.split()[0] for line in lines if line.startswith("  ")]
    assert sorted(kinds) == sorted([*LAYERS, "MultiBoxHead", "NetFile"])


def test_a_type_shows_its_fields_with_defaults_and_comments(capsys):
    text = printed(capsys, "Convolution")
    assert "Convolution (Vision)" in text
    assert "convolution_param { ... }  ConvolutionParameter" in text
    assert "bias_term       bool = true" in text and "Channels of the top" in text


def test_fields_that_a_layer_refuses_are_not_listed(capsys):
    assert "temporal_stride" not in printed(capsys, "Convolution")


def test_the_shapes_are_those_of_the_sample_run_once(capsys):
    # 5 x 4 cells, padding 1, windows of 3 every 2 cells: 3 x 2 of them
    text = printed(capsys, "Convolution")
    for line in ("top     convolution  2 x 4 x 3 x 2", "blob    weight       4 x 3 x 3 x 3",
                 "blob    bias         4"):
        assert line in text


def test_several_types_come_one_after_another(capsys):
    text = printed(capsys, "ReLU", "NetFile")
    assert text.index("ReLU (Activation)") < text.index("NetFile (Composite)")


@pytest.mark.parametrize("kind, wanted", [
    ("Data", "Not run here: it reads files of yours"),
    ("Python", "Not run here: its class is in a module of yours"),
    ("ProposalTarget", "The number of rows depends on the data."),
    ("AutoCrop", "top     auto_crop  2 x 3 x 7 x 9"),
])
def test_the_outcome_says_how_far_the_sample_went(capsys, kind, wanted):
    assert wanted in printed(capsys, kind)


def test_an_unknown_type_is_an_error_that_names_the_nearest(capsys):
    assert main(["Convolutoin"]) == 1
    assert "'Convolutoin' is not known; did you mean 'Convolution'?" in capsys.readouterr().err
