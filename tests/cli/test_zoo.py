"""`caffe zoo`: the nets that come with the program."""

from __future__ import annotations

import subprocess
import sys

import pytest

from framework.cli.caffe import main
from framework.definition.prototxt import parse
from framework.report.zoo_counting import counted, nets
from framework.report.zoo_figures import recorded

RECORDED = {figures.name: figures for figures in recorded()}


def test_the_recorded_figures_are_of_the_nets_that_there_are():
    assert sorted(RECORDED) == nets()


@pytest.mark.parametrize("name", RECORDED)
def test_the_recorded_figures_are_those_of_the_files(name):
    assert counted(name) == RECORDED[name]


def test_the_list_has_kind_parameters_multiply_adds_and_input_of_each_net(capsys):
    assert main(["zoo"]) == 0
    rows = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines() if line}
    # Simonyan and Zisserman 2014: 138 million parameters, 15.5 billion multiply-adds
    assert rows["vgg16"] == "vgg16 classifier 138 M 15.5 G 3 x 224 x 224".split()
    assert rows["ssd512_vgg16"][1] == "detector" and rows["fcn8s"][1] == "segmenter"


def test_a_name_prints_the_nets_files(capsys):
    assert main(["zoo", "lenet"]) == 0
    shown = capsys.readouterr().out
    deploy, recipe = shown.split("# zoo:lenet/train_test.prototxt")
    assert deploy.startswith("# zoo:lenet/deploy.prototxt")
    assert parse(deploy, "NetParameter").message.name == "LeNet"
    assert "SoftmaxWithLoss" in recipe


def test_a_name_that_is_not_there_is_an_error_with_the_nearest(capsys):
    assert main(["zoo", "lenett"]) == 1
    assert capsys.readouterr().err == "error: the zoo has no 'lenett'; did you mean 'lenet'?\n"


def test_the_list_is_printed_without_torch():
    code = ("import sys; from framework.cli.caffe import main; main(['zoo']); "
            "sys.exit('torch' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
