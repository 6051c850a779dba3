"""Event files: what TensorBoard's format says, and TensorBoard's own reader where it is there."""

from __future__ import annotations

import resource
from pathlib import Path

import cv2
import numpy as np
import pytest

from framework.errors import WriteError
from framework.logs import summaries
from framework.logs.event_file import EventFile, masked_checksum, schema
from tests.logs.event_files import crc32c, events, masked, records


def test_the_checksum_is_that_of_the_definition():
    assert crc32c(b"123456789") == 0xE3069283       # the check value of the Castagnoli polynomial
    data = np.random.default_rng(1).integers(0, 256, 300, np.uint8).tobytes()
    for length in (0, 1, 8, 255, 300):
        assert masked_checksum(data[:length]) == masked(data[:length])


def written(folder: Path) -> EventFile:
    """A file with one of everything."""
    file = EventFile(folder)
    file.add(3, summary=summaries.scalars({"loss": 1.5, "rate": float("nan")}))
    file.add(3, summary=summaries.histograms({"w": summaries.Histogram(
        np.array([1, 2, 3]), -1, 2, 0.5, 7.25)}))
    encoded = cv2.imencode(".png", np.full((5, 7, 3), 9, np.uint8))[1].tobytes()
    file.add(4, summary=summaries.image("image", 5, 7, encoded))
    file.add(graph_def=summaries.graph([
        summaries.Node("data", "Input", [], [(2, 3, 5, 7)], ""),
        summaries.Node("inception/conv", "Convolution", ["data"], [(2, 11, 5, 7)], 'name: "c"')]))
    settings: dict[str, summaries.Setting] = {"base_lr": 0.1, "type": "SGD", "debug_info": True}
    file.add(summary=summaries.experiment(settings, ["loss"]))
    file.add(summary=summaries.session_start(settings))
    file.add(summary=summaries.session_end())
    return file


def test_every_event_has_its_step_and_its_values(tmp_path):
    found = events(written(tmp_path).path)

    assert found[0].file_version == "brain.Event:2"
    assert [event.step for event in found[1:4]] == [3, 3, 4]
    assert [value.tag for value in found[1].summary.value] == ["loss", "rate"]
    histogram = found[2].summary.value[0].histo
    assert list(histogram.bucket_limit) == [0, 1, 2] and list(histogram.bucket) == [1, 2, 3]
    assert (histogram.num, histogram.sum, histogram.sum_squares) == (6, 0.5, 7.25)


def test_tensorboards_own_reader_finds_everything(tmp_path):
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="tensorboard is not installed: its reader is the other side of this test")
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    written(tmp_path)
    reader = accumulator.EventAccumulator(str(tmp_path))
    reader.Reload()

    assert [(event.step, event.value) for event in reader.Scalars("loss")] == [(3, 1.5)]
    [histogram] = reader.Histograms("w")
    assert histogram.histogram_value.bucket == [1, 2, 3]
    [image] = reader.Images("image")
    assert (image.step, image.width, image.height) == (4, 7, 5)
    nodes = reader.Graph().node
    assert [(node.name, node.op, list(node.input)) for node in nodes] == [
        ("data", "Input", []), ("inception/conv", "Convolution", ["data"])]
    shape = nodes[1].attr["_output_shapes"].list.shape[0]
    assert [dim.size for dim in shape.dim] == [2, 11, 5, 7]
    found = {name: HParamsPluginData.FromString(one.plugin_data.content)
             for name, one in reader.summary_metadata.items()
             if one.plugin_data.plugin_name == "hparams"}
    start = found["_hparams_/session_start_info"].session_start_info.hparams
    assert (start["base_lr"].number_value, start["type"].string_value) == (0.1, "SGD")
    assert start["debug_info"].bool_value is True
    assert found["_hparams_/session_end_info"].session_end_info.status == 1


def test_a_record_that_the_disk_takes_in_part_is_cut_off_again(tmp_path):
    file = written(tmp_path)
    before = len(records(file.path))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (file.size + 3, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            file.add(5, summary=summaries.scalars({"lost": 1}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(records(file.path)) == before
    file.add(6, summary=summaries.scalars({"loss": 2}))

    assert len(records(file.path)) == before + 1
    assert events(file.path)[-1].step == 6


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(WriteError, match="file/board: cannot be written: Not a directory"):
        EventFile(tmp_path / "file/board")


def test_two_files_of_one_process_have_two_names(tmp_path):
    assert EventFile(tmp_path).path != EventFile(tmp_path).path


def test_numbers_and_names_of_the_schema_are_those_of_tensorboard():
    names = pytest.importorskip(
        "tensorboard.compat.proto.event_pb2",
        reason="tensorboard is not installed: its messages are the other side of this test")
    for field in schema().find("Event").DESCRIPTOR.fields:
        theirs = names.Event.DESCRIPTOR.fields_by_name[field.name]
        assert (theirs.number, theirs.type) == (field.number, field.type)
