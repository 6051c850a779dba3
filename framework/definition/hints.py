"""Fields that say how another Caffe works, not what is computed: taken, and named once.

Each has its reason here. Those that BVLC's own schema or NVIDIA's everyday files have (`engine` and
the like) are taken without a word: MACHINE_HINTS of layers/params.
"""

from __future__ import annotations

import logging
from typing import Any

from google.protobuf.message import Message

from framework.definition.prototxt import Document, Lines

LOG = logging.getLogger(__name__)

_PRECISION = "the type of numbers; a flag of the programs here"
_RANKS = "how nodes share the work"
_MEMORY = "memory or speed only"
_DRAWING = "draws or writes beside the net; tools/detect does it here"
_INT8 = "a machine's numbers of 8 bits; the net is computed in real numbers here"
_PRUNING = "how its own solver prunes weights, if told to; weights stay as they are here"
_GROUPS = "factors on a decay of groups that its own solver has; there is none here"
_READERS = "how records reach the memory"
_PLACE = "where the records come from; the caller gives them here"
_UNREAD = "its own project does not read it either"
_ITEMS = "how many items there are; the bottoms have them"
_KNOWN_ONLY = "of a data layer that is known by its shapes only"
_LOGGING = "what is logged, and where"
_PLACEMENT = "which processor computes it; --gpu says it for the whole net here"
_COPYING = "which weights a layer begins with; layers that a weights file lacks are named here"

# by "Message.field"
HINTS = {
    **dict.fromkeys(("LayerParameter.forward_type", "LayerParameter.backward_type",
                     "LayerParameter.forward_math", "LayerParameter.backward_math",
                     "NetParameter.default_forward_type", "NetParameter.default_backward_type",
                     "NetParameter.default_forward_math", "NetParameter.default_backward_math",
                     "NetParameter.global_grad_scale", "NetParameter.global_grad_scale_adaptive"),
                    _PRECISION),
    **dict.fromkeys(("LayerParameter.mn_activation_param", "LayerParameter.mn_grad_compress_param",
                     "LayerParameter.multinode", "NetParameter.multinode",
                     "NetParameter.auto_insert_gathers",
                     "DataParameter.multi_gpu_testing",
                     "NetParameter.reduce_buckets", "ImageDataParameter.dataset_share_per_node",
                     "MemoryDataParameter.share_in_parallel",
                     "PythonParameter.share_in_parallel"), _RANKS),
    **dict.fromkeys(("LayerParameter.cudnn_math_override", "NetParameter.engine",
                     "NetParameter.default_cudnn_math_override", "NetParameter.eltwise_mem_sharing",
                     "NetParameter.default_conv_algos_override", "NetParameter.compile_net_state",
                     "NetParameter.mem_param", "NetParameter.richness", "LSTMParameter.cache_gates",
                     "LayerParameter.reshape_every_iter",
                     "LayerParameter.engine", "ConvolutionParameter.cudnn_flavor",
                     "ConvolutionParameter.filter_group",
                     "Convolution3DParameter.filter_group",
                     "TransformationParameter.use_gpu_transform", "DenseBlockParameter.gpuIdx",
                     "DenseBlockParameter.workspace_MB",
                     "DenseBlockParameter.BC_ultra_space_efficient",
                     "APLParameter.save_mem", "GenericWindowDataParameter.cache_images",
                     "LayerParameter.deletetop", "ConvolutionParameter.wino_tile",
                     "ConvolutionParameter.wino_zero_idx", "ConvolutionParameter.conv_mode",
                     "InnerProductParameter.gemm_mode",
                     "InnerProductParameter.spmdm_transpose_in",
                     "InnerProductParameter.spmdm_transpose_out",
                     "LayerParameter.sparse_param",
                     "LayerParameter.deletebottom"), _MEMORY),
    **dict.fromkeys((f"ConvolutionParameter.{name}" for name in (
        "dump_parameter", "dump_activation", "parameter_sparsity_pattern_histogram")), _DRAWING),
    "ParamSpec.force_mult": "a factor on its own solver's force_decay; solvers here have none",
    **dict.fromkeys(("LayerParameter.visualise", "LayerParameter.visualise_channel",
                     "LayerParameter.is_test",
                     "DetectionOutputParameter.visualize",
                     "DetectionOutputParameter.visualize_threshold",
                     "DetectionOutputParameter.save_file",
                     "DetectionOutputParameter.label_map_file",
                     "AugmentationParameter.write_augmented",
                     "AugmentationParameter.write_mean"), _DRAWING),
    **dict.fromkeys(("LayerParameter.prune_param", *(f"PruneParameter.{name}" for name in (
        "prune_ratio", "IF_update_row_col", "prune_ratio_step"))), _PRUNING),
    **dict.fromkeys((f"ParamSpec.{name}" for name in (
        "breadth_decay_mult", "kernel_shape_decay_mult", "block_group_lasso")), _GROUPS),
    **dict.fromkeys(("LayerParameter.weight_decay_l1", "LayerParameter.weight_decay_l1g"), _GROUPS),
    "ConvolutionParameter.is_pca_channel": _COPYING,
    **dict.fromkeys(("LayerParameter.quantization_param", "LayerParameter.trt_param",
                     "LayerParameter.precision_param"), _INT8),
    **dict.fromkeys((f"QuantizationParameter.{name}" for name in (
        "precision rounding_scheme bw_layer_in bw_layer_out bw_params fl_layer_in fl_layer_out "
        "fl_params scale_in scale_out scale_params is_negative_input force_u8_input").split()),
                    _INT8),
    **dict.fromkeys(("ImageFloatDataParameter.is_regression", "BoxParameter.param",
                     "SegAccuracyParameter.metric", "RegionLossParameter.coords",
                     "RegionLossParameter.jitter", "YoloDetectionOutputParameter.coords",
                     "InnerDistanceParameter.bias_term", "InnerDistanceParameter.bias_filler",
                     "DenseBlockParameter.initChannel", "RecurrentParameter.debug_info",
                     "NoiseTolerantFRParameter.debug", "NoiseTolerantFRParameter.debug_prefix",
                     "NonMaximumSuppressionParameter.theta", "EvalDetectionParameter.constriant",
                     "DetectNetGroundTruthParameter.coverage_type",     # it has one value
                     "LabelSpecificRescaleParameter.positive_lower_bound",
                     "LabelSpecificRescaleParameter.negative_upper_bound",
                     "ChannelScaleParameter.init_global_scale",
                     "CapParameter.routing_num", "CapParameter.input_capsule_num",
                     "KeypointAccParameter.axis", "AnchorTargetParameter.rpn_batchsize",
                     "AnchorTargetParameter.rpn_fg_fraction",
                     "YoloSegParameter.num_class",
                     "YoloSegParameter.class_scale", "YoloSegParameter.use_logic_gradient",
                     "YoloSegParameter.use_hardsigmoid", "Yolov3Parameter.side",
                     "Yolov3Parameter.noobject_scale", "SegmentationEvaluateParameter.num_classes",
                     "MultiStageMeanfieldParameter.compatibility_mode",
                     "MultiStageMeanfieldParameter.threshold",
                     "MultiStageMeanfieldParameter.forced_spatial_filter_weight",
                     "MultiStageMeanfieldParameter.forced_bilateral_filter_weight"), _UNREAD),
    **dict.fromkeys((f"CPMTransformationParameter.{name}" for name in (
        "scale mirror mean_file mean_value scale_cvg max_cvg_len min_cvg_len opaque_coverage "
        "coverage visualize bbox_norm_factor img_header force_color force_gray sigma_center "
        "num_total_augs clahe_tile_size clahe_clip_limit").split()), _UNREAD),
    **dict.fromkeys((f"CenterObjectLossParameter.{name}" for name in (
        "loc_loss_type conf_loss_type lm_loss_type loc_weight ignore_thresh net_width down_ratio "
        "bias_mask_group_num").split()), _UNREAD),
    **dict.fromkeys((f"FaceEvaluateParameter.{name}" for name in (
        "facepoints num_gender num_glasses num_headpose").split()), _UNREAD),
    **dict.fromkeys(("TripletRankLossParameter.tradeoff", "CrossTripletLossParameter.tradeoff",
                     "OuterProductParameter.loss_weight", "SuperCategoryParameter.weight_filler",
                     "DynamicRoutingParameter.routing_num"), _UNREAD),
    "MMDLossParameter.absfix_flag": "a guard of the original against a fault of rounding",
    **dict.fromkeys(("BinomialLossParameter.perturbation_loss_weight",
                     "ActLossParameter.perturbation_loss_weight"),
                    "of `perturbation`, which is refused"),
    **dict.fromkeys((f"SqueezeDetLossParameter.{name}" for name in (
        "n_top_detections intersection_thresh nms_intersection_thresh").split()), _LOGGING),
    **dict.fromkeys(("CRParameter.num_cu", "CRParameter.num_pe", "CRParameter.swap_inputs",
                     "XCLParameter.xcl_name", "XCLParameter.kernel_name",
                     "CrfFilterbankEdParameter.use_cudnn"), _PLACEMENT),
    **dict.fromkeys((f"MaskYoloLossParameter.{name}" for name in (
        "anchor_mask with_mask mask_w mask_h with_rcnn").split()), _UNREAD),
    **dict.fromkeys((f"PairwiseParameter.{name}" for name in (
        "engine axis q_threshold q_gamma").split()), _UNREAD),
    **dict.fromkeys(("LabelSpecificAddParameter.transform_test",
                     "CombinedMarginParameter.transform_test",
                     "ArcfaceParameter.transform_test",
                     "CosinAddmParameter.transform_test",
                     "AdaCosAddmScaleParameter.transform_test", "NmsParameter.num_peak",
                     "SimplerNMSParameter.cls_threshold",
                     "SimplerNMSParameter.max_num_proposals",
                     "YoloSegItem.name", "YoloSegItem.label", "YoloSegItem.r", "YoloSegItem.g",
                     "YoloSegItem.b", "LaneInfo.id", "CorrelationParameter.do_abs",
                     "SpatialDropoutParameter.dropout_scale",
                     "YoloV2LossParameter.constraint", "RegionLossParameter.with_rcnn",
                     "RandomGeneratorParameter.discretize",
                     "RandomGeneratorParameter.multiplier", "ImpMapParameter.ratio",
                     "ImpMapParameter.max_channel", "MarginParameter.axis",
                     "PatchAtMaximumParameter.top_k", "PatchAtMaximumParameter.nms_x",
                     "PatchAtMaximumParameter.nms_y", "ClassDistanceParameter.bias_term",
                     "ClassDistanceParameter.dropout_ratio", "WriterParameter.normalize",
                     "WriterParameter.scale", "RoiGenParameter.softmax"), _UNREAD),
    **dict.fromkeys((f"DetectionDataParameter.{name}" for name in (
        "augmentation_param ignore_fg_threshold multiscale_prob min_whaspect max_whaspect "
        "min_gt_width min_gt_height cache_images resize_ratio crop_long_size low_scale_ratio "
        "high_scale_ratio anchor_ignore_margin_ratio anchor_ignore_iou_thr pickup_iou_thr "
        "mix_group_size template_ratio").split()), _KNOWN_ONLY),
    **dict.fromkeys((f"OPTransformationParameter.{name}" for name in (
        "flip_prob max_degree_rotations center_perterb_max center_swap_prob scale_prob scale_mins "
        "scale_maxs target_dist number_max_occlusions sigmas sources probabilities "
        "source_background prob_only_background media_directory normalization input_type "
        "frame_size").split()), _KNOWN_ONLY),
    **dict.fromkeys((f"DocDataParameter.{name}" for name in (
        "missing_value rand_advance_skip weights_by_size no_wrap enforce_epochs").split()),
                    _KNOWN_ONLY),
    **dict.fromkeys((f"ProbImageTransformParameter.{name}_{what}" for name in (
        "reflect linear gauss_noise rotate shear gauss_blur unsharp_mask perspective color_jitter "
        "elastic_deformation zero_border hsv salt_pepper otsu_color_jitter").split()
        for what in ("params", "prob_weights")), _KNOWN_ONLY),
    **dict.fromkeys((f"{message}TransformParameter.{name}_perc" for message in ("Resize", "Crop")
                     for name in ("width", "height", "size")), _KNOWN_ONLY),
    **dict.fromkeys(("ProbImageTransformParameter.resize_prob_weights",
                     "ProbImageTransformParameter.crop_prob_weights",
                     "ImageTransformationParameter.rng_seed"), _KNOWN_ONLY),
    **dict.fromkeys((f"SteganalysisDataParameter.{name}" for name in (
        "source shuffle cover_dir stego_dir rand_mirror_rotate").split()), _KNOWN_ONLY),
    **dict.fromkeys((f"MolGridDataParameter.{name}" for name in (
        "addH random_rotation random_translate binary_occupancy radius_multiple fixed_radius "
        "stratify_receptor cache_structs source2 root_folder2 source_ratio stratify_affinity_min "
        "stratify_affinity_max stratify_affinity_step spherical_mask peturb_ligand_translate "
        "peturb_ligand_rotate ignore_ligand use_covalent_radius affinity_reweight_mean "
        "affinity_reweight_std fix_center_to_origin recmolcache ligmolcache maxchunksize "
        "use_rec_center peturb_bins").split()), _KNOWN_ONLY),
    **dict.fromkeys(("ROIDataParameter.config_file",
                     "CoSDataParameter.source", "CoSDataParameter.dataframe_format",
                     "TopParameter.name", "TopParameter.type", "TopParameter.transform_param"),
                    _KNOWN_ONLY),
    **dict.fromkeys((f"HeatmapDataParameter.{name}" for name in (
        "segmentation multfact num_channels root_img_dir random_crop sample_per_cluster source "
        "meanfile crop_meanfile cropsize scale dont_flip_first angle_max flip_joint_labels "
        "mirror_pairs mean_value mirror rotation max_angle"
        ).split()), _KNOWN_ONLY),
    **dict.fromkeys((f"ImageLabel{kind}Parameter.{name}" for kind in ("Data", "EdgeData")
                     for name in ("image_list_path rand_scale data_dir image_dir hsv_noise "
                                  "h_noise s_noise v_noise pad_centre").split()), _KNOWN_ONLY),
    **dict.fromkeys(("ImageLabelDataParameter.label_list_path", "ImageLabelDataParameter.label_dir",
                     *(f"ImageLabelEdgeDataParameter.label{number}_{what}"
                       for number in (1, 2, 3, 4) for what in ("list_path", "dir"))), _KNOWN_ONLY),
    **dict.fromkeys((f"LFFDSampler.Box.{name}" for name in (
        "bbox_small_scale", "bbox_large_scale", "ancher_stride")), _KNOWN_ONLY),
    **dict.fromkeys((f"PicPacParameter.{name}" for name in (
        "path seed loop shuffle reshuffle stratify split split_fold split_negate mixin "
        "mixin_group_reset mixin_group_delta mixin_max cache preload threads min_size max_size "
        "round_div round_mod decode_mode anno_type anno_copy anno_number anno_palette "
        "anno_color1 anno_color2 anno_color3 anno_thickness anno_min_ratio perturb "
        "pert_colorspace pert_color1 pert_color2 pert_color3 pert_angle pert_min_scale "
        "pert_max_scale pert_hflip pert_vflip mean_color1 mean_color2 mean_color3 pad bgr2rgb "
        "point_radius"
        ).split()), _KNOWN_ONLY),
    **dict.fromkeys((f"DriveDataParameter.{name}" for name in (
        "shrink_prob_factor unrecognize_factor crop_num random_crop_ratio resize scale "
        "catalog_number resize_max resize_min reco_max reco_min train_max train_min genlist_file "
        "gen_rate blur_max noise_max gamma_max k_max y0_max shrink_max slip_max gen_scale use_mask"
        ).split()), _KNOWN_ONLY),
    **dict.fromkeys(("SegDataParameter.source", "SegDataParameter.root_dir",
                     "SegDataParameter.shuffle", "SegDataParameter.balance",
                     "CarcontParameter.num_all_id", "CarcontParameter.num_all_col",
                     "CarcontParameter.num_all_mod"), _KNOWN_ONLY),
    **dict.fromkeys(("DataParameter.cache", "DataParameter.precache", "ImageDataParameter.cache",
                     "ImageDataParameter.precache", "DataParameter.parser_threads",
                     "DataParameter.prefetch", "DataParameter.shared_file_system",
                     "ImageDataParameter.shared_file_system",
                     "ImageGtDataParameter.cache_images", "WindowDataParameter.cache_images",
                     "TransformationParameter.forward_packing"), _READERS),
    **dict.fromkeys((f"PoseImageDataParameter.{name}" for name in (
        "source root_folder always_max_size rand_skip shuffle min_size visual_path "
        "skel_points_path img_ext visual_images_path visual_labels_path visual_aux_info_path "
        "is_perturb_coords min_plb max_plb receptive_field_size parts_orders_path").split()),
                    _KNOWN_ONLY),
    **dict.fromkeys((f"MultiSourcesImagesDataParameter.{name}" for name in (
        "source always_max_size rand_skip shuffle min_size visual_path skel_points_path "
        "visual_images_path visual_labels_path visual_aux_info_path is_perturb_coords min_plb "
        "max_plb receptive_field_size parts_orders_path scale_string angle_max need_rotates "
        "translate_num need_translates rotate_prob_num translate_prob_num").split()),
                    _KNOWN_ONLY),
    **dict.fromkeys((f"LoadDataFromFileParameter.{name}" for name in (
        "source root_folder shuffle rand_skip visual_path scale").split()), _KNOWN_ONLY),
    **dict.fromkeys((f"VisualHeatMapsParameter.{name}" for name in (
        "heat_map_path heat_map_files_name heat_map_images_name phase_name img_ext file_ext"
        ).split()), _DRAWING),
    **dict.fromkeys((f"VisualPoseCoordsParameter.{name}" for name in (
        "coords_path coords_files_name coords_images_name skel_path img_ext file_ext is_draw_skel "
        "is_draw_text is_write_file is_write_image need_to_draw_inds_string").split()), _DRAWING),
    **dict.fromkeys((f"BoxAugmentationParameter.{name}" for name in (
        "min_scale max_scale mirror jitter distort hue sat val").split()), _KNOWN_ONLY),
    **dict.fromkeys(("LoadDataImageParameter.root_folder", "LoadDataImageParameter.img_ext"),
                    _KNOWN_ONLY),
    **dict.fromkeys(("CoordsToBboxMasksParameter.visual_path", "LoadDataImageParameter.visual_path",
                     "CoordsToBboxMasksParameter.img_ext", "TorsoMaskFromCoordsParameter.img_ext",
                     "TorsoMaskFromCoordsParameter.visual_path"), _DRAWING),
    **dict.fromkeys(("PoseHeatMapLossParameter.parts_err_num_thres",
                     "PoseHeatMapLossParameter.heat_score_thres_arr",
                     "PoseHeatMapLossParameter.hard_negative_filepath",
                     "PoseEuDistAccuracyParameter.acc_factor",
                     "TorsoMaskFromCoordsParameter.input_path"), _UNREAD),
    **dict.fromkeys(("LayerParameter.is_disp_info", "LayerParameter.train_net_output_disp",
                     "BeamSearchParameter.ignore_label", "TransformationParameter.debug_params", *(
        f"{message}.{name}" for name in ("acc_path", "acc_name", "log_name", "zero_iter_test")
        for message in ("PosePDJAccuracyParameter", "PoseEuDistAccuracyParameter"))), _LOGGING),
    **dict.fromkeys((f"VolumeDataParameter.{name}" for name in (
        "source rand_skip shuffle root_folder hist_matching random_deform deform_control_point "
        "deform_sigma contour_name_list contour_win_level_list resample_volume center_align_label "
        "resample_spacing_x resample_spacing_y resample_spacing_z truncate_probability "
        "min_truncate_length inplane_shift min_intensity max_intensity").split()), _KNOWN_ONLY),
    **dict.fromkeys((f"TransformationParameter.{name}" for name in (
        "rand_shift rand_s_width rand_s_height rand_rotat rand_noise").split()), _KNOWN_ONLY),
    **dict.fromkeys((f"FaceImageParameter.{name}" for name in (
        "source rand_skip shuffle root_folder triplet_ver").split()), _KNOWN_ONLY),
    "LinearProductParameter.verbose": _LOGGING,
    **dict.fromkeys((f"SquareBoxDataParameter.{name}" for name in (
        "source mirror root_folder mn_bxsz_by_imsz mx_bxsz_by_imsz mx_dist").split()), _KNOWN_ONLY),
    **dict.fromkeys((f"RPNOutputParameter.{name}" for name in (
        "anchor_size feat_stride_xy feat_stride_z rpn_min_size source roi_root_folder "
        "fg_score_threshold top_percent_proposal weighted_top_n_proposal bbox_normalize "
        "bbox_normalize_mean bbox_normalize_std").split()), _DRAWING),
    **dict.fromkeys((f"SlicePredictParameter.{name}" for name in (
        "source input_path output_path contour_name_list extract_direction").split()), _DRAWING),
    **dict.fromkeys((f"SegmentOutputParameter.{name}" for name in (
        "source root_folder threshold output_heatmap output_folder contour_name_list "
        "resample_volume center_align_label resample_volume_width resample_volume_height "
        "resample_volume_length resample_spacing_x resample_spacing_y resample_spacing_z "
        "output_dice_file dice_file_name output_mask output_VOE output_RVD output_ASD output_MSD"
        ).split()), _DRAWING),
    **dict.fromkeys(("DecodeRoisParameter.softmax", "DecodeRoisParameter.bias_match", *(
        f"OctreeParameter.{name}" for name in (
            "full_octree is_adaptive auto_pad mask dropout_depth dropout_ratio tile_depth "
            "adapt_depth").split()), "AccuracySphereParameter.tol_angle",
        "SoftmaxWithSphereLossParameter.bandwidth", "SoftmaxWithSphereLossParameter.sigma"),
                    "of a layer that is known by its shapes only"),
    **dict.fromkeys((f"ImageDataModifyParameter.{name}" for name in (
        "source scale mean_file crop_size mirror rand_skip shuffle root_folder").split()),
                    _KNOWN_ONLY),
    "SplitDataParameter.frame": _UNREAD,
    "MultiStageMeanfieldParameter.force_cpu": _PLACEMENT,
    **dict.fromkeys(("HeatmapTestParameter.source", "HeatmapTestParameter.root_img_dir", *(
        f"PosePatchDataParameter.{name}" for name in (
            "source scale mean_file crop_size mirror rand_skip shuffle key_point_range "
            "scale_lower_bound scale_upper_bound torso_ratio mx1 mx2 my1 my2 randmargin use_mode "
            "color_aug").split())), _KNOWN_ONLY),
    "LayerParameter.copy_postfix_name": _COPYING,
    **dict.fromkeys((f"NormConvMeanfieldParameter.{name}" for name in (
        "compatibility_mode threshold spatial_filter_weight bilateral_filter_weight "
        "forced_spatial_filter_weight forced_bilateral_filter_weight iter_multiplier norm "
        "scale_term bias_term group").split()), _UNREAD),
    **dict.fromkeys(("TransformColorParameter.to_compute_dU",
                     "LowlevelDistanceParameter.is_maxpool"), _UNREAD),
    **dict.fromkeys((f"SpatialPyramidPoolingDataParameter.{name}" for name in (
        "features_source regions_source positive_threshold negative_threshold "
        "positive_sampling_ratio").split()), _KNOWN_ONLY),
    **dict.fromkeys((f"MCWindowDataParameter.{name}" for name in (
        "source scale mean_file mirror fg_threshold bg_threshold fg_fraction context_pad "
        "crop_mode shuffle").split()), _KNOWN_ONLY),
    **dict.fromkeys((f"DatumDataParameter.{name}" for name in (
        "source source_dir scale mean_file mirror rand_skip shuffle label_scale binary_label"
        ).split()), _KNOWN_ONLY),
    **dict.fromkeys(("RemoteDataParameter.address", "RemoteDataParameter.cache_size",
                     "RemoteDataParameter.policy", "BinaryDataParameter.source"), _KNOWN_ONLY),
    "SpatialPyramidPoolingParameter.scale": _UNREAD,
    "AugmentationParameter.num": _ITEMS,
    **dict.fromkeys(("LayerParameter.source_class", "MemoryDataParameter.source"), _PLACE),
}

# Hints that layers do read: with a field within the message (QuantizationLoss has Intel's), and in
# layers whose types have this end.
READ_INSIDE = {"LayerParameter.quantization_param": "threshold"}
READ_BY = {"LayerParameter.quantization_param": "Ristretto"}


def is_hint(field: Any) -> bool:
    """Whether a field's descriptor (Any: protobuf has several classes) is that of a hint."""
    return f"{field.containing_type.name}.{field.name}" in HINTS


def warn_of_hints(document: Document) -> None:
    """Name the hints of a net in one line of the log: each field once, and the line of the first.

    document   a NetParameter, old forms included
    """
    paths: dict[str, int] = {}
    _collect(document.message, "", document.lines, paths)
    if paths:
        line = min(paths.values())
        where = f"{document.path}:{line}" if line else document.path
        LOG.warning("%s: fields without effect here, which say how another Caffe works: %s",
                    where, ", ".join(paths))


def _collect(message: Message, prefix: str, lines: Lines, paths: dict[str, int]) -> None:
    """Note the paths of the hints that are set in a message and those it holds, with the line of
    the first each. Layers are not part of a path: `convolution_param.cudnn_flavor`."""
    for field, value in message.ListFields():
        places = lines.fields.get(field.name, [])
        if _is_read_by(message, field):
            continue
        if is_hint(field) and not _is_read(field, value):
            path = f"{prefix}{field.name}"
            line = places[0].line if places else lines.line
            paths.setdefault(path, line)
        elif field.message_type is not None:
            values = value if field.is_repeated else [value]
            inside = "" if field.name in ("layer", "layers") else f"{prefix}{field.name}."
            for index, inner in enumerate(values):
                place = places[index] if index < len(places) else lines
                _collect(inner, inside, place, paths)


def _is_read(field: Any, value: Any) -> bool:   # Any: protobuf's descriptors, the field's value
    """Whether the message of a hint has the field of READ_INSIDE."""
    inside = READ_INSIDE.get(f"{field.containing_type.name}.{field.name}")
    return inside is not None and bool(value.HasField(inside))


def _is_read_by(message: Any, field: Any) -> bool:      # Any: as above
    """Whether the layer `message` is of a type that reads all of this hint, as READ_BY says."""
    end = READ_BY.get(f"{field.containing_type.name}.{field.name}")
    return end is not None and str(message.type).endswith(end)
