import numpy as np
import pytest

from framework.data.mean import mean_picture, read_mean, to_blob
from framework.errors import DataError
from framework.proto import BlobProto
from tests.golden import PHOTOGRAPHS, load_case, needs_photographs


@needs_photographs
def test_the_mean_is_the_originals_file():
    mean = mean_picture(PHOTOGRAPHS / "io/datum_lmdb")
    case = load_case("io/datum_db")
    np.testing.assert_allclose(mean, case["mean"], rtol=1e-6)
    original = BlobProto.FromString((PHOTOGRAPHS / "io/mean.binaryproto").read_bytes())
    found = to_blob(mean)
    assert [found.num, found.channels, found.height, found.width] == [
        original.num, original.channels, original.height, original.width,
    ]  # fmt: skip
    assert not found.HasField("shape")
    np.testing.assert_allclose(read_mean(PHOTOGRAPHS / "io/mean.binaryproto"), mean, rtol=1e-6)


@needs_photographs
def test_pictures_with_boxes_have_a_mean_too():
    case = load_case("io/annotated_raw")
    expected = sum(case[f"{index}/image"].astype(np.float64) for index in range(4)) / 4
    mean = mean_picture(PHOTOGRAPHS / "io/annotated_raw_lmdb")
    np.testing.assert_allclose(mean, expected, rtol=1e-6)


def test_a_file_that_is_no_mean_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_mean(tmp_path / "none")
    (tmp_path / "mean").write_bytes(BlobProto(channels=3, height=2, width=2).SerializeToString())
    with pytest.raises(DataError, match="holds 0 values"):
        read_mean(tmp_path / "mean")
