"""HDF5 output: append blobs to a file."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.errors import CaffeError, reason_of
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.weights import hdf5


@layer
class HDF5Output(Layer):
    """HDF5 output: append items of two blobs to the datasets `data` and `label` of a file.

    Bottoms: data (N, ...) and label (N, ...). No tops.
    The first forward creates the file, replacing an old one; each forward adds its N rows. (The
    original aborts at its second forward.) It needs h5py, and cannot be part of a compiled or
    exported graph: writing a file breaks it.
    Errors:  SpecError without file_name, or if the numbers of items differ; CaffeError without
             h5py, or if the file cannot be written.
    Source:  HDF5OutputParameter in caffe.proto; BVLC hdf5_output_layer.cpp.
    """

    num_bottoms = (2, 2)
    num_tops = (0, 0)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = "it writes a file, which no runtime does"

    def __init__(self, spec: LayerSpec, data: Shape, label: Shape):
        super().__init__(spec)
        self.path = spec.proto.hdf5_output_param.file_name
        if not self.path:
            raise spec.error("hdf5_output_param.file_name", "is not given")
        if data[:1] != label[:1]:
            raise spec.error("bottom", f"has the shapes {tuple(data)} and {tuple(label)}; they "
                             "must have as many items")
        self.num_rows = 0

    @uncompiled
    def forward(self, data: Tensor, label: Tensor) -> tuple[Tensor, ...]:
        if not data.is_meta:
            self._write({"data": data, "label": label})
        return ()

    def _write(self, blobs: dict[str, Tensor]) -> None:
        h5py = hdf5.module(self.spec.place(), CaffeError)
        try:
            with h5py.File(self.path, "a" if self.num_rows else "w", libver="earliest") as file:
                for name, blob in blobs.items():
                    self._append(file, name, blob.detach().float().cpu().numpy())
        except OSError as error:
            raise CaffeError(f"{self.spec.place()}: '{self.path}' cannot be written: "
                             f"{reason_of(error)}") from None
        self.num_rows += len(blobs["data"])

    def _append(self, file: Any, name: str, rows: Any) -> None:  # Any: h5py has no types
        if name not in file:
            file.create_dataset(name, data=rows, maxshape=(None, *rows.shape[1:]))
            return
        file[name].resize(self.num_rows + len(rows), axis=0)
        file[name][self.num_rows:] = rows
