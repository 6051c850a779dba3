"""Binary files: weights, solver states, records and LMDB pages."""

import random
import shutil
from pathlib import Path

import numpy as np
import torch

from framework.data.augment.draws import Draws
from framework.data.loading.items import DatabaseItems, Transformation
from framework.data.records.database import open_database
from framework.data.records.images import BadRecord, Decoding, failing_as_bad
from framework.data.records.mean_file import read_mean_image
from framework.errors import CaffeError, DataError
from framework.proto import BatchSampler, Datum, TransformationParameter
from framework.solver.run_file import (
    RunState,
    checksum,
    read_run,
    run_path,
    suffix_of,
    write_run,
)
from framework.solver.solverstate import State, read_state, write_state
from framework.weights.weights import load_weights, save_weights
from tests.data.making import annotated, encoded, good_records, image, write_database
from tests.fuzz.harness import Target
from tests.fuzz.mutations import damage_bytes
from tests.weight_files import blob_message, fill, make_net, noise


class Files(Target):
    """Whole files, damaged. A case is the name of the good one, a line, then the damaged bytes."""

    def make(self, rng: random.Random) -> bytes:
        names = sorted(path.name for path in self.given.iterdir())
        name = rng.choice(names)
        damaged = self.damage((self.given / name).read_bytes(), rng)
        return name.encode() + b"\n" + damaged

    @staticmethod
    def damage(content: bytes, rng: random.Random) -> bytes:
        return damage_bytes(content, rng)

    def run(self, case: bytes) -> None:
        name, content = case.split(b"\n", 1)
        path = self.out / name.decode()
        path.write_bytes(content)
        self.read(path)

    def read(self, path: Path) -> None:
        raise NotImplementedError


class Weights(Files):
    """Weights of all formats. An error leaves every blob as it was."""

    name = "weights"

    def prepare(self) -> None:
        net = make_net()
        values = fill(net)
        arrays = {f"{name}/{index}": array for name, blobs in values.items()
                  for index, array in enumerate(blobs)}
        for suffix in ("caffemodel", "npz", "safetensors", "caffemodel.h5"):
            save_weights(net, self.given / f"w.{suffix}")
        np.savez_compressed(self.given / "packed.npz", **arrays)   # type: ignore[arg-type]
        mean = blob_message(noise((3, 4, 5)), "legacy").SerializeToString()
        (self.given / "mean.binaryproto").write_bytes(mean)

    def read(self, path: Path) -> None:
        if path.suffix == ".binaryproto":
            read_mean_image(path)
            return
        net = make_net()
        fill(net, 5)
        before = [blob.detach().clone() for blobs in net.params.values() for blob in blobs]
        try:
            load_weights(net, path)
        except CaffeError as error:
            after = [blob for blobs in net.params.values() for blob in blobs]
            assert all(map(torch.equal, before, after)), f"the net has changed: {error}"
            raise


class States(Files):
    """Solver states of both formats, and the run file beside them."""

    name = "solver_states"

    def prepare(self) -> None:
        state = State(300, "s_iter_300.caffemodel", [noise((2, 3, 4)), noise((5,))], 2, 0.125, 41)
        for suffix in ("solverstate", "solverstate.h5"):
            path = self.given / f"s_iter_300.{suffix}"
            write_state(path, state)
        run = RunState(300, 3, 1, losses=[0.5, 0.25],
                       checksums={suffix_of(path): checksum(path)})
        write_run(run_path(path), run)

    def read(self, path: Path) -> None:
        for good in self.given.iterdir():
            if good.name != path.name:
                shutil.copyfile(good, path.with_name(good.name))
        if path.suffix == ".json":
            read_run(path.with_name("s_iter_300.solverstate.h5"))
            return
        for blob in read_state(path).history:
            if blob.size < 1000:        # a net's blobs have other sizes: that is checked first
                np.asarray(blob, np.float32)


class Records(Target):
    """Records of both kinds: damaged messages, and damaged images in sound messages."""

    name = "records"

    def prepare(self) -> None:
        write_database(self.given / "db", good_records(2))
        self.images = [encoded(image(seed), kind) for seed, kind in
                       enumerate((".png", ".jpg", ".bmp", ".webp", ".tiff"))]
        raw = Datum(channels=3, height=4, width=5, data=bytes(range(60)), label=1)
        floats = Datum(channels=1, height=2, width=3, float_data=range(6), label=1)
        self.messages = [*good_records(2), raw.SerializeToString(), floats.SerializeToString()]
        sampler = BatchSampler(max_sample=1, max_trials=5)
        sampler.sampler.min_scale = 0.3
        param = TransformationParameter(mean_value=[104, 117, 123], mirror=True)
        param.resize_param.CopyFrom(TransformationParameter().resize_param)
        param.resize_param.height, param.resize_param.width = 20, 30
        step = Transformation(param.SerializeToString(), True, (sampler.SerializeToString(),))
        self.readers = [DatabaseItems(str(self.given / "db"), step, Decoding(True),
                                      is_annotated, is_annotated)
                        for is_annotated in (False, True)]
        for reader in self.readers:
            reader.open()
        self.run(b"\1" + self.messages[0])       # compiles its loops, which takes seconds

    def make(self, rng: random.Random) -> bytes:
        kind = rng.randrange(2)
        if rng.random() < 0.5:
            return bytes([kind]) + damage_bytes(rng.choice(self.messages), rng)
        content = damage_bytes(rng.choice(self.images), rng)
        message = annotated(content, [(1, 0.1, 0.2, 0.5, 0.6)]) if kind else \
            Datum(data=content, encoded=True).SerializeToString()
        return bytes([kind]) + message

    def run(self, case: bytes) -> None:
        reader = self.readers[case[0]]
        reader._database = OneRecord(case[1:])      # type: ignore[assignment]
        try:
            with failing_as_bad():
                reader.item(0, Draws(1, 0).go_to(0))
        except BadRecord as error:
            raise DataError(str(error)) from None


class OneRecord:
    """Stands for a database."""

    def __init__(self, content: bytes):
        self.content = content

    def read(self, index: int) -> bytes:
        return self.content


class Pages(Files):
    """The file of an LMDB: opened, and every record read."""

    name = "lmdb_pages"

    def prepare(self) -> None:
        large = annotated(bytes(9000), [(1, 0.1, 0.2, 0.5, 0.6)])
        for name, records in (("small", good_records(2)), ("large", [large] * 300)):
            path = write_database(self.given.parent / name, records)
            (path / "data.mdb").rename(self.given / f"{name}.mdb")
            shutil.rmtree(path)

    @staticmethod
    def damage(content: bytes, rng: random.Random) -> bytes:
        """Structure is at the beginning of each page."""
        data = bytearray(content)
        for _ in range(rng.choice([1, 1, 2, 5])):
            place = 4096 * rng.randrange(len(data) // 4096) + rng.randrange(rng.choice([40, 4096]))
            data[place:place + 8] = damage_bytes(data[place:place + 8], rng)[:8].ljust(8, b"\0")
        return bytes(data) if rng.random() < 0.9 else bytes(data[:rng.randrange(len(data))])

    def read(self, path: Path) -> None:
        database = open_database(path)
        for index in range(len(database)):
            try:
                database.read(index)
            except BadRecord:
                continue
