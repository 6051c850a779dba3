"""Old module paths: they give the modules of today, with a DeprecationWarning, for one release.

An old path is the module of today under a second name, not a second copy: what is set in the one is
set in the other. A module that was divided is a view of its parts.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Below `framework.`: the old path, and the new one, or those of its parts.
MOVED = {
    "alignment": "net.crop_alignment",
    "build": "net.build",
    "census": "report.net_summary",
    "cli.machine": "cli.devices",
    "composites": "definition.composites",
    "composites.expand": "definition.composites.expand",
    "composites.multibox_head": "definition.composites.multibox_head",
    "composites.site": "definition.composites.site",
    "data.annoset": "data.convert.datum",
    "data.atomic": "system.atomic",
    "data.batches": "data.loading.batches",
    "data.box_loops": "data.augment.box_loops data.records.box_checks",
    "data.canvas": "data.augment.canvas",
    "data.charts": "report.data_charts",
    "data.clip_transform": "data.augment.clip_transform",
    "data.clips": "data.loading.clip_items",
    "data.coco": "data.datasets.coco",
    "data.colour_loops": "data.augment.distortion_loops",
    "data.compiled": "system.compiled",
    "data.conversion": "data.convert.conversion",
    "data.database": "data.records.database",
    "data.database_writer": "data.records.database_writer",
    "data.dataset": "data.datasets.dataset",
    "data.describe": "data.datasets.description",
    "data.distortion": "data.augment.distortion",
    "data.division": "data.datasets.splits",
    "data.export": "data.convert.export",
    "data.frames": "data.loading.frames",
    "data.geometry": "data.augment.geometry",
    "data.journal": "data.convert.journal",
    "data.jpeg": "data.records.jpeg",
    "data.label_files": "data.datasets.label_files",
    "data.label_map": "data.records.label_map",
    "data.ledger": "data.loading.bad_records",
    "data.list_file": "data.records.list_file",
    "data.loader": "data.loading.loader",
    "data.mean": "data.convert.mean_image",
    "data.noise": "data.augment.noise",
    "data.openimages": "data.datasets.openimages",
    "data.pairs": "data.loading.pair_items",
    "data.pictures": "data.records.images",
    "data.planes": "data.augment.planes",
    "data.prior_match": "report.prior_match",
    "data.random": "data.augment.draws data.loading.order",
    "data.readers": "data.loading.items",
    "data.resampling": "data.augment.fast_resize",
    "data.resize_loops": "data.augment.resize_loops",
    "data.resize_weights": "data.augment.resize_weights",
    "data.resizing": "data.augment.resizing",
    "data.sampler": "data.augment.sampler",
    "data.sampling_loops": "data.augment.sampler_loops",
    "data.sharing": "data.loading.shared_memory",
    "data.sizes": "data.convert.sizes",
    "data.stretching": "data.augment.random_sizes",
    "data.subtraction": "data.augment.mean",
    "data.subtraction_loops": "data.augment.mean_loops",
    "data.survey": "report.data_survey",
    "data.transform": "data.augment.transform",
    "data.viewing": "data.augment.view",
    "data.voc": "data.datasets.voc",
    "data.windows": "data.loading.window_items",
    "data.worker": "data.loading.worker",
    "data.yolo": "data.datasets.yolo",
    "declared": "layers.data.assumed_shapes",
    "declared_python": "net.python_shapes",
    "detector": "inference.detector",
    "files": "weights",
    "files.atomic": "system.atomic",
    "files.caffemodel": "weights.caffemodel",
    "files.weight_arrays": "weights.arrays",
    "files.weights": "weights.weights",
    "files.wire": "weights.wire",
    "fillers": "layers.fillers",
    "foreign": "net.fork_fields",
    "frozen": "execution",
    "frozen.heads": "execution.heads",
    "frozen.packed": "execution.packed",
    "frozen.sums": "execution.sums",
    "frozen.winograd": "execution.winograd",
    "frozen.winograd_loops": "execution.winograd_loops",
    "fusion": "execution.chains",
    "layer": "layers.base",
    "layers.activations": "layers.activation.activations",
    "layers.annotated_data": "layers.data.annotated_data",
    "layers.batch_norm": "layers.normalization.batch_norm",
    "layers.bn": "layers.normalization.bn",
    "layers.box_statistics": "layers.rcnn.box_statistics",
    "layers.c3d": "layers.volumes.c3d",
    "layers.cascade": "layers.rcnn.cascade",
    "layers.cascade_data": "layers.data.cascade_data",
    "layers.cascade_groups": "layers.rcnn.cascade_groups",
    "layers.cascade_output": "layers.rcnn.cascade_output",
    "layers.cascade_training": "layers.rcnn.cascade_training",
    "layers.channel_weights": "layers.vision.channel_weights",
    "layers.clip_settings": "layers.data.clip_settings",
    "layers.convolution": "layers.vision.convolution",
    "layers.ctc": "layers.recurrent.ctc",
    "layers.dense_block": "layers.vision.dense_block",
    "layers.depthwise": "layers.vision.depthwise",
    "layers.detection_evaluate": "layers.ssd.detection_evaluate",
    "layers.detection_output": "layers.ssd.detection_output",
    "layers.dummy": "layers.data.dummy",
    "layers.fields": "layers.params",
    "layers.focal_loss": "layers.loss.focal_loss",
    "layers.hard_examples": "layers.loss.hard_examples",
    "layers.hdf5_data": "layers.data.hdf5_data",
    "layers.hdf5_output": "layers.utility.hdf5_output",
    "layers.im2col": "layers.vision.im2col",
    "layers.image_data": "layers.data.image_data",
    "layers.inner_product": "layers.vision.inner_product",
    "layers.input": "layers.data.input",
    "layers.joining": "layers.utility.joining",
    "layers.kept_memory": "layers.data.kept_memory",
    "layers.label_losses": "layers.loss.label_losses",
    "layers.loss.accuracy": "layers.accuracy.accuracy",
    "layers.loss.center_losses": "layers.metric.center_losses",
    "layers.loss.metric_learning": "layers.metric.metric_learning",
    "layers.loss_settings": "layers.loss.loss_settings",
    "layers.losses": "layers.loss.losses",
    "layers.lrn": "layers.normalization.lrn",
    "layers.mathematics": "layers.activation.mathematics",
    "layers.memory_data": "layers.data.memory_data",
    "layers.merge_crop": "layers.segmentation.merge_crop",
    "layers.metric_learning": "layers.metric.metric_learning layers.metric.center_losses",
    "layers.multibox_loss": "layers.ssd.multibox_loss",
    "layers.multibox_settings": "layers.ssd.multibox_settings",
    "layers.mvn": "layers.normalization.mvn",
    "layers.neuron": "layers.activation.neuron",
    "layers.normalize": "layers.normalization.normalize",
    "layers.param_fields": "layers.params",
    "layers.picture_source": "layers.data.image_source",
    "layers.plain_fields": "layers.params",
    "layers.prior_box": "layers.ssd.prior_box",
    "layers.proposal": "layers.rcnn.proposal",
    "layers.python_layer": "layers.python.python_layer",
    "layers.reduction": "layers.utility.reduction",
    "layers.region_loss": "layers.yolo.region_loss",
    "layers.regions": "layers.rcnn.regions",
    "layers.resize": "layers.resampling.resize",
    "layers.result_settings": "layers.ssd.result_settings",
    "layers.scale": "layers.normalization.scale",
    "layers.segmentation_data": "layers.data.segmentation_data",
    "layers.segmentation_graph": "layers.segmentation.segmentation_graph",
    "layers.sequence": "layers.recurrent.sequence",
    "layers.shape": "layers.utility.shape",
    "layers.softmax": "layers.loss.softmax",
    "layers.video_data": "layers.data.video_data",
    "layers.vision.c3d": "layers.volumes.c3d",
    "layers.vision.pooling": "layers.pooling.pooling",
    "layers.vision.resize": "layers.resampling.resize",
    "layers.window_data": "layers.data.window_data",
    "layers.yolo_output": "layers.yolo.yolo_output",
    "logs.plot": "report.log_plot",
    "memory": "system.malloc",
    "progress": "system.progress",
    "prototxt": "definition.prototxt",
    "pycaffe.assignment": "pycaffe.engine.assignment",
    "pycaffe.batches": "pycaffe.engine.in_batches",
    "pycaffe.blob": "layers.python.blob",
    "pycaffe.blob_memory": "pycaffe.engine.memory",
    "pycaffe.importing": "layers.python.importing",
    "pycaffe.layer": "layers.python.protocol",
    "pycaffe.machine": "pycaffe.settings",
    "pycaffe.net_blob": "pycaffe.engine.blobs",
    "pycaffe.net_lists": "pycaffe.engine.lists",
    "pycaffe.passes": "pycaffe.engine.passes",
    "pycaffe.weights_kept": "pycaffe.engine.kept_weights",
    "pycaffe.wiring": "pycaffe.engine.wiring",
    "randomness": "system.random_state",
    "scalars": "definition.values",
    "shapes": "data.datasets.synthetic",
    "sharing": "net.params",
    "solver.fields": "solver.solver_fields",
    "solver.ranks": "solver.distributed",
    "solver.resume": "solver.snapshots",
    "solver.scoring": "solver.testing",
    "solver.snapshot": "solver.solverstate",
    "solver.trouble": "solver.divergence",
    "spec": "definition.spec net.reading",
    "timing": "report.layer_times",
    "upgrade": "definition.upgrade",
    "upgrade.v0": "definition.upgrade.v0",
    "upgrade.v1": "definition.upgrade.v1",
    "visualize": "inference.draw_boxes",
}
# Modules whose path is now that of a package.
BECAME_PACKAGES = {
    "data.records": "data.records.records data.records.boxes",
    "layers.accuracy": "layers.accuracy.accuracy",
    "layers.data": "layers.data.data",
    "layers.pooling": "layers.pooling.pooling",
    "layers.recurrent": "layers.recurrent.recurrent",
    "layers.segmentation": "layers.segmentation.segmentation",
    "net": "net.net",
}


def install() -> None:
    """Make the old paths importable.

    First of all finders: behind the usual one `framework.files.wire` would be a second copy of
    `framework.weights.wire`, since `framework.files` is the package `framework.weights`.
    """
    sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds an old path, as importlib.abc.MetaPathFinder and Loader (not loaded for its names)."""

    def find_spec(self, fullname: str, path: Sequence[str] | None,
                  target: ModuleType | None = None) -> ModuleSpec | None:
        room, _, rest = fullname.partition(".")
        if room != "framework" or rest not in MOVED:
            return None
        return ModuleSpec(fullname, self)  # type: ignore[arg-type]     # no Loader by inheritance

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        homes = _homes(MOVED[spec.name.removeprefix("framework.")])
        _warn(spec.name, homes)
        if len(homes) == 1:
            module = importlib.import_module(homes[0])
            spec.loader_state = module.__spec__
            return module
        module = ModuleType(spec.name)
        module.__getattr__ = lambda name: _find(spec.name, homes, name)[1]  # type: ignore[method-assign]
        spec.loader_state = spec
        return module

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__ = module.__spec__.loader_state  # it was run under its own name


def names_of(package: str) -> Callable[[str], Any]:     # Any: whatever has the name
    """The `__getattr__` of a package that was a module: the names that it had."""
    homes = _homes(BECAME_PACKAGES[package.removeprefix("framework.")])

    def find(name: str) -> Any:     # Any: as above
        if name.startswith("__") or _is_module(f"{package}.{name}"):
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        home, value = _find(package, homes, name)
        _warn(f"{package}.{name}", [f"{home}.{name}"])
        return value

    return find


def _is_module(path: str) -> bool:
    import importlib.util  # lazy: costs more than all else here

    return importlib.util.find_spec(path) is not None


def _homes(paths: str) -> list[str]:
    return [f"framework.{path}" for path in paths.split()]


def _find(module: str, homes: list[str], name: str) -> tuple[str, Any]:     # Any: as above
    """The one of `homes` that has a name, and what has it."""
    for home in homes:
        found = importlib.import_module(home)
        if hasattr(found, name):
            return home, getattr(found, name)
    raise AttributeError(f"module '{module}' has no attribute '{name}'")


def _warn(old: str, homes: list[str]) -> None:
    warnings.warn(f"{old} is now {' and '.join(homes)}; the old path goes with the next release",
                  DeprecationWarning, stacklevel=3)
