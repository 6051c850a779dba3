"""What a training starts with: device, threads, parameters, records and boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from google.protobuf.message import DecodeError

from framework.data.records.database import open_database
from framework.errors import DataError
from framework.layers.base import Source
from framework.layers.data.annotated_data import AnnotatedData
from framework.net.net import Net
from framework.proto import AnnotatedDatum
from framework.system.wording import counted

NUM_LOOKED_AT = 300     # records whose boxes are counted: a millisecond each, image and all


def run_summary(net: Net, test_nets: Sequence[Net], test_iter: Sequence[int]) -> Iterator[str]:
    """The lines about a training net and its test nets."""
    threads = torch.get_num_threads()
    where = f"the CPU with {threads} thread{'s' * (threads != 1)}"
    if net.device.type == "cuda":
        where = f"{net.device}, {torch.cuda.get_device_name(net.device)}"
    learned = [blob.parameter for blob in net.learned if blob.parameter.requires_grad]
    count = sum(parameter.numel() for parameter in learned)
    yield (f"Training on {where}: {counted(len(net.layers), 'layer')}, "
           f"{counted(count, 'parameter')} to learn in {counted(len(learned), 'blob')}")
    for line in _data(net):
        yield f"Training data: {line}"
    for index, (other, batches) in enumerate(zip(test_nets, test_iter, strict=True)):
        for line in _data(other):
            yield f"Test data (#{index}): {line}; a test takes {counted(batches, 'batch')}"


def _data(net: Net) -> Iterator[str]:
    for source, tops in net.sources:
        if source.num_items:
            size = net.shapes[tops[0]][0]
            yield (f"layer '{source.spec.name}' has {counted(source.num_items, 'record')}"
                   f"{_boxes(source)}, {counted(-(-source.num_items // size), 'batch')} of {size}")


def _boxes(source: Source) -> str:
    """` with 12 boxes`, counted in the first records, if they are annotated."""
    if not isinstance(source, AnnotatedData):
        return ""
    number = min(source.num_items, NUM_LOOKED_AT)
    boxes = 0
    try:
        database = open_database(source.spec.proto.data_param.source, "")
        for index in range(number):
            record = AnnotatedDatum.FromString(database.read(index))
            boxes += sum(len(group.annotation) for group in record.annotation_group)
    except (DataError, DecodeError):        # the loader names what is wrong with a record
        return ""
    if number == source.num_items:
        return f" with {counted(boxes, 'box')}"
    return f" with {boxes / number:.1f} boxes each (in the first {number})"
