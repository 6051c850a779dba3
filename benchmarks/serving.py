"""How many requests a server answers beside the bare net, and what it does with twice as many.

    python benchmarks/serving.py [--model NET --weights FILE] [--seconds 10] [--overload 180]

Starts `tools/serve` as a process of its own, and sends it one JPEG of 640 x 480 again and again,
from this process, which shares the processors with it. Without --model it is ssd_bccd with weights
of noise, which finds as many boxes as a net can. First the bare net: `Detector.detect` of the
decoded JPEG. Then clients that wait for each answer before they ask again, at the end while the
weights are replaced. Then an overload: requests at twice the best of these rates, at fixed times
whether answers come or not. Processor time and memory (resident set) are the server's, from /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch

from framework.data.records.images import Decoding, decode
from framework.inference.detector import Detector
from framework.layers.normalization.batch_norm import BatchNorm
from framework.net.net import Net
from framework.system.malloc import keep_freed_memory
from framework.weights.weights import save_weights

FOLDER = Path(__file__).resolve().parents[1]
MOST_CONNECTIONS = 400


@dataclass
class Answers:
    """Status codes, the seconds that answers of 200 took, and those of the measurement, on the
    clock and of the server's processor time."""

    codes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    elapsed: float = 0
    processor: float = 0

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.elapsed

    def line(self) -> str:
        codes = ", ".join(f"{code}: {count}" for code, count in sorted(self.codes.items()))
        if not self.seconds:
            return codes
        cuts = statistics.quantiles(self.seconds, n=100)
        each = 1000 * self.processor / len(self.seconds)
        return (f"{self.rate:6.1f} answers a second, {1000 * cuts[49]:.0f} ms (median), "
                f"{1000 * cuts[98]:.0f} ms (p99), {each:.1f} ms of the processor each; {codes}")


class Client:
    """One connection that is kept alive."""

    def __init__(self, port: int, content: bytes):
        self.port = port
        self.request = (b"POST /detect HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
                        % len(content)) + content
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, answers: Answers) -> None:
        start = time.monotonic()
        try:
            if self.streams is not None and self.streams[0].at_eof():
                self.close()            # it was idle for longer than the server keeps it
            if self.streams is None:
                self.streams = await asyncio.open_connection("127.0.0.1", self.port)
            reader, writer = self.streams
            writer.write(self.request)
            head = await reader.readuntil(b"\r\n\r\n")
            found = re.search(rb"content-length: (\d+)", head)
            assert found
            await reader.readexactly(int(found[1]))
        except (OSError, EOFError) as error:
            self.close()
            answers.codes[type(error).__name__] += 1
            return
        code = head[9:12].decode()
        answers.codes[code] += 1
        if code == "200":
            answers.seconds.append(time.monotonic() - start)
        if b"connection: close" in head.lower():
            self.close()

    def close(self) -> None:
        if self.streams is not None:
            self.streams[1].close()
        self.streams = None


def processor_time(process: int) -> float:
    """Seconds that a process computed so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def waiting_clients(port: int, content: bytes, count: int, seconds: float, process: int
                          ) -> Answers:
    """`count` clients, each of which asks again when it has its answer."""
    answers = Answers(processor=-processor_time(process))
    start = time.monotonic()
    end = start + seconds

    async def work() -> None:
        client = Client(port, content)
        while time.monotonic() < end:
            await client.ask(answers)
        client.close()

    await asyncio.gather(*[work() for _ in range(count)])
    answers.elapsed = time.monotonic() - start
    answers.processor += processor_time(process)
    return answers


async def overload(port: int, content: bytes, rate: float, seconds: float, process: int) -> Answers:
    """Requests at fixed times. "unsent" counts those for which no connection was free."""
    answers = Answers(processor=-processor_time(process))
    idle: list[Client] = []
    tasks: set[asyncio.Task[None]] = set()

    async def one(client: Client) -> None:
        await client.ask(answers)
        idle.append(client)

    start = shown = time.monotonic()
    for number in range(int(rate * seconds)):
        delay = start + number / rate - time.monotonic()
        await asyncio.sleep(max(delay, 0))
        if len(tasks) >= MOST_CONNECTIONS:
            answers.codes["unsent"] += 1
            continue
        client = idle.pop() if idle else Client(port, content)
        task = asyncio.create_task(one(client))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        if time.monotonic() - shown > seconds / 6:
            shown = time.monotonic()
            print(f"  after {shown - start:4.0f} s: {memory(process)}", flush=True)
    await asyncio.gather(*tasks)
    answers.elapsed = time.monotonic() - start
    answers.processor += processor_time(process)
    for client in idle:
        client.close()
    return answers


def memory(process: int) -> str:
    """Resident set, threads and open files of a process."""
    status = Path(f"/proc/{process}/status").read_text()
    resident = int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024
    threads = re.findall(r"Threads:\s+(\d+)", status)[0]
    files = len(list(Path(f"/proc/{process}/fd").iterdir()))
    return f"{resident:.0f} MB, {threads} threads, {files} open files"


def write_noise(model: Path, weights: Path) -> None:
    """Weights as fillers make them; BatchNorm's running variance is 1."""
    net = Net(model, seed=1)
    with torch.no_grad():
        for step in net.layers:
            if isinstance(step.layer, BatchNorm):
                for blob in step.layer.blobs[1:3]:
                    blob.fill_(1)
    save_weights(net, weights)


def bare(model: Path, weights: Path, content: bytes, seconds: float) -> float:
    """Print images a second of the net without a server; the best."""
    keep_freed_memory()
    detector = Detector(model, weights)
    best = 0.0
    for batch in (1, 8):
        detector.detect([decode(content, Decoding(True))] * batch)
        count, start, begun = 0, time.monotonic(), time.process_time()
        while time.monotonic() - start < seconds:
            detector.detect([decode(content, Decoding(True)) for _ in range(batch)])
            count += batch
        rate = count / (time.monotonic() - start)
        spent = 1000 * (time.process_time() - begun) / count
        best = max(best, rate)
        print(f"bare net, batch {batch}:   {rate:6.1f} images a second, {spent:.1f} ms of the "
              "processor each", flush=True)
    return best


async def measure(port: int, process: int, weights: Path, content: bytes,
                  best: float, options: argparse.Namespace) -> None:
    await waiting_clients(port, content, 8, 3, process)
    for count in (1, 8, 32):
        answers = await waiting_clients(port, content, count, options.seconds, process)
        best = max(best, answers.rate)
        print(f"{count:2} clients that wait: {answers.line()}", flush=True)
    task = asyncio.create_task(waiting_clients(
        port, content, 8, 3 * options.seconds, process))
    for _ in range(2):
        await asyncio.sleep(options.seconds)
        copy = weights.with_name("copy")
        shutil.copy(weights, copy)
        copy.replace(weights)
    print(f"weights replaced twice: {(await task).line()}", flush=True)
    print(f"overload, {2 * best:.0f} requests a second for {options.overload:g} s; before: "
          f"{memory(process)}", flush=True)
    answers = await overload(port, content, 2 * best, options.overload, process)
    print(f"  {answers.line()}")
    answers = await waiting_clients(port, content, 8, options.seconds, process)
    print(f"after it, 8 clients: {answers.line()}; {memory(process)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=FOLDER / "prototxt/ssd_bccd/deploy.prototxt")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--seconds", type=float, default=10, help="of each measurement")
    parser.add_argument("--overload", type=float, default=180, help="seconds of overload")
    options = parser.parse_args()
    coarse = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    photo = cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)
    content = cv2.imencode(".jpg", photo)[1].tobytes()
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "net.caffemodel"
        if options.weights:
            shutil.copy(options.weights, weights)
        else:
            write_noise(options.model, weights)
        best = bare(options.model, weights, content, options.seconds)
        process = subprocess.Popen(
            [sys.executable, FOLDER / "tools/serve", options.model, "--weights", weights,
             "--port", "0"], stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr
            for line in process.stderr:
                print(line, end="", flush=True)
                found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
                if found:
                    break
            else:
                sys.exit("the server ended")
            asyncio.run(measure(int(found[1]), process.pid, weights, content, best,
                                options))
            process.terminate()
            print(f"exit code after SIGTERM: {process.wait(timeout=60)}")
            print(process.stderr.read(), end="")
        finally:
            process.kill()


if __name__ == "__main__":
    main()
