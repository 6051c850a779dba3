"""The images of a test's batches, each once, as a report shows them."""

from __future__ import annotations

from framework.layers.data.image_source import ImageSource
from framework.net.net import Net
from framework.report.data_sheet import visible
from framework.system.arrays import Levels


class BatchImages:
    """The images that a net's batches bring; the last batch may begin the data again.

    num      how many came, each counted once
    has_any  the net has a data layer of images; others, of arrays, have none to show
    """

    def __init__(self, net: Net):
        self.net = net
        self.num = 0
        self.source: ImageSource | None = None
        self.top = ""
        for source, tops in net.sources:
            if isinstance(source, ImageSource) and len(net.shapes[tops[0]]) == 4:
                self.source, self.top = source, tops[0]

    def take(self, count: int) -> range:
        """The numbers of the next batch's images, of which there are `count`, from 0 in the data;
        without those that came before."""
        first = self.num
        self.num += count
        if self.source is not None and self.source.num_items:
            self.num = min(self.num, self.source.num_items)
        return range(first, self.num)

    @property
    def has_any(self) -> bool:
        return self.source is not None

    def pixels(self, index: int) -> Levels:
        """The image at an index of the batch, (height, width, 3) in BGR, as the net saw it."""
        assert self.source is not None
        planes = self.net.blobs[self.top][index].float().cpu().numpy()
        return visible(planes, self.source.mean)
