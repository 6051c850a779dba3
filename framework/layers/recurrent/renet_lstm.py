"""ReNetLSTM: an LSTM that scans the rows or columns of a map both ways (ReNet)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import LARGEST_STEP, honour, within
from framework.proto import enum_name

SENSES = ("forward", "backward")
GATES = ("input", "cell", "output", "forget")
NUM_BLOBS = 22


@layer
class ReNetLSTM(Layer):
    """Bidirectional LSTM along rows (X_DIR) or columns (Y_DIR) of a map's patches (ReNet).

    Bottom: x (N, C, H, W), in patches of patch_height x patch_width.
    Top:    (N, 2 num_output, H / patch_height, W / patch_width): the outputs of the scan that
            begins at the left (top), then those of the scan that begins at the right (bottom).
    A step of each scan, from zeros: i, f = sigmoid(W [patch, h] + P s + b), c = tanh(W [patch, h]
    + b), s' = i c + f s, o = sigmoid(W [patch, h] + P s' + b), h' = o tanh(s').
    Blobs:  for each scan W of i, c, o, f (num_output, patch + num_output), P of i, o, f
            (num_output, num_output), which without `peephole` are zeros that nothing reads, b of
            i, c, o, f.
    Errors: SpecError for sizes that patches do not divide, and a num_output or patch of 0.
    Source: ReNetLSTMParameter; renet_lstm_layer.cpp of nian-liu/PiCANet; Visin et al. 2015.
    """

    no_onnx_form = UNWRITTEN
    blobs_learn = (True,) * NUM_BLOBS

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        field = "renet_lstm_param"
        honour(spec, field, "direction num_output patch_width patch_height general_weight_filler "
               "general_bias_filler forget_gate_bias_filler input_gate_bias_filler "
               "output_gate_bias_filler peephole")
        param = spec.proto.renet_lstm_param
        for name in ("num_output", "patch_width", "patch_height"):
            within(spec, f"{field}.{name}", (getattr(param, name),), 1, LARGEST_STEP)
        self.patch = param.patch_height, param.patch_width
        if len(x) != 4 or x[2] % self.patch[0] or x[3] % self.patch[1]:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, C, H, W) in "
                             f"whole patches of {self.patch[0]} x {self.patch[1]}")
        self.along_rows = enum_name(param, "direction") == "X_DIR"
        self.peephole = param.peephole
        self.size = size = param.num_output
        length = x[1] * self.patch[0] * self.patch[1]
        biases = {"input": param.input_gate_bias_filler, "cell": param.general_bias_filler,
                  "output": param.output_gate_bias_filler, "forget": param.forget_gate_bias_filler}
        for sense in SENSES:
            for gate in GATES:
                self.add_blob(f"{sense}_{gate}", (size, length + size),
                              param.general_weight_filler)
            for gate in ("input", "output", "forget"):
                self.add_blob(f"{sense}_{gate}_peephole", (size, size),
                              param.general_weight_filler if self.peephole else None)
            for gate in GATES:
                self.add_blob(f"{sense}_{gate}_bias", (size,), biases[gate])

    def forward(self, x: Tensor) -> Tensor:
        num, channels = x.shape[:2]
        high, wide = x.shape[2] // self.patch[0], x.shape[3] // self.patch[1]
        patches = x.reshape(num, channels, high, self.patch[0], wide, self.patch[1])
        patches = patches.permute(0, 2, 4, 1, 3, 5).flatten(3)      # (N, high, wide, length)
        if not self.along_rows:
            patches = patches.transpose(1, 2)
        streams = patches.flatten(0, 1)
        tops = [self._scan(streams, "forward"), self._scan(streams.flip(1), "backward").flip(1)]
        top = torch.cat(tops, 2).reshape(num, *patches.shape[1:3], 2 * self.size)
        return top.permute(0, 3, 1, 2) if self.along_rows else top.permute(0, 3, 2, 1)

    def _scan(self, streams: Tensor, sense: str) -> Tensor:
        """The outputs (S, T, size) of one scan over streams (S, T, length)."""
        weights = torch.cat([getattr(self, f"{sense}_{gate}") for gate in GATES])
        bias = torch.cat([getattr(self, f"{sense}_{gate}_bias") for gate in GATES])
        length = streams.shape[2]
        known = F.linear(streams, weights[:, :length], bias)
        state = output = streams.new_zeros(len(streams), self.size)
        outputs = []
        for step in range(streams.shape[1]):
            sums = known[:, step] + F.linear(output, weights[:, length:])
            enters, cell, leaves, keeps = sums.chunk(4, 1)
            if self.peephole:
                enters = enters + F.linear(state, getattr(self, f"{sense}_input_peephole"))
                keeps = keeps + F.linear(state, getattr(self, f"{sense}_forget_peephole"))
            state = enters.sigmoid() * cell.tanh() + keeps.sigmoid() * state
            if self.peephole:
                leaves = leaves + F.linear(state, getattr(self, f"{sense}_output_peephole"))
            output = leaves.sigmoid() * state.tanh()
            outputs.append(output)
        return torch.stack(outputs, 1)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        positions = tops[0][0] * tops[0][2] * tops[0][3]
        length = bottoms[0][1] * self.patch[0] * self.patch[1]
        each = 4 * (length + self.size) + 3 * self.size * self.peephole
        return 2 * positions * self.size * each
