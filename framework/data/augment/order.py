"""Order of the augmentation steps: Caffe's, for boxed, plain and label-mapped images.

The plain order of Caffe defines the result: distort, expand, sample, resize, noise, crop, mirror,
mean, scale. Each list here goes in that order; what a transform_param does not ask for is left out.
In `boxed` the steps before `Render` only decide, on the boxes: that tells what part of the image is
seen; no row below it is decoded, and only that part is distorted and copied. Colour changes are
made pixel by pixel, so the result is the same. Unlike in the original, nothing is compressed as a
JPEG between two steps.
Source: data_transformer.cpp, annotated_data_layer.cpp of weiliu89/caffe, branch ssd. The sizes that
NVIDIA's and Intel's branches draw are in random_sizes.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from framework.data.augment import (
    appearance,
    geometry,
    pair_steps,
    random_sizes,
    sampler,
    steps,
    turning,
    yolo,
)
from framework.data.augment.mean import Mean
from framework.data.augment.steps import Step
from framework.proto import BatchSampler, ResizeParameter, TransformationParameter, has_field


class Order:
    """The steps of a transform_param, listed for each kind of input.

    param, is_train, mean, samplers, jitter  as in `Transformer`
    Its lists share one Render, which keeps memory for decoded and expanded images.
    """

    def __init__(self, param: TransformationParameter, is_train: bool, mean: Mean,
                 samplers: Sequence[BatchSampler], jitter: float):
        self.param = param
        self._is_train = is_train
        self._mean = mean
        self._jitter = jitter
        self._samplers = sampler.BatchSamplers(samplers)
        self._emit = geometry.emit_rule(
            param.emit_constraint if param.HasField("emit_constraint") else None)
        self._crop_size = (param.crop_size or param.crop_h, param.crop_size or param.crop_w)
        self._is_stretched = random_sizes.is_stretched(param)
        self._is_warped = param.geometry_param.prob > 0
        self._render = steps.Render(mean, param.HasField("expand_param"))

    def view(self, resize_param: ResizeParameter | None) -> list[Step]:
        """The first steps of `boxed`: they decide what of the image is seen."""
        param = self.param
        # boxes are sampled in what warped or turned pixels show, so that these come first
        is_rendered = self._is_warped or param.rotate
        return _given(
            steps.Distort(param.distort_param) if param.HasField("distort_param") else None,
            steps.Expand(param.expand_param, self._emit) if param.HasField("expand_param")
            else None,
            self._render if is_rendered else None,
            steps.TakePerspective(param.geometry_param) if self._is_warped else None,
            steps.turn if param.rotate else None,
            steps.see_all if is_rendered else None,
            steps.SampleWindow(self._windows(resize_param), self._emit),
        )

    def boxed(self, resize_param: ResizeParameter | None) -> list[Step]:
        """The steps for an encoded image and its boxes.

        resize_param  the one of the batch; None: images keep their size
        """
        param = self.param
        is_rendered = self._is_warped or param.rotate
        return _given(
            *self.view(resize_param),
            self._choose_size(resize_param),
            steps.resize_decoded if is_rendered else self._render,
            steps.Degrade(param.noise_param) if param.HasField("noise_param") else None,
            self._crop(),
            steps.mirror if param.mirror else None,
            steps.turn_flow if param.flow and param.mirror else None,
            steps.extrapolate if geometry.extrapolates(resize_param) else None,
            self._subtract(),
        )

    def plain(self, resize_param: ResizeParameter | None) -> list[Step]:
        """The steps for decoded pixels without boxes, which are neither distorted nor expanded."""
        param = self.param
        return _given(
            steps.Stretch(param, self._crop_size) if self._is_stretched else None,
            self._choose_size(resize_param),
            steps.resize_decoded,
            steps.Degrade(param.noise_param) if param.HasField("noise_param") else None,
            steps.TakePerspective(param.geometry_param) if self._is_warped else None,
            turning.Blur(param.blur_kernel_size) if param.random_blur else None,
            turning.TurnAndScale(param.max_degree, param.min_scale, param.max_scale)
            if turning.turns(param) else None,
            *appearance.changes(param, self._is_train),
            turning.ChooseLevel(tuple(param.multi_scale_levels)) if param.multi_scale_levels
            else None,
            self._crop(),
            steps.turn_crop if param.rotate and self._is_train else None,
            steps.mirror if param.mirror else None,
            steps.turn_flow if param.flow and param.mirror else None,
            self._subtract(),
        )

    def paired(self, resize_param: ResizeParameter | None) -> list[Step]:
        """The steps for decoded pixels and their label map."""
        param = self.param
        return _given(
            pair_steps.compare_sizes,
            pair_steps.Distort(param.distort_param) if param.HasField("distort_param") else None,
            pair_steps.Resize(resize_param) if resize_param is not None else None,
            pair_steps.Zoom(param.scale_factors) if param.scale_factors else None,
            pair_steps.Rotate(param.max_rotation_angle, param.apply_probability, self._mean)
            if param.max_rotation_angle else None,
            steps.Degrade(param.noise_param) if param.HasField("noise_param") else None,
            pair_steps.PadToCrop(self._crop_size, self._mean),
            self._crop(),
            steps.mirror if param.mirror else None,
            steps.turn_flow if param.flow and param.mirror else None,
            pair_steps.cut_marks,
            self._subtract(),
        )

    def _windows(self, resize_param: ResizeParameter | None
                 ) -> sampler.BatchSamplers | yolo.Jitter:
        if not self._jitter:
            return self._samplers
        fits = resize_param is not None \
            and resize_param.resize_mode == ResizeParameter.FIT_LARGE_SIZE_AND_PAD
        return yolo.Jitter(self._jitter, fits)

    def _choose_size(self, resize_param: ResizeParameter | None) -> Step | None:
        if any(has_field(self.param, name) for name in random_sizes.INTEL):
            return steps.DrawSize(self.param, self._emit)
        return None if resize_param is None else steps.ChooseSize(resize_param)

    def _crop(self) -> Step:
        return steps.Crop(self._crop_size, self._is_train, self._emit)

    def _subtract(self) -> Step:
        return steps.Subtract(self._mean, self._crop_size, self._is_stretched)


def _given(*listed: Step | None) -> list[Step]:
    """The steps that are asked for."""
    return [step for step in listed if step is not None]
