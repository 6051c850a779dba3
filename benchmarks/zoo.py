"""Train the zoo's small nets anew: what they learn, in how long, on this machine.

    python benchmarks/zoo.py [--folder FOLDER] [NAME...]

Each training is a file in benchmarks/trainings/: its commands (programs of tools/) run one after
another in an empty folder, and the last match of its pattern in the output of the last one is the
result. Value, seconds (by the clock, and of the processor) and machine are written back into the
file; `make docs-pages` then shows them in docs/zoo.md. Without names: all, which takes hours on two
cores.

With --folder the commands run in that folder, which is kept: of several trainings with the same
commands before `train`, the first draws the images, and the others add the seconds that it took.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from recipes import ROOT, place, processor_seconds

TRAININGS = ROOT / "benchmarks" / "trainings"
LINKED = ("prototxt", "solvers", "examples")
PREPARED = "prepared.json"      # in a kept folder: the commands that made data, with the seconds


def run(path: Path, folder: Path) -> None:
    """Run a training in a folder and write its result into its file."""
    record = json.loads(path.read_text(encoding="utf-8"))
    for name in LINKED:
        if (ROOT / name).is_dir() and not (folder / name).exists():
            os.symlink(ROOT / name, folder / name)
    commands = record["commands"]
    first = next((index for index, command in enumerate(commands) if command.startswith("train ")),
                 0)
    before = processor_seconds()
    seconds = _prepared(commands[:first], folder)
    begin = time.monotonic()
    output = ""
    for command in commands[first:]:
        output = _run(command, folder)
    found = re.findall(record["pattern"], output)
    if not found:
        raise SystemExit(f"{path.stem}: no line of the last command has {record['pattern']}")
    record |= {"value": float(found[-1]), "seconds": round(seconds + time.monotonic() - begin),
               "load": _load(), "where": place()}
    record["processor_seconds"] = round(processor_seconds() - before)
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{path.stem}: {record['metric']} {found[-1]} in {record['seconds']} s")


def _prepared(commands: list[str], folder: Path) -> float:
    """Make a training's data, unless the folder has it: the seconds that it took."""
    notes = folder / PREPARED
    done = json.loads(notes.read_text(encoding="utf-8")) if notes.is_file() else {}
    key = "; ".join(commands)
    if key not in done:
        begin = time.monotonic()
        for command in commands:
            _run(command, folder)
        done[key] = time.monotonic() - begin
        notes.write_text(json.dumps(done), encoding="utf-8")
    return float(done[key])


def _run(command: str, folder: Path) -> str:
    """Run a program of tools/ and print what it prints, as it does: its output."""
    program, *words = shlex.split(command)
    lines = []
    with subprocess.Popen([sys.executable, str(ROOT / "tools" / program), *words], cwd=folder,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None   # it is a pipe
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        raise SystemExit(f"{command}: ended with {process.returncode}")
    return "".join(lines)


def _load() -> str:
    """Whether the machine had other work in the last 15 minutes, by its load average."""
    load, cores = os.getloadavg()[2], os.cpu_count() or 1
    return "alone" if load < cores + 0.5 else f"beside others (load {load:.0f} on {cores} cores)"


def main() -> None:
    """Run those that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--folder", type=Path, help="run there and keep the drawn images")
    args = parser.parse_args()
    for name in args.names or sorted(path.stem for path in TRAININGS.glob("*.json")):
        path = TRAININGS / f"{name}.json"
        if not path.is_file():
            known = ", ".join(sorted(file.stem for file in TRAININGS.glob("*.json")))
            raise SystemExit(f"no training {name}: there are {known}")
        if args.folder:
            args.folder.mkdir(parents=True, exist_ok=True)
            run(path, args.folder)
        else:
            with tempfile.TemporaryDirectory() as folder:
                run(path, Path(folder))


if __name__ == "__main__":
    main()
