"""When a net may keep its weights in the order that oneDNN wants: Net.optimize_for_inference."""

from __future__ import annotations

from collections.abc import Sequence

from framework.net.net import Net as TorchNet
from framework.pycaffe.engine.blobs import ParamBlob


class KeptWeights:
    """Freezes a TEST net while no script can write to its parameters unseen.

    blobs   all parameters as scripts see them
    An array that a script holds can be written to at any time; then nothing is kept.
    """

    def __init__(self, net: TorchNet, blobs: Sequence[ParamBlob]):
        self.net, self.blobs = net, list(blobs)
        self.keeps = net.phase == "TEST" and net.device.type == "cpu"
        self.frozen = False

    def settle(self) -> None:
        """Before the net runs: see what scripts did with the parameters since the last time."""
        if self.net.device.type != "cpu":
            for blob in self.blobs:
                blob.flush()
            return
        looked = any(blob.looked for blob in self.blobs)
        if not self.keeps or (self.frozen and not looked):
            return
        held = any(blob.is_held() for blob in self.blobs)
        for blob in self.blobs:
            blob.looked = held      # ask again next time, while it is held
        if held and self.frozen:
            self.net.optimize_for_inference(False)
        elif not held:
            self.net.optimize_for_inference()
        self.frozen = not held

    def give_up(self) -> None:
        """Keep nothing from here on: another net has the same parameters, and shows them too."""
        if self.frozen:
            self.net.optimize_for_inference(False)
        self.keeps = self.frozen = False
