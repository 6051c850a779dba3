"""ONNX exports for the engines, kept in the user's cache folder."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import onnx

import framework
from framework import export
from framework.errors import CaffeError, SpecError
from framework.export.check import TOLERANCE, Agreement, check, check_elsewhere
from framework.export.deploy import deployed
from framework.export.onnx_model import Options, to_model
from framework.net.net import Net
from framework.system.atomic import write_file
from framework.system.wording import counted

KEPT = 8        # exports on the disk: the ones used last
DIGEST = hashlib.sha256().digest_size       # bytes before the model in a file
SUFFIX = ".export"
NOT_KEPT = "not kept: the user has no home, or a layer type's code is not in a file"


def cached_export(net: Net, outputs: Sequence[str], engine: str) -> bytes:
    """The ONNX model of a net for an engine: batches of any size, and these blobs as its outputs.

    It is kept in `cache_folder`, in a file named by the hash of all that decides on it. A new one
    is compared with the net in its runtime first, and told in a line on stderr. Several processes
    may ask for one at once. A folder that cannot be written costs time, no more.
    Raises CaffeError for a layer that cannot be exported, or an export that differs from the net.
    """
    folder, own = cache_folder(), key(net, outputs)
    if folder is None or own is None:
        return _made(net, outputs, engine, None)
    path = folder / f"{engine}-{own}{SUFFIX}"
    content = _stored(path)
    if content is None:
        with _locked(folder):
            content = _stored(path)     # another process may have made it meanwhile
            if content is None:
                content = _made(net, outputs, engine, path)
    return content


def cache_folder() -> Path | None:
    """`caffe-on-torch/engines` in XDG_CACHE_HOME, or in ~/.cache where that is not set; None for a
    user without a home.

    Source: XDG Base Directory Specification, by which a relative path counts as not set.
    """
    stated = os.environ.get("XDG_CACHE_HOME", "")
    with contextlib.suppress(RuntimeError):
        base = Path(stated) if os.path.isabs(stated) else Path.home() / ".cache"
        return base / "caffe-on-torch" / "engines"
    return None


def key(net: Net, outputs: Sequence[str]) -> str | None:
    """The hash of what decides on an export: layers, weights, sizes, our version and code.

    Code: that of the export and of the layer types' modules, which may be the user's. None if a
    module is not in a file, which those of a prompt or a notebook are not.
    """
    found = hashlib.sha256(f"{framework.__version__} {onnx.__version__} {list(outputs)}\n".encode())
    for name in sorted({type(step.layer).__module__ for step in net.layers}):
        try:
            found.update(Path(str(getattr(sys.modules.get(name), "__file__", None))).read_bytes())
        except OSError:
            return None
    for file in sorted(Path(str(export.__file__)).parent.glob("*.py")):
        found.update(file.read_bytes())
    for name in net.given_names:
        found.update(f"{name} {net.shapes[name]}\n".encode())
    for step in net.layers:
        text = step.layer.spec.proto.SerializeToString(deterministic=True)
        found.update(f"{step.layer.spec.type} {step.layer.dialect} {len(text)}\n".encode())
        found.update(text)
        for blob in step.layer.blobs:
            found.update(blob.detach().cpu().contiguous().numpy().data)
    return found.hexdigest()


def _stored(path: Path) -> bytes | None:
    """The model in a file; None if it is not there or not as it was written."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content[DIGEST:]).digest() != content[:DIGEST]:
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return content[DIGEST:]


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of the cache, if it has one: else two processes make the same file."""
    descriptor = -1
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _made(net: Net, outputs: Sequence[str], engine: str, path: Path | None) -> bytes:
    """A new export, checked, told, and written to `path` if that is possible."""
    begin = time.perf_counter()
    model = _exported(net, engine)
    found = _compared(net, model, engine)
    if found.first is not None:
        raise CaffeError(f"{net.spec.path}: the engine {engine} would differ: the blob "
                         f"'{found.first.blob}' {found.first.reason}; take the engine torch")
    _set_outputs(net, model, outputs)
    content = _content(net, model)
    kept = NOT_KEPT if path is None else f"kept as {path}"
    if path is not None:
        try:
            write_file(path, hashlib.sha256(content).digest() + content)
            _remove_oldest(path.parent)
        except (CaffeError, OSError) as error:
            kept = f"not kept: {error}"
    print(f"{engine}: exported {net.spec.path} in {time.perf_counter() - begin:.1f} s, "
          f"{len(content) / 1e6:.1f} MB, {counted(found.num_blobs, 'blob')} agree, "
          f"largest difference {found.largest:.1e}; {kept}", file=sys.stderr)
    return content


def _exported(net: Net, engine: str) -> onnx.ModelProto:
    try:
        return to_model(net, Options(dynamic=True))
    except SpecError as error:
        first, *others = str(error).splitlines()
        more = f" (and {len(others)} more layers)" if others else ""
        raise CaffeError(f"{first}{more}: the engine {engine} cannot run the net; the engine torch "
                         "can") from error


def _compared(net: Net, model: onnx.ModelProto, engine: str) -> Agreement:
    """Net and export on the same noise: in ONNX Runtime all blobs, elsewhere the outputs.

    Not detections, but what they are made of: rounding changes how many pass a threshold.
    """
    if engine == "onnxruntime":
        return check(net, model, rows=False)
    part = deployed(net)
    made = {name for node in model.graph.node for name in node.output}
    wanted = dict.fromkeys([*part.outputs, *(
        bottom for step in part.steps if step.layer.gives_detections for bottom in step.bottoms)])
    blobs = [name for name in wanted if name in made and name not in part.detections]
    shown = onnx.ModelProto.FromString(_content(net, model))
    _set_outputs(net, shown, blobs)
    return check_elsewhere(net, shown, None, TOLERANCE, False, engine, sys.executable, blobs)[1]


def _content(net: Net, model: onnx.ModelProto) -> bytes:
    try:
        return model.SerializeToString()
    except ValueError:
        raise CaffeError(f"{net.spec.path}: the net has over 2 GB, more than an ONNX file holds; "
                         "take the engine torch") from None


def _set_outputs(net: Net, model: onnx.ModelProto, outputs: Sequence[str]) -> None:
    """Let the model give these blobs, in this order, and no others."""
    own = dict(zip(deployed(net).outputs, model.graph.output, strict=True))
    made = {name for node in model.graph.node for name in node.output}
    wanted = []
    for name in outputs:
        if name not in own and name not in made:
            raise CaffeError(f"{net.spec.path}: its export has no blob '{name}'; take the engine "
                             "torch")
        wanted.append(own.get(name, onnx.ValueInfoProto(name=name)))
    copies = [onnx.ValueInfoProto.FromString(one.SerializeToString()) for one in wanted]
    del model.graph.output[:]
    model.graph.output.extend(copies)


def _remove_oldest(folder: Path) -> None:
    """Remove all exports but those used last."""
    with contextlib.suppress(OSError):
        there = sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime)
        for path in there[:-KEPT]:
            path.unlink()
