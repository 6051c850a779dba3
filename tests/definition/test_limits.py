"""Texts that ask for too much: a sentence in bounded time and memory, never another error."""

import re
import time
from dataclasses import dataclass

import pytest
import torch

from framework import parse_net, read_net
from framework.cli import train, upgrade_net
from framework.cli.app import exhausted
from framework.definition.prototxt import parse
from framework.definition.values import has_near
from framework.errors import CaffeError, SpecError
from framework.net.net import Net
from framework.report.net_summary import Selection, take_census
from framework.solver.optim import Optimizer
from framework.solver.solver_fields import check_fields
from framework.system.wording import nearest
from tests.support import make

IMAGE = ('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 dim: 8 '
         'dim: 6 } } }\n')


@dataclass
class Blob:
    parameter: torch.nn.Parameter
    lr_mult: float = 1.0
    decay_mult: float = 1.0
    regularization: str = ""
    mask: torch.Tensor | None = None


def with_layer(text):
    return IMAGE + f'layer {{ name: "l" bottom: "x" top: "y" {text} }}'


@pytest.mark.parametrize("name", ["a", "layer", "layer { include"])
def test_messages_nest_at_most_a_hundred_deep(name):
    with pytest.raises(SpecError, match="1: more than 100 messages are nested in one another"):
        parse_net(f"{name} {{ " * 340)


def test_a_megabyte_of_one_token_is_cut_in_the_message():
    with pytest.raises(SpecError) as raised:
        parse_net("a" * 1_000_000 + ": 3")
    assert len(str(raised.value)) < 1000


def test_unknown_names_take_linear_time():
    text = "".join(f"numm_{index}: 1\n" for index in range(20_000))
    begin = time.process_time()
    assert len(parse(text, "NetParameter").problems) == 20_000
    assert time.process_time() - begin < 3      # 2.6 s of it were difflib's; now 0.2


@pytest.mark.parametrize("name, known, meant", [
    ("yolov3_param", ["log_param", "lrn_param"], ""),
    ("num_outpt", ["num_output", "pad"], "num_output"),
    ("convolutoin_param", ["convolution_param", "pooling_param"], "convolution_param"),
    ("convolution_parm", ["convolution_param", "pooling_param"], "convolution_param"),
    ("convolution_params", ["convolution_param", "pooling_param"], "convolution_param"),
    ("poolingparam", ["convolution_param", "pooling_param"], "pooling_param"),
    ("param", ["param", "top"], "param"),
    ("Yolov3", ["Pooling", "Reorg"], ""),
    ("x" * 1000, ["x" * 999], ""),
])
def test_only_near_names_are_suggested(name, known, meant):
    assert nearest(name, known) == (f"; did you mean '{meant}'?" if meant else "")


@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0, 3.0], [0.25, 1.0, 4.0]])
def test_near_values_of_a_sorted_list_are_those_of_the_definition(values):
    for value in (0.2, 0.25, 0.2500001, 1.0000009, 1.1, 2.0, 3.9999999, 5.0):
        expected = any(abs(other - value) < 1e-6 for other in values)
        assert has_near(values, value, 1e-6) == expected


def net_file(name, bottom="x", top="y"):
    return (f'layer {{ name: "f" type: "NetFile" bottom: "{bottom}" top: "{top}" '
            f'net_file_param {{ file: "{name}" }} }}')


def test_a_chain_of_net_files_has_an_end(tmp_path):
    for index in range(100):
        (tmp_path / f"{index}.prototxt").write_text(IMAGE + net_file(f"{index + 1}.prototxt"))
    with pytest.raises(SpecError, match="is the end of a chain of 50 NetFile layers"):
        read_net(tmp_path / "0.prototxt")


def test_net_files_that_double_are_stopped_at_a_sum(tmp_path):
    for index in range(26):
        one = net_file(f"{index + 1}.prototxt").replace('top: "y"', "")
        (tmp_path / f"{index}.prototxt").write_text(IMAGE + one + one)
    (tmp_path / "26.prototxt").write_text(with_layer('type: "ReLU"'))
    with pytest.raises(SpecError, match=r"bring in more than 1000 files or 20000 layers"):
        read_net(tmp_path / "0.prototxt")


@pytest.mark.parametrize("name, message", [
    ("a\\000b", r"net_file_param.file is 'a\\x00b'; no file has such a name"),
    ("n" * 300, "net_file_param.file names n{200}..., which is not a file"),
])
def test_names_that_no_file_can_have_are_said(name, message):
    with pytest.raises(SpecError, match=message):
        parse_net(IMAGE + net_file(name))


@pytest.mark.parametrize("name", ["a\0b", "n" * 300])
def test_a_net_of_an_impossible_name_is_one_line(name):
    with pytest.raises(SpecError):
        read_net(name)


def test_a_device_is_no_net(capsys):
    with pytest.raises(SpecError, match="/dev/zero: it is a device, not a regular file"):
        read_net("/dev/zero")
    assert upgrade_net.main(["/dev/zero", "--input", "binary"]) == 1
    assert "/dev/zero: it is a device, not a regular file" in capsys.readouterr().err


def test_a_folder_is_no_file_to_write(tmp_path, capsys):
    (tmp_path / "net.prototxt").write_text(IMAGE)
    assert upgrade_net.main([str(tmp_path / "net.prototxt"), str(tmp_path)]) == 1
    assert f"{tmp_path}: is a folder" in capsys.readouterr().err


HEAD = ('layer {{ name: "h" type: "MultiBoxHead" bottom: "x" multi_box_head_param {{ '
        'num_classes: {} source {{ bottom: "x" min_size: 3 aspect_ratio: {} }} }} }}')


@pytest.mark.parametrize("classes, ratio, message", [
    (2, "0", r"source\[0\].aspect_ratio is 0; it must be above 0 and finite"),
    (2, "inf", r"source\[0\].aspect_ratio is inf; it must be above 0 and finite"),
    (4294967295, "2", r"num_classes is 4294967295; with 3 priors a cell"),
])
def test_a_head_refuses_numbers_without_a_size(classes, ratio, message):
    with pytest.raises(SpecError, match=message):
        parse_net(IMAGE + HEAD.format(classes, ratio))


@pytest.mark.parametrize("text, message", [
    ('type: "PriorBox" bottom: "x" prior_box_param { min_size: inf }',
     r"prior_box_param.min_size is \[inf\]"),
    ('type: "PriorBox" bottom: "x" prior_box_param { min_size: 3 max_size: 1e400 }',
     r"prior_box_param.max_size is inf"),
    ('type: "PriorBox" bottom: "x" prior_box_param { min_size: 3 aspect_ratio: nan }',
     r"prior_box_param.aspect_ratio is nan"),
    ('type: "AutoCrop"', r"bottom cannot be aligned: it is given 1 times; it must be 2"),
    ('type: "DenseBlock" denseblock_param { numTransition: 1000000 growthRate: 1 }',
     r"numTransition is 1000000; it must be at most 1000"),
    ('type: "Tile" tile_param { tiles: 2147483647 }', r"top\[0\] 'y' is too large: its shape "
     r"\(1, 6442450941, 8, 6\) takes 1,237.0 GB"),
    ('type: "InnerProduct" inner_product_param { num_output: 2147483647 }',
     r"layer 'l' \(InnerProduct\): blobs are too large: 'weight' has the shape "
     r"\(2147483647, 144\); with them the net's blobs take 1,245.5 GB"),
    ('type: "InnerProduct" inner_product_param { num_output: 2 weight_filler { type: "uniform" '
     "min: 2 max: 1 } }", r"weight_filler "),
])
def test_a_net_that_cannot_be_is_one_sentence(text, message):
    with pytest.raises(SpecError, match=message):
        Net(parse_net(with_layer(text)))


def test_large_dummy_data_take_no_memory_until_they_are_asked_for():
    with pytest.raises(SpecError, match=r"top\[0\] 'd' is too large"):
        Net(parse_net('layer { name: "d" type: "DummyData" top: "d" dummy_data_param { shape { '
                      "dim: 1000000000000 } } }"))


@pytest.mark.parametrize("text", [
    'type: "LRN" lrn_param { local_size: 16777217 }',
    'type: "Tile" tile_param { tiles: 16777217 }',
    'type: "PriorBox" bottom: "x" prior_box_param { min_size: 3 '
    + " ".join(f"aspect_ratio: {2 + index / 100}" for index in range(20_000)) + "}",
])
def test_shapes_of_large_numbers_come_at_once(tmp_path, text):
    path = tmp_path / "net.prototxt"
    path.write_text(with_layer(text))
    begin = time.process_time()
    (census,) = take_census(path, Selection())
    assert census.built, census.problems
    assert time.process_time() - begin < 5      # each took over 30 s


@pytest.mark.parametrize("kind, param, tops", [
    ("LSTM", "recurrent_param { num_output: 3 }", (100_000, 2, 3)),
    ("RNN", "recurrent_param { num_output: 3 }", (100_000, 2, 3)),
    ("Lstm", "lstm_param { num_output: 3 }", (100_000, 2, 3)),
])
def test_a_look_at_a_recurrent_layer_does_not_walk_its_steps(kind, param, tops):
    shapes = [(100_000, 2, 5), (100_000, 2)]
    begin = time.process_time()
    layer = make(kind, param, *shapes)
    assert layer.top_shapes(*shapes) == [tops]
    assert time.process_time() - begin < 5      # 30 s and more


def test_lrn_wider_than_the_channels_sums_them_all():
    x = torch.arange(1.0, 25.0, dtype=torch.float64).reshape(1, 3, 2, 4)
    layer = make("LRN", "local_size: 1001 alpha: 0.5 beta: 0.6", (1, 3, 2, 4))
    squares = (x.numpy() ** 2).sum(1, keepdims=True)
    expected = x.numpy() / (1 + 0.5 / 1001 * squares) ** 0.6
    torch.testing.assert_close(layer(x), torch.from_numpy(expected), rtol=1e-6, atol=0)


def test_stages_are_tried_in_bounded_number(tmp_path):
    rules = "".join(f'layer {{ name: "s{index}" type: "Input" top: "s{index}" include {{ stage: '
                    f'"a{index}" }} }}\n' for index in range(2000))
    path = tmp_path / "net.prototxt"
    path.write_text(rules + with_layer('type: "ReLU"').replace('bottom: "x"', 'bottom: "none"'))
    begin = time.process_time()
    (census,) = take_census(path, Selection(phase="TEST"))
    assert "bottom[0] is 'none', which no layer before it makes" in census.problems[0]
    assert time.process_time() - begin < 4      # 9 s with all of them


@pytest.mark.parametrize("text, message", [
    ("base_lr: nan", "base_lr is nan; it must be a finite number"),
    ("gamma: 1e400", "gamma is inf; it must be a finite number"),
    ('type: "Adam" momentum2: 1', "momentum2 is 1; Adam takes the root"),
    ('type: "Adam" momentum2: 2', "momentum2 is 2; Adam takes the root"),
    ('type: "Adam" momentum: 1', "momentum is 1; Adam divides"),
    ('type: "AdaDelta" momentum: 1.5', "momentum is 1.5; AdaDelta takes the root"),
    ('momentum_policy: "poly" momentum_power: -1', "momentum_power is -1; with momentum_policy"),
    ('momentum_policy: "opt" base_lr: -1', 'base_lr is -1; momentum_policy "opt"'),
])
def test_a_solver_refuses_what_no_update_can_be_computed_with(text, message):
    with pytest.raises(SpecError, match=message):
        check_fields(parse(text, "SolverParameter"))


@pytest.mark.parametrize("text", ["momentum: 1.5", "clip_gradients: inf", "base_lr: -1",
                                  'type: "Adam" momentum: -0.5', "weight_decay: -1"])
def test_a_solver_takes_the_odd_numbers_that_the_original_computes_with(text):
    assert check_fields(parse(text, "SolverParameter")) == []


@pytest.mark.parametrize("error, words", [
    (MemoryError(), "there is not enough memory: MemoryError"),
    (RecursionError("maximum recursion depth exceeded"), "something is nested too deeply"),
    (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB"), "not enough memory"),
    (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to "
                  "allocate 8 bytes"), "not enough memory"),
    (ValueError("something else"), ""),
])
def test_a_machine_that_has_too_little_is_one_sentence(error, words):
    assert words in exhausted(error)
    assert bool(words) == bool(exhausted(error))


def test_a_source_that_fails_in_any_way_is_a_caffe_error():
    with pytest.raises(CaffeError, match="layer 'd'"):
        Net(parse_net(f'layer {{ name: "d" type: "ImageData" top: "d" top: "l" image_data_param {{ '
                      f'source: "{"n" * 300}" }} }}'))


@pytest.mark.parametrize("flags, message", [
    (["--seed", "9" * 30], r"argument --seed: is 9{30}; it must have at most 64 bits"),
    (["--workers", "-3"], "argument --workers: is -3; it must be at least 0"),
    (["--keep", "-1"], "argument --keep: is -1; it must be at least 0"),
])
def test_flags_that_no_run_can_have_are_refused(flags, message, capsys):
    with pytest.raises(SystemExit):
        train.main(["--solver", "absent", *flags])
    assert re.search(message, capsys.readouterr().err)


@pytest.mark.parametrize("policy", ['momentum_policy: "opt" base_lr: 0', 'momentum_policy: "poly" '
                                    "max_momentum: 2 max_iter: 2"])
def test_a_momentum_of_one_that_a_policy_reaches_does_not_end_adam_in_an_error(policy):
    blob = Blob(torch.nn.Parameter(torch.ones(3)))
    optimizer = Optimizer(parse(f'type: "Adam" {policy}', "SolverParameter"), [blob])
    for iteration in (0, 1, 2000):
        blob.parameter.grad = torch.ones(3)
        optimizer.update(0.0, iteration)        # what the original's C computes: inf or NaN
