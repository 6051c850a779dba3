"""What VideoData with a list of clips says of settings and lists that it cannot follow."""

import pytest

from framework import Net, parse_net
from framework.errors import DataError, SpecError
from tests.data.clips import clip_net, write_frames, write_list
from tests.data.making import make_source


@pytest.fixture
def clips(tmp_path):
    write_frames(tmp_path / "a", 5)
    return write_list(tmp_path / "list.txt", [f"{tmp_path}/a 1 7", f"{tmp_path}/a 2 2"])


@pytest.mark.parametrize("line, form", [
    ("a 1", "path number label"), ("a x 1", "path number label"), ("a 1 1.5", "path number label"),
    ("7", "path number label")])
def test_a_line_of_another_form_is_an_error(tmp_path, line, form):
    clips = write_list(tmp_path / "list.txt", ["", line])
    with pytest.raises(DataError, match=f"list.txt:2: '{line}' is not `{form}`"):
        make_source(clip_net(clips))


@pytest.mark.parametrize("more, transform, message", [
    ("", "", "video_data_param.source is a list of what"),
    ("use_image: true num_segments: 3", "", "video_data_param.use_image is not known in this form"),
    ("use_image: true crop_size: 5", "", "video_data_param.crop_size has no effect, as in"),
    ("use_image: true is_color: false", "", "is_color is a field of another|is_color is not known"),
    ("use_image: true video_type: VIDEO", "", "video_data_param.video_type is not known"),
    ("use_image: true sampling_rate: 0", "", "sampling_rate is 0; it must be at least 1"),
    ("use_image: true use_multiple_label: true", "", "num_of_labels must be given"),
    ("use_image: true use_sampling_rate_jitter: true max_sampling_rate: 0", "", "max_samp"),
    ("use_image: true", "resize_param { height: 3 width: 4 }", "resize_param is not"),
    ("use_image: true", "is_flow: true", "is_flow needs video_data_param.modality FLOW"),
    ("use_image: true", "multi_scale: true", "multi_scale needs a crop_size"),
    ("use_image: true", "crop_size: 20 scale_ratios: 1.5", "scale_ratios has 1.5; each must be"),
    ("use_image: true", 'mean_file: "x" mean_value: 3', "mean_file cannot be given together"),
])
def test_settings_that_cannot_be_followed_are_refused(clips, more, transform, message):
    with pytest.raises(SpecError, match=rf"layer 'd' \(VideoData\): .*({message})"):
        make_source(clip_net(clips, more, transform))


def test_mean_values_must_fit_the_channels(clips):
    with pytest.raises(DataError, match="mean_value is given 2 times"):
        make_source(clip_net(clips, transform="mean_value: 1 mean_value: 2"))


def test_a_net_takes_clips_and_other_layers_still_refuse_their_fields(clips):
    pool = 'layer { name: "p" type: "Pooling3D" bottom: "data" top: "p" pooling3d_param ' \
        '{ kernel_size: 2 kernel_depth: 3 stride: 2 temporal_stride: 3 } }'
    net = Net(parse_net(clip_net(clips) + pool), phase="TRAIN")
    assert net(net.next_batch())["p"].shape == (2, 3, 2, 15, 22)
    net.close()
    images = f'layer {{ name: "d" type: "ImageData" top: "x" image_data_param {{ source: ' \
        f'"{clips}" new_length: 16 }} }}'
    with pytest.raises(SpecError, match="image_data_param.new_length is a field of another"):
        Net(parse_net(images))


def test_a_list_and_one_video_are_not_mixed(clips):
    net = clip_net(clips).replace("transform_param", "data_param { batch_size: 2 } transform_param")
    with pytest.raises(SpecError, match="data_param has no effect beside a list of clips"):
        make_source(net)
    with pytest.raises(SpecError, match="transform_param.fix_crop belongs to clips of a list"):
        make_source('layer { name: "d" type: "VideoData" top: "x" data_param { batch_size: 2 } '
                    'video_data_param { video_type: VIDEO video_file: "x" } transform_param '
                    '{ fix_crop: true } }')
