"""Train the zoo's small nets anew: what they learn, in how long, on this machine.

    python benchmarks/zoo.py [NAME...]

Each training is a file in benchmarks/trainings/: its commands (programs of tools/) run one after
another in an empty folder, and the last match of its pattern in the output of the last one is the
result. Value, seconds (by the clock, and of the processor) and machine are written back into the
file; `make docs-pages` then shows them in docs/zoo.md. Without names: all, which takes hours on two
cores.
"""

from __future__ import annotations

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


def run(path: Path) -> None:
    """Run a training and write its result into its file."""
    record = json.loads(path.read_text(encoding="utf-8"))
    before = processor_seconds()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for name in LINKED:
            if (ROOT / name).is_dir():
                os.symlink(ROOT / name, Path(folder) / name)
        for command in record["commands"]:
            program, *words = shlex.split(command)
            done = subprocess.run([sys.executable, str(ROOT / "tools" / program), *words],
                                  cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True)
            if done.returncode:
                raise SystemExit(f"{path.stem}: {command}: {done.stdout[-2000:]}")
    found = re.findall(record["pattern"], done.stdout)
    if not found:
        raise SystemExit(f"{path.stem}: no line of the last command has {record['pattern']}")
    record |= {"value": float(found[-1]), "seconds": round(time.monotonic() - begin),
               "load": _load(), "where": place()}
    record["processor_seconds"] = round(processor_seconds() - before)
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{path.stem}: {record['metric']} {found[-1]} in {record['seconds']} s")


def _load() -> str:
    """Whether the machine had other work in the last 15 minutes, by its load average."""
    load, cores = os.getloadavg()[2], os.cpu_count() or 1
    return "alone" if load < cores + 0.5 else f"beside others (load {load:.0f} on {cores} cores)"


def main() -> None:
    """Run those that are named, or all."""
    names = sys.argv[1:] or sorted(path.stem for path in TRAININGS.glob("*.json"))
    for name in names:
        path = TRAININGS / f"{name}.json"
        if not path.is_file():
            known = ", ".join(sorted(file.stem for file in TRAININGS.glob("*.json")))
            raise SystemExit(f"no training {name}: there are {known}")
        run(path)


if __name__ == "__main__":
    main()
