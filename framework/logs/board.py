"""TensorBoard writer: a Log that records its values for TensorBoard too."""

from __future__ import annotations

from framework.errors import CaffeError
from framework.logs.log import Log


class BoardLog(Log):
    """Writes losses, rates and scores into a folder for TensorBoard, beside the usual lines.

    log_folder  as in Log
    Raises CaffeError where tensorboard is not installed.
    """

    def __init__(self, folder: str, log_folder: str = ""):
        super().__init__(folder=log_folder)
        try:
            # lazy: an extra that not everyone installs
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise CaffeError("--tensorboard needs the package tensorboard: "
                             "pip install tensorboard") from None
        self.folder = folder
        self.is_lost = False
        self.writer = SummaryWriter(folder)

    def values(self, iteration: int, values: dict[str, float]) -> None:
        """Record numbers by name as scalars of an iteration."""
        try:
            for name, value in values.items():
                self.writer.add_scalar(name, value, iteration)
            self.writer.flush()
        except OSError as error:
            if not self.is_lost:
                self.warning(f"{self.folder}: nothing can be written for TensorBoard: "
                             f"{error.strerror or error}; the run goes on")
            self.is_lost = True
