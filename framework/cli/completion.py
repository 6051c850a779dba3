"""tools/completion: scripts that complete the commands and flags of `caffe` in a shell."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from unittest import mock

from framework.cli import caffe
from framework.cli.app import run
from framework.definition import zoo

DESCRIPTION = """Print a script that completes the commands and flags of caffe. For bash:
`source <(caffe completion bash)` in ~/.bashrc; zsh: the same with zsh in ~/.zshrc, after compinit;
fish: `caffe completion fish > ~/.config/fish/completions/caffe.fish`."""
BASH = """# Completion of caffe in bash: source <(caffe completion bash)
_caffe() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words=
  local nets="NETS" before=
  if [ "$COMP_CWORD" = 1 ]; then
    words=COMMANDS
  elif [[ $current == zoo:* ]]; then
    words=$nets before=zoo: current=${current#zoo:}
  elif [ "$current" = : ] && [ "$previous" = zoo ]; then    # a colon ends a word in bash
    words=$nets current=
  elif [ "$previous" = : ] && [ "${COMP_WORDS[COMP_CWORD-2]}" = zoo ]; then
    words=$nets
  else
    case "${COMP_WORDS[1]}:$previous" in
CHOICES
      *) case "$current" in
        -*) case "${COMP_WORDS[1]}" in
FLAGS
        esac ;;
        *) case "${COMP_WORDS[1]}" in
WORDS
        esac ;;
      esac ;;
    esac
  fi
  COMPREPLY=($(compgen -P "$before" -W "$words" -- "$current"))
}
complete -o default -F _caffe caffe
"""
ZSH = """#compdef caffe
# Completion of caffe in zsh: source <(caffe completion zsh), after compinit
_caffe() {
  if (( CURRENT == 2 )); then
    compadd -- COMMANDS
    return
  fi
  if [[ $PREFIX == zoo:* ]]; then
    local -a nets=(NETS)
    compadd -- zoo:$^nets
    return
  fi
  case "$words[2]:$words[CURRENT-1]" in
CHOICES
  esac
  if [[ $PREFIX == -* ]]; then
    case $words[2] in
FLAGS
    esac
    return
  fi
  case $words[2] in
WORDS
  esac
  _files
}
compdef _caffe caffe
"""
FISH = """# Completion of caffe in fish
function __caffe_nets
  if string match -q "zoo:*" -- (commandline -ct)
    printf "zoo:%s\\n" NETS
  end
end
complete -c caffe -n __fish_use_subcommand -f -a 'COMMANDS'
complete -c caffe -n 'not __fish_use_subcommand' -a '(__caffe_nets)'
"""


@dataclass(frozen=True)
class Command:
    """What may be written after a command.

    flags    name -> the words that may follow it; None: it has no value, (): any value
    words    that its arguments may be
    helps    of the flags, for shells that show them
    """

    flags: Mapping[str, tuple[str, ...] | None]
    words: tuple[str, ...]
    helps: Mapping[str, str]


class _CaughtError(Exception):
    """Carries the parser out of a program that is about to parse its flags."""

    def __init__(self, parser: argparse.ArgumentParser):
        super().__init__()
        self.parser = parser


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(prog="tools/completion", description=DESCRIPTION,
                                     epilog="example: tools/completion bash")
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="what the script is for")
    return parser


def show(arguments: argparse.Namespace) -> None:
    """Print the script."""
    found = commands()
    scripts = {"bash": bash, "zsh": zsh, "fish": fish}
    print(scripts[arguments.shell](found), end="")


def commands() -> dict[str, Command]:
    """Every command of `caffe`, by its own parser."""
    return {name: _command(name, parser_of(name)) for name in (*caffe.COMMANDS, *caffe.OTHERS)}


def parser_of(name: str) -> argparse.ArgumentParser:
    """The parser that a command parses its flags with."""
    if name == "device_query":
        return caffe.make_query_parser()

    def catch(parser: argparse.ArgumentParser, arguments: object = None) -> None:
        raise _CaughtError(parser)

    module = import_module(f"framework.cli.{name}")
    with mock.patch.object(argparse.ArgumentParser, "parse_known_args", catch):
        try:
            module.main([])
        except _CaughtError as caught:
            return caught.parser
    raise AssertionError(f"caffe {name} parses no flags")


def _command(name: str, parser: argparse.ArgumentParser) -> Command:
    flags: dict[str, tuple[str, ...] | None] = {}
    helps = {}
    words: tuple[str, ...] = tuple(zoo.names()) if name == "zoo" else ()
    for action in parser._actions:
        if action.help == argparse.SUPPRESS:
            continue
        choices = tuple(map(str, action.choices or ()))
        if not action.option_strings:
            words += choices
        for flag in action.option_strings:
            if flag.startswith("--"):
                flags[flag] = None if action.nargs == 0 else choices
                helps[flag] = " ".join((action.help or "").split())
    return Command(flags, words, helps)


def bash(found: Mapping[str, Command]) -> str:
    """The script for bash."""
    return _filled(BASH, found, '      {}) words="{}" ;;', '        {}) words="{}" ;;').replace(
        "words=COMMANDS", f'words="{" ".join(found)}"').replace("NETS", " ".join(zoo.paths()))


def zsh(found: Mapping[str, Command]) -> str:
    """The script for zsh."""
    return _filled(ZSH, found, "    {}) compadd -- {}; return ;;",
                   "    {}) compadd -- {} ;;").replace("COMMANDS", " ".join(found)).replace(
                       "NETS", " ".join(zoo.paths()))


def _filled(text: str, found: Mapping[str, Command], choice: str, words: str) -> str:
    """A script with a case for each flag with choices, each command's flags, and its words."""
    choices = [choice.format(f"{name}:{flag}", " ".join(values))
               for name, command in found.items() for flag, values in command.flags.items()
               if values]
    flags = [words.format(name, " ".join(command.flags)) for name, command in found.items()]
    own = [words.format(name, " ".join(command.words)) for name, command in found.items()
           if command.words]
    for mark, lines in (("CHOICES", choices), ("FLAGS", flags), ("WORDS", own)):
        text = text.replace(f"\n{mark}\n", "\n" + "\n".join(lines) + "\n")
    return text


def fish(found: Mapping[str, Command]) -> str:
    """The script for fish, which shows the help of each flag."""
    lines = [FISH.replace("COMMANDS", " ".join(found)).replace("NETS", " ".join(zoo.paths()))]
    for name, command in found.items():
        begin = f"complete -c caffe -n '__fish_seen_subcommand_from {name}'"
        if command.words:
            lines.append(f"{begin} -a '{' '.join(command.words)}'")
        for flag, values in command.flags.items():
            line = f"{begin} -l {flag[2:]} -d {shlex.quote(command.helps[flag])}"
            if values:
                line += f" -x -a '{' '.join(values)}'"
            elif values is not None:
                line += " -r -F -a '(__caffe_nets)'"
            lines.append(line)
    return "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    return run(show, make_parser(), argv)


if __name__ == "__main__":
    sys.exit(main())
