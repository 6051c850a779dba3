"""Try random inputs until the time is up: `python -m tests.fuzz --seconds 600 [TARGET ...]`.

A case is made from its target, the seed and a number, `fields 7 12345`, and so can be made again by
--case. What was bad is printed with its reason; the exit code is 1 if anything was.
"""

import argparse
import itertools
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.harness import Count, Target, try_case
from tests.fuzz.targets import TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET",
                        help=f"which: {', '.join(TARGETS)} (default: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60, help="in all (default: 60)")
    parser.add_argument("--case", help="only this, with its input: `TARGET SEED NUMBER`")
    options = parser.parse_args()
    if unknown := set(options.targets) - TARGETS.keys():
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    names = [options.case.split()[0]] if options.case else options.targets or list(TARGETS)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        targets = {name: TARGETS[name](root / name) for name in names}
        counts = {name: Count() for name in names}
        if options.case:
            try_case(targets[names[0]], options.case, counts[names[0]], root / "case")
            sys.stdout.buffer.write((root / "case").read_bytes() + b"\n")
        else:
            try_until(time.monotonic() + options.seconds, targets, counts, options.seed)
    for name, count in counts.items():
        print(f"{name}: {count}", flush=True)
        for seed, fault in count.bad:
            print(f"  --case '{seed}': {fault.rstrip()}")
    return int(any(count.bad for count in counts.values()))


def try_until(end: float, targets: dict[str, Target], counts: dict[str, Count],
              seed: int) -> None:
    """Cases of all targets in turn, each made before it runs, so that one that ends the process
    is the last line of fuzz_last.txt."""
    last = Path("fuzz_last.txt")
    for number in itertools.count():
        for name, target in targets.items():
            if time.monotonic() > end:
                last.unlink(missing_ok=True)
                return
            case = f"{name} {seed} {number}"
            last.write_text(f"{case}\n")
            try_case(target, case, counts[name])


if __name__ == "__main__":
    sys.exit(main())
