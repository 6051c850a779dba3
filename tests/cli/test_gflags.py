import argparse

import pytest

from framework.cli import gflags


def make_parser():
    parser = argparse.ArgumentParser()
    parser.add_argument("--resize_height", type=int, default=0)
    parser.add_argument("--labelmap", default="")
    gflags.add_flag(parser, "shuffle", "mix")
    gflags.add_flag(parser, "encoded", "keep", default=True)
    parser.add_argument("rest", nargs="*")
    return parser


@pytest.mark.parametrize(
    "line, expected",
    [
        ("", (0, False, True, [])),
        ("--shuffle a b", (0, True, True, ["a", "b"])),
        ("-shuffle=true -noencoded a", (0, True, False, ["a"])),
        ("--shuffle=False --encoded=0", (0, False, False, [])),
        ("--noshuffle --resize-height 3 a", (0 + 3, False, True, ["a"])),
        ("-resize_height=4 -- --shuffle", (4, False, True, ["--shuffle"])),
    ],
)
def test_flags_are_taken_as_gflags_takes_them(line, expected):
    parser = make_parser()
    options = parser.parse_args(gflags.normalise(parser, line.split()))
    assert (options.resize_height, options.shuffle, options.encoded, options.rest) == expected


def test_an_unknown_flag_and_a_wrong_value_end_the_program(capsys):
    parser = make_parser()
    for line in ("--shufle", "--shuffle=maybe"):
        with pytest.raises(SystemExit) as error:
            parser.parse_args(gflags.normalise(parser, line.split()))
        assert error.value.code == 2
    assert "'maybe' is not true or false" in capsys.readouterr().err
