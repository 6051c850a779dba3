import argparse

import pytest

from framework.cli import gflags, test, time, train
from tests.solver_runs import NET, PARAMS


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


@pytest.mark.parametrize("module, words", [
    (train, ["--solver", "s.prototxt"]), (time, ["--model", "n.prototxt"]),
    (test, ["--model", "n.prototxt", "--weights", "w"])])
@pytest.mark.parametrize("count", [-1, 2**31, 10**40])
def test_iterations_beyond_the_originals_flag_are_one_line(module, words, count, tmp_path, capsys,
                                                           monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "n.prototxt").write_text(NET)
    (tmp_path / "s.prototxt").write_text(f'net: "n.prototxt" {PARAMS}')
    assert module.main([*words, "--iterations", str(count)]) == 1
    assert f"error: --iterations is {count}; it must be from" in capsys.readouterr().err
