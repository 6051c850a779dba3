"""Weight prepacking for pycaffe: when Net.optimize_for_inference is safe."""

from __future__ import annotations

from collections.abc import Sequence

from framework.net.net import Net as TorchNet
from framework.pycaffe.engine.blobs import ParamBlob


class KeptWeights:
    """Keeps a TEST net's weights in oneDNN's order while no script can write to its parameters.

    blobs   all parameters as scripts see them
    keeps   whether this net may keep weights at all
    frozen  whether it does so now
    An array that a script holds can be written to at any time; then nothing is kept.
    """

    def __init__(self, net: TorchNet, blobs: Sequence[ParamBlob]):
        self.net = net
        self.blobs = list(blobs)
        self.keeps = net.phase == "TEST" and net.device.type == "cpu"
        self.frozen = False

    def settle(self) -> None:
        """Keep the weights, or stop keeping them, by what scripts did since the last run."""
        if self.net.device.type != "cpu":
            for blob in self.blobs:
                blob.flush()
            return
        looked = any(blob.looked for blob in self.blobs)
        if not self.keeps or (self.frozen and not looked):
            return
        held = any(blob.is_held() for blob in self.blobs)
        for blob in self.blobs:
            # While any array is held, every run asks again: it can be written to unseen.
            blob.looked = held
        if held and self.frozen:
            self.net.optimize_for_inference(False)
        elif not held:
            self.net.optimize_for_inference()
        self.frozen = not held

    def give_up(self) -> None:
        """Keep nothing from now on: another net shows the same parameters."""
        if self.frozen:
            self.net.optimize_for_inference(False)
        self.keeps = False
        self.frozen = False
