"""Files written --for mnn, through MNN's own converter, where MNN is installed."""

import numpy as np
import pytest

from framework.export.caffe.dialect_net import to_dialect
from framework.export.caffe.dialects import DIALECTS
from framework.export.caffe.write import write_dialect
from tests.export.caffe_support import CONV, layer, text_of
from tests.export.support import run_ours
from tests.export.test_layers_onnx import fill
from tests.support import net_from

LAYERS = {
    "Convolution": CONV,
    "ReLU6": layer("y", "ReLU6"),
    "HardSwish": layer("y", "HardSwish"),
    "Swish": layer("y", "Swish", param="swish_param { beta: 0.7 }"),
    "BN": layer("y", "BN", param="bn_param { bn_mode: INFERENCE }"),
    "PixelShuffle": CONV.replace("num_output: 6", "num_output: 12") + layer(
        "y", "PixelShuffle", "conv", "pixelshuffle_param { upscale_factor: 2 }"),
    "Crop without an offset": CONV.replace("pad: 1", "") + layer("y", "Crop", "data conv"),
    "Pooling that rounds down": layer("y", "Pooling", param="pooling_param { pool: MAX "
                                      "kernel_size: 3 stride: 2 round_mode: FLOOR }"),
}


@pytest.mark.parametrize("name", LAYERS)
def test_mnn_computes_what_the_net_does(name, tmp_path):
    mnn = pytest.importorskip("MNN", reason="MNN is not installed")
    tools = pytest.importorskip("_tools")       # the command mnnconvert would install a package
    net = net_from(text_of(LAYERS[name], shape=(1, 6, 8, 7)), "TEST")
    fill(net)
    made = to_dialect(net, DIALECTS["mnn"])
    write_dialect(net, made, tmp_path / "out")
    tools.mnnconvert(["mnnconvert", "-f", "CAFFE", "--modelFile", str(tmp_path / "out.caffemodel"),
                      "--prototxt", str(tmp_path / "out.prototxt"), "--MNNModel",
                      str(tmp_path / "out.mnn"), "--bizCode", "test"])
    x = np.random.default_rng(3).standard_normal((1, 6, 8, 7), np.float32)
    (blob, old), = made.outputs.items()
    module = mnn.nn.load_module_from_file(str(tmp_path / "out.mnn"), ["data"], [blob])
    given = mnn.expr.const(x.ravel().tolist(), list(x.shape), mnn.expr.NCHW)
    found, = module.forward([mnn.expr.convert(given, mnn.expr.NC4HW4)])
    expected = run_ours(net, {"data": x})[old]
    np.testing.assert_allclose(np.array(mnn.expr.convert(found, mnn.expr.NCHW).read()), expected,
                               rtol=1e-3, atol=1e-4 * np.abs(expected).max())
