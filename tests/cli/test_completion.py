"""`caffe completion`: the script for bash, sourced and asked."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import redirect_stdout

import pytest

from framework.cli.caffe import COMMANDS, OTHERS, main
from framework.cli.completion import commands

ASK = """source {script}
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _caffe; echo "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("shell") / "caffe.bash"
    with path.open("w") as file, redirect_stdout(file):
        assert main(["completion", "bash"]) == 0
    return path


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize("words, expected", [
    ("caffe tr", "train"),
    ("caffe device", "device_query"),
    ("caffe train --snap", "--snapshot"),
    ("caffe convert_dataset --str", "--strict"),
    ("caffe time --phase T", "TRAIN TEST"),
    ("caffe new det", "detector"),
    ("caffe zoo ssd5", "ssd512_vgg16"),
    ("caffe completion z", "zsh"),
    ("caffe train solv", ""),           # readline's own: files
])
def test_bash_completes_commands_flags_and_their_values(words, expected, script):
    done = subprocess.run(["bash", "-u", "-c", ASK.format(script=script, words=words)],
                          capture_output=True, text=True, check=False)
    assert done.stdout.strip() == expected and not done.stderr


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_every_command_and_flag(shell, capsys):
    assert main(["completion", shell]) == 0
    shown = capsys.readouterr().out
    for name, command in commands().items():
        assert name in (*COMMANDS, *OTHERS) and name in shown
        for flag in command.flags:
            assert (flag if shell == "zsh" else f"-l {flag[2:]} ") in shown
