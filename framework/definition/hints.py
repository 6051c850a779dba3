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

# the fields of each message, by the reason
_FIELDS = {
    "the type of numbers; a flag of the programs here": {
        "LayerParameter": "forward_type backward_type forward_math backward_math",
        "NetParameter":
            "default_forward_type default_backward_type default_forward_math default_backward_math "
            "global_grad_scale global_grad_scale_adaptive",
    },
    "how nodes share the work": {
        "LayerParameter": "mn_activation_param mn_grad_compress_param multinode",
        "NetParameter": "multinode auto_insert_gathers reduce_buckets",
        "DataParameter": "multi_gpu_testing",
        "ImageDataParameter": "dataset_share_per_node",
        "MemoryDataParameter": "share_in_parallel",
        "PythonParameter": "share_in_parallel",
    },
    "memory or speed only": {
        "LayerParameter":
            "cudnn_math_override reshape_every_iter engine deletetop sparse_param deletebottom",
        "NetParameter":
            "engine default_cudnn_math_override eltwise_mem_sharing default_conv_algos_override "
            "compile_net_state mem_param richness",
        "LSTMParameter": "cache_gates",
        "ConvolutionParameter": "cudnn_flavor filter_group wino_tile wino_zero_idx conv_mode",
        "Convolution3DParameter": "filter_group",
        "TransformationParameter": "use_gpu_transform",
        "DenseBlockParameter": "gpuIdx workspace_MB BC_ultra_space_efficient",
        "APLParameter": "save_mem",
        "GenericWindowDataParameter": "cache_images",
        "OGNDataParameter": "preload_data",
        "InnerProductParameter": "gemm_mode spmdm_transpose_in spmdm_transpose_out",
    },
    "draws or writes beside the net; tools/detect does it here": {
        "ConvolutionParameter":
            "dump_parameter dump_activation parameter_sparsity_pattern_histogram",
        "LayerParameter": "visualise visualise_channel is_test",
        "DetectionOutputParameter": "visualize visualize_threshold save_file label_map_file",
        "AugmentationParameter": "write_augmented write_mean",
        "VisualHeatMapsParameter":
            "heat_map_path heat_map_files_name heat_map_images_name phase_name img_ext file_ext",
        "VisualPoseCoordsParameter":
            "coords_path coords_files_name coords_images_name skel_path img_ext file_ext "
            "is_draw_skel is_draw_text is_write_file is_write_image need_to_draw_inds_string",
        "CoordsToBboxMasksParameter": "visual_path img_ext",
        "OGNOutputParameter": "output_path",
        "LoadDataImageParameter": "visual_path",
        "TorsoMaskFromCoordsParameter": "img_ext visual_path",
        "RPNOutputParameter":
            "anchor_size feat_stride_xy feat_stride_z rpn_min_size source roi_root_folder "
            "fg_score_threshold top_percent_proposal weighted_top_n_proposal bbox_normalize "
            "bbox_normalize_mean bbox_normalize_std",
        "SlicePredictParameter":
            "source input_path output_path contour_name_list extract_direction",
        "SegmentOutputParameter":
            "source root_folder threshold output_heatmap output_folder contour_name_list "
            "resample_volume center_align_label resample_volume_width resample_volume_height "
            "resample_volume_length resample_spacing_x resample_spacing_y resample_spacing_z "
            "output_dice_file dice_file_name output_mask output_VOE output_RVD output_ASD "
            "output_MSD",
    },
    "read in the preforward of its own solver; solvers here have none": {
        "ClassLatchParameter": "label_axis label_nmax latch_nmin latch_mode",
    },
    "of tops that no net switches on": {
        "HomoMeanLossParameter": "predict_measure clusupd_measure scatupd_measure",
    },
    "a factor on its own solver's force_decay; solvers here have none": {
        "ParamSpec": "force_mult",
    },
    "how its own solver prunes weights, if told to; weights stay as they are here": {
        "LayerParameter": "prune_param",
        "PruneParameter": "prune_ratio IF_update_row_col prune_ratio_step",
    },
    "factors on a decay of groups that its own solver has; there is none here": {
        "ParamSpec": "breadth_decay_mult kernel_shape_decay_mult block_group_lasso",
        "LayerParameter": "weight_decay_l1 weight_decay_l1g",
    },
    "which weights a layer begins with; layers that a weights file lacks are named here": {
        "ConvolutionParameter": "is_pca_channel",
        "LayerParameter": "copy_postfix_name",
    },
    "a machine's numbers of 8 bits; the net is computed in real numbers here": {
        "LayerParameter": "quantization_param trt_param precision_param",
        "QuantizationParameter":
            "precision rounding_scheme bw_layer_in bw_layer_out bw_params fl_layer_in fl_layer_out "
            "fl_params scale_in scale_out scale_params is_negative_input force_u8_input",
    },
    "its own project does not read it either": {
        "ImageFloatDataParameter": "is_regression",
        "BoxParameter": "param",
        "SegAccuracyParameter": "metric",
        "RegionLossParameter": "coords jitter with_rcnn",
        "YoloDetectionOutputParameter": "coords",
        "InnerDistanceParameter": "bias_term bias_filler",
        "DenseBlockParameter": "initChannel",
        "RecurrentParameter": "debug_info",
        "NoiseTolerantFRParameter": "debug debug_prefix",
        "NonMaximumSuppressionParameter": "theta",
        "DetectNetGroundTruthParameter": "coverage_type",     # it has one value
        "LabelSpecificRescaleParameter": "positive_lower_bound negative_upper_bound",
        "ChannelScaleParameter": "init_global_scale",
        "CapParameter": "routing_num input_capsule_num",
        "KeypointAccParameter": "axis",
        "AnchorTargetParameter": "rpn_batchsize rpn_fg_fraction",
        "YoloSegParameter": "num_class class_scale use_logic_gradient use_hardsigmoid",
        "Yolov3Parameter": "side noobject_scale",
        "SegmentationEvaluateParameter": "num_classes",
        "MultiStageMeanfieldParameter":
            "compatibility_mode threshold forced_spatial_filter_weight "
            "forced_bilateral_filter_weight",
        "CPMTransformationParameter":
            "scale mirror mean_file mean_value scale_cvg max_cvg_len min_cvg_len opaque_coverage "
            "coverage visualize bbox_norm_factor img_header force_color force_gray sigma_center "
            "num_total_augs clahe_tile_size clahe_clip_limit",
        "CenterObjectLossParameter":
            "conf_loss_type down_ratio bias_mask_group_num",
        "FaceEvaluateParameter": "facepoints num_gender num_glasses num_headpose",
        "TripletRankLossParameter": "tradeoff",
        "CrossTripletLossParameter": "tradeoff",
        "OuterProductParameter": "loss_weight",
        "SuperCategoryParameter": "weight_filler",
        "DynamicRoutingParameter": "routing_num",
        "MaskYoloLossParameter": "anchor_mask with_mask mask_w mask_h with_rcnn",
        "PairwiseParameter": "engine axis q_threshold q_gamma",
        "LabelSpecificAddParameter": "transform_test",
        "CombinedMarginParameter": "transform_test",
        "ArcfaceParameter": "transform_test",
        "CosinAddmParameter": "transform_test",
        "AdaCosAddmScaleParameter": "transform_test",
        "NmsParameter": "num_peak",
        "SimplerNMSParameter": "cls_threshold max_num_proposals",
        "YoloSegItem": "name label r g b",
        "LaneInfo": "id",
        "CorrelationParameter": "do_abs",
        "SpatialDropoutParameter": "dropout_scale",
        "YoloV2LossParameter": "constraint",
        "RandomGeneratorParameter": "discretize multiplier",
        "ImpMapParameter": "ratio max_channel",
        "MarginParameter": "axis",
        "PatchAtMaximumParameter": "top_k nms_x nms_y",
        "ClassDistanceParameter": "bias_term dropout_ratio",
        "WriterParameter": "normalize scale",
        "RoiGenParameter": "softmax",
        "PoseHeatMapLossParameter":
            "parts_err_num_thres heat_score_thres_arr hard_negative_filepath",
        "PoseEuDistAccuracyParameter": "acc_factor",
        "TorsoMaskFromCoordsParameter": "input_path",
        "SplitDataParameter": "frame",
        "NormConvMeanfieldParameter":
            "compatibility_mode threshold spatial_filter_weight bilateral_filter_weight "
            "forced_spatial_filter_weight forced_bilateral_filter_weight iter_multiplier norm "
            "scale_term bias_term group",
        "TransformColorParameter": "to_compute_dU",
        "LowlevelDistanceParameter": "is_maxpool",
        "SpatialPyramidPoolingParameter": "scale",
    },
    "a guard of the original against a fault of rounding": {
        "MMDLossParameter": "absfix_flag",
    },
    "of `perturbation`, which is refused": {
        "BinomialLossParameter": "perturbation_loss_weight",
        "ActLossParameter": "perturbation_loss_weight",
    },
    "what is logged, and where": {
        "SqueezeDetLossParameter": "n_top_detections intersection_thresh nms_intersection_thresh",
        "LayerParameter": "is_disp_info train_net_output_disp",
        "BeamSearchParameter": "ignore_label",
        "TransformationParameter": "debug_params",
        "PosePDJAccuracyParameter": "acc_path acc_name log_name zero_iter_test",
        "PoseEuDistAccuracyParameter": "acc_path acc_name log_name zero_iter_test",
        "LinearProductParameter": "verbose",
    },
    "which processor computes it; --gpu says it for the whole net here": {
        "CRParameter": "num_cu num_pe swap_inputs",
        "XCLParameter": "xcl_name kernel_name",
        "CrfFilterbankEdParameter": "use_cudnn",
        "CrfEdParameter": "use_cudnn",
        "CrfGradParameter": "use_cudnn",
        "MultiStageMeanfieldParameter": "force_cpu",
    },
    "of a data layer that is known by its shapes only": {
        "DetectionDataParameter":
            "augmentation_param ignore_fg_threshold multiscale_prob min_whaspect max_whaspect "
            "min_gt_width min_gt_height cache_images resize_ratio crop_long_size low_scale_ratio "
            "high_scale_ratio anchor_ignore_margin_ratio anchor_ignore_iou_thr pickup_iou_thr "
            "mix_group_size template_ratio",
        "OPTransformationParameter":
            "flip_prob max_degree_rotations center_perterb_max center_swap_prob scale_prob "
            "scale_mins scale_maxs target_dist number_max_occlusions sigmas sources probabilities "
            "source_background prob_only_background media_directory normalization input_type "
            "frame_size",
        "DocDataParameter":
            "missing_value rand_advance_skip weights_by_size no_wrap enforce_epochs",
        "ProbImageTransformParameter":
            "reflect_params reflect_prob_weights linear_params linear_prob_weights "
            "gauss_noise_params gauss_noise_prob_weights rotate_params rotate_prob_weights "
            "shear_params shear_prob_weights gauss_blur_params gauss_blur_prob_weights "
            "unsharp_mask_params unsharp_mask_prob_weights perspective_params "
            "perspective_prob_weights color_jitter_params color_jitter_prob_weights "
            "elastic_deformation_params elastic_deformation_prob_weights zero_border_params "
            "zero_border_prob_weights hsv_params hsv_prob_weights salt_pepper_params "
            "salt_pepper_prob_weights otsu_color_jitter_params otsu_color_jitter_prob_weights "
            "resize_prob_weights crop_prob_weights",
        "ResizeTransformParameter": "width_perc height_perc size_perc",
        "CropTransformParameter": "width_perc height_perc size_perc",
        "ImageTransformationParameter": "rng_seed",
        "SteganalysisDataParameter": "source shuffle cover_dir stego_dir rand_mirror_rotate",
        "MolGridDataParameter":
            "addH random_rotation random_translate binary_occupancy radius_multiple fixed_radius "
            "stratify_receptor cache_structs source2 root_folder2 source_ratio "
            "stratify_affinity_min stratify_affinity_max stratify_affinity_step spherical_mask "
            "peturb_ligand_translate peturb_ligand_rotate ignore_ligand use_covalent_radius "
            "affinity_reweight_mean affinity_reweight_std fix_center_to_origin recmolcache "
            "ligmolcache maxchunksize use_rec_center peturb_bins",
        "ROIDataParameter": "config_file",
        "CoSDataParameter": "source dataframe_format",
        "TopParameter": "name type transform_param",
        "ImageMultiLabelDataParameter": "source rand_skip shuffle",
        "HeatmapDataParameter":
            "segmentation multfact num_channels root_img_dir random_crop sample_per_cluster source "
            "meanfile crop_meanfile cropsize scale dont_flip_first angle_max flip_joint_labels "
            "mirror_pairs mean_value mirror rotation max_angle",
        "ImageLabelDataParameter":
            "image_list_path rand_scale data_dir image_dir hsv_noise h_noise s_noise v_noise "
            "pad_centre label_list_path label_dir",
        "ImageLabelEdgeDataParameter":
            "image_list_path rand_scale data_dir image_dir hsv_noise h_noise s_noise v_noise "
            "pad_centre label1_list_path label1_dir label2_list_path label2_dir label3_list_path "
            "label3_dir label4_list_path label4_dir",
        "LFFDSampler.Box": "bbox_small_scale bbox_large_scale ancher_stride",
        "PicPacParameter":
            "path seed loop shuffle reshuffle stratify split split_fold split_negate mixin "
            "mixin_group_reset mixin_group_delta mixin_max cache preload threads min_size max_size "
            "round_div round_mod decode_mode anno_type anno_copy anno_number anno_palette "
            "anno_color1 anno_color2 anno_color3 anno_thickness anno_min_ratio perturb "
            "pert_colorspace pert_color1 pert_color2 pert_color3 pert_angle pert_min_scale "
            "pert_max_scale pert_hflip pert_vflip mean_color1 mean_color2 mean_color3 pad bgr2rgb "
            "point_radius",
        "DriveDataParameter":
            "shrink_prob_factor unrecognize_factor crop_num random_crop_ratio resize scale "
            "catalog_number resize_max resize_min reco_max reco_min train_max train_min "
            "genlist_file gen_rate blur_max noise_max gamma_max k_max y0_max shrink_max slip_max "
            "gen_scale use_mask",
        "SegDataParameter": "source root_dir shuffle balance",
        "CarcontParameter": "num_all_id num_all_col num_all_mod",
        "PoseImageDataParameter":
            "source root_folder always_max_size rand_skip shuffle min_size visual_path "
            "skel_points_path img_ext visual_images_path visual_labels_path visual_aux_info_path "
            "is_perturb_coords min_plb max_plb receptive_field_size parts_orders_path",
        "MultiSourcesImagesDataParameter":
            "source always_max_size rand_skip shuffle min_size visual_path skel_points_path "
            "visual_images_path visual_labels_path visual_aux_info_path is_perturb_coords min_plb "
            "max_plb receptive_field_size parts_orders_path scale_string angle_max need_rotates "
            "translate_num need_translates rotate_prob_num translate_prob_num",
        "LoadDataFromFileParameter": "source root_folder shuffle rand_skip visual_path scale",
        "BoxAugmentationParameter": "min_scale max_scale mirror jitter distort hue sat val",
        "LoadDataImageParameter": "root_folder img_ext",
        "VolumeDataParameter":
            "source rand_skip shuffle root_folder hist_matching random_deform deform_control_point "
            "deform_sigma contour_name_list contour_win_level_list resample_volume "
            "center_align_label resample_spacing_x resample_spacing_y resample_spacing_z "
            "truncate_probability min_truncate_length inplane_shift min_intensity max_intensity",
        "TransformationParameter": "rand_shift rand_s_width rand_s_height rand_rotat rand_noise",
        "MILDataParameter": "source label_file root_dir ext randomize scale_factor",
        "FaceImageParameter": "source rand_skip shuffle root_folder triplet_ver",
        "SquareBoxDataParameter":
            "source mirror root_folder mn_bxsz_by_imsz mx_bxsz_by_imsz mx_dist",
        "ImageDataModifyParameter":
            "source scale mean_file crop_size mirror rand_skip shuffle root_folder",
        "HeatmapTestParameter": "source root_img_dir",
        "PosePatchDataParameter":
            "source scale mean_file crop_size mirror rand_skip shuffle key_point_range "
            "scale_lower_bound scale_upper_bound torso_ratio mx1 mx2 my1 my2 randmargin use_mode "
            "color_aug",
        "SpatialPyramidPoolingDataParameter":
            "features_source regions_source positive_threshold negative_threshold "
            "positive_sampling_ratio",
        "MCWindowDataParameter":
            "source scale mean_file mirror fg_threshold bg_threshold fg_fraction context_pad "
            "crop_mode shuffle",
        "DatumDataParameter":
            "source source_dir scale mean_file mirror rand_skip shuffle label_scale binary_label",
        "RemoteDataParameter": "address cache_size policy",
        "BinaryDataParameter": "source",
    },
    "how records reach the memory": {
        "DataParameter": "cache precache parser_threads prefetch shared_file_system",
        "ImageDataParameter": "cache precache shared_file_system",
        "ImageGtDataParameter": "cache_images",
        "WindowDataParameter": "cache_images",
        "TransformationParameter": "forward_packing",
    },
    "of a layer that is known by its shapes only": {
        "DecodeRoisParameter": "softmax bias_match",
        "OctreeParameter":
            "full_octree is_adaptive auto_pad mask dropout_depth dropout_ratio tile_depth "
            "adapt_depth",
        "AccuracySphereParameter": "tol_angle",
        "SoftmaxWithSphereLossParameter": "bandwidth sigma",
    },
    "how many items there are; the bottoms have them": {
        "AugmentationParameter": "num",
    },
    "where the records come from; the caller gives them here": {
        "LayerParameter": "source_class",
        "MemoryDataParameter": "source",
    },
}
# the reason, by "Message.field"
HINTS = {f"{message}.{name}": reason for reason, messages in _FIELDS.items()
         for message, names in messages.items() for name in names.split()}

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
