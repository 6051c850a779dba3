"""FLOWriter and FloatWriter: the bytes of their files."""

import struct

import numpy as np
import pytest

from framework.errors import SpecError
from tests.support import make, noise


def test_flows_are_written_as_middlebury_has_them(tmp_path):
    folder = tmp_path / "new" / "flows"
    layer = make("FLOWriter", f"folder: '{folder}' prefix: 'p-' suffix: '-s'", (2, 2, 3, 4), tops=0)
    flow = noise(2, 2, 3, 4, requires_grad=False)
    assert layer(flow) == ()
    layer(2 * flow)
    assert sorted(path.name for path in folder.iterdir()) == [
        "p-0000000(000)-s.flo", "p-0000000(001)-s.flo", "p-0000001(000)-s.flo",
        "p-0000001(001)-s.flo"]
    content = (folder / "p-0000001(001)-s.flo").read_bytes()
    assert content[:4] == b"PIEH" and struct.unpack("<ii", content[4:12]) == (4, 3)
    assert struct.unpack("<f", b"PIEH")[0] == 202021.25     # the mark that readers look for
    pairs = np.frombuffer(content[12:], "<f4").reshape(3, 4, 2)
    np.testing.assert_array_equal(pairs[2, 1], (2 * flow[1, :, 2, 1]).float())


def test_numbers_are_written_with_their_size(tmp_path):
    layer = make("FloatWriter", f"folder: '{tmp_path}' prefix: 'x'", (1, 3, 2, 4), tops=0)
    x = noise(1, 3, 2, 4, requires_grad=False)
    layer(x)
    content = (tmp_path / "x0000000.float3").read_bytes()
    header = b"float\n3\n4\n2\n3\n"
    assert content.startswith(header)
    np.testing.assert_array_equal(np.frombuffer(content[len(header):], "<f4"), x.float().flatten())


def test_a_file_keeps_the_last_item(tmp_path):
    path = tmp_path / "one.flo"
    layer = make("FLOWriter", f"file: '{path}'", (2, 2, 3, 4), tops=0)
    flow = noise(2, 2, 3, 4, requires_grad=False)
    layer(flow)
    assert np.frombuffer(path.read_bytes()[12:16], "<f4")[0] == flow[1, 0, 0, 0].float()


@pytest.mark.parametrize("kind, fields, shape, message", [
    ("FLOWriter", "folder: 'a'", (2, 3, 4, 5), "has 3 channels; a flow has 2"),
    ("FLOWriter", "prefix: 'a'", (2, 2, 4, 5), "folder is missing"),
    ("FloatWriter", "folder: 'a'", (2, 3, 4), r"it must be \(N, C, H, W\)"),
])
def test_what_cannot_be_written_is_refused(kind, fields, shape, message):
    with pytest.raises(SpecError, match=message):
        make(kind, f"writer_param {{ {fields} }}", shape, tops=0)
