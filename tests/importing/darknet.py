"""Darknet in plain numpy: .cfg and .weights files, forward, boxes. In float64, loop by loop.

Source of the rules: the forward_..._layer functions, im2col_cpu, reorg_cpu, shortcut_cpu, box_iou
and do_nms_sort of pjreddie/darknet; `groups` of [route] as in AlexeyAB/darknet.
"""

import math

import numpy as np

from tests.definitions import overlap as iou
from tests.definitions import sigmoid

ACTIVATIONS = {
    "linear": lambda x: x, "logistic": sigmoid, "tanh": np.tanh,
    "relu": lambda x: x * (x > 0), "leaky": lambda x: np.where(x > 0, x, .1 * x),
    "elu": lambda x: np.where(x >= 0, x, np.expm1(x)),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
}


def sections(text):
    """[(kind, {key: value})]."""
    found = []
    for line in text.splitlines():
        line = "".join(line.partition("#")[0].split())
        if line.startswith("["):
            found.append((line[1:-1], {}))
        elif line:
            key, _, value = line.partition("=")
            found[-1][1].setdefault(key, value)
    return found


def get(keys, key, default):
    return int(keys.get(key, default))


def numbers(keys, key):
    return [float(word) for word in keys[key].split(",")]


class Darknet:
    """The net of a .cfg text, with weights drawn in the order of the file."""

    def __init__(self, text, seed=0):
        (_, self.net), *self.sections = sections(text)
        self.random = np.random.default_rng(seed)
        self.written = []
        self.weights = {}
        zeros = np.zeros((get(self.net, "channels", 3), get(self.net, "height", 0),
                          get(self.net, "width", 0)))
        self.forward(zeros, draw=True)

    def content(self, header=(0, 2, 0, 0, 0)):
        """The .weights file."""
        return np.array(header, "<i4").tobytes() + b"".join(
            array.astype("<f4").tobytes() for array in self.written)

    def draw(self, number, what, *shape):
        if (number, what) not in self.weights:
            values = self.random.standard_normal(shape) / math.sqrt(max(1, np.prod(shape[1:])))
            if what in ("scales", "variance"):
                values = 0.5 + self.random.random(shape)
            array = values.astype(np.float32)
            self.weights[number, what] = array.astype(np.float64)
            self.written.append(array)
        return self.weights[number, what]

    def statistics(self, number, keys, filters):
        if get(keys, "batch_normalize", 0):
            for what in ("scales", "mean", "variance"):
                self.draw(number, what, filters)

    def forward(self, image, draw=False):
        """The outputs of all layers for an image (channels, h, w) in RGB."""
        outputs = []
        x = image
        for number, (kind, keys) in enumerate(self.sections):
            x = getattr(self, "_" + kind)(number, keys, x, outputs)
            outputs.append(x)
        return outputs

    def _finish(self, number, keys, y, default="logistic"):
        wide = (slice(None), *[None] * (y.ndim - 1))
        if get(keys, "batch_normalize", 0):
            mean, variance, scales = (self.weights[number, what]
                                      for what in ("mean", "variance", "scales"))
            y = (y - mean[wide]) / np.sqrt(variance + .00001)[wide] * scales[wide]
        if (number, "biases") in self.weights:
            y = y + self.weights[number, "biases"].reshape(y.shape if kindless(
                self.weights[number, "biases"], y) else (-1, *[1] * (y.ndim - 1)))
        return ACTIVATIONS[keys.get("activation", default)](y)

    def _convolutional(self, number, keys, x, outputs):
        filters, size = get(keys, "filters", 1), get(keys, "size", 1)
        stride, groups = get(keys, "stride", 1), get(keys, "groups", 1)
        pad = size // 2 if get(keys, "pad", 0) else get(keys, "padding", 0)
        self.draw(number, "biases", filters)
        self.statistics(number, keys, filters)
        inner = len(x) // groups
        weight = self.draw(number, "weights", filters, inner, size, size)
        columns = im2col(x, size, stride, pad)          # c, h, w, size, size
        y = np.concatenate([np.einsum("fcij,chwij->fhw", part, columns[g * inner:(g + 1) * inner])
                            for g, part in enumerate(np.split(weight, groups))])
        return self._finish(number, keys, y)

    def _local(self, number, keys, x, outputs):
        filters, size, stride = (get(keys, key, 1) for key in ("filters", "size", "stride"))
        columns = im2col(x, size, stride, get(keys, "pad", 0))
        height, width = columns.shape[1:3]
        self.draw(number, "biases", filters * height * width)
        weight = self.draw(number, "weights", height, width, filters, len(x), size, size)
        return self._finish(number, keys, np.einsum("hwfcij,chwij->fhw", weight, columns))

    def _connected(self, number, keys, x, outputs):
        output = get(keys, "output", 1)
        self.draw(number, "biases", output)
        weight = self.draw(number, "weights", output, x.size)
        self.statistics(number, keys, output)
        return self._finish(number, keys, weight @ x.reshape(-1))

    def _detection(self, number, keys, x, outputs):
        return x

    def _maxpool(self, number, keys, x, outputs):
        stride = get(keys, "stride", 1)
        size = get(keys, "size", stride)
        padding = get(keys, "padding", size - 1)
        height, width = ((n + padding - size) // stride + 1 for n in x.shape[1:])
        y = np.empty((len(x), height, width))
        for row in range(height):
            for column in range(width):
                top, left = row * stride - padding // 2, column * stride - padding // 2
                y[:, row, column] = x[:, max(top, 0):top + size,
                                      max(left, 0):left + size].max((1, 2))
        return y

    def _route(self, number, keys, x, outputs):
        groups, group = get(keys, "groups", 1), get(keys, "group_id", 0)
        layers = [int(n) + (number if int(n) < 0 else 0) for n in numbers(keys, "layers")]
        return np.concatenate([np.split(outputs[n], groups)[group] for n in layers])

    def _shortcut(self, number, keys, x, outputs):
        source = get(keys, "from", 0)
        other = outputs[source + number if source < 0 else source]
        y = x.copy()
        stride, channels = max(1, other.shape[2] // x.shape[2]), min(len(x), len(other))
        y[:channels] += other[:channels, ::stride, ::stride]
        return self._finish(number, keys, y, "linear")

    def _upsample(self, number, keys, x, outputs):
        stride = get(keys, "stride", 2)
        return x.repeat(stride, 1).repeat(stride, 2)

    def _reorg(self, number, keys, x, outputs):
        """reorg_cpu: reads x as if it had fewer channels and larger planes."""
        stride = get(keys, "stride", 1)
        c, h, w = x.shape
        fewer, flat, y = c // stride**2, x.reshape(-1), np.empty(x.size)
        for k in range(c):
            for j in range(h):
                for i in range(w):
                    offset = k // fewer
                    column, row = i * stride + offset % stride, j * stride + offset // stride
                    y[i + w * (j + h * k)] = flat[
                        column + w * stride * (row + h * stride * (k % fewer))]
        return y.reshape(c * stride**2, h // stride, w // stride)

    def _crop(self, number, keys, x, outputs):
        height, width = get(keys, "crop_height", 1), get(keys, "crop_width", 1)
        top, left = (x.shape[1] - height) // 2, (x.shape[2] - width) // 2
        x = x[:, top:top + height, left:left + width]
        return x if get(keys, "noadjust", 0) else x * 2 - 1

    def _softmax(self, number, keys, x, outputs):
        powers = np.exp(x / float(keys.get("temperature", 1)))
        return powers / powers.sum()

    def _avgpool(self, number, keys, x, outputs):
        return x.mean((1, 2))

    def _same(self, number, keys, x, outputs):
        return x

    _dropout = _cost = _yolo = _region = _same

    def boxes(self, outputs, least=0.005, overlap=0.45):
        """Rows (label from 1, score, corners) of all heads, best first."""
        found = []
        for number, (kind, keys) in enumerate(self.sections):
            if kind in ("yolo", "region"):
                found += self._head(kind, keys, outputs[number])
        rows = []
        for label in range(get(self.sections[-1][1], "classes", 20)):
            own = sorted(((scores[label], box) for box, scores in found if scores[label] > least),
                         key=lambda entry: -entry[0])
            kept = []
            for score, box in own:
                if all(iou(box, other) <= overlap for other in kept):
                    kept.append(box)
                    rows.append([label + 1, score, box[0] - box[2] / 2, box[1] - box[3] / 2,
                                 box[0] + box[2] / 2, box[1] + box[3] / 2])
        return np.array(sorted(rows, key=lambda row: -row[1]))

    def _head(self, kind, keys, x):
        classes = get(keys, "classes", 20)
        anchors = np.reshape(numbers(keys, "anchors"), (-1, 2))
        if kind == "yolo":
            anchors = anchors[[int(n) for n in numbers(keys, "mask")]]
            units = get(self.net, "width", 0), get(self.net, "height", 0)
        else:
            units = x.shape[2], x.shape[1]
        zoom = float(keys.get("scale_x_y", 1))
        found = []
        for number, anchor in enumerate(anchors):
            cells = x[number * (5 + classes):(number + 1) * (5 + classes)]
            for row in range(x.shape[1]):
                for column in range(x.shape[2]):
                    values = cells[:, row, column]
                    inner = sigmoid(values[:2]) * zoom - (zoom - 1) / 2
                    box = [(column + inner[0]) / x.shape[2], (row + inner[1]) / x.shape[1],
                           math.exp(values[2]) * anchor[0] / units[0],
                           math.exp(values[3]) * anchor[1] / units[1]]
                    chances = sigmoid(values[5:])
                    if kind == "region":
                        chances = self._softmax(0, {}, values[5:], [])
                    found.append((box, sigmoid(values[4]) * chances))
        return found


def kindless(biases, y):
    """Whether there is one for each value."""
    return biases.size == y.size


def im2col(x, size, stride, pad):
    """Windows (c, h, w, size, size)."""
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    view = np.lib.stride_tricks.sliding_window_view(x, (size, size), (1, 2))
    return view[:, ::stride, ::stride]
