"""`caffe completion`: the scripts, loaded by their shells and asked."""

from __future__ import annotations

import os
import pty
import re
import select
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
    return write_script("bash", tmp_path_factory.mktemp("shell"))


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
    ("caffe inspect zoo:lenet/dep", "zoo:lenet/deploy.prototxt"),   # if a colon ends no word
    ("caffe inspect zoo : lenet/dep", "lenet/deploy.prototxt"),     # bash takes it apart so
])
def test_bash_completes_commands_flags_and_their_values(words, expected, script):
    done = subprocess.run(["bash", "-u", "-c", ASK.format(script=script, words=words)],
                          capture_output=True, text=True, check=False)
    assert done.stdout.strip() == expected and not done.stderr


TYPED = [
    ("caffe new det", "caffe new detector"),
    ("caffe train --snap", "caffe train --snapshot"),
    ("caffe time --phase TE", "caffe time --phase TEST"),
    ("caffe inspect zoo:ssd512_vgg16/d", "caffe inspect zoo:ssd512_vgg16/deploy.prototxt"),
    ("caffe time --model zoo:lenet/d", "caffe time --model zoo:lenet/deploy.prototxt")]
RC_FILES = {"bash": "source {script}", "zsh": "autoload -Uz compinit; compinit -u -D; "
                                              "source {script}"}


@pytest.mark.parametrize("words, expected", TYPED)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_tab_in_a_shell_completes(shell, words, expected, tmp_path):
    """As it is typed in a terminal, with the lines of the help in the shell's start file."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = write_script(shell, tmp_path)
    rc_file = tmp_path / ".zshrc"
    rc_file.write_text(f"PS1='ask> '\n{RC_FILES[shell].format(script=script)}\n")
    options = ["--noprofile", "--rcfile", str(rc_file)] if shell == "bash" else ["-d"]
    # Tab; to the line's begin, "echo = ", and Enter
    shown = typed_in([shell, *options, "-i"], f"{words}\t\x01echo = \n", tmp_path)
    assert re.search(r"\n= (.*?) ?\r", shown)[1] == expected


def typed_in(argv, keys, folder):
    """What a program shows in a terminal after `keys`, which it gets when it shows `ask> `."""
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(argv[0], argv, {**os.environ, "TERM": "dumb", "ZDOTDIR": str(folder),
                                   "INPUTRC": "/dev/null"})
    shown = ""
    is_asked = False
    try:
        while not re.search(r"\n= .*\r", shown):
            ready, _, _ = select.select([terminal], [], [], 60)
            assert ready, shown
            shown += os.read(terminal, 1 << 16).decode(errors="replace")
            if not is_asked and "ask> " in shown:
                os.write(terminal, keys.encode())
                is_asked = True
    finally:
        os.close(terminal)
        os.waitpid(process, 0)
    return shown


def write_script(shell, folder):
    path = folder / f"caffe.{shell}"
    with path.open("w") as file, redirect_stdout(file):
        assert main(["completion", shell]) == 0
    return path


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize("words, expected", TYPED)
def test_fish_completes(words, expected, tmp_path):
    script = write_script("fish", tmp_path)
    done = subprocess.run(["fish", "--no-config", "-c",
                           f"source {script}; complete -C '{words}'"],
                          capture_output=True, text=True, check=False)
    found = [line.partition("\t")[0] for line in done.stdout.splitlines()]
    assert found == [expected.split()[-1]] and not done.stderr


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_every_command_and_flag(shell, capsys):
    assert main(["completion", shell]) == 0
    shown = capsys.readouterr().out
    for name, command in commands().items():
        assert name in (*COMMANDS, *OTHERS) and name in shown
        for flag in command.flags:
            assert (flag if shell == "zsh" else f"-l {flag[2:]} ") in shown
