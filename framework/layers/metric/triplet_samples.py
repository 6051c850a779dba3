"""SampleTriplet: for each pair of one class the item of another class that is most like it."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import at_least, honour
from framework.ops.losses import precise


@layer
class SampleTriplet(Layer):
    """Hard negative mining: triplets of items by the cosine similarity of their features.

    Bottom: features (label_num * sample_num, ...), the sample_num items of each class one after
            another.
    Top:    indices (label_num * sample_num * (sample_num - 1), 3, 1, 1): an item, another one of
            its class, and the item of other classes with the largest cosine similarity to the
            first; of equal ones the last, counted from the next class on, around the batch. eps is
            added to each squared norm; -1 where no similarity is a number. No gradient.
    Errors: SpecError for fewer than two classes or items, or a batch of another size.
    Source: SampleTripletParameter; sample_triplet_layer.cpp of tyandzx/caffe.
    """

    no_gradient_bottoms = (0,)
    no_onnx_form = "it chooses items of a batch for a loss"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "sample_triplet_param", "label_num sample_num eps")
        param = spec.proto.sample_triplet_param
        self.num_classes, self.num_items = param.label_num, param.sample_num
        at_least(spec, "sample_triplet_param.label_num", (self.num_classes,), 2)
        at_least(spec, "sample_triplet_param.sample_num", (self.num_items,), 2)
        self.eps = param.eps
        if x[0] != self.num_classes * self.num_items:
            raise spec.error("bottom", f"has {x[0]} items; there must be label_num * sample_num, "
                             f"{self.num_classes * self.num_items}")

    def forward(self, x: Tensor) -> Tensor:
        rows = precise(x.detach()).reshape(len(x), -1)
        products = rows @ rows.t()
        norms = (products.diagonal() + self.eps).sqrt()
        alike = products / (norms[:, None] * norms)
        items = torch.arange(len(x), device=x.device)
        own = items // self.num_items
        # the items of other classes, from the next class on
        steps = torch.arange(len(x) - self.num_items, device=x.device)
        others = ((own[:, None] + 1) * self.num_items + steps) % len(x)
        found = alike.gather(1, others)
        last = ((found == found.max(1, keepdim=True).values) * (steps + 1)).max(1).values - 1
        negative = torch.where(last < 0, -1, others.gather(1, last.clamp(min=0)[:, None])[:, 0])
        # the indices of the other items of a class: 0 to sample_num - 1 but the own one
        others_of_class = torch.arange(self.num_items - 1, device=x.device)
        place = items % self.num_items
        positive = own[:, None] * self.num_items + others_of_class \
            + (others_of_class >= place[:, None])
        triplets = torch.stack([items[:, None].expand_as(positive), positive,
                                negative[:, None].expand_as(positive)], 2)
        return triplets.reshape(-1, 3, 1, 1).to(x.dtype)
