"""The help of every program: arguments that are explained, and an example that works."""

import argparse
import copy
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from framework.cli import gflags, given_flags, new, upgrade_net, upgrade_solver
from framework.cli.caffe import main

FOLDER = Path(upgrade_net.__file__).parent
OWN = ("upgrade_net", "upgrade_solver")     # made otherwise
PARSERS = {path.stem: import_module(f"framework.cli.{path.stem}").make_parser()
           for path in sorted(FOLDER.glob("*.py"))
           if "def make_parser(" in path.read_text() and path.stem not in OWN}
PARSERS |= {name: upgrade_net.make_parser(f"tools/{name}", module.DESCRIPTION, "file")
            for name, module in (("upgrade_net", upgrade_net), ("upgrade_solver", upgrade_solver))}


@pytest.mark.parametrize("name", PARSERS)
def test_every_argument_has_a_help_text_and_the_usage_names_the_tool(name):
    parser: argparse.ArgumentParser = PARSERS[name]
    assert parser.prog == f"tools/{name}" and (FOLDER.parents[1] / parser.prog).is_file()
    unexplained = [action.dest for action in parser._actions if not action.help]
    assert not unexplained


@pytest.mark.parametrize("name", PARSERS)
def test_the_description_begins_with_a_sentence_about_what_the_program_does(name):
    first = (PARSERS[name].description or "").partition(". ")[0]
    assert first[0].isupper() and not first.startswith("tools") and len(first.split()) > 3


@pytest.mark.parametrize("name", PARSERS)
def test_the_example_in_the_help_is_one_that_the_program_takes(name):
    parser: argparse.ArgumentParser = PARSERS[name]
    example = (parser.epilog or "").removeprefix("example: ")
    words = shlex.split(example.partition(" > ")[0])
    assert words[0] == parser.prog
    parser.parse_args(gflags.normalise(parser, words[1:]))
    own = [word for word in words if word.startswith(("prototxt/", "solvers/"))]
    assert all(any(FOLDER.parents[1].glob(word)) for word in own), f"{own}: not in the checkout"


@pytest.mark.parametrize("name", PARSERS)
def test_a_word_in_place_of_a_number_is_told_in_words_for_users(name, capsys):
    """argparse's own are "invalid int value" and "invalid seed_flag value"."""
    parser = copy.deepcopy(PARSERS[name])
    typed = [action for action in parser._actions if action.option_strings
             and action.type not in (None, str, Path, str.upper) and action.nargs is None]
    for action in typed:
        with pytest.raises(SystemExit) as ended:
            given_flags.parse(parser, [action.option_strings[-1], "12_x?"])
        said = capsys.readouterr().err
        assert ended.value.code == 2
        assert "'12_x?'" in said and "invalid" not in said and "value" not in said, said


@pytest.mark.parametrize("name", [
    "check_data", "compute_image_mean", "convert_annoset", "convert_dataset", "convert_imageset",
    "detect", "export_dataset", "get_image_size", "inspect", "serve", "test", "time", "train"])
def test_every_program_that_reads_images_takes_another_limit_of_their_pixels(name):
    assert any("--max-pixels" in action.option_strings for action in PARSERS[name]._actions)


@pytest.mark.parametrize("command", ["train", "test", "time", "device_query"])
def test_a_command_of_caffe_shows_itself_in_its_usage(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: caffe {command} ") and f"example: caffe {command} " in shown


@pytest.mark.parametrize("kind", new.KINDS)
def test_the_help_of_new_says_which_data_each_kind_of_net_takes(kind):
    assert f"For a {kind}: " in (PARSERS["new"].description or "").replace("\n", " ")


FLAGS = [(name, action) for name, parser in PARSERS.items() for action in parser._actions
         if action.option_strings]
SPELLINGS = ({"--labelmap", "--label_map_file"}, {"--split", "--splits"},
             {"--old-labelmap", "--old_label_map_file"})


def test_a_flag_has_the_same_spellings_and_values_in_every_program():
    metavars = {}
    for name, action in FLAGS:
        words = set(action.option_strings)
        for spellings in SPELLINGS:
            assert not words & spellings or words >= spellings, f"{name} {words}"
        if "--phase" in words:
            assert action.type is str.upper, name
        if words & {"--labelmap", "--stage", "--model", "--seed", "--jobs", "--iterations"}:
            known = metavars.setdefault(action.option_strings[0], action.metavar)
            assert action.metavar == known, f"{name} {words}"


def test_a_flag_shows_what_its_value_is_and_says_its_default_in_the_same_words():
    for name, action in FLAGS:
        what = f"{name} {action.option_strings[0]}: {action.help}"
        if action.nargs != 0 and not isinstance(action, argparse.BooleanOptionalAction):
            assert action.metavar or action.choices, what
        if type(action.default) in (int, float) and action.default:
            assert "(default: " in action.help, what
