"""Written by `python -m framework.proto.make_stubs` from caffe.proto: change that one instead."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal, Self

from google.protobuf.descriptor import Descriptor
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer as Messages
from google.protobuf.internal.containers import RepeatedScalarFieldContainer as Values
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message

_Fields = Mapping[str, Any]
"""A message as a constructor also takes it. Any: values of its fields, by name."""

class _Enum(int, metaclass=EnumTypeWrapper):
    @classmethod
    def Value(cls, name: str | bytes) -> Self: ...

class Phase(_Enum):
    TRAIN: ClassVar[Phase]
    TEST: ClassVar[Phase]
TRAIN: Phase
TEST: Phase

class Type(_Enum):
    DOUBLE: ClassVar[Type]
    FLOAT: ClassVar[Type]
    FLOAT16: ClassVar[Type]
    INT: ClassVar[Type]
    UINT: ClassVar[Type]
    BOOL: ClassVar[Type]
DOUBLE: Type
FLOAT: Type
FLOAT16: Type
INT: Type
UINT: Type
BOOL: Type

class DatumTypeInfo(_Enum):
    DatumTypeInfo_DATUM: ClassVar[DatumTypeInfo]
    DatumTypeInfo_ANNOTATED_DATUM: ClassVar[DatumTypeInfo]
DatumTypeInfo_DATUM: DatumTypeInfo
DatumTypeInfo_ANNOTATED_DATUM: DatumTypeInfo

class Packing(_Enum):
    NCHW: ClassVar[Packing]
    NHWC: ClassVar[Packing]
NCHW: Packing
NHWC: Packing

class InvalidDetectionMode(_Enum):
    ZERO_OUT: ClassVar[InvalidDetectionMode]
    REMOVE: ClassVar[InvalidDetectionMode]
ZERO_OUT: InvalidDetectionMode
REMOVE: InvalidDetectionMode

class NetParameter(Message):
    DESCRIPTOR: Descriptor
    name: str
    @property
    def layers(self) -> Messages[V1LayerParameter]: ...
    @property
    def input(self) -> Values[str]: ...
    @property
    def input_dim(self) -> Values[int]: ...
    force_backward: bool
    @property
    def state(self) -> NetState: ...
    debug_info: bool
    @property
    def input_shape(self) -> Messages[BlobShape]: ...
    richness: int
    @property
    def layer(self) -> Messages[LayerParameter]: ...
    default_forward_type: Type
    default_backward_type: Type
    default_forward_math: Type
    default_backward_math: Type
    global_grad_scale: float
    global_grad_scale_adaptive: bool
    default_conv_algos_override: str
    reduce_buckets: int
    default_cudnn_math_override: int
    eltwise_mem_sharing: bool
    engine: str
    @property
    def compile_net_state(self) -> CompileNetState: ...
    bn_stats_batch_size: int
    @property
    def multinode(self) -> MultinodeParameter: ...
    @property
    def mem_param(self) -> MemoryOptimizationParameter: ...
    auto_insert_gathers: bool
    def __init__(
        self, *,
            name: str | None = ..., layers: Iterable[V1LayerParameter | _Fields] | None = ...,
            input: Iterable[str] | None = ..., input_dim: Iterable[int] | None = ...,
            force_backward: bool | None = ..., state: NetState | _Fields | None = ...,
            debug_info: bool | None = ..., input_shape: Iterable[BlobShape | _Fields] | None =
            ..., richness: int | None = ..., layer: Iterable[LayerParameter | _Fields] | None =
            ..., default_forward_type: Type | int | str | None = ..., default_backward_type:
            Type | int | str | None = ..., default_forward_math: Type | int | str | None = ...,
            default_backward_math: Type | int | str | None = ..., global_grad_scale: float |
            None = ..., global_grad_scale_adaptive: bool | None = ...,
            default_conv_algos_override: str | None = ..., reduce_buckets: int | None = ...,
            default_cudnn_math_override: int | None = ..., eltwise_mem_sharing: bool | None =
            ..., engine: str | None = ..., compile_net_state: CompileNetState | _Fields | None =
            ..., bn_stats_batch_size: int | None = ..., multinode: MultinodeParameter | _Fields
            | None = ..., mem_param: MemoryOptimizationParameter | _Fields | None = ...,
            auto_insert_gathers: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "name", "force_backward", "state", "debug_info", "richness", "default_forward_type",
            "default_backward_type", "default_forward_math", "default_backward_math",
            "global_grad_scale", "global_grad_scale_adaptive", "default_conv_algos_override",
            "reduce_buckets", "default_cudnn_math_override", "eltwise_mem_sharing", "engine",
            "compile_net_state", "bn_stats_batch_size", "multinode", "mem_param",
            "auto_insert_gathers",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "name", "layers", "input", "input_dim", "force_backward", "state", "debug_info",
            "input_shape", "richness", "layer", "default_forward_type", "default_backward_type",
            "default_forward_math", "default_backward_math", "global_grad_scale",
            "global_grad_scale_adaptive", "default_conv_algos_override", "reduce_buckets",
            "default_cudnn_math_override", "eltwise_mem_sharing", "engine", "compile_net_state",
            "bn_stats_batch_size", "multinode", "mem_param", "auto_insert_gathers",
        ]
    ) -> None: ...

class FilterParameter(Message):
    DESCRIPTOR: Descriptor
    axis: int
    num_output: int
    def __init__(
        self, *,
            axis: int | None = ..., num_output: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "axis", "num_output",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "axis", "num_output",
        ]
    ) -> None: ...

class MemoryOptimizationParameter(Message):
    DESCRIPTOR: Descriptor
    optimize_train: bool
    optimize_test: bool
    @property
    def exclude_blob(self) -> Values[str]: ...
    def __init__(
        self, *,
            optimize_train: bool | None = ..., optimize_test: bool | None = ..., exclude_blob:
            Iterable[str] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "optimize_train", "optimize_test",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "optimize_train", "optimize_test", "exclude_blob",
        ]
    ) -> None: ...

class LayerParameter(Message):
    DESCRIPTOR: Descriptor
    class ConnectivityMode(_Enum):
        CONNECTED: ClassVar[LayerParameter.ConnectivityMode]
        DISCONNECTED_ELTWISE: ClassVar[LayerParameter.ConnectivityMode]
        DISCONNECTED_GRPWISE: ClassVar[LayerParameter.ConnectivityMode]
    CONNECTED: ClassVar[LayerParameter.ConnectivityMode]
    DISCONNECTED_ELTWISE: ClassVar[LayerParameter.ConnectivityMode]
    DISCONNECTED_GRPWISE: ClassVar[LayerParameter.ConnectivityMode]
    name: str
    type: str
    @property
    def bottom(self) -> Values[str]: ...
    @property
    def top(self) -> Values[str]: ...
    @property
    def loss_weight(self) -> Values[float]: ...
    @property
    def param(self) -> Messages[ParamSpec]: ...
    @property
    def blobs(self) -> Messages[BlobProto]: ...
    @property
    def include(self) -> Messages[NetStateRule]: ...
    @property
    def exclude(self) -> Messages[NetStateRule]: ...
    phase: Phase
    @property
    def propagate_down(self) -> Values[bool]: ...
    @property
    def transform_param(self) -> TransformationParameter: ...
    @property
    def loss_param(self) -> LossParameter: ...
    @property
    def accuracy_param(self) -> AccuracyParameter: ...
    @property
    def argmax_param(self) -> ArgMaxParameter: ...
    @property
    def concat_param(self) -> ConcatParameter: ...
    @property
    def contrastive_loss_param(self) -> ContrastiveLossParameter: ...
    @property
    def convolution_param(self) -> ConvolutionParameter: ...
    @property
    def data_param(self) -> DataParameter: ...
    @property
    def dropout_param(self) -> DropoutParameter: ...
    @property
    def dummy_data_param(self) -> DummyDataParameter: ...
    @property
    def eltwise_param(self) -> EltwiseParameter: ...
    @property
    def exp_param(self) -> ExpParameter: ...
    @property
    def hdf5_data_param(self) -> HDF5DataParameter: ...
    @property
    def hdf5_output_param(self) -> HDF5OutputParameter: ...
    @property
    def hinge_loss_param(self) -> HingeLossParameter: ...
    @property
    def image_data_param(self) -> ImageDataParameter: ...
    @property
    def infogain_loss_param(self) -> InfogainLossParameter: ...
    @property
    def inner_product_param(self) -> InnerProductParameter: ...
    @property
    def lrn_param(self) -> LRNParameter: ...
    @property
    def memory_data_param(self) -> MemoryDataParameter: ...
    @property
    def mvn_param(self) -> MVNParameter: ...
    @property
    def pooling_param(self) -> PoolingParameter: ...
    @property
    def power_param(self) -> PowerParameter: ...
    @property
    def relu_param(self) -> ReLUParameter: ...
    @property
    def sigmoid_param(self) -> SigmoidParameter: ...
    @property
    def softmax_param(self) -> SoftmaxParameter: ...
    @property
    def slice_param(self) -> SliceParameter: ...
    @property
    def tanh_param(self) -> TanHParameter: ...
    @property
    def threshold_param(self) -> ThresholdParameter: ...
    @property
    def window_data_param(self) -> WindowDataParameter: ...
    @property
    def python_param(self) -> PythonParameter: ...
    @property
    def prelu_param(self) -> PReLUParameter: ...
    @property
    def spp_param(self) -> SPPParameter: ...
    @property
    def reshape_param(self) -> ReshapeParameter: ...
    @property
    def log_param(self) -> LogParameter: ...
    @property
    def flatten_param(self) -> FlattenParameter: ...
    @property
    def reduction_param(self) -> ReductionParameter: ...
    @property
    def embed_param(self) -> EmbedParameter: ...
    @property
    def tile_param(self) -> TileParameter: ...
    @property
    def batch_norm_param(self) -> BatchNormParameter: ...
    @property
    def elu_param(self) -> ELUParameter: ...
    @property
    def bias_param(self) -> BiasParameter: ...
    @property
    def scale_param(self) -> ScaleParameter: ...
    @property
    def input_param(self) -> InputParameter: ...
    @property
    def crop_param(self) -> CropParameter: ...
    @property
    def parameter_param(self) -> ParameterParameter: ...
    @property
    def recurrent_param(self) -> RecurrentParameter: ...
    @property
    def annotated_data_param(self) -> AnnotatedDataParameter: ...
    @property
    def multibox_loss_param(self) -> MultiBoxLossParameter: ...
    @property
    def permute_param(self) -> PermuteParameter: ...
    @property
    def prior_box_param(self) -> PriorBoxParameter: ...
    @property
    def detection_output_param(self) -> DetectionOutputParameter: ...
    @property
    def detection_evaluate_param(self) -> DetectionEvaluateParameter: ...
    @property
    def norm_param(self) -> NormalizeParameter: ...
    @property
    def video_data_param(self) -> VideoDataParameter: ...
    @property
    def swish_param(self) -> SwishParameter: ...
    @property
    def clip_param(self) -> ClipParameter: ...
    forward_type: Type
    backward_type: Type
    forward_math: Type
    backward_math: Type
    debug: bool
    cudnn_math_override: int
    @property
    def trt_param(self) -> TRTParameter: ...
    @property
    def detectnet_groundtruth_param(self) -> DetectNetGroundTruthParameter: ...
    @property
    def detectnet_augmentation_param(self) -> DetectNetAugmentationParameter: ...
    @property
    def smooth_l1_loss_param(self) -> SmoothL1LossParameter: ...
    engine: str
    @property
    def multinode(self) -> MultinodeLayerParameter: ...
    @property
    def mn_activation_param(self) -> MnActivationParameter: ...
    @property
    def box_annotator_ohem_param(self) -> BoxAnnotatorOHEMParameter: ...
    @property
    def psroi_pooling_param(self) -> PSROIPoolingParameter: ...
    @property
    def roi_pooling_param(self) -> ROIPoolingParameter: ...
    @property
    def spatial_dropout_param(self) -> SpatialDropoutParameter: ...
    @property
    def mn_grad_compress_param(self) -> MnParamGradCompressParameter: ...
    @property
    def quantization_param(self) -> QuantizationParameter: ...
    @property
    def reorg_param(self) -> ReorgParameter: ...
    @property
    def split_param(self) -> SplitParameter: ...
    @property
    def region_loss_param(self) -> RegionLossParameter: ...
    @property
    def eval_detection_param(self) -> EvalDetectionParameter: ...
    @property
    def bn_param(self) -> BNParameter: ...
    @property
    def interp_param(self) -> InterpParameter: ...
    @property
    def upsample_param(self) -> UpsampleParameter: ...
    @property
    def shuffle_channel_param(self) -> ShuffleChannelParameter: ...
    @property
    def selu_param(self) -> SeLuParameter: ...
    @property
    def selu_dropout_param(self) -> SeLuDropoutParameter: ...
    @property
    def flip_param(self) -> FlipParameter: ...
    @property
    def insanity_param(self) -> InsanityParameter: ...
    @property
    def eltwise_affine_param(self) -> EltwiseAffineParameter: ...
    @property
    def relu6_param(self) -> ReLUParameter: ...
    @property
    def normalize_param(self) -> NormalizeParameter: ...
    @property
    def my_norm_param(self) -> NormalizeParameter: ...
    @property
    def unpooling_param(self) -> UnpoolingParameter: ...
    @property
    def mergecrop_param(self) -> MergeCropParameter: ...
    @property
    def convolution3d_param(self) -> Convolution3DParameter: ...
    @property
    def pooling3d_param(self) -> Pooling3DParameter: ...
    @property
    def focal_loss_param(self) -> FocalLossParameter: ...
    @property
    def triplet_loss_param(self) -> TripletLossParameter: ...
    @property
    def center_loss_param(self) -> CenterLossParameter: ...
    @property
    def margin_inner_product_param(self) -> MarginInnerProductParameter: ...
    @property
    def inner_distance_param(self) -> InnerDistanceParameter: ...
    @property
    def l1_loss_param(self) -> L1LossParameter: ...
    @property
    def seg_accuracy_param(self) -> SegAccuracyParameter: ...
    @property
    def proposal_param(self) -> ProposalParameter: ...
    @property
    def lstm_param(self) -> LSTMParameter: ...
    @property
    def reverse_param(self) -> ReverseParameter: ...
    @property
    def transpose_param(self) -> TransposeParameter: ...
    @property
    def continuation_indicator_param(self) -> ContinuationIndicatorParameter: ...
    @property
    def bbox_reg_param(self) -> BBoxRegParameter: ...
    @property
    def box_group_output_param(self) -> BoxGroupOutputParameter: ...
    @property
    def decode_bbox_param(self) -> DecodeBBoxParameter: ...
    @property
    def scale_route_param(self) -> ScaleRouteParameter: ...
    @property
    def yolo_detection_output_param(self) -> YoloDetectionOutputParameter: ...
    @property
    def yolov3_detection_output_param(self) -> Yolov3DetectionOutputParameter: ...
    @property
    def detection_data_param(self) -> DetectionDataParameter: ...
    @property
    def eval_data_param(self) -> EvalDataParameter: ...
    @property
    def hard_mining_param(self) -> HardMiningParameter: ...
    @property
    def detection_group_loss_param(self) -> DetectionGroupLossParameter: ...
    @property
    def detection_group_accuracy_param(self) -> DetectionGroupAccuracyParameter: ...
    @property
    def proposal_target_param(self) -> ProposalTargetParameter: ...
    @property
    def frcnn_output_param(self) -> FrcnnOutputParameter: ...
    @property
    def affinity_param(self) -> AffinityParameter: ...
    @property
    def denseblock_param(self) -> DenseBlockParameter: ...
    @property
    def ctc_loss_param(self) -> CtcLossParameter: ...
    @property
    def labelsequence_accuracy_param(self) -> LabelsequenceAccuracyParameter: ...
    @property
    def ctc_decoder_param(self) -> CTCDecoderParameter: ...
    @property
    def eltwise_accuracy_param(self) -> EltwiseAccuracyParameter: ...
    @property
    def dense_image_data_param(self) -> DenseImageDataParameter: ...
    @property
    def general_contrastive_loss_param(self) -> GeneralContrastiveParameter: ...
    @property
    def general_triplet_loss_param(self) -> GeneralTripletParameter: ...
    @property
    def label_specific_rescale_param(self) -> LabelSpecificRescaleParameter: ...
    @property
    def channel_scale_param(self) -> ChannelScaleParameter: ...
    @property
    def yolov3_param(self) -> Yolov3Parameter: ...
    @property
    def yolo_seg_param(self) -> YoloSegParameter: ...
    @property
    def segmentation_evaluate_param(self) -> SegmentationEvaluateParameter: ...
    @property
    def local_param(self) -> LocalParameter: ...
    @property
    def sub_region_param(self) -> SubRegionParameter: ...
    @property
    def hotspot_param(self) -> HotspotParameter: ...
    @property
    def rrelu_param(self) -> RReLUParameter: ...
    @property
    def apl_param(self) -> APLParameter: ...
    @property
    def multi_stage_meanfield_param(self) -> MultiStageMeanfieldParameter: ...
    @property
    def mat_write_param(self) -> MatWriteParameter: ...
    @property
    def rescale_param(self) -> RescaleParameter: ...
    @property
    def gather_param(self) -> GatherParameter: ...
    @property
    def im2windows_param(self) -> Im2WindowsParameter: ...
    @property
    def pairwise_param(self) -> PairwiseParameter: ...
    @property
    def confusion_matrix_param(self) -> ConfusionMatrixParameter: ...
    @property
    def randvec_param(self) -> RandVecPlaneParameter: ...
    @property
    def rand_vec_param(self) -> RandVecParameter: ...
    @property
    def saliency_pooling_param(self) -> SaliencyPoolingParameter: ...
    @property
    def layer_norm_param(self) -> LayerNormParameter: ...
    @property
    def group_norm_param(self) -> GroupNormParameter: ...
    @property
    def instance_norm_param(self) -> InstanceNormParameter: ...
    @property
    def gelu_param(self) -> GELUParameter: ...
    @property
    def matmul_param(self) -> MatMulParameter: ...
    @property
    def pixelshuffle_param(self) -> PixelShuffleParameter: ...
    @property
    def pad_param(self) -> PadParameter: ...
    @property
    def adaptive_pooling_param(self) -> AdaptivePoolingParameter: ...
    @property
    def attention_param(self) -> AttentionParameter: ...
    @property
    def position_embedding_param(self) -> PositionEmbeddingParameter: ...
    @property
    def drop_path_param(self) -> DropPathParameter: ...
    @property
    def grid_sample_param(self) -> GridSampleParameter: ...
    @property
    def net_file_param(self) -> NetFileParameter: ...
    @property
    def multi_box_head_param(self) -> MultiBoxHeadParameter: ...
    source_class: str
    @property
    def filter_param(self) -> FilterParameter: ...
    @property
    def torch_param(self) -> TorchParameter: ...
    @property
    def retina_net_loss_param(self) -> RetinaNetLossParameter: ...
    @property
    def yolo_grid_loss_param(self) -> YoloGridLossParameter: ...
    @property
    def yolo_grid_output_param(self) -> YoloGridOutputParameter: ...
    @property
    def fcos_loss_param(self) -> FcosLossParameter: ...
    @property
    def relation_param(self) -> RelationParameter: ...
    @property
    def duplicate_removal_param(self) -> DuplicateRemovalParameter: ...
    @property
    def cpm_transform_param(self) -> CPMTransformationParameter: ...
    @property
    def const_scale_param(self) -> ConstScaleParameter: ...
    @property
    def truncation_param(self) -> TruncationParameter: ...
    @property
    def gradient_scaler_param(self) -> GradientScalerParameter: ...
    @property
    def dtow_param(self) -> DtowParameter: ...
    @property
    def tiling_param(self) -> TilingParameter: ...
    @property
    def corner_crop_param(self) -> CornerCropParameter: ...
    @property
    def sum_pooling_param(self) -> SumPoolingParameter: ...
    @property
    def grid_pooling_param(self) -> GRIDPoolingParameter: ...
    @property
    def correlation_param(self) -> CorrelationParameter: ...
    @property
    def flow_warp_param(self) -> FlowWarpParameter: ...
    @property
    def st_param(self) -> SpatialTransformerParameter: ...
    @property
    def mmd_param(self) -> MMDParameter: ...
    @property
    def seg_data_param(self) -> SegDataParameter: ...
    @property
    def carcont_param(self) -> CarcontParameter: ...
    @property
    def drive_data_param(self) -> DriveDataParameter: ...
    @property
    def picpac_param(self) -> PicPacParameter: ...
    @property
    def fixed_param(self) -> FixedParameter: ...
    @property
    def topk_param(self) -> TopKParameter: ...
    @property
    def wasserstein_param(self) -> WassersteinParameter: ...
    @property
    def scale_tanh_param(self) -> ScaleTanHParameter: ...
    @property
    def simpler_nms_param(self) -> SimplerNMSParameter: ...
    @property
    def faster_rcnn_detection_output_param(self) -> FasterRcnnDetectionOutputParameter: ...
    @property
    def ssddetectionoutput_param(self) -> SSDDetectionOutputParameter: ...
    @property
    def roi_warping_param(self) -> ROIWarpingParameter: ...
    @property
    def segmentation_score_param(self) -> SegmentationScoreParameter: ...
    @property
    def mask_resize_param(self) -> MaskResizeParameter: ...
    @property
    def label_specific_add_param(self) -> LabelSpecificAddParameter: ...
    @property
    def cudnn_batch_norm_param(self) -> CuDNNBatchNormParameter: ...
    @property
    def largemargin_inner_product_param(self) -> LargeMarginInnerProductParameter: ...
    @property
    def image_gt_data_param(self) -> ImageGtDataParameter: ...
    @property
    def detection_loss_param(self) -> DetectionLossParameter: ...
    @property
    def detection_accuracy_param(self) -> DetectionAccuracyParameter: ...
    @property
    def box_output_param(self) -> BoxOutputParameter: ...
    @property
    def cos_data_param(self) -> CoSDataParameter: ...
    @property
    def op_transform_param(self) -> OPTransformationParameter: ...
    @property
    def combined_margin_param(self) -> CombinedMarginParameter: ...
    @property
    def knowledge_distillation_param(self) -> KnowledgeDistillationParameter: ...
    @property
    def resample_param(self) -> ResampleParameter: ...
    @property
    def downsample_param(self) -> DownsampleParameter: ...
    @property
    def accum_param(self) -> AccumParameter: ...
    @property
    def mean_param(self) -> MeanParameter: ...
    @property
    def lpq_loss_param(self) -> LpqLossParameter: ...
    @property
    def augmentation_param(self) -> AugmentationParameter: ...
    @property
    def coeff_schedule_param(self) -> CoeffScheduleParameter: ...
    reshape_every_iter: bool
    @property
    def att_pooling_param(self) -> AttPoolingParameter: ...
    @property
    def renet_lstm_param(self) -> ReNetLSTMParameter: ...
    @property
    def multi_stage_meanfield_au3_param(self) -> MultiStageMeanfieldParameter: ...
    @property
    def netvlad_param(self) -> NetvladParameter: ...
    @property
    def roi_align_param(self) -> ROIAlignParameter: ...
    @property
    def roi_alignment_param(self) -> ROIAlignmentParameter: ...
    @property
    def global_sum_pooling_param(self) -> GlobalSumPoolingParameter: ...
    @property
    def multiclass_cross_entropy_loss_param(self) -> MulticlassCrossEntropyLossParameter: ...
    @property
    def deformable_convolution_param(self) -> DeformableConvolutionParameter: ...
    @property
    def modulated_deformable_convolution_param(self) -> DeformableConvolutionParameter: ...
    @property
    def lifted_struct_sim_softmax_loss_param(self) -> LiftedStructLossParameter: ...
    @property
    def sliding_window_param(self) -> SlidingWindowParameter: ...
    @property
    def im2dist_param(self) -> Im2distParameter: ...
    @property
    def im2parity_param(self) -> Im2parityParameter: ...
    @property
    def norm_conv_meanfield_param(self) -> NormConvMeanfieldParameter: ...
    @property
    def channel_reduce_param(self) -> ChannelReduceParameter: ...
    @property
    def two_image_data_param(self) -> TwoImageDataParameter: ...
    deletetop: bool
    deletebottom: bool
    @property
    def roi_convolution_param(self) -> ROIConvolutionParameter: ...
    @property
    def weights_compress(self) -> Values[str]: ...
    @property
    def activations_compress(self) -> Values[str]: ...
    @property
    def weights_compress_param(self) -> Messages[CompressParameter]: ...
    @property
    def activations_compress_param(self) -> Messages[CompressParameter]: ...
    @property
    def compress(self) -> Values[str]: ...
    @property
    def octree_param(self) -> OctreeParameter: ...
    @property
    def mhd_data_param(self) -> VolumeDataParameter: ...
    @property
    def mhd_data_with_dense_param(self) -> VolumeDataParameter: ...
    @property
    def multi_channel_data_param(self) -> VolumeDataParameter: ...
    @property
    def segment_output_param(self) -> SegmentOutputParameter: ...
    @property
    def yolo_detection_loss_param(self) -> YoloDetectionLossParameter: ...
    @property
    def yolo_accuracy_param(self) -> YoloAccuracyParameter: ...
    @property
    def dist_loss_param(self) -> DistLossParameter: ...
    @property
    def molgrid_data_param(self) -> MolGridDataParameter: ...
    @property
    def ndim_data_param(self) -> NDimDataParameter: ...
    @property
    def affinity_loss_param(self) -> AffinityLossParameter: ...
    @property
    def ssim_loss_param(self) -> SSIMLossParameter: ...
    @property
    def mixup_param(self) -> MixupParameter: ...
    @property
    def mil_param(self) -> MILParameter: ...
    @property
    def mil_data_param(self) -> MILDataParameter: ...
    @property
    def set_loss2_param(self) -> SetLoss2Parameter: ...
    @property
    def ordinal_regression_loss_param(self) -> OrdinalRegressionLossParameter: ...
    @property
    def bn_conv_param(self) -> BNConvParameter: ...
    @property
    def bdct_to_spatial_param(self) -> BdctToSpatialParameter: ...
    @property
    def quant_trunc_abs_param(self) -> QuantTruncAbsParameter: ...
    @property
    def image_data_steganalysis_jpeg_dct_param(self) -> SteganalysisDataParameter: ...
    @property
    def resize_param(self) -> ResizeLayerParameter: ...
    @property
    def pose_coords_from_heat_maps_param(self) -> PoseCoordsFromHeatMapsParameter: ...
    @property
    def secondary_regions_op_scores_param(self) -> SecondaryRegionsOpScoresParameter: ...
    @property
    def heat_maps_from_coords_origin_param(self) -> HeatMapsFromCoordsOriginParameter: ...
    @property
    def pose_heat_map_loss_param(self) -> PoseHeatMapLossParameter: ...
    @property
    def pose_pdj_accuracy_param(self) -> PosePDJAccuracyParameter: ...
    @property
    def pose_eudist_accuracy_param(self) -> PoseEuDistAccuracyParameter: ...
    @property
    def random_image_data2_param(self) -> PoseImageDataParameter: ...
    @property
    def multi_sources_images_data_param(self) -> MultiSourcesImagesDataParameter: ...
    @property
    def coord_to_bbox_masks_param(self) -> CoordsToBboxMasksParameter: ...
    @property
    def torso_mask_from_coords_param(self) -> TorsoMaskFromCoordsParameter: ...
    @property
    def visual_heat_maps_param(self) -> VisualHeatMapsParameter: ...
    @property
    def visual_pose_coords_param(self) -> VisualPoseCoordsParameter: ...
    @property
    def extract_primary_param(self) -> ExtractPrimaryParameter: ...
    @property
    def arg_max_c_param(self) -> ArgMaxCParameter: ...
    @property
    def load_data_image_param(self) -> LoadDataImageParameter: ...
    @property
    def load_data_from_file_param(self) -> LoadDataFromFileParameter: ...
    @property
    def scene_pooling_param(self) -> ScenePoolingParameter: ...
    @property
    def similary_euclidean_loss_param(self) -> SimilaryEuclideanLossParameter: ...
    @property
    def write_data_into_file_param(self) -> WriteDataIntoFileParameter: ...
    copy_postfix_name: str
    is_disp_info: bool
    train_net_output_disp: bool
    @property
    def hypercolumns_param(self) -> HyperColumnsParameter: ...
    @property
    def psroi_align_param(self) -> PSROIAlignParameter: ...
    @property
    def division_param(self) -> DivisionParameter: ...
    @property
    def combination_param(self) -> CombinationParameter: ...
    @property
    def dice_coef_loss_param(self) -> DiceCoefLossParameter: ...
    @property
    def multi_roi_pooling_param(self) -> MultiROIPoolingParameter: ...
    @property
    def lstm_conv_param(self) -> Messages[LSTMConvolutionParameter]: ...
    @property
    def lstm_debug_param(self) -> LSTMDebugParameter: ...
    @property
    def output_decay_param(self) -> OutputDecayParameter: ...
    @property
    def weighted_softmax_param(self) -> WeightedSoftmaxParameter: ...
    @property
    def weighted_softmax_loss_param(self) -> WeightedSoftmaxLossParameter: ...
    @property
    def l2norm_param(self) -> L2NormParameter: ...
    @property
    def prune_param(self) -> PruneParameter: ...
    @property
    def brelu_param(self) -> BReLUParameter: ...
    @property
    def color_conv_param(self) -> ColorConvParameter: ...
    @property
    def split_data_param(self) -> SplitDataParameter: ...
    @property
    def image_data_modify_param(self) -> ImageDataModifyParameter: ...
    @property
    def region_param(self) -> RegionParameter: ...
    @property
    def tensor_transpose_param(self) -> TensorTransposeParameter: ...
    @property
    def precision_param(self) -> PrecisionParameter: ...
    @property
    def kernel_loss_param(self) -> KernelLossParameter: ...
    @property
    def euclidean_with_tv_param(self) -> EuclideanWithTVParameter: ...
    @property
    def heatmap_data_param(self) -> HeatmapDataParameter: ...
    @property
    def expmax_param(self) -> ExpParameter: ...
    @property
    def cpp_param(self) -> CppParameter: ...
    is_test: bool
    @property
    def heatmap_test_param(self) -> HeatmapTestParameter: ...
    @property
    def label_drop_param(self) -> LabelDropParameter: ...
    @property
    def pose_image_data_param(self) -> PosePatchDataParameter: ...
    visualise: bool
    visualise_channel: int
    @property
    def au_mask_based_land_param(self) -> AUMaskBasedLandParameter: ...
    @property
    def multi_label_image_data_param(self) -> MultiLabelImageDataParameter: ...
    @property
    def squeeze_param(self) -> SqueezeParameter: ...
    @property
    def mul_param(self) -> MulParameter: ...
    @property
    def depth_to_space_param(self) -> DepthToSpaceParameter: ...
    @property
    def space_to_depth_param(self) -> SpaceToDepthParameter: ...
    @property
    def space_to_batch_nd_param(self) -> SpaceToBatchNDParameter: ...
    @property
    def batch_to_space_nd_param(self) -> BatchToSpaceNDParameter: ...
    @property
    def resize_bilinear_param(self) -> ResizeBilinearParameter: ...
    @property
    def resize_nearest_neighbor_param(self) -> ResizeNearestNeighborParameter: ...
    @property
    def upsample_darknet_param(self) -> UpsampleDarknetParameter: ...
    @property
    def roi_mask_pooling_param(self) -> ROIMaskPoolingParameter: ...
    @property
    def pooling_nd_param(self) -> PoolingNDParameter: ...
    @property
    def round_param(self) -> RoundParameter: ...
    @property
    def imp_map_param(self) -> ImpMapParameter: ...
    @property
    def crop_patch_from_max_feature_position_param(self) -> PatchAtMaximumParameter: ...
    @property
    def hashing_loss_param(self) -> HashingLossParameter: ...
    @property
    def softmax_pair_param(self) -> SoftmaxParameter: ...
    @property
    def class_distance_param(self) -> ClassDistanceParameter: ...
    @property
    def center_cos_loss_param(self) -> CenterCosLossParameter: ...
    @property
    def splice_param(self) -> SpliceParameter: ...
    @property
    def roi_gen_param(self) -> RoiGenParameter: ...
    @property
    def decode_rois_param(self) -> DecodeRoisParameter: ...
    @property
    def format_image_data_param(self) -> ImageDataParameter: ...
    @property
    def doc_data_param(self) -> DocDataParameter: ...
    @property
    def image_transform_param(self) -> ImageTransformationParameter: ...
    @property
    def weighted_fmeasure_loss_param(self) -> WeightedFmeasureLossParameter: ...
    @property
    def precision_recall_param(self) -> PRParameter: ...
    @property
    def mtranspose_param(self) -> MTransposeParameter: ...
    @property
    def tc_param(self) -> TransformColorParameter: ...
    @property
    def arcface_param(self) -> ArcfaceParameter: ...
    @property
    def cosin_add_m_param(self) -> CosinAddmParameter: ...
    @property
    def adacos_add_m_scale_param(self) -> AdaCosAddmScaleParameter: ...
    @property
    def compact_bilinear_param(self) -> CompactBilinearParameter: ...
    @property
    def imresize_param(self) -> ImResizeParameter: ...
    @property
    def nms_param(self) -> NmsParameter: ...
    @property
    def rotate_pooling_param(self) -> RotateROIPoolingParameter: ...
    @property
    def power_file_param(self) -> PowerFileParameter: ...
    @property
    def st_loss_param(self) -> STLossParameter: ...
    @property
    def loc_loss_param(self) -> LocLossParameter: ...
    @property
    def labeled_matching_param(self) -> LabeledMatchingParameter: ...
    @property
    def unlabeled_matching_param(self) -> UnlabeledMatchingParameter: ...
    @property
    def guided_dropout_param(self) -> GuidedDropoutParameter: ...
    @property
    def feature_extrapolating_param(self) -> FeatureExtrapolatingParameter: ...
    @property
    def roi_generating_param(self) -> ROIGeneratingParameter: ...
    @property
    def lstmnode_param(self) -> LSTMParameter: ...
    @property
    def beam_search_param(self) -> BeamSearchParameter: ...
    @property
    def gen_slicinfo_param(self) -> GenSlicinfoParameter: ...
    @property
    def lowlevel_distance_param(self) -> LowlevelDistanceParameter: ...
    @property
    def point_bilinear_param(self) -> PointBilinearParameter: ...
    @property
    def entropy_pack_param(self) -> EntropyPackParameter: ...
    @property
    def pixelwise_similarity_param(self) -> PixelwiseSimilarityParameter: ...
    @property
    def mapping_by_similarity_param(self) -> MappingBySimilarityParameter: ...
    @property
    def linear_transform_param(self) -> LinearProductParameter: ...
    @property
    def ranking_loss_param(self) -> RankingLossParameter: ...
    @property
    def keypoint_acc_param(self) -> KeypointAccParameter: ...
    @property
    def face_image_param(self) -> FaceImageParameter: ...
    @property
    def margin_softmax_loss_param(self) -> MarginSoftmaxLossParameter: ...
    @property
    def slice_predict_param(self) -> SlicePredictParameter: ...
    @property
    def rpn_output_param(self) -> RPNOutputParameter: ...
    @property
    def bbox_output_param(self) -> BBoxOutputParameter: ...
    @property
    def square_box_data_param(self) -> SquareBoxDataParameter: ...
    @property
    def pooling_3d_param(self) -> Pooling3DParameter: ...
    @property
    def writer_param(self) -> WriterParameter: ...
    @property
    def yolo_v2_loss_param(self) -> YoloV2LossParameter: ...
    @property
    def yolo_v3_loss_param(self) -> YoloV3LossParameter: ...
    @property
    def yolo_loss_param(self) -> MaskYoloLossParameter: ...
    @property
    def frcnn_param(self) -> FrcnnParameter: ...
    @property
    def duplicate_param(self) -> DuplicateParameter: ...
    @property
    def reverse_axis_param(self) -> ReverseParameter: ...
    @property
    def seg_param(self) -> SegmentationParameter: ...
    @property
    def sparsify_param(self) -> SparsifyParameter: ...
    @property
    def sparse_param(self) -> SparseLayerParameter: ...
    @property
    def cconvolution_param(self) -> SurgeryParameter: ...
    @property
    def cinner_product_param(self) -> SurgeryParameter: ...
    @property
    def classification_stats_param(self) -> ClassificationStatsParameter: ...
    @property
    def squash_param(self) -> SquashParameter: ...
    @property
    def capsule_reshape_param(self) -> CapsuleReshapeParameter: ...
    @property
    def capsule_transform_param(self) -> CapsuleTransformParameter: ...
    @property
    def capsule_routing_param(self) -> CapsuleRoutingParameter: ...
    @property
    def capsule_mask_param(self) -> CapsuleMaskParameter: ...
    @property
    def capsule_len_param(self) -> CapsuleLenParameter: ...
    @property
    def cap_param(self) -> CapParameter: ...
    @property
    def capsule_relu_param(self) -> CapsuleReluParameter: ...
    @property
    def capsule_conv_param(self) -> CapsuleConvParameter: ...
    @property
    def margin_param(self) -> MarginParameter: ...
    @property
    def capsule_conv_transform_param(self) -> CapsuleConvTransformParameter: ...
    @property
    def capsule_conv_routing_param(self) -> CapsuleConvRoutingParameter: ...
    @property
    def dns_convolution_param(self) -> DNSParameter: ...
    @property
    def dns_inner_product_param(self) -> DNSParameter: ...
    @property
    def inq_convolution_param(self) -> INQParameter: ...
    @property
    def inq_inner_product_param(self) -> INQParameter: ...
    @property
    def pw_attend_param(self) -> AttPoolingParameter: ...
    @property
    def mae_param(self) -> MAEParameter: ...
    @property
    def sample_triplet_param(self) -> SampleTripletParameter: ...
    apply_normalization: bool
    apply_mirroring: bool
    prob_mirroring: float
    apply_rot: bool
    rot_min: float
    rot_max: float
    apply_blur: bool
    blur_size: int
    blur_max_var: float
    apply_contrast_brightness: bool
    alpha_c: float
    beta_c: float
    @property
    def spatial_pyramid_pooling_param(self) -> SpatialPyramidPoolingParameter: ...
    @property
    def spatial_pyramid_pooling_data_param(self) -> SpatialPyramidPoolingDataParameter: ...
    @property
    def rbm_inner_product_param(self) -> RBMInnerProductParameter: ...
    @property
    def remote_data_param(self) -> RemoteDataParameter: ...
    @property
    def noise_tolerant_fr_param(self) -> NoiseTolerantFRParameter: ...
    @property
    def densecrf_loss_param(self) -> DenseCRFLossParameter: ...
    @property
    def softmaxloss_param(self) -> SoftmaxLossParameter: ...
    @property
    def padding_param(self) -> PaddingParameter: ...
    @property
    def select_seg_binary_param(self) -> SelectSegBinaryParameter: ...
    @property
    def window_cls_data_param(self) -> WindowClsDataParameter: ...
    @property
    def gs_tiling_param(self) -> GSTilingParameter: ...
    strict_dim: bool
    @property
    def binary_data_param(self) -> BinaryDataParameter: ...
    @property
    def mcwindow_data_param(self) -> MCWindowDataParameter: ...
    @property
    def namcwindow_data_param(self) -> MCWindowDataParameter: ...
    @property
    def submean_param(self) -> SubmeanParameter: ...
    @property
    def triplet_rank_loss_param(self) -> TripletRankLossParameter: ...
    @property
    def cross_triplet_loss_param(self) -> CrossTripletLossParameter: ...
    @property
    def dot_product_param(self) -> DotProductParameter: ...
    @property
    def field_probing_param(self) -> FieldProbingParameter: ...
    @property
    def gaussian_param(self) -> GaussianParameter: ...
    @property
    def transform_3d_param(self) -> Transform3DParameter: ...
    @property
    def binomial_loss_param(self) -> BinomialLossParameter: ...
    @property
    def act_loss_param(self) -> ActLossParameter: ...
    @property
    def proposal_crop_param(self) -> ProposalCropParameter: ...
    @property
    def crffilterbanked_param(self) -> CrfFilterbankEdParameter: ...
    @property
    def crfed_param(self) -> CrfEdParameter: ...
    @property
    def crfgrad_param(self) -> CrfGradParameter: ...
    @property
    def pixel_feature_param(self) -> PixelFeatureParameter: ...
    @property
    def iou_accuracy_param(self) -> IOUAccuracyParameter: ...
    @property
    def image_label_data_param(self) -> ImageLabelDataParameter: ...
    @property
    def image_label_edge_data_param(self) -> ImageLabelEdgeDataParameter: ...
    @property
    def accuracy_view_param(self) -> AccuracyViewParameter: ...
    @property
    def softmax_with_view_loss_param(self) -> SoftmaxWithViewLossParameter: ...
    @property
    def spm_param(self) -> SPMParameter: ...
    @property
    def isomap_manifold_learning_loss_param(self) -> IsomapManifoldLearningLossParameter: ...
    @property
    def isomap_softmax_with_loss_param(self) -> IsomapSoftmaxWithLossParameter: ...
    @property
    def orn_param(self) -> ORNParameter: ...
    @property
    def datum_data_param(self) -> DatumDataParameter: ...
    @property
    def recu_param(self) -> ReCUParameter: ...
    @property
    def weight_decay_l1(self) -> Values[float]: ...
    @property
    def weight_decay_l1g(self) -> Values[float]: ...
    @property
    def reshape_volume_param(self) -> ReshapeVolumeParameter: ...
    @property
    def hwcn_param(self) -> HWCNParameter: ...
    @property
    def cpfp_conversion_param(self) -> CPFPConversionParameter: ...
    @property
    def cr_param(self) -> CRParameter: ...
    @property
    def xcl_param(self) -> XCLParameter: ...
    @property
    def circulant_projection_param(self) -> CirculantProjectionParameter: ...
    @property
    def skewcirculant_projection_param(self) -> CirculantProjectionParameter: ...
    @property
    def layer_op_param(self) -> CirculantProjectionParameter: ...
    @property
    def p2s_loss_param(self) -> P2SLossParameter: ...
    @property
    def dr_param(self) -> DynamicRoutingParameter: ...
    @property
    def capsule_deconv_transform_param(self) -> CapsuleDeconvTransformParameter: ...
    @property
    def capsule_deconv_routing_param(self) -> CapsuleDeconvRoutingParameter: ...
    @property
    def bbox_data_param(self) -> BboxDataParameter: ...
    @property
    def squeezedet_param(self) -> SqueezeDetLossParameter: ...
    @property
    def rpn_param(self) -> RPNParameter: ...
    @property
    def softmax_with_sphere_loss_param(self) -> SoftmaxWithSphereLossParameter: ...
    @property
    def accuracy_sphere_param(self) -> AccuracySphereParameter: ...
    @property
    def cosin_loss_param(self) -> CosinLossParameter: ...
    @property
    def lp_det_param(self) -> LpDetParameter: ...
    @property
    def lp_evaluate_param(self) -> LpDetParameter: ...
    @property
    def face_evaluate_param(self) -> FaceEvaluateParameter: ...
    @property
    def center_object_loss_param(self) -> CenterObjectLossParameter: ...
    @property
    def warpctc_loss_param(self) -> CtcLossParameter: ...
    use_ctc_loss: bool
    @property
    def super_category_param(self) -> SuperCategoryParameter: ...
    @property
    def regularize_param(self) -> RegularizeParameter: ...
    @property
    def regularize_2_param(self) -> RegularizeResultParameter: ...
    @property
    def word_sum_param(self) -> WordSumParameter: ...
    @property
    def enlarge_param(self) -> EnlargeParameter: ...
    @property
    def random_maclaurin_param(self) -> RandomMaclaurinParameter: ...
    @property
    def bnplus_param(self) -> BNplusParameter: ...
    @property
    def create_mask_vector_param(self) -> CreateMaskVectorParameter: ...
    @property
    def mask_create_param(self) -> MaskCreateParameter: ...
    @property
    def dial_param(self) -> DialParameter: ...
    @property
    def clustering_param(self) -> ClusteringParameter: ...
    @property
    def ogn_data_param(self) -> OGNDataParameter: ...
    @property
    def ogn_loss_prep_param(self) -> OGNLossPrepParameter: ...
    @property
    def ogn_conv_param(self) -> OGNConvParameter: ...
    @property
    def ogn_prop_param(self) -> OGNPropParameter: ...
    @property
    def ogn_output_param(self) -> OGNOutputParameter: ...
    @property
    def ogn_color_data_param(self) -> OGNDataParameter: ...
    @property
    def ogn_color_loss_prep_param(self) -> OGNLossPrepParameter: ...
    @property
    def ogn_color_output_param(self) -> OGNOutputParameter: ...
    @property
    def pointwise_spatial_attention_param(self) -> PointwiseSpatialAttentionParameter: ...
    @property
    def grn_param(self) -> GRNParameter: ...
    @property
    def scale_filter_param(self) -> ScaleFilterParameter: ...
    @property
    def embedding_extractor_param(self) -> AnchorEmbeddingExtractorParameter: ...
    @property
    def random_param(self) -> RandomParameter: ...
    @property
    def roi_data_param(self) -> ROIDataParameter: ...
    @property
    def smoothl1_param(self) -> SmoothL1Parameter: ...
    @property
    def noise_param(self) -> LayerNoiseParameter: ...
    @property
    def weight_euclidean_loss_param(self) -> WeightEuclideanLossParameter: ...
    @property
    def image_float_data_param(self) -> ImageFloatDataParameter: ...
    @property
    def euclideanloss_param(self) -> EuclideanLossParameter: ...
    @property
    def random_noise_param(self) -> RandomNoiseParameter: ...
    @property
    def generic_window_data_param(self) -> GenericWindowDataParameter: ...
    @property
    def box_param(self) -> BoxParameter: ...
    connectivity_mode: LayerParameter.ConnectivityMode
    @property
    def entropy_param(self) -> EntropyParameter: ...
    @property
    def outer_product_param(self) -> OuterProductParameter: ...
    @property
    def multi_label_accuracy_param(self) -> MultiLabelAccuracyParameter: ...
    @property
    def multilogistic_param(self) -> MultilogisticParameter: ...
    @property
    def lse_pooling_param(self) -> LsePoolingParameter: ...
    @property
    def image_data_multi_label_param(self) -> ImageDataParameter: ...
    @property
    def gridding_param(self) -> GriddingParameter: ...
    @property
    def auc_param(self) -> AUCParameter: ...
    @property
    def log_scaler_param(self) -> LogScalerParameter: ...
    @property
    def mmd_loss_param(self) -> MMDLossParameter: ...
    @property
    def mmdx_loss_param(self) -> MMDLossParameter: ...
    @property
    def multimodal_batch_norm_param(self) -> MultiModalBatchNormParameter: ...
    @property
    def degridding_param(self) -> DegriddingParameter: ...
    @property
    def gradient_alignment_param(self) -> GradientAlignmentParameter: ...
    @property
    def param2top_param(self) -> Param2TopParameter: ...
    @property
    def class_latch_param(self) -> ClassLatchParameter: ...
    @property
    def homo_mean_loss_param(self) -> HomoMeanLossParameter: ...
    @property
    def image_multilabel_data_param(self) -> ImageMultiLabelDataParameter: ...
    @property
    def patch_reshape_param(self) -> PatchReshapeParameter: ...
    @property
    def mult_softmax_loss_param(self) -> MultiSoftmaxLossParameter: ...
    @property
    def sparse_hypercolumn_extractor_param(self) -> SparseHypercolumnExtractorParameter: ...
    @property
    def mask_outputs_param(self) -> MaskOutputsParameter: ...
    @property
    def euclidean_weight_param(self) -> EuclideanWeightedLossParameter: ...
    @property
    def anchor_target_param(self) -> AnchorTargetParameter: ...
    @property
    def mask_target_param(self) -> MaskTargetParameter: ...
    @property
    def image_output_param(self) -> ImageOutputParameter: ...
    @property
    def smooth_pooling_param(self) -> SmoothPoolingParameter: ...
    @property
    def sparse_data_param(self) -> SparseDataParameter: ...
    @property
    def spatial_wta_param(self) -> SpatialWtaParameter: ...
    @property
    def rearrange_param(self) -> RearrangeParameter: ...
    @property
    def triplet_ranking_hinge_loss_param(self) -> TripletRankingHingeLossParameter: ...
    @property
    def posenet_accuracy_param(self) -> PosenetAccuracyParameter: ...
    def __init__(
        self, *,
            name: str | None = ..., type: str | None = ..., bottom: Iterable[str] | None = ...,
            top: Iterable[str] | None = ..., loss_weight: Iterable[float] | None = ..., param:
            Iterable[ParamSpec | _Fields] | None = ..., blobs: Iterable[BlobProto | _Fields] |
            None = ..., include: Iterable[NetStateRule | _Fields] | None = ..., exclude:
            Iterable[NetStateRule | _Fields] | None = ..., phase: Phase | int | str | None =
            ..., propagate_down: Iterable[bool] | None = ..., transform_param:
            TransformationParameter | _Fields | None = ..., loss_param: LossParameter | _Fields
            | None = ..., accuracy_param: AccuracyParameter | _Fields | None = ...,
            argmax_param: ArgMaxParameter | _Fields | None = ..., concat_param: ConcatParameter
            | _Fields | None = ..., contrastive_loss_param: ContrastiveLossParameter | _Fields |
            None = ..., convolution_param: ConvolutionParameter | _Fields | None = ...,
            data_param: DataParameter | _Fields | None = ..., dropout_param: DropoutParameter |
            _Fields | None = ..., dummy_data_param: DummyDataParameter | _Fields | None = ...,
            eltwise_param: EltwiseParameter | _Fields | None = ..., exp_param: ExpParameter |
            _Fields | None = ..., hdf5_data_param: HDF5DataParameter | _Fields | None = ...,
            hdf5_output_param: HDF5OutputParameter | _Fields | None = ..., hinge_loss_param:
            HingeLossParameter | _Fields | None = ..., image_data_param: ImageDataParameter |
            _Fields | None = ..., infogain_loss_param: InfogainLossParameter | _Fields | None =
            ..., inner_product_param: InnerProductParameter | _Fields | None = ..., lrn_param:
            LRNParameter | _Fields | None = ..., memory_data_param: MemoryDataParameter |
            _Fields | None = ..., mvn_param: MVNParameter | _Fields | None = ..., pooling_param:
            PoolingParameter | _Fields | None = ..., power_param: PowerParameter | _Fields |
            None = ..., relu_param: ReLUParameter | _Fields | None = ..., sigmoid_param:
            SigmoidParameter | _Fields | None = ..., softmax_param: SoftmaxParameter | _Fields |
            None = ..., slice_param: SliceParameter | _Fields | None = ..., tanh_param:
            TanHParameter | _Fields | None = ..., threshold_param: ThresholdParameter | _Fields
            | None = ..., window_data_param: WindowDataParameter | _Fields | None = ...,
            python_param: PythonParameter | _Fields | None = ..., prelu_param: PReLUParameter |
            _Fields | None = ..., spp_param: SPPParameter | _Fields | None = ..., reshape_param:
            ReshapeParameter | _Fields | None = ..., log_param: LogParameter | _Fields | None =
            ..., flatten_param: FlattenParameter | _Fields | None = ..., reduction_param:
            ReductionParameter | _Fields | None = ..., embed_param: EmbedParameter | _Fields |
            None = ..., tile_param: TileParameter | _Fields | None = ..., batch_norm_param:
            BatchNormParameter | _Fields | None = ..., elu_param: ELUParameter | _Fields | None
            = ..., bias_param: BiasParameter | _Fields | None = ..., scale_param: ScaleParameter
            | _Fields | None = ..., input_param: InputParameter | _Fields | None = ...,
            crop_param: CropParameter | _Fields | None = ..., parameter_param:
            ParameterParameter | _Fields | None = ..., recurrent_param: RecurrentParameter |
            _Fields | None = ..., annotated_data_param: AnnotatedDataParameter | _Fields | None
            = ..., multibox_loss_param: MultiBoxLossParameter | _Fields | None = ...,
            permute_param: PermuteParameter | _Fields | None = ..., prior_box_param:
            PriorBoxParameter | _Fields | None = ..., detection_output_param:
            DetectionOutputParameter | _Fields | None = ..., detection_evaluate_param:
            DetectionEvaluateParameter | _Fields | None = ..., norm_param: NormalizeParameter |
            _Fields | None = ..., video_data_param: VideoDataParameter | _Fields | None = ...,
            swish_param: SwishParameter | _Fields | None = ..., clip_param: ClipParameter |
            _Fields | None = ..., forward_type: Type | int | str | None = ..., backward_type:
            Type | int | str | None = ..., forward_math: Type | int | str | None = ...,
            backward_math: Type | int | str | None = ..., debug: bool | None = ...,
            cudnn_math_override: int | None = ..., trt_param: TRTParameter | _Fields | None =
            ..., detectnet_groundtruth_param: DetectNetGroundTruthParameter | _Fields | None =
            ..., detectnet_augmentation_param: DetectNetAugmentationParameter | _Fields | None =
            ..., smooth_l1_loss_param: SmoothL1LossParameter | _Fields | None = ..., engine: str
            | None = ..., multinode: MultinodeLayerParameter | _Fields | None = ...,
            mn_activation_param: MnActivationParameter | _Fields | None = ...,
            box_annotator_ohem_param: BoxAnnotatorOHEMParameter | _Fields | None = ...,
            psroi_pooling_param: PSROIPoolingParameter | _Fields | None = ...,
            roi_pooling_param: ROIPoolingParameter | _Fields | None = ...,
            spatial_dropout_param: SpatialDropoutParameter | _Fields | None = ...,
            mn_grad_compress_param: MnParamGradCompressParameter | _Fields | None = ...,
            quantization_param: QuantizationParameter | _Fields | None = ..., reorg_param:
            ReorgParameter | _Fields | None = ..., split_param: SplitParameter | _Fields | None
            = ..., region_loss_param: RegionLossParameter | _Fields | None = ...,
            eval_detection_param: EvalDetectionParameter | _Fields | None = ..., bn_param:
            BNParameter | _Fields | None = ..., interp_param: InterpParameter | _Fields | None =
            ..., upsample_param: UpsampleParameter | _Fields | None = ...,
            shuffle_channel_param: ShuffleChannelParameter | _Fields | None = ..., selu_param:
            SeLuParameter | _Fields | None = ..., selu_dropout_param: SeLuDropoutParameter |
            _Fields | None = ..., flip_param: FlipParameter | _Fields | None = ...,
            insanity_param: InsanityParameter | _Fields | None = ..., eltwise_affine_param:
            EltwiseAffineParameter | _Fields | None = ..., relu6_param: ReLUParameter | _Fields
            | None = ..., normalize_param: NormalizeParameter | _Fields | None = ...,
            my_norm_param: NormalizeParameter | _Fields | None = ..., unpooling_param:
            UnpoolingParameter | _Fields | None = ..., mergecrop_param: MergeCropParameter |
            _Fields | None = ..., convolution3d_param: Convolution3DParameter | _Fields | None =
            ..., pooling3d_param: Pooling3DParameter | _Fields | None = ..., focal_loss_param:
            FocalLossParameter | _Fields | None = ..., triplet_loss_param: TripletLossParameter
            | _Fields | None = ..., center_loss_param: CenterLossParameter | _Fields | None =
            ..., margin_inner_product_param: MarginInnerProductParameter | _Fields | None = ...,
            inner_distance_param: InnerDistanceParameter | _Fields | None = ..., l1_loss_param:
            L1LossParameter | _Fields | None = ..., seg_accuracy_param: SegAccuracyParameter |
            _Fields | None = ..., proposal_param: ProposalParameter | _Fields | None = ...,
            lstm_param: LSTMParameter | _Fields | None = ..., reverse_param: ReverseParameter |
            _Fields | None = ..., transpose_param: TransposeParameter | _Fields | None = ...,
            continuation_indicator_param: ContinuationIndicatorParameter | _Fields | None = ...,
            bbox_reg_param: BBoxRegParameter | _Fields | None = ..., box_group_output_param:
            BoxGroupOutputParameter | _Fields | None = ..., decode_bbox_param:
            DecodeBBoxParameter | _Fields | None = ..., scale_route_param: ScaleRouteParameter |
            _Fields | None = ..., yolo_detection_output_param: YoloDetectionOutputParameter |
            _Fields | None = ..., yolov3_detection_output_param: Yolov3DetectionOutputParameter
            | _Fields | None = ..., detection_data_param: DetectionDataParameter | _Fields |
            None = ..., eval_data_param: EvalDataParameter | _Fields | None = ...,
            hard_mining_param: HardMiningParameter | _Fields | None = ...,
            detection_group_loss_param: DetectionGroupLossParameter | _Fields | None = ...,
            detection_group_accuracy_param: DetectionGroupAccuracyParameter | _Fields | None =
            ..., proposal_target_param: ProposalTargetParameter | _Fields | None = ...,
            frcnn_output_param: FrcnnOutputParameter | _Fields | None = ..., affinity_param:
            AffinityParameter | _Fields | None = ..., denseblock_param: DenseBlockParameter |
            _Fields | None = ..., ctc_loss_param: CtcLossParameter | _Fields | None = ...,
            labelsequence_accuracy_param: LabelsequenceAccuracyParameter | _Fields | None = ...,
            ctc_decoder_param: CTCDecoderParameter | _Fields | None = ...,
            eltwise_accuracy_param: EltwiseAccuracyParameter | _Fields | None = ...,
            dense_image_data_param: DenseImageDataParameter | _Fields | None = ...,
            general_contrastive_loss_param: GeneralContrastiveParameter | _Fields | None = ...,
            general_triplet_loss_param: GeneralTripletParameter | _Fields | None = ...,
            label_specific_rescale_param: LabelSpecificRescaleParameter | _Fields | None = ...,
            channel_scale_param: ChannelScaleParameter | _Fields | None = ..., yolov3_param:
            Yolov3Parameter | _Fields | None = ..., yolo_seg_param: YoloSegParameter | _Fields |
            None = ..., segmentation_evaluate_param: SegmentationEvaluateParameter | _Fields |
            None = ..., local_param: LocalParameter | _Fields | None = ..., sub_region_param:
            SubRegionParameter | _Fields | None = ..., hotspot_param: HotspotParameter | _Fields
            | None = ..., rrelu_param: RReLUParameter | _Fields | None = ..., apl_param:
            APLParameter | _Fields | None = ..., multi_stage_meanfield_param:
            MultiStageMeanfieldParameter | _Fields | None = ..., mat_write_param:
            MatWriteParameter | _Fields | None = ..., rescale_param: RescaleParameter | _Fields
            | None = ..., gather_param: GatherParameter | _Fields | None = ...,
            im2windows_param: Im2WindowsParameter | _Fields | None = ..., pairwise_param:
            PairwiseParameter | _Fields | None = ..., confusion_matrix_param:
            ConfusionMatrixParameter | _Fields | None = ..., randvec_param:
            RandVecPlaneParameter | _Fields | None = ..., rand_vec_param: RandVecParameter |
            _Fields | None = ..., saliency_pooling_param: SaliencyPoolingParameter | _Fields |
            None = ..., layer_norm_param: LayerNormParameter | _Fields | None = ...,
            group_norm_param: GroupNormParameter | _Fields | None = ..., instance_norm_param:
            InstanceNormParameter | _Fields | None = ..., gelu_param: GELUParameter | _Fields |
            None = ..., matmul_param: MatMulParameter | _Fields | None = ...,
            pixelshuffle_param: PixelShuffleParameter | _Fields | None = ..., pad_param:
            PadParameter | _Fields | None = ..., adaptive_pooling_param:
            AdaptivePoolingParameter | _Fields | None = ..., attention_param: AttentionParameter
            | _Fields | None = ..., position_embedding_param: PositionEmbeddingParameter |
            _Fields | None = ..., drop_path_param: DropPathParameter | _Fields | None = ...,
            grid_sample_param: GridSampleParameter | _Fields | None = ..., net_file_param:
            NetFileParameter | _Fields | None = ..., multi_box_head_param: MultiBoxHeadParameter
            | _Fields | None = ..., source_class: str | None = ..., filter_param:
            FilterParameter | _Fields | None = ..., torch_param: TorchParameter | _Fields | None
            = ..., retina_net_loss_param: RetinaNetLossParameter | _Fields | None = ...,
            yolo_grid_loss_param: YoloGridLossParameter | _Fields | None = ...,
            yolo_grid_output_param: YoloGridOutputParameter | _Fields | None = ...,
            fcos_loss_param: FcosLossParameter | _Fields | None = ..., relation_param:
            RelationParameter | _Fields | None = ..., duplicate_removal_param:
            DuplicateRemovalParameter | _Fields | None = ..., cpm_transform_param:
            CPMTransformationParameter | _Fields | None = ..., const_scale_param:
            ConstScaleParameter | _Fields | None = ..., truncation_param: TruncationParameter |
            _Fields | None = ..., gradient_scaler_param: GradientScalerParameter | _Fields |
            None = ..., dtow_param: DtowParameter | _Fields | None = ..., tiling_param:
            TilingParameter | _Fields | None = ..., corner_crop_param: CornerCropParameter |
            _Fields | None = ..., sum_pooling_param: SumPoolingParameter | _Fields | None = ...,
            grid_pooling_param: GRIDPoolingParameter | _Fields | None = ..., correlation_param:
            CorrelationParameter | _Fields | None = ..., flow_warp_param: FlowWarpParameter |
            _Fields | None = ..., st_param: SpatialTransformerParameter | _Fields | None = ...,
            mmd_param: MMDParameter | _Fields | None = ..., seg_data_param: SegDataParameter |
            _Fields | None = ..., carcont_param: CarcontParameter | _Fields | None = ...,
            drive_data_param: DriveDataParameter | _Fields | None = ..., picpac_param:
            PicPacParameter | _Fields | None = ..., fixed_param: FixedParameter | _Fields | None
            = ..., topk_param: TopKParameter | _Fields | None = ..., wasserstein_param:
            WassersteinParameter | _Fields | None = ..., scale_tanh_param: ScaleTanHParameter |
            _Fields | None = ..., simpler_nms_param: SimplerNMSParameter | _Fields | None = ...,
            faster_rcnn_detection_output_param: FasterRcnnDetectionOutputParameter | _Fields |
            None = ..., ssddetectionoutput_param: SSDDetectionOutputParameter | _Fields | None =
            ..., roi_warping_param: ROIWarpingParameter | _Fields | None = ...,
            segmentation_score_param: SegmentationScoreParameter | _Fields | None = ...,
            mask_resize_param: MaskResizeParameter | _Fields | None = ...,
            label_specific_add_param: LabelSpecificAddParameter | _Fields | None = ...,
            cudnn_batch_norm_param: CuDNNBatchNormParameter | _Fields | None = ...,
            largemargin_inner_product_param: LargeMarginInnerProductParameter | _Fields | None =
            ..., image_gt_data_param: ImageGtDataParameter | _Fields | None = ...,
            detection_loss_param: DetectionLossParameter | _Fields | None = ...,
            detection_accuracy_param: DetectionAccuracyParameter | _Fields | None = ...,
            box_output_param: BoxOutputParameter | _Fields | None = ..., cos_data_param:
            CoSDataParameter | _Fields | None = ..., op_transform_param:
            OPTransformationParameter | _Fields | None = ..., combined_margin_param:
            CombinedMarginParameter | _Fields | None = ..., knowledge_distillation_param:
            KnowledgeDistillationParameter | _Fields | None = ..., resample_param:
            ResampleParameter | _Fields | None = ..., downsample_param: DownsampleParameter |
            _Fields | None = ..., accum_param: AccumParameter | _Fields | None = ...,
            mean_param: MeanParameter | _Fields | None = ..., lpq_loss_param: LpqLossParameter |
            _Fields | None = ..., augmentation_param: AugmentationParameter | _Fields | None =
            ..., coeff_schedule_param: CoeffScheduleParameter | _Fields | None = ...,
            reshape_every_iter: bool | None = ..., att_pooling_param: AttPoolingParameter |
            _Fields | None = ..., renet_lstm_param: ReNetLSTMParameter | _Fields | None = ...,
            multi_stage_meanfield_au3_param: MultiStageMeanfieldParameter | _Fields | None =
            ..., netvlad_param: NetvladParameter | _Fields | None = ..., roi_align_param:
            ROIAlignParameter | _Fields | None = ..., roi_alignment_param: ROIAlignmentParameter
            | _Fields | None = ..., global_sum_pooling_param: GlobalSumPoolingParameter |
            _Fields | None = ..., multiclass_cross_entropy_loss_param:
            MulticlassCrossEntropyLossParameter | _Fields | None = ...,
            deformable_convolution_param: DeformableConvolutionParameter | _Fields | None = ...,
            modulated_deformable_convolution_param: DeformableConvolutionParameter | _Fields |
            None = ..., lifted_struct_sim_softmax_loss_param: LiftedStructLossParameter |
            _Fields | None = ..., sliding_window_param: SlidingWindowParameter | _Fields | None
            = ..., im2dist_param: Im2distParameter | _Fields | None = ..., im2parity_param:
            Im2parityParameter | _Fields | None = ..., norm_conv_meanfield_param:
            NormConvMeanfieldParameter | _Fields | None = ..., channel_reduce_param:
            ChannelReduceParameter | _Fields | None = ..., two_image_data_param:
            TwoImageDataParameter | _Fields | None = ..., deletetop: bool | None = ...,
            deletebottom: bool | None = ..., roi_convolution_param: ROIConvolutionParameter |
            _Fields | None = ..., weights_compress: Iterable[str] | None = ...,
            activations_compress: Iterable[str] | None = ..., weights_compress_param:
            Iterable[CompressParameter | _Fields] | None = ..., activations_compress_param:
            Iterable[CompressParameter | _Fields] | None = ..., compress: Iterable[str] | None =
            ..., octree_param: OctreeParameter | _Fields | None = ..., mhd_data_param:
            VolumeDataParameter | _Fields | None = ..., mhd_data_with_dense_param:
            VolumeDataParameter | _Fields | None = ..., multi_channel_data_param:
            VolumeDataParameter | _Fields | None = ..., segment_output_param:
            SegmentOutputParameter | _Fields | None = ..., yolo_detection_loss_param:
            YoloDetectionLossParameter | _Fields | None = ..., yolo_accuracy_param:
            YoloAccuracyParameter | _Fields | None = ..., dist_loss_param: DistLossParameter |
            _Fields | None = ..., molgrid_data_param: MolGridDataParameter | _Fields | None =
            ..., ndim_data_param: NDimDataParameter | _Fields | None = ..., affinity_loss_param:
            AffinityLossParameter | _Fields | None = ..., ssim_loss_param: SSIMLossParameter |
            _Fields | None = ..., mixup_param: MixupParameter | _Fields | None = ..., mil_param:
            MILParameter | _Fields | None = ..., mil_data_param: MILDataParameter | _Fields |
            None = ..., set_loss2_param: SetLoss2Parameter | _Fields | None = ...,
            ordinal_regression_loss_param: OrdinalRegressionLossParameter | _Fields | None =
            ..., bn_conv_param: BNConvParameter | _Fields | None = ..., bdct_to_spatial_param:
            BdctToSpatialParameter | _Fields | None = ..., quant_trunc_abs_param:
            QuantTruncAbsParameter | _Fields | None = ...,
            image_data_steganalysis_jpeg_dct_param: SteganalysisDataParameter | _Fields | None =
            ..., resize_param: ResizeLayerParameter | _Fields | None = ...,
            pose_coords_from_heat_maps_param: PoseCoordsFromHeatMapsParameter | _Fields | None =
            ..., secondary_regions_op_scores_param: SecondaryRegionsOpScoresParameter | _Fields
            | None = ..., heat_maps_from_coords_origin_param: HeatMapsFromCoordsOriginParameter
            | _Fields | None = ..., pose_heat_map_loss_param: PoseHeatMapLossParameter | _Fields
            | None = ..., pose_pdj_accuracy_param: PosePDJAccuracyParameter | _Fields | None =
            ..., pose_eudist_accuracy_param: PoseEuDistAccuracyParameter | _Fields | None = ...,
            random_image_data2_param: PoseImageDataParameter | _Fields | None = ...,
            multi_sources_images_data_param: MultiSourcesImagesDataParameter | _Fields | None =
            ..., coord_to_bbox_masks_param: CoordsToBboxMasksParameter | _Fields | None = ...,
            torso_mask_from_coords_param: TorsoMaskFromCoordsParameter | _Fields | None = ...,
            visual_heat_maps_param: VisualHeatMapsParameter | _Fields | None = ...,
            visual_pose_coords_param: VisualPoseCoordsParameter | _Fields | None = ...,
            extract_primary_param: ExtractPrimaryParameter | _Fields | None = ...,
            arg_max_c_param: ArgMaxCParameter | _Fields | None = ..., load_data_image_param:
            LoadDataImageParameter | _Fields | None = ..., load_data_from_file_param:
            LoadDataFromFileParameter | _Fields | None = ..., scene_pooling_param:
            ScenePoolingParameter | _Fields | None = ..., similary_euclidean_loss_param:
            SimilaryEuclideanLossParameter | _Fields | None = ..., write_data_into_file_param:
            WriteDataIntoFileParameter | _Fields | None = ..., copy_postfix_name: str | None =
            ..., is_disp_info: bool | None = ..., train_net_output_disp: bool | None = ...,
            hypercolumns_param: HyperColumnsParameter | _Fields | None = ..., psroi_align_param:
            PSROIAlignParameter | _Fields | None = ..., division_param: DivisionParameter |
            _Fields | None = ..., combination_param: CombinationParameter | _Fields | None =
            ..., dice_coef_loss_param: DiceCoefLossParameter | _Fields | None = ...,
            multi_roi_pooling_param: MultiROIPoolingParameter | _Fields | None = ...,
            lstm_conv_param: Iterable[LSTMConvolutionParameter | _Fields] | None = ...,
            lstm_debug_param: LSTMDebugParameter | _Fields | None = ..., output_decay_param:
            OutputDecayParameter | _Fields | None = ..., weighted_softmax_param:
            WeightedSoftmaxParameter | _Fields | None = ..., weighted_softmax_loss_param:
            WeightedSoftmaxLossParameter | _Fields | None = ..., l2norm_param: L2NormParameter |
            _Fields | None = ..., prune_param: PruneParameter | _Fields | None = ...,
            brelu_param: BReLUParameter | _Fields | None = ..., color_conv_param:
            ColorConvParameter | _Fields | None = ..., split_data_param: SplitDataParameter |
            _Fields | None = ..., image_data_modify_param: ImageDataModifyParameter | _Fields |
            None = ..., region_param: RegionParameter | _Fields | None = ...,
            tensor_transpose_param: TensorTransposeParameter | _Fields | None = ...,
            precision_param: PrecisionParameter | _Fields | None = ..., kernel_loss_param:
            KernelLossParameter | _Fields | None = ..., euclidean_with_tv_param:
            EuclideanWithTVParameter | _Fields | None = ..., heatmap_data_param:
            HeatmapDataParameter | _Fields | None = ..., expmax_param: ExpParameter | _Fields |
            None = ..., cpp_param: CppParameter | _Fields | None = ..., is_test: bool | None =
            ..., heatmap_test_param: HeatmapTestParameter | _Fields | None = ...,
            label_drop_param: LabelDropParameter | _Fields | None = ..., pose_image_data_param:
            PosePatchDataParameter | _Fields | None = ..., visualise: bool | None = ...,
            visualise_channel: int | None = ..., au_mask_based_land_param:
            AUMaskBasedLandParameter | _Fields | None = ..., multi_label_image_data_param:
            MultiLabelImageDataParameter | _Fields | None = ..., squeeze_param: SqueezeParameter
            | _Fields | None = ..., mul_param: MulParameter | _Fields | None = ...,
            depth_to_space_param: DepthToSpaceParameter | _Fields | None = ...,
            space_to_depth_param: SpaceToDepthParameter | _Fields | None = ...,
            space_to_batch_nd_param: SpaceToBatchNDParameter | _Fields | None = ...,
            batch_to_space_nd_param: BatchToSpaceNDParameter | _Fields | None = ...,
            resize_bilinear_param: ResizeBilinearParameter | _Fields | None = ...,
            resize_nearest_neighbor_param: ResizeNearestNeighborParameter | _Fields | None =
            ..., upsample_darknet_param: UpsampleDarknetParameter | _Fields | None = ...,
            roi_mask_pooling_param: ROIMaskPoolingParameter | _Fields | None = ...,
            pooling_nd_param: PoolingNDParameter | _Fields | None = ..., round_param:
            RoundParameter | _Fields | None = ..., imp_map_param: ImpMapParameter | _Fields |
            None = ..., crop_patch_from_max_feature_position_param: PatchAtMaximumParameter |
            _Fields | None = ..., hashing_loss_param: HashingLossParameter | _Fields | None =
            ..., softmax_pair_param: SoftmaxParameter | _Fields | None = ...,
            class_distance_param: ClassDistanceParameter | _Fields | None = ...,
            center_cos_loss_param: CenterCosLossParameter | _Fields | None = ..., splice_param:
            SpliceParameter | _Fields | None = ..., roi_gen_param: RoiGenParameter | _Fields |
            None = ..., decode_rois_param: DecodeRoisParameter | _Fields | None = ...,
            format_image_data_param: ImageDataParameter | _Fields | None = ..., doc_data_param:
            DocDataParameter | _Fields | None = ..., image_transform_param:
            ImageTransformationParameter | _Fields | None = ..., weighted_fmeasure_loss_param:
            WeightedFmeasureLossParameter | _Fields | None = ..., precision_recall_param:
            PRParameter | _Fields | None = ..., mtranspose_param: MTransposeParameter | _Fields
            | None = ..., tc_param: TransformColorParameter | _Fields | None = ...,
            arcface_param: ArcfaceParameter | _Fields | None = ..., cosin_add_m_param:
            CosinAddmParameter | _Fields | None = ..., adacos_add_m_scale_param:
            AdaCosAddmScaleParameter | _Fields | None = ..., compact_bilinear_param:
            CompactBilinearParameter | _Fields | None = ..., imresize_param: ImResizeParameter |
            _Fields | None = ..., nms_param: NmsParameter | _Fields | None = ...,
            rotate_pooling_param: RotateROIPoolingParameter | _Fields | None = ...,
            power_file_param: PowerFileParameter | _Fields | None = ..., st_loss_param:
            STLossParameter | _Fields | None = ..., loc_loss_param: LocLossParameter | _Fields |
            None = ..., labeled_matching_param: LabeledMatchingParameter | _Fields | None = ...,
            unlabeled_matching_param: UnlabeledMatchingParameter | _Fields | None = ...,
            guided_dropout_param: GuidedDropoutParameter | _Fields | None = ...,
            feature_extrapolating_param: FeatureExtrapolatingParameter | _Fields | None = ...,
            roi_generating_param: ROIGeneratingParameter | _Fields | None = ..., lstmnode_param:
            LSTMParameter | _Fields | None = ..., beam_search_param: BeamSearchParameter |
            _Fields | None = ..., gen_slicinfo_param: GenSlicinfoParameter | _Fields | None =
            ..., lowlevel_distance_param: LowlevelDistanceParameter | _Fields | None = ...,
            point_bilinear_param: PointBilinearParameter | _Fields | None = ...,
            entropy_pack_param: EntropyPackParameter | _Fields | None = ...,
            pixelwise_similarity_param: PixelwiseSimilarityParameter | _Fields | None = ...,
            mapping_by_similarity_param: MappingBySimilarityParameter | _Fields | None = ...,
            linear_transform_param: LinearProductParameter | _Fields | None = ...,
            ranking_loss_param: RankingLossParameter | _Fields | None = ..., keypoint_acc_param:
            KeypointAccParameter | _Fields | None = ..., face_image_param: FaceImageParameter |
            _Fields | None = ..., margin_softmax_loss_param: MarginSoftmaxLossParameter |
            _Fields | None = ..., slice_predict_param: SlicePredictParameter | _Fields | None =
            ..., rpn_output_param: RPNOutputParameter | _Fields | None = ..., bbox_output_param:
            BBoxOutputParameter | _Fields | None = ..., square_box_data_param:
            SquareBoxDataParameter | _Fields | None = ..., pooling_3d_param: Pooling3DParameter
            | _Fields | None = ..., writer_param: WriterParameter | _Fields | None = ...,
            yolo_v2_loss_param: YoloV2LossParameter | _Fields | None = ..., yolo_v3_loss_param:
            YoloV3LossParameter | _Fields | None = ..., yolo_loss_param: MaskYoloLossParameter |
            _Fields | None = ..., frcnn_param: FrcnnParameter | _Fields | None = ...,
            duplicate_param: DuplicateParameter | _Fields | None = ..., reverse_axis_param:
            ReverseParameter | _Fields | None = ..., seg_param: SegmentationParameter | _Fields
            | None = ..., sparsify_param: SparsifyParameter | _Fields | None = ...,
            sparse_param: SparseLayerParameter | _Fields | None = ..., cconvolution_param:
            SurgeryParameter | _Fields | None = ..., cinner_product_param: SurgeryParameter |
            _Fields | None = ..., classification_stats_param: ClassificationStatsParameter |
            _Fields | None = ..., squash_param: SquashParameter | _Fields | None = ...,
            capsule_reshape_param: CapsuleReshapeParameter | _Fields | None = ...,
            capsule_transform_param: CapsuleTransformParameter | _Fields | None = ...,
            capsule_routing_param: CapsuleRoutingParameter | _Fields | None = ...,
            capsule_mask_param: CapsuleMaskParameter | _Fields | None = ..., capsule_len_param:
            CapsuleLenParameter | _Fields | None = ..., cap_param: CapParameter | _Fields | None
            = ..., capsule_relu_param: CapsuleReluParameter | _Fields | None = ...,
            capsule_conv_param: CapsuleConvParameter | _Fields | None = ..., margin_param:
            MarginParameter | _Fields | None = ..., capsule_conv_transform_param:
            CapsuleConvTransformParameter | _Fields | None = ..., capsule_conv_routing_param:
            CapsuleConvRoutingParameter | _Fields | None = ..., dns_convolution_param:
            DNSParameter | _Fields | None = ..., dns_inner_product_param: DNSParameter | _Fields
            | None = ..., inq_convolution_param: INQParameter | _Fields | None = ...,
            inq_inner_product_param: INQParameter | _Fields | None = ..., pw_attend_param:
            AttPoolingParameter | _Fields | None = ..., mae_param: MAEParameter | _Fields | None
            = ..., sample_triplet_param: SampleTripletParameter | _Fields | None = ...,
            apply_normalization: bool | None = ..., apply_mirroring: bool | None = ...,
            prob_mirroring: float | None = ..., apply_rot: bool | None = ..., rot_min: float |
            None = ..., rot_max: float | None = ..., apply_blur: bool | None = ..., blur_size:
            int | None = ..., blur_max_var: float | None = ..., apply_contrast_brightness: bool
            | None = ..., alpha_c: float | None = ..., beta_c: float | None = ...,
            spatial_pyramid_pooling_param: SpatialPyramidPoolingParameter | _Fields | None =
            ..., spatial_pyramid_pooling_data_param: SpatialPyramidPoolingDataParameter |
            _Fields | None = ..., rbm_inner_product_param: RBMInnerProductParameter | _Fields |
            None = ..., remote_data_param: RemoteDataParameter | _Fields | None = ...,
            noise_tolerant_fr_param: NoiseTolerantFRParameter | _Fields | None = ...,
            densecrf_loss_param: DenseCRFLossParameter | _Fields | None = ...,
            softmaxloss_param: SoftmaxLossParameter | _Fields | None = ..., padding_param:
            PaddingParameter | _Fields | None = ..., select_seg_binary_param:
            SelectSegBinaryParameter | _Fields | None = ..., window_cls_data_param:
            WindowClsDataParameter | _Fields | None = ..., gs_tiling_param: GSTilingParameter |
            _Fields | None = ..., strict_dim: bool | None = ..., binary_data_param:
            BinaryDataParameter | _Fields | None = ..., mcwindow_data_param:
            MCWindowDataParameter | _Fields | None = ..., namcwindow_data_param:
            MCWindowDataParameter | _Fields | None = ..., submean_param: SubmeanParameter |
            _Fields | None = ..., triplet_rank_loss_param: TripletRankLossParameter | _Fields |
            None = ..., cross_triplet_loss_param: CrossTripletLossParameter | _Fields | None =
            ..., dot_product_param: DotProductParameter | _Fields | None = ...,
            field_probing_param: FieldProbingParameter | _Fields | None = ..., gaussian_param:
            GaussianParameter | _Fields | None = ..., transform_3d_param: Transform3DParameter |
            _Fields | None = ..., binomial_loss_param: BinomialLossParameter | _Fields | None =
            ..., act_loss_param: ActLossParameter | _Fields | None = ..., proposal_crop_param:
            ProposalCropParameter | _Fields | None = ..., crffilterbanked_param:
            CrfFilterbankEdParameter | _Fields | None = ..., crfed_param: CrfEdParameter |
            _Fields | None = ..., crfgrad_param: CrfGradParameter | _Fields | None = ...,
            pixel_feature_param: PixelFeatureParameter | _Fields | None = ...,
            iou_accuracy_param: IOUAccuracyParameter | _Fields | None = ...,
            image_label_data_param: ImageLabelDataParameter | _Fields | None = ...,
            image_label_edge_data_param: ImageLabelEdgeDataParameter | _Fields | None = ...,
            accuracy_view_param: AccuracyViewParameter | _Fields | None = ...,
            softmax_with_view_loss_param: SoftmaxWithViewLossParameter | _Fields | None = ...,
            spm_param: SPMParameter | _Fields | None = ..., isomap_manifold_learning_loss_param:
            IsomapManifoldLearningLossParameter | _Fields | None = ...,
            isomap_softmax_with_loss_param: IsomapSoftmaxWithLossParameter | _Fields | None =
            ..., orn_param: ORNParameter | _Fields | None = ..., datum_data_param:
            DatumDataParameter | _Fields | None = ..., recu_param: ReCUParameter | _Fields |
            None = ..., weight_decay_l1: Iterable[float] | None = ..., weight_decay_l1g:
            Iterable[float] | None = ..., reshape_volume_param: ReshapeVolumeParameter | _Fields
            | None = ..., hwcn_param: HWCNParameter | _Fields | None = ...,
            cpfp_conversion_param: CPFPConversionParameter | _Fields | None = ..., cr_param:
            CRParameter | _Fields | None = ..., xcl_param: XCLParameter | _Fields | None = ...,
            circulant_projection_param: CirculantProjectionParameter | _Fields | None = ...,
            skewcirculant_projection_param: CirculantProjectionParameter | _Fields | None = ...,
            layer_op_param: CirculantProjectionParameter | _Fields | None = ..., p2s_loss_param:
            P2SLossParameter | _Fields | None = ..., dr_param: DynamicRoutingParameter | _Fields
            | None = ..., capsule_deconv_transform_param: CapsuleDeconvTransformParameter |
            _Fields | None = ..., capsule_deconv_routing_param: CapsuleDeconvRoutingParameter |
            _Fields | None = ..., bbox_data_param: BboxDataParameter | _Fields | None = ...,
            squeezedet_param: SqueezeDetLossParameter | _Fields | None = ..., rpn_param:
            RPNParameter | _Fields | None = ..., softmax_with_sphere_loss_param:
            SoftmaxWithSphereLossParameter | _Fields | None = ..., accuracy_sphere_param:
            AccuracySphereParameter | _Fields | None = ..., cosin_loss_param: CosinLossParameter
            | _Fields | None = ..., lp_det_param: LpDetParameter | _Fields | None = ...,
            lp_evaluate_param: LpDetParameter | _Fields | None = ..., face_evaluate_param:
            FaceEvaluateParameter | _Fields | None = ..., center_object_loss_param:
            CenterObjectLossParameter | _Fields | None = ..., warpctc_loss_param:
            CtcLossParameter | _Fields | None = ..., use_ctc_loss: bool | None = ...,
            super_category_param: SuperCategoryParameter | _Fields | None = ...,
            regularize_param: RegularizeParameter | _Fields | None = ..., regularize_2_param:
            RegularizeResultParameter | _Fields | None = ..., word_sum_param: WordSumParameter |
            _Fields | None = ..., enlarge_param: EnlargeParameter | _Fields | None = ...,
            random_maclaurin_param: RandomMaclaurinParameter | _Fields | None = ...,
            bnplus_param: BNplusParameter | _Fields | None = ..., create_mask_vector_param:
            CreateMaskVectorParameter | _Fields | None = ..., mask_create_param:
            MaskCreateParameter | _Fields | None = ..., dial_param: DialParameter | _Fields |
            None = ..., clustering_param: ClusteringParameter | _Fields | None = ...,
            ogn_data_param: OGNDataParameter | _Fields | None = ..., ogn_loss_prep_param:
            OGNLossPrepParameter | _Fields | None = ..., ogn_conv_param: OGNConvParameter |
            _Fields | None = ..., ogn_prop_param: OGNPropParameter | _Fields | None = ...,
            ogn_output_param: OGNOutputParameter | _Fields | None = ..., ogn_color_data_param:
            OGNDataParameter | _Fields | None = ..., ogn_color_loss_prep_param:
            OGNLossPrepParameter | _Fields | None = ..., ogn_color_output_param:
            OGNOutputParameter | _Fields | None = ..., pointwise_spatial_attention_param:
            PointwiseSpatialAttentionParameter | _Fields | None = ..., grn_param: GRNParameter |
            _Fields | None = ..., scale_filter_param: ScaleFilterParameter | _Fields | None =
            ..., embedding_extractor_param: AnchorEmbeddingExtractorParameter | _Fields | None =
            ..., random_param: RandomParameter | _Fields | None = ..., roi_data_param:
            ROIDataParameter | _Fields | None = ..., smoothl1_param: SmoothL1Parameter | _Fields
            | None = ..., noise_param: LayerNoiseParameter | _Fields | None = ...,
            weight_euclidean_loss_param: WeightEuclideanLossParameter | _Fields | None = ...,
            image_float_data_param: ImageFloatDataParameter | _Fields | None = ...,
            euclideanloss_param: EuclideanLossParameter | _Fields | None = ...,
            random_noise_param: RandomNoiseParameter | _Fields | None = ...,
            generic_window_data_param: GenericWindowDataParameter | _Fields | None = ...,
            box_param: BoxParameter | _Fields | None = ..., connectivity_mode:
            LayerParameter.ConnectivityMode | int | str | None = ..., entropy_param:
            EntropyParameter | _Fields | None = ..., outer_product_param: OuterProductParameter
            | _Fields | None = ..., multi_label_accuracy_param: MultiLabelAccuracyParameter |
            _Fields | None = ..., multilogistic_param: MultilogisticParameter | _Fields | None =
            ..., lse_pooling_param: LsePoolingParameter | _Fields | None = ...,
            image_data_multi_label_param: ImageDataParameter | _Fields | None = ...,
            gridding_param: GriddingParameter | _Fields | None = ..., auc_param: AUCParameter |
            _Fields | None = ..., log_scaler_param: LogScalerParameter | _Fields | None = ...,
            mmd_loss_param: MMDLossParameter | _Fields | None = ..., mmdx_loss_param:
            MMDLossParameter | _Fields | None = ..., multimodal_batch_norm_param:
            MultiModalBatchNormParameter | _Fields | None = ..., degridding_param:
            DegriddingParameter | _Fields | None = ..., gradient_alignment_param:
            GradientAlignmentParameter | _Fields | None = ..., param2top_param:
            Param2TopParameter | _Fields | None = ..., class_latch_param: ClassLatchParameter |
            _Fields | None = ..., homo_mean_loss_param: HomoMeanLossParameter | _Fields | None =
            ..., image_multilabel_data_param: ImageMultiLabelDataParameter | _Fields | None =
            ..., patch_reshape_param: PatchReshapeParameter | _Fields | None = ...,
            mult_softmax_loss_param: MultiSoftmaxLossParameter | _Fields | None = ...,
            sparse_hypercolumn_extractor_param: SparseHypercolumnExtractorParameter | _Fields |
            None = ..., mask_outputs_param: MaskOutputsParameter | _Fields | None = ...,
            euclidean_weight_param: EuclideanWeightedLossParameter | _Fields | None = ...,
            anchor_target_param: AnchorTargetParameter | _Fields | None = ...,
            mask_target_param: MaskTargetParameter | _Fields | None = ..., image_output_param:
            ImageOutputParameter | _Fields | None = ..., smooth_pooling_param:
            SmoothPoolingParameter | _Fields | None = ..., sparse_data_param:
            SparseDataParameter | _Fields | None = ..., spatial_wta_param: SpatialWtaParameter |
            _Fields | None = ..., rearrange_param: RearrangeParameter | _Fields | None = ...,
            triplet_ranking_hinge_loss_param: TripletRankingHingeLossParameter | _Fields | None
            = ..., posenet_accuracy_param: PosenetAccuracyParameter | _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "name", "type", "phase", "transform_param", "loss_param", "accuracy_param",
            "argmax_param", "concat_param", "contrastive_loss_param", "convolution_param",
            "data_param", "dropout_param", "dummy_data_param", "eltwise_param", "exp_param",
            "hdf5_data_param", "hdf5_output_param", "hinge_loss_param", "image_data_param",
            "infogain_loss_param", "inner_product_param", "lrn_param", "memory_data_param",
            "mvn_param", "pooling_param", "power_param", "relu_param", "sigmoid_param",
            "softmax_param", "slice_param", "tanh_param", "threshold_param",
            "window_data_param", "python_param", "prelu_param", "spp_param", "reshape_param",
            "log_param", "flatten_param", "reduction_param", "embed_param", "tile_param",
            "batch_norm_param", "elu_param", "bias_param", "scale_param", "input_param",
            "crop_param", "parameter_param", "recurrent_param", "annotated_data_param",
            "multibox_loss_param", "permute_param", "prior_box_param", "detection_output_param",
            "detection_evaluate_param", "norm_param", "video_data_param", "swish_param",
            "clip_param", "forward_type", "backward_type", "forward_math", "backward_math",
            "debug", "cudnn_math_override", "trt_param", "detectnet_groundtruth_param",
            "detectnet_augmentation_param", "smooth_l1_loss_param", "engine", "multinode",
            "mn_activation_param", "box_annotator_ohem_param", "psroi_pooling_param",
            "roi_pooling_param", "spatial_dropout_param", "mn_grad_compress_param",
            "quantization_param", "reorg_param", "split_param", "region_loss_param",
            "eval_detection_param", "bn_param", "interp_param", "upsample_param",
            "shuffle_channel_param", "selu_param", "selu_dropout_param", "flip_param",
            "insanity_param", "eltwise_affine_param", "relu6_param", "normalize_param",
            "my_norm_param", "unpooling_param", "mergecrop_param", "convolution3d_param",
            "pooling3d_param", "focal_loss_param", "triplet_loss_param", "center_loss_param",
            "margin_inner_product_param", "inner_distance_param", "l1_loss_param",
            "seg_accuracy_param", "proposal_param", "lstm_param", "reverse_param",
            "transpose_param", "continuation_indicator_param", "bbox_reg_param",
            "box_group_output_param", "decode_bbox_param", "scale_route_param",
            "yolo_detection_output_param", "yolov3_detection_output_param",
            "detection_data_param", "eval_data_param", "hard_mining_param",
            "detection_group_loss_param", "detection_group_accuracy_param",
            "proposal_target_param", "frcnn_output_param", "affinity_param", "denseblock_param",
            "ctc_loss_param", "labelsequence_accuracy_param", "ctc_decoder_param",
            "eltwise_accuracy_param", "dense_image_data_param",
            "general_contrastive_loss_param", "general_triplet_loss_param",
            "label_specific_rescale_param", "channel_scale_param", "yolov3_param",
            "yolo_seg_param", "segmentation_evaluate_param", "local_param", "sub_region_param",
            "hotspot_param", "rrelu_param", "apl_param", "multi_stage_meanfield_param",
            "mat_write_param", "rescale_param", "gather_param", "im2windows_param",
            "pairwise_param", "confusion_matrix_param", "randvec_param", "rand_vec_param",
            "saliency_pooling_param", "layer_norm_param", "group_norm_param",
            "instance_norm_param", "gelu_param", "matmul_param", "pixelshuffle_param",
            "pad_param", "adaptive_pooling_param", "attention_param",
            "position_embedding_param", "drop_path_param", "grid_sample_param",
            "net_file_param", "multi_box_head_param", "source_class", "filter_param",
            "torch_param", "retina_net_loss_param", "yolo_grid_loss_param",
            "yolo_grid_output_param", "fcos_loss_param", "relation_param",
            "duplicate_removal_param", "cpm_transform_param", "const_scale_param",
            "truncation_param", "gradient_scaler_param", "dtow_param", "tiling_param",
            "corner_crop_param", "sum_pooling_param", "grid_pooling_param", "correlation_param",
            "flow_warp_param", "st_param", "mmd_param", "seg_data_param", "carcont_param",
            "drive_data_param", "picpac_param", "fixed_param", "topk_param",
            "wasserstein_param", "scale_tanh_param", "simpler_nms_param",
            "faster_rcnn_detection_output_param", "ssddetectionoutput_param",
            "roi_warping_param", "segmentation_score_param", "mask_resize_param",
            "label_specific_add_param", "cudnn_batch_norm_param",
            "largemargin_inner_product_param", "image_gt_data_param", "detection_loss_param",
            "detection_accuracy_param", "box_output_param", "cos_data_param",
            "op_transform_param", "combined_margin_param", "knowledge_distillation_param",
            "resample_param", "downsample_param", "accum_param", "mean_param", "lpq_loss_param",
            "augmentation_param", "coeff_schedule_param", "reshape_every_iter",
            "att_pooling_param", "renet_lstm_param", "multi_stage_meanfield_au3_param",
            "netvlad_param", "roi_align_param", "roi_alignment_param",
            "global_sum_pooling_param", "multiclass_cross_entropy_loss_param",
            "deformable_convolution_param", "modulated_deformable_convolution_param",
            "lifted_struct_sim_softmax_loss_param", "sliding_window_param", "im2dist_param",
            "im2parity_param", "norm_conv_meanfield_param", "channel_reduce_param",
            "two_image_data_param", "deletetop", "deletebottom", "roi_convolution_param",
            "octree_param", "mhd_data_param", "mhd_data_with_dense_param",
            "multi_channel_data_param", "segment_output_param", "yolo_detection_loss_param",
            "yolo_accuracy_param", "dist_loss_param", "molgrid_data_param", "ndim_data_param",
            "affinity_loss_param", "ssim_loss_param", "mixup_param", "mil_param",
            "mil_data_param", "set_loss2_param", "ordinal_regression_loss_param",
            "bn_conv_param", "bdct_to_spatial_param", "quant_trunc_abs_param",
            "image_data_steganalysis_jpeg_dct_param", "resize_param",
            "pose_coords_from_heat_maps_param", "secondary_regions_op_scores_param",
            "heat_maps_from_coords_origin_param", "pose_heat_map_loss_param",
            "pose_pdj_accuracy_param", "pose_eudist_accuracy_param", "random_image_data2_param",
            "multi_sources_images_data_param", "coord_to_bbox_masks_param",
            "torso_mask_from_coords_param", "visual_heat_maps_param",
            "visual_pose_coords_param", "extract_primary_param", "arg_max_c_param",
            "load_data_image_param", "load_data_from_file_param", "scene_pooling_param",
            "similary_euclidean_loss_param", "write_data_into_file_param", "copy_postfix_name",
            "is_disp_info", "train_net_output_disp", "hypercolumns_param", "psroi_align_param",
            "division_param", "combination_param", "dice_coef_loss_param",
            "multi_roi_pooling_param", "lstm_debug_param", "output_decay_param",
            "weighted_softmax_param", "weighted_softmax_loss_param", "l2norm_param",
            "prune_param", "brelu_param", "color_conv_param", "split_data_param",
            "image_data_modify_param", "region_param", "tensor_transpose_param",
            "precision_param", "kernel_loss_param", "euclidean_with_tv_param",
            "heatmap_data_param", "expmax_param", "cpp_param", "is_test", "heatmap_test_param",
            "label_drop_param", "pose_image_data_param", "visualise", "visualise_channel",
            "au_mask_based_land_param", "multi_label_image_data_param", "squeeze_param",
            "mul_param", "depth_to_space_param", "space_to_depth_param",
            "space_to_batch_nd_param", "batch_to_space_nd_param", "resize_bilinear_param",
            "resize_nearest_neighbor_param", "upsample_darknet_param", "roi_mask_pooling_param",
            "pooling_nd_param", "round_param", "imp_map_param",
            "crop_patch_from_max_feature_position_param", "hashing_loss_param",
            "softmax_pair_param", "class_distance_param", "center_cos_loss_param",
            "splice_param", "roi_gen_param", "decode_rois_param", "format_image_data_param",
            "doc_data_param", "image_transform_param", "weighted_fmeasure_loss_param",
            "precision_recall_param", "mtranspose_param", "tc_param", "arcface_param",
            "cosin_add_m_param", "adacos_add_m_scale_param", "compact_bilinear_param",
            "imresize_param", "nms_param", "rotate_pooling_param", "power_file_param",
            "st_loss_param", "loc_loss_param", "labeled_matching_param",
            "unlabeled_matching_param", "guided_dropout_param", "feature_extrapolating_param",
            "roi_generating_param", "lstmnode_param", "beam_search_param", "gen_slicinfo_param",
            "lowlevel_distance_param", "point_bilinear_param", "entropy_pack_param",
            "pixelwise_similarity_param", "mapping_by_similarity_param",
            "linear_transform_param", "ranking_loss_param", "keypoint_acc_param",
            "face_image_param", "margin_softmax_loss_param", "slice_predict_param",
            "rpn_output_param", "bbox_output_param", "square_box_data_param",
            "pooling_3d_param", "writer_param", "yolo_v2_loss_param", "yolo_v3_loss_param",
            "yolo_loss_param", "frcnn_param", "duplicate_param", "reverse_axis_param",
            "seg_param", "sparsify_param", "sparse_param", "cconvolution_param",
            "cinner_product_param", "classification_stats_param", "squash_param",
            "capsule_reshape_param", "capsule_transform_param", "capsule_routing_param",
            "capsule_mask_param", "capsule_len_param", "cap_param", "capsule_relu_param",
            "capsule_conv_param", "margin_param", "capsule_conv_transform_param",
            "capsule_conv_routing_param", "dns_convolution_param", "dns_inner_product_param",
            "inq_convolution_param", "inq_inner_product_param", "pw_attend_param", "mae_param",
            "sample_triplet_param", "apply_normalization", "apply_mirroring", "prob_mirroring",
            "apply_rot", "rot_min", "rot_max", "apply_blur", "blur_size", "blur_max_var",
            "apply_contrast_brightness", "alpha_c", "beta_c", "spatial_pyramid_pooling_param",
            "spatial_pyramid_pooling_data_param", "rbm_inner_product_param",
            "remote_data_param", "noise_tolerant_fr_param", "densecrf_loss_param",
            "softmaxloss_param", "padding_param", "select_seg_binary_param",
            "window_cls_data_param", "gs_tiling_param", "strict_dim", "binary_data_param",
            "mcwindow_data_param", "namcwindow_data_param", "submean_param",
            "triplet_rank_loss_param", "cross_triplet_loss_param", "dot_product_param",
            "field_probing_param", "gaussian_param", "transform_3d_param",
            "binomial_loss_param", "act_loss_param", "proposal_crop_param",
            "crffilterbanked_param", "crfed_param", "crfgrad_param", "pixel_feature_param",
            "iou_accuracy_param", "image_label_data_param", "image_label_edge_data_param",
            "accuracy_view_param", "softmax_with_view_loss_param", "spm_param",
            "isomap_manifold_learning_loss_param", "isomap_softmax_with_loss_param",
            "orn_param", "datum_data_param", "recu_param", "reshape_volume_param", "hwcn_param",
            "cpfp_conversion_param", "cr_param", "xcl_param", "circulant_projection_param",
            "skewcirculant_projection_param", "layer_op_param", "p2s_loss_param", "dr_param",
            "capsule_deconv_transform_param", "capsule_deconv_routing_param", "bbox_data_param",
            "squeezedet_param", "rpn_param", "softmax_with_sphere_loss_param",
            "accuracy_sphere_param", "cosin_loss_param", "lp_det_param", "lp_evaluate_param",
            "face_evaluate_param", "center_object_loss_param", "warpctc_loss_param",
            "use_ctc_loss", "super_category_param", "regularize_param", "regularize_2_param",
            "word_sum_param", "enlarge_param", "random_maclaurin_param", "bnplus_param",
            "create_mask_vector_param", "mask_create_param", "dial_param", "clustering_param",
            "ogn_data_param", "ogn_loss_prep_param", "ogn_conv_param", "ogn_prop_param",
            "ogn_output_param", "ogn_color_data_param", "ogn_color_loss_prep_param",
            "ogn_color_output_param", "pointwise_spatial_attention_param", "grn_param",
            "scale_filter_param", "embedding_extractor_param", "random_param", "roi_data_param",
            "smoothl1_param", "noise_param", "weight_euclidean_loss_param",
            "image_float_data_param", "euclideanloss_param", "random_noise_param",
            "generic_window_data_param", "box_param", "connectivity_mode", "entropy_param",
            "outer_product_param", "multi_label_accuracy_param", "multilogistic_param",
            "lse_pooling_param", "image_data_multi_label_param", "gridding_param", "auc_param",
            "log_scaler_param", "mmd_loss_param", "mmdx_loss_param",
            "multimodal_batch_norm_param", "degridding_param", "gradient_alignment_param",
            "param2top_param", "class_latch_param", "homo_mean_loss_param",
            "image_multilabel_data_param", "patch_reshape_param", "mult_softmax_loss_param",
            "sparse_hypercolumn_extractor_param", "mask_outputs_param",
            "euclidean_weight_param", "anchor_target_param", "mask_target_param",
            "image_output_param", "smooth_pooling_param", "sparse_data_param",
            "spatial_wta_param", "rearrange_param", "triplet_ranking_hinge_loss_param",
            "posenet_accuracy_param",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "name", "type", "bottom", "top", "loss_weight", "param", "blobs", "include",
            "exclude", "phase", "propagate_down", "transform_param", "loss_param",
            "accuracy_param", "argmax_param", "concat_param", "contrastive_loss_param",
            "convolution_param", "data_param", "dropout_param", "dummy_data_param",
            "eltwise_param", "exp_param", "hdf5_data_param", "hdf5_output_param",
            "hinge_loss_param", "image_data_param", "infogain_loss_param",
            "inner_product_param", "lrn_param", "memory_data_param", "mvn_param",
            "pooling_param", "power_param", "relu_param", "sigmoid_param", "softmax_param",
            "slice_param", "tanh_param", "threshold_param", "window_data_param", "python_param",
            "prelu_param", "spp_param", "reshape_param", "log_param", "flatten_param",
            "reduction_param", "embed_param", "tile_param", "batch_norm_param", "elu_param",
            "bias_param", "scale_param", "input_param", "crop_param", "parameter_param",
            "recurrent_param", "annotated_data_param", "multibox_loss_param", "permute_param",
            "prior_box_param", "detection_output_param", "detection_evaluate_param",
            "norm_param", "video_data_param", "swish_param", "clip_param", "forward_type",
            "backward_type", "forward_math", "backward_math", "debug", "cudnn_math_override",
            "trt_param", "detectnet_groundtruth_param", "detectnet_augmentation_param",
            "smooth_l1_loss_param", "engine", "multinode", "mn_activation_param",
            "box_annotator_ohem_param", "psroi_pooling_param", "roi_pooling_param",
            "spatial_dropout_param", "mn_grad_compress_param", "quantization_param",
            "reorg_param", "split_param", "region_loss_param", "eval_detection_param",
            "bn_param", "interp_param", "upsample_param", "shuffle_channel_param", "selu_param",
            "selu_dropout_param", "flip_param", "insanity_param", "eltwise_affine_param",
            "relu6_param", "normalize_param", "my_norm_param", "unpooling_param",
            "mergecrop_param", "convolution3d_param", "pooling3d_param", "focal_loss_param",
            "triplet_loss_param", "center_loss_param", "margin_inner_product_param",
            "inner_distance_param", "l1_loss_param", "seg_accuracy_param", "proposal_param",
            "lstm_param", "reverse_param", "transpose_param", "continuation_indicator_param",
            "bbox_reg_param", "box_group_output_param", "decode_bbox_param",
            "scale_route_param", "yolo_detection_output_param", "yolov3_detection_output_param",
            "detection_data_param", "eval_data_param", "hard_mining_param",
            "detection_group_loss_param", "detection_group_accuracy_param",
            "proposal_target_param", "frcnn_output_param", "affinity_param", "denseblock_param",
            "ctc_loss_param", "labelsequence_accuracy_param", "ctc_decoder_param",
            "eltwise_accuracy_param", "dense_image_data_param",
            "general_contrastive_loss_param", "general_triplet_loss_param",
            "label_specific_rescale_param", "channel_scale_param", "yolov3_param",
            "yolo_seg_param", "segmentation_evaluate_param", "local_param", "sub_region_param",
            "hotspot_param", "rrelu_param", "apl_param", "multi_stage_meanfield_param",
            "mat_write_param", "rescale_param", "gather_param", "im2windows_param",
            "pairwise_param", "confusion_matrix_param", "randvec_param", "rand_vec_param",
            "saliency_pooling_param", "layer_norm_param", "group_norm_param",
            "instance_norm_param", "gelu_param", "matmul_param", "pixelshuffle_param",
            "pad_param", "adaptive_pooling_param", "attention_param",
            "position_embedding_param", "drop_path_param", "grid_sample_param",
            "net_file_param", "multi_box_head_param", "source_class", "filter_param",
            "torch_param", "retina_net_loss_param", "yolo_grid_loss_param",
            "yolo_grid_output_param", "fcos_loss_param", "relation_param",
            "duplicate_removal_param", "cpm_transform_param", "const_scale_param",
            "truncation_param", "gradient_scaler_param", "dtow_param", "tiling_param",
            "corner_crop_param", "sum_pooling_param", "grid_pooling_param", "correlation_param",
            "flow_warp_param", "st_param", "mmd_param", "seg_data_param", "carcont_param",
            "drive_data_param", "picpac_param", "fixed_param", "topk_param",
            "wasserstein_param", "scale_tanh_param", "simpler_nms_param",
            "faster_rcnn_detection_output_param", "ssddetectionoutput_param",
            "roi_warping_param", "segmentation_score_param", "mask_resize_param",
            "label_specific_add_param", "cudnn_batch_norm_param",
            "largemargin_inner_product_param", "image_gt_data_param", "detection_loss_param",
            "detection_accuracy_param", "box_output_param", "cos_data_param",
            "op_transform_param", "combined_margin_param", "knowledge_distillation_param",
            "resample_param", "downsample_param", "accum_param", "mean_param", "lpq_loss_param",
            "augmentation_param", "coeff_schedule_param", "reshape_every_iter",
            "att_pooling_param", "renet_lstm_param", "multi_stage_meanfield_au3_param",
            "netvlad_param", "roi_align_param", "roi_alignment_param",
            "global_sum_pooling_param", "multiclass_cross_entropy_loss_param",
            "deformable_convolution_param", "modulated_deformable_convolution_param",
            "lifted_struct_sim_softmax_loss_param", "sliding_window_param", "im2dist_param",
            "im2parity_param", "norm_conv_meanfield_param", "channel_reduce_param",
            "two_image_data_param", "deletetop", "deletebottom", "roi_convolution_param",
            "weights_compress", "activations_compress", "weights_compress_param",
            "activations_compress_param", "compress", "octree_param", "mhd_data_param",
            "mhd_data_with_dense_param", "multi_channel_data_param", "segment_output_param",
            "yolo_detection_loss_param", "yolo_accuracy_param", "dist_loss_param",
            "molgrid_data_param", "ndim_data_param", "affinity_loss_param", "ssim_loss_param",
            "mixup_param", "mil_param", "mil_data_param", "set_loss2_param",
            "ordinal_regression_loss_param", "bn_conv_param", "bdct_to_spatial_param",
            "quant_trunc_abs_param", "image_data_steganalysis_jpeg_dct_param", "resize_param",
            "pose_coords_from_heat_maps_param", "secondary_regions_op_scores_param",
            "heat_maps_from_coords_origin_param", "pose_heat_map_loss_param",
            "pose_pdj_accuracy_param", "pose_eudist_accuracy_param", "random_image_data2_param",
            "multi_sources_images_data_param", "coord_to_bbox_masks_param",
            "torso_mask_from_coords_param", "visual_heat_maps_param",
            "visual_pose_coords_param", "extract_primary_param", "arg_max_c_param",
            "load_data_image_param", "load_data_from_file_param", "scene_pooling_param",
            "similary_euclidean_loss_param", "write_data_into_file_param", "copy_postfix_name",
            "is_disp_info", "train_net_output_disp", "hypercolumns_param", "psroi_align_param",
            "division_param", "combination_param", "dice_coef_loss_param",
            "multi_roi_pooling_param", "lstm_conv_param", "lstm_debug_param",
            "output_decay_param", "weighted_softmax_param", "weighted_softmax_loss_param",
            "l2norm_param", "prune_param", "brelu_param", "color_conv_param",
            "split_data_param", "image_data_modify_param", "region_param",
            "tensor_transpose_param", "precision_param", "kernel_loss_param",
            "euclidean_with_tv_param", "heatmap_data_param", "expmax_param", "cpp_param",
            "is_test", "heatmap_test_param", "label_drop_param", "pose_image_data_param",
            "visualise", "visualise_channel", "au_mask_based_land_param",
            "multi_label_image_data_param", "squeeze_param", "mul_param",
            "depth_to_space_param", "space_to_depth_param", "space_to_batch_nd_param",
            "batch_to_space_nd_param", "resize_bilinear_param", "resize_nearest_neighbor_param",
            "upsample_darknet_param", "roi_mask_pooling_param", "pooling_nd_param",
            "round_param", "imp_map_param", "crop_patch_from_max_feature_position_param",
            "hashing_loss_param", "softmax_pair_param", "class_distance_param",
            "center_cos_loss_param", "splice_param", "roi_gen_param", "decode_rois_param",
            "format_image_data_param", "doc_data_param", "image_transform_param",
            "weighted_fmeasure_loss_param", "precision_recall_param", "mtranspose_param",
            "tc_param", "arcface_param", "cosin_add_m_param", "adacos_add_m_scale_param",
            "compact_bilinear_param", "imresize_param", "nms_param", "rotate_pooling_param",
            "power_file_param", "st_loss_param", "loc_loss_param", "labeled_matching_param",
            "unlabeled_matching_param", "guided_dropout_param", "feature_extrapolating_param",
            "roi_generating_param", "lstmnode_param", "beam_search_param", "gen_slicinfo_param",
            "lowlevel_distance_param", "point_bilinear_param", "entropy_pack_param",
            "pixelwise_similarity_param", "mapping_by_similarity_param",
            "linear_transform_param", "ranking_loss_param", "keypoint_acc_param",
            "face_image_param", "margin_softmax_loss_param", "slice_predict_param",
            "rpn_output_param", "bbox_output_param", "square_box_data_param",
            "pooling_3d_param", "writer_param", "yolo_v2_loss_param", "yolo_v3_loss_param",
            "yolo_loss_param", "frcnn_param", "duplicate_param", "reverse_axis_param",
            "seg_param", "sparsify_param", "sparse_param", "cconvolution_param",
            "cinner_product_param", "classification_stats_param", "squash_param",
            "capsule_reshape_param", "capsule_transform_param", "capsule_routing_param",
            "capsule_mask_param", "capsule_len_param", "cap_param", "capsule_relu_param",
            "capsule_conv_param", "margin_param", "capsule_conv_transform_param",
            "capsule_conv_routing_param", "dns_convolution_param", "dns_inner_product_param",
            "inq_convolution_param", "inq_inner_product_param", "pw_attend_param", "mae_param",
            "sample_triplet_param", "apply_normalization", "apply_mirroring", "prob_mirroring",
            "apply_rot", "rot_min", "rot_max", "apply_blur", "blur_size", "blur_max_var",
            "apply_contrast_brightness", "alpha_c", "beta_c", "spatial_pyramid_pooling_param",
            "spatial_pyramid_pooling_data_param", "rbm_inner_product_param",
            "remote_data_param", "noise_tolerant_fr_param", "densecrf_loss_param",
            "softmaxloss_param", "padding_param", "select_seg_binary_param",
            "window_cls_data_param", "gs_tiling_param", "strict_dim", "binary_data_param",
            "mcwindow_data_param", "namcwindow_data_param", "submean_param",
            "triplet_rank_loss_param", "cross_triplet_loss_param", "dot_product_param",
            "field_probing_param", "gaussian_param", "transform_3d_param",
            "binomial_loss_param", "act_loss_param", "proposal_crop_param",
            "crffilterbanked_param", "crfed_param", "crfgrad_param", "pixel_feature_param",
            "iou_accuracy_param", "image_label_data_param", "image_label_edge_data_param",
            "accuracy_view_param", "softmax_with_view_loss_param", "spm_param",
            "isomap_manifold_learning_loss_param", "isomap_softmax_with_loss_param",
            "orn_param", "datum_data_param", "recu_param", "weight_decay_l1",
            "weight_decay_l1g", "reshape_volume_param", "hwcn_param", "cpfp_conversion_param",
            "cr_param", "xcl_param", "circulant_projection_param",
            "skewcirculant_projection_param", "layer_op_param", "p2s_loss_param", "dr_param",
            "capsule_deconv_transform_param", "capsule_deconv_routing_param", "bbox_data_param",
            "squeezedet_param", "rpn_param", "softmax_with_sphere_loss_param",
            "accuracy_sphere_param", "cosin_loss_param", "lp_det_param", "lp_evaluate_param",
            "face_evaluate_param", "center_object_loss_param", "warpctc_loss_param",
            "use_ctc_loss", "super_category_param", "regularize_param", "regularize_2_param",
            "word_sum_param", "enlarge_param", "random_maclaurin_param", "bnplus_param",
            "create_mask_vector_param", "mask_create_param", "dial_param", "clustering_param",
            "ogn_data_param", "ogn_loss_prep_param", "ogn_conv_param", "ogn_prop_param",
            "ogn_output_param", "ogn_color_data_param", "ogn_color_loss_prep_param",
            "ogn_color_output_param", "pointwise_spatial_attention_param", "grn_param",
            "scale_filter_param", "embedding_extractor_param", "random_param", "roi_data_param",
            "smoothl1_param", "noise_param", "weight_euclidean_loss_param",
            "image_float_data_param", "euclideanloss_param", "random_noise_param",
            "generic_window_data_param", "box_param", "connectivity_mode", "entropy_param",
            "outer_product_param", "multi_label_accuracy_param", "multilogistic_param",
            "lse_pooling_param", "image_data_multi_label_param", "gridding_param", "auc_param",
            "log_scaler_param", "mmd_loss_param", "mmdx_loss_param",
            "multimodal_batch_norm_param", "degridding_param", "gradient_alignment_param",
            "param2top_param", "class_latch_param", "homo_mean_loss_param",
            "image_multilabel_data_param", "patch_reshape_param", "mult_softmax_loss_param",
            "sparse_hypercolumn_extractor_param", "mask_outputs_param",
            "euclidean_weight_param", "anchor_target_param", "mask_target_param",
            "image_output_param", "smooth_pooling_param", "sparse_data_param",
            "spatial_wta_param", "rearrange_param", "triplet_ranking_hinge_loss_param",
            "posenet_accuracy_param",
        ]
    ) -> None: ...

class ParamSpec(Message):
    DESCRIPTOR: Descriptor
    class DimCheckMode(_Enum):
        STRICT: ClassVar[ParamSpec.DimCheckMode]
        PERMISSIVE: ClassVar[ParamSpec.DimCheckMode]
    STRICT: ClassVar[ParamSpec.DimCheckMode]
    PERMISSIVE: ClassVar[ParamSpec.DimCheckMode]
    name: str
    share_mode: ParamSpec.DimCheckMode
    lr_mult: float
    decay_mult: float
    param_propagate_down: bool
    force_mult: float
    regularization_type: str
    breadth_decay_mult: float
    kernel_shape_decay_mult: float
    @property
    def block_group_lasso(self) -> Messages[BlockGroupLassoSpec]: ...
    def __init__(
        self, *,
            name: str | None = ..., share_mode: ParamSpec.DimCheckMode | int | str | None = ...,
            lr_mult: float | None = ..., decay_mult: float | None = ..., param_propagate_down:
            bool | None = ..., force_mult: float | None = ..., regularization_type: str | None =
            ..., breadth_decay_mult: float | None = ..., kernel_shape_decay_mult: float | None =
            ..., block_group_lasso: Iterable[BlockGroupLassoSpec | _Fields] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "name", "share_mode", "lr_mult", "decay_mult", "param_propagate_down", "force_mult",
            "regularization_type", "breadth_decay_mult", "kernel_shape_decay_mult",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "name", "share_mode", "lr_mult", "decay_mult", "param_propagate_down", "force_mult",
            "regularization_type", "breadth_decay_mult", "kernel_shape_decay_mult",
            "block_group_lasso",
        ]
    ) -> None: ...

class BlockGroupLassoSpec(Message):
    DESCRIPTOR: Descriptor
    xdimen: int
    ydimen: int
    block_decay_mult: float
    def __init__(
        self, *,
            xdimen: int | None = ..., ydimen: int | None = ..., block_decay_mult: float | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "xdimen", "ydimen", "block_decay_mult",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "xdimen", "ydimen", "block_decay_mult",
        ]
    ) -> None: ...

class NetState(Message):
    DESCRIPTOR: Descriptor
    phase: Phase
    level: int
    @property
    def stage(self) -> Values[str]: ...
    def __init__(
        self, *,
            phase: Phase | int | str | None = ..., level: int | None = ..., stage: Iterable[str]
            | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "phase", "level",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "phase", "level", "stage",
        ]
    ) -> None: ...

class NetStateRule(Message):
    DESCRIPTOR: Descriptor
    phase: Phase
    min_level: int
    max_level: int
    @property
    def stage(self) -> Values[str]: ...
    @property
    def not_stage(self) -> Values[str]: ...
    def __init__(
        self, *,
            phase: Phase | int | str | None = ..., min_level: int | None = ..., max_level: int |
            None = ..., stage: Iterable[str] | None = ..., not_stage: Iterable[str] | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "phase", "min_level", "max_level",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "phase", "min_level", "max_level", "stage", "not_stage",
        ]
    ) -> None: ...

class FillerParameter(Message):
    DESCRIPTOR: Descriptor
    class VarianceNorm(_Enum):
        FAN_IN: ClassVar[FillerParameter.VarianceNorm]
        FAN_OUT: ClassVar[FillerParameter.VarianceNorm]
        AVERAGE: ClassVar[FillerParameter.VarianceNorm]
    FAN_IN: ClassVar[FillerParameter.VarianceNorm]
    FAN_OUT: ClassVar[FillerParameter.VarianceNorm]
    AVERAGE: ClassVar[FillerParameter.VarianceNorm]
    type: str
    value: float
    min: float
    max: float
    mean: float
    std: float
    sparse: int
    variance_norm: FillerParameter.VarianceNorm
    scale: float
    alpha: float
    file: str
    symmetric_fraction: float
    @property
    def diag_val(self) -> Values[float]: ...
    @property
    def values(self) -> Values[float]: ...
    final_value: float
    half_life: float
    initial_value: float
    msra_coeff: float
    sigma1: float
    sigma2: float
    @property
    def static_val(self) -> Values[float]: ...
    def __init__(
        self, *,
            type: str | None = ..., value: float | None = ..., min: float | None = ..., max:
            float | None = ..., mean: float | None = ..., std: float | None = ..., sparse: int |
            None = ..., variance_norm: FillerParameter.VarianceNorm | int | str | None = ...,
            scale: float | None = ..., alpha: float | None = ..., file: str | None = ...,
            symmetric_fraction: float | None = ..., diag_val: Iterable[float] | None = ...,
            values: Iterable[float] | None = ..., final_value: float | None = ..., half_life:
            float | None = ..., initial_value: float | None = ..., msra_coeff: float | None =
            ..., sigma1: float | None = ..., sigma2: float | None = ..., static_val:
            Iterable[float] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "type", "value", "min", "max", "mean", "std", "sparse", "variance_norm", "scale",
            "alpha", "file", "symmetric_fraction", "final_value", "half_life", "initial_value",
            "msra_coeff", "sigma1", "sigma2",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "type", "value", "min", "max", "mean", "std", "sparse", "variance_norm", "scale",
            "alpha", "file", "symmetric_fraction", "diag_val", "values", "final_value",
            "half_life", "initial_value", "msra_coeff", "sigma1", "sigma2", "static_val",
        ]
    ) -> None: ...

class BlobShape(Message):
    DESCRIPTOR: Descriptor
    @property
    def dim(self) -> Values[int]: ...
    def __init__(
        self, *,
            dim: Iterable[int] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "dim",
        ]
    ) -> None: ...

class BlobProto(Message):
    DESCRIPTOR: Descriptor
    num: int
    channels: int
    height: int
    width: int
    @property
    def data(self) -> Values[float]: ...
    @property
    def diff(self) -> Values[float]: ...
    @property
    def shape(self) -> BlobShape: ...
    @property
    def double_data(self) -> Values[float]: ...
    @property
    def double_diff(self) -> Values[float]: ...
    raw_data_type: Type
    raw_diff_type: Type
    raw_data: bytes
    raw_diff: bytes
    def __init__(
        self, *,
            num: int | None = ..., channels: int | None = ..., height: int | None = ..., width:
            int | None = ..., data: Iterable[float] | None = ..., diff: Iterable[float] | None =
            ..., shape: BlobShape | _Fields | None = ..., double_data: Iterable[float] | None =
            ..., double_diff: Iterable[float] | None = ..., raw_data_type: Type | int | str |
            None = ..., raw_diff_type: Type | int | str | None = ..., raw_data: bytes | str |
            None = ..., raw_diff: bytes | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num", "channels", "height", "width", "shape", "raw_data_type", "raw_diff_type",
            "raw_data", "raw_diff",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num", "channels", "height", "width", "data", "diff", "shape", "double_data",
            "double_diff", "raw_data_type", "raw_diff_type", "raw_data", "raw_diff",
        ]
    ) -> None: ...

class BlobProtoVector(Message):
    DESCRIPTOR: Descriptor
    @property
    def blobs(self) -> Messages[BlobProto]: ...
    def __init__(
        self, *,
            blobs: Iterable[BlobProto | _Fields] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "blobs",
        ]
    ) -> None: ...

class ConvolutionParameter(Message):
    DESCRIPTOR: Descriptor
    class CuDNNConvolutionAlgorithmSeeker(_Enum):
        GET: ClassVar[ConvolutionParameter.CuDNNConvolutionAlgorithmSeeker]
        FINDEX: ClassVar[ConvolutionParameter.CuDNNConvolutionAlgorithmSeeker]
    GET: ClassVar[ConvolutionParameter.CuDNNConvolutionAlgorithmSeeker]
    FINDEX: ClassVar[ConvolutionParameter.CuDNNConvolutionAlgorithmSeeker]
    class Engine(_Enum):
        DEFAULT: ClassVar[ConvolutionParameter.Engine]
        CAFFE: ClassVar[ConvolutionParameter.Engine]
        CUDNN: ClassVar[ConvolutionParameter.Engine]
        MKL2017: ClassVar[ConvolutionParameter.Engine]
        MKLDNN: ClassVar[ConvolutionParameter.Engine]
    DEFAULT: ClassVar[ConvolutionParameter.Engine]
    CAFFE: ClassVar[ConvolutionParameter.Engine]
    CUDNN: ClassVar[ConvolutionParameter.Engine]
    MKL2017: ClassVar[ConvolutionParameter.Engine]
    MKLDNN: ClassVar[ConvolutionParameter.Engine]
    class FusionType(_Enum):
        NONE_FUSION: ClassVar[ConvolutionParameter.FusionType]
        SUM_FUSION: ClassVar[ConvolutionParameter.FusionType]
    NONE_FUSION: ClassVar[ConvolutionParameter.FusionType]
    SUM_FUSION: ClassVar[ConvolutionParameter.FusionType]
    class FuseType(_Enum):
        UNFUSED: ClassVar[ConvolutionParameter.FuseType]
        FUSED_CONV_MAX_POOLING_RELU: ClassVar[ConvolutionParameter.FuseType]
        FUSED_CONV_RELU: ClassVar[ConvolutionParameter.FuseType]
        FUSED_CONV_ELTWISE_RELU: ClassVar[ConvolutionParameter.FuseType]
    UNFUSED: ClassVar[ConvolutionParameter.FuseType]
    FUSED_CONV_MAX_POOLING_RELU: ClassVar[ConvolutionParameter.FuseType]
    FUSED_CONV_RELU: ClassVar[ConvolutionParameter.FuseType]
    FUSED_CONV_ELTWISE_RELU: ClassVar[ConvolutionParameter.FuseType]
    class ConvMode(_Enum):
        LOWERED_GEMM: ClassVar[ConvolutionParameter.ConvMode]
        LOWERED_CCNMM: ClassVar[ConvolutionParameter.ConvMode]
        DIRECT_SCONV: ClassVar[ConvolutionParameter.ConvMode]
        DIRECT_DCONV: ClassVar[ConvolutionParameter.ConvMode]
    LOWERED_GEMM: ClassVar[ConvolutionParameter.ConvMode]
    LOWERED_CCNMM: ClassVar[ConvolutionParameter.ConvMode]
    DIRECT_SCONV: ClassVar[ConvolutionParameter.ConvMode]
    DIRECT_DCONV: ClassVar[ConvolutionParameter.ConvMode]
    class CuDNNFlavor(_Enum):
        MULTIPLE_HANDLE: ClassVar[ConvolutionParameter.CuDNNFlavor]
        SINGLE_HANDLE: ClassVar[ConvolutionParameter.CuDNNFlavor]
    MULTIPLE_HANDLE: ClassVar[ConvolutionParameter.CuDNNFlavor]
    SINGLE_HANDLE: ClassVar[ConvolutionParameter.CuDNNFlavor]
    sq: bool
    ratio: float
    @property
    def kernel_shape(self) -> BlobShape: ...
    @property
    def stride_shape(self) -> BlobShape: ...
    @property
    def pad_shape(self) -> BlobShape: ...
    binary: bool
    num_output: int
    bias_term: bool
    @property
    def pad(self) -> Values[int]: ...
    @property
    def kernel_size(self) -> Values[int]: ...
    group: int
    @property
    def stride(self) -> Values[int]: ...
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    pad_h: int
    pad_w: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    engine: ConvolutionParameter.Engine
    axis: int
    force_nd_im2col: bool
    @property
    def dilation(self) -> Values[int]: ...
    cudnn_convolution_algo_seeker: ConvolutionParameter.CuDNNConvolutionAlgorithmSeeker
    conv_algos_override: str
    relu: bool
    negative_slope: float
    conv_algorithm: str
    @property
    def coeff(self) -> Values[float]: ...
    fusion_type: ConvolutionParameter.FusionType
    kernel_depth: int
    temporal_stride: int
    temporal_pad: int
    filter_group: int
    fuse_type: ConvolutionParameter.FuseType
    kstride: int
    kstride_h: int
    kstride_w: int
    is_roi: bool
    dilation_h: int
    dilation_w: int
    @property
    def relu_param(self) -> ReLUParameter: ...
    hole: int
    hole_h: int
    hole_w: int
    pad_t: int
    pad_l: int
    pad_b: int
    pad_r: int
    pad_type: int
    bottom_is_im2col: bool
    wino_tile: int
    wino_zero_idx: int
    conv_mode: ConvolutionParameter.ConvMode
    dump_parameter: bool
    dump_activation: bool
    parameter_sparsity_pattern_histogram: bool
    filter_stride: int
    filter_stride_h: int
    filter_stride_w: int
    CuDNNWorkspaceSize: int
    @property
    def shape_offset(self) -> Values[int]: ...
    cudnn_flavor: ConvolutionParameter.CuDNNFlavor
    is_pca_channel: bool
    def __init__(
        self, *,
            sq: bool | None = ..., ratio: float | None = ..., kernel_shape: BlobShape | _Fields
            | None = ..., stride_shape: BlobShape | _Fields | None = ..., pad_shape: BlobShape |
            _Fields | None = ..., binary: bool | None = ..., num_output: int | None = ...,
            bias_term: bool | None = ..., pad: Iterable[int] | None = ..., kernel_size:
            Iterable[int] | None = ..., group: int | None = ..., stride: Iterable[int] | None =
            ..., weight_filler: FillerParameter | _Fields | None = ..., bias_filler:
            FillerParameter | _Fields | None = ..., pad_h: int | None = ..., pad_w: int | None =
            ..., kernel_h: int | None = ..., kernel_w: int | None = ..., stride_h: int | None =
            ..., stride_w: int | None = ..., engine: ConvolutionParameter.Engine | int | str |
            None = ..., axis: int | None = ..., force_nd_im2col: bool | None = ..., dilation:
            Iterable[int] | None = ..., cudnn_convolution_algo_seeker:
            ConvolutionParameter.CuDNNConvolutionAlgorithmSeeker | int | str | None = ...,
            conv_algos_override: str | None = ..., relu: bool | None = ..., negative_slope:
            float | None = ..., conv_algorithm: str | None = ..., coeff: Iterable[float] | None
            = ..., fusion_type: ConvolutionParameter.FusionType | int | str | None = ...,
            kernel_depth: int | None = ..., temporal_stride: int | None = ..., temporal_pad: int
            | None = ..., filter_group: int | None = ..., fuse_type:
            ConvolutionParameter.FuseType | int | str | None = ..., kstride: int | None = ...,
            kstride_h: int | None = ..., kstride_w: int | None = ..., is_roi: bool | None = ...,
            dilation_h: int | None = ..., dilation_w: int | None = ..., relu_param:
            ReLUParameter | _Fields | None = ..., hole: int | None = ..., hole_h: int | None =
            ..., hole_w: int | None = ..., pad_t: int | None = ..., pad_l: int | None = ...,
            pad_b: int | None = ..., pad_r: int | None = ..., pad_type: int | None = ...,
            bottom_is_im2col: bool | None = ..., wino_tile: int | None = ..., wino_zero_idx: int
            | None = ..., conv_mode: ConvolutionParameter.ConvMode | int | str | None = ...,
            dump_parameter: bool | None = ..., dump_activation: bool | None = ...,
            parameter_sparsity_pattern_histogram: bool | None = ..., filter_stride: int | None =
            ..., filter_stride_h: int | None = ..., filter_stride_w: int | None = ...,
            CuDNNWorkspaceSize: int | None = ..., shape_offset: Iterable[int] | None = ...,
            cudnn_flavor: ConvolutionParameter.CuDNNFlavor | int | str | None = ...,
            is_pca_channel: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "sq", "ratio", "kernel_shape", "stride_shape", "pad_shape", "binary", "num_output",
            "bias_term", "group", "weight_filler", "bias_filler", "pad_h", "pad_w", "kernel_h",
            "kernel_w", "stride_h", "stride_w", "engine", "axis", "force_nd_im2col",
            "cudnn_convolution_algo_seeker", "conv_algos_override", "relu", "negative_slope",
            "conv_algorithm", "fusion_type", "kernel_depth", "temporal_stride", "temporal_pad",
            "filter_group", "fuse_type", "kstride", "kstride_h", "kstride_w", "is_roi",
            "dilation_h", "dilation_w", "relu_param", "hole", "hole_h", "hole_w", "pad_t",
            "pad_l", "pad_b", "pad_r", "pad_type", "bottom_is_im2col", "wino_tile",
            "wino_zero_idx", "conv_mode", "dump_parameter", "dump_activation",
            "parameter_sparsity_pattern_histogram", "filter_stride", "filter_stride_h",
            "filter_stride_w", "CuDNNWorkspaceSize", "cudnn_flavor", "is_pca_channel",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "sq", "ratio", "kernel_shape", "stride_shape", "pad_shape", "binary", "num_output",
            "bias_term", "pad", "kernel_size", "group", "stride", "weight_filler",
            "bias_filler", "pad_h", "pad_w", "kernel_h", "kernel_w", "stride_h", "stride_w",
            "engine", "axis", "force_nd_im2col", "dilation", "cudnn_convolution_algo_seeker",
            "conv_algos_override", "relu", "negative_slope", "conv_algorithm", "coeff",
            "fusion_type", "kernel_depth", "temporal_stride", "temporal_pad", "filter_group",
            "fuse_type", "kstride", "kstride_h", "kstride_w", "is_roi", "dilation_h",
            "dilation_w", "relu_param", "hole", "hole_h", "hole_w", "pad_t", "pad_l", "pad_b",
            "pad_r", "pad_type", "bottom_is_im2col", "wino_tile", "wino_zero_idx", "conv_mode",
            "dump_parameter", "dump_activation", "parameter_sparsity_pattern_histogram",
            "filter_stride", "filter_stride_h", "filter_stride_w", "CuDNNWorkspaceSize",
            "shape_offset", "cudnn_flavor", "is_pca_channel",
        ]
    ) -> None: ...

class PoolingParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[PoolingParameter.Engine]
        CAFFE: ClassVar[PoolingParameter.Engine]
        CUDNN: ClassVar[PoolingParameter.Engine]
        MKL2017: ClassVar[PoolingParameter.Engine]
        MKLDNN: ClassVar[PoolingParameter.Engine]
    DEFAULT: ClassVar[PoolingParameter.Engine]
    CAFFE: ClassVar[PoolingParameter.Engine]
    CUDNN: ClassVar[PoolingParameter.Engine]
    MKL2017: ClassVar[PoolingParameter.Engine]
    MKLDNN: ClassVar[PoolingParameter.Engine]
    class PoolMethod(_Enum):
        MAX: ClassVar[PoolingParameter.PoolMethod]
        AVE: ClassVar[PoolingParameter.PoolMethod]
        STOCHASTIC: ClassVar[PoolingParameter.PoolMethod]
        AVE_EXC_PAD: ClassVar[PoolingParameter.PoolMethod]
        AVE_TF: ClassVar[PoolingParameter.PoolMethod]
        FIX: ClassVar[PoolingParameter.PoolMethod]
        SWITCH: ClassVar[PoolingParameter.PoolMethod]
    MAX: ClassVar[PoolingParameter.PoolMethod]
    AVE: ClassVar[PoolingParameter.PoolMethod]
    STOCHASTIC: ClassVar[PoolingParameter.PoolMethod]
    AVE_EXC_PAD: ClassVar[PoolingParameter.PoolMethod]
    AVE_TF: ClassVar[PoolingParameter.PoolMethod]
    FIX: ClassVar[PoolingParameter.PoolMethod]
    SWITCH: ClassVar[PoolingParameter.PoolMethod]
    class RoundMode(_Enum):
        CEIL: ClassVar[PoolingParameter.RoundMode]
        FLOOR: ClassVar[PoolingParameter.RoundMode]
    CEIL: ClassVar[PoolingParameter.RoundMode]
    FLOOR: ClassVar[PoolingParameter.RoundMode]
    kernel_c: int
    stride_c: int
    @property
    def kernel_shape(self) -> BlobShape: ...
    @property
    def stride_shape(self) -> BlobShape: ...
    @property
    def pad_shape(self) -> BlobShape: ...
    pool: PoolingParameter.PoolMethod
    kernel_size: int
    stride: int
    pad: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    pad_h: int
    pad_w: int
    engine: PoolingParameter.Engine
    global_pooling: bool
    round_mode: PoolingParameter.RoundMode
    torch_pooling: bool
    avg_include_pad: bool
    axis: int
    @property
    def pad_3d(self) -> Values[int]: ...
    @property
    def kernel_size_3d(self) -> Values[int]: ...
    @property
    def stride_3d(self) -> Values[int]: ...
    ceil_mode: bool
    @property
    def dilation(self) -> Values[int]: ...
    kstride: int
    kstride_h: int
    kstride_w: int
    kernel_depth: int
    temporal_stride: int
    pad_t: int
    pad_l: int
    pad_b: int
    pad_r: int
    pad_type: int
    bin_h: int
    bin_size: int
    bin_w: int
    blobs_a_min: float
    blobs_lr: float
    fix: int
    fix_x: int
    fix_y: int
    def __init__(
        self, *,
            kernel_c: int | None = ..., stride_c: int | None = ..., kernel_shape: BlobShape |
            _Fields | None = ..., stride_shape: BlobShape | _Fields | None = ..., pad_shape:
            BlobShape | _Fields | None = ..., pool: PoolingParameter.PoolMethod | int | str |
            None = ..., kernel_size: int | None = ..., stride: int | None = ..., pad: int | None
            = ..., kernel_h: int | None = ..., kernel_w: int | None = ..., stride_h: int | None
            = ..., stride_w: int | None = ..., pad_h: int | None = ..., pad_w: int | None = ...,
            engine: PoolingParameter.Engine | int | str | None = ..., global_pooling: bool |
            None = ..., round_mode: PoolingParameter.RoundMode | int | str | None = ...,
            torch_pooling: bool | None = ..., avg_include_pad: bool | None = ..., axis: int |
            None = ..., pad_3d: Iterable[int] | None = ..., kernel_size_3d: Iterable[int] | None
            = ..., stride_3d: Iterable[int] | None = ..., ceil_mode: bool | None = ...,
            dilation: Iterable[int] | None = ..., kstride: int | None = ..., kstride_h: int |
            None = ..., kstride_w: int | None = ..., kernel_depth: int | None = ...,
            temporal_stride: int | None = ..., pad_t: int | None = ..., pad_l: int | None = ...,
            pad_b: int | None = ..., pad_r: int | None = ..., pad_type: int | None = ..., bin_h:
            int | None = ..., bin_size: int | None = ..., bin_w: int | None = ..., blobs_a_min:
            float | None = ..., blobs_lr: float | None = ..., fix: int | None = ..., fix_x: int
            | None = ..., fix_y: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "kernel_c", "stride_c", "kernel_shape", "stride_shape", "pad_shape", "pool",
            "kernel_size", "stride", "pad", "kernel_h", "kernel_w", "stride_h", "stride_w",
            "pad_h", "pad_w", "engine", "global_pooling", "round_mode", "torch_pooling",
            "avg_include_pad", "axis", "ceil_mode", "kstride", "kstride_h", "kstride_w",
            "kernel_depth", "temporal_stride", "pad_t", "pad_l", "pad_b", "pad_r", "pad_type",
            "bin_h", "bin_size", "bin_w", "blobs_a_min", "blobs_lr", "fix", "fix_x", "fix_y",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "kernel_c", "stride_c", "kernel_shape", "stride_shape", "pad_shape", "pool",
            "kernel_size", "stride", "pad", "kernel_h", "kernel_w", "stride_h", "stride_w",
            "pad_h", "pad_w", "engine", "global_pooling", "round_mode", "torch_pooling",
            "avg_include_pad", "axis", "pad_3d", "kernel_size_3d", "stride_3d", "ceil_mode",
            "dilation", "kstride", "kstride_h", "kstride_w", "kernel_depth", "temporal_stride",
            "pad_t", "pad_l", "pad_b", "pad_r", "pad_type", "bin_h", "bin_size", "bin_w",
            "blobs_a_min", "blobs_lr", "fix", "fix_x", "fix_y",
        ]
    ) -> None: ...

class SPPParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[SPPParameter.Engine]
        CAFFE: ClassVar[SPPParameter.Engine]
        CUDNN: ClassVar[SPPParameter.Engine]
    DEFAULT: ClassVar[SPPParameter.Engine]
    CAFFE: ClassVar[SPPParameter.Engine]
    CUDNN: ClassVar[SPPParameter.Engine]
    class PoolMethod(_Enum):
        MAX: ClassVar[SPPParameter.PoolMethod]
        AVE: ClassVar[SPPParameter.PoolMethod]
        STOCHASTIC: ClassVar[SPPParameter.PoolMethod]
    MAX: ClassVar[SPPParameter.PoolMethod]
    AVE: ClassVar[SPPParameter.PoolMethod]
    STOCHASTIC: ClassVar[SPPParameter.PoolMethod]
    pyramid_height: int
    pool: SPPParameter.PoolMethod
    engine: SPPParameter.Engine
    def __init__(
        self, *,
            pyramid_height: int | None = ..., pool: SPPParameter.PoolMethod | int | str | None =
            ..., engine: SPPParameter.Engine | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pyramid_height", "pool", "engine",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pyramid_height", "pool", "engine",
        ]
    ) -> None: ...

class LRNParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[LRNParameter.Engine]
        CAFFE: ClassVar[LRNParameter.Engine]
        CUDNN: ClassVar[LRNParameter.Engine]
        MKL2017: ClassVar[LRNParameter.Engine]
        MKLDNN: ClassVar[LRNParameter.Engine]
    DEFAULT: ClassVar[LRNParameter.Engine]
    CAFFE: ClassVar[LRNParameter.Engine]
    CUDNN: ClassVar[LRNParameter.Engine]
    MKL2017: ClassVar[LRNParameter.Engine]
    MKLDNN: ClassVar[LRNParameter.Engine]
    class NormRegion(_Enum):
        ACROSS_CHANNELS: ClassVar[LRNParameter.NormRegion]
        WITHIN_CHANNEL: ClassVar[LRNParameter.NormRegion]
    ACROSS_CHANNELS: ClassVar[LRNParameter.NormRegion]
    WITHIN_CHANNEL: ClassVar[LRNParameter.NormRegion]
    class FuseType(_Enum):
        UNFUSED: ClassVar[LRNParameter.FuseType]
        FUSED_POOL_MAX: ClassVar[LRNParameter.FuseType]
    UNFUSED: ClassVar[LRNParameter.FuseType]
    FUSED_POOL_MAX: ClassVar[LRNParameter.FuseType]
    local_size: int
    alpha: float
    beta: float
    norm_region: LRNParameter.NormRegion
    k: float
    engine: LRNParameter.Engine
    fuse_type: LRNParameter.FuseType
    @property
    def pooling_param(self) -> PoolingParameter: ...
    unit_test_fuse_kernel: bool
    unit_test_mode: bool
    def __init__(
        self, *,
            local_size: int | None = ..., alpha: float | None = ..., beta: float | None = ...,
            norm_region: LRNParameter.NormRegion | int | str | None = ..., k: float | None =
            ..., engine: LRNParameter.Engine | int | str | None = ..., fuse_type:
            LRNParameter.FuseType | int | str | None = ..., pooling_param: PoolingParameter |
            _Fields | None = ..., unit_test_fuse_kernel: bool | None = ..., unit_test_mode: bool
            | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "local_size", "alpha", "beta", "norm_region", "k", "engine", "fuse_type",
            "pooling_param", "unit_test_fuse_kernel", "unit_test_mode",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "local_size", "alpha", "beta", "norm_region", "k", "engine", "fuse_type",
            "pooling_param", "unit_test_fuse_kernel", "unit_test_mode",
        ]
    ) -> None: ...

class CropParameter(Message):
    DESCRIPTOR: Descriptor
    axis: int
    @property
    def offset(self) -> Values[int]: ...
    center_align: bool
    crop_width: int
    crop_height: int
    height: int
    weight: int
    def __init__(
        self, *,
            axis: int | None = ..., offset: Iterable[int] | None = ..., center_align: bool |
            None = ..., crop_width: int | None = ..., crop_height: int | None = ..., height: int
            | None = ..., weight: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "axis", "center_align", "crop_width", "crop_height", "height", "weight",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "axis", "offset", "center_align", "crop_width", "crop_height", "height", "weight",
        ]
    ) -> None: ...

class InputParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def shape(self) -> Messages[BlobShape]: ...
    def __init__(
        self, *,
            shape: Iterable[BlobShape | _Fields] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "shape",
        ]
    ) -> None: ...

class InnerProductParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[InnerProductParameter.Engine]
        CAFFE: ClassVar[InnerProductParameter.Engine]
        CUDNN: ClassVar[InnerProductParameter.Engine]
        MKLDNN: ClassVar[InnerProductParameter.Engine]
    DEFAULT: ClassVar[InnerProductParameter.Engine]
    CAFFE: ClassVar[InnerProductParameter.Engine]
    CUDNN: ClassVar[InnerProductParameter.Engine]
    MKLDNN: ClassVar[InnerProductParameter.Engine]
    class GemmMode(_Enum):
        GEMM: ClassVar[InnerProductParameter.GemmMode]
        SPMDM: ClassVar[InnerProductParameter.GemmMode]
        SPGEMM: ClassVar[InnerProductParameter.GemmMode]
    GEMM: ClassVar[InnerProductParameter.GemmMode]
    SPMDM: ClassVar[InnerProductParameter.GemmMode]
    SPGEMM: ClassVar[InnerProductParameter.GemmMode]
    sq: bool
    ratio: float
    num_output: int
    bias_term: bool
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    axis: int
    transpose: bool
    gemm_mode: InnerProductParameter.GemmMode
    spmdm_transpose_in: bool
    spmdm_transpose_out: bool
    engine: InnerProductParameter.Engine
    relu: bool
    negative_slope: float
    normalize: bool
    act_init: bool
    lamda: float
    def __init__(
        self, *,
            sq: bool | None = ..., ratio: float | None = ..., num_output: int | None = ...,
            bias_term: bool | None = ..., weight_filler: FillerParameter | _Fields | None = ...,
            bias_filler: FillerParameter | _Fields | None = ..., axis: int | None = ...,
            transpose: bool | None = ..., gemm_mode: InnerProductParameter.GemmMode | int | str
            | None = ..., spmdm_transpose_in: bool | None = ..., spmdm_transpose_out: bool |
            None = ..., engine: InnerProductParameter.Engine | int | str | None = ..., relu:
            bool | None = ..., negative_slope: float | None = ..., normalize: bool | None = ...,
            act_init: bool | None = ..., lamda: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "sq", "ratio", "num_output", "bias_term", "weight_filler", "bias_filler", "axis",
            "transpose", "gemm_mode", "spmdm_transpose_in", "spmdm_transpose_out", "engine",
            "relu", "negative_slope", "normalize", "act_init", "lamda",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "sq", "ratio", "num_output", "bias_term", "weight_filler", "bias_filler", "axis",
            "transpose", "gemm_mode", "spmdm_transpose_in", "spmdm_transpose_out", "engine",
            "relu", "negative_slope", "normalize", "act_init", "lamda",
        ]
    ) -> None: ...

class EmbedParameter(Message):
    DESCRIPTOR: Descriptor
    num_output: int
    input_dim: int
    bias_term: bool
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    def __init__(
        self, *,
            num_output: int | None = ..., input_dim: int | None = ..., bias_term: bool | None =
            ..., weight_filler: FillerParameter | _Fields | None = ..., bias_filler:
            FillerParameter | _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "input_dim", "bias_term", "weight_filler", "bias_filler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "input_dim", "bias_term", "weight_filler", "bias_filler",
        ]
    ) -> None: ...

class RecurrentParameter(Message):
    DESCRIPTOR: Descriptor
    class Activation(_Enum):
        TANH: ClassVar[RecurrentParameter.Activation]
        RELU: ClassVar[RecurrentParameter.Activation]
    TANH: ClassVar[RecurrentParameter.Activation]
    RELU: ClassVar[RecurrentParameter.Activation]
    num_output: int
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    debug_info: bool
    expose_hidden: bool
    linear_before_reset: int
    state_gradient: bool
    hidden_output: bool
    activation: RecurrentParameter.Activation
    clipping_threshold: float
    def __init__(
        self, *,
            num_output: int | None = ..., weight_filler: FillerParameter | _Fields | None = ...,
            bias_filler: FillerParameter | _Fields | None = ..., debug_info: bool | None = ...,
            expose_hidden: bool | None = ..., linear_before_reset: int | None = ...,
            state_gradient: bool | None = ..., hidden_output: bool | None = ..., activation:
            RecurrentParameter.Activation | int | str | None = ..., clipping_threshold: float |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "weight_filler", "bias_filler", "debug_info", "expose_hidden",
            "linear_before_reset", "state_gradient", "hidden_output", "activation",
            "clipping_threshold",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "weight_filler", "bias_filler", "debug_info", "expose_hidden",
            "linear_before_reset", "state_gradient", "hidden_output", "activation",
            "clipping_threshold",
        ]
    ) -> None: ...

class ReLUParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[ReLUParameter.Engine]
        CAFFE: ClassVar[ReLUParameter.Engine]
        CUDNN: ClassVar[ReLUParameter.Engine]
        MKL2017: ClassVar[ReLUParameter.Engine]
        MKLDNN: ClassVar[ReLUParameter.Engine]
    DEFAULT: ClassVar[ReLUParameter.Engine]
    CAFFE: ClassVar[ReLUParameter.Engine]
    CUDNN: ClassVar[ReLUParameter.Engine]
    MKL2017: ClassVar[ReLUParameter.Engine]
    MKLDNN: ClassVar[ReLUParameter.Engine]
    negative_slope: float
    engine: ReLUParameter.Engine
    fuse: bool
    relu6: bool
    upper_bound: float
    def __init__(
        self, *,
            negative_slope: float | None = ..., engine: ReLUParameter.Engine | int | str | None
            = ..., fuse: bool | None = ..., relu6: bool | None = ..., upper_bound: float | None
            = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "negative_slope", "engine", "fuse", "relu6", "upper_bound",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "negative_slope", "engine", "fuse", "relu6", "upper_bound",
        ]
    ) -> None: ...

class PReLUParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def filler(self) -> FillerParameter: ...
    channel_shared: bool
    def __init__(
        self, *,
            filler: FillerParameter | _Fields | None = ..., channel_shared: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "filler", "channel_shared",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "filler", "channel_shared",
        ]
    ) -> None: ...

class ELUParameter(Message):
    DESCRIPTOR: Descriptor
    alpha: float
    def __init__(
        self, *,
            alpha: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "alpha",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "alpha",
        ]
    ) -> None: ...

class SigmoidParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[SigmoidParameter.Engine]
        CAFFE: ClassVar[SigmoidParameter.Engine]
        CUDNN: ClassVar[SigmoidParameter.Engine]
    DEFAULT: ClassVar[SigmoidParameter.Engine]
    CAFFE: ClassVar[SigmoidParameter.Engine]
    CUDNN: ClassVar[SigmoidParameter.Engine]
    engine: SigmoidParameter.Engine
    def __init__(
        self, *,
            engine: SigmoidParameter.Engine | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "engine",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "engine",
        ]
    ) -> None: ...

class TanHParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[TanHParameter.Engine]
        CAFFE: ClassVar[TanHParameter.Engine]
        CUDNN: ClassVar[TanHParameter.Engine]
    DEFAULT: ClassVar[TanHParameter.Engine]
    CAFFE: ClassVar[TanHParameter.Engine]
    CUDNN: ClassVar[TanHParameter.Engine]
    engine: TanHParameter.Engine
    def __init__(
        self, *,
            engine: TanHParameter.Engine | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "engine",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "engine",
        ]
    ) -> None: ...

class SwishParameter(Message):
    DESCRIPTOR: Descriptor
    beta: float
    def __init__(
        self, *,
            beta: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "beta",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "beta",
        ]
    ) -> None: ...

class ClipParameter(Message):
    DESCRIPTOR: Descriptor
    min: float
    max: float
    def __init__(
        self, *,
            min: float | None = ..., max: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "min", "max",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "min", "max",
        ]
    ) -> None: ...

class PowerParameter(Message):
    DESCRIPTOR: Descriptor
    power: float
    scale: float
    shift: float
    def __init__(
        self, *,
            power: float | None = ..., scale: float | None = ..., shift: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "power", "scale", "shift",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "power", "scale", "shift",
        ]
    ) -> None: ...

class ExpParameter(Message):
    DESCRIPTOR: Descriptor
    base: float
    scale: float
    shift: float
    def __init__(
        self, *,
            base: float | None = ..., scale: float | None = ..., shift: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "base", "scale", "shift",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "base", "scale", "shift",
        ]
    ) -> None: ...

class LogParameter(Message):
    DESCRIPTOR: Descriptor
    base: float
    scale: float
    shift: float
    def __init__(
        self, *,
            base: float | None = ..., scale: float | None = ..., shift: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "base", "scale", "shift",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "base", "scale", "shift",
        ]
    ) -> None: ...

class ThresholdParameter(Message):
    DESCRIPTOR: Descriptor
    threshold: float
    def __init__(
        self, *,
            threshold: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "threshold",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "threshold",
        ]
    ) -> None: ...

class DropoutParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[DropoutParameter.Engine]
        CAFFE: ClassVar[DropoutParameter.Engine]
        CUDNN: ClassVar[DropoutParameter.Engine]
    DEFAULT: ClassVar[DropoutParameter.Engine]
    CAFFE: ClassVar[DropoutParameter.Engine]
    CUDNN: ClassVar[DropoutParameter.Engine]
    dropout_ratio: float
    engine: DropoutParameter.Engine
    random_seed: int
    scale_train: bool
    sample_weights_test: bool
    sqrt_scale: bool
    def __init__(
        self, *,
            dropout_ratio: float | None = ..., engine: DropoutParameter.Engine | int | str |
            None = ..., random_seed: int | None = ..., scale_train: bool | None = ...,
            sample_weights_test: bool | None = ..., sqrt_scale: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "dropout_ratio", "engine", "random_seed", "scale_train", "sample_weights_test",
            "sqrt_scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "dropout_ratio", "engine", "random_seed", "scale_train", "sample_weights_test",
            "sqrt_scale",
        ]
    ) -> None: ...

class BatchNormParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[BatchNormParameter.Engine]
        CAFFE: ClassVar[BatchNormParameter.Engine]
        CUDNN: ClassVar[BatchNormParameter.Engine]
        MKL2017: ClassVar[BatchNormParameter.Engine]
        MKLDNN: ClassVar[BatchNormParameter.Engine]
    DEFAULT: ClassVar[BatchNormParameter.Engine]
    CAFFE: ClassVar[BatchNormParameter.Engine]
    CUDNN: ClassVar[BatchNormParameter.Engine]
    MKL2017: ClassVar[BatchNormParameter.Engine]
    MKLDNN: ClassVar[BatchNormParameter.Engine]
    use_global_stats: bool
    moving_average_fraction: float
    eps: float
    engine: BatchNormParameter.Engine
    @property
    def bias_filler(self) -> FillerParameter: ...
    @property
    def scale_filler(self) -> FillerParameter: ...
    scale_bias: bool
    use_weight_bias: bool
    bias_term: bool
    @property
    def filler(self) -> FillerParameter: ...
    stats_batch_size: int
    relu: bool
    update_global_stats: bool
    fused_relu: bool
    add_eps_before_sqrt: bool
    disable_mean: bool
    disable_variance: bool
    def __init__(
        self, *,
            use_global_stats: bool | None = ..., moving_average_fraction: float | None = ...,
            eps: float | None = ..., engine: BatchNormParameter.Engine | int | str | None = ...,
            bias_filler: FillerParameter | _Fields | None = ..., scale_filler: FillerParameter |
            _Fields | None = ..., scale_bias: bool | None = ..., use_weight_bias: bool | None =
            ..., bias_term: bool | None = ..., filler: FillerParameter | _Fields | None = ...,
            stats_batch_size: int | None = ..., relu: bool | None = ..., update_global_stats:
            bool | None = ..., fused_relu: bool | None = ..., add_eps_before_sqrt: bool | None =
            ..., disable_mean: bool | None = ..., disable_variance: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "use_global_stats", "moving_average_fraction", "eps", "engine", "bias_filler",
            "scale_filler", "scale_bias", "use_weight_bias", "bias_term", "filler",
            "stats_batch_size", "relu", "update_global_stats", "fused_relu",
            "add_eps_before_sqrt", "disable_mean", "disable_variance",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "use_global_stats", "moving_average_fraction", "eps", "engine", "bias_filler",
            "scale_filler", "scale_bias", "use_weight_bias", "bias_term", "filler",
            "stats_batch_size", "relu", "update_global_stats", "fused_relu",
            "add_eps_before_sqrt", "disable_mean", "disable_variance",
        ]
    ) -> None: ...

class MVNParameter(Message):
    DESCRIPTOR: Descriptor
    normalize_variance: bool
    across_channels: bool
    eps: float
    def __init__(
        self, *,
            normalize_variance: bool | None = ..., across_channels: bool | None = ..., eps:
            float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "normalize_variance", "across_channels", "eps",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "normalize_variance", "across_channels", "eps",
        ]
    ) -> None: ...

class ScaleParameter(Message):
    DESCRIPTOR: Descriptor
    axis: int
    num_axes: int
    @property
    def filler(self) -> FillerParameter: ...
    bias_term: bool
    @property
    def bias_filler(self) -> FillerParameter: ...
    min_value: float
    max_value: float
    def __init__(
        self, *,
            axis: int | None = ..., num_axes: int | None = ..., filler: FillerParameter |
            _Fields | None = ..., bias_term: bool | None = ..., bias_filler: FillerParameter |
            _Fields | None = ..., min_value: float | None = ..., max_value: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "axis", "num_axes", "filler", "bias_term", "bias_filler", "min_value", "max_value",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "axis", "num_axes", "filler", "bias_term", "bias_filler", "min_value", "max_value",
        ]
    ) -> None: ...

class BiasParameter(Message):
    DESCRIPTOR: Descriptor
    axis: int
    num_axes: int
    @property
    def filler(self) -> FillerParameter: ...
    def __init__(
        self, *,
            axis: int | None = ..., num_axes: int | None = ..., filler: FillerParameter |
            _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "axis", "num_axes", "filler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "axis", "num_axes", "filler",
        ]
    ) -> None: ...

class ParameterParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def shape(self) -> BlobShape: ...
    @property
    def blob_filler(self) -> FillerParameter: ...
    @property
    def filler(self) -> FillerParameter: ...
    norm_axis: int
    def __init__(
        self, *,
            shape: BlobShape | _Fields | None = ..., blob_filler: FillerParameter | _Fields |
            None = ..., filler: FillerParameter | _Fields | None = ..., norm_axis: int | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "shape", "blob_filler", "filler", "norm_axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "shape", "blob_filler", "filler", "norm_axis",
        ]
    ) -> None: ...

class EltwiseParameter(Message):
    DESCRIPTOR: Descriptor
    class EltwiseOp(_Enum):
        PROD: ClassVar[EltwiseParameter.EltwiseOp]
        SUM: ClassVar[EltwiseParameter.EltwiseOp]
        MAX: ClassVar[EltwiseParameter.EltwiseOp]
        MIN: ClassVar[EltwiseParameter.EltwiseOp]
        AVG: ClassVar[EltwiseParameter.EltwiseOp]
    PROD: ClassVar[EltwiseParameter.EltwiseOp]
    SUM: ClassVar[EltwiseParameter.EltwiseOp]
    MAX: ClassVar[EltwiseParameter.EltwiseOp]
    MIN: ClassVar[EltwiseParameter.EltwiseOp]
    AVG: ClassVar[EltwiseParameter.EltwiseOp]
    class Engine(_Enum):
        DEFAULT: ClassVar[EltwiseParameter.Engine]
        CAFFE: ClassVar[EltwiseParameter.Engine]
        MKL2017: ClassVar[EltwiseParameter.Engine]
        MKLDNN: ClassVar[EltwiseParameter.Engine]
    DEFAULT: ClassVar[EltwiseParameter.Engine]
    CAFFE: ClassVar[EltwiseParameter.Engine]
    MKL2017: ClassVar[EltwiseParameter.Engine]
    MKLDNN: ClassVar[EltwiseParameter.Engine]
    operation: EltwiseParameter.EltwiseOp
    @property
    def coeff(self) -> Values[float]: ...
    stable_prod_grad: bool
    engine: EltwiseParameter.Engine
    coeff_blob: bool
    cross_channel: bool
    def __init__(
        self, *,
            operation: EltwiseParameter.EltwiseOp | int | str | None = ..., coeff:
            Iterable[float] | None = ..., stable_prod_grad: bool | None = ..., engine:
            EltwiseParameter.Engine | int | str | None = ..., coeff_blob: bool | None = ...,
            cross_channel: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "operation", "stable_prod_grad", "engine", "coeff_blob", "cross_channel",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "operation", "coeff", "stable_prod_grad", "engine", "coeff_blob", "cross_channel",
        ]
    ) -> None: ...

class ReductionParameter(Message):
    DESCRIPTOR: Descriptor
    class ReductionOp(_Enum):
        SUM: ClassVar[ReductionParameter.ReductionOp]
        ASUM: ClassVar[ReductionParameter.ReductionOp]
        SUMSQ: ClassVar[ReductionParameter.ReductionOp]
        MEAN: ClassVar[ReductionParameter.ReductionOp]
    SUM: ClassVar[ReductionParameter.ReductionOp]
    ASUM: ClassVar[ReductionParameter.ReductionOp]
    SUMSQ: ClassVar[ReductionParameter.ReductionOp]
    MEAN: ClassVar[ReductionParameter.ReductionOp]
    operation: ReductionParameter.ReductionOp
    axis: int
    coeff: float
    def __init__(
        self, *,
            operation: ReductionParameter.ReductionOp | int | str | None = ..., axis: int | None
            = ..., coeff: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "operation", "axis", "coeff",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "operation", "axis", "coeff",
        ]
    ) -> None: ...

class SoftmaxParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[SoftmaxParameter.Engine]
        CAFFE: ClassVar[SoftmaxParameter.Engine]
        CUDNN: ClassVar[SoftmaxParameter.Engine]
    DEFAULT: ClassVar[SoftmaxParameter.Engine]
    CAFFE: ClassVar[SoftmaxParameter.Engine]
    CUDNN: ClassVar[SoftmaxParameter.Engine]
    engine: SoftmaxParameter.Engine
    axis: int
    normalize_type: str
    label_smooth: bool
    @property
    def pos_cid(self) -> Values[float]: ...
    @property
    def pos_mult(self) -> Values[float]: ...
    @property
    def class_weight(self) -> Values[float]: ...
    cutting_point: float
    hard_mining_label: int
    hard_ratio: float
    label_smooth_factor: float
    margin: float
    scaling_temperature: float
    def __init__(
        self, *,
            engine: SoftmaxParameter.Engine | int | str | None = ..., axis: int | None = ...,
            normalize_type: str | None = ..., label_smooth: bool | None = ..., pos_cid:
            Iterable[float] | None = ..., pos_mult: Iterable[float] | None = ..., class_weight:
            Iterable[float] | None = ..., cutting_point: float | None = ..., hard_mining_label:
            int | None = ..., hard_ratio: float | None = ..., label_smooth_factor: float | None
            = ..., margin: float | None = ..., scaling_temperature: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "engine", "axis", "normalize_type", "label_smooth", "cutting_point",
            "hard_mining_label", "hard_ratio", "label_smooth_factor", "margin",
            "scaling_temperature",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "engine", "axis", "normalize_type", "label_smooth", "pos_cid", "pos_mult",
            "class_weight", "cutting_point", "hard_mining_label", "hard_ratio",
            "label_smooth_factor", "margin", "scaling_temperature",
        ]
    ) -> None: ...

class ArgMaxParameter(Message):
    DESCRIPTOR: Descriptor
    out_max_val: bool
    top_k: int
    axis: int
    def __init__(
        self, *,
            out_max_val: bool | None = ..., top_k: int | None = ..., axis: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "out_max_val", "top_k", "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "out_max_val", "top_k", "axis",
        ]
    ) -> None: ...

class ConcatParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[ConcatParameter.Engine]
        CAFFE: ClassVar[ConcatParameter.Engine]
        MKL2017: ClassVar[ConcatParameter.Engine]
        MKLDNN: ClassVar[ConcatParameter.Engine]
    DEFAULT: ClassVar[ConcatParameter.Engine]
    CAFFE: ClassVar[ConcatParameter.Engine]
    MKL2017: ClassVar[ConcatParameter.Engine]
    MKLDNN: ClassVar[ConcatParameter.Engine]
    concat_dim: int
    axis: int
    engine: ConcatParameter.Engine
    per_fla_fuse: bool
    def __init__(
        self, *,
            concat_dim: int | None = ..., axis: int | None = ..., engine: ConcatParameter.Engine
            | int | str | None = ..., per_fla_fuse: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "concat_dim", "axis", "engine", "per_fla_fuse",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "concat_dim", "axis", "engine", "per_fla_fuse",
        ]
    ) -> None: ...

class SliceParameter(Message):
    DESCRIPTOR: Descriptor
    slice_dim: int
    @property
    def slice_point(self) -> Values[int]: ...
    axis: int
    def __init__(
        self, *,
            slice_dim: int | None = ..., slice_point: Iterable[int] | None = ..., axis: int |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "slice_dim", "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "slice_dim", "slice_point", "axis",
        ]
    ) -> None: ...

class FlattenParameter(Message):
    DESCRIPTOR: Descriptor
    axis: int
    end_axis: int
    def __init__(
        self, *,
            axis: int | None = ..., end_axis: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "axis", "end_axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "axis", "end_axis",
        ]
    ) -> None: ...

class ReshapeParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def shape(self) -> BlobShape: ...
    axis: int
    num_axes: int
    pixelshuffler: int
    def __init__(
        self, *,
            shape: BlobShape | _Fields | None = ..., axis: int | None = ..., num_axes: int |
            None = ..., pixelshuffler: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "shape", "axis", "num_axes", "pixelshuffler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "shape", "axis", "num_axes", "pixelshuffler",
        ]
    ) -> None: ...

class TileParameter(Message):
    DESCRIPTOR: Descriptor
    axis: int
    tiles: int
    tiles_from_axis: int
    def __init__(
        self, *,
            axis: int | None = ..., tiles: int | None = ..., tiles_from_axis: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "axis", "tiles", "tiles_from_axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "axis", "tiles", "tiles_from_axis",
        ]
    ) -> None: ...

class SplitParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[SplitParameter.Engine]
        CAFFE: ClassVar[SplitParameter.Engine]
        MKL2017: ClassVar[SplitParameter.Engine]
        MKLDNN: ClassVar[SplitParameter.Engine]
    DEFAULT: ClassVar[SplitParameter.Engine]
    CAFFE: ClassVar[SplitParameter.Engine]
    MKL2017: ClassVar[SplitParameter.Engine]
    MKLDNN: ClassVar[SplitParameter.Engine]
    engine: SplitParameter.Engine
    def __init__(
        self, *,
            engine: SplitParameter.Engine | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "engine",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "engine",
        ]
    ) -> None: ...

class PythonParameter(Message):
    DESCRIPTOR: Descriptor
    module: str
    layer: str
    param_str: str
    share_in_parallel: bool
    def __init__(
        self, *,
            module: str | None = ..., layer: str | None = ..., param_str: str | None = ...,
            share_in_parallel: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "module", "layer", "param_str", "share_in_parallel",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "module", "layer", "param_str", "share_in_parallel",
        ]
    ) -> None: ...

class TorchParameter(Message):
    DESCRIPTOR: Descriptor
    class Rate(Message):
        DESCRIPTOR: Descriptor
        pattern: str
        lr_mult: float
        decay_mult: float
        def __init__(
            self, *,
                pattern: str | None = ..., lr_mult: float | None = ..., decay_mult: float | None =
                ...,
        ) -> None: ...
        def HasField(
            self, field_name: Literal[
                "pattern", "lr_mult", "decay_mult",
            ]
        ) -> bool: ...
        def ClearField(
            self, field_name: Literal[
                "pattern", "lr_mult", "decay_mult",
            ]
        ) -> None: ...
    module: str
    args: str
    @property
    def output(self) -> Values[int]: ...
    weights: str
    @property
    def rate(self) -> Messages[TorchParameter.Rate]: ...
    def __init__(
        self, *,
            module: str | None = ..., args: str | None = ..., output: Iterable[int] | None =
            ..., weights: str | None = ..., rate: Iterable[TorchParameter.Rate | _Fields] | None
            = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "module", "args", "weights",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "module", "args", "output", "weights", "rate",
        ]
    ) -> None: ...

class LossParameter(Message):
    DESCRIPTOR: Descriptor
    class NormalizationMode(_Enum):
        FULL: ClassVar[LossParameter.NormalizationMode]
        VALID: ClassVar[LossParameter.NormalizationMode]
        BATCH_SIZE: ClassVar[LossParameter.NormalizationMode]
        NONE: ClassVar[LossParameter.NormalizationMode]
        PRE_FIXED: ClassVar[LossParameter.NormalizationMode]
    FULL: ClassVar[LossParameter.NormalizationMode]
    VALID: ClassVar[LossParameter.NormalizationMode]
    BATCH_SIZE: ClassVar[LossParameter.NormalizationMode]
    NONE: ClassVar[LossParameter.NormalizationMode]
    PRE_FIXED: ClassVar[LossParameter.NormalizationMode]
    ignore_label: int
    normalize: bool
    normalization: LossParameter.NormalizationMode
    label_smoothing: float
    pre_fixed_normalizer: float
    weight_by_label_freqs: bool
    @property
    def class_weighting(self) -> Values[float]: ...
    unknow_label: int
    ignore_objectness: bool
    ignore_location: bool
    ignore_constraint: bool
    ignore_classes: bool
    ignore_rank: bool
    normalize_supervised: bool
    normalize_classes: bool
    normalize_constraint: bool
    normalize_objectness: bool
    is_siftflow: bool
    adaptive_weighting: bool
    gamma: float
    scale: float
    min_weight: float
    max_weight: float
    max_entropy_weight: float
    negative_scale: float
    beta: float
    def __init__(
        self, *,
            ignore_label: int | None = ..., normalize: bool | None = ..., normalization:
            LossParameter.NormalizationMode | int | str | None = ..., label_smoothing: float |
            None = ..., pre_fixed_normalizer: float | None = ..., weight_by_label_freqs: bool |
            None = ..., class_weighting: Iterable[float] | None = ..., unknow_label: int | None
            = ..., ignore_objectness: bool | None = ..., ignore_location: bool | None = ...,
            ignore_constraint: bool | None = ..., ignore_classes: bool | None = ...,
            ignore_rank: bool | None = ..., normalize_supervised: bool | None = ...,
            normalize_classes: bool | None = ..., normalize_constraint: bool | None = ...,
            normalize_objectness: bool | None = ..., is_siftflow: bool | None = ...,
            adaptive_weighting: bool | None = ..., gamma: float | None = ..., scale: float |
            None = ..., min_weight: float | None = ..., max_weight: float | None = ...,
            max_entropy_weight: float | None = ..., negative_scale: float | None = ..., beta:
            float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "ignore_label", "normalize", "normalization", "label_smoothing",
            "pre_fixed_normalizer", "weight_by_label_freqs", "unknow_label",
            "ignore_objectness", "ignore_location", "ignore_constraint", "ignore_classes",
            "ignore_rank", "normalize_supervised", "normalize_classes", "normalize_constraint",
            "normalize_objectness", "is_siftflow", "adaptive_weighting", "gamma", "scale",
            "min_weight", "max_weight", "max_entropy_weight", "negative_scale", "beta",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "ignore_label", "normalize", "normalization", "label_smoothing",
            "pre_fixed_normalizer", "weight_by_label_freqs", "class_weighting", "unknow_label",
            "ignore_objectness", "ignore_location", "ignore_constraint", "ignore_classes",
            "ignore_rank", "normalize_supervised", "normalize_classes", "normalize_constraint",
            "normalize_objectness", "is_siftflow", "adaptive_weighting", "gamma", "scale",
            "min_weight", "max_weight", "max_entropy_weight", "negative_scale", "beta",
        ]
    ) -> None: ...

class AccuracyParameter(Message):
    DESCRIPTOR: Descriptor
    top_k: int
    axis: int
    ignore_label: int
    min_is_better: bool
    denominator: float
    def __init__(
        self, *,
            top_k: int | None = ..., axis: int | None = ..., ignore_label: int | None = ...,
            min_is_better: bool | None = ..., denominator: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "top_k", "axis", "ignore_label", "min_is_better", "denominator",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "top_k", "axis", "ignore_label", "min_is_better", "denominator",
        ]
    ) -> None: ...

class ContrastiveLossParameter(Message):
    DESCRIPTOR: Descriptor
    margin: float
    legacy_version: bool
    def __init__(
        self, *,
            margin: float | None = ..., legacy_version: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "margin", "legacy_version",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "margin", "legacy_version",
        ]
    ) -> None: ...

class HingeLossParameter(Message):
    DESCRIPTOR: Descriptor
    class Norm(_Enum):
        L1: ClassVar[HingeLossParameter.Norm]
        L2: ClassVar[HingeLossParameter.Norm]
    L1: ClassVar[HingeLossParameter.Norm]
    L2: ClassVar[HingeLossParameter.Norm]
    norm: HingeLossParameter.Norm
    def __init__(
        self, *,
            norm: HingeLossParameter.Norm | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "norm",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "norm",
        ]
    ) -> None: ...

class InfogainLossParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    axis: int
    def __init__(
        self, *,
            source: str | None = ..., axis: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "axis",
        ]
    ) -> None: ...

class SmoothL1LossParameter(Message):
    DESCRIPTOR: Descriptor
    sigma: float
    def __init__(
        self, *,
            sigma: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "sigma",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "sigma",
        ]
    ) -> None: ...

class FocalLossParameter(Message):
    DESCRIPTOR: Descriptor
    class Type(_Enum):
        ORIGIN: ClassVar[FocalLossParameter.Type]
        LINEAR: ClassVar[FocalLossParameter.Type]
        ONEADDP: ClassVar[FocalLossParameter.Type]
    ORIGIN: ClassVar[FocalLossParameter.Type]
    LINEAR: ClassVar[FocalLossParameter.Type]
    ONEADDP: ClassVar[FocalLossParameter.Type]
    class Engine(_Enum):
        DEFAULT: ClassVar[FocalLossParameter.Engine]
        CAFFE: ClassVar[FocalLossParameter.Engine]
        CUDNN: ClassVar[FocalLossParameter.Engine]
    DEFAULT: ClassVar[FocalLossParameter.Engine]
    CAFFE: ClassVar[FocalLossParameter.Engine]
    CUDNN: ClassVar[FocalLossParameter.Engine]
    type: FocalLossParameter.Type
    engine: FocalLossParameter.Engine
    gamma: float
    alpha: float
    beta: float
    axis: int
    def __init__(
        self, *,
            type: FocalLossParameter.Type | int | str | None = ..., engine:
            FocalLossParameter.Engine | int | str | None = ..., gamma: float | None = ...,
            alpha: float | None = ..., beta: float | None = ..., axis: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "type", "engine", "gamma", "alpha", "beta", "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "type", "engine", "gamma", "alpha", "beta", "axis",
        ]
    ) -> None: ...

class TripletLossParameter(Message):
    DESCRIPTOR: Descriptor
    margin: float
    mu: float
    sample: bool
    sim_type: str
    def __init__(
        self, *,
            margin: float | None = ..., mu: float | None = ..., sample: bool | None = ...,
            sim_type: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "margin", "mu", "sample", "sim_type",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "margin", "mu", "sample", "sim_type",
        ]
    ) -> None: ...

class CenterLossParameter(Message):
    DESCRIPTOR: Descriptor
    num_output: int
    @property
    def center_filler(self) -> FillerParameter: ...
    axis: int
    distance_type: str
    loss_weight: float
    alpha: float
    cluster_num: int
    def __init__(
        self, *,
            num_output: int | None = ..., center_filler: FillerParameter | _Fields | None = ...,
            axis: int | None = ..., distance_type: str | None = ..., loss_weight: float | None =
            ..., alpha: float | None = ..., cluster_num: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "center_filler", "axis", "distance_type", "loss_weight", "alpha",
            "cluster_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "center_filler", "axis", "distance_type", "loss_weight", "alpha",
            "cluster_num",
        ]
    ) -> None: ...

class MarginInnerProductParameter(Message):
    DESCRIPTOR: Descriptor
    class MarginType(_Enum):
        SINGLE: ClassVar[MarginInnerProductParameter.MarginType]
        DOUBLE: ClassVar[MarginInnerProductParameter.MarginType]
        TRIPLE: ClassVar[MarginInnerProductParameter.MarginType]
        QUADRUPLE: ClassVar[MarginInnerProductParameter.MarginType]
    SINGLE: ClassVar[MarginInnerProductParameter.MarginType]
    DOUBLE: ClassVar[MarginInnerProductParameter.MarginType]
    TRIPLE: ClassVar[MarginInnerProductParameter.MarginType]
    QUADRUPLE: ClassVar[MarginInnerProductParameter.MarginType]
    num_output: int
    type: MarginInnerProductParameter.MarginType
    @property
    def weight_filler(self) -> FillerParameter: ...
    axis: int
    base: float
    gamma: float
    power: float
    iteration: int
    lambda_min: float
    def __init__(
        self, *,
            num_output: int | None = ..., type: MarginInnerProductParameter.MarginType | int |
            str | None = ..., weight_filler: FillerParameter | _Fields | None = ..., axis: int |
            None = ..., base: float | None = ..., gamma: float | None = ..., power: float | None
            = ..., iteration: int | None = ..., lambda_min: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "type", "weight_filler", "axis", "base", "gamma", "power",
            "iteration", "lambda_min",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "type", "weight_filler", "axis", "base", "gamma", "power",
            "iteration", "lambda_min",
        ]
    ) -> None: ...

class InnerDistanceParameter(Message):
    DESCRIPTOR: Descriptor
    num_output: int
    bias_term: bool
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    axis: int
    transpose: bool
    distance_type: str
    normalize: bool
    update_center_only: bool
    def __init__(
        self, *,
            num_output: int | None = ..., bias_term: bool | None = ..., weight_filler:
            FillerParameter | _Fields | None = ..., bias_filler: FillerParameter | _Fields |
            None = ..., axis: int | None = ..., transpose: bool | None = ..., distance_type: str
            | None = ..., normalize: bool | None = ..., update_center_only: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "bias_term", "weight_filler", "bias_filler", "axis", "transpose",
            "distance_type", "normalize", "update_center_only",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "bias_term", "weight_filler", "bias_filler", "axis", "transpose",
            "distance_type", "normalize", "update_center_only",
        ]
    ) -> None: ...

class L1LossParameter(Message):
    DESCRIPTOR: Descriptor
    l2_per_location: bool
    l2_prescale_by_channels: bool
    normalize_by_num_entries: bool
    epsilon: float
    plateau: float
    def __init__(
        self, *,
            l2_per_location: bool | None = ..., l2_prescale_by_channels: bool | None = ...,
            normalize_by_num_entries: bool | None = ..., epsilon: float | None = ..., plateau:
            float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "l2_per_location", "l2_prescale_by_channels", "normalize_by_num_entries", "epsilon",
            "plateau",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "l2_per_location", "l2_prescale_by_channels", "normalize_by_num_entries", "epsilon",
            "plateau",
        ]
    ) -> None: ...

class SegAccuracyParameter(Message):
    DESCRIPTOR: Descriptor
    class AccuracyMetric(_Enum):
        PixelAccuracy: ClassVar[SegAccuracyParameter.AccuracyMetric]
        ClassAccuracy: ClassVar[SegAccuracyParameter.AccuracyMetric]
        PixelIOU: ClassVar[SegAccuracyParameter.AccuracyMetric]
    PixelAccuracy: ClassVar[SegAccuracyParameter.AccuracyMetric]
    ClassAccuracy: ClassVar[SegAccuracyParameter.AccuracyMetric]
    PixelIOU: ClassVar[SegAccuracyParameter.AccuracyMetric]
    metric: SegAccuracyParameter.AccuracyMetric
    @property
    def ignore_label(self) -> Values[int]: ...
    reset: bool
    def __init__(
        self, *,
            metric: SegAccuracyParameter.AccuracyMetric | int | str | None = ..., ignore_label:
            Iterable[int] | None = ..., reset: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "metric", "reset",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "metric", "ignore_label", "reset",
        ]
    ) -> None: ...

class SegmentationScoreParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def ignore_label(self) -> Values[int]: ...
    label_map_file: str
    boundary_tolerance: float
    def __init__(
        self, *,
            ignore_label: Iterable[int] | None = ..., label_map_file: str | None = ...,
            boundary_tolerance: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "label_map_file", "boundary_tolerance",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "ignore_label", "label_map_file", "boundary_tolerance",
        ]
    ) -> None: ...

class ProposalParameter(Message):
    DESCRIPTOR: Descriptor
    feat_stride: int
    base_size: int
    min_size: int
    @property
    def ratio(self) -> Values[float]: ...
    @property
    def scale(self) -> Values[float]: ...
    pre_nms_topn: int
    post_nms_topn: int
    nms_thresh: float
    score_thresh: float
    @property
    def level_stride(self) -> Values[int]: ...
    @property
    def anchor_size(self) -> VolumeAnchorParameter: ...
    feat_stride_xy: int
    feat_stride_z: int
    rpn_min_size: int
    rpn_pre_nms_top_n: int
    rpn_post_nms_top_n: int
    rpn_nms_threshold: float
    proposal_num: int
    bg_score_threshold: float
    bbox_normalize: bool
    @property
    def bbox_normalize_mean(self) -> Values[float]: ...
    @property
    def bbox_normalize_std(self) -> Values[float]: ...
    def __init__(
        self, *,
            feat_stride: int | None = ..., base_size: int | None = ..., min_size: int | None =
            ..., ratio: Iterable[float] | None = ..., scale: Iterable[float] | None = ...,
            pre_nms_topn: int | None = ..., post_nms_topn: int | None = ..., nms_thresh: float |
            None = ..., score_thresh: float | None = ..., level_stride: Iterable[int] | None =
            ..., anchor_size: VolumeAnchorParameter | _Fields | None = ..., feat_stride_xy: int
            | None = ..., feat_stride_z: int | None = ..., rpn_min_size: int | None = ...,
            rpn_pre_nms_top_n: int | None = ..., rpn_post_nms_top_n: int | None = ...,
            rpn_nms_threshold: float | None = ..., proposal_num: int | None = ...,
            bg_score_threshold: float | None = ..., bbox_normalize: bool | None = ...,
            bbox_normalize_mean: Iterable[float] | None = ..., bbox_normalize_std:
            Iterable[float] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "feat_stride", "base_size", "min_size", "pre_nms_topn", "post_nms_topn",
            "nms_thresh", "score_thresh", "anchor_size", "feat_stride_xy", "feat_stride_z",
            "rpn_min_size", "rpn_pre_nms_top_n", "rpn_post_nms_top_n", "rpn_nms_threshold",
            "proposal_num", "bg_score_threshold", "bbox_normalize",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "feat_stride", "base_size", "min_size", "ratio", "scale", "pre_nms_topn",
            "post_nms_topn", "nms_thresh", "score_thresh", "level_stride", "anchor_size",
            "feat_stride_xy", "feat_stride_z", "rpn_min_size", "rpn_pre_nms_top_n",
            "rpn_post_nms_top_n", "rpn_nms_threshold", "proposal_num", "bg_score_threshold",
            "bbox_normalize", "bbox_normalize_mean", "bbox_normalize_std",
        ]
    ) -> None: ...

class AnchorTargetParameter(Message):
    DESCRIPTOR: Descriptor
    feat_stride: int
    base_size: int
    @property
    def ratio(self) -> Values[float]: ...
    @property
    def scale(self) -> Values[float]: ...
    @property
    def level_stride(self) -> Values[int]: ...
    allowed_border: int
    positive_overlap: float
    negative_overlap: float
    clobber_positives: bool
    batch_size: int
    fg_fraction: float
    @property
    def anchor_size(self) -> VolumeAnchorParameter: ...
    feat_stride_xy: int
    feat_stride_z: int
    rpn_clobber_positives: bool
    rpn_positive_overlap: float
    rpn_negative_overlap: float
    rpn_batchsize: int
    rpn_fg_fraction: float
    use_multi_classification: bool
    bbox_normalize: bool
    @property
    def bbox_normalize_mean(self) -> Values[float]: ...
    @property
    def bbox_normalize_std(self) -> Values[float]: ...
    def __init__(
        self, *,
            feat_stride: int | None = ..., base_size: int | None = ..., ratio: Iterable[float] |
            None = ..., scale: Iterable[float] | None = ..., level_stride: Iterable[int] | None
            = ..., allowed_border: int | None = ..., positive_overlap: float | None = ...,
            negative_overlap: float | None = ..., clobber_positives: bool | None = ...,
            batch_size: int | None = ..., fg_fraction: float | None = ..., anchor_size:
            VolumeAnchorParameter | _Fields | None = ..., feat_stride_xy: int | None = ...,
            feat_stride_z: int | None = ..., rpn_clobber_positives: bool | None = ...,
            rpn_positive_overlap: float | None = ..., rpn_negative_overlap: float | None = ...,
            rpn_batchsize: int | None = ..., rpn_fg_fraction: float | None = ...,
            use_multi_classification: bool | None = ..., bbox_normalize: bool | None = ...,
            bbox_normalize_mean: Iterable[float] | None = ..., bbox_normalize_std:
            Iterable[float] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "feat_stride", "base_size", "allowed_border", "positive_overlap",
            "negative_overlap", "clobber_positives", "batch_size", "fg_fraction", "anchor_size",
            "feat_stride_xy", "feat_stride_z", "rpn_clobber_positives", "rpn_positive_overlap",
            "rpn_negative_overlap", "rpn_batchsize", "rpn_fg_fraction",
            "use_multi_classification", "bbox_normalize",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "feat_stride", "base_size", "ratio", "scale", "level_stride", "allowed_border",
            "positive_overlap", "negative_overlap", "clobber_positives", "batch_size",
            "fg_fraction", "anchor_size", "feat_stride_xy", "feat_stride_z",
            "rpn_clobber_positives", "rpn_positive_overlap", "rpn_negative_overlap",
            "rpn_batchsize", "rpn_fg_fraction", "use_multi_classification", "bbox_normalize",
            "bbox_normalize_mean", "bbox_normalize_std",
        ]
    ) -> None: ...

class VolumeAnchorParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def width(self) -> Values[float]: ...
    @property
    def height(self) -> Values[float]: ...
    @property
    def length(self) -> Values[float]: ...
    def __init__(
        self, *,
            width: Iterable[float] | None = ..., height: Iterable[float] | None = ..., length:
            Iterable[float] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "width", "height", "length",
        ]
    ) -> None: ...

class RPNOutputParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def anchor_size(self) -> VolumeAnchorParameter: ...
    feat_stride_xy: int
    feat_stride_z: int
    rpn_min_size: int
    source: str
    roi_root_folder: str
    fg_score_threshold: float
    top_percent_proposal: float
    weighted_top_n_proposal: bool
    bbox_normalize: bool
    @property
    def bbox_normalize_mean(self) -> Values[float]: ...
    @property
    def bbox_normalize_std(self) -> Values[float]: ...
    def __init__(
        self, *,
            anchor_size: VolumeAnchorParameter | _Fields | None = ..., feat_stride_xy: int |
            None = ..., feat_stride_z: int | None = ..., rpn_min_size: int | None = ..., source:
            str | None = ..., roi_root_folder: str | None = ..., fg_score_threshold: float |
            None = ..., top_percent_proposal: float | None = ..., weighted_top_n_proposal: bool
            | None = ..., bbox_normalize: bool | None = ..., bbox_normalize_mean:
            Iterable[float] | None = ..., bbox_normalize_std: Iterable[float] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "anchor_size", "feat_stride_xy", "feat_stride_z", "rpn_min_size", "source",
            "roi_root_folder", "fg_score_threshold", "top_percent_proposal",
            "weighted_top_n_proposal", "bbox_normalize",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "anchor_size", "feat_stride_xy", "feat_stride_z", "rpn_min_size", "source",
            "roi_root_folder", "fg_score_threshold", "top_percent_proposal",
            "weighted_top_n_proposal", "bbox_normalize", "bbox_normalize_mean",
            "bbox_normalize_std",
        ]
    ) -> None: ...

class BBoxOutputParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    root_folder: str
    shrink_factor_x: float
    shrink_factor_y: float
    shrink_factor_z: float
    output_root_folder: str
    output_max_score: bool
    bbox_normalize: bool
    @property
    def bbox_normalize_mean(self) -> Values[float]: ...
    @property
    def bbox_normalize_std(self) -> Values[float]: ...
    apply_second_refinement: bool
    def __init__(
        self, *,
            source: str | None = ..., root_folder: str | None = ..., shrink_factor_x: float |
            None = ..., shrink_factor_y: float | None = ..., shrink_factor_z: float | None =
            ..., output_root_folder: str | None = ..., output_max_score: bool | None = ...,
            bbox_normalize: bool | None = ..., bbox_normalize_mean: Iterable[float] | None =
            ..., bbox_normalize_std: Iterable[float] | None = ..., apply_second_refinement: bool
            | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "root_folder", "shrink_factor_x", "shrink_factor_y", "shrink_factor_z",
            "output_root_folder", "output_max_score", "bbox_normalize",
            "apply_second_refinement",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "root_folder", "shrink_factor_x", "shrink_factor_y", "shrink_factor_z",
            "output_root_folder", "output_max_score", "bbox_normalize", "bbox_normalize_mean",
            "bbox_normalize_std", "apply_second_refinement",
        ]
    ) -> None: ...

class MaskTargetParameter(Message):
    DESCRIPTOR: Descriptor
    num_classes: int
    mask_size: int
    def __init__(
        self, *,
            num_classes: int | None = ..., mask_size: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_classes", "mask_size",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_classes", "mask_size",
        ]
    ) -> None: ...

class LSTMParameter(Message):
    DESCRIPTOR: Descriptor
    num_output: int
    clipping_threshold: float
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    batch_size: int
    num_cells: int
    @property
    def input_weight_filler(self) -> FillerParameter: ...
    @property
    def input_gate_weight_filler(self) -> FillerParameter: ...
    @property
    def forget_gate_weight_filler(self) -> FillerParameter: ...
    @property
    def output_gate_weight_filler(self) -> FillerParameter: ...
    @property
    def input_bias_filler(self) -> FillerParameter: ...
    @property
    def input_gate_bias_filler(self) -> FillerParameter: ...
    @property
    def forget_gate_bias_filler(self) -> FillerParameter: ...
    @property
    def output_gate_bias_filler(self) -> FillerParameter: ...
    bias_term: bool
    cache_gates: bool
    def __init__(
        self, *,
            num_output: int | None = ..., clipping_threshold: float | None = ..., weight_filler:
            FillerParameter | _Fields | None = ..., bias_filler: FillerParameter | _Fields |
            None = ..., batch_size: int | None = ..., num_cells: int | None = ...,
            input_weight_filler: FillerParameter | _Fields | None = ...,
            input_gate_weight_filler: FillerParameter | _Fields | None = ...,
            forget_gate_weight_filler: FillerParameter | _Fields | None = ...,
            output_gate_weight_filler: FillerParameter | _Fields | None = ...,
            input_bias_filler: FillerParameter | _Fields | None = ..., input_gate_bias_filler:
            FillerParameter | _Fields | None = ..., forget_gate_bias_filler: FillerParameter |
            _Fields | None = ..., output_gate_bias_filler: FillerParameter | _Fields | None =
            ..., bias_term: bool | None = ..., cache_gates: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "clipping_threshold", "weight_filler", "bias_filler", "batch_size",
            "num_cells", "input_weight_filler", "input_gate_weight_filler",
            "forget_gate_weight_filler", "output_gate_weight_filler", "input_bias_filler",
            "input_gate_bias_filler", "forget_gate_bias_filler", "output_gate_bias_filler",
            "bias_term", "cache_gates",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "clipping_threshold", "weight_filler", "bias_filler", "batch_size",
            "num_cells", "input_weight_filler", "input_gate_weight_filler",
            "forget_gate_weight_filler", "output_gate_weight_filler", "input_bias_filler",
            "input_gate_bias_filler", "forget_gate_bias_filler", "output_gate_bias_filler",
            "bias_term", "cache_gates",
        ]
    ) -> None: ...

class ReverseParameter(Message):
    DESCRIPTOR: Descriptor
    axis: int
    def __init__(
        self, *,
            axis: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "axis",
        ]
    ) -> None: ...

class TransposeParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def dim(self) -> Values[int]: ...
    def __init__(
        self, *,
            dim: Iterable[int] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "dim",
        ]
    ) -> None: ...

class BBoxRegParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def bbox_mean(self) -> Values[float]: ...
    @property
    def bbox_std(self) -> Values[float]: ...
    cls_aware: bool
    def __init__(
        self, *,
            bbox_mean: Iterable[float] | None = ..., bbox_std: Iterable[float] | None = ...,
            cls_aware: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "cls_aware",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "bbox_mean", "bbox_std", "cls_aware",
        ]
    ) -> None: ...

class BoxGroupParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def field_h(self) -> Values[int]: ...
    @property
    def field_w(self) -> Values[int]: ...
    stride: int
    def __init__(
        self, *,
            field_h: Iterable[int] | None = ..., field_w: Iterable[int] | None = ..., stride:
            int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "stride",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "field_h", "field_w", "stride",
        ]
    ) -> None: ...

class BoxGroupOutputParameter(Message):
    DESCRIPTOR: Descriptor
    fg_thr: float
    iou_thr: float
    nms_type: str
    @property
    def box_group_param(self) -> Messages[BoxGroupParameter]: ...
    field_whr: float
    field_xyr: float
    max_nms_num: int
    max_post_nms_num: int
    min_size: float
    def __init__(
        self, *,
            fg_thr: float | None = ..., iou_thr: float | None = ..., nms_type: str | None = ...,
            box_group_param: Iterable[BoxGroupParameter | _Fields] | None = ..., field_whr:
            float | None = ..., field_xyr: float | None = ..., max_nms_num: int | None = ...,
            max_post_nms_num: int | None = ..., min_size: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "fg_thr", "iou_thr", "nms_type", "field_whr", "field_xyr", "max_nms_num",
            "max_post_nms_num", "min_size",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "fg_thr", "iou_thr", "nms_type", "box_group_param", "field_whr", "field_xyr",
            "max_nms_num", "max_post_nms_num", "min_size",
        ]
    ) -> None: ...

class DecodeBBoxParameter(Message):
    DESCRIPTOR: Descriptor
    gt_iou_thr: float
    def __init__(
        self, *,
            gt_iou_thr: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "gt_iou_thr",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "gt_iou_thr",
        ]
    ) -> None: ...

class ScaleRouteParameter(Message):
    DESCRIPTOR: Descriptor
    low_scale: float
    high_scale: float
    def __init__(
        self, *,
            low_scale: float | None = ..., high_scale: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "low_scale", "high_scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "low_scale", "high_scale",
        ]
    ) -> None: ...

class ContinuationIndicatorParameter(Message):
    DESCRIPTOR: Descriptor
    time_step: int
    axis: int
    batch_size: int
    def __init__(
        self, *,
            time_step: int | None = ..., axis: int | None = ..., batch_size: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "time_step", "axis", "batch_size",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "time_step", "axis", "batch_size",
        ]
    ) -> None: ...

class NormalizeParameter(Message):
    DESCRIPTOR: Descriptor
    across_spatial: bool
    @property
    def scale_filler(self) -> FillerParameter: ...
    channel_shared: bool
    eps: float
    normalize_type: str
    fix_gradient: bool
    bp_norm: bool
    fix_scale: bool
    rescale: bool
    def __init__(
        self, *,
            across_spatial: bool | None = ..., scale_filler: FillerParameter | _Fields | None =
            ..., channel_shared: bool | None = ..., eps: float | None = ..., normalize_type: str
            | None = ..., fix_gradient: bool | None = ..., bp_norm: bool | None = ...,
            fix_scale: bool | None = ..., rescale: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "across_spatial", "scale_filler", "channel_shared", "eps", "normalize_type",
            "fix_gradient", "bp_norm", "fix_scale", "rescale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "across_spatial", "scale_filler", "channel_shared", "eps", "normalize_type",
            "fix_gradient", "bp_norm", "fix_scale", "rescale",
        ]
    ) -> None: ...

class PermuteParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def order(self) -> Values[int]: ...
    def __init__(
        self, *,
            order: Iterable[int] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "order",
        ]
    ) -> None: ...

class PriorBoxParameter(Message):
    DESCRIPTOR: Descriptor
    class CodeType(_Enum):
        CORNER: ClassVar[PriorBoxParameter.CodeType]
        CENTER_SIZE: ClassVar[PriorBoxParameter.CodeType]
        CORNER_SIZE: ClassVar[PriorBoxParameter.CodeType]
    CORNER: ClassVar[PriorBoxParameter.CodeType]
    CENTER_SIZE: ClassVar[PriorBoxParameter.CodeType]
    CORNER_SIZE: ClassVar[PriorBoxParameter.CodeType]
    denser_prior_boxes: bool
    @property
    def min_size(self) -> Values[float]: ...
    @property
    def max_size(self) -> Values[float]: ...
    @property
    def aspect_ratio(self) -> Values[float]: ...
    flip: bool
    clip: bool
    @property
    def variance(self) -> Values[float]: ...
    img_size: int
    img_h: int
    img_w: int
    @property
    def width(self) -> Values[float]: ...
    @property
    def height(self) -> Values[float]: ...
    @property
    def fixed_size(self) -> Values[float]: ...
    @property
    def density(self) -> Values[int]: ...
    step: float
    step_h: float
    step_w: float
    offset: float
    @property
    def offset_w(self) -> Values[float]: ...
    @property
    def offset_h(self) -> Values[float]: ...
    tf: bool
    yx_order: bool
    def __init__(
        self, *,
            denser_prior_boxes: bool | None = ..., min_size: Iterable[float] | None = ...,
            max_size: Iterable[float] | None = ..., aspect_ratio: Iterable[float] | None = ...,
            flip: bool | None = ..., clip: bool | None = ..., variance: Iterable[float] | None =
            ..., img_size: int | None = ..., img_h: int | None = ..., img_w: int | None = ...,
            width: Iterable[float] | None = ..., height: Iterable[float] | None = ...,
            fixed_size: Iterable[float] | None = ..., density: Iterable[int] | None = ..., step:
            float | None = ..., step_h: float | None = ..., step_w: float | None = ..., offset:
            float | None = ..., offset_w: Iterable[float] | None = ..., offset_h:
            Iterable[float] | None = ..., tf: bool | None = ..., yx_order: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "denser_prior_boxes", "flip", "clip", "img_size", "img_h", "img_w", "step",
            "step_h", "step_w", "offset", "tf", "yx_order",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "denser_prior_boxes", "min_size", "max_size", "aspect_ratio", "flip", "clip",
            "variance", "img_size", "img_h", "img_w", "width", "height", "fixed_size",
            "density", "step", "step_h", "step_w", "offset", "offset_w", "offset_h", "tf",
            "yx_order",
        ]
    ) -> None: ...

class MultiBoxLossParameter(Message):
    DESCRIPTOR: Descriptor
    class ConfLossType(_Enum):
        SOFTMAX: ClassVar[MultiBoxLossParameter.ConfLossType]
        LOGISTIC: ClassVar[MultiBoxLossParameter.ConfLossType]
    SOFTMAX: ClassVar[MultiBoxLossParameter.ConfLossType]
    LOGISTIC: ClassVar[MultiBoxLossParameter.ConfLossType]
    class LocLossType(_Enum):
        L2: ClassVar[MultiBoxLossParameter.LocLossType]
        SMOOTH_L1: ClassVar[MultiBoxLossParameter.LocLossType]
    L2: ClassVar[MultiBoxLossParameter.LocLossType]
    SMOOTH_L1: ClassVar[MultiBoxLossParameter.LocLossType]
    class MatchType(_Enum):
        BIPARTITE: ClassVar[MultiBoxLossParameter.MatchType]
        PER_PREDICTION: ClassVar[MultiBoxLossParameter.MatchType]
    BIPARTITE: ClassVar[MultiBoxLossParameter.MatchType]
    PER_PREDICTION: ClassVar[MultiBoxLossParameter.MatchType]
    class MiningType(_Enum):
        NONE: ClassVar[MultiBoxLossParameter.MiningType]
        MAX_NEGATIVE: ClassVar[MultiBoxLossParameter.MiningType]
        HARD_EXAMPLE: ClassVar[MultiBoxLossParameter.MiningType]
    NONE: ClassVar[MultiBoxLossParameter.MiningType]
    MAX_NEGATIVE: ClassVar[MultiBoxLossParameter.MiningType]
    HARD_EXAMPLE: ClassVar[MultiBoxLossParameter.MiningType]
    loc_loss_type: MultiBoxLossParameter.LocLossType
    conf_loss_type: MultiBoxLossParameter.ConfLossType
    loc_weight: float
    num_classes: int
    share_location: bool
    match_type: MultiBoxLossParameter.MatchType
    overlap_threshold: float
    use_prior_for_matching: bool
    background_label_id: int
    use_difficult_gt: bool
    do_neg_mining: bool
    neg_pos_ratio: float
    neg_overlap: float
    code_type: PriorBoxParameter.CodeType
    encode_variance_in_target: bool
    map_object_to_agnostic: bool
    ignore_cross_boundary_bbox: bool
    bp_inside: bool
    mining_type: MultiBoxLossParameter.MiningType
    @property
    def nms_param(self) -> NonMaximumSuppressionParameter: ...
    sample_size: int
    use_prior_for_nms: bool
    ignore_difficult_gt: bool
    objectness_score: float
    def __init__(
        self, *,
            loc_loss_type: MultiBoxLossParameter.LocLossType | int | str | None = ...,
            conf_loss_type: MultiBoxLossParameter.ConfLossType | int | str | None = ...,
            loc_weight: float | None = ..., num_classes: int | None = ..., share_location: bool
            | None = ..., match_type: MultiBoxLossParameter.MatchType | int | str | None = ...,
            overlap_threshold: float | None = ..., use_prior_for_matching: bool | None = ...,
            background_label_id: int | None = ..., use_difficult_gt: bool | None = ...,
            do_neg_mining: bool | None = ..., neg_pos_ratio: float | None = ..., neg_overlap:
            float | None = ..., code_type: PriorBoxParameter.CodeType | int | str | None = ...,
            encode_variance_in_target: bool | None = ..., map_object_to_agnostic: bool | None =
            ..., ignore_cross_boundary_bbox: bool | None = ..., bp_inside: bool | None = ...,
            mining_type: MultiBoxLossParameter.MiningType | int | str | None = ..., nms_param:
            NonMaximumSuppressionParameter | _Fields | None = ..., sample_size: int | None =
            ..., use_prior_for_nms: bool | None = ..., ignore_difficult_gt: bool | None = ...,
            objectness_score: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "loc_loss_type", "conf_loss_type", "loc_weight", "num_classes", "share_location",
            "match_type", "overlap_threshold", "use_prior_for_matching", "background_label_id",
            "use_difficult_gt", "do_neg_mining", "neg_pos_ratio", "neg_overlap", "code_type",
            "encode_variance_in_target", "map_object_to_agnostic", "ignore_cross_boundary_bbox",
            "bp_inside", "mining_type", "nms_param", "sample_size", "use_prior_for_nms",
            "ignore_difficult_gt", "objectness_score",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "loc_loss_type", "conf_loss_type", "loc_weight", "num_classes", "share_location",
            "match_type", "overlap_threshold", "use_prior_for_matching", "background_label_id",
            "use_difficult_gt", "do_neg_mining", "neg_pos_ratio", "neg_overlap", "code_type",
            "encode_variance_in_target", "map_object_to_agnostic", "ignore_cross_boundary_bbox",
            "bp_inside", "mining_type", "nms_param", "sample_size", "use_prior_for_nms",
            "ignore_difficult_gt", "objectness_score",
        ]
    ) -> None: ...

class RetinaNetLossParameter(Message):
    DESCRIPTOR: Descriptor
    num_classes: int
    alpha: float
    gamma: float
    foreground_overlap: float
    background_overlap: float
    smooth_l1_beta: float
    loc_weight: float
    use_difficult_gt: bool
    def __init__(
        self, *,
            num_classes: int | None = ..., alpha: float | None = ..., gamma: float | None = ...,
            foreground_overlap: float | None = ..., background_overlap: float | None = ...,
            smooth_l1_beta: float | None = ..., loc_weight: float | None = ...,
            use_difficult_gt: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_classes", "alpha", "gamma", "foreground_overlap", "background_overlap",
            "smooth_l1_beta", "loc_weight", "use_difficult_gt",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_classes", "alpha", "gamma", "foreground_overlap", "background_overlap",
            "smooth_l1_beta", "loc_weight", "use_difficult_gt",
        ]
    ) -> None: ...

class FcosLossParameter(Message):
    DESCRIPTOR: Descriptor
    num_classes: int
    alpha: float
    gamma: float
    center_radius: float
    least_distance: float
    most_distance: float
    loc_weight: float
    center_weight: float
    use_difficult_gt: bool
    def __init__(
        self, *,
            num_classes: int | None = ..., alpha: float | None = ..., gamma: float | None = ...,
            center_radius: float | None = ..., least_distance: float | None = ...,
            most_distance: float | None = ..., loc_weight: float | None = ..., center_weight:
            float | None = ..., use_difficult_gt: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_classes", "alpha", "gamma", "center_radius", "least_distance", "most_distance",
            "loc_weight", "center_weight", "use_difficult_gt",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_classes", "alpha", "gamma", "center_radius", "least_distance", "most_distance",
            "loc_weight", "center_weight", "use_difficult_gt",
        ]
    ) -> None: ...

class DuplicateRemovalParameter(Message):
    DESCRIPTOR: Descriptor
    num_classes: int
    first_n: int
    rank_dim: int
    wave_length: float
    @property
    def overlap_threshold(self) -> Values[float]: ...
    positive_weight: float
    def __init__(
        self, *,
            num_classes: int | None = ..., first_n: int | None = ..., rank_dim: int | None =
            ..., wave_length: float | None = ..., overlap_threshold: Iterable[float] | None =
            ..., positive_weight: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_classes", "first_n", "rank_dim", "wave_length", "positive_weight",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_classes", "first_n", "rank_dim", "wave_length", "overlap_threshold",
            "positive_weight",
        ]
    ) -> None: ...

class RelationParameter(Message):
    DESCRIPTOR: Descriptor
    num_heads: int
    num_hidden: int
    num_output: int
    position_dim: int
    wave_length: float
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    def __init__(
        self, *,
            num_heads: int | None = ..., num_hidden: int | None = ..., num_output: int | None =
            ..., position_dim: int | None = ..., wave_length: float | None = ..., weight_filler:
            FillerParameter | _Fields | None = ..., bias_filler: FillerParameter | _Fields |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_heads", "num_hidden", "num_output", "position_dim", "wave_length",
            "weight_filler", "bias_filler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_heads", "num_hidden", "num_output", "position_dim", "wave_length",
            "weight_filler", "bias_filler",
        ]
    ) -> None: ...

class NonMaximumSuppressionParameter(Message):
    DESCRIPTOR: Descriptor
    nms_threshold: float
    top_k: int
    eta: float
    soft_nms: bool
    theta: float
    def __init__(
        self, *,
            nms_threshold: float | None = ..., top_k: int | None = ..., eta: float | None = ...,
            soft_nms: bool | None = ..., theta: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "nms_threshold", "top_k", "eta", "soft_nms", "theta",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "nms_threshold", "top_k", "eta", "soft_nms", "theta",
        ]
    ) -> None: ...

class DetectionOutputParameter(Message):
    DESCRIPTOR: Descriptor
    class ClassType(_Enum):
        SIGMOID: ClassVar[DetectionOutputParameter.ClassType]
        SOFTMAX: ClassVar[DetectionOutputParameter.ClassType]
    SIGMOID: ClassVar[DetectionOutputParameter.ClassType]
    SOFTMAX: ClassVar[DetectionOutputParameter.ClassType]
    num_classes: int
    share_location: bool
    background_label_id: int
    @property
    def nms_param(self) -> NonMaximumSuppressionParameter: ...
    @property
    def save_output_param(self) -> SaveOutputParameter: ...
    code_type: PriorBoxParameter.CodeType
    keep_top_k: int
    variance_encoded_in_target: bool
    confidence_threshold: float
    visualize: bool
    visualize_threshold: float
    save_file: str
    objectness_score: float
    use_polygon: bool
    do_state_prediction: bool
    num_states: int
    no_permute: bool
    nbottom: int
    @property
    def bias_scale(self) -> Values[int]: ...
    nms_thresh: float
    class_type: DetectionOutputParameter.ClassType
    has_lm: bool
    net_height: int
    net_width: int
    side: int
    num_box: int
    coords: int
    nms_threshold: float
    @property
    def biases(self) -> Values[float]: ...
    label_map_file: str
    clip: bool
    output_logits: bool
    def __init__(
        self, *,
            num_classes: int | None = ..., share_location: bool | None = ...,
            background_label_id: int | None = ..., nms_param: NonMaximumSuppressionParameter |
            _Fields | None = ..., save_output_param: SaveOutputParameter | _Fields | None = ...,
            code_type: PriorBoxParameter.CodeType | int | str | None = ..., keep_top_k: int |
            None = ..., variance_encoded_in_target: bool | None = ..., confidence_threshold:
            float | None = ..., visualize: bool | None = ..., visualize_threshold: float | None
            = ..., save_file: str | None = ..., objectness_score: float | None = ...,
            use_polygon: bool | None = ..., do_state_prediction: bool | None = ..., num_states:
            int | None = ..., no_permute: bool | None = ..., nbottom: int | None = ...,
            bias_scale: Iterable[int] | None = ..., nms_thresh: float | None = ..., class_type:
            DetectionOutputParameter.ClassType | int | str | None = ..., has_lm: bool | None =
            ..., net_height: int | None = ..., net_width: int | None = ..., side: int | None =
            ..., num_box: int | None = ..., coords: int | None = ..., nms_threshold: float |
            None = ..., biases: Iterable[float] | None = ..., label_map_file: str | None = ...,
            clip: bool | None = ..., output_logits: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_classes", "share_location", "background_label_id", "nms_param",
            "save_output_param", "code_type", "keep_top_k", "variance_encoded_in_target",
            "confidence_threshold", "visualize", "visualize_threshold", "save_file",
            "objectness_score", "use_polygon", "do_state_prediction", "num_states",
            "no_permute", "nbottom", "nms_thresh", "class_type", "has_lm", "net_height",
            "net_width", "side", "num_box", "coords", "nms_threshold", "label_map_file", "clip",
            "output_logits",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_classes", "share_location", "background_label_id", "nms_param",
            "save_output_param", "code_type", "keep_top_k", "variance_encoded_in_target",
            "confidence_threshold", "visualize", "visualize_threshold", "save_file",
            "objectness_score", "use_polygon", "do_state_prediction", "num_states",
            "no_permute", "nbottom", "bias_scale", "nms_thresh", "class_type", "has_lm",
            "net_height", "net_width", "side", "num_box", "coords", "nms_threshold", "biases",
            "label_map_file", "clip", "output_logits",
        ]
    ) -> None: ...

class YoloGridLossParameter(Message):
    DESCRIPTOR: Descriptor
    side: int
    num_class: int
    num_box: int
    sqrt: bool
    rescore: bool
    object_scale: float
    noobject_scale: float
    class_scale: float
    coord_scale: float
    def __init__(
        self, *,
            side: int | None = ..., num_class: int | None = ..., num_box: int | None = ...,
            sqrt: bool | None = ..., rescore: bool | None = ..., object_scale: float | None =
            ..., noobject_scale: float | None = ..., class_scale: float | None = ...,
            coord_scale: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "side", "num_class", "num_box", "sqrt", "rescore", "object_scale", "noobject_scale",
            "class_scale", "coord_scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "side", "num_class", "num_box", "sqrt", "rescore", "object_scale", "noobject_scale",
            "class_scale", "coord_scale",
        ]
    ) -> None: ...

class YoloGridOutputParameter(Message):
    DESCRIPTOR: Descriptor
    side: int
    num_class: int
    num_box: int
    sqrt: bool
    confidence_threshold: float
    nms_threshold: float
    def __init__(
        self, *,
            side: int | None = ..., num_class: int | None = ..., num_box: int | None = ...,
            sqrt: bool | None = ..., confidence_threshold: float | None = ..., nms_threshold:
            float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "side", "num_class", "num_box", "sqrt", "confidence_threshold", "nms_threshold",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "side", "num_class", "num_box", "sqrt", "confidence_threshold", "nms_threshold",
        ]
    ) -> None: ...

class YoloDetectionOutputParameter(Message):
    DESCRIPTOR: Descriptor
    side: int
    num_classes: int
    num_box: int
    coords: int
    confidence_threshold: float
    nms_threshold: float
    @property
    def biases(self) -> Values[float]: ...
    label_map_file: str
    class_agnostic: bool
    def __init__(
        self, *,
            side: int | None = ..., num_classes: int | None = ..., num_box: int | None = ...,
            coords: int | None = ..., confidence_threshold: float | None = ..., nms_threshold:
            float | None = ..., biases: Iterable[float] | None = ..., label_map_file: str | None
            = ..., class_agnostic: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "side", "num_classes", "num_box", "coords", "confidence_threshold", "nms_threshold",
            "label_map_file", "class_agnostic",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "side", "num_classes", "num_box", "coords", "confidence_threshold", "nms_threshold",
            "biases", "label_map_file", "class_agnostic",
        ]
    ) -> None: ...

class Yolov3DetectionOutputParameter(Message):
    DESCRIPTOR: Descriptor
    num_classes: int
    num_box: int
    confidence_threshold: float
    nms_threshold: float
    @property
    def biases(self) -> Values[float]: ...
    @property
    def anchors_scale(self) -> Values[int]: ...
    mask_group_num: int
    @property
    def mask(self) -> Values[int]: ...
    gaussian_box: bool
    class_agnostic: bool
    @property
    def scale_x_y(self) -> Values[float]: ...
    num_boxes: int
    @property
    def masks(self) -> Values[int]: ...
    def __init__(
        self, *,
            num_classes: int | None = ..., num_box: int | None = ..., confidence_threshold:
            float | None = ..., nms_threshold: float | None = ..., biases: Iterable[float] |
            None = ..., anchors_scale: Iterable[int] | None = ..., mask_group_num: int | None =
            ..., mask: Iterable[int] | None = ..., gaussian_box: bool | None = ...,
            class_agnostic: bool | None = ..., scale_x_y: Iterable[float] | None = ...,
            num_boxes: int | None = ..., masks: Iterable[int] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_classes", "num_box", "confidence_threshold", "nms_threshold", "mask_group_num",
            "gaussian_box", "class_agnostic", "num_boxes",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_classes", "num_box", "confidence_threshold", "nms_threshold", "biases",
            "anchors_scale", "mask_group_num", "mask", "gaussian_box", "class_agnostic",
            "scale_x_y", "num_boxes", "masks",
        ]
    ) -> None: ...

class SaveOutputParameter(Message):
    DESCRIPTOR: Descriptor
    output_directory: str
    output_name_prefix: str
    output_format: str
    label_map_file: str
    name_size_file: str
    num_test_image: int
    @property
    def resize_param(self) -> ResizeParameter: ...
    def __init__(
        self, *,
            output_directory: str | None = ..., output_name_prefix: str | None = ...,
            output_format: str | None = ..., label_map_file: str | None = ..., name_size_file:
            str | None = ..., num_test_image: int | None = ..., resize_param: ResizeParameter |
            _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "output_directory", "output_name_prefix", "output_format", "label_map_file",
            "name_size_file", "num_test_image", "resize_param",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "output_directory", "output_name_prefix", "output_format", "label_map_file",
            "name_size_file", "num_test_image", "resize_param",
        ]
    ) -> None: ...

class DetectionEvaluateParameter(Message):
    DESCRIPTOR: Descriptor
    num_classes: int
    background_label_id: int
    overlap_threshold: float
    evaluate_difficult_gt: bool
    name_size_file: str
    @property
    def resize_param(self) -> ResizeParameter: ...
    has_lm: bool
    output_logits: bool
    def __init__(
        self, *,
            num_classes: int | None = ..., background_label_id: int | None = ...,
            overlap_threshold: float | None = ..., evaluate_difficult_gt: bool | None = ...,
            name_size_file: str | None = ..., resize_param: ResizeParameter | _Fields | None =
            ..., has_lm: bool | None = ..., output_logits: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_classes", "background_label_id", "overlap_threshold", "evaluate_difficult_gt",
            "name_size_file", "resize_param", "has_lm", "output_logits",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_classes", "background_label_id", "overlap_threshold", "evaluate_difficult_gt",
            "name_size_file", "resize_param", "has_lm", "output_logits",
        ]
    ) -> None: ...

class Datum(Message):
    DESCRIPTOR: Descriptor
    channels: int
    height: int
    width: int
    data: bytes
    label: int
    @property
    def float_data(self) -> Values[float]: ...
    encoded: bool
    record_id: int
    def __init__(
        self, *,
            channels: int | None = ..., height: int | None = ..., width: int | None = ..., data:
            bytes | str | None = ..., label: int | None = ..., float_data: Iterable[float] |
            None = ..., encoded: bool | None = ..., record_id: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "channels", "height", "width", "data", "label", "encoded", "record_id",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "channels", "height", "width", "data", "label", "float_data", "encoded",
            "record_id",
        ]
    ) -> None: ...

class SparseDatum(Message):
    DESCRIPTOR: Descriptor
    size: int
    nnz: int
    @property
    def indices(self) -> Values[int]: ...
    label: float
    @property
    def data(self) -> Values[float]: ...
    def __init__(
        self, *,
            size: int | None = ..., nnz: int | None = ..., indices: Iterable[int] | None = ...,
            label: float | None = ..., data: Iterable[float] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "size", "nnz", "label",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "size", "nnz", "indices", "label", "data",
        ]
    ) -> None: ...

class MultiLabelDatum(Message):
    DESCRIPTOR: Descriptor
    @property
    def datum(self) -> Datum: ...
    @property
    def mt_label(self) -> Values[int]: ...
    def __init__(
        self, *,
            datum: Datum | _Fields | None = ..., mt_label: Iterable[int] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "datum",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "datum", "mt_label",
        ]
    ) -> None: ...

class AnnotatedDatum(Message):
    DESCRIPTOR: Descriptor
    class AnnotationType(_Enum):
        BBOX: ClassVar[AnnotatedDatum.AnnotationType]
        BBOXandSeg: ClassVar[AnnotatedDatum.AnnotationType]
        LANE: ClassVar[AnnotatedDatum.AnnotationType]
    BBOX: ClassVar[AnnotatedDatum.AnnotationType]
    BBOXandSeg: ClassVar[AnnotatedDatum.AnnotationType]
    LANE: ClassVar[AnnotatedDatum.AnnotationType]
    @property
    def datum(self) -> Datum: ...
    type: AnnotatedDatum.AnnotationType
    @property
    def annotation_group(self) -> Messages[AnnotationGroup]: ...
    record_id: int
    def __init__(
        self, *,
            datum: Datum | _Fields | None = ..., type: AnnotatedDatum.AnnotationType | int | str
            | None = ..., annotation_group: Iterable[AnnotationGroup | _Fields] | None = ...,
            record_id: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "datum", "type", "record_id",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "datum", "type", "annotation_group", "record_id",
        ]
    ) -> None: ...

class AnnotationGroup(Message):
    DESCRIPTOR: Descriptor
    group_label: int
    @property
    def annotation(self) -> Messages[Annotation]: ...
    def __init__(
        self, *,
            group_label: int | None = ..., annotation: Iterable[Annotation | _Fields] | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "group_label",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "group_label", "annotation",
        ]
    ) -> None: ...

class Annotation(Message):
    DESCRIPTOR: Descriptor
    instance_id: int
    @property
    def bbox(self) -> NormalizedBBox: ...
    @property
    def lanes(self) -> LaneInfo: ...
    @property
    def polygon(self) -> Messages[Polygon]: ...
    @property
    def mask_runs(self) -> MaskRuns: ...
    def __init__(
        self, *,
            instance_id: int | None = ..., bbox: NormalizedBBox | _Fields | None = ..., lanes:
            LaneInfo | _Fields | None = ..., polygon: Iterable[Polygon | _Fields] | None = ...,
            mask_runs: MaskRuns | _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "instance_id", "bbox", "lanes", "mask_runs",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "instance_id", "bbox", "lanes", "polygon", "mask_runs",
        ]
    ) -> None: ...

class Polygon(Message):
    DESCRIPTOR: Descriptor
    @property
    def point(self) -> Values[float]: ...
    def __init__(
        self, *,
            point: Iterable[float] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "point",
        ]
    ) -> None: ...

class MaskRuns(Message):
    DESCRIPTOR: Descriptor
    height: int
    width: int
    @property
    def count(self) -> Values[int]: ...
    def __init__(
        self, *,
            height: int | None = ..., width: int | None = ..., count: Iterable[int] | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "height", "width",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "height", "width", "count",
        ]
    ) -> None: ...

class LaneInfo(Message):
    DESCRIPTOR: Descriptor
    x: float
    y: float
    id: int
    def __init__(
        self, *,
            x: float | None = ..., y: float | None = ..., id: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "x", "y", "id",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "x", "y", "id",
        ]
    ) -> None: ...

class NormalizedBBox(Message):
    DESCRIPTOR: Descriptor
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    label: int
    difficult: bool
    score: float
    size: float
    def __init__(
        self, *,
            xmin: float | None = ..., ymin: float | None = ..., xmax: float | None = ..., ymax:
            float | None = ..., label: int | None = ..., difficult: bool | None = ..., score:
            float | None = ..., size: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "xmin", "ymin", "xmax", "ymax", "label", "difficult", "score", "size",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "xmin", "ymin", "xmax", "ymax", "label", "difficult", "score", "size",
        ]
    ) -> None: ...

class LabelMap(Message):
    DESCRIPTOR: Descriptor
    @property
    def item(self) -> Messages[LabelMapItem]: ...
    def __init__(
        self, *,
            item: Iterable[LabelMapItem | _Fields] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "item",
        ]
    ) -> None: ...

class LabelMapItem(Message):
    DESCRIPTOR: Descriptor
    name: str
    label: int
    display_name: str
    def __init__(
        self, *,
            name: str | None = ..., label: int | None = ..., display_name: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "name", "label", "display_name",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "name", "label", "display_name",
        ]
    ) -> None: ...

class AnnotatedDataParameter(Message):
    DESCRIPTOR: Descriptor
    class CropType(_Enum):
        CROP_BATCH: ClassVar[AnnotatedDataParameter.CropType]
        CROP_JITTER: ClassVar[AnnotatedDataParameter.CropType]
        CROP_ANCHOR: ClassVar[AnnotatedDataParameter.CropType]
        CROP_GT_BBOX: ClassVar[AnnotatedDataParameter.CropType]
        CROP_DEFAULT: ClassVar[AnnotatedDataParameter.CropType]
    CROP_BATCH: ClassVar[AnnotatedDataParameter.CropType]
    CROP_JITTER: ClassVar[AnnotatedDataParameter.CropType]
    CROP_ANCHOR: ClassVar[AnnotatedDataParameter.CropType]
    CROP_GT_BBOX: ClassVar[AnnotatedDataParameter.CropType]
    CROP_DEFAULT: ClassVar[AnnotatedDataParameter.CropType]
    @property
    def batch_sampler(self) -> Messages[BatchSampler]: ...
    label_map_file: str
    anno_type: AnnotatedDatum.AnnotationType
    shuffle: bool
    mosaic_prob: float
    mixup_prob: float
    mixup_alpha: float
    difficult_label_warmup: bool
    train_diffcult: bool
    yolo_data_jitter: float
    yolo_data_type: int
    seg_resize_height: int
    seg_resize_width: int
    seg_scales: int
    single_class: bool
    @property
    def data_anchor_sampler(self) -> DataAnchorSampler: ...
    @property
    def bbox_sampler(self) -> LFFDSampler: ...
    yoloformat: bool
    crop_type: AnnotatedDataParameter.CropType
    has_landmarks: bool
    up_prob: float
    low_prob: float
    image_info: bool
    instance_masks: bool
    def __init__(
        self, *,
            batch_sampler: Iterable[BatchSampler | _Fields] | None = ..., label_map_file: str |
            None = ..., anno_type: AnnotatedDatum.AnnotationType | int | str | None = ...,
            shuffle: bool | None = ..., mosaic_prob: float | None = ..., mixup_prob: float |
            None = ..., mixup_alpha: float | None = ..., difficult_label_warmup: bool | None =
            ..., train_diffcult: bool | None = ..., yolo_data_jitter: float | None = ...,
            yolo_data_type: int | None = ..., seg_resize_height: int | None = ...,
            seg_resize_width: int | None = ..., seg_scales: int | None = ..., single_class: bool
            | None = ..., data_anchor_sampler: DataAnchorSampler | _Fields | None = ...,
            bbox_sampler: LFFDSampler | _Fields | None = ..., yoloformat: bool | None = ...,
            crop_type: AnnotatedDataParameter.CropType | int | str | None = ..., has_landmarks:
            bool | None = ..., up_prob: float | None = ..., low_prob: float | None = ...,
            image_info: bool | None = ..., instance_masks: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "label_map_file", "anno_type", "shuffle", "mosaic_prob", "mixup_prob",
            "mixup_alpha", "difficult_label_warmup", "train_diffcult", "yolo_data_jitter",
            "yolo_data_type", "seg_resize_height", "seg_resize_width", "seg_scales",
            "single_class", "data_anchor_sampler", "bbox_sampler", "yoloformat", "crop_type",
            "has_landmarks", "up_prob", "low_prob", "image_info", "instance_masks",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "batch_sampler", "label_map_file", "anno_type", "shuffle", "mosaic_prob",
            "mixup_prob", "mixup_alpha", "difficult_label_warmup", "train_diffcult",
            "yolo_data_jitter", "yolo_data_type", "seg_resize_height", "seg_resize_width",
            "seg_scales", "single_class", "data_anchor_sampler", "bbox_sampler", "yoloformat",
            "crop_type", "has_landmarks", "up_prob", "low_prob", "image_info", "instance_masks",
        ]
    ) -> None: ...

class BatchSampler(Message):
    DESCRIPTOR: Descriptor
    use_original_image: bool
    @property
    def sampler(self) -> Sampler: ...
    @property
    def sample_constraint(self) -> SampleConstraint: ...
    max_sample: int
    max_trials: int
    def __init__(
        self, *,
            use_original_image: bool | None = ..., sampler: Sampler | _Fields | None = ...,
            sample_constraint: SampleConstraint | _Fields | None = ..., max_sample: int | None =
            ..., max_trials: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "use_original_image", "sampler", "sample_constraint", "max_sample", "max_trials",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "use_original_image", "sampler", "sample_constraint", "max_sample", "max_trials",
        ]
    ) -> None: ...

class Sampler(Message):
    DESCRIPTOR: Descriptor
    min_scale: float
    max_scale: float
    min_aspect_ratio: float
    max_aspect_ratio: float
    def __init__(
        self, *,
            min_scale: float | None = ..., max_scale: float | None = ..., min_aspect_ratio:
            float | None = ..., max_aspect_ratio: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "min_scale", "max_scale", "min_aspect_ratio", "max_aspect_ratio",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "min_scale", "max_scale", "min_aspect_ratio", "max_aspect_ratio",
        ]
    ) -> None: ...

class SampleConstraint(Message):
    DESCRIPTOR: Descriptor
    min_jaccard_overlap: float
    max_jaccard_overlap: float
    min_sample_coverage: float
    max_sample_coverage: float
    min_object_coverage: float
    max_object_coverage: float
    def __init__(
        self, *,
            min_jaccard_overlap: float | None = ..., max_jaccard_overlap: float | None = ...,
            min_sample_coverage: float | None = ..., max_sample_coverage: float | None = ...,
            min_object_coverage: float | None = ..., max_object_coverage: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "min_jaccard_overlap", "max_jaccard_overlap", "min_sample_coverage",
            "max_sample_coverage", "min_object_coverage", "max_object_coverage",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "min_jaccard_overlap", "max_jaccard_overlap", "min_sample_coverage",
            "max_sample_coverage", "min_object_coverage", "max_object_coverage",
        ]
    ) -> None: ...

class TransformationParameter(Message):
    DESCRIPTOR: Descriptor
    class InterpolationAlgo(_Enum):
        INTER_NEAREST: ClassVar[TransformationParameter.InterpolationAlgo]
        INTER_LINEAR: ClassVar[TransformationParameter.InterpolationAlgo]
        INTER_CUBIC: ClassVar[TransformationParameter.InterpolationAlgo]
        INTER_AREA: ClassVar[TransformationParameter.InterpolationAlgo]
    INTER_NEAREST: ClassVar[TransformationParameter.InterpolationAlgo]
    INTER_LINEAR: ClassVar[TransformationParameter.InterpolationAlgo]
    INTER_CUBIC: ClassVar[TransformationParameter.InterpolationAlgo]
    INTER_AREA: ClassVar[TransformationParameter.InterpolationAlgo]
    mean_value_file: str
    label_crop_size: int
    @property
    def multilabelscale(self) -> Values[int]: ...
    isrand: bool
    downsample: bool
    resize_label: int
    resize_w: int
    resize_h: int
    jitter: float
    caffe_yolo: bool
    stride: int
    upper_size: int
    upper_height: int
    upper_width: int
    ignore_label: int
    scale: float
    mirror: bool
    crop_size: int
    mean_file: str
    @property
    def mean_value(self) -> Values[float]: ...
    force_color: bool
    force_gray: bool
    @property
    def resize_param(self) -> ResizeParameter: ...
    @property
    def noise_param(self) -> NoiseParameter: ...
    @property
    def emit_constraint(self) -> EmitConstraint: ...
    crop_h: int
    crop_w: int
    @property
    def distort_param(self) -> DistortionParameter: ...
    @property
    def expand_param(self) -> ExpansionParameter: ...
    use_gpu_transform: bool
    random_seed: int
    img_rand_resize_lower: int
    img_rand_resize_upper: int
    rand_resize_ratio_lower: float
    rand_resize_ratio_upper: float
    vertical_stretch_lower: float
    vertical_stretch_upper: float
    horizontal_stretch_lower: float
    horizontal_stretch_upper: float
    interpolation_algo_down: TransformationParameter.InterpolationAlgo
    interpolation_algo_up: TransformationParameter.InterpolationAlgo
    allow_upscale: bool
    forward_packing: Packing
    display: bool
    num_labels: int
    @property
    def random_resize_param(self) -> RandomResizeParameter: ...
    @property
    def random_aspect_ratio_param(self) -> RandomAspectRatioParameter: ...
    flow: bool
    bgr2rgb: bool
    pad: int
    @property
    def scale_factors(self) -> Values[float]: ...
    @property
    def multi_scale_levels(self) -> Values[float]: ...
    rand_shift: int
    rand_s_width: int
    rand_s_height: int
    rand_rotat: int
    rand_noise: int
    add_noise: bool
    apply_probability: float
    aspect_max: float
    aspect_min: float
    center_crop: bool
    contrast_brightness_adjustment: bool
    crop_height: int
    crop_width: int
    cvt_bgr2rgb: bool
    debug_params: bool
    enable_classf_aug: bool
    erase_ratio: float
    max_brightness_shift: int
    max_color_shift: int
    max_contrast: float
    max_rotation_angle: int
    max_scaling_factor: float
    max_smooth: float
    min_contrast: float
    min_scaling_factor: float
    min_side: int
    min_side_max: int
    min_side_min: int
    noise_ratio: float
    random_90_deg_rot: bool
    rotate: bool
    scale_max: float
    scale_min: float
    smooth_filtering: bool
    untransformed_top: bool
    vertical_mirror: bool
    fix_crop: bool
    is_flow: bool
    max_distort: int
    more_fix_crop: bool
    multi_scale: bool
    original_image: bool
    @property
    def scale_ratios(self) -> Values[float]: ...
    @property
    def resize_param_more(self) -> Messages[ResizeParameter]: ...
    @property
    def resize_param_yolo(self) -> Messages[ResizeParameter]: ...
    @property
    def geometry_param(self) -> GeometryParameter: ...
    random_blur: bool
    blur_kernel_size: int
    max_degree: int
    max_scale: float
    min_scale: float
    crop_size_w: int
    crop_size_h: int
    crop_size_l: int
    pad_ratio: float
    test_rand: bool
    invalid_detection_mode: InvalidDetectionMode
    def __init__(
        self, *,
            mean_value_file: str | None = ..., label_crop_size: int | None = ...,
            multilabelscale: Iterable[int] | None = ..., isrand: bool | None = ..., downsample:
            bool | None = ..., resize_label: int | None = ..., resize_w: int | None = ...,
            resize_h: int | None = ..., jitter: float | None = ..., caffe_yolo: bool | None =
            ..., stride: int | None = ..., upper_size: int | None = ..., upper_height: int |
            None = ..., upper_width: int | None = ..., ignore_label: int | None = ..., scale:
            float | None = ..., mirror: bool | None = ..., crop_size: int | None = ...,
            mean_file: str | None = ..., mean_value: Iterable[float] | None = ..., force_color:
            bool | None = ..., force_gray: bool | None = ..., resize_param: ResizeParameter |
            _Fields | None = ..., noise_param: NoiseParameter | _Fields | None = ...,
            emit_constraint: EmitConstraint | _Fields | None = ..., crop_h: int | None = ...,
            crop_w: int | None = ..., distort_param: DistortionParameter | _Fields | None = ...,
            expand_param: ExpansionParameter | _Fields | None = ..., use_gpu_transform: bool |
            None = ..., random_seed: int | None = ..., img_rand_resize_lower: int | None = ...,
            img_rand_resize_upper: int | None = ..., rand_resize_ratio_lower: float | None =
            ..., rand_resize_ratio_upper: float | None = ..., vertical_stretch_lower: float |
            None = ..., vertical_stretch_upper: float | None = ..., horizontal_stretch_lower:
            float | None = ..., horizontal_stretch_upper: float | None = ...,
            interpolation_algo_down: TransformationParameter.InterpolationAlgo | int | str |
            None = ..., interpolation_algo_up: TransformationParameter.InterpolationAlgo | int |
            str | None = ..., allow_upscale: bool | None = ..., forward_packing: Packing | int |
            str | None = ..., display: bool | None = ..., num_labels: int | None = ...,
            random_resize_param: RandomResizeParameter | _Fields | None = ...,
            random_aspect_ratio_param: RandomAspectRatioParameter | _Fields | None = ..., flow:
            bool | None = ..., bgr2rgb: bool | None = ..., pad: int | None = ..., scale_factors:
            Iterable[float] | None = ..., multi_scale_levels: Iterable[float] | None = ...,
            rand_shift: int | None = ..., rand_s_width: int | None = ..., rand_s_height: int |
            None = ..., rand_rotat: int | None = ..., rand_noise: int | None = ..., add_noise:
            bool | None = ..., apply_probability: float | None = ..., aspect_max: float | None =
            ..., aspect_min: float | None = ..., center_crop: bool | None = ...,
            contrast_brightness_adjustment: bool | None = ..., crop_height: int | None = ...,
            crop_width: int | None = ..., cvt_bgr2rgb: bool | None = ..., debug_params: bool |
            None = ..., enable_classf_aug: bool | None = ..., erase_ratio: float | None = ...,
            max_brightness_shift: int | None = ..., max_color_shift: int | None = ...,
            max_contrast: float | None = ..., max_rotation_angle: int | None = ...,
            max_scaling_factor: float | None = ..., max_smooth: float | None = ...,
            min_contrast: float | None = ..., min_scaling_factor: float | None = ..., min_side:
            int | None = ..., min_side_max: int | None = ..., min_side_min: int | None = ...,
            noise_ratio: float | None = ..., random_90_deg_rot: bool | None = ..., rotate: bool
            | None = ..., scale_max: float | None = ..., scale_min: float | None = ...,
            smooth_filtering: bool | None = ..., untransformed_top: bool | None = ...,
            vertical_mirror: bool | None = ..., fix_crop: bool | None = ..., is_flow: bool |
            None = ..., max_distort: int | None = ..., more_fix_crop: bool | None = ...,
            multi_scale: bool | None = ..., original_image: bool | None = ..., scale_ratios:
            Iterable[float] | None = ..., resize_param_more: Iterable[ResizeParameter | _Fields]
            | None = ..., resize_param_yolo: Iterable[ResizeParameter | _Fields] | None = ...,
            geometry_param: GeometryParameter | _Fields | None = ..., random_blur: bool | None =
            ..., blur_kernel_size: int | None = ..., max_degree: int | None = ..., max_scale:
            float | None = ..., min_scale: float | None = ..., crop_size_w: int | None = ...,
            crop_size_h: int | None = ..., crop_size_l: int | None = ..., pad_ratio: float |
            None = ..., test_rand: bool | None = ..., invalid_detection_mode:
            InvalidDetectionMode | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "mean_value_file", "label_crop_size", "isrand", "downsample", "resize_label",
            "resize_w", "resize_h", "jitter", "caffe_yolo", "stride", "upper_size",
            "upper_height", "upper_width", "ignore_label", "scale", "mirror", "crop_size",
            "mean_file", "force_color", "force_gray", "resize_param", "noise_param",
            "emit_constraint", "crop_h", "crop_w", "distort_param", "expand_param",
            "use_gpu_transform", "random_seed", "img_rand_resize_lower",
            "img_rand_resize_upper", "rand_resize_ratio_lower", "rand_resize_ratio_upper",
            "vertical_stretch_lower", "vertical_stretch_upper", "horizontal_stretch_lower",
            "horizontal_stretch_upper", "interpolation_algo_down", "interpolation_algo_up",
            "allow_upscale", "forward_packing", "display", "num_labels", "random_resize_param",
            "random_aspect_ratio_param", "flow", "bgr2rgb", "pad", "rand_shift", "rand_s_width",
            "rand_s_height", "rand_rotat", "rand_noise", "add_noise", "apply_probability",
            "aspect_max", "aspect_min", "center_crop", "contrast_brightness_adjustment",
            "crop_height", "crop_width", "cvt_bgr2rgb", "debug_params", "enable_classf_aug",
            "erase_ratio", "max_brightness_shift", "max_color_shift", "max_contrast",
            "max_rotation_angle", "max_scaling_factor", "max_smooth", "min_contrast",
            "min_scaling_factor", "min_side", "min_side_max", "min_side_min", "noise_ratio",
            "random_90_deg_rot", "rotate", "scale_max", "scale_min", "smooth_filtering",
            "untransformed_top", "vertical_mirror", "fix_crop", "is_flow", "max_distort",
            "more_fix_crop", "multi_scale", "original_image", "geometry_param", "random_blur",
            "blur_kernel_size", "max_degree", "max_scale", "min_scale", "crop_size_w",
            "crop_size_h", "crop_size_l", "pad_ratio", "test_rand", "invalid_detection_mode",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "mean_value_file", "label_crop_size", "multilabelscale", "isrand", "downsample",
            "resize_label", "resize_w", "resize_h", "jitter", "caffe_yolo", "stride",
            "upper_size", "upper_height", "upper_width", "ignore_label", "scale", "mirror",
            "crop_size", "mean_file", "mean_value", "force_color", "force_gray", "resize_param",
            "noise_param", "emit_constraint", "crop_h", "crop_w", "distort_param",
            "expand_param", "use_gpu_transform", "random_seed", "img_rand_resize_lower",
            "img_rand_resize_upper", "rand_resize_ratio_lower", "rand_resize_ratio_upper",
            "vertical_stretch_lower", "vertical_stretch_upper", "horizontal_stretch_lower",
            "horizontal_stretch_upper", "interpolation_algo_down", "interpolation_algo_up",
            "allow_upscale", "forward_packing", "display", "num_labels", "random_resize_param",
            "random_aspect_ratio_param", "flow", "bgr2rgb", "pad", "scale_factors",
            "multi_scale_levels", "rand_shift", "rand_s_width", "rand_s_height", "rand_rotat",
            "rand_noise", "add_noise", "apply_probability", "aspect_max", "aspect_min",
            "center_crop", "contrast_brightness_adjustment", "crop_height", "crop_width",
            "cvt_bgr2rgb", "debug_params", "enable_classf_aug", "erase_ratio",
            "max_brightness_shift", "max_color_shift", "max_contrast", "max_rotation_angle",
            "max_scaling_factor", "max_smooth", "min_contrast", "min_scaling_factor",
            "min_side", "min_side_max", "min_side_min", "noise_ratio", "random_90_deg_rot",
            "rotate", "scale_max", "scale_min", "smooth_filtering", "untransformed_top",
            "vertical_mirror", "fix_crop", "is_flow", "max_distort", "more_fix_crop",
            "multi_scale", "original_image", "scale_ratios", "resize_param_more",
            "resize_param_yolo", "geometry_param", "random_blur", "blur_kernel_size",
            "max_degree", "max_scale", "min_scale", "crop_size_w", "crop_size_h", "crop_size_l",
            "pad_ratio", "test_rand", "invalid_detection_mode",
        ]
    ) -> None: ...

class ResizeParameter(Message):
    DESCRIPTOR: Descriptor
    class Interp_mode(_Enum):
        LINEAR: ClassVar[ResizeParameter.Interp_mode]
        AREA: ClassVar[ResizeParameter.Interp_mode]
        NEAREST: ClassVar[ResizeParameter.Interp_mode]
        CUBIC: ClassVar[ResizeParameter.Interp_mode]
        LANCZOS4: ClassVar[ResizeParameter.Interp_mode]
    LINEAR: ClassVar[ResizeParameter.Interp_mode]
    AREA: ClassVar[ResizeParameter.Interp_mode]
    NEAREST: ClassVar[ResizeParameter.Interp_mode]
    CUBIC: ClassVar[ResizeParameter.Interp_mode]
    LANCZOS4: ClassVar[ResizeParameter.Interp_mode]
    class Pad_mode(_Enum):
        CONSTANT: ClassVar[ResizeParameter.Pad_mode]
        MIRRORED: ClassVar[ResizeParameter.Pad_mode]
        REPEAT_NEAREST: ClassVar[ResizeParameter.Pad_mode]
    CONSTANT: ClassVar[ResizeParameter.Pad_mode]
    MIRRORED: ClassVar[ResizeParameter.Pad_mode]
    REPEAT_NEAREST: ClassVar[ResizeParameter.Pad_mode]
    class Resize_mode(_Enum):
        WARP: ClassVar[ResizeParameter.Resize_mode]
        FIT_SMALL_SIZE: ClassVar[ResizeParameter.Resize_mode]
        FIT_LARGE_SIZE_AND_PAD: ClassVar[ResizeParameter.Resize_mode]
    WARP: ClassVar[ResizeParameter.Resize_mode]
    FIT_SMALL_SIZE: ClassVar[ResizeParameter.Resize_mode]
    FIT_LARGE_SIZE_AND_PAD: ClassVar[ResizeParameter.Resize_mode]
    prob: float
    resize_mode: ResizeParameter.Resize_mode
    height: int
    width: int
    pad_mode: ResizeParameter.Pad_mode
    @property
    def pad_value(self) -> Values[float]: ...
    @property
    def interp_mode(self) -> Values[ResizeParameter.Interp_mode]: ...
    height_scale: int
    width_scale: int
    longest_side: int
    jitter: float
    center_object: bool
    is_pyramid_test: bool
    max_angle: float
    out_height_scale: float
    out_width_scale: float
    def __init__(
        self, *,
            prob: float | None = ..., resize_mode: ResizeParameter.Resize_mode | int | str |
            None = ..., height: int | None = ..., width: int | None = ..., pad_mode:
            ResizeParameter.Pad_mode | int | str | None = ..., pad_value: Iterable[float] | None
            = ..., interp_mode: Iterable[ResizeParameter.Interp_mode | int | str] | None = ...,
            height_scale: int | None = ..., width_scale: int | None = ..., longest_side: int |
            None = ..., jitter: float | None = ..., center_object: bool | None = ...,
            is_pyramid_test: bool | None = ..., max_angle: float | None = ..., out_height_scale:
            float | None = ..., out_width_scale: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "prob", "resize_mode", "height", "width", "pad_mode", "height_scale", "width_scale",
            "longest_side", "jitter", "center_object", "is_pyramid_test", "max_angle",
            "out_height_scale", "out_width_scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "prob", "resize_mode", "height", "width", "pad_mode", "pad_value", "interp_mode",
            "height_scale", "width_scale", "longest_side", "jitter", "center_object",
            "is_pyramid_test", "max_angle", "out_height_scale", "out_width_scale",
        ]
    ) -> None: ...

class NoiseParameter(Message):
    DESCRIPTOR: Descriptor
    prob: float
    hist_eq: bool
    inverse: bool
    decolorize: bool
    gauss_blur: bool
    jpeg: float
    posterize: bool
    erode: bool
    saltpepper: bool
    @property
    def saltpepper_param(self) -> SaltPepperParameter: ...
    clahe: bool
    convert_to_hsv: bool
    convert_to_lab: bool
    all_effects: bool
    bias: float
    gaussian_std: float
    mu: float
    sigma: float
    uniform_range: float
    def __init__(
        self, *,
            prob: float | None = ..., hist_eq: bool | None = ..., inverse: bool | None = ...,
            decolorize: bool | None = ..., gauss_blur: bool | None = ..., jpeg: float | None =
            ..., posterize: bool | None = ..., erode: bool | None = ..., saltpepper: bool | None
            = ..., saltpepper_param: SaltPepperParameter | _Fields | None = ..., clahe: bool |
            None = ..., convert_to_hsv: bool | None = ..., convert_to_lab: bool | None = ...,
            all_effects: bool | None = ..., bias: float | None = ..., gaussian_std: float | None
            = ..., mu: float | None = ..., sigma: float | None = ..., uniform_range: float |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "prob", "hist_eq", "inverse", "decolorize", "gauss_blur", "jpeg", "posterize",
            "erode", "saltpepper", "saltpepper_param", "clahe", "convert_to_hsv",
            "convert_to_lab", "all_effects", "bias", "gaussian_std", "mu", "sigma",
            "uniform_range",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "prob", "hist_eq", "inverse", "decolorize", "gauss_blur", "jpeg", "posterize",
            "erode", "saltpepper", "saltpepper_param", "clahe", "convert_to_hsv",
            "convert_to_lab", "all_effects", "bias", "gaussian_std", "mu", "sigma",
            "uniform_range",
        ]
    ) -> None: ...

class SaltPepperParameter(Message):
    DESCRIPTOR: Descriptor
    fraction: float
    @property
    def value(self) -> Values[float]: ...
    def __init__(
        self, *,
            fraction: float | None = ..., value: Iterable[float] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "fraction",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "fraction", "value",
        ]
    ) -> None: ...

class DistortionParameter(Message):
    DESCRIPTOR: Descriptor
    brightness_prob: float
    brightness_delta: float
    contrast_prob: float
    contrast_lower: float
    contrast_upper: float
    hue_prob: float
    hue_delta: float
    saturation_prob: float
    saturation_lower: float
    saturation_upper: float
    random_order_prob: float
    all_effects: bool
    brightness: bool
    contrast: bool
    hue: bool
    prob: float
    random_order: bool
    saturation: bool
    exposure_lower: float
    exposure_upper: float
    def __init__(
        self, *,
            brightness_prob: float | None = ..., brightness_delta: float | None = ...,
            contrast_prob: float | None = ..., contrast_lower: float | None = ...,
            contrast_upper: float | None = ..., hue_prob: float | None = ..., hue_delta: float |
            None = ..., saturation_prob: float | None = ..., saturation_lower: float | None =
            ..., saturation_upper: float | None = ..., random_order_prob: float | None = ...,
            all_effects: bool | None = ..., brightness: bool | None = ..., contrast: bool | None
            = ..., hue: bool | None = ..., prob: float | None = ..., random_order: bool | None =
            ..., saturation: bool | None = ..., exposure_lower: float | None = ...,
            exposure_upper: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "brightness_prob", "brightness_delta", "contrast_prob", "contrast_lower",
            "contrast_upper", "hue_prob", "hue_delta", "saturation_prob", "saturation_lower",
            "saturation_upper", "random_order_prob", "all_effects", "brightness", "contrast",
            "hue", "prob", "random_order", "saturation", "exposure_lower", "exposure_upper",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "brightness_prob", "brightness_delta", "contrast_prob", "contrast_lower",
            "contrast_upper", "hue_prob", "hue_delta", "saturation_prob", "saturation_lower",
            "saturation_upper", "random_order_prob", "all_effects", "brightness", "contrast",
            "hue", "prob", "random_order", "saturation", "exposure_lower", "exposure_upper",
        ]
    ) -> None: ...

class ExpansionParameter(Message):
    DESCRIPTOR: Descriptor
    prob: float
    max_expand_ratio: float
    def __init__(
        self, *,
            prob: float | None = ..., max_expand_ratio: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "prob", "max_expand_ratio",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "prob", "max_expand_ratio",
        ]
    ) -> None: ...

class EmitConstraint(Message):
    DESCRIPTOR: Descriptor
    class EmitType(_Enum):
        CENTER: ClassVar[EmitConstraint.EmitType]
        MIN_OVERLAP: ClassVar[EmitConstraint.EmitType]
    CENTER: ClassVar[EmitConstraint.EmitType]
    MIN_OVERLAP: ClassVar[EmitConstraint.EmitType]
    emit_type: EmitConstraint.EmitType
    emit_overlap: float
    def __init__(
        self, *,
            emit_type: EmitConstraint.EmitType | int | str | None = ..., emit_overlap: float |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "emit_type", "emit_overlap",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "emit_type", "emit_overlap",
        ]
    ) -> None: ...

class RandomResizeParameter(Message):
    DESCRIPTOR: Descriptor
    min_size: int
    max_size: int
    @property
    def resize_param(self) -> ResizeParameter: ...
    def __init__(
        self, *,
            min_size: int | None = ..., max_size: int | None = ..., resize_param:
            ResizeParameter | _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "min_size", "max_size", "resize_param",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "min_size", "max_size", "resize_param",
        ]
    ) -> None: ...

class RandomAspectRatioParameter(Message):
    DESCRIPTOR: Descriptor
    min_area_ratio: float
    max_area_ratio: float
    aspect_ratio_change: float
    max_attempt: int
    @property
    def resize_param(self) -> ResizeParameter: ...
    def __init__(
        self, *,
            min_area_ratio: float | None = ..., max_area_ratio: float | None = ...,
            aspect_ratio_change: float | None = ..., max_attempt: int | None = ...,
            resize_param: ResizeParameter | _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "min_area_ratio", "max_area_ratio", "aspect_ratio_change", "max_attempt",
            "resize_param",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "min_area_ratio", "max_area_ratio", "aspect_ratio_change", "max_attempt",
            "resize_param",
        ]
    ) -> None: ...

class DataParameter(Message):
    DESCRIPTOR: Descriptor
    class DB(_Enum):
        LEVELDB: ClassVar[DataParameter.DB]
        LMDB: ClassVar[DataParameter.DB]
    LEVELDB: ClassVar[DataParameter.DB]
    LMDB: ClassVar[DataParameter.DB]
    class CHANNELENCODING(_Enum):
        UINT8: ClassVar[DataParameter.CHANNELENCODING]
        UINT16FLOW: ClassVar[DataParameter.CHANNELENCODING]
        BOOL1: ClassVar[DataParameter.CHANNELENCODING]
    UINT8: ClassVar[DataParameter.CHANNELENCODING]
    UINT16FLOW: ClassVar[DataParameter.CHANNELENCODING]
    BOOL1: ClassVar[DataParameter.CHANNELENCODING]
    class RANDPERMORDER(_Enum):
        FIRST_PERMUTE_THEN_RANGE: ClassVar[DataParameter.RANDPERMORDER]
        FIRST_RANGE_THEN_PERMUTE: ClassVar[DataParameter.RANDPERMORDER]
    FIRST_PERMUTE_THEN_RANGE: ClassVar[DataParameter.RANDPERMORDER]
    FIRST_RANGE_THEN_PERMUTE: ClassVar[DataParameter.RANDPERMORDER]
    source: str
    scale: float
    mean_file: str
    batch_size: int
    crop_size: int
    mirror: bool
    rand_skip: int
    backend: DataParameter.DB
    force_encoded_color: bool
    prefetch: int
    shuffle: bool
    threads: int
    parser_threads: int
    cache: bool
    precache: bool
    @property
    def side(self) -> Values[int]: ...
    random: bool
    get_mirror_crop: bool
    still_source: str
    class_per_batch: int
    clip_per_class: int
    shared_file_system: bool
    block_size: int
    disk_reader_threads: int
    huge_video_dataset: bool
    limit_samples: int
    permute_every_iter: int
    preselection_file: str
    preselection_label: int
    rand_permute: bool
    rand_permute_seed: int
    range_end: int
    range_start: int
    show_data: int
    shuffle_pool_size: int
    shuffle_buffer_size: int
    @property
    def slice_point(self) -> Values[int]: ...
    @property
    def subtract(self) -> Values[float]: ...
    task_class_num: int
    verbose: bool
    @property
    def encoding(self) -> Values[DataParameter.CHANNELENCODING]: ...
    rand_permute_order: DataParameter.RANDPERMORDER
    @property
    def source_more(self) -> Values[str]: ...
    min_size_and: float
    min_size_or: float
    max_box_num: int
    multi_gpu_testing: bool
    multi_label: bool
    label_size: int
    def __init__(
        self, *,
            source: str | None = ..., scale: float | None = ..., mean_file: str | None = ...,
            batch_size: int | None = ..., crop_size: int | None = ..., mirror: bool | None =
            ..., rand_skip: int | None = ..., backend: DataParameter.DB | int | str | None =
            ..., force_encoded_color: bool | None = ..., prefetch: int | None = ..., shuffle:
            bool | None = ..., threads: int | None = ..., parser_threads: int | None = ...,
            cache: bool | None = ..., precache: bool | None = ..., side: Iterable[int] | None =
            ..., random: bool | None = ..., get_mirror_crop: bool | None = ..., still_source:
            str | None = ..., class_per_batch: int | None = ..., clip_per_class: int | None =
            ..., shared_file_system: bool | None = ..., block_size: int | None = ...,
            disk_reader_threads: int | None = ..., huge_video_dataset: bool | None = ...,
            limit_samples: int | None = ..., permute_every_iter: int | None = ...,
            preselection_file: str | None = ..., preselection_label: int | None = ...,
            rand_permute: bool | None = ..., rand_permute_seed: int | None = ..., range_end: int
            | None = ..., range_start: int | None = ..., show_data: int | None = ...,
            shuffle_pool_size: int | None = ..., shuffle_buffer_size: int | None = ...,
            slice_point: Iterable[int] | None = ..., subtract: Iterable[float] | None = ...,
            task_class_num: int | None = ..., verbose: bool | None = ..., encoding:
            Iterable[DataParameter.CHANNELENCODING | int | str] | None = ...,
            rand_permute_order: DataParameter.RANDPERMORDER | int | str | None = ...,
            source_more: Iterable[str] | None = ..., min_size_and: float | None = ...,
            min_size_or: float | None = ..., max_box_num: int | None = ..., multi_gpu_testing:
            bool | None = ..., multi_label: bool | None = ..., label_size: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "rand_skip",
            "backend", "force_encoded_color", "prefetch", "shuffle", "threads",
            "parser_threads", "cache", "precache", "random", "get_mirror_crop", "still_source",
            "class_per_batch", "clip_per_class", "shared_file_system", "block_size",
            "disk_reader_threads", "huge_video_dataset", "limit_samples", "permute_every_iter",
            "preselection_file", "preselection_label", "rand_permute", "rand_permute_seed",
            "range_end", "range_start", "show_data", "shuffle_pool_size", "shuffle_buffer_size",
            "task_class_num", "verbose", "rand_permute_order", "min_size_and", "min_size_or",
            "max_box_num", "multi_gpu_testing", "multi_label", "label_size",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "rand_skip",
            "backend", "force_encoded_color", "prefetch", "shuffle", "threads",
            "parser_threads", "cache", "precache", "side", "random", "get_mirror_crop",
            "still_source", "class_per_batch", "clip_per_class", "shared_file_system",
            "block_size", "disk_reader_threads", "huge_video_dataset", "limit_samples",
            "permute_every_iter", "preselection_file", "preselection_label", "rand_permute",
            "rand_permute_seed", "range_end", "range_start", "show_data", "shuffle_pool_size",
            "shuffle_buffer_size", "slice_point", "subtract", "task_class_num", "verbose",
            "encoding", "rand_permute_order", "source_more", "min_size_and", "min_size_or",
            "max_box_num", "multi_gpu_testing", "multi_label", "label_size",
        ]
    ) -> None: ...

class ImageDataParameter(Message):
    DESCRIPTOR: Descriptor
    class LabelType(_Enum):
        NONE: ClassVar[ImageDataParameter.LabelType]
        IMAGE: ClassVar[ImageDataParameter.LabelType]
        PIXEL: ClassVar[ImageDataParameter.LabelType]
    NONE: ClassVar[ImageDataParameter.LabelType]
    IMAGE: ClassVar[ImageDataParameter.LabelType]
    PIXEL: ClassVar[ImageDataParameter.LabelType]
    source: str
    scale: float
    mean_file: str
    batch_size: int
    crop_size: int
    mirror: bool
    rand_skip: int
    shuffle: bool
    new_height: int
    new_width: int
    is_color: bool
    root_folder: str
    images_per_class: int
    sample_num: int
    probability: float
    min_aspect_ratio: float
    lower: float
    higher: float
    short_side: int
    threads: int
    cache: bool
    precache: bool
    dataset_share_per_node: float
    min_height: int
    min_width: int
    ignore_label: int
    label_type: ImageDataParameter.LabelType
    has_label: bool
    normalize: bool
    multilabel_num: int
    shared_file_system: bool
    balance_by: int
    balance_class: bool
    clip_max: float
    clip_min: float
    face_mirror: bool
    face_point_num: int
    face_transform: bool
    is_flow: bool
    raw_hdf5: bool
    label_cut_end: int
    label_cut_start: int
    label_size: int
    max_aspect_ratio: float
    max_random_scale: float
    max_random_shift: int
    max_rotate_angle: float
    max_shear_ratio: float
    mean_value: float
    min_random_scale: float
    new_length: int
    num_truth_channels: int
    regression: bool
    sampling_rate: int
    show_data: int
    task_class_num: int
    truth_scale: float
    use_byte_input: bool
    use_image: bool
    use_label: bool
    use_temporal_jitter: bool
    new_dim: int
    bicubic: bool
    label_dim: int
    num_of_labels: int
    label: bool
    rate_height: float
    rate_width: float
    img_num: int
    label_num: int
    def __init__(
        self, *,
            source: str | None = ..., scale: float | None = ..., mean_file: str | None = ...,
            batch_size: int | None = ..., crop_size: int | None = ..., mirror: bool | None =
            ..., rand_skip: int | None = ..., shuffle: bool | None = ..., new_height: int | None
            = ..., new_width: int | None = ..., is_color: bool | None = ..., root_folder: str |
            None = ..., images_per_class: int | None = ..., sample_num: int | None = ...,
            probability: float | None = ..., min_aspect_ratio: float | None = ..., lower: float
            | None = ..., higher: float | None = ..., short_side: int | None = ..., threads: int
            | None = ..., cache: bool | None = ..., precache: bool | None = ...,
            dataset_share_per_node: float | None = ..., min_height: int | None = ..., min_width:
            int | None = ..., ignore_label: int | None = ..., label_type:
            ImageDataParameter.LabelType | int | str | None = ..., has_label: bool | None = ...,
            normalize: bool | None = ..., multilabel_num: int | None = ..., shared_file_system:
            bool | None = ..., balance_by: int | None = ..., balance_class: bool | None = ...,
            clip_max: float | None = ..., clip_min: float | None = ..., face_mirror: bool | None
            = ..., face_point_num: int | None = ..., face_transform: bool | None = ..., is_flow:
            bool | None = ..., raw_hdf5: bool | None = ..., label_cut_end: int | None = ...,
            label_cut_start: int | None = ..., label_size: int | None = ..., max_aspect_ratio:
            float | None = ..., max_random_scale: float | None = ..., max_random_shift: int |
            None = ..., max_rotate_angle: float | None = ..., max_shear_ratio: float | None =
            ..., mean_value: float | None = ..., min_random_scale: float | None = ...,
            new_length: int | None = ..., num_truth_channels: int | None = ..., regression: bool
            | None = ..., sampling_rate: int | None = ..., show_data: int | None = ...,
            task_class_num: int | None = ..., truth_scale: float | None = ..., use_byte_input:
            bool | None = ..., use_image: bool | None = ..., use_label: bool | None = ...,
            use_temporal_jitter: bool | None = ..., new_dim: int | None = ..., bicubic: bool |
            None = ..., label_dim: int | None = ..., num_of_labels: int | None = ..., label:
            bool | None = ..., rate_height: float | None = ..., rate_width: float | None = ...,
            img_num: int | None = ..., label_num: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "rand_skip",
            "shuffle", "new_height", "new_width", "is_color", "root_folder", "images_per_class",
            "sample_num", "probability", "min_aspect_ratio", "lower", "higher", "short_side",
            "threads", "cache", "precache", "dataset_share_per_node", "min_height", "min_width",
            "ignore_label", "label_type", "has_label", "normalize", "multilabel_num",
            "shared_file_system", "balance_by", "balance_class", "clip_max", "clip_min",
            "face_mirror", "face_point_num", "face_transform", "is_flow", "raw_hdf5",
            "label_cut_end", "label_cut_start", "label_size", "max_aspect_ratio",
            "max_random_scale", "max_random_shift", "max_rotate_angle", "max_shear_ratio",
            "mean_value", "min_random_scale", "new_length", "num_truth_channels", "regression",
            "sampling_rate", "show_data", "task_class_num", "truth_scale", "use_byte_input",
            "use_image", "use_label", "use_temporal_jitter", "new_dim", "bicubic", "label_dim",
            "num_of_labels", "label", "rate_height", "rate_width", "img_num", "label_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "rand_skip",
            "shuffle", "new_height", "new_width", "is_color", "root_folder", "images_per_class",
            "sample_num", "probability", "min_aspect_ratio", "lower", "higher", "short_side",
            "threads", "cache", "precache", "dataset_share_per_node", "min_height", "min_width",
            "ignore_label", "label_type", "has_label", "normalize", "multilabel_num",
            "shared_file_system", "balance_by", "balance_class", "clip_max", "clip_min",
            "face_mirror", "face_point_num", "face_transform", "is_flow", "raw_hdf5",
            "label_cut_end", "label_cut_start", "label_size", "max_aspect_ratio",
            "max_random_scale", "max_random_shift", "max_rotate_angle", "max_shear_ratio",
            "mean_value", "min_random_scale", "new_length", "num_truth_channels", "regression",
            "sampling_rate", "show_data", "task_class_num", "truth_scale", "use_byte_input",
            "use_image", "use_label", "use_temporal_jitter", "new_dim", "bicubic", "label_dim",
            "num_of_labels", "label", "rate_height", "rate_width", "img_num", "label_num",
        ]
    ) -> None: ...

class DenseImageDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    batch_size: int
    rand_skip: int
    shuffle: bool
    new_height: int
    new_width: int
    is_color: bool
    mean_file: str
    root_folder: str
    mirror: bool
    crop_width: int
    crop_height: int
    rotate: bool
    one_hot_nclasses: int
    label_divide_factor: int
    def __init__(
        self, *,
            source: str | None = ..., batch_size: int | None = ..., rand_skip: int | None = ...,
            shuffle: bool | None = ..., new_height: int | None = ..., new_width: int | None =
            ..., is_color: bool | None = ..., mean_file: str | None = ..., root_folder: str |
            None = ..., mirror: bool | None = ..., crop_width: int | None = ..., crop_height:
            int | None = ..., rotate: bool | None = ..., one_hot_nclasses: int | None = ...,
            label_divide_factor: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "batch_size", "rand_skip", "shuffle", "new_height", "new_width",
            "is_color", "mean_file", "root_folder", "mirror", "crop_width", "crop_height",
            "rotate", "one_hot_nclasses", "label_divide_factor",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "batch_size", "rand_skip", "shuffle", "new_height", "new_width",
            "is_color", "mean_file", "root_folder", "mirror", "crop_width", "crop_height",
            "rotate", "one_hot_nclasses", "label_divide_factor",
        ]
    ) -> None: ...

class WindowDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    scale: float
    mean_file: str
    batch_size: int
    crop_size: int
    mirror: bool
    fg_threshold: float
    bg_threshold: float
    fg_fraction: float
    context_pad: int
    crop_mode: str
    cache_images: bool
    root_folder: str
    shuffle: bool
    config: str
    def __init__(
        self, *,
            source: str | None = ..., scale: float | None = ..., mean_file: str | None = ...,
            batch_size: int | None = ..., crop_size: int | None = ..., mirror: bool | None =
            ..., fg_threshold: float | None = ..., bg_threshold: float | None = ...,
            fg_fraction: float | None = ..., context_pad: int | None = ..., crop_mode: str |
            None = ..., cache_images: bool | None = ..., root_folder: str | None = ..., shuffle:
            bool | None = ..., config: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "fg_threshold",
            "bg_threshold", "fg_fraction", "context_pad", "crop_mode", "cache_images",
            "root_folder", "shuffle", "config",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "fg_threshold",
            "bg_threshold", "fg_fraction", "context_pad", "crop_mode", "cache_images",
            "root_folder", "shuffle", "config",
        ]
    ) -> None: ...

class HDF5DataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    batch_size: int
    shuffle: bool
    scale: float
    mirror: bool
    @property
    def mean_value(self) -> Values[float]: ...
    crop_size: int
    image: bool
    def __init__(
        self, *,
            source: str | None = ..., batch_size: int | None = ..., shuffle: bool | None = ...,
            scale: float | None = ..., mirror: bool | None = ..., mean_value: Iterable[float] |
            None = ..., crop_size: int | None = ..., image: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "batch_size", "shuffle", "scale", "mirror", "crop_size", "image",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "batch_size", "shuffle", "scale", "mirror", "mean_value", "crop_size",
            "image",
        ]
    ) -> None: ...

class HDF5OutputParameter(Message):
    DESCRIPTOR: Descriptor
    file_name: str
    def __init__(
        self, *,
            file_name: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "file_name",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "file_name",
        ]
    ) -> None: ...

class MemoryDataParameter(Message):
    DESCRIPTOR: Descriptor
    batch_size: int
    channels: int
    height: int
    width: int
    @property
    def dim(self) -> Values[int]: ...
    label_size: int
    transpose: bool
    source: str
    share_in_parallel: bool
    label_channels: int
    label_height: int
    label_width: int
    def __init__(
        self, *,
            batch_size: int | None = ..., channels: int | None = ..., height: int | None = ...,
            width: int | None = ..., dim: Iterable[int] | None = ..., label_size: int | None =
            ..., transpose: bool | None = ..., source: str | None = ..., share_in_parallel: bool
            | None = ..., label_channels: int | None = ..., label_height: int | None = ...,
            label_width: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "batch_size", "channels", "height", "width", "label_size", "transpose", "source",
            "share_in_parallel", "label_channels", "label_height", "label_width",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "batch_size", "channels", "height", "width", "dim", "label_size", "transpose",
            "source", "share_in_parallel", "label_channels", "label_height", "label_width",
        ]
    ) -> None: ...

class DummyDataParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def data_filler(self) -> Messages[FillerParameter]: ...
    @property
    def num(self) -> Values[int]: ...
    @property
    def channels(self) -> Values[int]: ...
    @property
    def height(self) -> Values[int]: ...
    @property
    def width(self) -> Values[int]: ...
    @property
    def shape(self) -> Messages[BlobShape]: ...
    def __init__(
        self, *,
            data_filler: Iterable[FillerParameter | _Fields] | None = ..., num: Iterable[int] |
            None = ..., channels: Iterable[int] | None = ..., height: Iterable[int] | None =
            ..., width: Iterable[int] | None = ..., shape: Iterable[BlobShape | _Fields] | None
            = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "data_filler", "num", "channels", "height", "width", "shape",
        ]
    ) -> None: ...

class VideoDataParameter(Message):
    DESCRIPTOR: Descriptor
    class VideoType(_Enum):
        WEBCAM: ClassVar[VideoDataParameter.VideoType]
        VIDEO: ClassVar[VideoDataParameter.VideoType]
    WEBCAM: ClassVar[VideoDataParameter.VideoType]
    VIDEO: ClassVar[VideoDataParameter.VideoType]
    class Modality(_Enum):
        RGB: ClassVar[VideoDataParameter.Modality]
        FLOW: ClassVar[VideoDataParameter.Modality]
    RGB: ClassVar[VideoDataParameter.Modality]
    FLOW: ClassVar[VideoDataParameter.Modality]
    video_type: VideoDataParameter.VideoType
    device_id: int
    video_file: str
    skip_frames: int
    batch_size: int
    crop_size: int
    is_color: bool
    max_sampling_rate: int
    mean_file: str
    mirror: bool
    new_height: int
    new_length: int
    new_width: int
    num_of_labels: int
    rand_skip: int
    root_folder: str
    sampling_rate: int
    scale: float
    show_data: bool
    shuffle: bool
    source: str
    use_image: bool
    use_multiple_label: bool
    use_sampling_rate_jitter: bool
    use_temporal_jitter: bool
    num_segments: int
    modality: VideoDataParameter.Modality
    name_pattern: str
    encoded: bool
    grayscale: bool
    def __init__(
        self, *,
            video_type: VideoDataParameter.VideoType | int | str | None = ..., device_id: int |
            None = ..., video_file: str | None = ..., skip_frames: int | None = ..., batch_size:
            int | None = ..., crop_size: int | None = ..., is_color: bool | None = ...,
            max_sampling_rate: int | None = ..., mean_file: str | None = ..., mirror: bool |
            None = ..., new_height: int | None = ..., new_length: int | None = ..., new_width:
            int | None = ..., num_of_labels: int | None = ..., rand_skip: int | None = ...,
            root_folder: str | None = ..., sampling_rate: int | None = ..., scale: float | None
            = ..., show_data: bool | None = ..., shuffle: bool | None = ..., source: str | None
            = ..., use_image: bool | None = ..., use_multiple_label: bool | None = ...,
            use_sampling_rate_jitter: bool | None = ..., use_temporal_jitter: bool | None = ...,
            num_segments: int | None = ..., modality: VideoDataParameter.Modality | int | str |
            None = ..., name_pattern: str | None = ..., encoded: bool | None = ..., grayscale:
            bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "video_type", "device_id", "video_file", "skip_frames", "batch_size", "crop_size",
            "is_color", "max_sampling_rate", "mean_file", "mirror", "new_height", "new_length",
            "new_width", "num_of_labels", "rand_skip", "root_folder", "sampling_rate", "scale",
            "show_data", "shuffle", "source", "use_image", "use_multiple_label",
            "use_sampling_rate_jitter", "use_temporal_jitter", "num_segments", "modality",
            "name_pattern", "encoded", "grayscale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "video_type", "device_id", "video_file", "skip_frames", "batch_size", "crop_size",
            "is_color", "max_sampling_rate", "mean_file", "mirror", "new_height", "new_length",
            "new_width", "num_of_labels", "rand_skip", "root_folder", "sampling_rate", "scale",
            "show_data", "shuffle", "source", "use_image", "use_multiple_label",
            "use_sampling_rate_jitter", "use_temporal_jitter", "num_segments", "modality",
            "name_pattern", "encoded", "grayscale",
        ]
    ) -> None: ...

class SolverParameter(Message):
    DESCRIPTOR: Descriptor
    class SnapshotFormat(_Enum):
        HDF5: ClassVar[SolverParameter.SnapshotFormat]
        BINARYPROTO: ClassVar[SolverParameter.SnapshotFormat]
    HDF5: ClassVar[SolverParameter.SnapshotFormat]
    BINARYPROTO: ClassVar[SolverParameter.SnapshotFormat]
    class SolverMode(_Enum):
        CPU: ClassVar[SolverParameter.SolverMode]
        GPU: ClassVar[SolverParameter.SolverMode]
    CPU: ClassVar[SolverParameter.SolverMode]
    GPU: ClassVar[SolverParameter.SolverMode]
    class SolverType(_Enum):
        SGD: ClassVar[SolverParameter.SolverType]
        NESTEROV: ClassVar[SolverParameter.SolverType]
        ADAGRAD: ClassVar[SolverParameter.SolverType]
        RMSPROP: ClassVar[SolverParameter.SolverType]
        ADADELTA: ClassVar[SolverParameter.SolverType]
        ADAM: ClassVar[SolverParameter.SolverType]
        SAG: ClassVar[SolverParameter.SolverType]
    SGD: ClassVar[SolverParameter.SolverType]
    NESTEROV: ClassVar[SolverParameter.SolverType]
    ADAGRAD: ClassVar[SolverParameter.SolverType]
    RMSPROP: ClassVar[SolverParameter.SolverType]
    ADADELTA: ClassVar[SolverParameter.SolverType]
    ADAM: ClassVar[SolverParameter.SolverType]
    SAG: ClassVar[SolverParameter.SolverType]
    train_net: str
    @property
    def test_net(self) -> Values[str]: ...
    @property
    def test_iter(self) -> Values[int]: ...
    test_interval: int
    base_lr: float
    display: int
    max_iter: int
    lr_policy: str
    gamma: float
    power: float
    momentum: float
    weight_decay: float
    stepsize: int
    snapshot: int
    snapshot_prefix: str
    snapshot_diff: bool
    solver_mode: SolverParameter.SolverMode
    device_id: int
    test_compute_loss: bool
    random_seed: int
    @property
    def train_net_param(self) -> NetParameter: ...
    @property
    def test_net_param(self) -> Messages[NetParameter]: ...
    debug_info: bool
    net: str
    @property
    def net_param(self) -> NetParameter: ...
    @property
    def train_state(self) -> NetState: ...
    @property
    def test_state(self) -> Messages[NetState]: ...
    snapshot_after_train: bool
    regularization_type: str
    solver_type: SolverParameter.SolverType
    delta: float
    test_initialization: bool
    average_loss: int
    @property
    def stepvalue(self) -> Values[int]: ...
    clip_gradients: float
    iter_size: int
    snapshot_format: SolverParameter.SnapshotFormat
    rms_decay: float
    momentum2: float
    type: str
    eval_type: str
    ap_version: str
    show_per_class_result: bool
    @property
    def plateau_winsize(self) -> Values[int]: ...
    layer_wise_reduce: bool
    @property
    def weights(self) -> Values[str]: ...
    rampup_interval: int
    rampup_lr: float
    min_lr: float
    solver_data_type: Type
    store_blobs_in_old_format: bool
    momentum_policy: str
    max_momentum: float
    momentum_power: float
    larc: bool
    larc_policy: str
    larc_eta: float
    weight_decay_policy: str
    weight_decay_power: float
    test_and_snapshot_last_epochs: int
    larc_turbo: bool
    max_weight_decay: float
    disabled_update: bool
    engine: str
    warmup_iter: int
    warmup_start_lr: float
    local_lr_auto: bool
    local_gw_ratio: float
    test_offset: int
    @property
    def stagelr(self) -> Values[float]: ...
    @property
    def stageiter(self) -> Values[int]: ...
    lr_mult: float
    p_mult: float
    period: int
    ema_decay: float
    @property
    def freeze(self) -> Values[str]: ...
    monitor: str
    patience: int
    keep_best: bool
    amsgrad: bool
    clamp_weights_lower: float
    clamp_weights_upper: float
    clip_weights: float
    decoupled_wd_mult: float
    decoupled_wd_t0: int
    device: int
    log_avg_gradient_norm: bool
    lookahead: bool
    lookahead_alpha: float
    lookahead_steps: int
    lr_dropout: float
    per_parameter_reduce: bool
    rectified: bool
    test_before_snapshot: bool
    stepearly: int
    richness: int
    @property
    def device_id_more(self) -> Values[int]: ...
    @property
    def group_id(self) -> Values[int]: ...
    @property
    def device_ids(self) -> Values[int]: ...
    @property
    def random_seeds(self) -> Values[int]: ...
    slave_device_id: int
    burn_in: int
    breadth_decay: float
    kernel_shape_decay: float
    block_group_decay: float
    prune_threshold: float
    max_threshold_factor: float
    use_polyak: bool
    num_iter_polyak: int
    def __init__(
        self, *,
            train_net: str | None = ..., test_net: Iterable[str] | None = ..., test_iter:
            Iterable[int] | None = ..., test_interval: int | None = ..., base_lr: float | None =
            ..., display: int | None = ..., max_iter: int | None = ..., lr_policy: str | None =
            ..., gamma: float | None = ..., power: float | None = ..., momentum: float | None =
            ..., weight_decay: float | None = ..., stepsize: int | None = ..., snapshot: int |
            None = ..., snapshot_prefix: str | None = ..., snapshot_diff: bool | None = ...,
            solver_mode: SolverParameter.SolverMode | int | str | None = ..., device_id: int |
            None = ..., test_compute_loss: bool | None = ..., random_seed: int | None = ...,
            train_net_param: NetParameter | _Fields | None = ..., test_net_param:
            Iterable[NetParameter | _Fields] | None = ..., debug_info: bool | None = ..., net:
            str | None = ..., net_param: NetParameter | _Fields | None = ..., train_state:
            NetState | _Fields | None = ..., test_state: Iterable[NetState | _Fields] | None =
            ..., snapshot_after_train: bool | None = ..., regularization_type: str | None = ...,
            solver_type: SolverParameter.SolverType | int | str | None = ..., delta: float |
            None = ..., test_initialization: bool | None = ..., average_loss: int | None = ...,
            stepvalue: Iterable[int] | None = ..., clip_gradients: float | None = ...,
            iter_size: int | None = ..., snapshot_format: SolverParameter.SnapshotFormat | int |
            str | None = ..., rms_decay: float | None = ..., momentum2: float | None = ...,
            type: str | None = ..., eval_type: str | None = ..., ap_version: str | None = ...,
            show_per_class_result: bool | None = ..., plateau_winsize: Iterable[int] | None =
            ..., layer_wise_reduce: bool | None = ..., weights: Iterable[str] | None = ...,
            rampup_interval: int | None = ..., rampup_lr: float | None = ..., min_lr: float |
            None = ..., solver_data_type: Type | int | str | None = ...,
            store_blobs_in_old_format: bool | None = ..., momentum_policy: str | None = ...,
            max_momentum: float | None = ..., momentum_power: float | None = ..., larc: bool |
            None = ..., larc_policy: str | None = ..., larc_eta: float | None = ...,
            weight_decay_policy: str | None = ..., weight_decay_power: float | None = ...,
            test_and_snapshot_last_epochs: int | None = ..., larc_turbo: bool | None = ...,
            max_weight_decay: float | None = ..., disabled_update: bool | None = ..., engine:
            str | None = ..., warmup_iter: int | None = ..., warmup_start_lr: float | None =
            ..., local_lr_auto: bool | None = ..., local_gw_ratio: float | None = ...,
            test_offset: int | None = ..., stagelr: Iterable[float] | None = ..., stageiter:
            Iterable[int] | None = ..., lr_mult: float | None = ..., p_mult: float | None = ...,
            period: int | None = ..., ema_decay: float | None = ..., freeze: Iterable[str] |
            None = ..., monitor: str | None = ..., patience: int | None = ..., keep_best: bool |
            None = ..., amsgrad: bool | None = ..., clamp_weights_lower: float | None = ...,
            clamp_weights_upper: float | None = ..., clip_weights: float | None = ...,
            decoupled_wd_mult: float | None = ..., decoupled_wd_t0: int | None = ..., device:
            int | None = ..., log_avg_gradient_norm: bool | None = ..., lookahead: bool | None =
            ..., lookahead_alpha: float | None = ..., lookahead_steps: int | None = ...,
            lr_dropout: float | None = ..., per_parameter_reduce: bool | None = ..., rectified:
            bool | None = ..., test_before_snapshot: bool | None = ..., stepearly: int | None =
            ..., richness: int | None = ..., device_id_more: Iterable[int] | None = ...,
            group_id: Iterable[int] | None = ..., device_ids: Iterable[int] | None = ...,
            random_seeds: Iterable[int] | None = ..., slave_device_id: int | None = ...,
            burn_in: int | None = ..., breadth_decay: float | None = ..., kernel_shape_decay:
            float | None = ..., block_group_decay: float | None = ..., prune_threshold: float |
            None = ..., max_threshold_factor: float | None = ..., use_polyak: bool | None = ...,
            num_iter_polyak: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "train_net", "test_interval", "base_lr", "display", "max_iter", "lr_policy",
            "gamma", "power", "momentum", "weight_decay", "stepsize", "snapshot",
            "snapshot_prefix", "snapshot_diff", "solver_mode", "device_id", "test_compute_loss",
            "random_seed", "train_net_param", "debug_info", "net", "net_param", "train_state",
            "snapshot_after_train", "regularization_type", "solver_type", "delta",
            "test_initialization", "average_loss", "clip_gradients", "iter_size",
            "snapshot_format", "rms_decay", "momentum2", "type", "eval_type", "ap_version",
            "show_per_class_result", "layer_wise_reduce", "rampup_interval", "rampup_lr",
            "min_lr", "solver_data_type", "store_blobs_in_old_format", "momentum_policy",
            "max_momentum", "momentum_power", "larc", "larc_policy", "larc_eta",
            "weight_decay_policy", "weight_decay_power", "test_and_snapshot_last_epochs",
            "larc_turbo", "max_weight_decay", "disabled_update", "engine", "warmup_iter",
            "warmup_start_lr", "local_lr_auto", "local_gw_ratio", "test_offset", "lr_mult",
            "p_mult", "period", "ema_decay", "monitor", "patience", "keep_best", "amsgrad",
            "clamp_weights_lower", "clamp_weights_upper", "clip_weights", "decoupled_wd_mult",
            "decoupled_wd_t0", "device", "log_avg_gradient_norm", "lookahead",
            "lookahead_alpha", "lookahead_steps", "lr_dropout", "per_parameter_reduce",
            "rectified", "test_before_snapshot", "stepearly", "richness", "slave_device_id",
            "burn_in", "breadth_decay", "kernel_shape_decay", "block_group_decay",
            "prune_threshold", "max_threshold_factor", "use_polyak", "num_iter_polyak",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "train_net", "test_net", "test_iter", "test_interval", "base_lr", "display",
            "max_iter", "lr_policy", "gamma", "power", "momentum", "weight_decay", "stepsize",
            "snapshot", "snapshot_prefix", "snapshot_diff", "solver_mode", "device_id",
            "test_compute_loss", "random_seed", "train_net_param", "test_net_param",
            "debug_info", "net", "net_param", "train_state", "test_state",
            "snapshot_after_train", "regularization_type", "solver_type", "delta",
            "test_initialization", "average_loss", "stepvalue", "clip_gradients", "iter_size",
            "snapshot_format", "rms_decay", "momentum2", "type", "eval_type", "ap_version",
            "show_per_class_result", "plateau_winsize", "layer_wise_reduce", "weights",
            "rampup_interval", "rampup_lr", "min_lr", "solver_data_type",
            "store_blobs_in_old_format", "momentum_policy", "max_momentum", "momentum_power",
            "larc", "larc_policy", "larc_eta", "weight_decay_policy", "weight_decay_power",
            "test_and_snapshot_last_epochs", "larc_turbo", "max_weight_decay",
            "disabled_update", "engine", "warmup_iter", "warmup_start_lr", "local_lr_auto",
            "local_gw_ratio", "test_offset", "stagelr", "stageiter", "lr_mult", "p_mult",
            "period", "ema_decay", "freeze", "monitor", "patience", "keep_best", "amsgrad",
            "clamp_weights_lower", "clamp_weights_upper", "clip_weights", "decoupled_wd_mult",
            "decoupled_wd_t0", "device", "log_avg_gradient_norm", "lookahead",
            "lookahead_alpha", "lookahead_steps", "lr_dropout", "per_parameter_reduce",
            "rectified", "test_before_snapshot", "stepearly", "richness", "device_id_more",
            "group_id", "device_ids", "random_seeds", "slave_device_id", "burn_in",
            "breadth_decay", "kernel_shape_decay", "block_group_decay", "prune_threshold",
            "max_threshold_factor", "use_polyak", "num_iter_polyak",
        ]
    ) -> None: ...

class SolverState(Message):
    DESCRIPTOR: Descriptor
    iter: int
    learned_net: str
    @property
    def history(self) -> Messages[BlobProto]: ...
    current_step: int
    minimum_loss: float
    iter_last_event: int
    def __init__(
        self, *,
            iter: int | None = ..., learned_net: str | None = ..., history: Iterable[BlobProto |
            _Fields] | None = ..., current_step: int | None = ..., minimum_loss: float | None =
            ..., iter_last_event: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "iter", "learned_net", "current_step", "minimum_loss", "iter_last_event",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "iter", "learned_net", "history", "current_step", "minimum_loss", "iter_last_event",
        ]
    ) -> None: ...

class MultiPhaseSolverParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def params_pair(self) -> Messages[SolverBatchSizePair]: ...
    def __init__(
        self, *,
            params_pair: Iterable[SolverBatchSizePair | _Fields] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "params_pair",
        ]
    ) -> None: ...

class SolverBatchSizePair(Message):
    DESCRIPTOR: Descriptor
    @property
    def solver_params(self) -> SolverParameter: ...
    batch_size: int
    def __init__(
        self, *,
            solver_params: SolverParameter | _Fields | None = ..., batch_size: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "solver_params", "batch_size",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "solver_params", "batch_size",
        ]
    ) -> None: ...

class ROIPoolingParameter(Message):
    DESCRIPTOR: Descriptor
    class PoolMethod(_Enum):
        MAX: ClassVar[ROIPoolingParameter.PoolMethod]
        AVE: ClassVar[ROIPoolingParameter.PoolMethod]
    MAX: ClassVar[ROIPoolingParameter.PoolMethod]
    AVE: ClassVar[ROIPoolingParameter.PoolMethod]
    pooled_h: int
    pooled_w: int
    spatial_scale: float
    @property
    def pooled_size(self) -> Values[int]: ...
    pad_ratio: float
    pool: ROIPoolingParameter.PoolMethod
    pooled_l: int
    spatial_scale_xy: float
    spatial_scale_z: float
    sampling_ratio: int
    @property
    def level_stride(self) -> Values[int]: ...
    canonical_size: int
    canonical_level: int
    def __init__(
        self, *,
            pooled_h: int | None = ..., pooled_w: int | None = ..., spatial_scale: float | None
            = ..., pooled_size: Iterable[int] | None = ..., pad_ratio: float | None = ..., pool:
            ROIPoolingParameter.PoolMethod | int | str | None = ..., pooled_l: int | None = ...,
            spatial_scale_xy: float | None = ..., spatial_scale_z: float | None = ...,
            sampling_ratio: int | None = ..., level_stride: Iterable[int] | None = ...,
            canonical_size: int | None = ..., canonical_level: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pooled_h", "pooled_w", "spatial_scale", "pad_ratio", "pool", "pooled_l",
            "spatial_scale_xy", "spatial_scale_z", "sampling_ratio", "canonical_size",
            "canonical_level",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pooled_h", "pooled_w", "spatial_scale", "pooled_size", "pad_ratio", "pool",
            "pooled_l", "spatial_scale_xy", "spatial_scale_z", "sampling_ratio", "level_stride",
            "canonical_size", "canonical_level",
        ]
    ) -> None: ...

class HyperColumnsParameter(Message):
    DESCRIPTOR: Descriptor
    is_train: bool
    sample_num: int
    skip_ratio: int
    invalid_condition: float
    def __init__(
        self, *,
            is_train: bool | None = ..., sample_num: int | None = ..., skip_ratio: int | None =
            ..., invalid_condition: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "is_train", "sample_num", "skip_ratio", "invalid_condition",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "is_train", "sample_num", "skip_ratio", "invalid_condition",
        ]
    ) -> None: ...

class PSROIPoolingParameter(Message):
    DESCRIPTOR: Descriptor
    spatial_scale: float
    output_dim: int
    group_size: int
    pad_ratio: float
    def __init__(
        self, *,
            spatial_scale: float | None = ..., output_dim: int | None = ..., group_size: int |
            None = ..., pad_ratio: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "spatial_scale", "output_dim", "group_size", "pad_ratio",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "spatial_scale", "output_dim", "group_size", "pad_ratio",
        ]
    ) -> None: ...

class BoxAnnotatorOHEMParameter(Message):
    DESCRIPTOR: Descriptor
    roi_per_img: int
    ignore_label: int
    def __init__(
        self, *,
            roi_per_img: int | None = ..., ignore_label: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "roi_per_img", "ignore_label",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "roi_per_img", "ignore_label",
        ]
    ) -> None: ...

class ReorgParameter(Message):
    DESCRIPTOR: Descriptor
    stride: int
    reverse: bool
    def __init__(
        self, *,
            stride: int | None = ..., reverse: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "stride", "reverse",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "stride", "reverse",
        ]
    ) -> None: ...

class RegionLossParameter(Message):
    DESCRIPTOR: Descriptor
    side: int
    num_class: int
    bias_match: int
    coords: int
    num: int
    softmax: int
    jitter: float
    rescore: int
    object_scale: float
    class_scale: float
    noobject_scale: float
    coord_scale: float
    absolute: int
    thresh: float
    random: int
    @property
    def biases(self) -> Values[float]: ...
    softmax_tree: str
    class_map: str
    num_object: int
    num_coord: int
    @property
    def anchor_x(self) -> Values[float]: ...
    @property
    def anchor_y(self) -> Values[float]: ...
    with_mask: bool
    with_kps: bool
    mask_w: int
    mask_h: int
    with_rcnn: bool
    def __init__(
        self, *,
            side: int | None = ..., num_class: int | None = ..., bias_match: int | None = ...,
            coords: int | None = ..., num: int | None = ..., softmax: int | None = ..., jitter:
            float | None = ..., rescore: int | None = ..., object_scale: float | None = ...,
            class_scale: float | None = ..., noobject_scale: float | None = ..., coord_scale:
            float | None = ..., absolute: int | None = ..., thresh: float | None = ..., random:
            int | None = ..., biases: Iterable[float] | None = ..., softmax_tree: str | None =
            ..., class_map: str | None = ..., num_object: int | None = ..., num_coord: int |
            None = ..., anchor_x: Iterable[float] | None = ..., anchor_y: Iterable[float] | None
            = ..., with_mask: bool | None = ..., with_kps: bool | None = ..., mask_w: int | None
            = ..., mask_h: int | None = ..., with_rcnn: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "side", "num_class", "bias_match", "coords", "num", "softmax", "jitter", "rescore",
            "object_scale", "class_scale", "noobject_scale", "coord_scale", "absolute",
            "thresh", "random", "softmax_tree", "class_map", "num_object", "num_coord",
            "with_mask", "with_kps", "mask_w", "mask_h", "with_rcnn",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "side", "num_class", "bias_match", "coords", "num", "softmax", "jitter", "rescore",
            "object_scale", "class_scale", "noobject_scale", "coord_scale", "absolute",
            "thresh", "random", "biases", "softmax_tree", "class_map", "num_object",
            "num_coord", "anchor_x", "anchor_y", "with_mask", "with_kps", "mask_w", "mask_h",
            "with_rcnn",
        ]
    ) -> None: ...

class EvalDetectionParameter(Message):
    DESCRIPTOR: Descriptor
    class ScoreType(_Enum):
        OBJ: ClassVar[EvalDetectionParameter.ScoreType]
        PROB: ClassVar[EvalDetectionParameter.ScoreType]
        MULTIPLY: ClassVar[EvalDetectionParameter.ScoreType]
    OBJ: ClassVar[EvalDetectionParameter.ScoreType]
    PROB: ClassVar[EvalDetectionParameter.ScoreType]
    MULTIPLY: ClassVar[EvalDetectionParameter.ScoreType]
    side: int
    num_class: int
    num_object: int
    threshold: float
    sqrt: bool
    constriant: bool
    score_type: EvalDetectionParameter.ScoreType
    nms: float
    @property
    def biases(self) -> Values[float]: ...
    def __init__(
        self, *,
            side: int | None = ..., num_class: int | None = ..., num_object: int | None = ...,
            threshold: float | None = ..., sqrt: bool | None = ..., constriant: bool | None =
            ..., score_type: EvalDetectionParameter.ScoreType | int | str | None = ..., nms:
            float | None = ..., biases: Iterable[float] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "side", "num_class", "num_object", "threshold", "sqrt", "constriant", "score_type",
            "nms",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "side", "num_class", "num_object", "threshold", "sqrt", "constriant", "score_type",
            "nms", "biases",
        ]
    ) -> None: ...

class SpatialDropoutParameter(Message):
    DESCRIPTOR: Descriptor
    dropout_ratio: float
    dropout_scale: float
    def __init__(
        self, *,
            dropout_ratio: float | None = ..., dropout_scale: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "dropout_ratio", "dropout_scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "dropout_ratio", "dropout_scale",
        ]
    ) -> None: ...

class DetectNetGroundTruthParameter(Message):
    DESCRIPTOR: Descriptor
    class CoverageType(_Enum):
        RECTANGULAR: ClassVar[DetectNetGroundTruthParameter.CoverageType]
    RECTANGULAR: ClassVar[DetectNetGroundTruthParameter.CoverageType]
    class GridboxType(_Enum):
        GRIDBOX_MAX: ClassVar[DetectNetGroundTruthParameter.GridboxType]
        GRIDBOX_MIN: ClassVar[DetectNetGroundTruthParameter.GridboxType]
    GRIDBOX_MAX: ClassVar[DetectNetGroundTruthParameter.GridboxType]
    GRIDBOX_MIN: ClassVar[DetectNetGroundTruthParameter.GridboxType]
    class ClassMapping(Message):
        DESCRIPTOR: Descriptor
        src: int
        dst: int
        def __init__(
            self, *,
                src: int | None = ..., dst: int | None = ...,
        ) -> None: ...
        def HasField(
            self, field_name: Literal[
                "src", "dst",
            ]
        ) -> bool: ...
        def ClearField(
            self, field_name: Literal[
                "src", "dst",
            ]
        ) -> None: ...
    stride: int
    scale_cvg: float
    gridbox_type: DetectNetGroundTruthParameter.GridboxType
    max_cvg_len: int
    min_cvg_len: int
    coverage_type: DetectNetGroundTruthParameter.CoverageType
    image_size_x: int
    image_size_y: int
    obj_norm: bool
    crop_bboxes: bool
    @property
    def object_class(self) -> Messages[DetectNetGroundTruthParameter.ClassMapping]: ...
    def __init__(
        self, *,
            stride: int | None = ..., scale_cvg: float | None = ..., gridbox_type:
            DetectNetGroundTruthParameter.GridboxType | int | str | None = ..., max_cvg_len: int
            | None = ..., min_cvg_len: int | None = ..., coverage_type:
            DetectNetGroundTruthParameter.CoverageType | int | str | None = ..., image_size_x:
            int | None = ..., image_size_y: int | None = ..., obj_norm: bool | None = ...,
            crop_bboxes: bool | None = ..., object_class:
            Iterable[DetectNetGroundTruthParameter.ClassMapping | _Fields] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "stride", "scale_cvg", "gridbox_type", "max_cvg_len", "min_cvg_len",
            "coverage_type", "image_size_x", "image_size_y", "obj_norm", "crop_bboxes",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "stride", "scale_cvg", "gridbox_type", "max_cvg_len", "min_cvg_len",
            "coverage_type", "image_size_x", "image_size_y", "obj_norm", "crop_bboxes",
            "object_class",
        ]
    ) -> None: ...

class DetectNetAugmentationParameter(Message):
    DESCRIPTOR: Descriptor
    crop_prob: float
    shift_x: int
    shift_y: int
    scale_prob: float
    scale_min: float
    scale_max: float
    flip_prob: float
    rotation_prob: float
    max_rotate_degree: float
    hue_rotation_prob: float
    hue_rotation: float
    desaturation_prob: float
    desaturation_max: float
    @property
    def resize_param(self) -> ResizeParameter: ...
    @property
    def noise_param(self) -> NoiseParameter: ...
    @property
    def emit_constraint(self) -> EmitConstraint: ...
    @property
    def distort_param(self) -> DistortionParameter: ...
    @property
    def expand_param(self) -> ExpansionParameter: ...
    def __init__(
        self, *,
            crop_prob: float | None = ..., shift_x: int | None = ..., shift_y: int | None = ...,
            scale_prob: float | None = ..., scale_min: float | None = ..., scale_max: float |
            None = ..., flip_prob: float | None = ..., rotation_prob: float | None = ...,
            max_rotate_degree: float | None = ..., hue_rotation_prob: float | None = ...,
            hue_rotation: float | None = ..., desaturation_prob: float | None = ...,
            desaturation_max: float | None = ..., resize_param: ResizeParameter | _Fields | None
            = ..., noise_param: NoiseParameter | _Fields | None = ..., emit_constraint:
            EmitConstraint | _Fields | None = ..., distort_param: DistortionParameter | _Fields
            | None = ..., expand_param: ExpansionParameter | _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "crop_prob", "shift_x", "shift_y", "scale_prob", "scale_min", "scale_max",
            "flip_prob", "rotation_prob", "max_rotate_degree", "hue_rotation_prob",
            "hue_rotation", "desaturation_prob", "desaturation_max", "resize_param",
            "noise_param", "emit_constraint", "distort_param", "expand_param",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "crop_prob", "shift_x", "shift_y", "scale_prob", "scale_min", "scale_max",
            "flip_prob", "rotation_prob", "max_rotate_degree", "hue_rotation_prob",
            "hue_rotation", "desaturation_prob", "desaturation_max", "resize_param",
            "noise_param", "emit_constraint", "distort_param", "expand_param",
        ]
    ) -> None: ...

class QuantizationParameter(Message):
    DESCRIPTOR: Descriptor
    class Precision(_Enum):
        DYNAMIC_FIXED_POINT: ClassVar[QuantizationParameter.Precision]
        MINIFLOAT: ClassVar[QuantizationParameter.Precision]
        INTEGER_POWER_OF_2_WEIGHTS: ClassVar[QuantizationParameter.Precision]
    DYNAMIC_FIXED_POINT: ClassVar[QuantizationParameter.Precision]
    MINIFLOAT: ClassVar[QuantizationParameter.Precision]
    INTEGER_POWER_OF_2_WEIGHTS: ClassVar[QuantizationParameter.Precision]
    class Rounding(_Enum):
        NEAREST: ClassVar[QuantizationParameter.Rounding]
        STOCHASTIC: ClassVar[QuantizationParameter.Rounding]
    NEAREST: ClassVar[QuantizationParameter.Rounding]
    STOCHASTIC: ClassVar[QuantizationParameter.Rounding]
    precision: QuantizationParameter.Precision
    rounding_scheme: QuantizationParameter.Rounding
    bw_layer_in: int
    bw_layer_out: int
    bw_params: int
    @property
    def fl_layer_in(self) -> Values[int]: ...
    @property
    def fl_layer_out(self) -> Values[int]: ...
    @property
    def fl_params(self) -> Values[int]: ...
    mant_bits: int
    exp_bits: int
    exp_min: int
    exp_max: int
    @property
    def scale_in(self) -> Values[float]: ...
    @property
    def scale_out(self) -> Values[float]: ...
    @property
    def scale_params(self) -> Values[float]: ...
    is_negative_input: bool
    force_u8_input: bool
    threshold: float
    def __init__(
        self, *,
            precision: QuantizationParameter.Precision | int | str | None = ...,
            rounding_scheme: QuantizationParameter.Rounding | int | str | None = ...,
            bw_layer_in: int | None = ..., bw_layer_out: int | None = ..., bw_params: int | None
            = ..., fl_layer_in: Iterable[int] | None = ..., fl_layer_out: Iterable[int] | None =
            ..., fl_params: Iterable[int] | None = ..., mant_bits: int | None = ..., exp_bits:
            int | None = ..., exp_min: int | None = ..., exp_max: int | None = ..., scale_in:
            Iterable[float] | None = ..., scale_out: Iterable[float] | None = ..., scale_params:
            Iterable[float] | None = ..., is_negative_input: bool | None = ..., force_u8_input:
            bool | None = ..., threshold: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "precision", "rounding_scheme", "bw_layer_in", "bw_layer_out", "bw_params",
            "mant_bits", "exp_bits", "exp_min", "exp_max", "is_negative_input",
            "force_u8_input", "threshold",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "precision", "rounding_scheme", "bw_layer_in", "bw_layer_out", "bw_params",
            "fl_layer_in", "fl_layer_out", "fl_params", "mant_bits", "exp_bits", "exp_min",
            "exp_max", "scale_in", "scale_out", "scale_params", "is_negative_input",
            "force_u8_input", "threshold",
        ]
    ) -> None: ...

class CompileNetState(Message):
    DESCRIPTOR: Descriptor
    is_init: bool
    bn_scale_remove: bool
    bn_scale_merge: bool
    @property
    def kept_bn_layers(self) -> Values[str]: ...
    @property
    def negative_conv_names(self) -> Values[str]: ...
    @property
    def negative_conv_indexes(self) -> Values[int]: ...
    def __init__(
        self, *,
            is_init: bool | None = ..., bn_scale_remove: bool | None = ..., bn_scale_merge: bool
            | None = ..., kept_bn_layers: Iterable[str] | None = ..., negative_conv_names:
            Iterable[str] | None = ..., negative_conv_indexes: Iterable[int] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "is_init", "bn_scale_remove", "bn_scale_merge",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "is_init", "bn_scale_remove", "bn_scale_merge", "kept_bn_layers",
            "negative_conv_names", "negative_conv_indexes",
        ]
    ) -> None: ...

class MultinodeParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def model_parallel(self) -> Messages[MnModelParallelParameter]: ...
    @property
    def compress_layer_type_list(self) -> MnParamGradCompressLayerTypeList: ...
    def __init__(
        self, *,
            model_parallel: Iterable[MnModelParallelParameter | _Fields] | None = ...,
            compress_layer_type_list: MnParamGradCompressLayerTypeList | _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "compress_layer_type_list",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "model_parallel", "compress_layer_type_list",
        ]
    ) -> None: ...

class MnModelParallelParameter(Message):
    DESCRIPTOR: Descriptor
    layer_from: str
    layer_to: str
    num_nodes: int
    model_parts: int
    def __init__(
        self, *,
            layer_from: str | None = ..., layer_to: str | None = ..., num_nodes: int | None =
            ..., model_parts: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "layer_from", "layer_to", "num_nodes", "model_parts",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "layer_from", "layer_to", "num_nodes", "model_parts",
        ]
    ) -> None: ...

class MnParamGradCompressLayerTypeList(Message):
    DESCRIPTOR: Descriptor
    @property
    def layer_type(self) -> Values[str]: ...
    def __init__(
        self, *,
            layer_type: Iterable[str] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "layer_type",
        ]
    ) -> None: ...

class MultinodeLayerParameter(Message):
    DESCRIPTOR: Descriptor
    num_nodes: int
    model_parts: int
    def __init__(
        self, *,
            num_nodes: int | None = ..., model_parts: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_nodes", "model_parts",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_nodes", "model_parts",
        ]
    ) -> None: ...

class MnActivationParameter(Message):
    DESCRIPTOR: Descriptor
    num_nodes_in: int
    num_nodes_out: int
    model_parts_in: int
    model_parts_out: int
    need_reduce: bool
    def __init__(
        self, *,
            num_nodes_in: int | None = ..., num_nodes_out: int | None = ..., model_parts_in: int
            | None = ..., model_parts_out: int | None = ..., need_reduce: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_nodes_in", "num_nodes_out", "model_parts_in", "model_parts_out", "need_reduce",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_nodes_in", "num_nodes_out", "model_parts_in", "model_parts_out", "need_reduce",
        ]
    ) -> None: ...

class MnParamGradCompressParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def param_grad_compress_enable(self) -> Values[bool]: ...
    def __init__(
        self, *,
            param_grad_compress_enable: Iterable[bool] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "param_grad_compress_enable",
        ]
    ) -> None: ...

class TRTParameter(Message):
    DESCRIPTOR: Descriptor
    class TRTMode(_Enum):
        FP32: ClassVar[TRTParameter.TRTMode]
        FP16: ClassVar[TRTParameter.TRTMode]
        INT8: ClassVar[TRTParameter.TRTMode]
    FP32: ClassVar[TRTParameter.TRTMode]
    FP16: ClassVar[TRTParameter.TRTMode]
    INT8: ClassVar[TRTParameter.TRTMode]
    trt_mode: TRTParameter.TRTMode
    top_k: int
    deploy: str
    model: str
    @property
    def deploy_outputs(self) -> Values[str]: ...
    calibrator: str
    def __init__(
        self, *,
            trt_mode: TRTParameter.TRTMode | int | str | None = ..., top_k: int | None = ...,
            deploy: str | None = ..., model: str | None = ..., deploy_outputs: Iterable[str] |
            None = ..., calibrator: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "trt_mode", "top_k", "deploy", "model", "calibrator",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "trt_mode", "top_k", "deploy", "model", "deploy_outputs", "calibrator",
        ]
    ) -> None: ...

class C2TensorProto(Message):
    DESCRIPTOR: Descriptor
    class DataType(_Enum):
        UNDEFINED: ClassVar[C2TensorProto.DataType]
        FLOAT: ClassVar[C2TensorProto.DataType]
        INT32: ClassVar[C2TensorProto.DataType]
        BYTE: ClassVar[C2TensorProto.DataType]
        STRING: ClassVar[C2TensorProto.DataType]
        BOOL: ClassVar[C2TensorProto.DataType]
        UINT8: ClassVar[C2TensorProto.DataType]
        INT8: ClassVar[C2TensorProto.DataType]
        UINT16: ClassVar[C2TensorProto.DataType]
        INT16: ClassVar[C2TensorProto.DataType]
        INT64: ClassVar[C2TensorProto.DataType]
        FLOAT16: ClassVar[C2TensorProto.DataType]
        DOUBLE: ClassVar[C2TensorProto.DataType]
    UNDEFINED: ClassVar[C2TensorProto.DataType]
    FLOAT: ClassVar[C2TensorProto.DataType]
    INT32: ClassVar[C2TensorProto.DataType]
    BYTE: ClassVar[C2TensorProto.DataType]
    STRING: ClassVar[C2TensorProto.DataType]
    BOOL: ClassVar[C2TensorProto.DataType]
    UINT8: ClassVar[C2TensorProto.DataType]
    INT8: ClassVar[C2TensorProto.DataType]
    UINT16: ClassVar[C2TensorProto.DataType]
    INT16: ClassVar[C2TensorProto.DataType]
    INT64: ClassVar[C2TensorProto.DataType]
    FLOAT16: ClassVar[C2TensorProto.DataType]
    DOUBLE: ClassVar[C2TensorProto.DataType]
    @property
    def dims(self) -> Values[int]: ...
    data_type: C2TensorProto.DataType
    @property
    def float_data(self) -> Values[float]: ...
    @property
    def int32_data(self) -> Values[int]: ...
    byte_data: bytes
    @property
    def string_data(self) -> Values[bytes]: ...
    name: str
    @property
    def double_data(self) -> Values[float]: ...
    @property
    def int64_data(self) -> Values[int]: ...
    def __init__(
        self, *,
            dims: Iterable[int] | None = ..., data_type: C2TensorProto.DataType | int | str |
            None = ..., float_data: Iterable[float] | None = ..., int32_data: Iterable[int] |
            None = ..., byte_data: bytes | str | None = ..., string_data: Iterable[bytes | str]
            | None = ..., name: str | None = ..., double_data: Iterable[float] | None = ...,
            int64_data: Iterable[int] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "data_type", "byte_data", "name",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "dims", "data_type", "float_data", "int32_data", "byte_data", "string_data", "name",
            "double_data", "int64_data",
        ]
    ) -> None: ...

class C2TensorProtos(Message):
    DESCRIPTOR: Descriptor
    @property
    def protos(self) -> Messages[C2TensorProto]: ...
    def __init__(
        self, *,
            protos: Iterable[C2TensorProto | _Fields] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "protos",
        ]
    ) -> None: ...

class BNParameter(Message):
    DESCRIPTOR: Descriptor
    class BNMode(_Enum):
        LEARN: ClassVar[BNParameter.BNMode]
        INFERENCE: ClassVar[BNParameter.BNMode]
    LEARN: ClassVar[BNParameter.BNMode]
    INFERENCE: ClassVar[BNParameter.BNMode]
    class Engine(_Enum):
        DEFAULT: ClassVar[BNParameter.Engine]
        CAFFE: ClassVar[BNParameter.Engine]
        CUDNN: ClassVar[BNParameter.Engine]
    DEFAULT: ClassVar[BNParameter.Engine]
    CAFFE: ClassVar[BNParameter.Engine]
    CUDNN: ClassVar[BNParameter.Engine]
    @property
    def scale_filler(self) -> FillerParameter: ...
    @property
    def shift_filler(self) -> FillerParameter: ...
    bn_mode: BNParameter.BNMode
    @property
    def slope_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    momentum: float
    eps: float
    frozen: bool
    engine: BNParameter.Engine
    var_eps: float
    moving_average: bool
    decay: float
    across_spatial: bool
    axis: float
    icnet: bool
    decay_exma: float
    def __init__(
        self, *,
            scale_filler: FillerParameter | _Fields | None = ..., shift_filler: FillerParameter
            | _Fields | None = ..., bn_mode: BNParameter.BNMode | int | str | None = ...,
            slope_filler: FillerParameter | _Fields | None = ..., bias_filler: FillerParameter |
            _Fields | None = ..., momentum: float | None = ..., eps: float | None = ..., frozen:
            bool | None = ..., engine: BNParameter.Engine | int | str | None = ..., var_eps:
            float | None = ..., moving_average: bool | None = ..., decay: float | None = ...,
            across_spatial: bool | None = ..., axis: float | None = ..., icnet: bool | None =
            ..., decay_exma: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "scale_filler", "shift_filler", "bn_mode", "slope_filler", "bias_filler",
            "momentum", "eps", "frozen", "engine", "var_eps", "moving_average", "decay",
            "across_spatial", "axis", "icnet", "decay_exma",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "scale_filler", "shift_filler", "bn_mode", "slope_filler", "bias_filler",
            "momentum", "eps", "frozen", "engine", "var_eps", "moving_average", "decay",
            "across_spatial", "axis", "icnet", "decay_exma",
        ]
    ) -> None: ...

class InterpParameter(Message):
    DESCRIPTOR: Descriptor
    class Mode(_Enum):
        LINEAR: ClassVar[InterpParameter.Mode]
        NEAREST: ClassVar[InterpParameter.Mode]
    LINEAR: ClassVar[InterpParameter.Mode]
    NEAREST: ClassVar[InterpParameter.Mode]
    height: int
    width: int
    zoom_factor: int
    shrink_factor: int
    pad_beg: int
    pad_end: int
    mode: InterpParameter.Mode
    use_blob_size: bool
    full_zoom_factor: int
    def __init__(
        self, *,
            height: int | None = ..., width: int | None = ..., zoom_factor: int | None = ...,
            shrink_factor: int | None = ..., pad_beg: int | None = ..., pad_end: int | None =
            ..., mode: InterpParameter.Mode | int | str | None = ..., use_blob_size: bool | None
            = ..., full_zoom_factor: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "height", "width", "zoom_factor", "shrink_factor", "pad_beg", "pad_end", "mode",
            "use_blob_size", "full_zoom_factor",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "height", "width", "zoom_factor", "shrink_factor", "pad_beg", "pad_end", "mode",
            "use_blob_size", "full_zoom_factor",
        ]
    ) -> None: ...

class UpsampleParameter(Message):
    DESCRIPTOR: Descriptor
    scale: int
    scale_h: int
    scale_w: int
    pad_out_h: bool
    pad_out_w: bool
    upsample_h: int
    upsample_w: int
    def __init__(
        self, *,
            scale: int | None = ..., scale_h: int | None = ..., scale_w: int | None = ...,
            pad_out_h: bool | None = ..., pad_out_w: bool | None = ..., upsample_h: int | None =
            ..., upsample_w: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "scale", "scale_h", "scale_w", "pad_out_h", "pad_out_w", "upsample_h", "upsample_w",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "scale", "scale_h", "scale_w", "pad_out_h", "pad_out_w", "upsample_h", "upsample_w",
        ]
    ) -> None: ...

class ShuffleChannelParameter(Message):
    DESCRIPTOR: Descriptor
    group: int
    def __init__(
        self, *,
            group: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "group",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "group",
        ]
    ) -> None: ...

class SeLuParameter(Message):
    DESCRIPTOR: Descriptor
    alpha: float
    def __init__(
        self, *,
            alpha: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "alpha",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "alpha",
        ]
    ) -> None: ...

class SeLuDropoutParameter(Message):
    DESCRIPTOR: Descriptor
    dropout_ratio: float
    alpha: float
    def __init__(
        self, *,
            dropout_ratio: float | None = ..., alpha: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "dropout_ratio", "alpha",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "dropout_ratio", "alpha",
        ]
    ) -> None: ...

class FlipParameter(Message):
    DESCRIPTOR: Descriptor
    flip_width: bool
    flip_height: bool
    def __init__(
        self, *,
            flip_width: bool | None = ..., flip_height: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "flip_width", "flip_height",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "flip_width", "flip_height",
        ]
    ) -> None: ...

class InsanityParameter(Message):
    DESCRIPTOR: Descriptor
    lb: float
    ub: float
    def __init__(
        self, *,
            lb: float | None = ..., ub: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "lb", "ub",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "lb", "ub",
        ]
    ) -> None: ...

class EltwiseAffineParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def slope_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    channel_shared: bool
    def __init__(
        self, *,
            slope_filler: FillerParameter | _Fields | None = ..., bias_filler: FillerParameter |
            _Fields | None = ..., channel_shared: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "slope_filler", "bias_filler", "channel_shared",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "slope_filler", "bias_filler", "channel_shared",
        ]
    ) -> None: ...

class UnpoolingParameter(Message):
    DESCRIPTOR: Descriptor
    class UnpoolMethod(_Enum):
        MAX: ClassVar[UnpoolingParameter.UnpoolMethod]
        AVE: ClassVar[UnpoolingParameter.UnpoolMethod]
        TILE: ClassVar[UnpoolingParameter.UnpoolMethod]
        FIXED: ClassVar[UnpoolingParameter.UnpoolMethod]
        DIV: ClassVar[UnpoolingParameter.UnpoolMethod]
        REP: ClassVar[UnpoolingParameter.UnpoolMethod]
    MAX: ClassVar[UnpoolingParameter.UnpoolMethod]
    AVE: ClassVar[UnpoolingParameter.UnpoolMethod]
    TILE: ClassVar[UnpoolingParameter.UnpoolMethod]
    FIXED: ClassVar[UnpoolingParameter.UnpoolMethod]
    DIV: ClassVar[UnpoolingParameter.UnpoolMethod]
    REP: ClassVar[UnpoolingParameter.UnpoolMethod]
    class Engine(_Enum):
        DEFAULT: ClassVar[UnpoolingParameter.Engine]
        CAFFE: ClassVar[UnpoolingParameter.Engine]
    DEFAULT: ClassVar[UnpoolingParameter.Engine]
    CAFFE: ClassVar[UnpoolingParameter.Engine]
    kernel_c: int
    stride_c: int
    unpool: UnpoolingParameter.UnpoolMethod
    kernel_size: int
    stride: int
    pad: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    pad_h: int
    pad_w: int
    engine: UnpoolingParameter.Engine
    unpool_size: int
    unpool_h: int
    unpool_w: int
    out_kernel_size: int
    out_kernel_h: int
    out_kernel_w: int
    out_stride: int
    out_stride_h: int
    out_stride_w: int
    out_pad: int
    out_pad_h: int
    out_pad_w: int
    def __init__(
        self, *,
            kernel_c: int | None = ..., stride_c: int | None = ..., unpool:
            UnpoolingParameter.UnpoolMethod | int | str | None = ..., kernel_size: int | None =
            ..., stride: int | None = ..., pad: int | None = ..., kernel_h: int | None = ...,
            kernel_w: int | None = ..., stride_h: int | None = ..., stride_w: int | None = ...,
            pad_h: int | None = ..., pad_w: int | None = ..., engine: UnpoolingParameter.Engine
            | int | str | None = ..., unpool_size: int | None = ..., unpool_h: int | None = ...,
            unpool_w: int | None = ..., out_kernel_size: int | None = ..., out_kernel_h: int |
            None = ..., out_kernel_w: int | None = ..., out_stride: int | None = ...,
            out_stride_h: int | None = ..., out_stride_w: int | None = ..., out_pad: int | None
            = ..., out_pad_h: int | None = ..., out_pad_w: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "kernel_c", "stride_c", "unpool", "kernel_size", "stride", "pad", "kernel_h",
            "kernel_w", "stride_h", "stride_w", "pad_h", "pad_w", "engine", "unpool_size",
            "unpool_h", "unpool_w", "out_kernel_size", "out_kernel_h", "out_kernel_w",
            "out_stride", "out_stride_h", "out_stride_w", "out_pad", "out_pad_h", "out_pad_w",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "kernel_c", "stride_c", "unpool", "kernel_size", "stride", "pad", "kernel_h",
            "kernel_w", "stride_h", "stride_w", "pad_h", "pad_w", "engine", "unpool_size",
            "unpool_h", "unpool_w", "out_kernel_size", "out_kernel_h", "out_kernel_w",
            "out_stride", "out_stride_h", "out_stride_w", "out_pad", "out_pad_h", "out_pad_w",
        ]
    ) -> None: ...

class MergeCropParameter(Message):
    DESCRIPTOR: Descriptor
    class MergeOp(_Enum):
        STACK: ClassVar[MergeCropParameter.MergeOp]
        ADD: ClassVar[MergeCropParameter.MergeOp]
    STACK: ClassVar[MergeCropParameter.MergeOp]
    ADD: ClassVar[MergeCropParameter.MergeOp]
    operation: MergeCropParameter.MergeOp
    @property
    def forward(self) -> Values[bool]: ...
    @property
    def backward(self) -> Values[bool]: ...
    def __init__(
        self, *,
            operation: MergeCropParameter.MergeOp | int | str | None = ..., forward:
            Iterable[bool] | None = ..., backward: Iterable[bool] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "operation",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "operation", "forward", "backward",
        ]
    ) -> None: ...

class DetectionDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    scale: float
    batch_size: int
    coord_num: int
    @property
    def stride(self) -> Values[int]: ...
    @property
    def field_h(self) -> Values[int]: ...
    @property
    def field_w(self) -> Values[int]: ...
    fg_threshold: float
    ignore_fg_threshold: float
    resize_width: int
    resize_height: int
    crop_width: int
    crop_height: int
    min_scale: float
    max_scale: float
    multiscale_prob: float
    min_whaspect: float
    max_whaspect: float
    short_size: int
    long_size: int
    min_gt_width: float
    min_gt_height: float
    shuffle: str
    output_gt_boxes: bool
    cache_images: bool
    root_folder: str
    @property
    def distort_param(self) -> DistortionParameter: ...
    @property
    def resize_param(self) -> ResizeParameter: ...
    resize_ratio: float
    crop_short_size: int
    crop_long_size: int
    low_scale_ratio: float
    high_scale_ratio: float
    anchor_ignore_margin_ratio: float
    anchor_ignore_iou_thr: float
    pickup_iou_thr: float
    mix_group_size: int
    @property
    def template_ratio(self) -> Values[float]: ...
    meta_source: str
    is_color: bool
    max_bboxes: int
    net_height: int
    net_width: int
    @property
    def augmentation_param(self) -> BoxAugmentationParameter: ...
    def __init__(
        self, *,
            source: str | None = ..., scale: float | None = ..., batch_size: int | None = ...,
            coord_num: int | None = ..., stride: Iterable[int] | None = ..., field_h:
            Iterable[int] | None = ..., field_w: Iterable[int] | None = ..., fg_threshold: float
            | None = ..., ignore_fg_threshold: float | None = ..., resize_width: int | None =
            ..., resize_height: int | None = ..., crop_width: int | None = ..., crop_height: int
            | None = ..., min_scale: float | None = ..., max_scale: float | None = ...,
            multiscale_prob: float | None = ..., min_whaspect: float | None = ..., max_whaspect:
            float | None = ..., short_size: int | None = ..., long_size: int | None = ...,
            min_gt_width: float | None = ..., min_gt_height: float | None = ..., shuffle: str |
            None = ..., output_gt_boxes: bool | None = ..., cache_images: bool | None = ...,
            root_folder: str | None = ..., distort_param: DistortionParameter | _Fields | None =
            ..., resize_param: ResizeParameter | _Fields | None = ..., resize_ratio: float |
            None = ..., crop_short_size: int | None = ..., crop_long_size: int | None = ...,
            low_scale_ratio: float | None = ..., high_scale_ratio: float | None = ...,
            anchor_ignore_margin_ratio: float | None = ..., anchor_ignore_iou_thr: float | None
            = ..., pickup_iou_thr: float | None = ..., mix_group_size: int | None = ...,
            template_ratio: Iterable[float] | None = ..., meta_source: str | None = ...,
            is_color: bool | None = ..., max_bboxes: int | None = ..., net_height: int | None =
            ..., net_width: int | None = ..., augmentation_param: BoxAugmentationParameter |
            _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "scale", "batch_size", "coord_num", "fg_threshold", "ignore_fg_threshold",
            "resize_width", "resize_height", "crop_width", "crop_height", "min_scale",
            "max_scale", "multiscale_prob", "min_whaspect", "max_whaspect", "short_size",
            "long_size", "min_gt_width", "min_gt_height", "shuffle", "output_gt_boxes",
            "cache_images", "root_folder", "distort_param", "resize_param", "resize_ratio",
            "crop_short_size", "crop_long_size", "low_scale_ratio", "high_scale_ratio",
            "anchor_ignore_margin_ratio", "anchor_ignore_iou_thr", "pickup_iou_thr",
            "mix_group_size", "meta_source", "is_color", "max_bboxes", "net_height",
            "net_width", "augmentation_param",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "scale", "batch_size", "coord_num", "stride", "field_h", "field_w",
            "fg_threshold", "ignore_fg_threshold", "resize_width", "resize_height",
            "crop_width", "crop_height", "min_scale", "max_scale", "multiscale_prob",
            "min_whaspect", "max_whaspect", "short_size", "long_size", "min_gt_width",
            "min_gt_height", "shuffle", "output_gt_boxes", "cache_images", "root_folder",
            "distort_param", "resize_param", "resize_ratio", "crop_short_size",
            "crop_long_size", "low_scale_ratio", "high_scale_ratio",
            "anchor_ignore_margin_ratio", "anchor_ignore_iou_thr", "pickup_iou_thr",
            "mix_group_size", "template_ratio", "meta_source", "is_color", "max_bboxes",
            "net_height", "net_width", "augmentation_param",
        ]
    ) -> None: ...

class BoxAugmentationParameter(Message):
    DESCRIPTOR: Descriptor
    min_scale: float
    max_scale: float
    mirror: bool
    jitter: float
    distort: bool
    hue: float
    sat: float
    val: float
    def __init__(
        self, *,
            min_scale: float | None = ..., max_scale: float | None = ..., mirror: bool | None =
            ..., jitter: float | None = ..., distort: bool | None = ..., hue: float | None =
            ..., sat: float | None = ..., val: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "min_scale", "max_scale", "mirror", "jitter", "distort", "hue", "sat", "val",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "min_scale", "max_scale", "mirror", "jitter", "distort", "hue", "sat", "val",
        ]
    ) -> None: ...

class AnchorSizeParameter(Message):
    DESCRIPTOR: Descriptor
    width: float
    height: float
    def __init__(
        self, *,
            width: float | None = ..., height: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "width", "height",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "width", "height",
        ]
    ) -> None: ...

class YoloDetectionParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def anchors(self) -> Messages[AnchorSizeParameter]: ...
    classes: int
    def __init__(
        self, *,
            anchors: Iterable[AnchorSizeParameter | _Fields] | None = ..., classes: int | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "classes",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "anchors", "classes",
        ]
    ) -> None: ...

class YoloLossParameter(Message):
    DESCRIPTOR: Descriptor
    class YoloLossType(_Enum):
        L2Loss: ClassVar[YoloLossParameter.YoloLossType]
        SoftmaxLoss: ClassVar[YoloLossParameter.YoloLossType]
    L2Loss: ClassVar[YoloLossParameter.YoloLossType]
    SoftmaxLoss: ClassVar[YoloLossParameter.YoloLossType]
    @property
    def detection_param(self) -> YoloDetectionParameter: ...
    confidence_loss_type: YoloLossParameter.YoloLossType
    position_loss_type: YoloLossParameter.YoloLossType
    class_loss_type: YoloLossParameter.YoloLossType
    ignore_threshold: float
    object_scale: float
    noobject_scale: float
    coord_scale: float
    class_scale: float
    def __init__(
        self, *,
            detection_param: YoloDetectionParameter | _Fields | None = ...,
            confidence_loss_type: YoloLossParameter.YoloLossType | int | str | None = ...,
            position_loss_type: YoloLossParameter.YoloLossType | int | str | None = ...,
            class_loss_type: YoloLossParameter.YoloLossType | int | str | None = ...,
            ignore_threshold: float | None = ..., object_scale: float | None = ...,
            noobject_scale: float | None = ..., coord_scale: float | None = ..., class_scale:
            float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "detection_param", "confidence_loss_type", "position_loss_type", "class_loss_type",
            "ignore_threshold", "object_scale", "noobject_scale", "coord_scale", "class_scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "detection_param", "confidence_loss_type", "position_loss_type", "class_loss_type",
            "ignore_threshold", "object_scale", "noobject_scale", "coord_scale", "class_scale",
        ]
    ) -> None: ...

class YoloDetectionLossParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def loss_param(self) -> Messages[YoloLossParameter]: ...
    def __init__(
        self, *,
            loss_param: Iterable[YoloLossParameter | _Fields] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "loss_param",
        ]
    ) -> None: ...

class YoloAccuracyParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def detection_param(self) -> Messages[YoloDetectionParameter]: ...
    def __init__(
        self, *,
            detection_param: Iterable[YoloDetectionParameter | _Fields] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "detection_param",
        ]
    ) -> None: ...

class ImageGtDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    scale: float
    mean_file: str
    batch_size: int
    mirror: bool
    @property
    def downsample_rate(self) -> Values[int]: ...
    coord_num: int
    @property
    def field_h(self) -> Values[int]: ...
    @property
    def field_w(self) -> Values[int]: ...
    fg_threshold: float
    resize_width: int
    resize_height: int
    crop_width: int
    crop_height: int
    do_multiple_scale: bool
    min_scale: int
    max_scale: int
    min_whaspect: float
    max_whaspect: float
    min_gt_width: float
    min_gt_height: float
    shuffle: bool
    output_gt_boxes: bool
    fg_img_multiple: int
    cache_images: bool
    root_folder: str
    def __init__(
        self, *,
            source: str | None = ..., scale: float | None = ..., mean_file: str | None = ...,
            batch_size: int | None = ..., mirror: bool | None = ..., downsample_rate:
            Iterable[int] | None = ..., coord_num: int | None = ..., field_h: Iterable[int] |
            None = ..., field_w: Iterable[int] | None = ..., fg_threshold: float | None = ...,
            resize_width: int | None = ..., resize_height: int | None = ..., crop_width: int |
            None = ..., crop_height: int | None = ..., do_multiple_scale: bool | None = ...,
            min_scale: int | None = ..., max_scale: int | None = ..., min_whaspect: float | None
            = ..., max_whaspect: float | None = ..., min_gt_width: float | None = ...,
            min_gt_height: float | None = ..., shuffle: bool | None = ..., output_gt_boxes: bool
            | None = ..., fg_img_multiple: int | None = ..., cache_images: bool | None = ...,
            root_folder: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "mirror", "coord_num", "fg_threshold",
            "resize_width", "resize_height", "crop_width", "crop_height", "do_multiple_scale",
            "min_scale", "max_scale", "min_whaspect", "max_whaspect", "min_gt_width",
            "min_gt_height", "shuffle", "output_gt_boxes", "fg_img_multiple", "cache_images",
            "root_folder",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "mirror", "downsample_rate",
            "coord_num", "field_h", "field_w", "fg_threshold", "resize_width", "resize_height",
            "crop_width", "crop_height", "do_multiple_scale", "min_scale", "max_scale",
            "min_whaspect", "max_whaspect", "min_gt_width", "min_gt_height", "shuffle",
            "output_gt_boxes", "fg_img_multiple", "cache_images", "root_folder",
        ]
    ) -> None: ...

class DetectionLossParameter(Message):
    DESCRIPTOR: Descriptor
    cls_num: int
    coord_num: int
    field_h: int
    field_w: int
    downsample_rate: int
    bb_smooth: bool
    field_whr: float
    field_xyr: float
    bg_threshold: float
    bg_multiple: int
    sample_mode: str
    objectness: bool
    iou_weighted: bool
    pos_neg_weighted: bool
    side: int
    num_class: int
    num_object: int
    object_scale: float
    noobject_scale: float
    class_scale: float
    coord_scale: float
    sqrt: bool
    constriant: bool
    def __init__(
        self, *,
            cls_num: int | None = ..., coord_num: int | None = ..., field_h: int | None = ...,
            field_w: int | None = ..., downsample_rate: int | None = ..., bb_smooth: bool | None
            = ..., field_whr: float | None = ..., field_xyr: float | None = ..., bg_threshold:
            float | None = ..., bg_multiple: int | None = ..., sample_mode: str | None = ...,
            objectness: bool | None = ..., iou_weighted: bool | None = ..., pos_neg_weighted:
            bool | None = ..., side: int | None = ..., num_class: int | None = ..., num_object:
            int | None = ..., object_scale: float | None = ..., noobject_scale: float | None =
            ..., class_scale: float | None = ..., coord_scale: float | None = ..., sqrt: bool |
            None = ..., constriant: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "cls_num", "coord_num", "field_h", "field_w", "downsample_rate", "bb_smooth",
            "field_whr", "field_xyr", "bg_threshold", "bg_multiple", "sample_mode",
            "objectness", "iou_weighted", "pos_neg_weighted", "side", "num_class", "num_object",
            "object_scale", "noobject_scale", "class_scale", "coord_scale", "sqrt",
            "constriant",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "cls_num", "coord_num", "field_h", "field_w", "downsample_rate", "bb_smooth",
            "field_whr", "field_xyr", "bg_threshold", "bg_multiple", "sample_mode",
            "objectness", "iou_weighted", "pos_neg_weighted", "side", "num_class", "num_object",
            "object_scale", "noobject_scale", "class_scale", "coord_scale", "sqrt",
            "constriant",
        ]
    ) -> None: ...

class DetectionAccuracyParameter(Message):
    DESCRIPTOR: Descriptor
    cls_num: int
    coord_num: int
    field_h: int
    field_w: int
    downsample_rate: int
    top_k: int
    field_whr: float
    field_xyr: float
    bg_threshold: float
    objectness: bool
    def __init__(
        self, *,
            cls_num: int | None = ..., coord_num: int | None = ..., field_h: int | None = ...,
            field_w: int | None = ..., downsample_rate: int | None = ..., top_k: int | None =
            ..., field_whr: float | None = ..., field_xyr: float | None = ..., bg_threshold:
            float | None = ..., objectness: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "cls_num", "coord_num", "field_h", "field_w", "downsample_rate", "top_k",
            "field_whr", "field_xyr", "bg_threshold", "objectness",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "cls_num", "coord_num", "field_h", "field_w", "downsample_rate", "top_k",
            "field_whr", "field_xyr", "bg_threshold", "objectness",
        ]
    ) -> None: ...

class BoxOutputParameter(Message):
    DESCRIPTOR: Descriptor
    fg_thr: float
    iou_thr: float
    nms_type: str
    @property
    def field_h(self) -> Values[int]: ...
    @property
    def field_w(self) -> Values[int]: ...
    @property
    def downsample_rate(self) -> Values[int]: ...
    field_whr: float
    field_xyr: float
    max_nms_num: int
    max_post_nms_num: int
    min_size: float
    def __init__(
        self, *,
            fg_thr: float | None = ..., iou_thr: float | None = ..., nms_type: str | None = ...,
            field_h: Iterable[int] | None = ..., field_w: Iterable[int] | None = ...,
            downsample_rate: Iterable[int] | None = ..., field_whr: float | None = ...,
            field_xyr: float | None = ..., max_nms_num: int | None = ..., max_post_nms_num: int
            | None = ..., min_size: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "fg_thr", "iou_thr", "nms_type", "field_whr", "field_xyr", "max_nms_num",
            "max_post_nms_num", "min_size",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "fg_thr", "iou_thr", "nms_type", "field_h", "field_w", "downsample_rate",
            "field_whr", "field_xyr", "max_nms_num", "max_post_nms_num", "min_size",
        ]
    ) -> None: ...

class CoSDataParameter(Message):
    DESCRIPTOR: Descriptor
    class DataType(_Enum):
        STRING: ClassVar[CoSDataParameter.DataType]
        INT: ClassVar[CoSDataParameter.DataType]
        FLOAT: ClassVar[CoSDataParameter.DataType]
        INT_ARRAY: ClassVar[CoSDataParameter.DataType]
        FLOAT_ARRAY: ClassVar[CoSDataParameter.DataType]
        RAW_IMAGE: ClassVar[CoSDataParameter.DataType]
        ENCODED_IMAGE: ClassVar[CoSDataParameter.DataType]
        ENCODED_IMAGE_WITH_DIM: ClassVar[CoSDataParameter.DataType]
    STRING: ClassVar[CoSDataParameter.DataType]
    INT: ClassVar[CoSDataParameter.DataType]
    FLOAT: ClassVar[CoSDataParameter.DataType]
    INT_ARRAY: ClassVar[CoSDataParameter.DataType]
    FLOAT_ARRAY: ClassVar[CoSDataParameter.DataType]
    RAW_IMAGE: ClassVar[CoSDataParameter.DataType]
    ENCODED_IMAGE: ClassVar[CoSDataParameter.DataType]
    ENCODED_IMAGE_WITH_DIM: ClassVar[CoSDataParameter.DataType]
    class TopParameter(Message):
        DESCRIPTOR: Descriptor
        name: str
        type: CoSDataParameter.DataType
        channels: int
        height: int
        width: int
        out_channels: int
        out_height: int
        out_width: int
        sample_num_axes: int
        transpose: bool
        @property
        def transform_param(self) -> TransformationParameter: ...
        def __init__(
            self, *,
                name: str | None = ..., type: CoSDataParameter.DataType | int | str | None = ...,
                channels: int | None = ..., height: int | None = ..., width: int | None = ...,
                out_channels: int | None = ..., out_height: int | None = ..., out_width: int | None
                = ..., sample_num_axes: int | None = ..., transpose: bool | None = ...,
                transform_param: TransformationParameter | _Fields | None = ...,
        ) -> None: ...
        def HasField(
            self, field_name: Literal[
                "name", "type", "channels", "height", "width", "out_channels", "out_height",
                "out_width", "sample_num_axes", "transpose", "transform_param",
            ]
        ) -> bool: ...
        def ClearField(
            self, field_name: Literal[
                "name", "type", "channels", "height", "width", "out_channels", "out_height",
                "out_width", "sample_num_axes", "transpose", "transform_param",
            ]
        ) -> None: ...
    source: str
    batch_size: int
    dataframe_format: str
    @property
    def top(self) -> Messages[CoSDataParameter.TopParameter]: ...
    def __init__(
        self, *,
            source: str | None = ..., batch_size: int | None = ..., dataframe_format: str | None
            = ..., top: Iterable[CoSDataParameter.TopParameter | _Fields] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "batch_size", "dataframe_format",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "batch_size", "dataframe_format", "top",
        ]
    ) -> None: ...

class OPTransformationParameter(Message):
    DESCRIPTOR: Descriptor
    stride: int
    flip_prob: float
    max_degree_rotations: str
    crop_size_x: int
    crop_size_y: int
    center_perterb_max: float
    center_swap_prob: float
    scale_prob: float
    scale_mins: str
    scale_maxs: str
    target_dist: float
    number_max_occlusions: str
    sigmas: str
    models: str
    sources: str
    probabilities: str
    source_background: str
    prob_only_background: float
    media_directory: str
    normalization: int
    add_distance: bool
    input_type: str
    frame_size: int
    taf_topology: int
    def __init__(
        self, *,
            stride: int | None = ..., flip_prob: float | None = ..., max_degree_rotations: str |
            None = ..., crop_size_x: int | None = ..., crop_size_y: int | None = ...,
            center_perterb_max: float | None = ..., center_swap_prob: float | None = ...,
            scale_prob: float | None = ..., scale_mins: str | None = ..., scale_maxs: str | None
            = ..., target_dist: float | None = ..., number_max_occlusions: str | None = ...,
            sigmas: str | None = ..., models: str | None = ..., sources: str | None = ...,
            probabilities: str | None = ..., source_background: str | None = ...,
            prob_only_background: float | None = ..., media_directory: str | None = ...,
            normalization: int | None = ..., add_distance: bool | None = ..., input_type: str |
            None = ..., frame_size: int | None = ..., taf_topology: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "stride", "flip_prob", "max_degree_rotations", "crop_size_x", "crop_size_y",
            "center_perterb_max", "center_swap_prob", "scale_prob", "scale_mins", "scale_maxs",
            "target_dist", "number_max_occlusions", "sigmas", "models", "sources",
            "probabilities", "source_background", "prob_only_background", "media_directory",
            "normalization", "add_distance", "input_type", "frame_size", "taf_topology",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "stride", "flip_prob", "max_degree_rotations", "crop_size_x", "crop_size_y",
            "center_perterb_max", "center_swap_prob", "scale_prob", "scale_mins", "scale_maxs",
            "target_dist", "number_max_occlusions", "sigmas", "models", "sources",
            "probabilities", "source_background", "prob_only_background", "media_directory",
            "normalization", "add_distance", "input_type", "frame_size", "taf_topology",
        ]
    ) -> None: ...

class EvalDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    scale: float
    batch_size: int
    resize_width: int
    resize_height: int
    short_size: int
    long_size: int
    root_folder: str
    def __init__(
        self, *,
            source: str | None = ..., scale: float | None = ..., batch_size: int | None = ...,
            resize_width: int | None = ..., resize_height: int | None = ..., short_size: int |
            None = ..., long_size: int | None = ..., root_folder: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "scale", "batch_size", "resize_width", "resize_height", "short_size",
            "long_size", "root_folder",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "scale", "batch_size", "resize_width", "resize_height", "short_size",
            "long_size", "root_folder",
        ]
    ) -> None: ...

class HardMiningParameter(Message):
    DESCRIPTOR: Descriptor
    num_roi_per_image: int
    num_image: int
    def __init__(
        self, *,
            num_roi_per_image: int | None = ..., num_image: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_roi_per_image", "num_image",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_roi_per_image", "num_image",
        ]
    ) -> None: ...

class DetectionGroupLossParameter(Message):
    DESCRIPTOR: Descriptor
    cls_num: int
    @property
    def field_h(self) -> Values[int]: ...
    @property
    def field_w(self) -> Values[int]: ...
    stride: int
    field_whr: float
    field_xyr: float
    bg_threshold: float
    bg_multiple: int
    neg_mining_type: str
    neg_ranking_type: str
    min_num_neg: int
    objectness: bool
    batch_size: int
    pos_neg_weighted: bool
    bbox_loss_type: str
    def __init__(
        self, *,
            cls_num: int | None = ..., field_h: Iterable[int] | None = ..., field_w:
            Iterable[int] | None = ..., stride: int | None = ..., field_whr: float | None = ...,
            field_xyr: float | None = ..., bg_threshold: float | None = ..., bg_multiple: int |
            None = ..., neg_mining_type: str | None = ..., neg_ranking_type: str | None = ...,
            min_num_neg: int | None = ..., objectness: bool | None = ..., batch_size: int | None
            = ..., pos_neg_weighted: bool | None = ..., bbox_loss_type: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "cls_num", "stride", "field_whr", "field_xyr", "bg_threshold", "bg_multiple",
            "neg_mining_type", "neg_ranking_type", "min_num_neg", "objectness", "batch_size",
            "pos_neg_weighted", "bbox_loss_type",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "cls_num", "field_h", "field_w", "stride", "field_whr", "field_xyr", "bg_threshold",
            "bg_multiple", "neg_mining_type", "neg_ranking_type", "min_num_neg", "objectness",
            "batch_size", "pos_neg_weighted", "bbox_loss_type",
        ]
    ) -> None: ...

class DetectionGroupAccuracyParameter(Message):
    DESCRIPTOR: Descriptor
    cls_num: int
    @property
    def field_h(self) -> Values[int]: ...
    @property
    def field_w(self) -> Values[int]: ...
    stride: int
    field_whr: float
    field_xyr: float
    bg_threshold: float
    objectness: bool
    def __init__(
        self, *,
            cls_num: int | None = ..., field_h: Iterable[int] | None = ..., field_w:
            Iterable[int] | None = ..., stride: int | None = ..., field_whr: float | None = ...,
            field_xyr: float | None = ..., bg_threshold: float | None = ..., objectness: bool |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "cls_num", "stride", "field_whr", "field_xyr", "bg_threshold", "objectness",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "cls_num", "field_h", "field_w", "stride", "field_whr", "field_xyr", "bg_threshold",
            "objectness",
        ]
    ) -> None: ...

class ProposalTargetParameter(Message):
    DESCRIPTOR: Descriptor
    cls_num: int
    batch_size: int
    fg_fraction: float
    num_img_per_batch: int
    fg_thr: float
    bg_thr_hg: float
    bg_thr_lw: float
    img_width: int
    img_height: int
    iou_weighted: bool
    bbox_thr_lw: float
    bbox_thr_hg: float
    pickup_discard: bool
    append_gtbox: bool
    class_num: int
    fg_threshold: float
    bbox_normalize: bool
    @property
    def bbox_normalize_mean(self) -> Values[float]: ...
    @property
    def bbox_normalize_std(self) -> Values[float]: ...
    def __init__(
        self, *,
            cls_num: int | None = ..., batch_size: int | None = ..., fg_fraction: float | None =
            ..., num_img_per_batch: int | None = ..., fg_thr: float | None = ..., bg_thr_hg:
            float | None = ..., bg_thr_lw: float | None = ..., img_width: int | None = ...,
            img_height: int | None = ..., iou_weighted: bool | None = ..., bbox_thr_lw: float |
            None = ..., bbox_thr_hg: float | None = ..., pickup_discard: bool | None = ...,
            append_gtbox: bool | None = ..., class_num: int | None = ..., fg_threshold: float |
            None = ..., bbox_normalize: bool | None = ..., bbox_normalize_mean: Iterable[float]
            | None = ..., bbox_normalize_std: Iterable[float] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "cls_num", "batch_size", "fg_fraction", "num_img_per_batch", "fg_thr", "bg_thr_hg",
            "bg_thr_lw", "img_width", "img_height", "iou_weighted", "bbox_thr_lw",
            "bbox_thr_hg", "pickup_discard", "append_gtbox", "class_num", "fg_threshold",
            "bbox_normalize",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "cls_num", "batch_size", "fg_fraction", "num_img_per_batch", "fg_thr", "bg_thr_hg",
            "bg_thr_lw", "img_width", "img_height", "iou_weighted", "bbox_thr_lw",
            "bbox_thr_hg", "pickup_discard", "append_gtbox", "class_num", "fg_threshold",
            "bbox_normalize", "bbox_normalize_mean", "bbox_normalize_std",
        ]
    ) -> None: ...

class FrcnnOutputParameter(Message):
    DESCRIPTOR: Descriptor
    conf_thr: float
    iou_thr: float
    nms_type: str
    max_det_num: int
    @property
    def save_output_param(self) -> SaveOutputParameter: ...
    def __init__(
        self, *,
            conf_thr: float | None = ..., iou_thr: float | None = ..., nms_type: str | None =
            ..., max_det_num: int | None = ..., save_output_param: SaveOutputParameter | _Fields
            | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "conf_thr", "iou_thr", "nms_type", "max_det_num", "save_output_param",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "conf_thr", "iou_thr", "nms_type", "max_det_num", "save_output_param",
        ]
    ) -> None: ...

class EltwiseAccuracyParameter(Message):
    DESCRIPTOR: Descriptor
    top_k: int
    ignore_label: int
    def __init__(
        self, *,
            top_k: int | None = ..., ignore_label: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "top_k", "ignore_label",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "top_k", "ignore_label",
        ]
    ) -> None: ...

class GeometryParameter(Message):
    DESCRIPTOR: Descriptor
    class Pad_mode(_Enum):
        CONSTANT: ClassVar[GeometryParameter.Pad_mode]
        MIRRORED: ClassVar[GeometryParameter.Pad_mode]
        REPEAT_NEAREST: ClassVar[GeometryParameter.Pad_mode]
    CONSTANT: ClassVar[GeometryParameter.Pad_mode]
    MIRRORED: ClassVar[GeometryParameter.Pad_mode]
    REPEAT_NEAREST: ClassVar[GeometryParameter.Pad_mode]
    prob: float
    persp_horizontal: bool
    persp_vertical: bool
    zoom_out: bool
    zoom_in: bool
    zoom_factor: float
    persp_factor: float
    all_effects: bool
    pad_mode: GeometryParameter.Pad_mode
    def __init__(
        self, *,
            prob: float | None = ..., persp_horizontal: bool | None = ..., persp_vertical: bool
            | None = ..., zoom_out: bool | None = ..., zoom_in: bool | None = ..., zoom_factor:
            float | None = ..., persp_factor: float | None = ..., all_effects: bool | None =
            ..., pad_mode: GeometryParameter.Pad_mode | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "prob", "persp_horizontal", "persp_vertical", "zoom_out", "zoom_in", "zoom_factor",
            "persp_factor", "all_effects", "pad_mode",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "prob", "persp_horizontal", "persp_vertical", "zoom_out", "zoom_in", "zoom_factor",
            "persp_factor", "all_effects", "pad_mode",
        ]
    ) -> None: ...

class AffinityParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def offset(self) -> Values[int]: ...
    def __init__(
        self, *,
            offset: Iterable[int] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "offset",
        ]
    ) -> None: ...

class DenseBlockParameter(Message):
    DESCRIPTOR: Descriptor
    numTransition: int
    initChannel: int
    growthRate: int
    pad_h: int
    pad_w: int
    conv_verticalStride: int
    conv_horizentalStride: int
    filter_H: int
    filter_W: int
    @property
    def Filter_Filler(self) -> FillerParameter: ...
    @property
    def BN_Scaler_Filler(self) -> FillerParameter: ...
    @property
    def BN_Bias_Filler(self) -> FillerParameter: ...
    gpuIdx: int
    use_dropout: bool
    dropout_amount: float
    use_BC: bool
    BC_ultra_space_efficient: bool
    workspace_MB: int
    moving_average_fraction: float
    def __init__(
        self, *,
            numTransition: int | None = ..., initChannel: int | None = ..., growthRate: int |
            None = ..., pad_h: int | None = ..., pad_w: int | None = ..., conv_verticalStride:
            int | None = ..., conv_horizentalStride: int | None = ..., filter_H: int | None =
            ..., filter_W: int | None = ..., Filter_Filler: FillerParameter | _Fields | None =
            ..., BN_Scaler_Filler: FillerParameter | _Fields | None = ..., BN_Bias_Filler:
            FillerParameter | _Fields | None = ..., gpuIdx: int | None = ..., use_dropout: bool
            | None = ..., dropout_amount: float | None = ..., use_BC: bool | None = ...,
            BC_ultra_space_efficient: bool | None = ..., workspace_MB: int | None = ...,
            moving_average_fraction: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "numTransition", "initChannel", "growthRate", "pad_h", "pad_w",
            "conv_verticalStride", "conv_horizentalStride", "filter_H", "filter_W",
            "Filter_Filler", "BN_Scaler_Filler", "BN_Bias_Filler", "gpuIdx", "use_dropout",
            "dropout_amount", "use_BC", "BC_ultra_space_efficient", "workspace_MB",
            "moving_average_fraction",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "numTransition", "initChannel", "growthRate", "pad_h", "pad_w",
            "conv_verticalStride", "conv_horizentalStride", "filter_H", "filter_W",
            "Filter_Filler", "BN_Scaler_Filler", "BN_Bias_Filler", "gpuIdx", "use_dropout",
            "dropout_amount", "use_BC", "BC_ultra_space_efficient", "workspace_MB",
            "moving_average_fraction",
        ]
    ) -> None: ...

class CtcLossParameter(Message):
    DESCRIPTOR: Descriptor
    alphabet_size: int
    time_step: int
    blank_label: int
    blank_index: int
    preprocess_collapse_repeated: bool
    ctc_merge_repeated: bool
    def __init__(
        self, *,
            alphabet_size: int | None = ..., time_step: int | None = ..., blank_label: int |
            None = ..., blank_index: int | None = ..., preprocess_collapse_repeated: bool | None
            = ..., ctc_merge_repeated: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "alphabet_size", "time_step", "blank_label", "blank_index",
            "preprocess_collapse_repeated", "ctc_merge_repeated",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "alphabet_size", "time_step", "blank_label", "blank_index",
            "preprocess_collapse_repeated", "ctc_merge_repeated",
        ]
    ) -> None: ...

class CTCDecoderParameter(Message):
    DESCRIPTOR: Descriptor
    blank_index: int
    ctc_merge_repeated: bool
    def __init__(
        self, *,
            blank_index: int | None = ..., ctc_merge_repeated: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "blank_index", "ctc_merge_repeated",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "blank_index", "ctc_merge_repeated",
        ]
    ) -> None: ...

class LabelsequenceAccuracyParameter(Message):
    DESCRIPTOR: Descriptor
    blank_label: int
    def __init__(
        self, *,
            blank_label: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "blank_label",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "blank_label",
        ]
    ) -> None: ...

class PairwiseParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[PairwiseParameter.Engine]
        CAFFE: ClassVar[PairwiseParameter.Engine]
        CUDNN: ClassVar[PairwiseParameter.Engine]
    DEFAULT: ClassVar[PairwiseParameter.Engine]
    CAFFE: ClassVar[PairwiseParameter.Engine]
    CUDNN: ClassVar[PairwiseParameter.Engine]
    threshold: float
    engine: PairwiseParameter.Engine
    axis: int
    l_threshold: float
    q_threshold: float
    l_lambda: float
    q_gamma: float
    class_num: float
    sigmoid_param: float
    continous_similarity: bool
    def __init__(
        self, *,
            threshold: float | None = ..., engine: PairwiseParameter.Engine | int | str | None =
            ..., axis: int | None = ..., l_threshold: float | None = ..., q_threshold: float |
            None = ..., l_lambda: float | None = ..., q_gamma: float | None = ..., class_num:
            float | None = ..., sigmoid_param: float | None = ..., continous_similarity: bool |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "threshold", "engine", "axis", "l_threshold", "q_threshold", "l_lambda", "q_gamma",
            "class_num", "sigmoid_param", "continous_similarity",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "threshold", "engine", "axis", "l_threshold", "q_threshold", "l_lambda", "q_gamma",
            "class_num", "sigmoid_param", "continous_similarity",
        ]
    ) -> None: ...

class ScaleTanHParameter(Message):
    DESCRIPTOR: Descriptor
    init_scale: float
    step_size: int
    gamma: float
    power: float
    def __init__(
        self, *,
            init_scale: float | None = ..., step_size: int | None = ..., gamma: float | None =
            ..., power: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "init_scale", "step_size", "gamma", "power",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "init_scale", "step_size", "gamma", "power",
        ]
    ) -> None: ...

class ConfusionMatrixParameter(Message):
    DESCRIPTOR: Descriptor
    axis: int
    ignore_label: int
    test_iter: int
    def __init__(
        self, *,
            axis: int | None = ..., ignore_label: int | None = ..., test_iter: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "axis", "ignore_label", "test_iter",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "axis", "ignore_label", "test_iter",
        ]
    ) -> None: ...

class RandVecParameter(Message):
    DESCRIPTOR: Descriptor
    batch_size: int
    dim: int
    lower: float
    upper: float
    repeat: int
    height: int
    width: int
    def __init__(
        self, *,
            batch_size: int | None = ..., dim: int | None = ..., lower: float | None = ...,
            upper: float | None = ..., repeat: int | None = ..., height: int | None = ...,
            width: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "batch_size", "dim", "lower", "upper", "repeat", "height", "width",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "batch_size", "dim", "lower", "upper", "repeat", "height", "width",
        ]
    ) -> None: ...

class RandVecPlaneParameter(Message):
    DESCRIPTOR: Descriptor
    batch_size: int
    dim: int
    lower: float
    upper: float
    height: int
    width: int
    repeat: int
    def __init__(
        self, *,
            batch_size: int | None = ..., dim: int | None = ..., lower: float | None = ...,
            upper: float | None = ..., height: int | None = ..., width: int | None = ...,
            repeat: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "batch_size", "dim", "lower", "upper", "height", "width", "repeat",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "batch_size", "dim", "lower", "upper", "height", "width", "repeat",
        ]
    ) -> None: ...

class LRNMapParameter(Message):
    DESCRIPTOR: Descriptor
    local_size: int
    alpha: float
    beta: float
    def __init__(
        self, *,
            local_size: int | None = ..., alpha: float | None = ..., beta: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "local_size", "alpha", "beta",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "local_size", "alpha", "beta",
        ]
    ) -> None: ...

class SaliencyPoolingParameter(Message):
    DESCRIPTOR: Descriptor
    kernel_size: int
    stride: int
    def __init__(
        self, *,
            kernel_size: int | None = ..., stride: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "kernel_size", "stride",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "kernel_size", "stride",
        ]
    ) -> None: ...

class TopKParameter(Message):
    DESCRIPTOR: Descriptor
    k: int
    a: float
    across_channels: bool
    def __init__(
        self, *,
            k: int | None = ..., a: float | None = ..., across_channels: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "k", "a", "across_channels",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "k", "a", "across_channels",
        ]
    ) -> None: ...

class WassersteinParameter(Message):
    DESCRIPTOR: Descriptor
    ground_metric: str
    scaling_iter: int
    shift_gradient: bool
    def __init__(
        self, *,
            ground_metric: str | None = ..., scaling_iter: int | None = ..., shift_gradient:
            bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "ground_metric", "scaling_iter", "shift_gradient",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "ground_metric", "scaling_iter", "shift_gradient",
        ]
    ) -> None: ...

class SimplerNMSParameter(Message):
    DESCRIPTOR: Descriptor
    cls_threshold: float
    max_num_proposals: int
    iou_threshold: float
    min_bbox_size: int
    feat_stride: int
    pre_nms_topn: int
    post_nms_topn: int
    @property
    def scale(self) -> Values[float]: ...
    def __init__(
        self, *,
            cls_threshold: float | None = ..., max_num_proposals: int | None = ...,
            iou_threshold: float | None = ..., min_bbox_size: int | None = ..., feat_stride: int
            | None = ..., pre_nms_topn: int | None = ..., post_nms_topn: int | None = ...,
            scale: Iterable[float] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "cls_threshold", "max_num_proposals", "iou_threshold", "min_bbox_size",
            "feat_stride", "pre_nms_topn", "post_nms_topn",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "cls_threshold", "max_num_proposals", "iou_threshold", "min_bbox_size",
            "feat_stride", "pre_nms_topn", "post_nms_topn", "scale",
        ]
    ) -> None: ...

class FasterRcnnDetectionOutputParameter(Message):
    DESCRIPTOR: Descriptor
    num_classes: int
    background_label_id: int
    @property
    def nms_param(self) -> NonMaximumSuppressionParameter: ...
    confidence_threshold: float
    def __init__(
        self, *,
            num_classes: int | None = ..., background_label_id: int | None = ..., nms_param:
            NonMaximumSuppressionParameter | _Fields | None = ..., confidence_threshold: float |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_classes", "background_label_id", "nms_param", "confidence_threshold",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_classes", "background_label_id", "nms_param", "confidence_threshold",
        ]
    ) -> None: ...

class SSDDetectionOutputParameter(Message):
    DESCRIPTOR: Descriptor
    num_classes: int
    share_location: bool
    background_label_id: int
    iou_threshold: float
    top_k: int
    eta: float
    variance_encoded_in_target: bool
    code_type: int
    keep_top_k: int
    confidence_threshold: float
    def __init__(
        self, *,
            num_classes: int | None = ..., share_location: bool | None = ...,
            background_label_id: int | None = ..., iou_threshold: float | None = ..., top_k: int
            | None = ..., eta: float | None = ..., variance_encoded_in_target: bool | None =
            ..., code_type: int | None = ..., keep_top_k: int | None = ...,
            confidence_threshold: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_classes", "share_location", "background_label_id", "iou_threshold", "top_k",
            "eta", "variance_encoded_in_target", "code_type", "keep_top_k",
            "confidence_threshold",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_classes", "share_location", "background_label_id", "iou_threshold", "top_k",
            "eta", "variance_encoded_in_target", "code_type", "keep_top_k",
            "confidence_threshold",
        ]
    ) -> None: ...

class ROIWarpingParameter(Message):
    DESCRIPTOR: Descriptor
    pooled_h: int
    pooled_w: int
    spatial_scale: float
    def __init__(
        self, *,
            pooled_h: int | None = ..., pooled_w: int | None = ..., spatial_scale: float | None
            = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pooled_h", "pooled_w", "spatial_scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pooled_h", "pooled_w", "spatial_scale",
        ]
    ) -> None: ...

class MaskResizeParameter(Message):
    DESCRIPTOR: Descriptor
    output_height: int
    output_width: int
    factor_height: float
    factor_width: float
    def __init__(
        self, *,
            output_height: int | None = ..., output_width: int | None = ..., factor_height:
            float | None = ..., factor_width: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "output_height", "output_width", "factor_height", "factor_width",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "output_height", "output_width", "factor_height", "factor_width",
        ]
    ) -> None: ...

class CombinedMarginParameter(Message):
    DESCRIPTOR: Descriptor
    m1: float
    m2: float
    m3: float
    transform_test: bool
    def __init__(
        self, *,
            m1: float | None = ..., m2: float | None = ..., m3: float | None = ...,
            transform_test: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "m1", "m2", "m3", "transform_test",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "m1", "m2", "m3", "transform_test",
        ]
    ) -> None: ...

class KnowledgeDistillationParameter(Message):
    DESCRIPTOR: Descriptor
    temperature: float
    def __init__(
        self, *,
            temperature: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "temperature",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "temperature",
        ]
    ) -> None: ...

class LabelSpecificAddParameter(Message):
    DESCRIPTOR: Descriptor
    bias: float
    transform_test: bool
    bias_base: float
    bias_gamma: float
    bias_power: float
    bias_min: float
    bias_max: float
    iteration: int
    def __init__(
        self, *,
            bias: float | None = ..., transform_test: bool | None = ..., bias_base: float | None
            = ..., bias_gamma: float | None = ..., bias_power: float | None = ..., bias_min:
            float | None = ..., bias_max: float | None = ..., iteration: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "bias", "transform_test", "bias_base", "bias_gamma", "bias_power", "bias_min",
            "bias_max", "iteration",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "bias", "transform_test", "bias_base", "bias_gamma", "bias_power", "bias_min",
            "bias_max", "iteration",
        ]
    ) -> None: ...

class CuDNNBatchNormParameter(Message):
    DESCRIPTOR: Descriptor
    frozen: bool
    momentum: float
    eps: float
    @property
    def scale_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    def __init__(
        self, *,
            frozen: bool | None = ..., momentum: float | None = ..., eps: float | None = ...,
            scale_filler: FillerParameter | _Fields | None = ..., bias_filler: FillerParameter |
            _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "frozen", "momentum", "eps", "scale_filler", "bias_filler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "frozen", "momentum", "eps", "scale_filler", "bias_filler",
        ]
    ) -> None: ...

class LargeMarginInnerProductParameter(Message):
    DESCRIPTOR: Descriptor
    class LargeMarginType(_Enum):
        SINGLE: ClassVar[LargeMarginInnerProductParameter.LargeMarginType]
        DOUBLE: ClassVar[LargeMarginInnerProductParameter.LargeMarginType]
        TRIPLE: ClassVar[LargeMarginInnerProductParameter.LargeMarginType]
        QUADRUPLE: ClassVar[LargeMarginInnerProductParameter.LargeMarginType]
    SINGLE: ClassVar[LargeMarginInnerProductParameter.LargeMarginType]
    DOUBLE: ClassVar[LargeMarginInnerProductParameter.LargeMarginType]
    TRIPLE: ClassVar[LargeMarginInnerProductParameter.LargeMarginType]
    QUADRUPLE: ClassVar[LargeMarginInnerProductParameter.LargeMarginType]
    num_output: int
    type: LargeMarginInnerProductParameter.LargeMarginType
    @property
    def weight_filler(self) -> FillerParameter: ...
    axis: int
    base: float
    gamma: float
    power: float
    iteration: int
    lambda_min: float
    def __init__(
        self, *,
            num_output: int | None = ..., type: LargeMarginInnerProductParameter.LargeMarginType
            | int | str | None = ..., weight_filler: FillerParameter | _Fields | None = ...,
            axis: int | None = ..., base: float | None = ..., gamma: float | None = ..., power:
            float | None = ..., iteration: int | None = ..., lambda_min: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "type", "weight_filler", "axis", "base", "gamma", "power",
            "iteration", "lambda_min",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "type", "weight_filler", "axis", "base", "gamma", "power",
            "iteration", "lambda_min",
        ]
    ) -> None: ...

class CPMTransformationParameter(Message):
    DESCRIPTOR: Descriptor
    scale: float
    mirror: bool
    crop_size: int
    mean_file: str
    @property
    def mean_value(self) -> Values[float]: ...
    scale_cvg: float
    max_cvg_len: int
    min_cvg_len: int
    opaque_coverage: bool
    coverage: str
    visualize: bool
    bbox_norm_factor: float
    img_header: str
    force_color: bool
    force_gray: bool
    sigma_center: float
    num_total_augs: int
    do_clahe: bool
    clahe_tile_size: float
    clahe_clip_limit: float
    stride: int
    flip_prob: float
    max_rotate_degree: float
    crop_size_x: int
    crop_size_y: int
    scale_prob: float
    scale_min: float
    scale_max: float
    target_dist: float
    center_perterb_max: float
    sigma: float
    num_parts: int
    aug_way: str
    gray: int
    np_in_lmdb: int
    transform_body_joint: bool
    def __init__(
        self, *,
            scale: float | None = ..., mirror: bool | None = ..., crop_size: int | None = ...,
            mean_file: str | None = ..., mean_value: Iterable[float] | None = ..., scale_cvg:
            float | None = ..., max_cvg_len: int | None = ..., min_cvg_len: int | None = ...,
            opaque_coverage: bool | None = ..., coverage: str | None = ..., visualize: bool |
            None = ..., bbox_norm_factor: float | None = ..., img_header: str | None = ...,
            force_color: bool | None = ..., force_gray: bool | None = ..., sigma_center: float |
            None = ..., num_total_augs: int | None = ..., do_clahe: bool | None = ...,
            clahe_tile_size: float | None = ..., clahe_clip_limit: float | None = ..., stride:
            int | None = ..., flip_prob: float | None = ..., max_rotate_degree: float | None =
            ..., crop_size_x: int | None = ..., crop_size_y: int | None = ..., scale_prob: float
            | None = ..., scale_min: float | None = ..., scale_max: float | None = ...,
            target_dist: float | None = ..., center_perterb_max: float | None = ..., sigma:
            float | None = ..., num_parts: int | None = ..., aug_way: str | None = ..., gray:
            int | None = ..., np_in_lmdb: int | None = ..., transform_body_joint: bool | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "scale", "mirror", "crop_size", "mean_file", "scale_cvg", "max_cvg_len",
            "min_cvg_len", "opaque_coverage", "coverage", "visualize", "bbox_norm_factor",
            "img_header", "force_color", "force_gray", "sigma_center", "num_total_augs",
            "do_clahe", "clahe_tile_size", "clahe_clip_limit", "stride", "flip_prob",
            "max_rotate_degree", "crop_size_x", "crop_size_y", "scale_prob", "scale_min",
            "scale_max", "target_dist", "center_perterb_max", "sigma", "num_parts", "aug_way",
            "gray", "np_in_lmdb", "transform_body_joint",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "scale", "mirror", "crop_size", "mean_file", "mean_value", "scale_cvg",
            "max_cvg_len", "min_cvg_len", "opaque_coverage", "coverage", "visualize",
            "bbox_norm_factor", "img_header", "force_color", "force_gray", "sigma_center",
            "num_total_augs", "do_clahe", "clahe_tile_size", "clahe_clip_limit", "stride",
            "flip_prob", "max_rotate_degree", "crop_size_x", "crop_size_y", "scale_prob",
            "scale_min", "scale_max", "target_dist", "center_perterb_max", "sigma", "num_parts",
            "aug_way", "gray", "np_in_lmdb", "transform_body_joint",
        ]
    ) -> None: ...

class Convolution3DParameter(Message):
    DESCRIPTOR: Descriptor
    num_output: int
    bias_term: bool
    pad: int
    kernel_size: int
    group: int
    kernel_depth: int
    stride: int
    temporal_stride: int
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    filter_group: int
    temporal_pad: int
    def __init__(
        self, *,
            num_output: int | None = ..., bias_term: bool | None = ..., pad: int | None = ...,
            kernel_size: int | None = ..., group: int | None = ..., kernel_depth: int | None =
            ..., stride: int | None = ..., temporal_stride: int | None = ..., weight_filler:
            FillerParameter | _Fields | None = ..., bias_filler: FillerParameter | _Fields |
            None = ..., filter_group: int | None = ..., temporal_pad: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "bias_term", "pad", "kernel_size", "group", "kernel_depth", "stride",
            "temporal_stride", "weight_filler", "bias_filler", "filter_group", "temporal_pad",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "bias_term", "pad", "kernel_size", "group", "kernel_depth", "stride",
            "temporal_stride", "weight_filler", "bias_filler", "filter_group", "temporal_pad",
        ]
    ) -> None: ...

class Pooling3DParameter(Message):
    DESCRIPTOR: Descriptor
    class PoolMethod(_Enum):
        MAX: ClassVar[Pooling3DParameter.PoolMethod]
        AVE: ClassVar[Pooling3DParameter.PoolMethod]
        STOCHASTIC: ClassVar[Pooling3DParameter.PoolMethod]
    MAX: ClassVar[Pooling3DParameter.PoolMethod]
    AVE: ClassVar[Pooling3DParameter.PoolMethod]
    STOCHASTIC: ClassVar[Pooling3DParameter.PoolMethod]
    pool: Pooling3DParameter.PoolMethod
    kernel_size: int
    stride: int
    pad: int
    kernel_depth: int
    temporal_stride: int
    kernel_l: int
    stride_l: int
    pad_l: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    pad_h: int
    pad_w: int
    def __init__(
        self, *,
            pool: Pooling3DParameter.PoolMethod | int | str | None = ..., kernel_size: int |
            None = ..., stride: int | None = ..., pad: int | None = ..., kernel_depth: int |
            None = ..., temporal_stride: int | None = ..., kernel_l: int | None = ..., stride_l:
            int | None = ..., pad_l: int | None = ..., kernel_h: int | None = ..., kernel_w: int
            | None = ..., stride_h: int | None = ..., stride_w: int | None = ..., pad_h: int |
            None = ..., pad_w: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pool", "kernel_size", "stride", "pad", "kernel_depth", "temporal_stride",
            "kernel_l", "stride_l", "pad_l", "kernel_h", "kernel_w", "stride_h", "stride_w",
            "pad_h", "pad_w",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pool", "kernel_size", "stride", "pad", "kernel_depth", "temporal_stride",
            "kernel_l", "stride_l", "pad_l", "kernel_h", "kernel_w", "stride_h", "stride_w",
            "pad_h", "pad_w",
        ]
    ) -> None: ...

class GeneralContrastiveParameter(Message):
    DESCRIPTOR: Descriptor
    positive_margin: float
    negative_margin: float
    positive_weight: float
    negative_weight: float
    normalize_negative: float
    positive_outlier_thresh: float
    square: bool
    max_negative_only: bool
    max_positive_only: bool
    positive_first: bool
    positive_upper_bound: float
    exp_negative_weight: bool
    add_intra_mae: bool
    max_negative_margin: float
    def __init__(
        self, *,
            positive_margin: float | None = ..., negative_margin: float | None = ...,
            positive_weight: float | None = ..., negative_weight: float | None = ...,
            normalize_negative: float | None = ..., positive_outlier_thresh: float | None = ...,
            square: bool | None = ..., max_negative_only: bool | None = ..., max_positive_only:
            bool | None = ..., positive_first: bool | None = ..., positive_upper_bound: float |
            None = ..., exp_negative_weight: bool | None = ..., add_intra_mae: bool | None =
            ..., max_negative_margin: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "positive_margin", "negative_margin", "positive_weight", "negative_weight",
            "normalize_negative", "positive_outlier_thresh", "square", "max_negative_only",
            "max_positive_only", "positive_first", "positive_upper_bound",
            "exp_negative_weight", "add_intra_mae", "max_negative_margin",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "positive_margin", "negative_margin", "positive_weight", "negative_weight",
            "normalize_negative", "positive_outlier_thresh", "square", "max_negative_only",
            "max_positive_only", "positive_first", "positive_upper_bound",
            "exp_negative_weight", "add_intra_mae", "max_negative_margin",
        ]
    ) -> None: ...

class GeneralTripletParameter(Message):
    DESCRIPTOR: Descriptor
    margin: float
    add_center_loss: bool
    hardest_only: bool
    positive_first: bool
    positive_upper_bound: float
    positive_weight: float
    negative_weight: float
    def __init__(
        self, *,
            margin: float | None = ..., add_center_loss: bool | None = ..., hardest_only: bool |
            None = ..., positive_first: bool | None = ..., positive_upper_bound: float | None =
            ..., positive_weight: float | None = ..., negative_weight: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "margin", "add_center_loss", "hardest_only", "positive_first",
            "positive_upper_bound", "positive_weight", "negative_weight",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "margin", "add_center_loss", "hardest_only", "positive_first",
            "positive_upper_bound", "positive_weight", "negative_weight",
        ]
    ) -> None: ...

class LabelSpecificRescaleParameter(Message):
    DESCRIPTOR: Descriptor
    positive_weight: float
    negative_weight: float
    positive_lower_bound: float
    negative_upper_bound: float
    rescale_test: bool
    for_ip: bool
    positive_weight_base: float
    gamma: float
    power: float
    positive_weight_min: float
    positive_weight_max: float
    iteration: int
    bias_fix: bool
    power_on_positive: bool
    do_backward: bool
    def __init__(
        self, *,
            positive_weight: float | None = ..., negative_weight: float | None = ...,
            positive_lower_bound: float | None = ..., negative_upper_bound: float | None = ...,
            rescale_test: bool | None = ..., for_ip: bool | None = ..., positive_weight_base:
            float | None = ..., gamma: float | None = ..., power: float | None = ...,
            positive_weight_min: float | None = ..., positive_weight_max: float | None = ...,
            iteration: int | None = ..., bias_fix: bool | None = ..., power_on_positive: bool |
            None = ..., do_backward: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "positive_weight", "negative_weight", "positive_lower_bound",
            "negative_upper_bound", "rescale_test", "for_ip", "positive_weight_base", "gamma",
            "power", "positive_weight_min", "positive_weight_max", "iteration", "bias_fix",
            "power_on_positive", "do_backward",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "positive_weight", "negative_weight", "positive_lower_bound",
            "negative_upper_bound", "rescale_test", "for_ip", "positive_weight_base", "gamma",
            "power", "positive_weight_min", "positive_weight_max", "iteration", "bias_fix",
            "power_on_positive", "do_backward",
        ]
    ) -> None: ...

class ChannelScaleParameter(Message):
    DESCRIPTOR: Descriptor
    do_forward: bool
    do_backward_feature: bool
    do_backward_scale: bool
    global_scale: bool
    max_global_scale: float
    min_global_scale: float
    init_global_scale: float
    def __init__(
        self, *,
            do_forward: bool | None = ..., do_backward_feature: bool | None = ...,
            do_backward_scale: bool | None = ..., global_scale: bool | None = ...,
            max_global_scale: float | None = ..., min_global_scale: float | None = ...,
            init_global_scale: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "do_forward", "do_backward_feature", "do_backward_scale", "global_scale",
            "max_global_scale", "min_global_scale", "init_global_scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "do_forward", "do_backward_feature", "do_backward_scale", "global_scale",
            "max_global_scale", "min_global_scale", "init_global_scale",
        ]
    ) -> None: ...

class Yolov3Parameter(Message):
    DESCRIPTOR: Descriptor
    class IOU_LOSS(_Enum):
        IOU: ClassVar[Yolov3Parameter.IOU_LOSS]
        GIOU: ClassVar[Yolov3Parameter.IOU_LOSS]
        MSE: ClassVar[Yolov3Parameter.IOU_LOSS]
        DIOU: ClassVar[Yolov3Parameter.IOU_LOSS]
        CIOU: ClassVar[Yolov3Parameter.IOU_LOSS]
    IOU: ClassVar[Yolov3Parameter.IOU_LOSS]
    GIOU: ClassVar[Yolov3Parameter.IOU_LOSS]
    MSE: ClassVar[Yolov3Parameter.IOU_LOSS]
    DIOU: ClassVar[Yolov3Parameter.IOU_LOSS]
    CIOU: ClassVar[Yolov3Parameter.IOU_LOSS]
    side: int
    num_class: int
    num: int
    object_scale: float
    class_scale: float
    noobject_scale: float
    coord_scale: float
    thresh: float
    anchors_scale: int
    @property
    def biases(self) -> Values[float]: ...
    @property
    def mask(self) -> Values[int]: ...
    use_logic_gradient: bool
    use_focal_loss: bool
    iou_loss: Yolov3Parameter.IOU_LOSS
    iou_normalizer: float
    iou_thresh: float
    max_delta: float
    accumulate: bool
    label_smooth_eps: float
    scale_x_y: float
    def __init__(
        self, *,
            side: int | None = ..., num_class: int | None = ..., num: int | None = ...,
            object_scale: float | None = ..., class_scale: float | None = ..., noobject_scale:
            float | None = ..., coord_scale: float | None = ..., thresh: float | None = ...,
            anchors_scale: int | None = ..., biases: Iterable[float] | None = ..., mask:
            Iterable[int] | None = ..., use_logic_gradient: bool | None = ..., use_focal_loss:
            bool | None = ..., iou_loss: Yolov3Parameter.IOU_LOSS | int | str | None = ...,
            iou_normalizer: float | None = ..., iou_thresh: float | None = ..., max_delta: float
            | None = ..., accumulate: bool | None = ..., label_smooth_eps: float | None = ...,
            scale_x_y: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "side", "num_class", "num", "object_scale", "class_scale", "noobject_scale",
            "coord_scale", "thresh", "anchors_scale", "use_logic_gradient", "use_focal_loss",
            "iou_loss", "iou_normalizer", "iou_thresh", "max_delta", "accumulate",
            "label_smooth_eps", "scale_x_y",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "side", "num_class", "num", "object_scale", "class_scale", "noobject_scale",
            "coord_scale", "thresh", "anchors_scale", "biases", "mask", "use_logic_gradient",
            "use_focal_loss", "iou_loss", "iou_normalizer", "iou_thresh", "max_delta",
            "accumulate", "label_smooth_eps", "scale_x_y",
        ]
    ) -> None: ...

class YoloSegLabel(Message):
    DESCRIPTOR: Descriptor
    @property
    def item(self) -> Messages[YoloSegItem]: ...
    def __init__(
        self, *,
            item: Iterable[YoloSegItem | _Fields] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "item",
        ]
    ) -> None: ...

class YoloSegItem(Message):
    DESCRIPTOR: Descriptor
    name: str
    label_id: int
    label: int
    r: int
    g: int
    b: int
    def __init__(
        self, *,
            name: str | None = ..., label_id: int | None = ..., label: int | None = ..., r: int
            | None = ..., g: int | None = ..., b: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "name", "label_id", "label", "r", "g", "b",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "name", "label_id", "label", "r", "g", "b",
        ]
    ) -> None: ...

class YoloSegParameter(Message):
    DESCRIPTOR: Descriptor
    num_class: int
    object_scale: float
    class_scale: float
    use_logic_gradient: bool
    use_hardsigmoid: bool
    def __init__(
        self, *,
            num_class: int | None = ..., object_scale: float | None = ..., class_scale: float |
            None = ..., use_logic_gradient: bool | None = ..., use_hardsigmoid: bool | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_class", "object_scale", "class_scale", "use_logic_gradient", "use_hardsigmoid",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_class", "object_scale", "class_scale", "use_logic_gradient", "use_hardsigmoid",
        ]
    ) -> None: ...

class SegmentationEvaluateParameter(Message):
    DESCRIPTOR: Descriptor
    num_classes: int
    threshold: float
    def __init__(
        self, *,
            num_classes: int | None = ..., threshold: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_classes", "threshold",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_classes", "threshold",
        ]
    ) -> None: ...

class LocalParameter(Message):
    DESCRIPTOR: Descriptor
    num_output: int
    bias_term: bool
    pad: int
    kernel_size: int
    stride: int
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    def __init__(
        self, *,
            num_output: int | None = ..., bias_term: bool | None = ..., pad: int | None = ...,
            kernel_size: int | None = ..., stride: int | None = ..., weight_filler:
            FillerParameter | _Fields | None = ..., bias_filler: FillerParameter | _Fields |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "bias_term", "pad", "kernel_size", "stride", "weight_filler",
            "bias_filler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "bias_term", "pad", "kernel_size", "stride", "weight_filler",
            "bias_filler",
        ]
    ) -> None: ...

class SubRegionParameter(Message):
    DESCRIPTOR: Descriptor
    region_height: int
    region_width: int
    data_height: int
    data_width: int
    as_dim: int
    def __init__(
        self, *,
            region_height: int | None = ..., region_width: int | None = ..., data_height: int |
            None = ..., data_width: int | None = ..., as_dim: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "region_height", "region_width", "data_height", "data_width", "as_dim",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "region_height", "region_width", "data_height", "data_width", "as_dim",
        ]
    ) -> None: ...

class HotspotParameter(Message):
    DESCRIPTOR: Descriptor
    gaussian_std: float
    output_height: int
    output_width: int
    data_height: int
    data_width: int
    mean_removed: bool
    def __init__(
        self, *,
            gaussian_std: float | None = ..., output_height: int | None = ..., output_width: int
            | None = ..., data_height: int | None = ..., data_width: int | None = ...,
            mean_removed: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "gaussian_std", "output_height", "output_width", "data_height", "data_width",
            "mean_removed",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "gaussian_std", "output_height", "output_width", "data_height", "data_width",
            "mean_removed",
        ]
    ) -> None: ...

class RReLUParameter(Message):
    DESCRIPTOR: Descriptor
    negative_slope_lower: float
    negative_slope_upper: float
    lb: float
    ub: float
    def __init__(
        self, *,
            negative_slope_lower: float | None = ..., negative_slope_upper: float | None = ...,
            lb: float | None = ..., ub: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "negative_slope_lower", "negative_slope_upper", "lb", "ub",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "negative_slope_lower", "negative_slope_upper", "lb", "ub",
        ]
    ) -> None: ...

class APLParameter(Message):
    DESCRIPTOR: Descriptor
    sums: int
    @property
    def slope_filler(self) -> FillerParameter: ...
    @property
    def offset_filler(self) -> FillerParameter: ...
    save_mem: bool
    def __init__(
        self, *,
            sums: int | None = ..., slope_filler: FillerParameter | _Fields | None = ...,
            offset_filler: FillerParameter | _Fields | None = ..., save_mem: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "sums", "slope_filler", "offset_filler", "save_mem",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "sums", "slope_filler", "offset_filler", "save_mem",
        ]
    ) -> None: ...

class MultiStageMeanfieldParameter(Message):
    DESCRIPTOR: Descriptor
    class Mode(_Enum):
        POTTS: ClassVar[MultiStageMeanfieldParameter.Mode]
    POTTS: ClassVar[MultiStageMeanfieldParameter.Mode]
    compatibility_mode: MultiStageMeanfieldParameter.Mode
    threshold: float
    theta_alpha: float
    theta_beta: float
    theta_gamma: float
    num_iterations: int
    spatial_filter_weight: float
    bilateral_filter_weight: float
    forced_spatial_filter_weight: float
    forced_bilateral_filter_weight: float
    spatial_filter_weights_str: str
    bilateral_filter_weights_str: str
    force_cpu: bool
    def __init__(
        self, *,
            compatibility_mode: MultiStageMeanfieldParameter.Mode | int | str | None = ...,
            threshold: float | None = ..., theta_alpha: float | None = ..., theta_beta: float |
            None = ..., theta_gamma: float | None = ..., num_iterations: int | None = ...,
            spatial_filter_weight: float | None = ..., bilateral_filter_weight: float | None =
            ..., forced_spatial_filter_weight: float | None = ...,
            forced_bilateral_filter_weight: float | None = ..., spatial_filter_weights_str: str
            | None = ..., bilateral_filter_weights_str: str | None = ..., force_cpu: bool | None
            = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "compatibility_mode", "threshold", "theta_alpha", "theta_beta", "theta_gamma",
            "num_iterations", "spatial_filter_weight", "bilateral_filter_weight",
            "forced_spatial_filter_weight", "forced_bilateral_filter_weight",
            "spatial_filter_weights_str", "bilateral_filter_weights_str", "force_cpu",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "compatibility_mode", "threshold", "theta_alpha", "theta_beta", "theta_gamma",
            "num_iterations", "spatial_filter_weight", "bilateral_filter_weight",
            "forced_spatial_filter_weight", "forced_bilateral_filter_weight",
            "spatial_filter_weights_str", "bilateral_filter_weights_str", "force_cpu",
        ]
    ) -> None: ...

class MatWriteParameter(Message):
    DESCRIPTOR: Descriptor
    prefix: str
    source: str
    strip: int
    period: int
    def __init__(
        self, *,
            prefix: str | None = ..., source: str | None = ..., strip: int | None = ..., period:
            int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "prefix", "source", "strip", "period",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "prefix", "source", "strip", "period",
        ]
    ) -> None: ...

class RescaleParameter(Message):
    DESCRIPTOR: Descriptor
    rf: int
    def __init__(
        self, *,
            rf: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "rf",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "rf",
        ]
    ) -> None: ...

class GatherParameter(Message):
    DESCRIPTOR: Descriptor
    axis: int
    @property
    def indices(self) -> Values[int]: ...
    @property
    def shape(self) -> Values[int]: ...
    def __init__(
        self, *,
            axis: int | None = ..., indices: Iterable[int] | None = ..., shape: Iterable[int] |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "axis", "indices", "shape",
        ]
    ) -> None: ...

class Im2WindowsParameter(Message):
    DESCRIPTOR: Descriptor
    window_h: int
    window_w: int
    labels_count: int
    reversed: bool
    def __init__(
        self, *,
            window_h: int | None = ..., window_w: int | None = ..., labels_count: int | None =
            ..., reversed: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "window_h", "window_w", "labels_count", "reversed",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "window_h", "window_w", "labels_count", "reversed",
        ]
    ) -> None: ...

class LayerNormParameter(Message):
    DESCRIPTOR: Descriptor
    eps: float
    elementwise_affine: bool
    axis: int
    def __init__(
        self, *,
            eps: float | None = ..., elementwise_affine: bool | None = ..., axis: int | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "eps", "elementwise_affine", "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "eps", "elementwise_affine", "axis",
        ]
    ) -> None: ...

class GroupNormParameter(Message):
    DESCRIPTOR: Descriptor
    group: int
    eps: float
    group_num: int
    @property
    def scale_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    def __init__(
        self, *,
            group: int | None = ..., eps: float | None = ..., group_num: int | None = ...,
            scale_filler: FillerParameter | _Fields | None = ..., bias_filler: FillerParameter |
            _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "group", "eps", "group_num", "scale_filler", "bias_filler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "group", "eps", "group_num", "scale_filler", "bias_filler",
        ]
    ) -> None: ...

class InstanceNormParameter(Message):
    DESCRIPTOR: Descriptor
    eps: float
    affine: bool
    def __init__(
        self, *,
            eps: float | None = ..., affine: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "eps", "affine",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "eps", "affine",
        ]
    ) -> None: ...

class GELUParameter(Message):
    DESCRIPTOR: Descriptor
    class Approximation(_Enum):
        NONE: ClassVar[GELUParameter.Approximation]
        TANH: ClassVar[GELUParameter.Approximation]
    NONE: ClassVar[GELUParameter.Approximation]
    TANH: ClassVar[GELUParameter.Approximation]
    approximate: GELUParameter.Approximation
    def __init__(
        self, *,
            approximate: GELUParameter.Approximation | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "approximate",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "approximate",
        ]
    ) -> None: ...

class MatMulParameter(Message):
    DESCRIPTOR: Descriptor
    transpose_a: bool
    transpose_b: bool
    @property
    def blob_shape(self) -> Values[int]: ...
    def __init__(
        self, *,
            transpose_a: bool | None = ..., transpose_b: bool | None = ..., blob_shape:
            Iterable[int] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "transpose_a", "transpose_b",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "transpose_a", "transpose_b", "blob_shape",
        ]
    ) -> None: ...

class PixelShuffleParameter(Message):
    DESCRIPTOR: Descriptor
    upscale_factor: int
    def __init__(
        self, *,
            upscale_factor: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "upscale_factor",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "upscale_factor",
        ]
    ) -> None: ...

class PadParameter(Message):
    DESCRIPTOR: Descriptor
    class PadType(_Enum):
        ZERO: ClassVar[PadParameter.PadType]
        REPLICATE: ClassVar[PadParameter.PadType]
        REFLECT: ClassVar[PadParameter.PadType]
        REFLECT_101: ClassVar[PadParameter.PadType]
    ZERO: ClassVar[PadParameter.PadType]
    REPLICATE: ClassVar[PadParameter.PadType]
    REFLECT: ClassVar[PadParameter.PadType]
    REFLECT_101: ClassVar[PadParameter.PadType]
    padtype: PadParameter.PadType
    pad: int
    pad_t: int
    pad_b: int
    pad_l: int
    pad_r: int
    @property
    def paddings(self) -> Values[int]: ...
    constant_values: float
    pad_val: int
    pad_to: int
    axis: int
    def __init__(
        self, *,
            padtype: PadParameter.PadType | int | str | None = ..., pad: int | None = ...,
            pad_t: int | None = ..., pad_b: int | None = ..., pad_l: int | None = ..., pad_r:
            int | None = ..., paddings: Iterable[int] | None = ..., constant_values: float |
            None = ..., pad_val: int | None = ..., pad_to: int | None = ..., axis: int | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "padtype", "pad", "pad_t", "pad_b", "pad_l", "pad_r", "constant_values", "pad_val",
            "pad_to", "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "padtype", "pad", "pad_t", "pad_b", "pad_l", "pad_r", "paddings", "constant_values",
            "pad_val", "pad_to", "axis",
        ]
    ) -> None: ...

class AdaptivePoolingParameter(Message):
    DESCRIPTOR: Descriptor
    pool: PoolingParameter.PoolMethod
    pooled_h: int
    pooled_w: int
    def __init__(
        self, *,
            pool: PoolingParameter.PoolMethod | int | str | None = ..., pooled_h: int | None =
            ..., pooled_w: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pool", "pooled_h", "pooled_w",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pool", "pooled_h", "pooled_w",
        ]
    ) -> None: ...

class NetFileParameter(Message):
    DESCRIPTOR: Descriptor
    file: str
    lr_mult: float
    freeze_to: str
    @property
    def set(self) -> Values[str]: ...
    prefix: str
    repeat: int
    def __init__(
        self, *,
            file: str | None = ..., lr_mult: float | None = ..., freeze_to: str | None = ...,
            set: Iterable[str] | None = ..., prefix: str | None = ..., repeat: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "file", "lr_mult", "freeze_to", "prefix", "repeat",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "file", "lr_mult", "freeze_to", "set", "prefix", "repeat",
        ]
    ) -> None: ...

class AttentionParameter(Message):
    DESCRIPTOR: Descriptor
    num_heads: int
    num_hidden: int
    num_output: int
    bias_term: bool
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    mask: bool
    causal: bool
    dropout_ratio: float
    def __init__(
        self, *,
            num_heads: int | None = ..., num_hidden: int | None = ..., num_output: int | None =
            ..., bias_term: bool | None = ..., weight_filler: FillerParameter | _Fields | None =
            ..., bias_filler: FillerParameter | _Fields | None = ..., mask: bool | None = ...,
            causal: bool | None = ..., dropout_ratio: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_heads", "num_hidden", "num_output", "bias_term", "weight_filler",
            "bias_filler", "mask", "causal", "dropout_ratio",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_heads", "num_hidden", "num_output", "bias_term", "weight_filler",
            "bias_filler", "mask", "causal", "dropout_ratio",
        ]
    ) -> None: ...

class PositionEmbeddingParameter(Message):
    DESCRIPTOR: Descriptor
    class Kind(_Enum):
        LEARNED: ClassVar[PositionEmbeddingParameter.Kind]
        SINUSOIDAL: ClassVar[PositionEmbeddingParameter.Kind]
    LEARNED: ClassVar[PositionEmbeddingParameter.Kind]
    SINUSOIDAL: ClassVar[PositionEmbeddingParameter.Kind]
    kind: PositionEmbeddingParameter.Kind
    max_length: int
    class_token: bool
    @property
    def weight_filler(self) -> FillerParameter: ...
    base: float
    def __init__(
        self, *,
            kind: PositionEmbeddingParameter.Kind | int | str | None = ..., max_length: int |
            None = ..., class_token: bool | None = ..., weight_filler: FillerParameter | _Fields
            | None = ..., base: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "kind", "max_length", "class_token", "weight_filler", "base",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "kind", "max_length", "class_token", "weight_filler", "base",
        ]
    ) -> None: ...

class DropPathParameter(Message):
    DESCRIPTOR: Descriptor
    drop_ratio: float
    def __init__(
        self, *,
            drop_ratio: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "drop_ratio",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "drop_ratio",
        ]
    ) -> None: ...

class GridSampleParameter(Message):
    DESCRIPTOR: Descriptor
    class Mode(_Enum):
        BILINEAR: ClassVar[GridSampleParameter.Mode]
        NEAREST: ClassVar[GridSampleParameter.Mode]
        BICUBIC: ClassVar[GridSampleParameter.Mode]
    BILINEAR: ClassVar[GridSampleParameter.Mode]
    NEAREST: ClassVar[GridSampleParameter.Mode]
    BICUBIC: ClassVar[GridSampleParameter.Mode]
    class Padding(_Enum):
        ZEROS: ClassVar[GridSampleParameter.Padding]
        BORDER: ClassVar[GridSampleParameter.Padding]
        REFLECTION: ClassVar[GridSampleParameter.Padding]
    ZEROS: ClassVar[GridSampleParameter.Padding]
    BORDER: ClassVar[GridSampleParameter.Padding]
    REFLECTION: ClassVar[GridSampleParameter.Padding]
    mode: GridSampleParameter.Mode
    padding: GridSampleParameter.Padding
    align_corners: bool
    def __init__(
        self, *,
            mode: GridSampleParameter.Mode | int | str | None = ..., padding:
            GridSampleParameter.Padding | int | str | None = ..., align_corners: bool | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "mode", "padding", "align_corners",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "mode", "padding", "align_corners",
        ]
    ) -> None: ...

class MultiBoxHeadParameter(Message):
    DESCRIPTOR: Descriptor
    class Source(Message):
        DESCRIPTOR: Descriptor
        bottom: str
        normalization: float
        @property
        def min_size(self) -> Values[float]: ...
        @property
        def max_size(self) -> Values[float]: ...
        @property
        def aspect_ratio(self) -> Values[float]: ...
        step: float
        def __init__(
            self, *,
                bottom: str | None = ..., normalization: float | None = ..., min_size:
                Iterable[float] | None = ..., max_size: Iterable[float] | None = ..., aspect_ratio:
                Iterable[float] | None = ..., step: float | None = ...,
        ) -> None: ...
        def HasField(
            self, field_name: Literal[
                "bottom", "normalization", "step",
            ]
        ) -> bool: ...
        def ClearField(
            self, field_name: Literal[
                "bottom", "normalization", "min_size", "max_size", "aspect_ratio", "step",
            ]
        ) -> None: ...
    @property
    def source(self) -> Messages[MultiBoxHeadParameter.Source]: ...
    num_classes: int
    share_location: bool
    background_label_id: int
    image_size: float
    first_ratio: int
    min_ratio: int
    max_ratio: int
    flip: bool
    clip: bool
    @property
    def variance(self) -> Values[float]: ...
    offset: float
    kernel_size: int
    lr_mult: float
    def __init__(
        self, *,
            source: Iterable[MultiBoxHeadParameter.Source | _Fields] | None = ..., num_classes:
            int | None = ..., share_location: bool | None = ..., background_label_id: int | None
            = ..., image_size: float | None = ..., first_ratio: int | None = ..., min_ratio: int
            | None = ..., max_ratio: int | None = ..., flip: bool | None = ..., clip: bool |
            None = ..., variance: Iterable[float] | None = ..., offset: float | None = ...,
            kernel_size: int | None = ..., lr_mult: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_classes", "share_location", "background_label_id", "image_size", "first_ratio",
            "min_ratio", "max_ratio", "flip", "clip", "offset", "kernel_size", "lr_mult",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "num_classes", "share_location", "background_label_id", "image_size",
            "first_ratio", "min_ratio", "max_ratio", "flip", "clip", "variance", "offset",
            "kernel_size", "lr_mult",
        ]
    ) -> None: ...

class V1LayerParameter(Message):
    DESCRIPTOR: Descriptor
    class DimCheckMode(_Enum):
        STRICT: ClassVar[V1LayerParameter.DimCheckMode]
        PERMISSIVE: ClassVar[V1LayerParameter.DimCheckMode]
    STRICT: ClassVar[V1LayerParameter.DimCheckMode]
    PERMISSIVE: ClassVar[V1LayerParameter.DimCheckMode]
    class LayerType(_Enum):
        NONE: ClassVar[V1LayerParameter.LayerType]
        ACCURACY: ClassVar[V1LayerParameter.LayerType]
        BNLL: ClassVar[V1LayerParameter.LayerType]
        CONCAT: ClassVar[V1LayerParameter.LayerType]
        CONVOLUTION: ClassVar[V1LayerParameter.LayerType]
        DATA: ClassVar[V1LayerParameter.LayerType]
        DROPOUT: ClassVar[V1LayerParameter.LayerType]
        EUCLIDEAN_LOSS: ClassVar[V1LayerParameter.LayerType]
        FLATTEN: ClassVar[V1LayerParameter.LayerType]
        HDF5_DATA: ClassVar[V1LayerParameter.LayerType]
        HDF5_OUTPUT: ClassVar[V1LayerParameter.LayerType]
        IM2COL: ClassVar[V1LayerParameter.LayerType]
        IMAGE_DATA: ClassVar[V1LayerParameter.LayerType]
        INFOGAIN_LOSS: ClassVar[V1LayerParameter.LayerType]
        INNER_PRODUCT: ClassVar[V1LayerParameter.LayerType]
        LRN: ClassVar[V1LayerParameter.LayerType]
        MULTINOMIAL_LOGISTIC_LOSS: ClassVar[V1LayerParameter.LayerType]
        POOLING: ClassVar[V1LayerParameter.LayerType]
        RELU: ClassVar[V1LayerParameter.LayerType]
        SIGMOID: ClassVar[V1LayerParameter.LayerType]
        SOFTMAX: ClassVar[V1LayerParameter.LayerType]
        SOFTMAX_LOSS: ClassVar[V1LayerParameter.LayerType]
        SPLIT: ClassVar[V1LayerParameter.LayerType]
        TANH: ClassVar[V1LayerParameter.LayerType]
        WINDOW_DATA: ClassVar[V1LayerParameter.LayerType]
        ELTWISE: ClassVar[V1LayerParameter.LayerType]
        POWER: ClassVar[V1LayerParameter.LayerType]
        SIGMOID_CROSS_ENTROPY_LOSS: ClassVar[V1LayerParameter.LayerType]
        HINGE_LOSS: ClassVar[V1LayerParameter.LayerType]
        MEMORY_DATA: ClassVar[V1LayerParameter.LayerType]
        ARGMAX: ClassVar[V1LayerParameter.LayerType]
        THRESHOLD: ClassVar[V1LayerParameter.LayerType]
        DUMMY_DATA: ClassVar[V1LayerParameter.LayerType]
        SLICE: ClassVar[V1LayerParameter.LayerType]
        MVN: ClassVar[V1LayerParameter.LayerType]
        ABSVAL: ClassVar[V1LayerParameter.LayerType]
        SILENCE: ClassVar[V1LayerParameter.LayerType]
        CONTRASTIVE_LOSS: ClassVar[V1LayerParameter.LayerType]
        EXP: ClassVar[V1LayerParameter.LayerType]
        DECONVOLUTION: ClassVar[V1LayerParameter.LayerType]
        CROP: ClassVar[V1LayerParameter.LayerType]
        UNPOOLING: ClassVar[V1LayerParameter.LayerType]
        BN: ClassVar[V1LayerParameter.LayerType]
        CONVOLUTION3D: ClassVar[V1LayerParameter.LayerType]
        POOLING3D: ClassVar[V1LayerParameter.LayerType]
        VIDEO_DATA: ClassVar[V1LayerParameter.LayerType]
        DECONVOLUTION3D: ClassVar[V1LayerParameter.LayerType]
        ELTWISE_ACCURACY: ClassVar[V1LayerParameter.LayerType]
        WINDOW_SEG_DATA: ClassVar[V1LayerParameter.LayerType]
        IMAGE_SEG_DATA: ClassVar[V1LayerParameter.LayerType]
        MULTI_STAGE_MEANFIELD: ClassVar[V1LayerParameter.LayerType]
        LOCAL: ClassVar[V1LayerParameter.LayerType]
        ROI_POOLING: ClassVar[V1LayerParameter.LayerType]
        SMOOTH_L1_LOSS: ClassVar[V1LayerParameter.LayerType]
        ACCURACY_REGRESSION: ClassVar[V1LayerParameter.LayerType]
        LRN_MAP: ClassVar[V1LayerParameter.LayerType]
        SEQ_MEMORY_DATA: ClassVar[V1LayerParameter.LayerType]
        VOXEL_SOFTMAX: ClassVar[V1LayerParameter.LayerType]
        VOXEL_SOFTMAX_LOSS: ClassVar[V1LayerParameter.LayerType]
        VIDEO_SEGMENTATION_DATA: ClassVar[V1LayerParameter.LayerType]
        VIDEO_WITH_VOXEL_TRUTH_DATA: ClassVar[V1LayerParameter.LayerType]
        TOPK: ClassVar[V1LayerParameter.LayerType]
        LOCAL_WEIGHTED_CONVOLUTION: ClassVar[V1LayerParameter.LayerType]
        RELUPLUS: ClassVar[V1LayerParameter.LayerType]
        CLASSIFICATION_STATS: ClassVar[V1LayerParameter.LayerType]
        SPATIAL_PYRAMID_POOLING: ClassVar[V1LayerParameter.LayerType]
        SPATIAL_PYRAMID_POOLING_DATA: ClassVar[V1LayerParameter.LayerType]
        MCWINDOW_DATA: ClassVar[V1LayerParameter.LayerType]
        LSTM: ClassVar[V1LayerParameter.LayerType]
        NAMCWINDOW_DATA: ClassVar[V1LayerParameter.LayerType]
        SEG_ACCURACY: ClassVar[V1LayerParameter.LayerType]
        INTERP: ClassVar[V1LayerParameter.LayerType]
        PADDING: ClassVar[V1LayerParameter.LayerType]
        MAT_WRITE: ClassVar[V1LayerParameter.LayerType]
        SELECT_SEG_BINARY: ClassVar[V1LayerParameter.LayerType]
        L1_LOSS: ClassVar[V1LayerParameter.LayerType]
        DATA_HEATMAP: ClassVar[V1LayerParameter.LayerType]
        EUCLIDEAN_LOSS_HEATMAP: ClassVar[V1LayerParameter.LayerType]
        NORMALIZATION: ClassVar[V1LayerParameter.LayerType]
        DATUM_DATA: ClassVar[V1LayerParameter.LayerType]
        SYMRELU: ClassVar[V1LayerParameter.LayerType]
        RELUMOD: ClassVar[V1LayerParameter.LayerType]
        RECU: ClassVar[V1LayerParameter.LayerType]
        CONVOLUTIONSPARSE: ClassVar[V1LayerParameter.LayerType]
        RESHAPE_VOLUME: ClassVar[V1LayerParameter.LayerType]
        SOFTMAX_WITH_VIEW_LOSS: ClassVar[V1LayerParameter.LayerType]
        ACCURACY_VIEW: ClassVar[V1LayerParameter.LayerType]
        DET_VIEW_SPLIT: ClassVar[V1LayerParameter.LayerType]
        TRIPLE_VIEW_SPLIT: ClassVar[V1LayerParameter.LayerType]
        SOFTMAX_WITH_SPHERE_LOSS: ClassVar[V1LayerParameter.LayerType]
        ACCURACY_SPHERE: ClassVar[V1LayerParameter.LayerType]
        MULTI_SOFTMAX: ClassVar[V1LayerParameter.LayerType]
        MULTI_SOFTMAX_LOSS: ClassVar[V1LayerParameter.LayerType]
        NORM: ClassVar[V1LayerParameter.LayerType]
        ANGLE_LOSS: ClassVar[V1LayerParameter.LayerType]
        RESIZE: ClassVar[V1LayerParameter.LayerType]
        POSE_IMAGE_DATA: ClassVar[V1LayerParameter.LayerType]
        LABEL_DROPOUT: ClassVar[V1LayerParameter.LayerType]
        SIGMOID_LOSS: ClassVar[V1LayerParameter.LayerType]
        MULTILOGISTIC: ClassVar[V1LayerParameter.LayerType]
        MASK_OUTPUTS: ClassVar[V1LayerParameter.LayerType]
        WINDOW_POSE_DATA: ClassVar[V1LayerParameter.LayerType]
        WINDOW_MULTICLASS_KEYPOINT_DATA: ClassVar[V1LayerParameter.LayerType]
        EUCLIDEAN_WEIGHTED_LOSS: ClassVar[V1LayerParameter.LayerType]
        IMAGE_MULTILABEL_DATA: ClassVar[V1LayerParameter.LayerType]
        RESHAPE: ClassVar[V1LayerParameter.LayerType]
    NONE: ClassVar[V1LayerParameter.LayerType]
    ACCURACY: ClassVar[V1LayerParameter.LayerType]
    BNLL: ClassVar[V1LayerParameter.LayerType]
    CONCAT: ClassVar[V1LayerParameter.LayerType]
    CONVOLUTION: ClassVar[V1LayerParameter.LayerType]
    DATA: ClassVar[V1LayerParameter.LayerType]
    DROPOUT: ClassVar[V1LayerParameter.LayerType]
    EUCLIDEAN_LOSS: ClassVar[V1LayerParameter.LayerType]
    FLATTEN: ClassVar[V1LayerParameter.LayerType]
    HDF5_DATA: ClassVar[V1LayerParameter.LayerType]
    HDF5_OUTPUT: ClassVar[V1LayerParameter.LayerType]
    IM2COL: ClassVar[V1LayerParameter.LayerType]
    IMAGE_DATA: ClassVar[V1LayerParameter.LayerType]
    INFOGAIN_LOSS: ClassVar[V1LayerParameter.LayerType]
    INNER_PRODUCT: ClassVar[V1LayerParameter.LayerType]
    LRN: ClassVar[V1LayerParameter.LayerType]
    MULTINOMIAL_LOGISTIC_LOSS: ClassVar[V1LayerParameter.LayerType]
    POOLING: ClassVar[V1LayerParameter.LayerType]
    RELU: ClassVar[V1LayerParameter.LayerType]
    SIGMOID: ClassVar[V1LayerParameter.LayerType]
    SOFTMAX: ClassVar[V1LayerParameter.LayerType]
    SOFTMAX_LOSS: ClassVar[V1LayerParameter.LayerType]
    SPLIT: ClassVar[V1LayerParameter.LayerType]
    TANH: ClassVar[V1LayerParameter.LayerType]
    WINDOW_DATA: ClassVar[V1LayerParameter.LayerType]
    ELTWISE: ClassVar[V1LayerParameter.LayerType]
    POWER: ClassVar[V1LayerParameter.LayerType]
    SIGMOID_CROSS_ENTROPY_LOSS: ClassVar[V1LayerParameter.LayerType]
    HINGE_LOSS: ClassVar[V1LayerParameter.LayerType]
    MEMORY_DATA: ClassVar[V1LayerParameter.LayerType]
    ARGMAX: ClassVar[V1LayerParameter.LayerType]
    THRESHOLD: ClassVar[V1LayerParameter.LayerType]
    DUMMY_DATA: ClassVar[V1LayerParameter.LayerType]
    SLICE: ClassVar[V1LayerParameter.LayerType]
    MVN: ClassVar[V1LayerParameter.LayerType]
    ABSVAL: ClassVar[V1LayerParameter.LayerType]
    SILENCE: ClassVar[V1LayerParameter.LayerType]
    CONTRASTIVE_LOSS: ClassVar[V1LayerParameter.LayerType]
    EXP: ClassVar[V1LayerParameter.LayerType]
    DECONVOLUTION: ClassVar[V1LayerParameter.LayerType]
    CROP: ClassVar[V1LayerParameter.LayerType]
    UNPOOLING: ClassVar[V1LayerParameter.LayerType]
    BN: ClassVar[V1LayerParameter.LayerType]
    CONVOLUTION3D: ClassVar[V1LayerParameter.LayerType]
    POOLING3D: ClassVar[V1LayerParameter.LayerType]
    VIDEO_DATA: ClassVar[V1LayerParameter.LayerType]
    DECONVOLUTION3D: ClassVar[V1LayerParameter.LayerType]
    ELTWISE_ACCURACY: ClassVar[V1LayerParameter.LayerType]
    WINDOW_SEG_DATA: ClassVar[V1LayerParameter.LayerType]
    IMAGE_SEG_DATA: ClassVar[V1LayerParameter.LayerType]
    MULTI_STAGE_MEANFIELD: ClassVar[V1LayerParameter.LayerType]
    LOCAL: ClassVar[V1LayerParameter.LayerType]
    ROI_POOLING: ClassVar[V1LayerParameter.LayerType]
    SMOOTH_L1_LOSS: ClassVar[V1LayerParameter.LayerType]
    ACCURACY_REGRESSION: ClassVar[V1LayerParameter.LayerType]
    LRN_MAP: ClassVar[V1LayerParameter.LayerType]
    SEQ_MEMORY_DATA: ClassVar[V1LayerParameter.LayerType]
    VOXEL_SOFTMAX: ClassVar[V1LayerParameter.LayerType]
    VOXEL_SOFTMAX_LOSS: ClassVar[V1LayerParameter.LayerType]
    VIDEO_SEGMENTATION_DATA: ClassVar[V1LayerParameter.LayerType]
    VIDEO_WITH_VOXEL_TRUTH_DATA: ClassVar[V1LayerParameter.LayerType]
    TOPK: ClassVar[V1LayerParameter.LayerType]
    LOCAL_WEIGHTED_CONVOLUTION: ClassVar[V1LayerParameter.LayerType]
    RELUPLUS: ClassVar[V1LayerParameter.LayerType]
    CLASSIFICATION_STATS: ClassVar[V1LayerParameter.LayerType]
    SPATIAL_PYRAMID_POOLING: ClassVar[V1LayerParameter.LayerType]
    SPATIAL_PYRAMID_POOLING_DATA: ClassVar[V1LayerParameter.LayerType]
    MCWINDOW_DATA: ClassVar[V1LayerParameter.LayerType]
    LSTM: ClassVar[V1LayerParameter.LayerType]
    NAMCWINDOW_DATA: ClassVar[V1LayerParameter.LayerType]
    SEG_ACCURACY: ClassVar[V1LayerParameter.LayerType]
    INTERP: ClassVar[V1LayerParameter.LayerType]
    PADDING: ClassVar[V1LayerParameter.LayerType]
    MAT_WRITE: ClassVar[V1LayerParameter.LayerType]
    SELECT_SEG_BINARY: ClassVar[V1LayerParameter.LayerType]
    L1_LOSS: ClassVar[V1LayerParameter.LayerType]
    DATA_HEATMAP: ClassVar[V1LayerParameter.LayerType]
    EUCLIDEAN_LOSS_HEATMAP: ClassVar[V1LayerParameter.LayerType]
    NORMALIZATION: ClassVar[V1LayerParameter.LayerType]
    DATUM_DATA: ClassVar[V1LayerParameter.LayerType]
    SYMRELU: ClassVar[V1LayerParameter.LayerType]
    RELUMOD: ClassVar[V1LayerParameter.LayerType]
    RECU: ClassVar[V1LayerParameter.LayerType]
    CONVOLUTIONSPARSE: ClassVar[V1LayerParameter.LayerType]
    RESHAPE_VOLUME: ClassVar[V1LayerParameter.LayerType]
    SOFTMAX_WITH_VIEW_LOSS: ClassVar[V1LayerParameter.LayerType]
    ACCURACY_VIEW: ClassVar[V1LayerParameter.LayerType]
    DET_VIEW_SPLIT: ClassVar[V1LayerParameter.LayerType]
    TRIPLE_VIEW_SPLIT: ClassVar[V1LayerParameter.LayerType]
    SOFTMAX_WITH_SPHERE_LOSS: ClassVar[V1LayerParameter.LayerType]
    ACCURACY_SPHERE: ClassVar[V1LayerParameter.LayerType]
    MULTI_SOFTMAX: ClassVar[V1LayerParameter.LayerType]
    MULTI_SOFTMAX_LOSS: ClassVar[V1LayerParameter.LayerType]
    NORM: ClassVar[V1LayerParameter.LayerType]
    ANGLE_LOSS: ClassVar[V1LayerParameter.LayerType]
    RESIZE: ClassVar[V1LayerParameter.LayerType]
    POSE_IMAGE_DATA: ClassVar[V1LayerParameter.LayerType]
    LABEL_DROPOUT: ClassVar[V1LayerParameter.LayerType]
    SIGMOID_LOSS: ClassVar[V1LayerParameter.LayerType]
    MULTILOGISTIC: ClassVar[V1LayerParameter.LayerType]
    MASK_OUTPUTS: ClassVar[V1LayerParameter.LayerType]
    WINDOW_POSE_DATA: ClassVar[V1LayerParameter.LayerType]
    WINDOW_MULTICLASS_KEYPOINT_DATA: ClassVar[V1LayerParameter.LayerType]
    EUCLIDEAN_WEIGHTED_LOSS: ClassVar[V1LayerParameter.LayerType]
    IMAGE_MULTILABEL_DATA: ClassVar[V1LayerParameter.LayerType]
    RESHAPE: ClassVar[V1LayerParameter.LayerType]
    @property
    def layer(self) -> V0LayerParameter: ...
    @property
    def bottom(self) -> Values[str]: ...
    @property
    def top(self) -> Values[str]: ...
    name: str
    type: V1LayerParameter.LayerType
    @property
    def blobs(self) -> Messages[BlobProto]: ...
    @property
    def blobs_lr(self) -> Values[float]: ...
    @property
    def weight_decay(self) -> Values[float]: ...
    @property
    def concat_param(self) -> ConcatParameter: ...
    @property
    def convolution_param(self) -> ConvolutionParameter: ...
    @property
    def data_param(self) -> DataParameter: ...
    @property
    def dropout_param(self) -> DropoutParameter: ...
    @property
    def hdf5_data_param(self) -> HDF5DataParameter: ...
    @property
    def hdf5_output_param(self) -> HDF5OutputParameter: ...
    @property
    def image_data_param(self) -> ImageDataParameter: ...
    @property
    def infogain_loss_param(self) -> InfogainLossParameter: ...
    @property
    def inner_product_param(self) -> InnerProductParameter: ...
    @property
    def lrn_param(self) -> LRNParameter: ...
    @property
    def pooling_param(self) -> PoolingParameter: ...
    @property
    def window_data_param(self) -> WindowDataParameter: ...
    @property
    def power_param(self) -> PowerParameter: ...
    @property
    def memory_data_param(self) -> MemoryDataParameter: ...
    @property
    def argmax_param(self) -> ArgMaxParameter: ...
    @property
    def eltwise_param(self) -> EltwiseParameter: ...
    @property
    def threshold_param(self) -> ThresholdParameter: ...
    @property
    def dummy_data_param(self) -> DummyDataParameter: ...
    @property
    def accuracy_param(self) -> AccuracyParameter: ...
    @property
    def hinge_loss_param(self) -> HingeLossParameter: ...
    @property
    def relu_param(self) -> ReLUParameter: ...
    @property
    def slice_param(self) -> SliceParameter: ...
    @property
    def include(self) -> Messages[NetStateRule]: ...
    @property
    def exclude(self) -> Messages[NetStateRule]: ...
    @property
    def mvn_param(self) -> MVNParameter: ...
    @property
    def loss_weight(self) -> Values[float]: ...
    @property
    def transform_param(self) -> TransformationParameter: ...
    @property
    def tanh_param(self) -> TanHParameter: ...
    @property
    def sigmoid_param(self) -> SigmoidParameter: ...
    @property
    def softmax_param(self) -> SoftmaxParameter: ...
    @property
    def contrastive_loss_param(self) -> ContrastiveLossParameter: ...
    @property
    def exp_param(self) -> ExpParameter: ...
    @property
    def loss_param(self) -> LossParameter: ...
    @property
    def bn_param(self) -> BNParameter: ...
    @property
    def unpooling_param(self) -> UnpoolingParameter: ...
    @property
    def eltwise_accuracy_param(self) -> EltwiseAccuracyParameter: ...
    @property
    def multi_stage_meanfield_param(self) -> MultiStageMeanfieldParameter: ...
    @property
    def local_param(self) -> LocalParameter: ...
    @property
    def roi_pooling_param(self) -> ROIPoolingParameter: ...
    @property
    def smooth_l1_loss_param(self) -> SmoothL1LossParameter: ...
    @property
    def lrn_map_param(self) -> LRNMapParameter: ...
    @property
    def topk_param(self) -> TopKParameter: ...
    @property
    def local_weighted_convolution_param(self) -> LocalParameter: ...
    @property
    def classification_stats_param(self) -> ClassificationStatsParameter: ...
    @property
    def spatial_pyramid_pooling_param(self) -> SpatialPyramidPoolingParameter: ...
    @property
    def spatial_pyramid_pooling_data_param(self) -> SpatialPyramidPoolingDataParameter: ...
    @property
    def mcwindow_data_param(self) -> MCWindowDataParameter: ...
    @property
    def namcwindow_data_param(self) -> MCWindowDataParameter: ...
    @property
    def lstm_param(self) -> LSTMParameter: ...
    @property
    def seg_accuracy_param(self) -> SegAccuracyParameter: ...
    @property
    def interp_param(self) -> InterpParameter: ...
    @property
    def softmaxloss_param(self) -> SoftmaxLossParameter: ...
    @property
    def padding_param(self) -> PaddingParameter: ...
    @property
    def mat_write_param(self) -> MatWriteParameter: ...
    strict_dim: bool
    @property
    def select_seg_binary_param(self) -> SelectSegBinaryParameter: ...
    @property
    def window_cls_data_param(self) -> WindowClsDataParameter: ...
    @property
    def heatmap_data_param(self) -> HeatmapDataParameter: ...
    @property
    def datum_data_param(self) -> DatumDataParameter: ...
    @property
    def recu_param(self) -> ReCUParameter: ...
    @property
    def weight_decay_l1(self) -> Values[float]: ...
    @property
    def weight_decay_l1g(self) -> Values[float]: ...
    @property
    def reshape_volume_param(self) -> ReshapeVolumeParameter: ...
    @property
    def accuracy_view_param(self) -> AccuracyViewParameter: ...
    @property
    def softmax_with_view_loss_param(self) -> SoftmaxWithViewLossParameter: ...
    @property
    def softmax_with_sphere_loss_param(self) -> SoftmaxWithSphereLossParameter: ...
    @property
    def accuracy_sphere_param(self) -> AccuracySphereParameter: ...
    @property
    def resize_param(self) -> ResizeLayerParameter: ...
    @property
    def label_drop_param(self) -> LabelDropParameter: ...
    @property
    def pose_image_data_param(self) -> PosePatchDataParameter: ...
    @property
    def mask_outputs_param(self) -> MaskOutputsParameter: ...
    @property
    def image_multilabel_data_param(self) -> ImageMultiLabelDataParameter: ...
    @property
    def reshape_param(self) -> PatchReshapeParameter: ...
    @property
    def mult_softmax_loss_param(self) -> MultiSoftmaxLossParameter: ...
    @property
    def euclidean_weight_param(self) -> EuclideanWeightedLossParameter: ...
    @property
    def param(self) -> Values[str]: ...
    @property
    def blob_share_mode(self) -> Values[V1LayerParameter.DimCheckMode]: ...
    def __init__(
        self, *,
            layer: V0LayerParameter | _Fields | None = ..., bottom: Iterable[str] | None = ...,
            top: Iterable[str] | None = ..., name: str | None = ..., type:
            V1LayerParameter.LayerType | int | str | None = ..., blobs: Iterable[BlobProto |
            _Fields] | None = ..., blobs_lr: Iterable[float] | None = ..., weight_decay:
            Iterable[float] | None = ..., concat_param: ConcatParameter | _Fields | None = ...,
            convolution_param: ConvolutionParameter | _Fields | None = ..., data_param:
            DataParameter | _Fields | None = ..., dropout_param: DropoutParameter | _Fields |
            None = ..., hdf5_data_param: HDF5DataParameter | _Fields | None = ...,
            hdf5_output_param: HDF5OutputParameter | _Fields | None = ..., image_data_param:
            ImageDataParameter | _Fields | None = ..., infogain_loss_param:
            InfogainLossParameter | _Fields | None = ..., inner_product_param:
            InnerProductParameter | _Fields | None = ..., lrn_param: LRNParameter | _Fields |
            None = ..., pooling_param: PoolingParameter | _Fields | None = ...,
            window_data_param: WindowDataParameter | _Fields | None = ..., power_param:
            PowerParameter | _Fields | None = ..., memory_data_param: MemoryDataParameter |
            _Fields | None = ..., argmax_param: ArgMaxParameter | _Fields | None = ...,
            eltwise_param: EltwiseParameter | _Fields | None = ..., threshold_param:
            ThresholdParameter | _Fields | None = ..., dummy_data_param: DummyDataParameter |
            _Fields | None = ..., accuracy_param: AccuracyParameter | _Fields | None = ...,
            hinge_loss_param: HingeLossParameter | _Fields | None = ..., relu_param:
            ReLUParameter | _Fields | None = ..., slice_param: SliceParameter | _Fields | None =
            ..., include: Iterable[NetStateRule | _Fields] | None = ..., exclude:
            Iterable[NetStateRule | _Fields] | None = ..., mvn_param: MVNParameter | _Fields |
            None = ..., loss_weight: Iterable[float] | None = ..., transform_param:
            TransformationParameter | _Fields | None = ..., tanh_param: TanHParameter | _Fields
            | None = ..., sigmoid_param: SigmoidParameter | _Fields | None = ..., softmax_param:
            SoftmaxParameter | _Fields | None = ..., contrastive_loss_param:
            ContrastiveLossParameter | _Fields | None = ..., exp_param: ExpParameter | _Fields |
            None = ..., loss_param: LossParameter | _Fields | None = ..., bn_param: BNParameter
            | _Fields | None = ..., unpooling_param: UnpoolingParameter | _Fields | None = ...,
            eltwise_accuracy_param: EltwiseAccuracyParameter | _Fields | None = ...,
            multi_stage_meanfield_param: MultiStageMeanfieldParameter | _Fields | None = ...,
            local_param: LocalParameter | _Fields | None = ..., roi_pooling_param:
            ROIPoolingParameter | _Fields | None = ..., smooth_l1_loss_param:
            SmoothL1LossParameter | _Fields | None = ..., lrn_map_param: LRNMapParameter |
            _Fields | None = ..., topk_param: TopKParameter | _Fields | None = ...,
            local_weighted_convolution_param: LocalParameter | _Fields | None = ...,
            classification_stats_param: ClassificationStatsParameter | _Fields | None = ...,
            spatial_pyramid_pooling_param: SpatialPyramidPoolingParameter | _Fields | None =
            ..., spatial_pyramid_pooling_data_param: SpatialPyramidPoolingDataParameter |
            _Fields | None = ..., mcwindow_data_param: MCWindowDataParameter | _Fields | None =
            ..., namcwindow_data_param: MCWindowDataParameter | _Fields | None = ...,
            lstm_param: LSTMParameter | _Fields | None = ..., seg_accuracy_param:
            SegAccuracyParameter | _Fields | None = ..., interp_param: InterpParameter | _Fields
            | None = ..., softmaxloss_param: SoftmaxLossParameter | _Fields | None = ...,
            padding_param: PaddingParameter | _Fields | None = ..., mat_write_param:
            MatWriteParameter | _Fields | None = ..., strict_dim: bool | None = ...,
            select_seg_binary_param: SelectSegBinaryParameter | _Fields | None = ...,
            window_cls_data_param: WindowClsDataParameter | _Fields | None = ...,
            heatmap_data_param: HeatmapDataParameter | _Fields | None = ..., datum_data_param:
            DatumDataParameter | _Fields | None = ..., recu_param: ReCUParameter | _Fields |
            None = ..., weight_decay_l1: Iterable[float] | None = ..., weight_decay_l1g:
            Iterable[float] | None = ..., reshape_volume_param: ReshapeVolumeParameter | _Fields
            | None = ..., accuracy_view_param: AccuracyViewParameter | _Fields | None = ...,
            softmax_with_view_loss_param: SoftmaxWithViewLossParameter | _Fields | None = ...,
            softmax_with_sphere_loss_param: SoftmaxWithSphereLossParameter | _Fields | None =
            ..., accuracy_sphere_param: AccuracySphereParameter | _Fields | None = ...,
            resize_param: ResizeLayerParameter | _Fields | None = ..., label_drop_param:
            LabelDropParameter | _Fields | None = ..., pose_image_data_param:
            PosePatchDataParameter | _Fields | None = ..., mask_outputs_param:
            MaskOutputsParameter | _Fields | None = ..., image_multilabel_data_param:
            ImageMultiLabelDataParameter | _Fields | None = ..., reshape_param:
            PatchReshapeParameter | _Fields | None = ..., mult_softmax_loss_param:
            MultiSoftmaxLossParameter | _Fields | None = ..., euclidean_weight_param:
            EuclideanWeightedLossParameter | _Fields | None = ..., param: Iterable[str] | None =
            ..., blob_share_mode: Iterable[V1LayerParameter.DimCheckMode | int | str] | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "layer", "name", "type", "concat_param", "convolution_param", "data_param",
            "dropout_param", "hdf5_data_param", "hdf5_output_param", "image_data_param",
            "infogain_loss_param", "inner_product_param", "lrn_param", "pooling_param",
            "window_data_param", "power_param", "memory_data_param", "argmax_param",
            "eltwise_param", "threshold_param", "dummy_data_param", "accuracy_param",
            "hinge_loss_param", "relu_param", "slice_param", "mvn_param", "transform_param",
            "tanh_param", "sigmoid_param", "softmax_param", "contrastive_loss_param",
            "exp_param", "loss_param", "bn_param", "unpooling_param", "eltwise_accuracy_param",
            "multi_stage_meanfield_param", "local_param", "roi_pooling_param",
            "smooth_l1_loss_param", "lrn_map_param", "topk_param",
            "local_weighted_convolution_param", "classification_stats_param",
            "spatial_pyramid_pooling_param", "spatial_pyramid_pooling_data_param",
            "mcwindow_data_param", "namcwindow_data_param", "lstm_param", "seg_accuracy_param",
            "interp_param", "softmaxloss_param", "padding_param", "mat_write_param",
            "strict_dim", "select_seg_binary_param", "window_cls_data_param",
            "heatmap_data_param", "datum_data_param", "recu_param", "reshape_volume_param",
            "accuracy_view_param", "softmax_with_view_loss_param",
            "softmax_with_sphere_loss_param", "accuracy_sphere_param", "resize_param",
            "label_drop_param", "pose_image_data_param", "mask_outputs_param",
            "image_multilabel_data_param", "reshape_param", "mult_softmax_loss_param",
            "euclidean_weight_param",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "layer", "bottom", "top", "name", "type", "blobs", "blobs_lr", "weight_decay",
            "concat_param", "convolution_param", "data_param", "dropout_param",
            "hdf5_data_param", "hdf5_output_param", "image_data_param", "infogain_loss_param",
            "inner_product_param", "lrn_param", "pooling_param", "window_data_param",
            "power_param", "memory_data_param", "argmax_param", "eltwise_param",
            "threshold_param", "dummy_data_param", "accuracy_param", "hinge_loss_param",
            "relu_param", "slice_param", "include", "exclude", "mvn_param", "loss_weight",
            "transform_param", "tanh_param", "sigmoid_param", "softmax_param",
            "contrastive_loss_param", "exp_param", "loss_param", "bn_param", "unpooling_param",
            "eltwise_accuracy_param", "multi_stage_meanfield_param", "local_param",
            "roi_pooling_param", "smooth_l1_loss_param", "lrn_map_param", "topk_param",
            "local_weighted_convolution_param", "classification_stats_param",
            "spatial_pyramid_pooling_param", "spatial_pyramid_pooling_data_param",
            "mcwindow_data_param", "namcwindow_data_param", "lstm_param", "seg_accuracy_param",
            "interp_param", "softmaxloss_param", "padding_param", "mat_write_param",
            "strict_dim", "select_seg_binary_param", "window_cls_data_param",
            "heatmap_data_param", "datum_data_param", "recu_param", "weight_decay_l1",
            "weight_decay_l1g", "reshape_volume_param", "accuracy_view_param",
            "softmax_with_view_loss_param", "softmax_with_sphere_loss_param",
            "accuracy_sphere_param", "resize_param", "label_drop_param",
            "pose_image_data_param", "mask_outputs_param", "image_multilabel_data_param",
            "reshape_param", "mult_softmax_loss_param", "euclidean_weight_param", "param",
            "blob_share_mode",
        ]
    ) -> None: ...

class V0LayerParameter(Message):
    DESCRIPTOR: Descriptor
    class PoolMethod(_Enum):
        MAX: ClassVar[V0LayerParameter.PoolMethod]
        AVE: ClassVar[V0LayerParameter.PoolMethod]
        STOCHASTIC: ClassVar[V0LayerParameter.PoolMethod]
    MAX: ClassVar[V0LayerParameter.PoolMethod]
    AVE: ClassVar[V0LayerParameter.PoolMethod]
    STOCHASTIC: ClassVar[V0LayerParameter.PoolMethod]
    name: str
    type: str
    num_output: int
    biasterm: bool
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    pad: int
    kernelsize: int
    group: int
    stride: int
    pool: V0LayerParameter.PoolMethod
    dropout_ratio: float
    local_size: int
    alpha: float
    beta: float
    source: str
    scale: float
    meanfile: str
    batchsize: int
    cropsize: int
    mirror: bool
    k: float
    @property
    def blobs(self) -> Messages[BlobProto]: ...
    @property
    def blobs_lr(self) -> Values[float]: ...
    @property
    def weight_decay(self) -> Values[float]: ...
    rand_skip: int
    det_fg_threshold: float
    det_bg_threshold: float
    det_fg_fraction: float
    det_context_pad: int
    det_crop_mode: str
    new_num: int
    new_channels: int
    new_height: int
    new_width: int
    shuffle_images: bool
    concat_dim: int
    @property
    def hdf5_output_param(self) -> HDF5OutputParameter: ...
    def __init__(
        self, *,
            name: str | None = ..., type: str | None = ..., num_output: int | None = ...,
            biasterm: bool | None = ..., weight_filler: FillerParameter | _Fields | None = ...,
            bias_filler: FillerParameter | _Fields | None = ..., pad: int | None = ...,
            kernelsize: int | None = ..., group: int | None = ..., stride: int | None = ...,
            pool: V0LayerParameter.PoolMethod | int | str | None = ..., dropout_ratio: float |
            None = ..., local_size: int | None = ..., alpha: float | None = ..., beta: float |
            None = ..., source: str | None = ..., scale: float | None = ..., meanfile: str |
            None = ..., batchsize: int | None = ..., cropsize: int | None = ..., mirror: bool |
            None = ..., k: float | None = ..., blobs: Iterable[BlobProto | _Fields] | None =
            ..., blobs_lr: Iterable[float] | None = ..., weight_decay: Iterable[float] | None =
            ..., rand_skip: int | None = ..., det_fg_threshold: float | None = ...,
            det_bg_threshold: float | None = ..., det_fg_fraction: float | None = ...,
            det_context_pad: int | None = ..., det_crop_mode: str | None = ..., new_num: int |
            None = ..., new_channels: int | None = ..., new_height: int | None = ..., new_width:
            int | None = ..., shuffle_images: bool | None = ..., concat_dim: int | None = ...,
            hdf5_output_param: HDF5OutputParameter | _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "name", "type", "num_output", "biasterm", "weight_filler", "bias_filler", "pad",
            "kernelsize", "group", "stride", "pool", "dropout_ratio", "local_size", "alpha",
            "beta", "source", "scale", "meanfile", "batchsize", "cropsize", "mirror", "k",
            "rand_skip", "det_fg_threshold", "det_bg_threshold", "det_fg_fraction",
            "det_context_pad", "det_crop_mode", "new_num", "new_channels", "new_height",
            "new_width", "shuffle_images", "concat_dim", "hdf5_output_param",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "name", "type", "num_output", "biasterm", "weight_filler", "bias_filler", "pad",
            "kernelsize", "group", "stride", "pool", "dropout_ratio", "local_size", "alpha",
            "beta", "source", "scale", "meanfile", "batchsize", "cropsize", "mirror", "k",
            "blobs", "blobs_lr", "weight_decay", "rand_skip", "det_fg_threshold",
            "det_bg_threshold", "det_fg_fraction", "det_context_pad", "det_crop_mode",
            "new_num", "new_channels", "new_height", "new_width", "shuffle_images",
            "concat_dim", "hdf5_output_param",
        ]
    ) -> None: ...

class ConstScaleParameter(Message):
    DESCRIPTOR: Descriptor
    bias: float
    scale: float
    def __init__(
        self, *,
            bias: float | None = ..., scale: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "bias", "scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "bias", "scale",
        ]
    ) -> None: ...

class DtowParameter(Message):
    DESCRIPTOR: Descriptor
    class DtowMethod(_Enum):
        MDTOW: ClassVar[DtowParameter.DtowMethod]
        MWTOD: ClassVar[DtowParameter.DtowMethod]
        LDTOW: ClassVar[DtowParameter.DtowMethod]
        LWTOD: ClassVar[DtowParameter.DtowMethod]
    MDTOW: ClassVar[DtowParameter.DtowMethod]
    MWTOD: ClassVar[DtowParameter.DtowMethod]
    LDTOW: ClassVar[DtowParameter.DtowMethod]
    LWTOD: ClassVar[DtowParameter.DtowMethod]
    psize: int
    method: DtowParameter.DtowMethod
    ngroup: int
    def __init__(
        self, *,
            psize: int | None = ..., method: DtowParameter.DtowMethod | int | str | None = ...,
            ngroup: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "psize", "method", "ngroup",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "psize", "method", "ngroup",
        ]
    ) -> None: ...

class TruncationParameter(Message):
    DESCRIPTOR: Descriptor
    lower_bound: float
    upper_bound: float
    truncation_min: float
    truncation_max: float
    def __init__(
        self, *,
            lower_bound: float | None = ..., upper_bound: float | None = ..., truncation_min:
            float | None = ..., truncation_max: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "lower_bound", "upper_bound", "truncation_min", "truncation_max",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "lower_bound", "upper_bound", "truncation_min", "truncation_max",
        ]
    ) -> None: ...

class GradientScalerParameter(Message):
    DESCRIPTOR: Descriptor
    lower_bound: float
    upper_bound: float
    alpha: float
    max_iter: float
    threshold_iter: int
    scale_factor: float
    def __init__(
        self, *,
            lower_bound: float | None = ..., upper_bound: float | None = ..., alpha: float |
            None = ..., max_iter: float | None = ..., threshold_iter: int | None = ...,
            scale_factor: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "lower_bound", "upper_bound", "alpha", "max_iter", "threshold_iter", "scale_factor",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "lower_bound", "upper_bound", "alpha", "max_iter", "threshold_iter", "scale_factor",
        ]
    ) -> None: ...

class TilingParameter(Message):
    DESCRIPTOR: Descriptor
    tile_dim: int
    def __init__(
        self, *,
            tile_dim: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "tile_dim",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "tile_dim",
        ]
    ) -> None: ...

class CornerCropParameter(Message):
    DESCRIPTOR: Descriptor
    crop_size: int
    crop_h: int
    crop_w: int
    @property
    def position(self) -> Values[str]: ...
    def __init__(
        self, *,
            crop_size: int | None = ..., crop_h: int | None = ..., crop_w: int | None = ...,
            position: Iterable[str] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "crop_size", "crop_h", "crop_w",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "crop_size", "crop_h", "crop_w", "position",
        ]
    ) -> None: ...

class SumPoolingParameter(Message):
    DESCRIPTOR: Descriptor
    class PoolMethod(_Enum):
        MAX: ClassVar[SumPoolingParameter.PoolMethod]
        AVE: ClassVar[SumPoolingParameter.PoolMethod]
        STOCHASTIC: ClassVar[SumPoolingParameter.PoolMethod]
        SUM: ClassVar[SumPoolingParameter.PoolMethod]
    MAX: ClassVar[SumPoolingParameter.PoolMethod]
    AVE: ClassVar[SumPoolingParameter.PoolMethod]
    STOCHASTIC: ClassVar[SumPoolingParameter.PoolMethod]
    SUM: ClassVar[SumPoolingParameter.PoolMethod]
    class Engine(_Enum):
        DEFAULT: ClassVar[SumPoolingParameter.Engine]
        CAFFE: ClassVar[SumPoolingParameter.Engine]
        CUDNN: ClassVar[SumPoolingParameter.Engine]
    DEFAULT: ClassVar[SumPoolingParameter.Engine]
    CAFFE: ClassVar[SumPoolingParameter.Engine]
    CUDNN: ClassVar[SumPoolingParameter.Engine]
    pool: SumPoolingParameter.PoolMethod
    kernel_size: int
    stride: int
    pad: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    pad_h: int
    pad_w: int
    engine: SumPoolingParameter.Engine
    global_pooling: bool
    def __init__(
        self, *,
            pool: SumPoolingParameter.PoolMethod | int | str | None = ..., kernel_size: int |
            None = ..., stride: int | None = ..., pad: int | None = ..., kernel_h: int | None =
            ..., kernel_w: int | None = ..., stride_h: int | None = ..., stride_w: int | None =
            ..., pad_h: int | None = ..., pad_w: int | None = ..., engine:
            SumPoolingParameter.Engine | int | str | None = ..., global_pooling: bool | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pool", "kernel_size", "stride", "pad", "kernel_h", "kernel_w", "stride_h",
            "stride_w", "pad_h", "pad_w", "engine", "global_pooling",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pool", "kernel_size", "stride", "pad", "kernel_h", "kernel_w", "stride_h",
            "stride_w", "pad_h", "pad_w", "engine", "global_pooling",
        ]
    ) -> None: ...

class GRIDPoolingParameter(Message):
    DESCRIPTOR: Descriptor
    pooled_h: int
    pooled_w: int
    def __init__(
        self, *,
            pooled_h: int | None = ..., pooled_w: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pooled_h", "pooled_w",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pooled_h", "pooled_w",
        ]
    ) -> None: ...

class CorrelationParameter(Message):
    DESCRIPTOR: Descriptor
    class CorrelationType(_Enum):
        MULTIPLY: ClassVar[CorrelationParameter.CorrelationType]
        SUBTRACT: ClassVar[CorrelationParameter.CorrelationType]
    MULTIPLY: ClassVar[CorrelationParameter.CorrelationType]
    SUBTRACT: ClassVar[CorrelationParameter.CorrelationType]
    pad: int
    kernel_size: int
    max_displacement: int
    stride_1: int
    stride_2: int
    do_abs: bool
    single_direction: int
    correlation_type: CorrelationParameter.CorrelationType
    def __init__(
        self, *,
            pad: int | None = ..., kernel_size: int | None = ..., max_displacement: int | None =
            ..., stride_1: int | None = ..., stride_2: int | None = ..., do_abs: bool | None =
            ..., single_direction: int | None = ..., correlation_type:
            CorrelationParameter.CorrelationType | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pad", "kernel_size", "max_displacement", "stride_1", "stride_2", "do_abs",
            "single_direction", "correlation_type",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pad", "kernel_size", "max_displacement", "stride_1", "stride_2", "do_abs",
            "single_direction", "correlation_type",
        ]
    ) -> None: ...

class FlowWarpParameter(Message):
    DESCRIPTOR: Descriptor
    class FillParameter(_Enum):
        ZERO: ClassVar[FlowWarpParameter.FillParameter]
        NOT_A_NUMBER: ClassVar[FlowWarpParameter.FillParameter]
    ZERO: ClassVar[FlowWarpParameter.FillParameter]
    NOT_A_NUMBER: ClassVar[FlowWarpParameter.FillParameter]
    fill_value: FlowWarpParameter.FillParameter
    def __init__(
        self, *,
            fill_value: FlowWarpParameter.FillParameter | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "fill_value",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "fill_value",
        ]
    ) -> None: ...

class SpatialTransformerParameter(Message):
    DESCRIPTOR: Descriptor
    transform_type: str
    sampler_type: str
    output_H: int
    output_W: int
    to_compute_dU: bool
    theta_1_1: float
    theta_1_2: float
    theta_1_3: float
    theta_2_1: float
    theta_2_2: float
    theta_2_3: float
    def __init__(
        self, *,
            transform_type: str | None = ..., sampler_type: str | None = ..., output_H: int |
            None = ..., output_W: int | None = ..., to_compute_dU: bool | None = ..., theta_1_1:
            float | None = ..., theta_1_2: float | None = ..., theta_1_3: float | None = ...,
            theta_2_1: float | None = ..., theta_2_2: float | None = ..., theta_2_3: float |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "transform_type", "sampler_type", "output_H", "output_W", "to_compute_dU",
            "theta_1_1", "theta_1_2", "theta_1_3", "theta_2_1", "theta_2_2", "theta_2_3",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "transform_type", "sampler_type", "output_H", "output_W", "to_compute_dU",
            "theta_1_1", "theta_1_2", "theta_1_3", "theta_2_1", "theta_2_2", "theta_2_3",
        ]
    ) -> None: ...

class PicPacParameter(Message):
    DESCRIPTOR: Descriptor
    path: str
    seed: int
    loop: bool
    shuffle: bool
    reshuffle: bool
    stratify: int
    split: int
    split_fold: int
    split_negate: bool
    mixin: str
    mixin_group_reset: float
    mixin_group_delta: float
    mixin_max: int
    cache: int
    preload: bool
    threads: int
    channels: int
    min_size: int
    max_size: int
    resize_width: int
    resize_height: int
    crop_width: int
    crop_height: int
    round_div: int
    round_mod: int
    decode_mode: int
    annotate: str
    anno_type: int
    anno_copy: bool
    anno_number: bool
    anno_palette: str
    anno_color1: float
    anno_color2: float
    anno_color3: float
    anno_thickness: int
    anno_min_ratio: float
    perturb: bool
    pert_colorspace: str
    pert_color1: float
    pert_color2: float
    pert_color3: float
    pert_angle: float
    pert_min_scale: float
    pert_max_scale: float
    pert_hflip: bool
    pert_vflip: bool
    mean_color1: float
    mean_color2: float
    mean_color3: float
    onehot: int
    batch: int
    pad: bool
    bgr2rgb: bool
    order: str
    point_radius: float
    def __init__(
        self, *,
            path: str | None = ..., seed: int | None = ..., loop: bool | None = ..., shuffle:
            bool | None = ..., reshuffle: bool | None = ..., stratify: int | None = ..., split:
            int | None = ..., split_fold: int | None = ..., split_negate: bool | None = ...,
            mixin: str | None = ..., mixin_group_reset: float | None = ..., mixin_group_delta:
            float | None = ..., mixin_max: int | None = ..., cache: int | None = ..., preload:
            bool | None = ..., threads: int | None = ..., channels: int | None = ..., min_size:
            int | None = ..., max_size: int | None = ..., resize_width: int | None = ...,
            resize_height: int | None = ..., crop_width: int | None = ..., crop_height: int |
            None = ..., round_div: int | None = ..., round_mod: int | None = ..., decode_mode:
            int | None = ..., annotate: str | None = ..., anno_type: int | None = ...,
            anno_copy: bool | None = ..., anno_number: bool | None = ..., anno_palette: str |
            None = ..., anno_color1: float | None = ..., anno_color2: float | None = ...,
            anno_color3: float | None = ..., anno_thickness: int | None = ..., anno_min_ratio:
            float | None = ..., perturb: bool | None = ..., pert_colorspace: str | None = ...,
            pert_color1: float | None = ..., pert_color2: float | None = ..., pert_color3: float
            | None = ..., pert_angle: float | None = ..., pert_min_scale: float | None = ...,
            pert_max_scale: float | None = ..., pert_hflip: bool | None = ..., pert_vflip: bool
            | None = ..., mean_color1: float | None = ..., mean_color2: float | None = ...,
            mean_color3: float | None = ..., onehot: int | None = ..., batch: int | None = ...,
            pad: bool | None = ..., bgr2rgb: bool | None = ..., order: str | None = ...,
            point_radius: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "path", "seed", "loop", "shuffle", "reshuffle", "stratify", "split", "split_fold",
            "split_negate", "mixin", "mixin_group_reset", "mixin_group_delta", "mixin_max",
            "cache", "preload", "threads", "channels", "min_size", "max_size", "resize_width",
            "resize_height", "crop_width", "crop_height", "round_div", "round_mod",
            "decode_mode", "annotate", "anno_type", "anno_copy", "anno_number", "anno_palette",
            "anno_color1", "anno_color2", "anno_color3", "anno_thickness", "anno_min_ratio",
            "perturb", "pert_colorspace", "pert_color1", "pert_color2", "pert_color3",
            "pert_angle", "pert_min_scale", "pert_max_scale", "pert_hflip", "pert_vflip",
            "mean_color1", "mean_color2", "mean_color3", "onehot", "batch", "pad", "bgr2rgb",
            "order", "point_radius",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "path", "seed", "loop", "shuffle", "reshuffle", "stratify", "split", "split_fold",
            "split_negate", "mixin", "mixin_group_reset", "mixin_group_delta", "mixin_max",
            "cache", "preload", "threads", "channels", "min_size", "max_size", "resize_width",
            "resize_height", "crop_width", "crop_height", "round_div", "round_mod",
            "decode_mode", "annotate", "anno_type", "anno_copy", "anno_number", "anno_palette",
            "anno_color1", "anno_color2", "anno_color3", "anno_thickness", "anno_min_ratio",
            "perturb", "pert_colorspace", "pert_color1", "pert_color2", "pert_color3",
            "pert_angle", "pert_min_scale", "pert_max_scale", "pert_hflip", "pert_vflip",
            "mean_color1", "mean_color2", "mean_color3", "onehot", "batch", "pad", "bgr2rgb",
            "order", "point_radius",
        ]
    ) -> None: ...

class FixedParameter(Message):
    DESCRIPTOR: Descriptor
    class FixedMethod(_Enum):
        OVER_FLOW: ClassVar[FixedParameter.FixedMethod]
        DIFF_S: ClassVar[FixedParameter.FixedMethod]
        DIFF_A: ClassVar[FixedParameter.FixedMethod]
        DIFF_S_SIGMOID: ClassVar[FixedParameter.FixedMethod]
    OVER_FLOW: ClassVar[FixedParameter.FixedMethod]
    DIFF_S: ClassVar[FixedParameter.FixedMethod]
    DIFF_A: ClassVar[FixedParameter.FixedMethod]
    DIFF_S_SIGMOID: ClassVar[FixedParameter.FixedMethod]
    enable: bool
    fixed_method: FixedParameter.FixedMethod
    bit_width: int
    follow_data_layer: bool
    def __init__(
        self, *,
            enable: bool | None = ..., fixed_method: FixedParameter.FixedMethod | int | str |
            None = ..., bit_width: int | None = ..., follow_data_layer: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "enable", "fixed_method", "bit_width", "follow_data_layer",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "enable", "fixed_method", "bit_width", "follow_data_layer",
        ]
    ) -> None: ...

class DriveDataParameter(Message):
    DESCRIPTOR: Descriptor
    shrink_prob_factor: float
    unrecognize_factor: float
    crop_num: int
    random_crop_ratio: float
    resize: float
    scale: float
    cropped_height: int
    cropped_width: int
    tiling_width: int
    tiling_height: int
    label_resolution: int
    catalog_resolution: int
    catalog_number: int
    resize_max: float
    resize_min: float
    reco_max: float
    reco_min: float
    train_max: float
    train_min: float
    genlist_file: str
    gen_rate: float
    blur_max: float
    noise_max: float
    gamma_max: float
    k_max: float
    y0_max: float
    shrink_max: float
    slip_max: float
    gen_scale: float
    use_mask: bool
    def __init__(
        self, *,
            shrink_prob_factor: float | None = ..., unrecognize_factor: float | None = ...,
            crop_num: int | None = ..., random_crop_ratio: float | None = ..., resize: float |
            None = ..., scale: float | None = ..., cropped_height: int | None = ...,
            cropped_width: int | None = ..., tiling_width: int | None = ..., tiling_height: int
            | None = ..., label_resolution: int | None = ..., catalog_resolution: int | None =
            ..., catalog_number: int | None = ..., resize_max: float | None = ..., resize_min:
            float | None = ..., reco_max: float | None = ..., reco_min: float | None = ...,
            train_max: float | None = ..., train_min: float | None = ..., genlist_file: str |
            None = ..., gen_rate: float | None = ..., blur_max: float | None = ..., noise_max:
            float | None = ..., gamma_max: float | None = ..., k_max: float | None = ...,
            y0_max: float | None = ..., shrink_max: float | None = ..., slip_max: float | None =
            ..., gen_scale: float | None = ..., use_mask: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "shrink_prob_factor", "unrecognize_factor", "crop_num", "random_crop_ratio",
            "resize", "scale", "cropped_height", "cropped_width", "tiling_width",
            "tiling_height", "label_resolution", "catalog_resolution", "catalog_number",
            "resize_max", "resize_min", "reco_max", "reco_min", "train_max", "train_min",
            "genlist_file", "gen_rate", "blur_max", "noise_max", "gamma_max", "k_max", "y0_max",
            "shrink_max", "slip_max", "gen_scale", "use_mask",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "shrink_prob_factor", "unrecognize_factor", "crop_num", "random_crop_ratio",
            "resize", "scale", "cropped_height", "cropped_width", "tiling_width",
            "tiling_height", "label_resolution", "catalog_resolution", "catalog_number",
            "resize_max", "resize_min", "reco_max", "reco_min", "train_max", "train_min",
            "genlist_file", "gen_rate", "blur_max", "noise_max", "gamma_max", "k_max", "y0_max",
            "shrink_max", "slip_max", "gen_scale", "use_mask",
        ]
    ) -> None: ...

class MMDParameter(Message):
    DESCRIPTOR: Descriptor
    kernel_num: int
    kernel_mul: float
    fix_gamma: bool
    def __init__(
        self, *,
            kernel_num: int | None = ..., kernel_mul: float | None = ..., fix_gamma: bool | None
            = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "kernel_num", "kernel_mul", "fix_gamma",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "kernel_num", "kernel_mul", "fix_gamma",
        ]
    ) -> None: ...

class SegDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    root_dir: str
    shuffle: bool
    balance: bool
    batch_size: int
    def __init__(
        self, *,
            source: str | None = ..., root_dir: str | None = ..., shuffle: bool | None = ...,
            balance: bool | None = ..., batch_size: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "root_dir", "shuffle", "balance", "batch_size",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "root_dir", "shuffle", "balance", "batch_size",
        ]
    ) -> None: ...

class CarcontParameter(Message):
    DESCRIPTOR: Descriptor
    ni: int
    nii: int
    nc: int
    nic: int
    nm: int
    nim: int
    num_all_id: int
    num_all_col: int
    num_all_mod: int
    def __init__(
        self, *,
            ni: int | None = ..., nii: int | None = ..., nc: int | None = ..., nic: int | None =
            ..., nm: int | None = ..., nim: int | None = ..., num_all_id: int | None = ...,
            num_all_col: int | None = ..., num_all_mod: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "ni", "nii", "nc", "nic", "nm", "nim", "num_all_id", "num_all_col", "num_all_mod",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "ni", "nii", "nc", "nic", "nm", "nim", "num_all_id", "num_all_col", "num_all_mod",
        ]
    ) -> None: ...

class PSROIAlignParameter(Message):
    DESCRIPTOR: Descriptor
    spatial_scale: float
    output_dim: int
    group_size: int
    sample_num: int
    def __init__(
        self, *,
            spatial_scale: float | None = ..., output_dim: int | None = ..., group_size: int |
            None = ..., sample_num: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "spatial_scale", "output_dim", "group_size", "sample_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "spatial_scale", "output_dim", "group_size", "sample_num",
        ]
    ) -> None: ...

class DivisionParameter(Message):
    DESCRIPTOR: Descriptor
    width: int
    height: int
    @property
    def xcoord(self) -> Values[int]: ...
    @property
    def ycoord(self) -> Values[int]: ...
    def __init__(
        self, *,
            width: int | None = ..., height: int | None = ..., xcoord: Iterable[int] | None =
            ..., ycoord: Iterable[int] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "width", "height",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "width", "height", "xcoord", "ycoord",
        ]
    ) -> None: ...

class CombinationParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def xcoord(self) -> Values[int]: ...
    @property
    def ycoord(self) -> Values[int]: ...
    def __init__(
        self, *,
            xcoord: Iterable[int] | None = ..., ycoord: Iterable[int] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "xcoord", "ycoord",
        ]
    ) -> None: ...

class DiceCoefLossParameter(Message):
    DESCRIPTOR: Descriptor
    smooth: float
    def __init__(
        self, *,
            smooth: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "smooth",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "smooth",
        ]
    ) -> None: ...

class MultiROIPoolingParameter(Message):
    DESCRIPTOR: Descriptor
    pooled_h: int
    pooled_w: int
    spatial_scale: float
    top_num: int
    def __init__(
        self, *,
            pooled_h: int | None = ..., pooled_w: int | None = ..., spatial_scale: float | None
            = ..., top_num: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pooled_h", "pooled_w", "spatial_scale", "top_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pooled_h", "pooled_w", "spatial_scale", "top_num",
        ]
    ) -> None: ...

class LSTMConvolutionParameter(Message):
    DESCRIPTOR: Descriptor
    num_output: int
    bias_term: bool
    @property
    def pad(self) -> Values[int]: ...
    @property
    def kernel_size(self) -> Values[int]: ...
    @property
    def stride(self) -> Values[int]: ...
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    @property
    def dilation(self) -> Values[int]: ...
    type: str
    def __init__(
        self, *,
            num_output: int | None = ..., bias_term: bool | None = ..., pad: Iterable[int] |
            None = ..., kernel_size: Iterable[int] | None = ..., stride: Iterable[int] | None =
            ..., weight_filler: FillerParameter | _Fields | None = ..., bias_filler:
            FillerParameter | _Fields | None = ..., dilation: Iterable[int] | None = ..., type:
            str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "bias_term", "weight_filler", "bias_filler", "type",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "bias_term", "pad", "kernel_size", "stride", "weight_filler",
            "bias_filler", "dilation", "type",
        ]
    ) -> None: ...

class LSTMDebugParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def expose(self) -> Values[str]: ...
    disable_hadamard: bool
    axis_hadamard: int
    num_axes_hadamard: int
    ignore_x: bool
    def __init__(
        self, *,
            expose: Iterable[str] | None = ..., disable_hadamard: bool | None = ...,
            axis_hadamard: int | None = ..., num_axes_hadamard: int | None = ..., ignore_x: bool
            | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "disable_hadamard", "axis_hadamard", "num_axes_hadamard", "ignore_x",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "expose", "disable_hadamard", "axis_hadamard", "num_axes_hadamard", "ignore_x",
        ]
    ) -> None: ...

class OutputDecayParameter(Message):
    DESCRIPTOR: Descriptor
    output_decay: float
    regularization_type: str
    def __init__(
        self, *,
            output_decay: float | None = ..., regularization_type: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "output_decay", "regularization_type",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "output_decay", "regularization_type",
        ]
    ) -> None: ...

class WeightedSoftmaxParameter(Message):
    DESCRIPTOR: Descriptor
    positions: str
    weights: str
    def __init__(
        self, *,
            positions: str | None = ..., weights: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "positions", "weights",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "positions", "weights",
        ]
    ) -> None: ...

class WeightedSoftmaxLossParameter(Message):
    DESCRIPTOR: Descriptor
    class Method(_Enum):
        ADAPTIVE_WEIGHT: ClassVar[WeightedSoftmaxLossParameter.Method]
        FOCAL_LOSS: ClassVar[WeightedSoftmaxLossParameter.Method]
        ADAPTIVE_FOCAL_LOSS: ClassVar[WeightedSoftmaxLossParameter.Method]
    ADAPTIVE_WEIGHT: ClassVar[WeightedSoftmaxLossParameter.Method]
    FOCAL_LOSS: ClassVar[WeightedSoftmaxLossParameter.Method]
    ADAPTIVE_FOCAL_LOSS: ClassVar[WeightedSoftmaxLossParameter.Method]
    method: WeightedSoftmaxLossParameter.Method
    alpha: float
    gamma: float
    def __init__(
        self, *,
            method: WeightedSoftmaxLossParameter.Method | int | str | None = ..., alpha: float |
            None = ..., gamma: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "method", "alpha", "gamma",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "method", "alpha", "gamma",
        ]
    ) -> None: ...

class L2NormParameter(Message):
    DESCRIPTOR: Descriptor
    eps: float
    def __init__(
        self, *,
            eps: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "eps",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "eps",
        ]
    ) -> None: ...

class KernelLossParameter(Message):
    DESCRIPTOR: Descriptor
    sigma_sq: float
    def __init__(
        self, *,
            sigma_sq: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "sigma_sq",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "sigma_sq",
        ]
    ) -> None: ...

class EuclideanWithTVParameter(Message):
    DESCRIPTOR: Descriptor
    def __init__(self) -> None: ...

class BReLUParameter(Message):
    DESCRIPTOR: Descriptor
    minval: float
    maxval: float
    def __init__(
        self, *,
            minval: float | None = ..., maxval: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "minval", "maxval",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "minval", "maxval",
        ]
    ) -> None: ...

class PruneParameter(Message):
    DESCRIPTOR: Descriptor
    prune_ratio: float
    IF_update_row_col: bool
    prune_ratio_step: float
    def __init__(
        self, *,
            prune_ratio: float | None = ..., IF_update_row_col: bool | None = ...,
            prune_ratio_step: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "prune_ratio", "IF_update_row_col", "prune_ratio_step",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "prune_ratio", "IF_update_row_col", "prune_ratio_step",
        ]
    ) -> None: ...

class HeatmapDataParameter(Message):
    DESCRIPTOR: Descriptor
    segmentation: bool
    multfact: int
    num_channels: int
    batchsize: int
    root_img_dir: str
    random_crop: bool
    sample_per_cluster: bool
    labelinds: str
    source: str
    meanfile: str
    crop_meanfile: str
    cropsize: int
    outsize: int
    scale: float
    label_width: int
    label_height: int
    dont_flip_first: bool
    angle_max: float
    flip_joint_labels: bool
    batch_size: int
    new_height: int
    new_width: int
    crop_size: int
    rotation: bool
    max_angle: float
    mirror: bool
    label_size: int
    @property
    def mean_value(self) -> Values[float]: ...
    coordinate_num: int
    @property
    def mirror_pairs(self) -> Values[str]: ...
    def __init__(
        self, *,
            segmentation: bool | None = ..., multfact: int | None = ..., num_channels: int |
            None = ..., batchsize: int | None = ..., root_img_dir: str | None = ...,
            random_crop: bool | None = ..., sample_per_cluster: bool | None = ..., labelinds:
            str | None = ..., source: str | None = ..., meanfile: str | None = ...,
            crop_meanfile: str | None = ..., cropsize: int | None = ..., outsize: int | None =
            ..., scale: float | None = ..., label_width: int | None = ..., label_height: int |
            None = ..., dont_flip_first: bool | None = ..., angle_max: float | None = ...,
            flip_joint_labels: bool | None = ..., batch_size: int | None = ..., new_height: int
            | None = ..., new_width: int | None = ..., crop_size: int | None = ..., rotation:
            bool | None = ..., max_angle: float | None = ..., mirror: bool | None = ...,
            label_size: int | None = ..., mean_value: Iterable[float] | None = ...,
            coordinate_num: int | None = ..., mirror_pairs: Iterable[str] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "segmentation", "multfact", "num_channels", "batchsize", "root_img_dir",
            "random_crop", "sample_per_cluster", "labelinds", "source", "meanfile",
            "crop_meanfile", "cropsize", "outsize", "scale", "label_width", "label_height",
            "dont_flip_first", "angle_max", "flip_joint_labels", "batch_size", "new_height",
            "new_width", "crop_size", "rotation", "max_angle", "mirror", "label_size",
            "coordinate_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "segmentation", "multfact", "num_channels", "batchsize", "root_img_dir",
            "random_crop", "sample_per_cluster", "labelinds", "source", "meanfile",
            "crop_meanfile", "cropsize", "outsize", "scale", "label_width", "label_height",
            "dont_flip_first", "angle_max", "flip_joint_labels", "batch_size", "new_height",
            "new_width", "crop_size", "rotation", "max_angle", "mirror", "label_size",
            "mean_value", "coordinate_num", "mirror_pairs",
        ]
    ) -> None: ...

class CppParameter(Message):
    DESCRIPTOR: Descriptor
    type: str
    param_str: str
    def __init__(
        self, *,
            type: str | None = ..., param_str: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "type", "param_str",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "type", "param_str",
        ]
    ) -> None: ...

class HeatmapTestParameter(Message):
    DESCRIPTOR: Descriptor
    batchsize: int
    root_img_dir: str
    source: str
    outsize: int
    def __init__(
        self, *,
            batchsize: int | None = ..., root_img_dir: str | None = ..., source: str | None =
            ..., outsize: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "batchsize", "root_img_dir", "source", "outsize",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "batchsize", "root_img_dir", "source", "outsize",
        ]
    ) -> None: ...

class LabelDropParameter(Message):
    DESCRIPTOR: Descriptor
    drop_neg_ratio: float
    hard_ratio: float
    rand_ratio: float
    def __init__(
        self, *,
            drop_neg_ratio: float | None = ..., hard_ratio: float | None = ..., rand_ratio:
            float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "drop_neg_ratio", "hard_ratio", "rand_ratio",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "drop_neg_ratio", "hard_ratio", "rand_ratio",
        ]
    ) -> None: ...

class PosePatchDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    scale: float
    mean_file: str
    batch_size: int
    crop_size: int
    mirror: bool
    rand_skip: int
    shuffle: bool
    new_height: int
    new_width: int
    key_point_num: int
    key_point_range: int
    scale_lower_bound: float
    scale_upper_bound: float
    out_height: int
    out_width: int
    torso_ratio: float
    mx1: int
    mx2: int
    my1: int
    my2: int
    randmargin: int
    use_mode: int
    color_aug: bool
    def __init__(
        self, *,
            source: str | None = ..., scale: float | None = ..., mean_file: str | None = ...,
            batch_size: int | None = ..., crop_size: int | None = ..., mirror: bool | None =
            ..., rand_skip: int | None = ..., shuffle: bool | None = ..., new_height: int | None
            = ..., new_width: int | None = ..., key_point_num: int | None = ...,
            key_point_range: int | None = ..., scale_lower_bound: float | None = ...,
            scale_upper_bound: float | None = ..., out_height: int | None = ..., out_width: int
            | None = ..., torso_ratio: float | None = ..., mx1: int | None = ..., mx2: int |
            None = ..., my1: int | None = ..., my2: int | None = ..., randmargin: int | None =
            ..., use_mode: int | None = ..., color_aug: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "rand_skip",
            "shuffle", "new_height", "new_width", "key_point_num", "key_point_range",
            "scale_lower_bound", "scale_upper_bound", "out_height", "out_width", "torso_ratio",
            "mx1", "mx2", "my1", "my2", "randmargin", "use_mode", "color_aug",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "rand_skip",
            "shuffle", "new_height", "new_width", "key_point_num", "key_point_range",
            "scale_lower_bound", "scale_upper_bound", "out_height", "out_width", "torso_ratio",
            "mx1", "mx2", "my1", "my2", "randmargin", "use_mode", "color_aug",
        ]
    ) -> None: ...

class KeypointAccParameter(Message):
    DESCRIPTOR: Descriptor
    metric: float
    axis: int
    def __init__(
        self, *,
            metric: float | None = ..., axis: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "metric", "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "metric", "axis",
        ]
    ) -> None: ...

class MultiLabelImageDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    batch_size: int
    rand_skip: int
    shuffle: bool
    new_height: int
    new_width: int
    is_color: bool
    root_folder: str
    label_num: int
    def __init__(
        self, *,
            source: str | None = ..., batch_size: int | None = ..., rand_skip: int | None = ...,
            shuffle: bool | None = ..., new_height: int | None = ..., new_width: int | None =
            ..., is_color: bool | None = ..., root_folder: str | None = ..., label_num: int |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "batch_size", "rand_skip", "shuffle", "new_height", "new_width",
            "is_color", "root_folder", "label_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "batch_size", "rand_skip", "shuffle", "new_height", "new_width",
            "is_color", "root_folder", "label_num",
        ]
    ) -> None: ...

class AUMaskBasedLandParameter(Message):
    DESCRIPTOR: Descriptor
    img_size: int
    spatial_ratio: float
    spatial_scale: float
    fill_type: str
    fill_coeff: float
    fill_value: float
    def __init__(
        self, *,
            img_size: int | None = ..., spatial_ratio: float | None = ..., spatial_scale: float
            | None = ..., fill_type: str | None = ..., fill_coeff: float | None = ...,
            fill_value: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "img_size", "spatial_ratio", "spatial_scale", "fill_type", "fill_coeff",
            "fill_value",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "img_size", "spatial_ratio", "spatial_scale", "fill_type", "fill_coeff",
            "fill_value",
        ]
    ) -> None: ...

class ResampleParameter(Message):
    DESCRIPTOR: Descriptor
    class ResampleType(_Enum):
        NEAREST: ClassVar[ResampleParameter.ResampleType]
        LINEAR: ClassVar[ResampleParameter.ResampleType]
        CUBIC: ClassVar[ResampleParameter.ResampleType]
        AREA: ClassVar[ResampleParameter.ResampleType]
    NEAREST: ClassVar[ResampleParameter.ResampleType]
    LINEAR: ClassVar[ResampleParameter.ResampleType]
    CUBIC: ClassVar[ResampleParameter.ResampleType]
    AREA: ClassVar[ResampleParameter.ResampleType]
    width: int
    height: int
    type: ResampleParameter.ResampleType
    antialias: bool
    factor: float
    def __init__(
        self, *,
            width: int | None = ..., height: int | None = ..., type:
            ResampleParameter.ResampleType | int | str | None = ..., antialias: bool | None =
            ..., factor: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "width", "height", "type", "antialias", "factor",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "width", "height", "type", "antialias", "factor",
        ]
    ) -> None: ...

class DownsampleParameter(Message):
    DESCRIPTOR: Descriptor
    top_height: int
    top_width: int
    def __init__(
        self, *,
            top_height: int | None = ..., top_width: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "top_height", "top_width",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "top_height", "top_width",
        ]
    ) -> None: ...

class AccumParameter(Message):
    DESCRIPTOR: Descriptor
    top_height: int
    top_width: int
    size_divisible_by: int
    have_reference: bool
    def __init__(
        self, *,
            top_height: int | None = ..., top_width: int | None = ..., size_divisible_by: int |
            None = ..., have_reference: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "top_height", "top_width", "size_divisible_by", "have_reference",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "top_height", "top_width", "size_divisible_by", "have_reference",
        ]
    ) -> None: ...

class MeanParameter(Message):
    DESCRIPTOR: Descriptor
    class MeanOperation(_Enum):
        ADD: ClassVar[MeanParameter.MeanOperation]
        SUBTRACT: ClassVar[MeanParameter.MeanOperation]
    ADD: ClassVar[MeanParameter.MeanOperation]
    SUBTRACT: ClassVar[MeanParameter.MeanOperation]
    operation: MeanParameter.MeanOperation
    file: str
    @property
    def value(self) -> Values[float]: ...
    mean_scale: float
    input_scale: float
    output_scale: float
    def __init__(
        self, *,
            operation: MeanParameter.MeanOperation | int | str | None = ..., file: str | None =
            ..., value: Iterable[float] | None = ..., mean_scale: float | None = ...,
            input_scale: float | None = ..., output_scale: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "operation", "file", "mean_scale", "input_scale", "output_scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "operation", "file", "value", "mean_scale", "input_scale", "output_scale",
        ]
    ) -> None: ...

class LpqLossParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def pq_episode_starts_at_iter(self) -> Values[int]: ...
    @property
    def p(self) -> Values[float]: ...
    @property
    def q(self) -> Values[float]: ...
    p_epsilon: float
    q_epsilon: float
    l2_prescale_by_channels: bool
    normalize_by_num_entries: bool
    def __init__(
        self, *,
            pq_episode_starts_at_iter: Iterable[int] | None = ..., p: Iterable[float] | None =
            ..., q: Iterable[float] | None = ..., p_epsilon: float | None = ..., q_epsilon:
            float | None = ..., l2_prescale_by_channels: bool | None = ...,
            normalize_by_num_entries: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "p_epsilon", "q_epsilon", "l2_prescale_by_channels", "normalize_by_num_entries",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pq_episode_starts_at_iter", "p", "q", "p_epsilon", "q_epsilon",
            "l2_prescale_by_channels", "normalize_by_num_entries",
        ]
    ) -> None: ...

class AttPoolingParameter(Message):
    DESCRIPTOR: Descriptor
    class AttMode(_Enum):
        GLOBAL: ClassVar[AttPoolingParameter.AttMode]
        LOCAL: ClassVar[AttPoolingParameter.AttMode]
    GLOBAL: ClassVar[AttPoolingParameter.AttMode]
    LOCAL: ClassVar[AttPoolingParameter.AttMode]
    att_mode: AttPoolingParameter.AttMode
    pad: int
    kernel_size: int
    stride: int
    dilation: int
    def __init__(
        self, *,
            att_mode: AttPoolingParameter.AttMode | int | str | None = ..., pad: int | None =
            ..., kernel_size: int | None = ..., stride: int | None = ..., dilation: int | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "att_mode", "pad", "kernel_size", "stride", "dilation",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "att_mode", "pad", "kernel_size", "stride", "dilation",
        ]
    ) -> None: ...

class ReNetLSTMParameter(Message):
    DESCRIPTOR: Descriptor
    class Direction(_Enum):
        X_DIR: ClassVar[ReNetLSTMParameter.Direction]
        Y_DIR: ClassVar[ReNetLSTMParameter.Direction]
    X_DIR: ClassVar[ReNetLSTMParameter.Direction]
    Y_DIR: ClassVar[ReNetLSTMParameter.Direction]
    direction: ReNetLSTMParameter.Direction
    num_output: int
    patch_width: int
    patch_height: int
    @property
    def general_weight_filler(self) -> FillerParameter: ...
    @property
    def general_bias_filler(self) -> FillerParameter: ...
    @property
    def forget_gate_bias_filler(self) -> FillerParameter: ...
    @property
    def input_gate_bias_filler(self) -> FillerParameter: ...
    @property
    def output_gate_bias_filler(self) -> FillerParameter: ...
    peephole: bool
    def __init__(
        self, *,
            direction: ReNetLSTMParameter.Direction | int | str | None = ..., num_output: int |
            None = ..., patch_width: int | None = ..., patch_height: int | None = ...,
            general_weight_filler: FillerParameter | _Fields | None = ..., general_bias_filler:
            FillerParameter | _Fields | None = ..., forget_gate_bias_filler: FillerParameter |
            _Fields | None = ..., input_gate_bias_filler: FillerParameter | _Fields | None =
            ..., output_gate_bias_filler: FillerParameter | _Fields | None = ..., peephole: bool
            | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "direction", "num_output", "patch_width", "patch_height", "general_weight_filler",
            "general_bias_filler", "forget_gate_bias_filler", "input_gate_bias_filler",
            "output_gate_bias_filler", "peephole",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "direction", "num_output", "patch_width", "patch_height", "general_weight_filler",
            "general_bias_filler", "forget_gate_bias_filler", "input_gate_bias_filler",
            "output_gate_bias_filler", "peephole",
        ]
    ) -> None: ...

class NetvladParameter(Message):
    DESCRIPTOR: Descriptor
    cluster_num: int
    local_dim: int
    vlad_dim: int
    @property
    def weight_filler(self) -> FillerParameter: ...
    def __init__(
        self, *,
            cluster_num: int | None = ..., local_dim: int | None = ..., vlad_dim: int | None =
            ..., weight_filler: FillerParameter | _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "cluster_num", "local_dim", "vlad_dim", "weight_filler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "cluster_num", "local_dim", "vlad_dim", "weight_filler",
        ]
    ) -> None: ...

class ResizeLayerParameter(Message):
    DESCRIPTOR: Descriptor
    height: int
    width: int
    height_fac: float
    width_fac: float
    is_pyramid_test: bool
    out_height_scale: float
    out_width_scale: float
    nearest: bool
    def __init__(
        self, *,
            height: int | None = ..., width: int | None = ..., height_fac: float | None = ...,
            width_fac: float | None = ..., is_pyramid_test: bool | None = ..., out_height_scale:
            float | None = ..., out_width_scale: float | None = ..., nearest: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "height", "width", "height_fac", "width_fac", "is_pyramid_test", "out_height_scale",
            "out_width_scale", "nearest",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "height", "width", "height_fac", "width_fac", "is_pyramid_test", "out_height_scale",
            "out_width_scale", "nearest",
        ]
    ) -> None: ...

class PoseCoordsFromHeatMapsParameter(Message):
    DESCRIPTOR: Descriptor
    heat_map_a: int
    heat_map_b: int
    top_k: int
    def __init__(
        self, *,
            heat_map_a: int | None = ..., heat_map_b: int | None = ..., top_k: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "heat_map_a", "heat_map_b", "top_k",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "heat_map_a", "heat_map_b", "top_k",
        ]
    ) -> None: ...

class SecondaryRegionsOpScoresParameter(Message):
    DESCRIPTOR: Descriptor
    class OpScoresMethod(_Enum):
        MAX: ClassVar[SecondaryRegionsOpScoresParameter.OpScoresMethod]
        SUM: ClassVar[SecondaryRegionsOpScoresParameter.OpScoresMethod]
        AVE: ClassVar[SecondaryRegionsOpScoresParameter.OpScoresMethod]
    MAX: ClassVar[SecondaryRegionsOpScoresParameter.OpScoresMethod]
    SUM: ClassVar[SecondaryRegionsOpScoresParameter.OpScoresMethod]
    AVE: ClassVar[SecondaryRegionsOpScoresParameter.OpScoresMethod]
    n_secondary_regions: int
    op_scores: SecondaryRegionsOpScoresParameter.OpScoresMethod
    has_scene_branch: bool
    def __init__(
        self, *,
            n_secondary_regions: int | None = ..., op_scores:
            SecondaryRegionsOpScoresParameter.OpScoresMethod | int | str | None = ...,
            has_scene_branch: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "n_secondary_regions", "op_scores", "has_scene_branch",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "n_secondary_regions", "op_scores", "has_scene_branch",
        ]
    ) -> None: ...

class HeatMapsFromCoordsOriginParameter(Message):
    DESCRIPTOR: Descriptor
    radius: int
    is_binary: bool
    gau_mean: float
    gau_stds: float
    radius_str: str
    def __init__(
        self, *,
            radius: int | None = ..., is_binary: bool | None = ..., gau_mean: float | None =
            ..., gau_stds: float | None = ..., radius_str: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "radius", "is_binary", "gau_mean", "gau_stds", "radius_str",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "radius", "is_binary", "gau_mean", "gau_stds", "radius_str",
        ]
    ) -> None: ...

class PoseHeatMapLossParameter(Message):
    DESCRIPTOR: Descriptor
    loss_emphase_type: int
    fg_eof: float
    bg_eof: float
    ratio: float
    bg_num: float
    heat_score_thres: float
    @property
    def heat_score_thres_arr(self) -> Values[float]: ...
    parts_err_num_thres: int
    hard_negative_filepath: str
    prob_num: int
    def __init__(
        self, *,
            loss_emphase_type: int | None = ..., fg_eof: float | None = ..., bg_eof: float |
            None = ..., ratio: float | None = ..., bg_num: float | None = ..., heat_score_thres:
            float | None = ..., heat_score_thres_arr: Iterable[float] | None = ...,
            parts_err_num_thres: int | None = ..., hard_negative_filepath: str | None = ...,
            prob_num: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "loss_emphase_type", "fg_eof", "bg_eof", "ratio", "bg_num", "heat_score_thres",
            "parts_err_num_thres", "hard_negative_filepath", "prob_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "loss_emphase_type", "fg_eof", "bg_eof", "ratio", "bg_num", "heat_score_thres",
            "heat_score_thres_arr", "parts_err_num_thres", "hard_negative_filepath", "prob_num",
        ]
    ) -> None: ...

class PosePDJAccuracyParameter(Message):
    DESCRIPTOR: Descriptor
    acc_factor: float
    acc_factor_num: int
    images_num: int
    acc_path: str
    acc_name: str
    hip_id: int
    shoulder_id: int
    log_name: str
    zero_iter_test: bool
    def __init__(
        self, *,
            acc_factor: float | None = ..., acc_factor_num: int | None = ..., images_num: int |
            None = ..., acc_path: str | None = ..., acc_name: str | None = ..., hip_id: int |
            None = ..., shoulder_id: int | None = ..., log_name: str | None = ...,
            zero_iter_test: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "acc_factor", "acc_factor_num", "images_num", "acc_path", "acc_name", "hip_id",
            "shoulder_id", "log_name", "zero_iter_test",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "acc_factor", "acc_factor_num", "images_num", "acc_path", "acc_name", "hip_id",
            "shoulder_id", "log_name", "zero_iter_test",
        ]
    ) -> None: ...

class PoseEuDistAccuracyParameter(Message):
    DESCRIPTOR: Descriptor
    acc_factor: float
    acc_factor_num: int
    images_num: int
    acc_path: str
    acc_name: str
    log_name: str
    zero_iter_test: bool
    def __init__(
        self, *,
            acc_factor: float | None = ..., acc_factor_num: int | None = ..., images_num: int |
            None = ..., acc_path: str | None = ..., acc_name: str | None = ..., log_name: str |
            None = ..., zero_iter_test: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "acc_factor", "acc_factor_num", "images_num", "acc_path", "acc_name", "log_name",
            "zero_iter_test",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "acc_factor", "acc_factor_num", "images_num", "acc_path", "acc_name", "log_name",
            "zero_iter_test",
        ]
    ) -> None: ...

class PoseImageDataParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def source(self) -> Values[str]: ...
    @property
    def root_folder(self) -> Values[str]: ...
    label_num: int
    batch_size: int
    always_max_size: bool
    is_scale_image: bool
    rand_skip: int
    shuffle: bool
    max_size: int
    @property
    def min_size(self) -> Values[int]: ...
    is_color: bool
    visual_path: str
    skel_points_path: str
    img_ext: str
    visual_images_path: str
    visual_labels_path: str
    visual_aux_info_path: str
    is_perturb_coords: bool
    min_plb: float
    max_plb: float
    receptive_field_size: int
    parts_orders_path: str
    def __init__(
        self, *,
            source: Iterable[str] | None = ..., root_folder: Iterable[str] | None = ...,
            label_num: int | None = ..., batch_size: int | None = ..., always_max_size: bool |
            None = ..., is_scale_image: bool | None = ..., rand_skip: int | None = ..., shuffle:
            bool | None = ..., max_size: int | None = ..., min_size: Iterable[int] | None = ...,
            is_color: bool | None = ..., visual_path: str | None = ..., skel_points_path: str |
            None = ..., img_ext: str | None = ..., visual_images_path: str | None = ...,
            visual_labels_path: str | None = ..., visual_aux_info_path: str | None = ...,
            is_perturb_coords: bool | None = ..., min_plb: float | None = ..., max_plb: float |
            None = ..., receptive_field_size: int | None = ..., parts_orders_path: str | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "label_num", "batch_size", "always_max_size", "is_scale_image", "rand_skip",
            "shuffle", "max_size", "is_color", "visual_path", "skel_points_path", "img_ext",
            "visual_images_path", "visual_labels_path", "visual_aux_info_path",
            "is_perturb_coords", "min_plb", "max_plb", "receptive_field_size",
            "parts_orders_path",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "root_folder", "label_num", "batch_size", "always_max_size",
            "is_scale_image", "rand_skip", "shuffle", "max_size", "min_size", "is_color",
            "visual_path", "skel_points_path", "img_ext", "visual_images_path",
            "visual_labels_path", "visual_aux_info_path", "is_perturb_coords", "min_plb",
            "max_plb", "receptive_field_size", "parts_orders_path",
        ]
    ) -> None: ...

class MultiSourcesImagesDataParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def source(self) -> Values[str]: ...
    @property
    def root_folder(self) -> Values[str]: ...
    label_num: int
    batch_size: int
    always_max_size: bool
    is_scale_image: bool
    rand_skip: int
    shuffle: bool
    max_size: int
    @property
    def min_size(self) -> Values[int]: ...
    @property
    def is_colors(self) -> Values[bool]: ...
    visual_path: str
    skel_points_path: str
    @property
    def im_exts(self) -> Values[str]: ...
    visual_images_path: str
    visual_labels_path: str
    visual_aux_info_path: str
    is_perturb_coords: bool
    min_plb: float
    max_plb: float
    receptive_field_size: int
    parts_orders_path: str
    scale_string: str
    angle_max: float
    @property
    def need_rotates(self) -> Values[bool]: ...
    translate_num: int
    @property
    def need_translates(self) -> Values[bool]: ...
    rotate_prob_num: int
    translate_prob_num: int
    def __init__(
        self, *,
            source: Iterable[str] | None = ..., root_folder: Iterable[str] | None = ...,
            label_num: int | None = ..., batch_size: int | None = ..., always_max_size: bool |
            None = ..., is_scale_image: bool | None = ..., rand_skip: int | None = ..., shuffle:
            bool | None = ..., max_size: int | None = ..., min_size: Iterable[int] | None = ...,
            is_colors: Iterable[bool] | None = ..., visual_path: str | None = ...,
            skel_points_path: str | None = ..., im_exts: Iterable[str] | None = ...,
            visual_images_path: str | None = ..., visual_labels_path: str | None = ...,
            visual_aux_info_path: str | None = ..., is_perturb_coords: bool | None = ...,
            min_plb: float | None = ..., max_plb: float | None = ..., receptive_field_size: int
            | None = ..., parts_orders_path: str | None = ..., scale_string: str | None = ...,
            angle_max: float | None = ..., need_rotates: Iterable[bool] | None = ...,
            translate_num: int | None = ..., need_translates: Iterable[bool] | None = ...,
            rotate_prob_num: int | None = ..., translate_prob_num: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "label_num", "batch_size", "always_max_size", "is_scale_image", "rand_skip",
            "shuffle", "max_size", "visual_path", "skel_points_path", "visual_images_path",
            "visual_labels_path", "visual_aux_info_path", "is_perturb_coords", "min_plb",
            "max_plb", "receptive_field_size", "parts_orders_path", "scale_string", "angle_max",
            "translate_num", "rotate_prob_num", "translate_prob_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "root_folder", "label_num", "batch_size", "always_max_size",
            "is_scale_image", "rand_skip", "shuffle", "max_size", "min_size", "is_colors",
            "visual_path", "skel_points_path", "im_exts", "visual_images_path",
            "visual_labels_path", "visual_aux_info_path", "is_perturb_coords", "min_plb",
            "max_plb", "receptive_field_size", "parts_orders_path", "scale_string", "angle_max",
            "need_rotates", "translate_num", "need_translates", "rotate_prob_num",
            "translate_prob_num",
        ]
    ) -> None: ...

class CoordsToBboxMasksParameter(Message):
    DESCRIPTOR: Descriptor
    top_id: int
    bottom_id: int
    value: int
    visual_path: str
    img_ext: str
    top_id2: int
    bottom_id2: int
    perturb_num: int
    def __init__(
        self, *,
            top_id: int | None = ..., bottom_id: int | None = ..., value: int | None = ...,
            visual_path: str | None = ..., img_ext: str | None = ..., top_id2: int | None = ...,
            bottom_id2: int | None = ..., perturb_num: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "top_id", "bottom_id", "value", "visual_path", "img_ext", "top_id2", "bottom_id2",
            "perturb_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "top_id", "bottom_id", "value", "visual_path", "img_ext", "top_id2", "bottom_id2",
            "perturb_num",
        ]
    ) -> None: ...

class TorsoMaskFromCoordsParameter(Message):
    DESCRIPTOR: Descriptor
    top_id: int
    bottom_id: int
    value: int
    img_ext: str
    visual_path: str
    top_id2: int
    bottom_id2: int
    input_path: str
    perb_num: int
    def __init__(
        self, *,
            top_id: int | None = ..., bottom_id: int | None = ..., value: int | None = ...,
            img_ext: str | None = ..., visual_path: str | None = ..., top_id2: int | None = ...,
            bottom_id2: int | None = ..., input_path: str | None = ..., perb_num: int | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "top_id", "bottom_id", "value", "img_ext", "visual_path", "top_id2", "bottom_id2",
            "input_path", "perb_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "top_id", "bottom_id", "value", "img_ext", "visual_path", "top_id2", "bottom_id2",
            "input_path", "perb_num",
        ]
    ) -> None: ...

class VisualHeatMapsParameter(Message):
    DESCRIPTOR: Descriptor
    heat_map_path: str
    heat_map_files_name: str
    heat_map_images_name: str
    visual_type: int
    threshold: float
    phase_name: str
    img_ext: str
    file_ext: str
    def __init__(
        self, *,
            heat_map_path: str | None = ..., heat_map_files_name: str | None = ...,
            heat_map_images_name: str | None = ..., visual_type: int | None = ..., threshold:
            float | None = ..., phase_name: str | None = ..., img_ext: str | None = ...,
            file_ext: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "heat_map_path", "heat_map_files_name", "heat_map_images_name", "visual_type",
            "threshold", "phase_name", "img_ext", "file_ext",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "heat_map_path", "heat_map_files_name", "heat_map_images_name", "visual_type",
            "threshold", "phase_name", "img_ext", "file_ext",
        ]
    ) -> None: ...

class VisualPoseCoordsParameter(Message):
    DESCRIPTOR: Descriptor
    coords_path: str
    coords_files_name: str
    coords_images_name: str
    skel_path: str
    @property
    def phase_name(self) -> Values[str]: ...
    img_ext: str
    file_ext: str
    is_draw_skel: bool
    is_draw_text: bool
    is_write_file: bool
    is_write_image: bool
    need_to_draw_inds_string: str
    def __init__(
        self, *,
            coords_path: str | None = ..., coords_files_name: str | None = ...,
            coords_images_name: str | None = ..., skel_path: str | None = ..., phase_name:
            Iterable[str] | None = ..., img_ext: str | None = ..., file_ext: str | None = ...,
            is_draw_skel: bool | None = ..., is_draw_text: bool | None = ..., is_write_file:
            bool | None = ..., is_write_image: bool | None = ..., need_to_draw_inds_string: str
            | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "coords_path", "coords_files_name", "coords_images_name", "skel_path", "img_ext",
            "file_ext", "is_draw_skel", "is_draw_text", "is_write_file", "is_write_image",
            "need_to_draw_inds_string",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "coords_path", "coords_files_name", "coords_images_name", "skel_path", "phase_name",
            "img_ext", "file_ext", "is_draw_skel", "is_draw_text", "is_write_file",
            "is_write_image", "need_to_draw_inds_string",
        ]
    ) -> None: ...

class ExtractPrimaryParameter(Message):
    DESCRIPTOR: Descriptor
    ims_per_batch: int
    def __init__(
        self, *,
            ims_per_batch: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "ims_per_batch",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "ims_per_batch",
        ]
    ) -> None: ...

class ArgMaxCParameter(Message):
    DESCRIPTOR: Descriptor
    out_max_val: bool
    def __init__(
        self, *,
            out_max_val: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "out_max_val",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "out_max_val",
        ]
    ) -> None: ...

class LoadDataImageParameter(Message):
    DESCRIPTOR: Descriptor
    is_color: bool
    root_folder: str
    visual_path: str
    img_ext: str
    is_rgb2gray: bool
    def __init__(
        self, *,
            is_color: bool | None = ..., root_folder: str | None = ..., visual_path: str | None
            = ..., img_ext: str | None = ..., is_rgb2gray: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "is_color", "root_folder", "visual_path", "img_ext", "is_rgb2gray",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "is_color", "root_folder", "visual_path", "img_ext", "is_rgb2gray",
        ]
    ) -> None: ...

class LoadDataFromFileParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    root_folder: str
    shuffle: bool
    batch_size: int
    rand_skip: int
    visual_path: str
    ow: int
    oh: int
    scale: float
    def __init__(
        self, *,
            source: str | None = ..., root_folder: str | None = ..., shuffle: bool | None = ...,
            batch_size: int | None = ..., rand_skip: int | None = ..., visual_path: str | None =
            ..., ow: int | None = ..., oh: int | None = ..., scale: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "root_folder", "shuffle", "batch_size", "rand_skip", "visual_path", "ow",
            "oh", "scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "root_folder", "shuffle", "batch_size", "rand_skip", "visual_path", "ow",
            "oh", "scale",
        ]
    ) -> None: ...

class ScenePoolingParameter(Message):
    DESCRIPTOR: Descriptor
    pooled_h: int
    pooled_w: int
    def __init__(
        self, *,
            pooled_h: int | None = ..., pooled_w: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pooled_h", "pooled_w",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pooled_h", "pooled_w",
        ]
    ) -> None: ...

class SimilaryEuclideanLossParameter(Message):
    DESCRIPTOR: Descriptor
    learn_lr: float
    loss_thresh: float
    loss_bias: float
    def __init__(
        self, *,
            learn_lr: float | None = ..., loss_thresh: float | None = ..., loss_bias: float |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "learn_lr", "loss_thresh", "loss_bias",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "learn_lr", "loss_thresh", "loss_bias",
        ]
    ) -> None: ...

class WriteDataIntoFileParameter(Message):
    DESCRIPTOR: Descriptor
    scale: float
    visual_dire: str
    n_images: int
    file_ext: str
    def __init__(
        self, *,
            scale: float | None = ..., visual_dire: str | None = ..., n_images: int | None =
            ..., file_ext: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "scale", "visual_dire", "n_images", "file_ext",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "scale", "visual_dire", "n_images", "file_ext",
        ]
    ) -> None: ...

class RandomGeneratorParameter(Message):
    DESCRIPTOR: Descriptor
    rand_type: str
    exp: bool
    mean: float
    spread: float
    prob: float
    apply_schedule: bool
    discretize: bool
    multiplier: float
    def __init__(
        self, *,
            rand_type: str | None = ..., exp: bool | None = ..., mean: float | None = ...,
            spread: float | None = ..., prob: float | None = ..., apply_schedule: bool | None =
            ..., discretize: bool | None = ..., multiplier: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "rand_type", "exp", "mean", "spread", "prob", "apply_schedule", "discretize",
            "multiplier",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "rand_type", "exp", "mean", "spread", "prob", "apply_schedule", "discretize",
            "multiplier",
        ]
    ) -> None: ...

class CoeffScheduleParameter(Message):
    DESCRIPTOR: Descriptor
    half_life: float
    initial_coeff: float
    final_coeff: float
    def __init__(
        self, *,
            half_life: float | None = ..., initial_coeff: float | None = ..., final_coeff: float
            | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "half_life", "initial_coeff", "final_coeff",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "half_life", "initial_coeff", "final_coeff",
        ]
    ) -> None: ...

class AugmentationParameter(Message):
    DESCRIPTOR: Descriptor
    write_augmented: str
    max_multiplier: float
    augment_during_test: bool
    recompute_mean: int
    write_mean: str
    mean_per_pixel: bool
    mode: str
    @property
    def mean(self) -> Values[float]: ...
    crop_width: int
    crop_height: int
    bottomwidth: int
    bottomheight: int
    num: int
    @property
    def chromatic_eigvec(self) -> Values[float]: ...
    @property
    def mirror(self) -> RandomGeneratorParameter: ...
    @property
    def translate(self) -> RandomGeneratorParameter: ...
    @property
    def rotate(self) -> RandomGeneratorParameter: ...
    @property
    def zoom(self) -> RandomGeneratorParameter: ...
    @property
    def squeeze(self) -> RandomGeneratorParameter: ...
    @property
    def translate_x(self) -> RandomGeneratorParameter: ...
    @property
    def translate_y(self) -> RandomGeneratorParameter: ...
    @property
    def gamma(self) -> RandomGeneratorParameter: ...
    @property
    def brightness(self) -> RandomGeneratorParameter: ...
    @property
    def contrast(self) -> RandomGeneratorParameter: ...
    @property
    def color(self) -> RandomGeneratorParameter: ...
    @property
    def lmult_pow(self) -> RandomGeneratorParameter: ...
    @property
    def lmult_mult(self) -> RandomGeneratorParameter: ...
    @property
    def lmult_add(self) -> RandomGeneratorParameter: ...
    @property
    def sat_pow(self) -> RandomGeneratorParameter: ...
    @property
    def sat_mult(self) -> RandomGeneratorParameter: ...
    @property
    def sat_add(self) -> RandomGeneratorParameter: ...
    @property
    def col_pow(self) -> RandomGeneratorParameter: ...
    @property
    def col_mult(self) -> RandomGeneratorParameter: ...
    @property
    def col_add(self) -> RandomGeneratorParameter: ...
    @property
    def ladd_pow(self) -> RandomGeneratorParameter: ...
    @property
    def ladd_mult(self) -> RandomGeneratorParameter: ...
    @property
    def ladd_add(self) -> RandomGeneratorParameter: ...
    @property
    def col_rotate(self) -> RandomGeneratorParameter: ...
    @property
    def fog_amount(self) -> RandomGeneratorParameter: ...
    @property
    def fog_size(self) -> RandomGeneratorParameter: ...
    @property
    def motion_blur_angle(self) -> RandomGeneratorParameter: ...
    @property
    def motion_blur_size(self) -> RandomGeneratorParameter: ...
    @property
    def shadow_angle(self) -> RandomGeneratorParameter: ...
    @property
    def shadow_distance(self) -> RandomGeneratorParameter: ...
    @property
    def shadow_strength(self) -> RandomGeneratorParameter: ...
    @property
    def noise(self) -> RandomGeneratorParameter: ...
    def __init__(
        self, *,
            write_augmented: str | None = ..., max_multiplier: float | None = ...,
            augment_during_test: bool | None = ..., recompute_mean: int | None = ...,
            write_mean: str | None = ..., mean_per_pixel: bool | None = ..., mode: str | None =
            ..., mean: Iterable[float] | None = ..., crop_width: int | None = ..., crop_height:
            int | None = ..., bottomwidth: int | None = ..., bottomheight: int | None = ...,
            num: int | None = ..., chromatic_eigvec: Iterable[float] | None = ..., mirror:
            RandomGeneratorParameter | _Fields | None = ..., translate: RandomGeneratorParameter
            | _Fields | None = ..., rotate: RandomGeneratorParameter | _Fields | None = ...,
            zoom: RandomGeneratorParameter | _Fields | None = ..., squeeze:
            RandomGeneratorParameter | _Fields | None = ..., translate_x:
            RandomGeneratorParameter | _Fields | None = ..., translate_y:
            RandomGeneratorParameter | _Fields | None = ..., gamma: RandomGeneratorParameter |
            _Fields | None = ..., brightness: RandomGeneratorParameter | _Fields | None = ...,
            contrast: RandomGeneratorParameter | _Fields | None = ..., color:
            RandomGeneratorParameter | _Fields | None = ..., lmult_pow: RandomGeneratorParameter
            | _Fields | None = ..., lmult_mult: RandomGeneratorParameter | _Fields | None = ...,
            lmult_add: RandomGeneratorParameter | _Fields | None = ..., sat_pow:
            RandomGeneratorParameter | _Fields | None = ..., sat_mult: RandomGeneratorParameter
            | _Fields | None = ..., sat_add: RandomGeneratorParameter | _Fields | None = ...,
            col_pow: RandomGeneratorParameter | _Fields | None = ..., col_mult:
            RandomGeneratorParameter | _Fields | None = ..., col_add: RandomGeneratorParameter |
            _Fields | None = ..., ladd_pow: RandomGeneratorParameter | _Fields | None = ...,
            ladd_mult: RandomGeneratorParameter | _Fields | None = ..., ladd_add:
            RandomGeneratorParameter | _Fields | None = ..., col_rotate:
            RandomGeneratorParameter | _Fields | None = ..., fog_amount:
            RandomGeneratorParameter | _Fields | None = ..., fog_size: RandomGeneratorParameter
            | _Fields | None = ..., motion_blur_angle: RandomGeneratorParameter | _Fields | None
            = ..., motion_blur_size: RandomGeneratorParameter | _Fields | None = ...,
            shadow_angle: RandomGeneratorParameter | _Fields | None = ..., shadow_distance:
            RandomGeneratorParameter | _Fields | None = ..., shadow_strength:
            RandomGeneratorParameter | _Fields | None = ..., noise: RandomGeneratorParameter |
            _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "write_augmented", "max_multiplier", "augment_during_test", "recompute_mean",
            "write_mean", "mean_per_pixel", "mode", "crop_width", "crop_height", "bottomwidth",
            "bottomheight", "num", "mirror", "translate", "rotate", "zoom", "squeeze",
            "translate_x", "translate_y", "gamma", "brightness", "contrast", "color",
            "lmult_pow", "lmult_mult", "lmult_add", "sat_pow", "sat_mult", "sat_add", "col_pow",
            "col_mult", "col_add", "ladd_pow", "ladd_mult", "ladd_add", "col_rotate",
            "fog_amount", "fog_size", "motion_blur_angle", "motion_blur_size", "shadow_angle",
            "shadow_distance", "shadow_strength", "noise",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "write_augmented", "max_multiplier", "augment_during_test", "recompute_mean",
            "write_mean", "mean_per_pixel", "mode", "mean", "crop_width", "crop_height",
            "bottomwidth", "bottomheight", "num", "chromatic_eigvec", "mirror", "translate",
            "rotate", "zoom", "squeeze", "translate_x", "translate_y", "gamma", "brightness",
            "contrast", "color", "lmult_pow", "lmult_mult", "lmult_add", "sat_pow", "sat_mult",
            "sat_add", "col_pow", "col_mult", "col_add", "ladd_pow", "ladd_mult", "ladd_add",
            "col_rotate", "fog_amount", "fog_size", "motion_blur_angle", "motion_blur_size",
            "shadow_angle", "shadow_distance", "shadow_strength", "noise",
        ]
    ) -> None: ...

class ROIAlignParameter(Message):
    DESCRIPTOR: Descriptor
    pooled_h: int
    pooled_w: int
    spatial_scale: float
    sampling_ratio: int
    def __init__(
        self, *,
            pooled_h: int | None = ..., pooled_w: int | None = ..., spatial_scale: float | None
            = ..., sampling_ratio: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pooled_h", "pooled_w", "spatial_scale", "sampling_ratio",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pooled_h", "pooled_w", "spatial_scale", "sampling_ratio",
        ]
    ) -> None: ...

class ROIAlignmentParameter(Message):
    DESCRIPTOR: Descriptor
    pooled_h: int
    pooled_w: int
    spatial_scale: float
    def __init__(
        self, *,
            pooled_h: int | None = ..., pooled_w: int | None = ..., spatial_scale: float | None
            = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pooled_h", "pooled_w", "spatial_scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pooled_h", "pooled_w", "spatial_scale",
        ]
    ) -> None: ...

class GlobalSumPoolingParameter(Message):
    DESCRIPTOR: Descriptor
    num_classes: int
    num_proposal: int
    include_background: bool
    def __init__(
        self, *,
            num_classes: int | None = ..., num_proposal: int | None = ..., include_background:
            bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_classes", "num_proposal", "include_background",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_classes", "num_proposal", "include_background",
        ]
    ) -> None: ...

class MulticlassCrossEntropyLossParameter(Message):
    DESCRIPTOR: Descriptor
    include_background: bool
    def __init__(
        self, *,
            include_background: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "include_background",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "include_background",
        ]
    ) -> None: ...

class DeformableConvolutionParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[DeformableConvolutionParameter.Engine]
        CAFFE: ClassVar[DeformableConvolutionParameter.Engine]
        CUDNN: ClassVar[DeformableConvolutionParameter.Engine]
    DEFAULT: ClassVar[DeformableConvolutionParameter.Engine]
    CAFFE: ClassVar[DeformableConvolutionParameter.Engine]
    CUDNN: ClassVar[DeformableConvolutionParameter.Engine]
    num_output: int
    bias_term: bool
    @property
    def pad(self) -> Values[int]: ...
    @property
    def kernel_size(self) -> Values[int]: ...
    group: int
    @property
    def stride(self) -> Values[int]: ...
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    pad_h: int
    pad_w: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    engine: DeformableConvolutionParameter.Engine
    axis: int
    force_nd_im2col: bool
    @property
    def dilation(self) -> Values[int]: ...
    deformable_group: int
    def __init__(
        self, *,
            num_output: int | None = ..., bias_term: bool | None = ..., pad: Iterable[int] |
            None = ..., kernel_size: Iterable[int] | None = ..., group: int | None = ...,
            stride: Iterable[int] | None = ..., weight_filler: FillerParameter | _Fields | None
            = ..., bias_filler: FillerParameter | _Fields | None = ..., pad_h: int | None = ...,
            pad_w: int | None = ..., kernel_h: int | None = ..., kernel_w: int | None = ...,
            stride_h: int | None = ..., stride_w: int | None = ..., engine:
            DeformableConvolutionParameter.Engine | int | str | None = ..., axis: int | None =
            ..., force_nd_im2col: bool | None = ..., dilation: Iterable[int] | None = ...,
            deformable_group: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "bias_term", "group", "weight_filler", "bias_filler", "pad_h",
            "pad_w", "kernel_h", "kernel_w", "stride_h", "stride_w", "engine", "axis",
            "force_nd_im2col", "deformable_group",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "bias_term", "pad", "kernel_size", "group", "stride", "weight_filler",
            "bias_filler", "pad_h", "pad_w", "kernel_h", "kernel_w", "stride_h", "stride_w",
            "engine", "axis", "force_nd_im2col", "dilation", "deformable_group",
        ]
    ) -> None: ...

class LiftedStructLossParameter(Message):
    DESCRIPTOR: Descriptor
    margin: float
    def __init__(
        self, *,
            margin: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "margin",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "margin",
        ]
    ) -> None: ...

class BNConvParameter(Message):
    DESCRIPTOR: Descriptor
    decay: float
    fix: bool
    def __init__(
        self, *,
            decay: float | None = ..., fix: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "decay", "fix",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "decay", "fix",
        ]
    ) -> None: ...

class BdctToSpatialParameter(Message):
    DESCRIPTOR: Descriptor
    quality: float
    def __init__(
        self, *,
            quality: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "quality",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "quality",
        ]
    ) -> None: ...

class QuantTruncAbsParameter(Message):
    DESCRIPTOR: Descriptor
    class ProcessMethod(_Enum):
        QUANTTRUNCABS: ClassVar[QuantTruncAbsParameter.ProcessMethod]
        QUANT: ClassVar[QuantTruncAbsParameter.ProcessMethod]
        ABS: ClassVar[QuantTruncAbsParameter.ProcessMethod]
        TRUNC: ClassVar[QuantTruncAbsParameter.ProcessMethod]
        QUANTTRUNC: ClassVar[QuantTruncAbsParameter.ProcessMethod]
        QUANTABS: ClassVar[QuantTruncAbsParameter.ProcessMethod]
        TRUNCABS: ClassVar[QuantTruncAbsParameter.ProcessMethod]
    QUANTTRUNCABS: ClassVar[QuantTruncAbsParameter.ProcessMethod]
    QUANT: ClassVar[QuantTruncAbsParameter.ProcessMethod]
    ABS: ClassVar[QuantTruncAbsParameter.ProcessMethod]
    TRUNC: ClassVar[QuantTruncAbsParameter.ProcessMethod]
    QUANTTRUNC: ClassVar[QuantTruncAbsParameter.ProcessMethod]
    QUANTABS: ClassVar[QuantTruncAbsParameter.ProcessMethod]
    TRUNCABS: ClassVar[QuantTruncAbsParameter.ProcessMethod]
    process: QuantTruncAbsParameter.ProcessMethod
    threshold: int
    def __init__(
        self, *,
            process: QuantTruncAbsParameter.ProcessMethod | int | str | None = ..., threshold:
            int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "process", "threshold",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "process", "threshold",
        ]
    ) -> None: ...

class SteganalysisDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    batch_size: int
    shuffle: bool
    cover_dir: str
    stego_dir: str
    rand_mirror_rotate: bool
    def __init__(
        self, *,
            source: str | None = ..., batch_size: int | None = ..., shuffle: bool | None = ...,
            cover_dir: str | None = ..., stego_dir: str | None = ..., rand_mirror_rotate: bool |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "batch_size", "shuffle", "cover_dir", "stego_dir", "rand_mirror_rotate",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "batch_size", "shuffle", "cover_dir", "stego_dir", "rand_mirror_rotate",
        ]
    ) -> None: ...

class SetLoss2Parameter(Message):
    DESCRIPTOR: Descriptor
    alpha: float
    def __init__(
        self, *,
            alpha: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "alpha",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "alpha",
        ]
    ) -> None: ...

class OrdinalRegressionLossParameter(Message):
    DESCRIPTOR: Descriptor
    k: int
    weight_file: str
    def __init__(
        self, *,
            k: int | None = ..., weight_file: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "k", "weight_file",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "k", "weight_file",
        ]
    ) -> None: ...

class SlidingWindowParameter(Message):
    DESCRIPTOR: Descriptor
    window_h: int
    window_w: int
    stride_h: int
    stride_w: int
    def __init__(
        self, *,
            window_h: int | None = ..., window_w: int | None = ..., stride_h: int | None = ...,
            stride_w: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "window_h", "window_w", "stride_h", "stride_w",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "window_h", "window_w", "stride_h", "stride_w",
        ]
    ) -> None: ...

class NormConvMeanfieldParameter(Message):
    DESCRIPTOR: Descriptor
    class Mode(_Enum):
        POTTS: ClassVar[NormConvMeanfieldParameter.Mode]
    POTTS: ClassVar[NormConvMeanfieldParameter.Mode]
    class Norm(_Enum):
        L1: ClassVar[NormConvMeanfieldParameter.Norm]
        L2: ClassVar[NormConvMeanfieldParameter.Norm]
    L1: ClassVar[NormConvMeanfieldParameter.Norm]
    L2: ClassVar[NormConvMeanfieldParameter.Norm]
    compatibility_mode: NormConvMeanfieldParameter.Mode
    threshold: float
    num_iterations: int
    spatial_filter_weight: float
    bilateral_filter_weight: float
    forced_spatial_filter_weight: float
    forced_bilateral_filter_weight: float
    iter_multiplier: float
    @property
    def norm(self) -> Values[NormConvMeanfieldParameter.Norm]: ...
    @property
    def scale_term(self) -> Values[bool]: ...
    @property
    def scale(self) -> Values[float]: ...
    @property
    def remove_center(self) -> Values[bool]: ...
    @property
    def remove_bounds(self) -> Values[bool]: ...
    @property
    def bias_term(self) -> Values[bool]: ...
    @property
    def pad(self) -> Values[int]: ...
    @property
    def kernel_size(self) -> Values[int]: ...
    @property
    def stride(self) -> Values[int]: ...
    @property
    def dilation(self) -> Values[int]: ...
    @property
    def group(self) -> Values[int]: ...
    def __init__(
        self, *,
            compatibility_mode: NormConvMeanfieldParameter.Mode | int | str | None = ...,
            threshold: float | None = ..., num_iterations: int | None = ...,
            spatial_filter_weight: float | None = ..., bilateral_filter_weight: float | None =
            ..., forced_spatial_filter_weight: float | None = ...,
            forced_bilateral_filter_weight: float | None = ..., iter_multiplier: float | None =
            ..., norm: Iterable[NormConvMeanfieldParameter.Norm | int | str] | None = ...,
            scale_term: Iterable[bool] | None = ..., scale: Iterable[float] | None = ...,
            remove_center: Iterable[bool] | None = ..., remove_bounds: Iterable[bool] | None =
            ..., bias_term: Iterable[bool] | None = ..., pad: Iterable[int] | None = ...,
            kernel_size: Iterable[int] | None = ..., stride: Iterable[int] | None = ...,
            dilation: Iterable[int] | None = ..., group: Iterable[int] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "compatibility_mode", "threshold", "num_iterations", "spatial_filter_weight",
            "bilateral_filter_weight", "forced_spatial_filter_weight",
            "forced_bilateral_filter_weight", "iter_multiplier",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "compatibility_mode", "threshold", "num_iterations", "spatial_filter_weight",
            "bilateral_filter_weight", "forced_spatial_filter_weight",
            "forced_bilateral_filter_weight", "iter_multiplier", "norm", "scale_term", "scale",
            "remove_center", "remove_bounds", "bias_term", "pad", "kernel_size", "stride",
            "dilation", "group",
        ]
    ) -> None: ...

class ChannelReduceParameter(Message):
    DESCRIPTOR: Descriptor
    class Op(_Enum):
        SUM: ClassVar[ChannelReduceParameter.Op]
        MAX: ClassVar[ChannelReduceParameter.Op]
    SUM: ClassVar[ChannelReduceParameter.Op]
    MAX: ClassVar[ChannelReduceParameter.Op]
    num_channels: int
    operation: ChannelReduceParameter.Op
    def __init__(
        self, *,
            num_channels: int | None = ..., operation: ChannelReduceParameter.Op | int | str |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_channels", "operation",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_channels", "operation",
        ]
    ) -> None: ...

class TwoImageDataParameter(Message):
    DESCRIPTOR: Descriptor
    first_is_color: bool
    second_is_color: bool
    def __init__(
        self, *,
            first_is_color: bool | None = ..., second_is_color: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "first_is_color", "second_is_color",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "first_is_color", "second_is_color",
        ]
    ) -> None: ...

class ROIConvolutionParameter(Message):
    DESCRIPTOR: Descriptor
    spatial_scale: float
    def __init__(
        self, *,
            spatial_scale: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "spatial_scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "spatial_scale",
        ]
    ) -> None: ...

class CompressParameter(Message):
    DESCRIPTOR: Descriptor
    delta: float
    alpha: float
    fixedpos: int
    maxbits: int
    def __init__(
        self, *,
            delta: float | None = ..., alpha: float | None = ..., fixedpos: int | None = ...,
            maxbits: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "delta", "alpha", "fixedpos", "maxbits",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "delta", "alpha", "fixedpos", "maxbits",
        ]
    ) -> None: ...

class ContourNameList(Message):
    DESCRIPTOR: Descriptor
    @property
    def name(self) -> Values[str]: ...
    def __init__(
        self, *,
            name: Iterable[str] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "name",
        ]
    ) -> None: ...

class ContourWindowLevelList(Message):
    DESCRIPTOR: Descriptor
    @property
    def win_level(self) -> Values[float]: ...
    def __init__(
        self, *,
            win_level: Iterable[float] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "win_level",
        ]
    ) -> None: ...

class ContourWindowWidthList(Message):
    DESCRIPTOR: Descriptor
    @property
    def win_width(self) -> Values[float]: ...
    def __init__(
        self, *,
            win_width: Iterable[float] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "win_width",
        ]
    ) -> None: ...

class VolumeDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    batch_size: int
    rand_skip: int
    shuffle: bool
    root_folder: str
    hist_matching: bool
    random_deform: float
    deform_control_point: int
    deform_sigma: float
    @property
    def contour_name_list(self) -> ContourNameList: ...
    @property
    def contour_win_level_list(self) -> ContourWindowLevelList: ...
    @property
    def contour_win_width_list(self) -> ContourWindowWidthList: ...
    resample_volume: bool
    center_align_label: bool
    resample_volume_width: int
    resample_volume_height: int
    resample_volume_length: int
    resample_spacing_x: float
    resample_spacing_y: float
    resample_spacing_z: float
    output_data_in_dense: bool
    resample_size_x: int
    resample_size_y: int
    resample_size_z: int
    truncate_probability: float
    min_truncate_length: int
    inplane_shift: int
    min_intensity: float
    max_intensity: float
    max_width: int
    max_height: int
    max_length: int
    def __init__(
        self, *,
            source: str | None = ..., batch_size: int | None = ..., rand_skip: int | None = ...,
            shuffle: bool | None = ..., root_folder: str | None = ..., hist_matching: bool |
            None = ..., random_deform: float | None = ..., deform_control_point: int | None =
            ..., deform_sigma: float | None = ..., contour_name_list: ContourNameList | _Fields
            | None = ..., contour_win_level_list: ContourWindowLevelList | _Fields | None = ...,
            contour_win_width_list: ContourWindowWidthList | _Fields | None = ...,
            resample_volume: bool | None = ..., center_align_label: bool | None = ...,
            resample_volume_width: int | None = ..., resample_volume_height: int | None = ...,
            resample_volume_length: int | None = ..., resample_spacing_x: float | None = ...,
            resample_spacing_y: float | None = ..., resample_spacing_z: float | None = ...,
            output_data_in_dense: bool | None = ..., resample_size_x: int | None = ...,
            resample_size_y: int | None = ..., resample_size_z: int | None = ...,
            truncate_probability: float | None = ..., min_truncate_length: int | None = ...,
            inplane_shift: int | None = ..., min_intensity: float | None = ..., max_intensity:
            float | None = ..., max_width: int | None = ..., max_height: int | None = ...,
            max_length: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "batch_size", "rand_skip", "shuffle", "root_folder", "hist_matching",
            "random_deform", "deform_control_point", "deform_sigma", "contour_name_list",
            "contour_win_level_list", "contour_win_width_list", "resample_volume",
            "center_align_label", "resample_volume_width", "resample_volume_height",
            "resample_volume_length", "resample_spacing_x", "resample_spacing_y",
            "resample_spacing_z", "output_data_in_dense", "resample_size_x", "resample_size_y",
            "resample_size_z", "truncate_probability", "min_truncate_length", "inplane_shift",
            "min_intensity", "max_intensity", "max_width", "max_height", "max_length",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "batch_size", "rand_skip", "shuffle", "root_folder", "hist_matching",
            "random_deform", "deform_control_point", "deform_sigma", "contour_name_list",
            "contour_win_level_list", "contour_win_width_list", "resample_volume",
            "center_align_label", "resample_volume_width", "resample_volume_height",
            "resample_volume_length", "resample_spacing_x", "resample_spacing_y",
            "resample_spacing_z", "output_data_in_dense", "resample_size_x", "resample_size_y",
            "resample_size_z", "truncate_probability", "min_truncate_length", "inplane_shift",
            "min_intensity", "max_intensity", "max_width", "max_height", "max_length",
        ]
    ) -> None: ...

class SlicePredictParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    input_path: str
    output_path: str
    @property
    def contour_name_list(self) -> ContourNameList: ...
    extract_direction: int
    def __init__(
        self, *,
            source: str | None = ..., input_path: str | None = ..., output_path: str | None =
            ..., contour_name_list: ContourNameList | _Fields | None = ..., extract_direction:
            int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "input_path", "output_path", "contour_name_list", "extract_direction",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "input_path", "output_path", "contour_name_list", "extract_direction",
        ]
    ) -> None: ...

class SegmentOutputParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    root_folder: str
    threshold: float
    output_heatmap: bool
    output_folder: str
    @property
    def contour_name_list(self) -> ContourNameList: ...
    resample_volume: bool
    center_align_label: bool
    resample_volume_width: int
    resample_volume_height: int
    resample_volume_length: int
    resample_spacing_x: float
    resample_spacing_y: float
    resample_spacing_z: float
    output_dice_file: bool
    dice_file_name: str
    output_mask: bool
    output_VOE: bool
    output_RVD: bool
    output_ASD: bool
    output_MSD: bool
    def __init__(
        self, *,
            source: str | None = ..., root_folder: str | None = ..., threshold: float | None =
            ..., output_heatmap: bool | None = ..., output_folder: str | None = ...,
            contour_name_list: ContourNameList | _Fields | None = ..., resample_volume: bool |
            None = ..., center_align_label: bool | None = ..., resample_volume_width: int | None
            = ..., resample_volume_height: int | None = ..., resample_volume_length: int | None
            = ..., resample_spacing_x: float | None = ..., resample_spacing_y: float | None =
            ..., resample_spacing_z: float | None = ..., output_dice_file: bool | None = ...,
            dice_file_name: str | None = ..., output_mask: bool | None = ..., output_VOE: bool |
            None = ..., output_RVD: bool | None = ..., output_ASD: bool | None = ...,
            output_MSD: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "root_folder", "threshold", "output_heatmap", "output_folder",
            "contour_name_list", "resample_volume", "center_align_label",
            "resample_volume_width", "resample_volume_height", "resample_volume_length",
            "resample_spacing_x", "resample_spacing_y", "resample_spacing_z",
            "output_dice_file", "dice_file_name", "output_mask", "output_VOE", "output_RVD",
            "output_ASD", "output_MSD",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "root_folder", "threshold", "output_heatmap", "output_folder",
            "contour_name_list", "resample_volume", "center_align_label",
            "resample_volume_width", "resample_volume_height", "resample_volume_length",
            "resample_spacing_x", "resample_spacing_y", "resample_spacing_z",
            "output_dice_file", "dice_file_name", "output_mask", "output_VOE", "output_RVD",
            "output_ASD", "output_MSD",
        ]
    ) -> None: ...

class OctreeParameter(Message):
    DESCRIPTOR: Descriptor
    curr_depth: int
    full_octree: bool
    batch_size: int
    is_adaptive: bool
    auto_pad: bool
    @property
    def mask(self) -> Values[int]: ...
    content_flag: str
    @property
    def dropout_depth(self) -> Values[int]: ...
    @property
    def dropout_ratio(self) -> Values[float]: ...
    tile_depth: int
    signal_channel: int
    adapt_depth: int
    def __init__(
        self, *,
            curr_depth: int | None = ..., full_octree: bool | None = ..., batch_size: int | None
            = ..., is_adaptive: bool | None = ..., auto_pad: bool | None = ..., mask:
            Iterable[int] | None = ..., content_flag: str | None = ..., dropout_depth:
            Iterable[int] | None = ..., dropout_ratio: Iterable[float] | None = ..., tile_depth:
            int | None = ..., signal_channel: int | None = ..., adapt_depth: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "curr_depth", "full_octree", "batch_size", "is_adaptive", "auto_pad",
            "content_flag", "tile_depth", "signal_channel", "adapt_depth",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "curr_depth", "full_octree", "batch_size", "is_adaptive", "auto_pad", "mask",
            "content_flag", "dropout_depth", "dropout_ratio", "tile_depth", "signal_channel",
            "adapt_depth",
        ]
    ) -> None: ...

class Im2distParameter(Message):
    DESCRIPTOR: Descriptor
    class Norm(_Enum):
        L1: ClassVar[Im2distParameter.Norm]
        L2: ClassVar[Im2distParameter.Norm]
    L1: ClassVar[Im2distParameter.Norm]
    L2: ClassVar[Im2distParameter.Norm]
    norm: Im2distParameter.Norm
    remove_center: bool
    remove_bounds: bool
    def __init__(
        self, *,
            norm: Im2distParameter.Norm | int | str | None = ..., remove_center: bool | None =
            ..., remove_bounds: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "norm", "remove_center", "remove_bounds",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "norm", "remove_center", "remove_bounds",
        ]
    ) -> None: ...

class Im2parityParameter(Message):
    DESCRIPTOR: Descriptor
    ignore_label: int
    def __init__(
        self, *,
            ignore_label: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "ignore_label",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "ignore_label",
        ]
    ) -> None: ...

class DistLossParameter(Message):
    DESCRIPTOR: Descriptor
    ignore_label: int
    alpha: float
    beta: float
    def __init__(
        self, *,
            ignore_label: int | None = ..., alpha: float | None = ..., beta: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "ignore_label", "alpha", "beta",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "ignore_label", "alpha", "beta",
        ]
    ) -> None: ...

class MolGridDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    batch_size: int
    dimension: float
    resolution: float
    rand_skip: int
    addH: bool
    shuffle: bool
    balanced: bool
    check: bool
    root_folder: str
    rotate: int
    random_rotation: bool
    random_translate: float
    binary_occupancy: bool
    recmap: str
    ligmap: str
    inmemory: bool
    radius_multiple: float
    fixed_radius: float
    has_affinity: bool
    has_rmsd: bool
    stratify_receptor: bool
    cache_structs: bool
    source2: str
    root_folder2: str
    source_ratio: float
    stratify_affinity_min: float
    stratify_affinity_max: float
    stratify_affinity_step: float
    spherical_mask: bool
    peturb_ligand: bool
    peturb_ligand_translate: float
    peturb_ligand_rotate: bool
    ignore_ligand: bool
    jitter: float
    num_poses: int
    use_covalent_radius: bool
    affinity_reweight_mean: float
    affinity_reweight_std: float
    affinity_reweight_stdcut: float
    fix_center_to_origin: bool
    recmolcache: str
    ligmolcache: str
    mem_recmap: str
    mem_ligmap: str
    duplicate_poses: bool
    subgrid_dim: float
    maxgroupsize: int
    maxchunksize: int
    stride: int
    use_rec_center: bool
    peturb_bins: int
    def __init__(
        self, *,
            source: str | None = ..., batch_size: int | None = ..., dimension: float | None =
            ..., resolution: float | None = ..., rand_skip: int | None = ..., addH: bool | None
            = ..., shuffle: bool | None = ..., balanced: bool | None = ..., check: bool | None =
            ..., root_folder: str | None = ..., rotate: int | None = ..., random_rotation: bool
            | None = ..., random_translate: float | None = ..., binary_occupancy: bool | None =
            ..., recmap: str | None = ..., ligmap: str | None = ..., inmemory: bool | None =
            ..., radius_multiple: float | None = ..., fixed_radius: float | None = ...,
            has_affinity: bool | None = ..., has_rmsd: bool | None = ..., stratify_receptor:
            bool | None = ..., cache_structs: bool | None = ..., source2: str | None = ...,
            root_folder2: str | None = ..., source_ratio: float | None = ...,
            stratify_affinity_min: float | None = ..., stratify_affinity_max: float | None =
            ..., stratify_affinity_step: float | None = ..., spherical_mask: bool | None = ...,
            peturb_ligand: bool | None = ..., peturb_ligand_translate: float | None = ...,
            peturb_ligand_rotate: bool | None = ..., ignore_ligand: bool | None = ..., jitter:
            float | None = ..., num_poses: int | None = ..., use_covalent_radius: bool | None =
            ..., affinity_reweight_mean: float | None = ..., affinity_reweight_std: float | None
            = ..., affinity_reweight_stdcut: float | None = ..., fix_center_to_origin: bool |
            None = ..., recmolcache: str | None = ..., ligmolcache: str | None = ...,
            mem_recmap: str | None = ..., mem_ligmap: str | None = ..., duplicate_poses: bool |
            None = ..., subgrid_dim: float | None = ..., maxgroupsize: int | None = ...,
            maxchunksize: int | None = ..., stride: int | None = ..., use_rec_center: bool |
            None = ..., peturb_bins: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "batch_size", "dimension", "resolution", "rand_skip", "addH", "shuffle",
            "balanced", "check", "root_folder", "rotate", "random_rotation", "random_translate",
            "binary_occupancy", "recmap", "ligmap", "inmemory", "radius_multiple",
            "fixed_radius", "has_affinity", "has_rmsd", "stratify_receptor", "cache_structs",
            "source2", "root_folder2", "source_ratio", "stratify_affinity_min",
            "stratify_affinity_max", "stratify_affinity_step", "spherical_mask",
            "peturb_ligand", "peturb_ligand_translate", "peturb_ligand_rotate", "ignore_ligand",
            "jitter", "num_poses", "use_covalent_radius", "affinity_reweight_mean",
            "affinity_reweight_std", "affinity_reweight_stdcut", "fix_center_to_origin",
            "recmolcache", "ligmolcache", "mem_recmap", "mem_ligmap", "duplicate_poses",
            "subgrid_dim", "maxgroupsize", "maxchunksize", "stride", "use_rec_center",
            "peturb_bins",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "batch_size", "dimension", "resolution", "rand_skip", "addH", "shuffle",
            "balanced", "check", "root_folder", "rotate", "random_rotation", "random_translate",
            "binary_occupancy", "recmap", "ligmap", "inmemory", "radius_multiple",
            "fixed_radius", "has_affinity", "has_rmsd", "stratify_receptor", "cache_structs",
            "source2", "root_folder2", "source_ratio", "stratify_affinity_min",
            "stratify_affinity_max", "stratify_affinity_step", "spherical_mask",
            "peturb_ligand", "peturb_ligand_translate", "peturb_ligand_rotate", "ignore_ligand",
            "jitter", "num_poses", "use_covalent_radius", "affinity_reweight_mean",
            "affinity_reweight_std", "affinity_reweight_stdcut", "fix_center_to_origin",
            "recmolcache", "ligmolcache", "mem_recmap", "mem_ligmap", "duplicate_poses",
            "subgrid_dim", "maxgroupsize", "maxchunksize", "stride", "use_rec_center",
            "peturb_bins",
        ]
    ) -> None: ...

class NDimDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    batch_size: int
    @property
    def shape(self) -> BlobShape: ...
    rand_skip: int
    shuffle: bool
    balanced: bool
    check: bool
    root_folder: str
    rotate: int
    inmemory: bool
    def __init__(
        self, *,
            source: str | None = ..., batch_size: int | None = ..., shape: BlobShape | _Fields |
            None = ..., rand_skip: int | None = ..., shuffle: bool | None = ..., balanced: bool
            | None = ..., check: bool | None = ..., root_folder: str | None = ..., rotate: int |
            None = ..., inmemory: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "batch_size", "shape", "rand_skip", "shuffle", "balanced", "check",
            "root_folder", "rotate", "inmemory",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "batch_size", "shape", "rand_skip", "shuffle", "balanced", "check",
            "root_folder", "rotate", "inmemory",
        ]
    ) -> None: ...

class AffinityLossParameter(Message):
    DESCRIPTOR: Descriptor
    scale: float
    gap: float
    pseudohuber: bool
    delta: float
    maxgrad: float
    penalty: float
    ranklossmult: float
    ranklossneg: bool
    fractional_gap: bool
    diff_for_zero: float
    weighted: bool
    def __init__(
        self, *,
            scale: float | None = ..., gap: float | None = ..., pseudohuber: bool | None = ...,
            delta: float | None = ..., maxgrad: float | None = ..., penalty: float | None = ...,
            ranklossmult: float | None = ..., ranklossneg: bool | None = ..., fractional_gap:
            bool | None = ..., diff_for_zero: float | None = ..., weighted: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "scale", "gap", "pseudohuber", "delta", "maxgrad", "penalty", "ranklossmult",
            "ranklossneg", "fractional_gap", "diff_for_zero", "weighted",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "scale", "gap", "pseudohuber", "delta", "maxgrad", "penalty", "ranklossmult",
            "ranklossneg", "fractional_gap", "diff_for_zero", "weighted",
        ]
    ) -> None: ...

class SSIMLossParameter(Message):
    DESCRIPTOR: Descriptor
    kernel_size: int
    stride: int
    c1: float
    c2: float
    def __init__(
        self, *,
            kernel_size: int | None = ..., stride: int | None = ..., c1: float | None = ..., c2:
            float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "kernel_size", "stride", "c1", "c2",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "kernel_size", "stride", "c1", "c2",
        ]
    ) -> None: ...

class MixupParameter(Message):
    DESCRIPTOR: Descriptor
    alpha: float
    cls_num: int
    def __init__(
        self, *,
            alpha: float | None = ..., cls_num: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "alpha", "cls_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "alpha", "cls_num",
        ]
    ) -> None: ...

class MILParameter(Message):
    DESCRIPTOR: Descriptor
    class MILType(_Enum):
        MAX: ClassVar[MILParameter.MILType]
        NOR: ClassVar[MILParameter.MILType]
    MAX: ClassVar[MILParameter.MILType]
    NOR: ClassVar[MILParameter.MILType]
    context_per_roi: int
    type: MILParameter.MILType
    def __init__(
        self, *,
            context_per_roi: int | None = ..., type: MILParameter.MILType | int | str | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "context_per_roi", "type",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "context_per_roi", "type",
        ]
    ) -> None: ...

class MILDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    num_scales: int
    images_per_batch: int
    channels: int
    n_classes: int
    scale_factor: float
    label_file: str
    root_dir: str
    ext: str
    randomize: bool
    def __init__(
        self, *,
            source: str | None = ..., num_scales: int | None = ..., images_per_batch: int | None
            = ..., channels: int | None = ..., n_classes: int | None = ..., scale_factor: float
            | None = ..., label_file: str | None = ..., root_dir: str | None = ..., ext: str |
            None = ..., randomize: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "num_scales", "images_per_batch", "channels", "n_classes", "scale_factor",
            "label_file", "root_dir", "ext", "randomize",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "num_scales", "images_per_batch", "channels", "n_classes", "scale_factor",
            "label_file", "root_dir", "ext", "randomize",
        ]
    ) -> None: ...

class SqueezeParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def axis(self) -> Values[int]: ...
    def __init__(
        self, *,
            axis: Iterable[int] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "axis",
        ]
    ) -> None: ...

class MulParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def mul_shape(self) -> Values[int]: ...
    def __init__(
        self, *,
            mul_shape: Iterable[int] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "mul_shape",
        ]
    ) -> None: ...

class DepthToSpaceParameter(Message):
    DESCRIPTOR: Descriptor
    block_size: int
    data_format: str
    def __init__(
        self, *,
            block_size: int | None = ..., data_format: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "block_size", "data_format",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "block_size", "data_format",
        ]
    ) -> None: ...

class SpaceToDepthParameter(Message):
    DESCRIPTOR: Descriptor
    block_size: int
    data_format: str
    def __init__(
        self, *,
            block_size: int | None = ..., data_format: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "block_size", "data_format",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "block_size", "data_format",
        ]
    ) -> None: ...

class SpaceToBatchNDParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def block_shape(self) -> Values[int]: ...
    @property
    def paddings(self) -> Values[int]: ...
    def __init__(
        self, *,
            block_shape: Iterable[int] | None = ..., paddings: Iterable[int] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "block_shape", "paddings",
        ]
    ) -> None: ...

class BatchToSpaceNDParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def block_shape(self) -> Values[int]: ...
    @property
    def crops(self) -> Values[int]: ...
    def __init__(
        self, *,
            block_shape: Iterable[int] | None = ..., crops: Iterable[int] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "block_shape", "crops",
        ]
    ) -> None: ...

class ResizeBilinearParameter(Message):
    DESCRIPTOR: Descriptor
    align_corners: bool
    output_height: int
    output_width: int
    data_format: str
    scale_height: float
    scale_width: float
    half_pixel_centers: bool
    pytorch_half_pixel: bool
    def __init__(
        self, *,
            align_corners: bool | None = ..., output_height: int | None = ..., output_width: int
            | None = ..., data_format: str | None = ..., scale_height: float | None = ...,
            scale_width: float | None = ..., half_pixel_centers: bool | None = ...,
            pytorch_half_pixel: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "align_corners", "output_height", "output_width", "data_format", "scale_height",
            "scale_width", "half_pixel_centers", "pytorch_half_pixel",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "align_corners", "output_height", "output_width", "data_format", "scale_height",
            "scale_width", "half_pixel_centers", "pytorch_half_pixel",
        ]
    ) -> None: ...

class ResizeNearestNeighborParameter(Message):
    DESCRIPTOR: Descriptor
    align_corners: bool
    output_height: int
    output_width: int
    data_format: str
    scale_height: float
    scale_width: float
    half_pixel_centers: bool
    half_pixel_onnx: bool
    def __init__(
        self, *,
            align_corners: bool | None = ..., output_height: int | None = ..., output_width: int
            | None = ..., data_format: str | None = ..., scale_height: float | None = ...,
            scale_width: float | None = ..., half_pixel_centers: bool | None = ...,
            half_pixel_onnx: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "align_corners", "output_height", "output_width", "data_format", "scale_height",
            "scale_width", "half_pixel_centers", "half_pixel_onnx",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "align_corners", "output_height", "output_width", "data_format", "scale_height",
            "scale_width", "half_pixel_centers", "half_pixel_onnx",
        ]
    ) -> None: ...

class UpsampleDarknetParameter(Message):
    DESCRIPTOR: Descriptor
    stride: int
    def __init__(
        self, *,
            stride: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "stride",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "stride",
        ]
    ) -> None: ...

class ROIMaskPoolingParameter(Message):
    DESCRIPTOR: Descriptor
    pooled_h: int
    pooled_w: int
    spatial_scale: float
    half_part: int
    roi_scale: float
    mask_scale: float
    def __init__(
        self, *,
            pooled_h: int | None = ..., pooled_w: int | None = ..., spatial_scale: float | None
            = ..., half_part: int | None = ..., roi_scale: float | None = ..., mask_scale: float
            | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pooled_h", "pooled_w", "spatial_scale", "half_part", "roi_scale", "mask_scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pooled_h", "pooled_w", "spatial_scale", "half_part", "roi_scale", "mask_scale",
        ]
    ) -> None: ...

class PoolingNDParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[PoolingNDParameter.Engine]
        CAFFE: ClassVar[PoolingNDParameter.Engine]
        CUDNN: ClassVar[PoolingNDParameter.Engine]
    DEFAULT: ClassVar[PoolingNDParameter.Engine]
    CAFFE: ClassVar[PoolingNDParameter.Engine]
    CUDNN: ClassVar[PoolingNDParameter.Engine]
    pool: PoolingParameter.PoolMethod
    @property
    def pad(self) -> Values[int]: ...
    @property
    def kernel_size(self) -> Values[int]: ...
    @property
    def stride(self) -> Values[int]: ...
    pad_h: int
    pad_w: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    engine: PoolingNDParameter.Engine
    global_pooling: bool
    axis: int
    def __init__(
        self, *,
            pool: PoolingParameter.PoolMethod | int | str | None = ..., pad: Iterable[int] |
            None = ..., kernel_size: Iterable[int] | None = ..., stride: Iterable[int] | None =
            ..., pad_h: int | None = ..., pad_w: int | None = ..., kernel_h: int | None = ...,
            kernel_w: int | None = ..., stride_h: int | None = ..., stride_w: int | None = ...,
            engine: PoolingNDParameter.Engine | int | str | None = ..., global_pooling: bool |
            None = ..., axis: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pool", "pad_h", "pad_w", "kernel_h", "kernel_w", "stride_h", "stride_w", "engine",
            "global_pooling", "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pool", "pad", "kernel_size", "stride", "pad_h", "pad_w", "kernel_h", "kernel_w",
            "stride_h", "stride_w", "engine", "global_pooling", "axis",
        ]
    ) -> None: ...

class RoundParameter(Message):
    DESCRIPTOR: Descriptor
    class RoundMethod(_Enum):
        ZERO_ONE: ClassVar[RoundParameter.RoundMethod]
        ONE_MINUS_ONE: ClassVar[RoundParameter.RoundMethod]
        MULTI: ClassVar[RoundParameter.RoundMethod]
    ZERO_ONE: ClassVar[RoundParameter.RoundMethod]
    ONE_MINUS_ONE: ClassVar[RoundParameter.RoundMethod]
    MULTI: ClassVar[RoundParameter.RoundMethod]
    scale: float
    method: RoundParameter.RoundMethod
    groups: int
    has_constrain: bool
    ratio: float
    def __init__(
        self, *,
            scale: float | None = ..., method: RoundParameter.RoundMethod | int | str | None =
            ..., groups: int | None = ..., has_constrain: bool | None = ..., ratio: float | None
            = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "scale", "method", "groups", "has_constrain", "ratio",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "scale", "method", "groups", "has_constrain", "ratio",
        ]
    ) -> None: ...

class ImpMapParameter(Message):
    DESCRIPTOR: Descriptor
    class ImpMethod(_Enum):
        GLOBAL: ClassVar[ImpMapParameter.ImpMethod]
        LOCAL: ClassVar[ImpMapParameter.ImpMethod]
    GLOBAL: ClassVar[ImpMapParameter.ImpMethod]
    LOCAL: ClassVar[ImpMapParameter.ImpMethod]
    method: ImpMapParameter.ImpMethod
    @property
    def ratio(self) -> Values[float]: ...
    groups: int
    cmp_ratio: float
    weight: float
    channel_out: int
    max_channel: int
    lquantize: bool
    def __init__(
        self, *,
            method: ImpMapParameter.ImpMethod | int | str | None = ..., ratio: Iterable[float] |
            None = ..., groups: int | None = ..., cmp_ratio: float | None = ..., weight: float |
            None = ..., channel_out: int | None = ..., max_channel: int | None = ..., lquantize:
            bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "method", "groups", "cmp_ratio", "weight", "channel_out", "max_channel",
            "lquantize",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "method", "ratio", "groups", "cmp_ratio", "weight", "channel_out", "max_channel",
            "lquantize",
        ]
    ) -> None: ...

class PatchAtMaximumParameter(Message):
    DESCRIPTOR: Descriptor
    crop_factor: float
    @property
    def match_channel(self) -> Values[bool]: ...
    top_k: int
    nms_x: int
    nms_y: int
    def __init__(
        self, *,
            crop_factor: float | None = ..., match_channel: Iterable[bool] | None = ..., top_k:
            int | None = ..., nms_x: int | None = ..., nms_y: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "crop_factor", "top_k", "nms_x", "nms_y",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "crop_factor", "match_channel", "top_k", "nms_x", "nms_y",
        ]
    ) -> None: ...

class HashingLossParameter(Message):
    DESCRIPTOR: Descriptor
    bi_margin: float
    tradeoff: float
    def __init__(
        self, *,
            bi_margin: float | None = ..., tradeoff: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "bi_margin", "tradeoff",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "bi_margin", "tradeoff",
        ]
    ) -> None: ...

class ChangingNumberParameter(Message):
    DESCRIPTOR: Descriptor
    class Policy(_Enum):
        CONSTANT: ClassVar[ChangingNumberParameter.Policy]
        STEPUP: ClassVar[ChangingNumberParameter.Policy]
        ADDUP: ClassVar[ChangingNumberParameter.Policy]
    CONSTANT: ClassVar[ChangingNumberParameter.Policy]
    STEPUP: ClassVar[ChangingNumberParameter.Policy]
    ADDUP: ClassVar[ChangingNumberParameter.Policy]
    policy: ChangingNumberParameter.Policy
    value: float
    min: float
    max: float
    gamma: float
    step: int
    iter: int
    def __init__(
        self, *,
            policy: ChangingNumberParameter.Policy | int | str | None = ..., value: float | None
            = ..., min: float | None = ..., max: float | None = ..., gamma: float | None = ...,
            step: int | None = ..., iter: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "policy", "value", "min", "max", "gamma", "step", "iter",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "policy", "value", "min", "max", "gamma", "step", "iter",
        ]
    ) -> None: ...

class ClassDistanceParameter(Message):
    DESCRIPTOR: Descriptor
    class Metric(_Enum):
        L2: ClassVar[ClassDistanceParameter.Metric]
        IP: ClassVar[ClassDistanceParameter.Metric]
        L1: ClassVar[ClassDistanceParameter.Metric]
    L2: ClassVar[ClassDistanceParameter.Metric]
    IP: ClassVar[ClassDistanceParameter.Metric]
    L1: ClassVar[ClassDistanceParameter.Metric]
    num_output: int
    bias_term: bool
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    @property
    def margin_mul(self) -> ChangingNumberParameter: ...
    @property
    def margin_add(self) -> ChangingNumberParameter: ...
    metric: ClassDistanceParameter.Metric
    center_coef: float
    block_mul_grad: bool
    dropout_ratio: float
    ignore_zero: bool
    update_sigma: bool
    isotropic: bool
    def __init__(
        self, *,
            num_output: int | None = ..., bias_term: bool | None = ..., weight_filler:
            FillerParameter | _Fields | None = ..., bias_filler: FillerParameter | _Fields |
            None = ..., margin_mul: ChangingNumberParameter | _Fields | None = ..., margin_add:
            ChangingNumberParameter | _Fields | None = ..., metric:
            ClassDistanceParameter.Metric | int | str | None = ..., center_coef: float | None =
            ..., block_mul_grad: bool | None = ..., dropout_ratio: float | None = ...,
            ignore_zero: bool | None = ..., update_sigma: bool | None = ..., isotropic: bool |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "bias_term", "weight_filler", "bias_filler", "margin_mul",
            "margin_add", "metric", "center_coef", "block_mul_grad", "dropout_ratio",
            "ignore_zero", "update_sigma", "isotropic",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "bias_term", "weight_filler", "bias_filler", "margin_mul",
            "margin_add", "metric", "center_coef", "block_mul_grad", "dropout_ratio",
            "ignore_zero", "update_sigma", "isotropic",
        ]
    ) -> None: ...

class CenterCosLossParameter(Message):
    DESCRIPTOR: Descriptor
    num_output: int
    @property
    def center_cos_filler(self) -> FillerParameter: ...
    axis: int
    def __init__(
        self, *,
            num_output: int | None = ..., center_cos_filler: FillerParameter | _Fields | None =
            ..., axis: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "center_cos_filler", "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "center_cos_filler", "axis",
        ]
    ) -> None: ...

class SpliceParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def xcoord(self) -> Values[int]: ...
    @property
    def ycoord(self) -> Values[int]: ...
    def __init__(
        self, *,
            xcoord: Iterable[int] | None = ..., ycoord: Iterable[int] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "xcoord", "ycoord",
        ]
    ) -> None: ...

class RoiGenParameter(Message):
    DESCRIPTOR: Descriptor
    num_class: int
    num_object: int
    num_coord: int
    prop_num: int
    softmax: bool
    @property
    def anchor_x(self) -> Values[float]: ...
    @property
    def anchor_y(self) -> Values[float]: ...
    thresh: float
    net_w: int
    net_h: int
    def __init__(
        self, *,
            num_class: int | None = ..., num_object: int | None = ..., num_coord: int | None =
            ..., prop_num: int | None = ..., softmax: bool | None = ..., anchor_x:
            Iterable[float] | None = ..., anchor_y: Iterable[float] | None = ..., thresh: float
            | None = ..., net_w: int | None = ..., net_h: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_class", "num_object", "num_coord", "prop_num", "softmax", "thresh", "net_w",
            "net_h",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_class", "num_object", "num_coord", "prop_num", "softmax", "anchor_x",
            "anchor_y", "thresh", "net_w", "net_h",
        ]
    ) -> None: ...

class DecodeRoisParameter(Message):
    DESCRIPTOR: Descriptor
    num_class: int
    num_object: int
    num_coord: int
    prop_num: int
    softmax: bool
    @property
    def anchor_x(self) -> Values[float]: ...
    @property
    def anchor_y(self) -> Values[float]: ...
    thresh: float
    bias_match: bool
    with_mask: bool
    mask_w: int
    mask_h: int
    target_size: int
    with_kps: bool
    net_w: int
    net_h: int
    sigma: float
    def __init__(
        self, *,
            num_class: int | None = ..., num_object: int | None = ..., num_coord: int | None =
            ..., prop_num: int | None = ..., softmax: bool | None = ..., anchor_x:
            Iterable[float] | None = ..., anchor_y: Iterable[float] | None = ..., thresh: float
            | None = ..., bias_match: bool | None = ..., with_mask: bool | None = ..., mask_w:
            int | None = ..., mask_h: int | None = ..., target_size: int | None = ..., with_kps:
            bool | None = ..., net_w: int | None = ..., net_h: int | None = ..., sigma: float |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_class", "num_object", "num_coord", "prop_num", "softmax", "thresh",
            "bias_match", "with_mask", "mask_w", "mask_h", "target_size", "with_kps", "net_w",
            "net_h", "sigma",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_class", "num_object", "num_coord", "prop_num", "softmax", "anchor_x",
            "anchor_y", "thresh", "bias_match", "with_mask", "mask_w", "mask_h", "target_size",
            "with_kps", "net_w", "net_h", "sigma",
        ]
    ) -> None: ...

class DuplicateParameter(Message):
    DESCRIPTOR: Descriptor
    height: int
    width: int
    def __init__(
        self, *,
            height: int | None = ..., width: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "height", "width",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "height", "width",
        ]
    ) -> None: ...

class WeightedFmeasureLossParameter(Message):
    DESCRIPTOR: Descriptor
    margin: float
    mse_lambda: float
    avg_fm: bool
    def __init__(
        self, *,
            margin: float | None = ..., mse_lambda: float | None = ..., avg_fm: bool | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "margin", "mse_lambda", "avg_fm",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "margin", "mse_lambda", "avg_fm",
        ]
    ) -> None: ...

class PRParameter(Message):
    DESCRIPTOR: Descriptor
    axis: int
    thresh: float
    ignore_label: int
    def __init__(
        self, *,
            axis: int | None = ..., thresh: float | None = ..., ignore_label: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "axis", "thresh", "ignore_label",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "axis", "thresh", "ignore_label",
        ]
    ) -> None: ...

class DocDataParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def sources(self) -> Values[str]: ...
    @property
    def weights(self) -> Values[float]: ...
    batch_size: int
    rand_skip: int
    backend: DataParameter.DB
    @property
    def label_names(self) -> Values[str]: ...
    missing_value: int
    rand_advance_skip: int
    weights_by_size: bool
    no_wrap: bool
    enforce_epochs: bool
    in_order: bool
    force_color: bool
    seed: int
    def __init__(
        self, *,
            sources: Iterable[str] | None = ..., weights: Iterable[float] | None = ...,
            batch_size: int | None = ..., rand_skip: int | None = ..., backend: DataParameter.DB
            | int | str | None = ..., label_names: Iterable[str] | None = ..., missing_value:
            int | None = ..., rand_advance_skip: int | None = ..., weights_by_size: bool | None
            = ..., no_wrap: bool | None = ..., enforce_epochs: bool | None = ..., in_order: bool
            | None = ..., force_color: bool | None = ..., seed: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "batch_size", "rand_skip", "backend", "missing_value", "rand_advance_skip",
            "weights_by_size", "no_wrap", "enforce_epochs", "in_order", "force_color", "seed",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "sources", "weights", "batch_size", "rand_skip", "backend", "label_names",
            "missing_value", "rand_advance_skip", "weights_by_size", "no_wrap",
            "enforce_epochs", "in_order", "force_color", "seed",
        ]
    ) -> None: ...

class ImageTransformationParameter(Message):
    DESCRIPTOR: Descriptor
    class Interpolation(_Enum):
        INTER_NEAREST: ClassVar[ImageTransformationParameter.Interpolation]
        INTER_LINEAR: ClassVar[ImageTransformationParameter.Interpolation]
        INTER_AREA: ClassVar[ImageTransformationParameter.Interpolation]
        INTER_CUBIC: ClassVar[ImageTransformationParameter.Interpolation]
        INTER_LANCZOS4: ClassVar[ImageTransformationParameter.Interpolation]
    INTER_NEAREST: ClassVar[ImageTransformationParameter.Interpolation]
    INTER_LINEAR: ClassVar[ImageTransformationParameter.Interpolation]
    INTER_AREA: ClassVar[ImageTransformationParameter.Interpolation]
    INTER_CUBIC: ClassVar[ImageTransformationParameter.Interpolation]
    INTER_LANCZOS4: ClassVar[ImageTransformationParameter.Interpolation]
    class BorderMode(_Enum):
        BORDER_CONSTANT: ClassVar[ImageTransformationParameter.BorderMode]
        BORDER_REFLECT: ClassVar[ImageTransformationParameter.BorderMode]
        BORDER_REFLECT_101: ClassVar[ImageTransformationParameter.BorderMode]
        BORDER_WRAP: ClassVar[ImageTransformationParameter.BorderMode]
        BORDER_REPLICATE: ClassVar[ImageTransformationParameter.BorderMode]
    BORDER_CONSTANT: ClassVar[ImageTransformationParameter.BorderMode]
    BORDER_REFLECT: ClassVar[ImageTransformationParameter.BorderMode]
    BORDER_REFLECT_101: ClassVar[ImageTransformationParameter.BorderMode]
    BORDER_WRAP: ClassVar[ImageTransformationParameter.BorderMode]
    BORDER_REPLICATE: ClassVar[ImageTransformationParameter.BorderMode]
    @property
    def params(self) -> Messages[ProbImageTransformParameter]: ...
    rng_seed: int
    def __init__(
        self, *,
            params: Iterable[ProbImageTransformParameter | _Fields] | None = ..., rng_seed: int
            | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "rng_seed",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "params", "rng_seed",
        ]
    ) -> None: ...

class ProbImageTransformParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def resize_params(self) -> Messages[ResizeTransformParameter]: ...
    @property
    def crop_params(self) -> Messages[CropTransformParameter]: ...
    @property
    def reflect_params(self) -> Messages[ReflectTransformParameter]: ...
    @property
    def linear_params(self) -> Messages[LinearTransformParameter]: ...
    @property
    def gauss_noise_params(self) -> Messages[GaussNoiseTransformParameter]: ...
    @property
    def rotate_params(self) -> Messages[RotateTransformParameter]: ...
    @property
    def shear_params(self) -> Messages[ShearTransformParameter]: ...
    @property
    def gauss_blur_params(self) -> Messages[GaussBlurTransformParameter]: ...
    @property
    def unsharp_mask_params(self) -> Messages[UnsharpMaskTransformParameter]: ...
    @property
    def perspective_params(self) -> Messages[PerspectiveTransformParameter]: ...
    @property
    def color_jitter_params(self) -> Messages[ColorJitterTransformParameter]: ...
    @property
    def elastic_deformation_params(self) -> Messages[ElasticDeformationTransformParameter]: ...
    @property
    def zero_border_params(self) -> Messages[ZeroBorderTransformParameter]: ...
    @property
    def hsv_params(self) -> Messages[HSVTransformParameter]: ...
    @property
    def salt_pepper_params(self) -> Messages[SaltPepperTransformParameter]: ...
    @property
    def otsu_color_jitter_params(self) -> Messages[OtsuColorJitterTransformParameter]: ...
    @property
    def resize_prob_weights(self) -> Values[float]: ...
    @property
    def crop_prob_weights(self) -> Values[float]: ...
    @property
    def reflect_prob_weights(self) -> Values[float]: ...
    @property
    def linear_prob_weights(self) -> Values[float]: ...
    @property
    def gauss_noise_prob_weights(self) -> Values[float]: ...
    @property
    def rotate_prob_weights(self) -> Values[float]: ...
    @property
    def shear_prob_weights(self) -> Values[float]: ...
    @property
    def gauss_blur_prob_weights(self) -> Values[float]: ...
    @property
    def unsharp_mask_prob_weights(self) -> Values[float]: ...
    @property
    def perspective_prob_weights(self) -> Values[float]: ...
    @property
    def color_jitter_prob_weights(self) -> Values[float]: ...
    @property
    def elastic_deformation_prob_weights(self) -> Values[float]: ...
    @property
    def zero_border_prob_weights(self) -> Values[float]: ...
    @property
    def hsv_prob_weights(self) -> Values[float]: ...
    @property
    def salt_pepper_prob_weights(self) -> Values[float]: ...
    @property
    def otsu_color_jitter_prob_weights(self) -> Values[float]: ...
    def __init__(
        self, *,
            resize_params: Iterable[ResizeTransformParameter | _Fields] | None = ...,
            crop_params: Iterable[CropTransformParameter | _Fields] | None = ...,
            reflect_params: Iterable[ReflectTransformParameter | _Fields] | None = ...,
            linear_params: Iterable[LinearTransformParameter | _Fields] | None = ...,
            gauss_noise_params: Iterable[GaussNoiseTransformParameter | _Fields] | None = ...,
            rotate_params: Iterable[RotateTransformParameter | _Fields] | None = ...,
            shear_params: Iterable[ShearTransformParameter | _Fields] | None = ...,
            gauss_blur_params: Iterable[GaussBlurTransformParameter | _Fields] | None = ...,
            unsharp_mask_params: Iterable[UnsharpMaskTransformParameter | _Fields] | None = ...,
            perspective_params: Iterable[PerspectiveTransformParameter | _Fields] | None = ...,
            color_jitter_params: Iterable[ColorJitterTransformParameter | _Fields] | None = ...,
            elastic_deformation_params: Iterable[ElasticDeformationTransformParameter | _Fields]
            | None = ..., zero_border_params: Iterable[ZeroBorderTransformParameter | _Fields] |
            None = ..., hsv_params: Iterable[HSVTransformParameter | _Fields] | None = ...,
            salt_pepper_params: Iterable[SaltPepperTransformParameter | _Fields] | None = ...,
            otsu_color_jitter_params: Iterable[OtsuColorJitterTransformParameter | _Fields] |
            None = ..., resize_prob_weights: Iterable[float] | None = ..., crop_prob_weights:
            Iterable[float] | None = ..., reflect_prob_weights: Iterable[float] | None = ...,
            linear_prob_weights: Iterable[float] | None = ..., gauss_noise_prob_weights:
            Iterable[float] | None = ..., rotate_prob_weights: Iterable[float] | None = ...,
            shear_prob_weights: Iterable[float] | None = ..., gauss_blur_prob_weights:
            Iterable[float] | None = ..., unsharp_mask_prob_weights: Iterable[float] | None =
            ..., perspective_prob_weights: Iterable[float] | None = ...,
            color_jitter_prob_weights: Iterable[float] | None = ...,
            elastic_deformation_prob_weights: Iterable[float] | None = ...,
            zero_border_prob_weights: Iterable[float] | None = ..., hsv_prob_weights:
            Iterable[float] | None = ..., salt_pepper_prob_weights: Iterable[float] | None =
            ..., otsu_color_jitter_prob_weights: Iterable[float] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "resize_params", "crop_params", "reflect_params", "linear_params",
            "gauss_noise_params", "rotate_params", "shear_params", "gauss_blur_params",
            "unsharp_mask_params", "perspective_params", "color_jitter_params",
            "elastic_deformation_params", "zero_border_params", "hsv_params",
            "salt_pepper_params", "otsu_color_jitter_params", "resize_prob_weights",
            "crop_prob_weights", "reflect_prob_weights", "linear_prob_weights",
            "gauss_noise_prob_weights", "rotate_prob_weights", "shear_prob_weights",
            "gauss_blur_prob_weights", "unsharp_mask_prob_weights", "perspective_prob_weights",
            "color_jitter_prob_weights", "elastic_deformation_prob_weights",
            "zero_border_prob_weights", "hsv_prob_weights", "salt_pepper_prob_weights",
            "otsu_color_jitter_prob_weights",
        ]
    ) -> None: ...

class ResizeTransformParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def width(self) -> Values[int]: ...
    @property
    def height(self) -> Values[int]: ...
    @property
    def size(self) -> Values[int]: ...
    @property
    def width_perc(self) -> Values[float]: ...
    @property
    def height_perc(self) -> Values[float]: ...
    @property
    def size_perc(self) -> Values[float]: ...
    interpolation: ImageTransformationParameter.Interpolation
    def __init__(
        self, *,
            width: Iterable[int] | None = ..., height: Iterable[int] | None = ..., size:
            Iterable[int] | None = ..., width_perc: Iterable[float] | None = ..., height_perc:
            Iterable[float] | None = ..., size_perc: Iterable[float] | None = ...,
            interpolation: ImageTransformationParameter.Interpolation | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "interpolation",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "width", "height", "size", "width_perc", "height_perc", "size_perc",
            "interpolation",
        ]
    ) -> None: ...

class CropTransformParameter(Message):
    DESCRIPTOR: Descriptor
    class CropLocation(_Enum):
        RANDOM: ClassVar[CropTransformParameter.CropLocation]
        CENTER: ClassVar[CropTransformParameter.CropLocation]
        RAND_CORNER: ClassVar[CropTransformParameter.CropLocation]
        UL_CORNER: ClassVar[CropTransformParameter.CropLocation]
        UR_CORNER: ClassVar[CropTransformParameter.CropLocation]
        BL_CORNER: ClassVar[CropTransformParameter.CropLocation]
        BR_CORNER: ClassVar[CropTransformParameter.CropLocation]
    RANDOM: ClassVar[CropTransformParameter.CropLocation]
    CENTER: ClassVar[CropTransformParameter.CropLocation]
    RAND_CORNER: ClassVar[CropTransformParameter.CropLocation]
    UL_CORNER: ClassVar[CropTransformParameter.CropLocation]
    UR_CORNER: ClassVar[CropTransformParameter.CropLocation]
    BL_CORNER: ClassVar[CropTransformParameter.CropLocation]
    BR_CORNER: ClassVar[CropTransformParameter.CropLocation]
    @property
    def width(self) -> Values[int]: ...
    @property
    def height(self) -> Values[int]: ...
    @property
    def size(self) -> Values[int]: ...
    @property
    def width_perc(self) -> Values[float]: ...
    @property
    def height_perc(self) -> Values[float]: ...
    @property
    def size_perc(self) -> Values[float]: ...
    location: CropTransformParameter.CropLocation
    def __init__(
        self, *,
            width: Iterable[int] | None = ..., height: Iterable[int] | None = ..., size:
            Iterable[int] | None = ..., width_perc: Iterable[float] | None = ..., height_perc:
            Iterable[float] | None = ..., size_perc: Iterable[float] | None = ..., location:
            CropTransformParameter.CropLocation | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "location",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "width", "height", "size", "width_perc", "height_perc", "size_perc", "location",
        ]
    ) -> None: ...

class ReflectTransformParameter(Message):
    DESCRIPTOR: Descriptor
    horz_reflect_prob: float
    vert_reflect_prob: float
    def __init__(
        self, *,
            horz_reflect_prob: float | None = ..., vert_reflect_prob: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "horz_reflect_prob", "vert_reflect_prob",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "horz_reflect_prob", "vert_reflect_prob",
        ]
    ) -> None: ...

class LinearTransformParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def shift(self) -> Values[float]: ...
    @property
    def scale(self) -> Values[float]: ...
    def __init__(
        self, *,
            shift: Iterable[float] | None = ..., scale: Iterable[float] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "shift", "scale",
        ]
    ) -> None: ...

class GaussNoiseTransformParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def std_dev(self) -> Values[float]: ...
    def __init__(
        self, *,
            std_dev: Iterable[float] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "std_dev",
        ]
    ) -> None: ...

class RotateTransformParameter(Message):
    DESCRIPTOR: Descriptor
    max_angle: float
    min_angle: float
    interpolation: ImageTransformationParameter.Interpolation
    border_mode: ImageTransformationParameter.BorderMode
    border_val: float
    prob_negative: float
    def __init__(
        self, *,
            max_angle: float | None = ..., min_angle: float | None = ..., interpolation:
            ImageTransformationParameter.Interpolation | int | str | None = ..., border_mode:
            ImageTransformationParameter.BorderMode | int | str | None = ..., border_val: float
            | None = ..., prob_negative: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "max_angle", "min_angle", "interpolation", "border_mode", "border_val",
            "prob_negative",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "max_angle", "min_angle", "interpolation", "border_mode", "border_val",
            "prob_negative",
        ]
    ) -> None: ...

class ShearTransformParameter(Message):
    DESCRIPTOR: Descriptor
    max_shear_angle: float
    min_shear_angle: float
    interpolation: ImageTransformationParameter.Interpolation
    border_mode: ImageTransformationParameter.BorderMode
    border_val: float
    prob_negative: float
    prob_horizontal: float
    def __init__(
        self, *,
            max_shear_angle: float | None = ..., min_shear_angle: float | None = ...,
            interpolation: ImageTransformationParameter.Interpolation | int | str | None = ...,
            border_mode: ImageTransformationParameter.BorderMode | int | str | None = ...,
            border_val: float | None = ..., prob_negative: float | None = ..., prob_horizontal:
            float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "max_shear_angle", "min_shear_angle", "interpolation", "border_mode", "border_val",
            "prob_negative", "prob_horizontal",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "max_shear_angle", "min_shear_angle", "interpolation", "border_mode", "border_val",
            "prob_negative", "prob_horizontal",
        ]
    ) -> None: ...

class GaussBlurTransformParameter(Message):
    DESCRIPTOR: Descriptor
    min_sigma: float
    max_sigma: float
    def __init__(
        self, *,
            min_sigma: float | None = ..., max_sigma: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "min_sigma", "max_sigma",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "min_sigma", "max_sigma",
        ]
    ) -> None: ...

class UnsharpMaskTransformParameter(Message):
    DESCRIPTOR: Descriptor
    min_sigma: float
    max_sigma: float
    min_amount: float
    max_amount: float
    def __init__(
        self, *,
            min_sigma: float | None = ..., max_sigma: float | None = ..., min_amount: float |
            None = ..., max_amount: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "min_sigma", "max_sigma", "min_amount", "max_amount",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "min_sigma", "max_sigma", "min_amount", "max_amount",
        ]
    ) -> None: ...

class PerspectiveTransformParameter(Message):
    DESCRIPTOR: Descriptor
    min_sigma: float
    max_sigma: float
    interpolation: ImageTransformationParameter.Interpolation
    border_mode: ImageTransformationParameter.BorderMode
    border_val: float
    @property
    def values(self) -> Values[float]: ...
    def __init__(
        self, *,
            min_sigma: float | None = ..., max_sigma: float | None = ..., interpolation:
            ImageTransformationParameter.Interpolation | int | str | None = ..., border_mode:
            ImageTransformationParameter.BorderMode | int | str | None = ..., border_val: float
            | None = ..., values: Iterable[float] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "min_sigma", "max_sigma", "interpolation", "border_mode", "border_val",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "min_sigma", "max_sigma", "interpolation", "border_mode", "border_val", "values",
        ]
    ) -> None: ...

class ColorJitterTransformParameter(Message):
    DESCRIPTOR: Descriptor
    mean: float
    sigma: float
    def __init__(
        self, *,
            mean: float | None = ..., sigma: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "mean", "sigma",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "mean", "sigma",
        ]
    ) -> None: ...

class OtsuColorJitterTransformParameter(Message):
    DESCRIPTOR: Descriptor
    mean: float
    sigma: float
    foreground: bool
    def __init__(
        self, *,
            mean: float | None = ..., sigma: float | None = ..., foreground: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "mean", "sigma", "foreground",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "mean", "sigma", "foreground",
        ]
    ) -> None: ...

class ElasticDeformationTransformParameter(Message):
    DESCRIPTOR: Descriptor
    sigma: float
    min_alpha: float
    max_alpha: float
    interpolation: ImageTransformationParameter.Interpolation
    border_mode: ImageTransformationParameter.BorderMode
    border_val: float
    def __init__(
        self, *,
            sigma: float | None = ..., min_alpha: float | None = ..., max_alpha: float | None =
            ..., interpolation: ImageTransformationParameter.Interpolation | int | str | None =
            ..., border_mode: ImageTransformationParameter.BorderMode | int | str | None = ...,
            border_val: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "sigma", "min_alpha", "max_alpha", "interpolation", "border_mode", "border_val",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "sigma", "min_alpha", "max_alpha", "interpolation", "border_mode", "border_val",
        ]
    ) -> None: ...

class ZeroBorderTransformParameter(Message):
    DESCRIPTOR: Descriptor
    zero_len: int
    def __init__(
        self, *,
            zero_len: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "zero_len",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "zero_len",
        ]
    ) -> None: ...

class HSVTransformParameter(Message):
    DESCRIPTOR: Descriptor
    def __init__(self) -> None: ...

class SaltPepperTransformParameter(Message):
    DESCRIPTOR: Descriptor
    min_percent_pixels: float
    max_percent_pixels: float
    min_percent_salt: float
    max_percent_salt: float
    def __init__(
        self, *,
            min_percent_pixels: float | None = ..., max_percent_pixels: float | None = ...,
            min_percent_salt: float | None = ..., max_percent_salt: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "min_percent_pixels", "max_percent_pixels", "min_percent_salt", "max_percent_salt",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "min_percent_pixels", "max_percent_pixels", "min_percent_salt", "max_percent_salt",
        ]
    ) -> None: ...

class WriterParameter(Message):
    DESCRIPTOR: Descriptor
    file: str
    folder: str
    prefix: str
    suffix: str
    normalize: bool
    scale: float
    def __init__(
        self, *,
            file: str | None = ..., folder: str | None = ..., prefix: str | None = ..., suffix:
            str | None = ..., normalize: bool | None = ..., scale: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "file", "folder", "prefix", "suffix", "normalize", "scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "file", "folder", "prefix", "suffix", "normalize", "scale",
        ]
    ) -> None: ...

class MTransposeParameter(Message):
    DESCRIPTOR: Descriptor
    groups: int
    inverse: bool
    width: int
    height: int
    channel: int
    def __init__(
        self, *,
            groups: int | None = ..., inverse: bool | None = ..., width: int | None = ...,
            height: int | None = ..., channel: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "groups", "inverse", "width", "height", "channel",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "groups", "inverse", "width", "height", "channel",
        ]
    ) -> None: ...

class SegmentationParameter(Message):
    DESCRIPTOR: Descriptor
    bbox_extension: int
    method: int
    smoothing: float
    k: float
    min_size: int
    s: int
    m: int
    iter: int
    min_k: float
    max_k: float
    def __init__(
        self, *,
            bbox_extension: int | None = ..., method: int | None = ..., smoothing: float | None
            = ..., k: float | None = ..., min_size: int | None = ..., s: int | None = ..., m:
            int | None = ..., iter: int | None = ..., min_k: float | None = ..., max_k: float |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "bbox_extension", "method", "smoothing", "k", "min_size", "s", "m", "iter", "min_k",
            "max_k",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "bbox_extension", "method", "smoothing", "k", "min_size", "s", "m", "iter", "min_k",
            "max_k",
        ]
    ) -> None: ...

class SparsifyParameter(Message):
    DESCRIPTOR: Descriptor
    thre: float
    coef: float
    def __init__(
        self, *,
            thre: float | None = ..., coef: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "thre", "coef",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "thre", "coef",
        ]
    ) -> None: ...

class SparseLayerParameter(Message):
    DESCRIPTOR: Descriptor
    step: float
    def __init__(
        self, *,
            step: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "step",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "step",
        ]
    ) -> None: ...

class SurgeryParameter(Message):
    DESCRIPTOR: Descriptor
    gamma: float
    power: float
    iter_stop: float
    c_rate: float
    @property
    def weight_mask_filler(self) -> FillerParameter: ...
    @property
    def bias_mask_filler(self) -> FillerParameter: ...
    def __init__(
        self, *,
            gamma: float | None = ..., power: float | None = ..., iter_stop: float | None = ...,
            c_rate: float | None = ..., weight_mask_filler: FillerParameter | _Fields | None =
            ..., bias_mask_filler: FillerParameter | _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "gamma", "power", "iter_stop", "c_rate", "weight_mask_filler", "bias_mask_filler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "gamma", "power", "iter_stop", "c_rate", "weight_mask_filler", "bias_mask_filler",
        ]
    ) -> None: ...

class ClassificationStatsParameter(Message):
    DESCRIPTOR: Descriptor
    num_classes: int
    def __init__(
        self, *,
            num_classes: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_classes",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_classes",
        ]
    ) -> None: ...

class SquashParameter(Message):
    DESCRIPTOR: Descriptor
    capsule_dim: int
    def __init__(
        self, *,
            capsule_dim: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "capsule_dim",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "capsule_dim",
        ]
    ) -> None: ...

class CapsuleReshapeParameter(Message):
    DESCRIPTOR: Descriptor
    capsule_dim: int
    def __init__(
        self, *,
            capsule_dim: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "capsule_dim",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "capsule_dim",
        ]
    ) -> None: ...

class CapsuleTransformParameter(Message):
    DESCRIPTOR: Descriptor
    bias_term: bool
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    input_capsule_dim: int
    output_capsule_dim: int
    output_capsule_num: int
    def __init__(
        self, *,
            bias_term: bool | None = ..., weight_filler: FillerParameter | _Fields | None = ...,
            bias_filler: FillerParameter | _Fields | None = ..., input_capsule_dim: int | None =
            ..., output_capsule_dim: int | None = ..., output_capsule_num: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "bias_term", "weight_filler", "bias_filler", "input_capsule_dim",
            "output_capsule_dim", "output_capsule_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "bias_term", "weight_filler", "bias_filler", "input_capsule_dim",
            "output_capsule_dim", "output_capsule_num",
        ]
    ) -> None: ...

class CapsuleRoutingParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def weight_filler(self) -> FillerParameter: ...
    input_capsule_num: int
    output_capsule_dim: int
    output_capsule_num: int
    def __init__(
        self, *,
            weight_filler: FillerParameter | _Fields | None = ..., input_capsule_num: int | None
            = ..., output_capsule_dim: int | None = ..., output_capsule_num: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "weight_filler", "input_capsule_num", "output_capsule_dim", "output_capsule_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "weight_filler", "input_capsule_num", "output_capsule_dim", "output_capsule_num",
        ]
    ) -> None: ...

class CapParameter(Message):
    DESCRIPTOR: Descriptor
    bias_term: bool
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    routing_num: int
    input_capsule_dim: int
    input_capsule_num: int
    output_capsule_dim: int
    output_capsule_num: int
    def __init__(
        self, *,
            bias_term: bool | None = ..., weight_filler: FillerParameter | _Fields | None = ...,
            bias_filler: FillerParameter | _Fields | None = ..., routing_num: int | None = ...,
            input_capsule_dim: int | None = ..., input_capsule_num: int | None = ...,
            output_capsule_dim: int | None = ..., output_capsule_num: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "bias_term", "weight_filler", "bias_filler", "routing_num", "input_capsule_dim",
            "input_capsule_num", "output_capsule_dim", "output_capsule_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "bias_term", "weight_filler", "bias_filler", "routing_num", "input_capsule_dim",
            "input_capsule_num", "output_capsule_dim", "output_capsule_num",
        ]
    ) -> None: ...

class CapsuleReluParameter(Message):
    DESCRIPTOR: Descriptor
    dim: int
    thre: float
    def __init__(
        self, *,
            dim: int | None = ..., thre: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "dim", "thre",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "dim", "thre",
        ]
    ) -> None: ...

class CapsuleConvParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def weight_filler(self) -> FillerParameter: ...
    stride: int
    kh: int
    kw: int
    input_capsule_num: int
    output_capsule_num: int
    @property
    def output_capsule_shape(self) -> BlobShape: ...
    input_h: int
    input_w: int
    @property
    def input_capsule_shape(self) -> BlobShape: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    bias_term: bool
    def __init__(
        self, *,
            weight_filler: FillerParameter | _Fields | None = ..., stride: int | None = ..., kh:
            int | None = ..., kw: int | None = ..., input_capsule_num: int | None = ...,
            output_capsule_num: int | None = ..., output_capsule_shape: BlobShape | _Fields |
            None = ..., input_h: int | None = ..., input_w: int | None = ...,
            input_capsule_shape: BlobShape | _Fields | None = ..., bias_filler: FillerParameter
            | _Fields | None = ..., bias_term: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "weight_filler", "stride", "kh", "kw", "input_capsule_num", "output_capsule_num",
            "output_capsule_shape", "input_h", "input_w", "input_capsule_shape", "bias_filler",
            "bias_term",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "weight_filler", "stride", "kh", "kw", "input_capsule_num", "output_capsule_num",
            "output_capsule_shape", "input_h", "input_w", "input_capsule_shape", "bias_filler",
            "bias_term",
        ]
    ) -> None: ...

class CapsuleMaskParameter(Message):
    DESCRIPTOR: Descriptor
    class_num: int
    def __init__(
        self, *,
            class_num: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "class_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "class_num",
        ]
    ) -> None: ...

class CapsuleLenParameter(Message):
    DESCRIPTOR: Descriptor
    num_class: int
    def __init__(
        self, *,
            num_class: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_class",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_class",
        ]
    ) -> None: ...

class MarginParameter(Message):
    DESCRIPTOR: Descriptor
    num_class: int
    m_upper_bound: float
    m_lower_bound: float
    axis: int
    def __init__(
        self, *,
            num_class: int | None = ..., m_upper_bound: float | None = ..., m_lower_bound: float
            | None = ..., axis: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_class", "m_upper_bound", "m_lower_bound", "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_class", "m_upper_bound", "m_lower_bound", "axis",
        ]
    ) -> None: ...

class CapsuleConvTransformParameter(Message):
    DESCRIPTOR: Descriptor
    bias_term: bool
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    stride: int
    kh: int
    kw: int
    input_capsule_num: int
    @property
    def input_capsule_shape(self) -> BlobShape: ...
    output_capsule_num: int
    @property
    def output_capsule_shape(self) -> BlobShape: ...
    input_h: int
    input_w: int
    def __init__(
        self, *,
            bias_term: bool | None = ..., weight_filler: FillerParameter | _Fields | None = ...,
            bias_filler: FillerParameter | _Fields | None = ..., stride: int | None = ..., kh:
            int | None = ..., kw: int | None = ..., input_capsule_num: int | None = ...,
            input_capsule_shape: BlobShape | _Fields | None = ..., output_capsule_num: int |
            None = ..., output_capsule_shape: BlobShape | _Fields | None = ..., input_h: int |
            None = ..., input_w: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "bias_term", "weight_filler", "bias_filler", "stride", "kh", "kw",
            "input_capsule_num", "input_capsule_shape", "output_capsule_num",
            "output_capsule_shape", "input_h", "input_w",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "bias_term", "weight_filler", "bias_filler", "stride", "kh", "kw",
            "input_capsule_num", "input_capsule_shape", "output_capsule_num",
            "output_capsule_shape", "input_h", "input_w",
        ]
    ) -> None: ...

class CapsuleConvRoutingParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def weight_filler(self) -> FillerParameter: ...
    stride: int
    kh: int
    kw: int
    input_capsule_num: int
    output_capsule_num: int
    @property
    def output_capsule_shape(self) -> BlobShape: ...
    input_h: int
    input_w: int
    def __init__(
        self, *,
            weight_filler: FillerParameter | _Fields | None = ..., stride: int | None = ..., kh:
            int | None = ..., kw: int | None = ..., input_capsule_num: int | None = ...,
            output_capsule_num: int | None = ..., output_capsule_shape: BlobShape | _Fields |
            None = ..., input_h: int | None = ..., input_w: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "weight_filler", "stride", "kh", "kw", "input_capsule_num", "output_capsule_num",
            "output_capsule_shape", "input_h", "input_w",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "weight_filler", "stride", "kh", "kw", "input_capsule_num", "output_capsule_num",
            "output_capsule_shape", "input_h", "input_w",
        ]
    ) -> None: ...

class DNSParameter(Message):
    DESCRIPTOR: Descriptor
    gamma: float
    power: float
    c_rate: float
    iter_stop: float
    @property
    def weight_mask_filler(self) -> FillerParameter: ...
    @property
    def bias_mask_filler(self) -> FillerParameter: ...
    alpha_low: float
    alpha_high: float
    def __init__(
        self, *,
            gamma: float | None = ..., power: float | None = ..., c_rate: float | None = ...,
            iter_stop: float | None = ..., weight_mask_filler: FillerParameter | _Fields | None
            = ..., bias_mask_filler: FillerParameter | _Fields | None = ..., alpha_low: float |
            None = ..., alpha_high: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "gamma", "power", "c_rate", "iter_stop", "weight_mask_filler", "bias_mask_filler",
            "alpha_low", "alpha_high",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "gamma", "power", "c_rate", "iter_stop", "weight_mask_filler", "bias_mask_filler",
            "alpha_low", "alpha_high",
        ]
    ) -> None: ...

class INQParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def portion(self) -> Values[float]: ...
    @property
    def weight_mask_filler(self) -> FillerParameter: ...
    @property
    def bias_mask_filler(self) -> FillerParameter: ...
    num_quantum_values: int
    def __init__(
        self, *,
            portion: Iterable[float] | None = ..., weight_mask_filler: FillerParameter | _Fields
            | None = ..., bias_mask_filler: FillerParameter | _Fields | None = ...,
            num_quantum_values: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "weight_mask_filler", "bias_mask_filler", "num_quantum_values",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "portion", "weight_mask_filler", "bias_mask_filler", "num_quantum_values",
        ]
    ) -> None: ...

class MAEParameter(Message):
    DESCRIPTOR: Descriptor
    ignore_label: int
    def __init__(
        self, *,
            ignore_label: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "ignore_label",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "ignore_label",
        ]
    ) -> None: ...

class SampleTripletParameter(Message):
    DESCRIPTOR: Descriptor
    label_num: int
    sample_num: int
    eps: float
    alpha: float
    def __init__(
        self, *,
            label_num: int | None = ..., sample_num: int | None = ..., eps: float | None = ...,
            alpha: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "label_num", "sample_num", "eps", "alpha",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "label_num", "sample_num", "eps", "alpha",
        ]
    ) -> None: ...

class SpatialPyramidPoolingParameter(Message):
    DESCRIPTOR: Descriptor
    class PoolMethod(_Enum):
        MAX: ClassVar[SpatialPyramidPoolingParameter.PoolMethod]
        AVE: ClassVar[SpatialPyramidPoolingParameter.PoolMethod]
        STOCHASTIC: ClassVar[SpatialPyramidPoolingParameter.PoolMethod]
    MAX: ClassVar[SpatialPyramidPoolingParameter.PoolMethod]
    AVE: ClassVar[SpatialPyramidPoolingParameter.PoolMethod]
    STOCHASTIC: ClassVar[SpatialPyramidPoolingParameter.PoolMethod]
    pool: SpatialPyramidPoolingParameter.PoolMethod
    @property
    def spatial_bin(self) -> Values[int]: ...
    @property
    def scale(self) -> Values[float]: ...
    def __init__(
        self, *,
            pool: SpatialPyramidPoolingParameter.PoolMethod | int | str | None = ...,
            spatial_bin: Iterable[int] | None = ..., scale: Iterable[float] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pool",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pool", "spatial_bin", "scale",
        ]
    ) -> None: ...

class SpatialPyramidPoolingDataParameter(Message):
    DESCRIPTOR: Descriptor
    features_source: str
    regions_source: str
    batch_size: int
    positive_threshold: float
    negative_threshold: float
    positive_sampling_ratio: float
    def __init__(
        self, *,
            features_source: str | None = ..., regions_source: str | None = ..., batch_size: int
            | None = ..., positive_threshold: float | None = ..., negative_threshold: float |
            None = ..., positive_sampling_ratio: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "features_source", "regions_source", "batch_size", "positive_threshold",
            "negative_threshold", "positive_sampling_ratio",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "features_source", "regions_source", "batch_size", "positive_threshold",
            "negative_threshold", "positive_sampling_ratio",
        ]
    ) -> None: ...

class RBMInnerProductParameter(Message):
    DESCRIPTOR: Descriptor
    class LossMeasure(_Enum):
        RECONSTRUCTION: ClassVar[RBMInnerProductParameter.LossMeasure]
        FREE_ENERGY: ClassVar[RBMInnerProductParameter.LossMeasure]
    RECONSTRUCTION: ClassVar[RBMInnerProductParameter.LossMeasure]
    FREE_ENERGY: ClassVar[RBMInnerProductParameter.LossMeasure]
    forward_is_update: bool
    @property
    def connection_layer_param(self) -> LayerParameter: ...
    @property
    def hidden_activation_layer_param(self) -> LayerParameter: ...
    @property
    def hidden_sampling_layer_param(self) -> LayerParameter: ...
    @property
    def visible_activation_layer_param(self) -> LayerParameter: ...
    @property
    def visible_sampling_layer_param(self) -> LayerParameter: ...
    visible_bias_term: bool
    sample_steps_in_update: int
    @property
    def visible_bias_filler(self) -> FillerParameter: ...
    @property
    def loss_measure(self) -> Values[RBMInnerProductParameter.LossMeasure]: ...
    def __init__(
        self, *,
            forward_is_update: bool | None = ..., connection_layer_param: LayerParameter |
            _Fields | None = ..., hidden_activation_layer_param: LayerParameter | _Fields | None
            = ..., hidden_sampling_layer_param: LayerParameter | _Fields | None = ...,
            visible_activation_layer_param: LayerParameter | _Fields | None = ...,
            visible_sampling_layer_param: LayerParameter | _Fields | None = ...,
            visible_bias_term: bool | None = ..., sample_steps_in_update: int | None = ...,
            visible_bias_filler: FillerParameter | _Fields | None = ..., loss_measure:
            Iterable[RBMInnerProductParameter.LossMeasure | int | str] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "forward_is_update", "connection_layer_param", "hidden_activation_layer_param",
            "hidden_sampling_layer_param", "visible_activation_layer_param",
            "visible_sampling_layer_param", "visible_bias_term", "sample_steps_in_update",
            "visible_bias_filler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "forward_is_update", "connection_layer_param", "hidden_activation_layer_param",
            "hidden_sampling_layer_param", "visible_activation_layer_param",
            "visible_sampling_layer_param", "visible_bias_term", "sample_steps_in_update",
            "visible_bias_filler", "loss_measure",
        ]
    ) -> None: ...

class RemoteDataParameter(Message):
    DESCRIPTOR: Descriptor
    class CachePolicy(_Enum):
        PULL_CONTINOUSLY: ClassVar[RemoteDataParameter.CachePolicy]
        USE_CACHE_WHEN_FULL: ClassVar[RemoteDataParameter.CachePolicy]
    PULL_CONTINOUSLY: ClassVar[RemoteDataParameter.CachePolicy]
    USE_CACHE_WHEN_FULL: ClassVar[RemoteDataParameter.CachePolicy]
    address: str
    cache_size: int
    policy: RemoteDataParameter.CachePolicy
    @property
    def shape(self) -> Messages[BlobShape]: ...
    def __init__(
        self, *,
            address: str | None = ..., cache_size: int | None = ..., policy:
            RemoteDataParameter.CachePolicy | int | str | None = ..., shape: Iterable[BlobShape
            | _Fields] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "address", "cache_size", "policy",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "address", "cache_size", "policy", "shape",
        ]
    ) -> None: ...

class BinaryDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    batch_size: int
    def __init__(
        self, *,
            source: str | None = ..., batch_size: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "batch_size",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "batch_size",
        ]
    ) -> None: ...

class MCWindowDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    scale: float
    mean_file: str
    batch_size: int
    crop_size: int
    mirror: bool
    fg_threshold: float
    bg_threshold: float
    fg_fraction: float
    context_pad: int
    crop_mode: str
    shuffle: bool
    mask_crop_size: int
    def __init__(
        self, *,
            source: str | None = ..., scale: float | None = ..., mean_file: str | None = ...,
            batch_size: int | None = ..., crop_size: int | None = ..., mirror: bool | None =
            ..., fg_threshold: float | None = ..., bg_threshold: float | None = ...,
            fg_fraction: float | None = ..., context_pad: int | None = ..., crop_mode: str |
            None = ..., shuffle: bool | None = ..., mask_crop_size: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "fg_threshold",
            "bg_threshold", "fg_fraction", "context_pad", "crop_mode", "shuffle",
            "mask_crop_size",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "fg_threshold",
            "bg_threshold", "fg_fraction", "context_pad", "crop_mode", "shuffle",
            "mask_crop_size",
        ]
    ) -> None: ...

class RandomParameter(Message):
    DESCRIPTOR: Descriptor
    scale: float
    def __init__(
        self, *,
            scale: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "scale",
        ]
    ) -> None: ...

class ROIDataParameter(Message):
    DESCRIPTOR: Descriptor
    config_file: str
    def __init__(
        self, *,
            config_file: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "config_file",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "config_file",
        ]
    ) -> None: ...

class SmoothL1Parameter(Message):
    DESCRIPTOR: Descriptor
    turn_point: float
    def __init__(
        self, *,
            turn_point: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "turn_point",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "turn_point",
        ]
    ) -> None: ...

class LayerNoiseParameter(Message):
    DESCRIPTOR: Descriptor
    gaussian_std: float
    uniform_range: float
    bias: float
    def __init__(
        self, *,
            gaussian_std: float | None = ..., uniform_range: float | None = ..., bias: float |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "gaussian_std", "uniform_range", "bias",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "gaussian_std", "uniform_range", "bias",
        ]
    ) -> None: ...

class WeightEuclideanLossParameter(Message):
    DESCRIPTOR: Descriptor
    contour_weight: float
    main_weight: float
    coarse_weight: float
    normalized: int
    normalized_type: int
    def __init__(
        self, *,
            contour_weight: float | None = ..., main_weight: float | None = ..., coarse_weight:
            float | None = ..., normalized: int | None = ..., normalized_type: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "contour_weight", "main_weight", "coarse_weight", "normalized", "normalized_type",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "contour_weight", "main_weight", "coarse_weight", "normalized", "normalized_type",
        ]
    ) -> None: ...

class ImageFloatDataParameter(Message):
    DESCRIPTOR: Descriptor
    is_regression: bool
    label_dim: int
    hard_sample: bool
    with_heatmap: bool
    heatmap_dir: str
    def __init__(
        self, *,
            is_regression: bool | None = ..., label_dim: int | None = ..., hard_sample: bool |
            None = ..., with_heatmap: bool | None = ..., heatmap_dir: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "is_regression", "label_dim", "hard_sample", "with_heatmap", "heatmap_dir",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "is_regression", "label_dim", "hard_sample", "with_heatmap", "heatmap_dir",
        ]
    ) -> None: ...

class EuclideanLossParameter(Message):
    DESCRIPTOR: Descriptor
    is_normalized: bool
    normalize_choice: int
    def __init__(
        self, *,
            is_normalized: bool | None = ..., normalize_choice: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "is_normalized", "normalize_choice",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "is_normalized", "normalize_choice",
        ]
    ) -> None: ...

class RandomNoiseParameter(Message):
    DESCRIPTOR: Descriptor
    mu: float
    sigma: float
    adaptive_sigma: bool
    adaptive_factor: float
    def __init__(
        self, *,
            mu: float | None = ..., sigma: float | None = ..., adaptive_sigma: bool | None =
            ..., adaptive_factor: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "mu", "sigma", "adaptive_sigma", "adaptive_factor",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "mu", "sigma", "adaptive_sigma", "adaptive_factor",
        ]
    ) -> None: ...

class GenericWindowDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    scale: float
    batch_size: int
    crop_size: int
    mirror: bool
    context_pad: int
    crop_mode: str
    cache_images: bool
    root_folder: str
    is_ready: bool
    random_crop: bool
    is_gray: bool
    max_jitter: int
    def __init__(
        self, *,
            source: str | None = ..., scale: float | None = ..., batch_size: int | None = ...,
            crop_size: int | None = ..., mirror: bool | None = ..., context_pad: int | None =
            ..., crop_mode: str | None = ..., cache_images: bool | None = ..., root_folder: str
            | None = ..., is_ready: bool | None = ..., random_crop: bool | None = ..., is_gray:
            bool | None = ..., max_jitter: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "scale", "batch_size", "crop_size", "mirror", "context_pad", "crop_mode",
            "cache_images", "root_folder", "is_ready", "random_crop", "is_gray", "max_jitter",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "scale", "batch_size", "crop_size", "mirror", "context_pad", "crop_mode",
            "cache_images", "root_folder", "is_ready", "random_crop", "is_gray", "max_jitter",
        ]
    ) -> None: ...

class BoxParameter(Message):
    DESCRIPTOR: Descriptor
    box_height: int
    box_width: int
    @property
    def param(self) -> Messages[ParamSpec]: ...
    @property
    def convolution_param(self) -> ConvolutionParameter: ...
    @property
    def pooling_param(self) -> PoolingParameter: ...
    @property
    def relu_param(self) -> ReLUParameter: ...
    def __init__(
        self, *,
            box_height: int | None = ..., box_width: int | None = ..., param: Iterable[ParamSpec
            | _Fields] | None = ..., convolution_param: ConvolutionParameter | _Fields | None =
            ..., pooling_param: PoolingParameter | _Fields | None = ..., relu_param:
            ReLUParameter | _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "box_height", "box_width", "convolution_param", "pooling_param", "relu_param",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "box_height", "box_width", "param", "convolution_param", "pooling_param",
            "relu_param",
        ]
    ) -> None: ...

class TransformColorParameter(Message):
    DESCRIPTOR: Descriptor
    transform_type: str
    output_H: int
    output_W: int
    to_compute_dU: bool
    theta_1_1: float
    theta_1_2: float
    theta_1_3: float
    theta_1_4: float
    theta_2_1: float
    theta_2_2: float
    theta_2_3: float
    theta_2_4: float
    theta_3_1: float
    theta_3_2: float
    theta_3_3: float
    theta_3_4: float
    def __init__(
        self, *,
            transform_type: str | None = ..., output_H: int | None = ..., output_W: int | None =
            ..., to_compute_dU: bool | None = ..., theta_1_1: float | None = ..., theta_1_2:
            float | None = ..., theta_1_3: float | None = ..., theta_1_4: float | None = ...,
            theta_2_1: float | None = ..., theta_2_2: float | None = ..., theta_2_3: float |
            None = ..., theta_2_4: float | None = ..., theta_3_1: float | None = ..., theta_3_2:
            float | None = ..., theta_3_3: float | None = ..., theta_3_4: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "transform_type", "output_H", "output_W", "to_compute_dU", "theta_1_1", "theta_1_2",
            "theta_1_3", "theta_1_4", "theta_2_1", "theta_2_2", "theta_2_3", "theta_2_4",
            "theta_3_1", "theta_3_2", "theta_3_3", "theta_3_4",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "transform_type", "output_H", "output_W", "to_compute_dU", "theta_1_1", "theta_1_2",
            "theta_1_3", "theta_1_4", "theta_2_1", "theta_2_2", "theta_2_3", "theta_2_4",
            "theta_3_1", "theta_3_2", "theta_3_3", "theta_3_4",
        ]
    ) -> None: ...

class GenSlicinfoParameter(Message):
    DESCRIPTOR: Descriptor
    image_size: int
    slic_size: int
    coh_weight: float
    cielab: bool
    min_pixel_num: int
    def __init__(
        self, *,
            image_size: int | None = ..., slic_size: int | None = ..., coh_weight: float | None
            = ..., cielab: bool | None = ..., min_pixel_num: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "image_size", "slic_size", "coh_weight", "cielab", "min_pixel_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "image_size", "slic_size", "coh_weight", "cielab", "min_pixel_num",
        ]
    ) -> None: ...

class LowlevelDistanceParameter(Message):
    DESCRIPTOR: Descriptor
    grid_size: int
    train_region_per_image: int
    spixel_size: int
    feature_option: int
    is_maxpool: bool
    def __init__(
        self, *,
            grid_size: int | None = ..., train_region_per_image: int | None = ..., spixel_size:
            int | None = ..., feature_option: int | None = ..., is_maxpool: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "grid_size", "train_region_per_image", "spixel_size", "feature_option",
            "is_maxpool",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "grid_size", "train_region_per_image", "spixel_size", "feature_option",
            "is_maxpool",
        ]
    ) -> None: ...

class PointBilinearParameter(Message):
    DESCRIPTOR: Descriptor
    ratio: float
    def __init__(
        self, *,
            ratio: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "ratio",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "ratio",
        ]
    ) -> None: ...

class EntropyPackParameter(Message):
    DESCRIPTOR: Descriptor
    kernel: int
    channels: int
    samples: int
    def __init__(
        self, *,
            kernel: int | None = ..., channels: int | None = ..., samples: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "kernel", "channels", "samples",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "kernel", "channels", "samples",
        ]
    ) -> None: ...

class MarginSoftmaxLossParameter(Message):
    DESCRIPTOR: Descriptor
    num_output: int
    @property
    def weight_filler(self) -> FillerParameter: ...
    def __init__(
        self, *,
            num_output: int | None = ..., weight_filler: FillerParameter | _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "weight_filler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "weight_filler",
        ]
    ) -> None: ...

class PixelwiseSimilarityParameter(Message):
    DESCRIPTOR: Descriptor
    roi: int
    def __init__(
        self, *,
            roi: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "roi",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "roi",
        ]
    ) -> None: ...

class MappingBySimilarityParameter(Message):
    DESCRIPTOR: Descriptor
    alpha: float
    def __init__(
        self, *,
            alpha: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "alpha",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "alpha",
        ]
    ) -> None: ...

class LinearProductParameter(Message):
    DESCRIPTOR: Descriptor
    num_output: int
    @property
    def weight_filler(self) -> FillerParameter: ...
    axis: int
    backprop: bool
    verbose: bool
    def __init__(
        self, *,
            num_output: int | None = ..., weight_filler: FillerParameter | _Fields | None = ...,
            axis: int | None = ..., backprop: bool | None = ..., verbose: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "weight_filler", "axis", "backprop", "verbose",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "weight_filler", "axis", "backprop", "verbose",
        ]
    ) -> None: ...

class RankingLossParameter(Message):
    DESCRIPTOR: Descriptor
    trunc: bool
    margin: float
    def __init__(
        self, *,
            trunc: bool | None = ..., margin: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "trunc", "margin",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "trunc", "margin",
        ]
    ) -> None: ...

class FaceImageParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    batch_size: int
    rand_skip: int
    shuffle: bool
    root_folder: str
    triplet_ver: bool
    def __init__(
        self, *,
            source: str | None = ..., batch_size: int | None = ..., rand_skip: int | None = ...,
            shuffle: bool | None = ..., root_folder: str | None = ..., triplet_ver: bool | None
            = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "batch_size", "rand_skip", "shuffle", "root_folder", "triplet_ver",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "batch_size", "rand_skip", "shuffle", "root_folder", "triplet_ver",
        ]
    ) -> None: ...

class YoloV2LossParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def anchors(self) -> Values[float]: ...
    side: int
    num_classes: int
    num_object: int
    box_scale: float
    class_scale: float
    noobject_scale: float
    object_scale: float
    rescore: bool
    constraint: bool
    thresh: float
    @property
    def biaes(self) -> Values[float]: ...
    def __init__(
        self, *,
            anchors: Iterable[float] | None = ..., side: int | None = ..., num_classes: int |
            None = ..., num_object: int | None = ..., box_scale: float | None = ...,
            class_scale: float | None = ..., noobject_scale: float | None = ..., object_scale:
            float | None = ..., rescore: bool | None = ..., constraint: bool | None = ...,
            thresh: float | None = ..., biaes: Iterable[float] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "side", "num_classes", "num_object", "box_scale", "class_scale", "noobject_scale",
            "object_scale", "rescore", "constraint", "thresh",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "anchors", "side", "num_classes", "num_object", "box_scale", "class_scale",
            "noobject_scale", "object_scale", "rescore", "constraint", "thresh", "biaes",
        ]
    ) -> None: ...

class YoloV3LossParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def anchors(self) -> Values[int]: ...
    @property
    def mask(self) -> Values[int]: ...
    side: int
    num_classes: int
    num_object: int
    total_object: int
    ignore_thresh: float
    truth_thresh: float
    net_w: int
    net_h: int
    def __init__(
        self, *,
            anchors: Iterable[int] | None = ..., mask: Iterable[int] | None = ..., side: int |
            None = ..., num_classes: int | None = ..., num_object: int | None = ...,
            total_object: int | None = ..., ignore_thresh: float | None = ..., truth_thresh:
            float | None = ..., net_w: int | None = ..., net_h: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "side", "num_classes", "num_object", "total_object", "ignore_thresh",
            "truth_thresh", "net_w", "net_h",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "anchors", "mask", "side", "num_classes", "num_object", "total_object",
            "ignore_thresh", "truth_thresh", "net_w", "net_h",
        ]
    ) -> None: ...

class MaskYoloLossParameter(Message):
    DESCRIPTOR: Descriptor
    num_class: int
    num_object: int
    num_coord: int
    object_scale: float
    noobject_scale: float
    class_scale: float
    coord_scale: float
    @property
    def anchor_x(self) -> Values[float]: ...
    @property
    def anchor_y(self) -> Values[float]: ...
    @property
    def mask(self) -> Values[int]: ...
    anchor_mask: bool
    ignore_thresh: float
    truth_thresh: float
    net_w: int
    net_h: int
    ignore_w: float
    ignore_h: float
    with_mask: bool
    mask_w: int
    mask_h: int
    with_rcnn: bool
    def __init__(
        self, *,
            num_class: int | None = ..., num_object: int | None = ..., num_coord: int | None =
            ..., object_scale: float | None = ..., noobject_scale: float | None = ...,
            class_scale: float | None = ..., coord_scale: float | None = ..., anchor_x:
            Iterable[float] | None = ..., anchor_y: Iterable[float] | None = ..., mask:
            Iterable[int] | None = ..., anchor_mask: bool | None = ..., ignore_thresh: float |
            None = ..., truth_thresh: float | None = ..., net_w: int | None = ..., net_h: int |
            None = ..., ignore_w: float | None = ..., ignore_h: float | None = ..., with_mask:
            bool | None = ..., mask_w: int | None = ..., mask_h: int | None = ..., with_rcnn:
            bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_class", "num_object", "num_coord", "object_scale", "noobject_scale",
            "class_scale", "coord_scale", "anchor_mask", "ignore_thresh", "truth_thresh",
            "net_w", "net_h", "ignore_w", "ignore_h", "with_mask", "mask_w", "mask_h",
            "with_rcnn",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_class", "num_object", "num_coord", "object_scale", "noobject_scale",
            "class_scale", "coord_scale", "anchor_x", "anchor_y", "mask", "anchor_mask",
            "ignore_thresh", "truth_thresh", "net_w", "net_h", "ignore_w", "ignore_h",
            "with_mask", "mask_w", "mask_h", "with_rcnn",
        ]
    ) -> None: ...

class FrcnnParameter(Message):
    DESCRIPTOR: Descriptor
    batch_size: float
    fg_fraction: float
    fg_thresh: float
    bg_thresh_hi: float
    bg_thresh_lo: float
    bbox_normalize_targets: bool
    @property
    def bbox_inside_weights(self) -> Values[float]: ...
    @property
    def bbox_normalize_means(self) -> Values[float]: ...
    @property
    def bbox_normalize_stds(self) -> Values[float]: ...
    rpn_positive_overlap: float
    rpn_negative_overlap: float
    rpn_clobber_positives: bool
    rpn_fg_fraction: float
    rpn_batchsize: float
    rpn_nms_thresh: float
    rpn_pre_nms_top_n: int
    rpn_post_nms_top_n: int
    rpn_min_size: float
    @property
    def rpn_bbox_inside_weights(self) -> Values[float]: ...
    rpn_positive_weight: float
    rpn_allowed_border: int
    test_rpn_nms_thresh: float
    test_rpn_pre_nms_top_n: int
    test_rpn_post_nms_top_n: int
    test_rpn_min_size: float
    feat_stride: int
    @property
    def anchors(self) -> Values[float]: ...
    n_classes: int
    scales: float
    max_size: float
    def __init__(
        self, *,
            batch_size: float | None = ..., fg_fraction: float | None = ..., fg_thresh: float |
            None = ..., bg_thresh_hi: float | None = ..., bg_thresh_lo: float | None = ...,
            bbox_normalize_targets: bool | None = ..., bbox_inside_weights: Iterable[float] |
            None = ..., bbox_normalize_means: Iterable[float] | None = ..., bbox_normalize_stds:
            Iterable[float] | None = ..., rpn_positive_overlap: float | None = ...,
            rpn_negative_overlap: float | None = ..., rpn_clobber_positives: bool | None = ...,
            rpn_fg_fraction: float | None = ..., rpn_batchsize: float | None = ...,
            rpn_nms_thresh: float | None = ..., rpn_pre_nms_top_n: int | None = ...,
            rpn_post_nms_top_n: int | None = ..., rpn_min_size: float | None = ...,
            rpn_bbox_inside_weights: Iterable[float] | None = ..., rpn_positive_weight: float |
            None = ..., rpn_allowed_border: int | None = ..., test_rpn_nms_thresh: float | None
            = ..., test_rpn_pre_nms_top_n: int | None = ..., test_rpn_post_nms_top_n: int | None
            = ..., test_rpn_min_size: float | None = ..., feat_stride: int | None = ...,
            anchors: Iterable[float] | None = ..., n_classes: int | None = ..., scales: float |
            None = ..., max_size: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "batch_size", "fg_fraction", "fg_thresh", "bg_thresh_hi", "bg_thresh_lo",
            "bbox_normalize_targets", "rpn_positive_overlap", "rpn_negative_overlap",
            "rpn_clobber_positives", "rpn_fg_fraction", "rpn_batchsize", "rpn_nms_thresh",
            "rpn_pre_nms_top_n", "rpn_post_nms_top_n", "rpn_min_size", "rpn_positive_weight",
            "rpn_allowed_border", "test_rpn_nms_thresh", "test_rpn_pre_nms_top_n",
            "test_rpn_post_nms_top_n", "test_rpn_min_size", "feat_stride", "n_classes",
            "scales", "max_size",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "batch_size", "fg_fraction", "fg_thresh", "bg_thresh_hi", "bg_thresh_lo",
            "bbox_normalize_targets", "bbox_inside_weights", "bbox_normalize_means",
            "bbox_normalize_stds", "rpn_positive_overlap", "rpn_negative_overlap",
            "rpn_clobber_positives", "rpn_fg_fraction", "rpn_batchsize", "rpn_nms_thresh",
            "rpn_pre_nms_top_n", "rpn_post_nms_top_n", "rpn_min_size",
            "rpn_bbox_inside_weights", "rpn_positive_weight", "rpn_allowed_border",
            "test_rpn_nms_thresh", "test_rpn_pre_nms_top_n", "test_rpn_post_nms_top_n",
            "test_rpn_min_size", "feat_stride", "anchors", "n_classes", "scales", "max_size",
        ]
    ) -> None: ...

class RegionParameter(Message):
    DESCRIPTOR: Descriptor
    classes: int
    coords: int
    boxes_of_each_grid: int
    softmax: bool
    def __init__(
        self, *,
            classes: int | None = ..., coords: int | None = ..., boxes_of_each_grid: int | None
            = ..., softmax: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "classes", "coords", "boxes_of_each_grid", "softmax",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "classes", "coords", "boxes_of_each_grid", "softmax",
        ]
    ) -> None: ...

class TensorTransposeParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def order(self) -> Values[int]: ...
    def __init__(
        self, *,
            order: Iterable[int] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "order",
        ]
    ) -> None: ...

class PrecisionParameter(Message):
    DESCRIPTOR: Descriptor
    quant_type: str
    bw_layer_in: int
    bw_layer_out: int
    bw_params: int
    @property
    def fl_layer_in(self) -> Values[int]: ...
    @property
    def fl_layer_out(self) -> Values[int]: ...
    @property
    def fl_params(self) -> Values[int]: ...
    @property
    def th_layer_in(self) -> Values[float]: ...
    @property
    def th_layer_out(self) -> Values[float]: ...
    @property
    def th_params(self) -> Values[float]: ...
    def __init__(
        self, *,
            quant_type: str | None = ..., bw_layer_in: int | None = ..., bw_layer_out: int |
            None = ..., bw_params: int | None = ..., fl_layer_in: Iterable[int] | None = ...,
            fl_layer_out: Iterable[int] | None = ..., fl_params: Iterable[int] | None = ...,
            th_layer_in: Iterable[float] | None = ..., th_layer_out: Iterable[float] | None =
            ..., th_params: Iterable[float] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "quant_type", "bw_layer_in", "bw_layer_out", "bw_params",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "quant_type", "bw_layer_in", "bw_layer_out", "bw_params", "fl_layer_in",
            "fl_layer_out", "fl_params", "th_layer_in", "th_layer_out", "th_params",
        ]
    ) -> None: ...

class ColorConvParameter(Message):
    DESCRIPTOR: Descriptor
    class ColorSpace(_Enum):
        BGR: ClassVar[ColorConvParameter.ColorSpace]
        RGB: ClassVar[ColorConvParameter.ColorSpace]
        XYZ: ClassVar[ColorConvParameter.ColorSpace]
        Lab: ClassVar[ColorConvParameter.ColorSpace]
        Gray: ClassVar[ColorConvParameter.ColorSpace]
    BGR: ClassVar[ColorConvParameter.ColorSpace]
    RGB: ClassVar[ColorConvParameter.ColorSpace]
    XYZ: ClassVar[ColorConvParameter.ColorSpace]
    Lab: ClassVar[ColorConvParameter.ColorSpace]
    Gray: ClassVar[ColorConvParameter.ColorSpace]
    input: ColorConvParameter.ColorSpace
    output: ColorConvParameter.ColorSpace
    def __init__(
        self, *,
            input: ColorConvParameter.ColorSpace | int | str | None = ..., output:
            ColorConvParameter.ColorSpace | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "input", "output",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "input", "output",
        ]
    ) -> None: ...

class SplitDataParameter(Message):
    DESCRIPTOR: Descriptor
    frame: int
    def __init__(
        self, *,
            frame: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "frame",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "frame",
        ]
    ) -> None: ...

class ImageDataModifyParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    scale: float
    mean_file: str
    batch_size: int
    crop_size: int
    mirror: bool
    rand_skip: int
    shuffle: bool
    new_height: int
    new_width: int
    is_color: bool
    root_folder: str
    def __init__(
        self, *,
            source: str | None = ..., scale: float | None = ..., mean_file: str | None = ...,
            batch_size: int | None = ..., crop_size: int | None = ..., mirror: bool | None =
            ..., rand_skip: int | None = ..., shuffle: bool | None = ..., new_height: int | None
            = ..., new_width: int | None = ..., is_color: bool | None = ..., root_folder: str |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "rand_skip",
            "shuffle", "new_height", "new_width", "is_color", "root_folder",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "rand_skip",
            "shuffle", "new_height", "new_width", "is_color", "root_folder",
        ]
    ) -> None: ...

class ArcfaceParameter(Message):
    DESCRIPTOR: Descriptor
    m: float
    transform_test: bool
    def __init__(
        self, *,
            m: float | None = ..., transform_test: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "m", "transform_test",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "m", "transform_test",
        ]
    ) -> None: ...

class CosinAddmParameter(Message):
    DESCRIPTOR: Descriptor
    m: float
    transform_test: bool
    def __init__(
        self, *,
            m: float | None = ..., transform_test: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "m", "transform_test",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "m", "transform_test",
        ]
    ) -> None: ...

class AdaCosAddmScaleParameter(Message):
    DESCRIPTOR: Descriptor
    m: float
    num_classes: float
    transform_test: bool
    def __init__(
        self, *,
            m: float | None = ..., num_classes: float | None = ..., transform_test: bool | None
            = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "m", "num_classes", "transform_test",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "m", "num_classes", "transform_test",
        ]
    ) -> None: ...

class CompactBilinearParameter(Message):
    DESCRIPTOR: Descriptor
    num_output: int
    sum_pool: bool
    def __init__(
        self, *,
            num_output: int | None = ..., sum_pool: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "sum_pool",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "sum_pool",
        ]
    ) -> None: ...

class ImResizeParameter(Message):
    DESCRIPTOR: Descriptor
    target_spatial_width: int
    target_spatial_height: int
    factor: float
    start_scale: float
    scale_gap: float
    def __init__(
        self, *,
            target_spatial_width: int | None = ..., target_spatial_height: int | None = ...,
            factor: float | None = ..., start_scale: float | None = ..., scale_gap: float | None
            = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "target_spatial_width", "target_spatial_height", "factor", "start_scale",
            "scale_gap",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "target_spatial_width", "target_spatial_height", "factor", "start_scale",
            "scale_gap",
        ]
    ) -> None: ...

class NmsParameter(Message):
    DESCRIPTOR: Descriptor
    threshold: float
    num_peak: int
    max_peaks: int
    num_parts: int
    def __init__(
        self, *,
            threshold: float | None = ..., num_peak: int | None = ..., max_peaks: int | None =
            ..., num_parts: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "threshold", "num_peak", "max_peaks", "num_parts",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "threshold", "num_peak", "max_peaks", "num_parts",
        ]
    ) -> None: ...

class RotateROIPoolingParameter(Message):
    DESCRIPTOR: Descriptor
    pooled_h: int
    pooled_w: int
    spatial_scale: float
    def __init__(
        self, *,
            pooled_h: int | None = ..., pooled_w: int | None = ..., spatial_scale: float | None
            = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pooled_h", "pooled_w", "spatial_scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pooled_h", "pooled_w", "spatial_scale",
        ]
    ) -> None: ...

class PowerFileParameter(Message):
    DESCRIPTOR: Descriptor
    shift_file: str
    def __init__(
        self, *,
            shift_file: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "shift_file",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "shift_file",
        ]
    ) -> None: ...

class STLossParameter(Message):
    DESCRIPTOR: Descriptor
    output_H: int
    output_W: int
    def __init__(
        self, *,
            output_H: int | None = ..., output_W: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "output_H", "output_W",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "output_H", "output_W",
        ]
    ) -> None: ...

class LocLossParameter(Message):
    DESCRIPTOR: Descriptor
    threshold: float
    def __init__(
        self, *,
            threshold: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "threshold",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "threshold",
        ]
    ) -> None: ...

class LabeledMatchingParameter(Message):
    DESCRIPTOR: Descriptor
    num_classes: int
    momentum: float
    def __init__(
        self, *,
            num_classes: int | None = ..., momentum: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_classes", "momentum",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_classes", "momentum",
        ]
    ) -> None: ...

class UnlabeledMatchingParameter(Message):
    DESCRIPTOR: Descriptor
    queue_size: int
    def __init__(
        self, *,
            queue_size: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "queue_size",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "queue_size",
        ]
    ) -> None: ...

class GuidedDropoutParameter(Message):
    DESCRIPTOR: Descriptor
    type: str
    guidance_threshold: float
    sigmoid_scaler: float
    def __init__(
        self, *,
            type: str | None = ..., guidance_threshold: float | None = ..., sigmoid_scaler:
            float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "type", "guidance_threshold", "sigmoid_scaler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "type", "guidance_threshold", "sigmoid_scaler",
        ]
    ) -> None: ...

class FeatureExtrapolatingParameter(Message):
    DESCRIPTOR: Descriptor
    num_per_octave: int
    scale_string: str
    num_scale_base: int
    def __init__(
        self, *,
            num_per_octave: int | None = ..., scale_string: str | None = ..., num_scale_base:
            int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_per_octave", "scale_string", "num_scale_base",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_per_octave", "scale_string", "num_scale_base",
        ]
    ) -> None: ...

class ROIGeneratingParameter(Message):
    DESCRIPTOR: Descriptor
    batch_size: int
    num_classes: int
    fg_fraction: float
    spatial_scale: float
    flag_proposal_only: int
    def __init__(
        self, *,
            batch_size: int | None = ..., num_classes: int | None = ..., fg_fraction: float |
            None = ..., spatial_scale: float | None = ..., flag_proposal_only: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "batch_size", "num_classes", "fg_fraction", "spatial_scale", "flag_proposal_only",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "batch_size", "num_classes", "fg_fraction", "spatial_scale", "flag_proposal_only",
        ]
    ) -> None: ...

class SquareBoxDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    batch_size: int
    crop_size: int
    mirror: bool
    root_folder: str
    mn_bxsz_by_imsz: float
    mx_bxsz_by_imsz: float
    mx_dist: float
    def __init__(
        self, *,
            source: str | None = ..., batch_size: int | None = ..., crop_size: int | None = ...,
            mirror: bool | None = ..., root_folder: str | None = ..., mn_bxsz_by_imsz: float |
            None = ..., mx_bxsz_by_imsz: float | None = ..., mx_dist: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "batch_size", "crop_size", "mirror", "root_folder", "mn_bxsz_by_imsz",
            "mx_bxsz_by_imsz", "mx_dist",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "batch_size", "crop_size", "mirror", "root_folder", "mn_bxsz_by_imsz",
            "mx_bxsz_by_imsz", "mx_dist",
        ]
    ) -> None: ...

class BeamSearchParameter(Message):
    DESCRIPTOR: Descriptor
    net: str
    @property
    def net_param(self) -> NetParameter: ...
    weights: str
    sequence_length: int
    @property
    def recurrent_connection(self) -> Messages[RecurrentConnectionParameter]: ...
    @property
    def beam_search_connection(self) -> RecurrentConnectionParameter: ...
    beam_size: int
    end_of_sequence: int
    ignore_label: int
    prevent_repeats: bool
    @property
    def allowed_multiple(self) -> Values[int]: ...
    def __init__(
        self, *,
            net: str | None = ..., net_param: NetParameter | _Fields | None = ..., weights: str
            | None = ..., sequence_length: int | None = ..., recurrent_connection:
            Iterable[RecurrentConnectionParameter | _Fields] | None = ...,
            beam_search_connection: RecurrentConnectionParameter | _Fields | None = ...,
            beam_size: int | None = ..., end_of_sequence: int | None = ..., ignore_label: int |
            None = ..., prevent_repeats: bool | None = ..., allowed_multiple: Iterable[int] |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "net", "net_param", "weights", "sequence_length", "beam_search_connection",
            "beam_size", "end_of_sequence", "ignore_label", "prevent_repeats",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "net", "net_param", "weights", "sequence_length", "recurrent_connection",
            "beam_search_connection", "beam_size", "end_of_sequence", "ignore_label",
            "prevent_repeats", "allowed_multiple",
        ]
    ) -> None: ...

class RecurrentConnectionParameter(Message):
    DESCRIPTOR: Descriptor
    src: str
    dest: str
    def __init__(
        self, *,
            src: str | None = ..., dest: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "src", "dest",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "src", "dest",
        ]
    ) -> None: ...

class AccuracyViewParameter(Message):
    DESCRIPTOR: Descriptor
    tol_angle: float
    period: int
    def __init__(
        self, *,
            tol_angle: float | None = ..., period: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "tol_angle", "period",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "tol_angle", "period",
        ]
    ) -> None: ...

class SoftmaxWithViewLossParameter(Message):
    DESCRIPTOR: Descriptor
    bandwidth: int
    sigma: float
    pos_weight: float
    neg_weight: float
    period: int
    def __init__(
        self, *,
            bandwidth: int | None = ..., sigma: float | None = ..., pos_weight: float | None =
            ..., neg_weight: float | None = ..., period: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "bandwidth", "sigma", "pos_weight", "neg_weight", "period",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "bandwidth", "sigma", "pos_weight", "neg_weight", "period",
        ]
    ) -> None: ...

class NoiseTolerantFRParameter(Message):
    DESCRIPTOR: Descriptor
    shield_forward: bool
    start_iter: int
    bins: int
    slide_batch_num: int
    value_low: float
    value_high: float
    debug: bool
    debug_prefix: str
    def __init__(
        self, *,
            shield_forward: bool | None = ..., start_iter: int | None = ..., bins: int | None =
            ..., slide_batch_num: int | None = ..., value_low: float | None = ..., value_high:
            float | None = ..., debug: bool | None = ..., debug_prefix: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "shield_forward", "start_iter", "bins", "slide_batch_num", "value_low",
            "value_high", "debug", "debug_prefix",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "shield_forward", "start_iter", "bins", "slide_batch_num", "value_low",
            "value_high", "debug", "debug_prefix",
        ]
    ) -> None: ...

class DenseCRFLossParameter(Message):
    DESCRIPTOR: Descriptor
    bi_xy_std: float
    bi_rgb_std: float
    def __init__(
        self, *,
            bi_xy_std: float | None = ..., bi_rgb_std: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "bi_xy_std", "bi_rgb_std",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "bi_xy_std", "bi_rgb_std",
        ]
    ) -> None: ...

class SubmeanParameter(Message):
    DESCRIPTOR: Descriptor
    clips_num: int
    def __init__(
        self, *,
            clips_num: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "clips_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "clips_num",
        ]
    ) -> None: ...

class TripletRankLossParameter(Message):
    DESCRIPTOR: Descriptor
    margin: float
    tradeoff: float
    def __init__(
        self, *,
            margin: float | None = ..., tradeoff: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "margin", "tradeoff",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "margin", "tradeoff",
        ]
    ) -> None: ...

class CrossTripletLossParameter(Message):
    DESCRIPTOR: Descriptor
    margin: float
    tradeoff: float
    def __init__(
        self, *,
            margin: float | None = ..., tradeoff: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "margin", "tradeoff",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "margin", "tradeoff",
        ]
    ) -> None: ...

class DotProductParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    share_weights: bool
    def __init__(
        self, *,
            weight_filler: FillerParameter | _Fields | None = ..., bias_filler: FillerParameter
            | _Fields | None = ..., share_weights: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "weight_filler", "bias_filler", "share_weights",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "weight_filler", "bias_filler", "share_weights",
        ]
    ) -> None: ...

class FieldProbingParameter(Message):
    DESCRIPTOR: Descriptor
    num_sliding: int
    padding: float
    num_filter: int
    len_filter: int
    min_span: float
    max_span: float
    def __init__(
        self, *,
            num_sliding: int | None = ..., padding: float | None = ..., num_filter: int | None =
            ..., len_filter: int | None = ..., min_span: float | None = ..., max_span: float |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_sliding", "padding", "num_filter", "len_filter", "min_span", "max_span",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_sliding", "padding", "num_filter", "len_filter", "min_span", "max_span",
        ]
    ) -> None: ...

class GaussianParameter(Message):
    DESCRIPTOR: Descriptor
    sigma: float
    def __init__(
        self, *,
            sigma: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "sigma",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "sigma",
        ]
    ) -> None: ...

class Transform3DParameter(Message):
    DESCRIPTOR: Descriptor
    min_rotation_x: float
    min_rotation_y: float
    min_rotation_z: float
    max_rotation_x: float
    max_rotation_y: float
    max_rotation_z: float
    min_translation_x: float
    min_translation_y: float
    min_translation_z: float
    max_translation_x: float
    max_translation_y: float
    max_translation_z: float
    min_scaling_x: float
    min_scaling_y: float
    min_scaling_z: float
    max_scaling_x: float
    max_scaling_y: float
    max_scaling_z: float
    num_transformations: int
    @property
    def pad_value(self) -> Values[float]: ...
    order: str
    def __init__(
        self, *,
            min_rotation_x: float | None = ..., min_rotation_y: float | None = ...,
            min_rotation_z: float | None = ..., max_rotation_x: float | None = ...,
            max_rotation_y: float | None = ..., max_rotation_z: float | None = ...,
            min_translation_x: float | None = ..., min_translation_y: float | None = ...,
            min_translation_z: float | None = ..., max_translation_x: float | None = ...,
            max_translation_y: float | None = ..., max_translation_z: float | None = ...,
            min_scaling_x: float | None = ..., min_scaling_y: float | None = ..., min_scaling_z:
            float | None = ..., max_scaling_x: float | None = ..., max_scaling_y: float | None =
            ..., max_scaling_z: float | None = ..., num_transformations: int | None = ...,
            pad_value: Iterable[float] | None = ..., order: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "min_rotation_x", "min_rotation_y", "min_rotation_z", "max_rotation_x",
            "max_rotation_y", "max_rotation_z", "min_translation_x", "min_translation_y",
            "min_translation_z", "max_translation_x", "max_translation_y", "max_translation_z",
            "min_scaling_x", "min_scaling_y", "min_scaling_z", "max_scaling_x", "max_scaling_y",
            "max_scaling_z", "num_transformations", "order",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "min_rotation_x", "min_rotation_y", "min_rotation_z", "max_rotation_x",
            "max_rotation_y", "max_rotation_z", "min_translation_x", "min_translation_y",
            "min_translation_z", "max_translation_x", "max_translation_y", "max_translation_z",
            "min_scaling_x", "min_scaling_y", "min_scaling_z", "max_scaling_x", "max_scaling_y",
            "max_scaling_z", "num_transformations", "pad_value", "order",
        ]
    ) -> None: ...

class BinomialLossParameter(Message):
    DESCRIPTOR: Descriptor
    alpha: float
    beta: float
    cost_p: float
    cost_n: float
    shrinkage: float
    perturbation_loss_weight: float
    perturbation: bool
    def __init__(
        self, *,
            alpha: float | None = ..., beta: float | None = ..., cost_p: float | None = ...,
            cost_n: float | None = ..., shrinkage: float | None = ..., perturbation_loss_weight:
            float | None = ..., perturbation: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "alpha", "beta", "cost_p", "cost_n", "shrinkage", "perturbation_loss_weight",
            "perturbation",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "alpha", "beta", "cost_p", "cost_n", "shrinkage", "perturbation_loss_weight",
            "perturbation",
        ]
    ) -> None: ...

class ActLossParameter(Message):
    DESCRIPTOR: Descriptor
    perturbation_loss_weight: float
    perturbation: bool
    def __init__(
        self, *,
            perturbation_loss_weight: float | None = ..., perturbation: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "perturbation_loss_weight", "perturbation",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "perturbation_loss_weight", "perturbation",
        ]
    ) -> None: ...

class ProposalCropParameter(Message):
    DESCRIPTOR: Descriptor
    out_size: int
    mean_value1: float
    mean_value2: float
    mean_value3: float
    def __init__(
        self, *,
            out_size: int | None = ..., mean_value1: float | None = ..., mean_value2: float |
            None = ..., mean_value3: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "out_size", "mean_value1", "mean_value2", "mean_value3",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "out_size", "mean_value1", "mean_value2", "mean_value3",
        ]
    ) -> None: ...

class CrfFilterbankEdParameter(Message):
    DESCRIPTOR: Descriptor
    num_iterations: float
    step_size_factor: float
    log_eps: float
    kernel_size: int
    debug_mode: bool
    unary_weight_init: float
    use_cudnn: bool
    div_epsilon: float
    no_redundancy_weights: bool
    init_filters: bool
    skip_pw_term: bool
    keep_mid_ind_zero: bool
    def __init__(
        self, *,
            num_iterations: float | None = ..., step_size_factor: float | None = ..., log_eps:
            float | None = ..., kernel_size: int | None = ..., debug_mode: bool | None = ...,
            unary_weight_init: float | None = ..., use_cudnn: bool | None = ..., div_epsilon:
            float | None = ..., no_redundancy_weights: bool | None = ..., init_filters: bool |
            None = ..., skip_pw_term: bool | None = ..., keep_mid_ind_zero: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_iterations", "step_size_factor", "log_eps", "kernel_size", "debug_mode",
            "unary_weight_init", "use_cudnn", "div_epsilon", "no_redundancy_weights",
            "init_filters", "skip_pw_term", "keep_mid_ind_zero",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_iterations", "step_size_factor", "log_eps", "kernel_size", "debug_mode",
            "unary_weight_init", "use_cudnn", "div_epsilon", "no_redundancy_weights",
            "init_filters", "skip_pw_term", "keep_mid_ind_zero",
        ]
    ) -> None: ...

class CrfEdParameter(Message):
    DESCRIPTOR: Descriptor
    num_iterations: float
    step_size_factor: float
    log_eps: float
    kernel_size: int
    num_classes: int
    debug_mode: bool
    pl_filter_init_scale: float
    unary_weight_init: float
    use_cudnn: bool
    calculate_energy: bool
    clip_pl_gradients: float
    skip_pl_term: bool
    skip_conv_term: bool
    div_epsilon: float
    spatial_filter_init_weight: float
    def __init__(
        self, *,
            num_iterations: float | None = ..., step_size_factor: float | None = ..., log_eps:
            float | None = ..., kernel_size: int | None = ..., num_classes: int | None = ...,
            debug_mode: bool | None = ..., pl_filter_init_scale: float | None = ...,
            unary_weight_init: float | None = ..., use_cudnn: bool | None = ...,
            calculate_energy: bool | None = ..., clip_pl_gradients: float | None = ...,
            skip_pl_term: bool | None = ..., skip_conv_term: bool | None = ..., div_epsilon:
            float | None = ..., spatial_filter_init_weight: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_iterations", "step_size_factor", "log_eps", "kernel_size", "num_classes",
            "debug_mode", "pl_filter_init_scale", "unary_weight_init", "use_cudnn",
            "calculate_energy", "clip_pl_gradients", "skip_pl_term", "skip_conv_term",
            "div_epsilon", "spatial_filter_init_weight",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_iterations", "step_size_factor", "log_eps", "kernel_size", "num_classes",
            "debug_mode", "pl_filter_init_scale", "unary_weight_init", "use_cudnn",
            "calculate_energy", "clip_pl_gradients", "skip_pl_term", "skip_conv_term",
            "div_epsilon", "spatial_filter_init_weight",
        ]
    ) -> None: ...

class CrfGradParameter(Message):
    DESCRIPTOR: Descriptor
    leak_factor: float
    num_iterations: float
    step_size: float
    log_eps: float
    kernel_size: int
    num_classes: int
    debug_mode: bool
    pl_filter_init_scale: float
    unary_weight_init: float
    use_cudnn: bool
    calculate_energy: bool
    def __init__(
        self, *,
            leak_factor: float | None = ..., num_iterations: float | None = ..., step_size:
            float | None = ..., log_eps: float | None = ..., kernel_size: int | None = ...,
            num_classes: int | None = ..., debug_mode: bool | None = ..., pl_filter_init_scale:
            float | None = ..., unary_weight_init: float | None = ..., use_cudnn: bool | None =
            ..., calculate_energy: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "leak_factor", "num_iterations", "step_size", "log_eps", "kernel_size",
            "num_classes", "debug_mode", "pl_filter_init_scale", "unary_weight_init",
            "use_cudnn", "calculate_energy",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "leak_factor", "num_iterations", "step_size", "log_eps", "kernel_size",
            "num_classes", "debug_mode", "pl_filter_init_scale", "unary_weight_init",
            "use_cudnn", "calculate_energy",
        ]
    ) -> None: ...

class PixelFeatureParameter(Message):
    DESCRIPTOR: Descriptor
    class Feature(_Enum):
        POSITION: ClassVar[PixelFeatureParameter.Feature]
        POSITION_AND_RGB: ClassVar[PixelFeatureParameter.Feature]
        RGB_AND_POSITION: ClassVar[PixelFeatureParameter.Feature]
        RGB: ClassVar[PixelFeatureParameter.Feature]
        RANDOM_POSITION: ClassVar[PixelFeatureParameter.Feature]
        WARPED_POSITION: ClassVar[PixelFeatureParameter.Feature]
        NUM_RANDOM_POSITION: ClassVar[PixelFeatureParameter.Feature]
        RANDOM_ROTATE: ClassVar[PixelFeatureParameter.Feature]
    POSITION: ClassVar[PixelFeatureParameter.Feature]
    POSITION_AND_RGB: ClassVar[PixelFeatureParameter.Feature]
    RGB_AND_POSITION: ClassVar[PixelFeatureParameter.Feature]
    RGB: ClassVar[PixelFeatureParameter.Feature]
    RANDOM_POSITION: ClassVar[PixelFeatureParameter.Feature]
    WARPED_POSITION: ClassVar[PixelFeatureParameter.Feature]
    NUM_RANDOM_POSITION: ClassVar[PixelFeatureParameter.Feature]
    RANDOM_ROTATE: ClassVar[PixelFeatureParameter.Feature]
    type: PixelFeatureParameter.Feature
    pos_scale: float
    offset_h: float
    offset_w: float
    color_scale: float
    def __init__(
        self, *,
            type: PixelFeatureParameter.Feature | int | str | None = ..., pos_scale: float |
            None = ..., offset_h: float | None = ..., offset_w: float | None = ..., color_scale:
            float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "type", "pos_scale", "offset_h", "offset_w", "color_scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "type", "pos_scale", "offset_h", "offset_w", "color_scale",
        ]
    ) -> None: ...

class IOUAccuracyParameter(Message):
    DESCRIPTOR: Descriptor
    ignore_label: int
    normalize: bool
    test_iterations: int
    def __init__(
        self, *,
            ignore_label: int | None = ..., normalize: bool | None = ..., test_iterations: int |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "ignore_label", "normalize", "test_iterations",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "ignore_label", "normalize", "test_iterations",
        ]
    ) -> None: ...

class LabelSlice(Message):
    DESCRIPTOR: Descriptor
    @property
    def dim(self) -> Values[int]: ...
    @property
    def stride(self) -> Values[int]: ...
    @property
    def offset(self) -> Values[int]: ...
    def __init__(
        self, *,
            dim: Iterable[int] | None = ..., stride: Iterable[int] | None = ..., offset:
            Iterable[int] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "dim", "stride", "offset",
        ]
    ) -> None: ...

class ImageLabelDataParameter(Message):
    DESCRIPTOR: Descriptor
    class Padding(_Enum):
        ZERO: ClassVar[ImageLabelDataParameter.Padding]
        REFLECT: ClassVar[ImageLabelDataParameter.Padding]
    ZERO: ClassVar[ImageLabelDataParameter.Padding]
    REFLECT: ClassVar[ImageLabelDataParameter.Padding]
    image_list_path: str
    label_list_path: str
    batch_size: int
    rand_skip: int
    shuffle: bool
    rand_scale: bool
    min_scale: float
    max_scale: float
    data_dir: str
    @property
    def label_slice(self) -> LabelSlice: ...
    image_dir: str
    label_dir: str
    padding: ImageLabelDataParameter.Padding
    hsv_noise: bool
    h_noise: int
    s_noise: int
    v_noise: int
    pad_centre: bool
    random_rotate: bool
    max_rotation_angle: int
    min_rotation_angle: int
    random_gaussian_blur: bool
    min_kernel_size: int
    max_kernel_size: int
    min_sigma_x: float
    max_sigma_x: float
    min_sigma_y: float
    max_sigma_y: float
    blur_probability: float
    filename_to_idx: bool
    num_channels: int
    label_space: int
    box_dir: str
    init_num_dets: int
    random_box_perturb: bool
    box_perturb_max_scale_percent: float
    box_perturb_max_translate_percent: float
    ignore_first_channel_for_classification: bool
    def __init__(
        self, *,
            image_list_path: str | None = ..., label_list_path: str | None = ..., batch_size:
            int | None = ..., rand_skip: int | None = ..., shuffle: bool | None = ...,
            rand_scale: bool | None = ..., min_scale: float | None = ..., max_scale: float |
            None = ..., data_dir: str | None = ..., label_slice: LabelSlice | _Fields | None =
            ..., image_dir: str | None = ..., label_dir: str | None = ..., padding:
            ImageLabelDataParameter.Padding | int | str | None = ..., hsv_noise: bool | None =
            ..., h_noise: int | None = ..., s_noise: int | None = ..., v_noise: int | None =
            ..., pad_centre: bool | None = ..., random_rotate: bool | None = ...,
            max_rotation_angle: int | None = ..., min_rotation_angle: int | None = ...,
            random_gaussian_blur: bool | None = ..., min_kernel_size: int | None = ...,
            max_kernel_size: int | None = ..., min_sigma_x: float | None = ..., max_sigma_x:
            float | None = ..., min_sigma_y: float | None = ..., max_sigma_y: float | None =
            ..., blur_probability: float | None = ..., filename_to_idx: bool | None = ...,
            num_channels: int | None = ..., label_space: int | None = ..., box_dir: str | None =
            ..., init_num_dets: int | None = ..., random_box_perturb: bool | None = ...,
            box_perturb_max_scale_percent: float | None = ...,
            box_perturb_max_translate_percent: float | None = ...,
            ignore_first_channel_for_classification: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "image_list_path", "label_list_path", "batch_size", "rand_skip", "shuffle",
            "rand_scale", "min_scale", "max_scale", "data_dir", "label_slice", "image_dir",
            "label_dir", "padding", "hsv_noise", "h_noise", "s_noise", "v_noise", "pad_centre",
            "random_rotate", "max_rotation_angle", "min_rotation_angle", "random_gaussian_blur",
            "min_kernel_size", "max_kernel_size", "min_sigma_x", "max_sigma_x", "min_sigma_y",
            "max_sigma_y", "blur_probability", "filename_to_idx", "num_channels", "label_space",
            "box_dir", "init_num_dets", "random_box_perturb", "box_perturb_max_scale_percent",
            "box_perturb_max_translate_percent", "ignore_first_channel_for_classification",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "image_list_path", "label_list_path", "batch_size", "rand_skip", "shuffle",
            "rand_scale", "min_scale", "max_scale", "data_dir", "label_slice", "image_dir",
            "label_dir", "padding", "hsv_noise", "h_noise", "s_noise", "v_noise", "pad_centre",
            "random_rotate", "max_rotation_angle", "min_rotation_angle", "random_gaussian_blur",
            "min_kernel_size", "max_kernel_size", "min_sigma_x", "max_sigma_x", "min_sigma_y",
            "max_sigma_y", "blur_probability", "filename_to_idx", "num_channels", "label_space",
            "box_dir", "init_num_dets", "random_box_perturb", "box_perturb_max_scale_percent",
            "box_perturb_max_translate_percent", "ignore_first_channel_for_classification",
        ]
    ) -> None: ...

class ImageLabelEdgeDataParameter(Message):
    DESCRIPTOR: Descriptor
    class Padding(_Enum):
        ZERO: ClassVar[ImageLabelEdgeDataParameter.Padding]
        REFLECT: ClassVar[ImageLabelEdgeDataParameter.Padding]
    ZERO: ClassVar[ImageLabelEdgeDataParameter.Padding]
    REFLECT: ClassVar[ImageLabelEdgeDataParameter.Padding]
    image_list_path: str
    label1_list_path: str
    label2_list_path: str
    label3_list_path: str
    label4_list_path: str
    batch_size: int
    rand_skip: int
    shuffle: bool
    rand_scale: bool
    min_scale: float
    max_scale: float
    data_dir: str
    @property
    def label_slice(self) -> LabelSlice: ...
    image_dir: str
    label1_dir: str
    label2_dir: str
    label3_dir: str
    label4_dir: str
    padding: ImageLabelEdgeDataParameter.Padding
    hsv_noise: bool
    h_noise: int
    s_noise: int
    v_noise: int
    pad_centre: bool
    def __init__(
        self, *,
            image_list_path: str | None = ..., label1_list_path: str | None = ...,
            label2_list_path: str | None = ..., label3_list_path: str | None = ...,
            label4_list_path: str | None = ..., batch_size: int | None = ..., rand_skip: int |
            None = ..., shuffle: bool | None = ..., rand_scale: bool | None = ..., min_scale:
            float | None = ..., max_scale: float | None = ..., data_dir: str | None = ...,
            label_slice: LabelSlice | _Fields | None = ..., image_dir: str | None = ...,
            label1_dir: str | None = ..., label2_dir: str | None = ..., label3_dir: str | None =
            ..., label4_dir: str | None = ..., padding: ImageLabelEdgeDataParameter.Padding |
            int | str | None = ..., hsv_noise: bool | None = ..., h_noise: int | None = ...,
            s_noise: int | None = ..., v_noise: int | None = ..., pad_centre: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "image_list_path", "label1_list_path", "label2_list_path", "label3_list_path",
            "label4_list_path", "batch_size", "rand_skip", "shuffle", "rand_scale", "min_scale",
            "max_scale", "data_dir", "label_slice", "image_dir", "label1_dir", "label2_dir",
            "label3_dir", "label4_dir", "padding", "hsv_noise", "h_noise", "s_noise", "v_noise",
            "pad_centre",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "image_list_path", "label1_list_path", "label2_list_path", "label3_list_path",
            "label4_list_path", "batch_size", "rand_skip", "shuffle", "rand_scale", "min_scale",
            "max_scale", "data_dir", "label_slice", "image_dir", "label1_dir", "label2_dir",
            "label3_dir", "label4_dir", "padding", "hsv_noise", "h_noise", "s_noise", "v_noise",
            "pad_centre",
        ]
    ) -> None: ...

class SoftmaxLossParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def ignore_label(self) -> Values[int]: ...
    weight_source: str
    def __init__(
        self, *,
            ignore_label: Iterable[int] | None = ..., weight_source: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "weight_source",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "ignore_label", "weight_source",
        ]
    ) -> None: ...

class PaddingParameter(Message):
    DESCRIPTOR: Descriptor
    pad_beg: int
    pad_end: int
    def __init__(
        self, *,
            pad_beg: int | None = ..., pad_end: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pad_beg", "pad_end",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pad_beg", "pad_end",
        ]
    ) -> None: ...

class SelectSegBinaryParameter(Message):
    DESCRIPTOR: Descriptor
    cls_label_base: int
    def __init__(
        self, *,
            cls_label_base: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "cls_label_base",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "cls_label_base",
        ]
    ) -> None: ...

class WindowClsDataParameter(Message):
    DESCRIPTOR: Descriptor
    label_dim: int
    def __init__(
        self, *,
            label_dim: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "label_dim",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "label_dim",
        ]
    ) -> None: ...

class GSTilingParameter(Message):
    DESCRIPTOR: Descriptor
    stride: int
    reverse: bool
    def __init__(
        self, *,
            stride: int | None = ..., reverse: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "stride", "reverse",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "stride", "reverse",
        ]
    ) -> None: ...

class SPMParameter(Message):
    DESCRIPTOR: Descriptor
    spm_type: int
    def __init__(
        self, *,
            spm_type: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "spm_type",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "spm_type",
        ]
    ) -> None: ...

class IsomapManifoldLearningLossParameter(Message):
    DESCRIPTOR: Descriptor
    margin: float
    num_output: int
    inter_weight: float
    intra_weight: float
    class_k: int
    axis: int
    def __init__(
        self, *,
            margin: float | None = ..., num_output: int | None = ..., inter_weight: float | None
            = ..., intra_weight: float | None = ..., class_k: int | None = ..., axis: int | None
            = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "margin", "num_output", "inter_weight", "intra_weight", "class_k", "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "margin", "num_output", "inter_weight", "intra_weight", "class_k", "axis",
        ]
    ) -> None: ...

class IsomapSoftmaxWithLossParameter(Message):
    DESCRIPTOR: Descriptor
    class_k: int
    def __init__(
        self, *,
            class_k: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "class_k",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "class_k",
        ]
    ) -> None: ...

class DatumDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    scale: float
    mean_file: str
    batch_size: int
    crop_size: int
    mirror: bool
    rand_skip: int
    shuffle: bool
    new_height: int
    new_width: int
    label_scale: float
    @property
    def binary_label(self) -> Values[int]: ...
    source_dir: str
    target_source: str
    def __init__(
        self, *,
            source: str | None = ..., scale: float | None = ..., mean_file: str | None = ...,
            batch_size: int | None = ..., crop_size: int | None = ..., mirror: bool | None =
            ..., rand_skip: int | None = ..., shuffle: bool | None = ..., new_height: int | None
            = ..., new_width: int | None = ..., label_scale: float | None = ..., binary_label:
            Iterable[int] | None = ..., source_dir: str | None = ..., target_source: str | None
            = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "rand_skip",
            "shuffle", "new_height", "new_width", "label_scale", "source_dir", "target_source",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "rand_skip",
            "shuffle", "new_height", "new_width", "label_scale", "binary_label", "source_dir",
            "target_source",
        ]
    ) -> None: ...

class RPNParameter(Message):
    DESCRIPTOR: Descriptor
    feat_stride: int
    basesize: int
    @property
    def scale(self) -> Values[int]: ...
    @property
    def ratio(self) -> Values[float]: ...
    boxminsize: int
    nms_thresh: float
    per_nms_topn: int
    post_nms_topn: int
    def __init__(
        self, *,
            feat_stride: int | None = ..., basesize: int | None = ..., scale: Iterable[int] |
            None = ..., ratio: Iterable[float] | None = ..., boxminsize: int | None = ...,
            nms_thresh: float | None = ..., per_nms_topn: int | None = ..., post_nms_topn: int |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "feat_stride", "basesize", "boxminsize", "nms_thresh", "per_nms_topn",
            "post_nms_topn",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "feat_stride", "basesize", "scale", "ratio", "boxminsize", "nms_thresh",
            "per_nms_topn", "post_nms_topn",
        ]
    ) -> None: ...

class SoftmaxWithSphereLossParameter(Message):
    DESCRIPTOR: Descriptor
    bandwidth: int
    sigma: float
    def __init__(
        self, *,
            bandwidth: int | None = ..., sigma: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "bandwidth", "sigma",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "bandwidth", "sigma",
        ]
    ) -> None: ...

class AccuracySphereParameter(Message):
    DESCRIPTOR: Descriptor
    tol_angle: float
    def __init__(
        self, *,
            tol_angle: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "tol_angle",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "tol_angle",
        ]
    ) -> None: ...

class CosinLossParameter(Message):
    DESCRIPTOR: Descriptor
    num_output: int
    @property
    def cosin_filler(self) -> FillerParameter: ...
    axis: int
    scale: float
    margin: float
    def __init__(
        self, *,
            num_output: int | None = ..., cosin_filler: FillerParameter | _Fields | None = ...,
            axis: int | None = ..., scale: float | None = ..., margin: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "cosin_filler", "axis", "scale", "margin",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "cosin_filler", "axis", "scale", "margin",
        ]
    ) -> None: ...

class LpDetParameter(Message):
    DESCRIPTOR: Descriptor
    num_chinese: int
    num_english: int
    num_letter: int
    def __init__(
        self, *,
            num_chinese: int | None = ..., num_english: int | None = ..., num_letter: int | None
            = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_chinese", "num_english", "num_letter",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_chinese", "num_english", "num_letter",
        ]
    ) -> None: ...

class FaceEvaluateParameter(Message):
    DESCRIPTOR: Descriptor
    class FaceType(_Enum):
        FACEATTRIBUTE: ClassVar[FaceEvaluateParameter.FaceType]
        FACE_5_TYPE: ClassVar[FaceEvaluateParameter.FaceType]
        FACE_ANGLE: ClassVar[FaceEvaluateParameter.FaceType]
    FACEATTRIBUTE: ClassVar[FaceEvaluateParameter.FaceType]
    FACE_5_TYPE: ClassVar[FaceEvaluateParameter.FaceType]
    FACE_ANGLE: ClassVar[FaceEvaluateParameter.FaceType]
    facetype: FaceEvaluateParameter.FaceType
    facepoints: int
    num_gender: int
    num_glasses: int
    num_headpose: int
    def __init__(
        self, *,
            facetype: FaceEvaluateParameter.FaceType | int | str | None = ..., facepoints: int |
            None = ..., num_gender: int | None = ..., num_glasses: int | None = ...,
            num_headpose: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "facetype", "facepoints", "num_gender", "num_glasses", "num_headpose",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "facetype", "facepoints", "num_gender", "num_glasses", "num_headpose",
        ]
    ) -> None: ...

class PointwiseSpatialAttentionParameter(Message):
    DESCRIPTOR: Descriptor
    class PSAType(_Enum):
        COLLECT: ClassVar[PointwiseSpatialAttentionParameter.PSAType]
        DISTRIBUTE: ClassVar[PointwiseSpatialAttentionParameter.PSAType]
    COLLECT: ClassVar[PointwiseSpatialAttentionParameter.PSAType]
    DISTRIBUTE: ClassVar[PointwiseSpatialAttentionParameter.PSAType]
    attention_mask_height: int
    attention_mask_width: int
    normalization_factor: float
    is_softmax: bool
    psa_type: PointwiseSpatialAttentionParameter.PSAType
    def __init__(
        self, *,
            attention_mask_height: int | None = ..., attention_mask_width: int | None = ...,
            normalization_factor: float | None = ..., is_softmax: bool | None = ..., psa_type:
            PointwiseSpatialAttentionParameter.PSAType | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "attention_mask_height", "attention_mask_width", "normalization_factor",
            "is_softmax", "psa_type",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "attention_mask_height", "attention_mask_width", "normalization_factor",
            "is_softmax", "psa_type",
        ]
    ) -> None: ...

class GRNParameter(Message):
    DESCRIPTOR: Descriptor
    bias: float
    dummy_backward: bool
    def __init__(
        self, *,
            bias: float | None = ..., dummy_backward: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "bias", "dummy_backward",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "bias", "dummy_backward",
        ]
    ) -> None: ...

class ScaleFilterParameter(Message):
    DESCRIPTOR: Descriptor
    min_scale: float
    max_scale: float
    def __init__(
        self, *,
            min_scale: float | None = ..., max_scale: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "min_scale", "max_scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "min_scale", "max_scale",
        ]
    ) -> None: ...

class AnchorEmbeddingExtractorParameter(Message):
    DESCRIPTOR: Descriptor
    num_anchors: int
    label_src_pos: int
    num_valid_actions: int
    output_instance_weights: bool
    output_proposals: bool
    def __init__(
        self, *,
            num_anchors: int | None = ..., label_src_pos: int | None = ..., num_valid_actions:
            int | None = ..., output_instance_weights: bool | None = ..., output_proposals: bool
            | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_anchors", "label_src_pos", "num_valid_actions", "output_instance_weights",
            "output_proposals",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_anchors", "label_src_pos", "num_valid_actions", "output_instance_weights",
            "output_proposals",
        ]
    ) -> None: ...

class DataAnchorSampler(Message):
    DESCRIPTOR: Descriptor
    use_original_image: bool
    @property
    def scale(self) -> Values[int]: ...
    @property
    def sample_constraint(self) -> SampleConstraint: ...
    max_sample: int
    max_trials: int
    def __init__(
        self, *,
            use_original_image: bool | None = ..., scale: Iterable[int] | None = ...,
            sample_constraint: SampleConstraint | _Fields | None = ..., max_sample: int | None =
            ..., max_trials: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "use_original_image", "sample_constraint", "max_sample", "max_trials",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "use_original_image", "scale", "sample_constraint", "max_sample", "max_trials",
        ]
    ) -> None: ...

class LFFDSampler(Message):
    DESCRIPTOR: Descriptor
    class Box(Message):
        DESCRIPTOR: Descriptor
        bbox_small_scale: int
        bbox_large_scale: int
        ancher_stride: int
        def __init__(
            self, *,
                bbox_small_scale: int | None = ..., bbox_large_scale: int | None = ...,
                ancher_stride: int | None = ...,
        ) -> None: ...
        def HasField(
            self, field_name: Literal[
                "bbox_small_scale", "bbox_large_scale", "ancher_stride",
            ]
        ) -> bool: ...
        def ClearField(
            self, field_name: Literal[
                "bbox_small_scale", "bbox_large_scale", "ancher_stride",
            ]
        ) -> None: ...
    @property
    def box(self) -> Messages[LFFDSampler.Box]: ...
    max_sample: int
    max_trials: int
    def __init__(
        self, *,
            box: Iterable[LFFDSampler.Box | _Fields] | None = ..., max_sample: int | None = ...,
            max_trials: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "max_sample", "max_trials",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "box", "max_sample", "max_trials",
        ]
    ) -> None: ...

class CenterObjectLossParameter(Message):
    DESCRIPTOR: Descriptor
    class LocLossType(_Enum):
        L2: ClassVar[CenterObjectLossParameter.LocLossType]
        SMOOTH_L1: ClassVar[CenterObjectLossParameter.LocLossType]
    L2: ClassVar[CenterObjectLossParameter.LocLossType]
    SMOOTH_L1: ClassVar[CenterObjectLossParameter.LocLossType]
    class ConfLossType(_Enum):
        FOCALSIGMOID: ClassVar[CenterObjectLossParameter.ConfLossType]
    FOCALSIGMOID: ClassVar[CenterObjectLossParameter.ConfLossType]
    class ClassType(_Enum):
        SIGMOID: ClassVar[CenterObjectLossParameter.ClassType]
        SOFTMAX: ClassVar[CenterObjectLossParameter.ClassType]
    SIGMOID: ClassVar[CenterObjectLossParameter.ClassType]
    SOFTMAX: ClassVar[CenterObjectLossParameter.ClassType]
    num_class: int
    share_location: bool
    loc_loss_type: CenterObjectLossParameter.LocLossType
    conf_loss_type: CenterObjectLossParameter.ConfLossType
    loc_weight: float
    down_ratio: int
    @property
    def bias_scale(self) -> Values[float]: ...
    bias_num: int
    @property
    def bias_mask(self) -> Values[int]: ...
    net_width: int
    net_height: int
    ignore_thresh: float
    bias_mask_group_num: int
    low_bbox_scale: int
    up_bbox_scale: int
    class_type: CenterObjectLossParameter.ClassType
    has_lm: bool
    lm_loss_type: CenterObjectLossParameter.LocLossType
    def __init__(
        self, *,
            num_class: int | None = ..., share_location: bool | None = ..., loc_loss_type:
            CenterObjectLossParameter.LocLossType | int | str | None = ..., conf_loss_type:
            CenterObjectLossParameter.ConfLossType | int | str | None = ..., loc_weight: float |
            None = ..., down_ratio: int | None = ..., bias_scale: Iterable[float] | None = ...,
            bias_num: int | None = ..., bias_mask: Iterable[int] | None = ..., net_width: int |
            None = ..., net_height: int | None = ..., ignore_thresh: float | None = ...,
            bias_mask_group_num: int | None = ..., low_bbox_scale: int | None = ...,
            up_bbox_scale: int | None = ..., class_type: CenterObjectLossParameter.ClassType |
            int | str | None = ..., has_lm: bool | None = ..., lm_loss_type:
            CenterObjectLossParameter.LocLossType | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_class", "share_location", "loc_loss_type", "conf_loss_type", "loc_weight",
            "down_ratio", "bias_num", "net_width", "net_height", "ignore_thresh",
            "bias_mask_group_num", "low_bbox_scale", "up_bbox_scale", "class_type", "has_lm",
            "lm_loss_type",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_class", "share_location", "loc_loss_type", "conf_loss_type", "loc_weight",
            "down_ratio", "bias_scale", "bias_num", "bias_mask", "net_width", "net_height",
            "ignore_thresh", "bias_mask_group_num", "low_bbox_scale", "up_bbox_scale",
            "class_type", "has_lm", "lm_loss_type",
        ]
    ) -> None: ...

class SuperCategoryParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[SuperCategoryParameter.Engine]
        CAFFE: ClassVar[SuperCategoryParameter.Engine]
        CUDNN: ClassVar[SuperCategoryParameter.Engine]
    DEFAULT: ClassVar[SuperCategoryParameter.Engine]
    CAFFE: ClassVar[SuperCategoryParameter.Engine]
    CUDNN: ClassVar[SuperCategoryParameter.Engine]
    class TreeScheme(Message):
        DESCRIPTOR: Descriptor
        label: int
        @property
        def children(self) -> Messages[SuperCategoryParameter.TreeScheme]: ...
        def __init__(
            self, *,
                label: int | None = ..., children: Iterable[SuperCategoryParameter.TreeScheme |
                _Fields] | None = ...,
        ) -> None: ...
        def HasField(
            self, field_name: Literal[
                "label",
            ]
        ) -> bool: ...
        def ClearField(
            self, field_name: Literal[
                "label", "children",
            ]
        ) -> None: ...
    @property
    def root(self) -> SuperCategoryParameter.TreeScheme: ...
    @property
    def weight_filler(self) -> FillerParameter: ...
    engine: SuperCategoryParameter.Engine
    def __init__(
        self, *,
            root: SuperCategoryParameter.TreeScheme | _Fields | None = ..., weight_filler:
            FillerParameter | _Fields | None = ..., engine: SuperCategoryParameter.Engine | int
            | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "root", "weight_filler", "engine",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "root", "weight_filler", "engine",
        ]
    ) -> None: ...

class EntropyParameter(Message):
    DESCRIPTOR: Descriptor
    threshold: float
    ignore_label: int
    iterations_num: int
    prob_pow: float
    def __init__(
        self, *,
            threshold: float | None = ..., ignore_label: int | None = ..., iterations_num: int |
            None = ..., prob_pow: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "threshold", "ignore_label", "iterations_num", "prob_pow",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "threshold", "ignore_label", "iterations_num", "prob_pow",
        ]
    ) -> None: ...

class OuterProductParameter(Message):
    DESCRIPTOR: Descriptor
    loss_weight: float
    def __init__(
        self, *,
            loss_weight: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "loss_weight",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "loss_weight",
        ]
    ) -> None: ...

class MultiLabelAccuracyParameter(Message):
    DESCRIPTOR: Descriptor
    prob_threshold: float
    axis: int
    ignore_label: int
    with_counts: bool
    def __init__(
        self, *,
            prob_threshold: float | None = ..., axis: int | None = ..., ignore_label: int | None
            = ..., with_counts: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "prob_threshold", "axis", "ignore_label", "with_counts",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "prob_threshold", "axis", "ignore_label", "with_counts",
        ]
    ) -> None: ...

class MultilogisticParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[MultilogisticParameter.Engine]
        CAFFE: ClassVar[MultilogisticParameter.Engine]
        CUDNN: ClassVar[MultilogisticParameter.Engine]
    DEFAULT: ClassVar[MultilogisticParameter.Engine]
    CAFFE: ClassVar[MultilogisticParameter.Engine]
    CUDNN: ClassVar[MultilogisticParameter.Engine]
    engine: MultilogisticParameter.Engine
    axis: int
    def __init__(
        self, *,
            engine: MultilogisticParameter.Engine | int | str | None = ..., axis: int | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "engine", "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "engine", "axis",
        ]
    ) -> None: ...

class LsePoolingParameter(Message):
    DESCRIPTOR: Descriptor
    class PoolMethod(_Enum):
        MAX: ClassVar[LsePoolingParameter.PoolMethod]
        AVE: ClassVar[LsePoolingParameter.PoolMethod]
        STOCHASTIC: ClassVar[LsePoolingParameter.PoolMethod]
        LSE: ClassVar[LsePoolingParameter.PoolMethod]
    MAX: ClassVar[LsePoolingParameter.PoolMethod]
    AVE: ClassVar[LsePoolingParameter.PoolMethod]
    STOCHASTIC: ClassVar[LsePoolingParameter.PoolMethod]
    LSE: ClassVar[LsePoolingParameter.PoolMethod]
    class Engine(_Enum):
        DEFAULT: ClassVar[LsePoolingParameter.Engine]
        CAFFE: ClassVar[LsePoolingParameter.Engine]
        CUDNN: ClassVar[LsePoolingParameter.Engine]
    DEFAULT: ClassVar[LsePoolingParameter.Engine]
    CAFFE: ClassVar[LsePoolingParameter.Engine]
    CUDNN: ClassVar[LsePoolingParameter.Engine]
    pool: LsePoolingParameter.PoolMethod
    kernel_size: int
    stride: int
    pad: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    pad_h: int
    pad_w: int
    engine: LsePoolingParameter.Engine
    global_pooling: bool
    r_t: float
    def __init__(
        self, *,
            pool: LsePoolingParameter.PoolMethod | int | str | None = ..., kernel_size: int |
            None = ..., stride: int | None = ..., pad: int | None = ..., kernel_h: int | None =
            ..., kernel_w: int | None = ..., stride_h: int | None = ..., stride_w: int | None =
            ..., pad_h: int | None = ..., pad_w: int | None = ..., engine:
            LsePoolingParameter.Engine | int | str | None = ..., global_pooling: bool | None =
            ..., r_t: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "pool", "kernel_size", "stride", "pad", "kernel_h", "kernel_w", "stride_h",
            "stride_w", "pad_h", "pad_w", "engine", "global_pooling", "r_t",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "pool", "kernel_size", "stride", "pad", "kernel_h", "kernel_w", "stride_h",
            "stride_w", "pad_h", "pad_w", "engine", "global_pooling", "r_t",
        ]
    ) -> None: ...

class SparseHypercolumnExtractorParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def scale(self) -> Values[float]: ...
    @property
    def offset_height(self) -> Values[float]: ...
    @property
    def offset_width(self) -> Values[float]: ...
    @property
    def activation_mult(self) -> Values[float]: ...
    def __init__(
        self, *,
            scale: Iterable[float] | None = ..., offset_height: Iterable[float] | None = ...,
            offset_width: Iterable[float] | None = ..., activation_mult: Iterable[float] | None
            = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "scale", "offset_height", "offset_width", "activation_mult",
        ]
    ) -> None: ...

class MaskOutputsParameter(Message):
    DESCRIPTOR: Descriptor
    kernel_size: int
    def __init__(
        self, *,
            kernel_size: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "kernel_size",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "kernel_size",
        ]
    ) -> None: ...

class EuclideanWeightedLossParameter(Message):
    DESCRIPTOR: Descriptor
    def __init__(self) -> None: ...

class GriddingParameter(Message):
    DESCRIPTOR: Descriptor
    gridding: str
    kernel_c: int
    kernel_h: int
    kernel_w: int
    stride_c: int
    stride_h: int
    stride_w: int
    bias_term: bool
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    def __init__(
        self, *,
            gridding: str | None = ..., kernel_c: int | None = ..., kernel_h: int | None = ...,
            kernel_w: int | None = ..., stride_c: int | None = ..., stride_h: int | None = ...,
            stride_w: int | None = ..., bias_term: bool | None = ..., weight_filler:
            FillerParameter | _Fields | None = ..., bias_filler: FillerParameter | _Fields |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "gridding", "kernel_c", "kernel_h", "kernel_w", "stride_c", "stride_h", "stride_w",
            "bias_term", "weight_filler", "bias_filler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "gridding", "kernel_c", "kernel_h", "kernel_w", "stride_c", "stride_h", "stride_w",
            "bias_term", "weight_filler", "bias_filler",
        ]
    ) -> None: ...

class AUCParameter(Message):
    DESCRIPTOR: Descriptor
    axis: int
    def __init__(
        self, *,
            axis: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "axis",
        ]
    ) -> None: ...

class LogScalerParameter(Message):
    DESCRIPTOR: Descriptor
    base: float
    scale: float
    def __init__(
        self, *,
            base: float | None = ..., scale: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "base", "scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "base", "scale",
        ]
    ) -> None: ...

class ReCUParameter(Message):
    DESCRIPTOR: Descriptor
    negative_slope: float
    alpha: float
    beta: float
    s: float
    def __init__(
        self, *,
            negative_slope: float | None = ..., alpha: float | None = ..., beta: float | None =
            ..., s: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "negative_slope", "alpha", "beta", "s",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "negative_slope", "alpha", "beta", "s",
        ]
    ) -> None: ...

class ReshapeVolumeParameter(Message):
    DESCRIPTOR: Descriptor
    out_channels: int
    out_height: int
    out_width: int
    def __init__(
        self, *,
            out_channels: int | None = ..., out_height: int | None = ..., out_width: int | None
            = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "out_channels", "out_height", "out_width",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "out_channels", "out_height", "out_width",
        ]
    ) -> None: ...

class ORNParameter(Message):
    DESCRIPTOR: Descriptor
    orientations: int
    def __init__(
        self, *,
            orientations: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "orientations",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "orientations",
        ]
    ) -> None: ...

class HWCNParameter(Message):
    DESCRIPTOR: Descriptor
    convert_to: bool
    def __init__(
        self, *,
            convert_to: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "convert_to",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "convert_to",
        ]
    ) -> None: ...

class CPFPConversionParameter(Message):
    DESCRIPTOR: Descriptor
    convert_to: bool
    def __init__(
        self, *,
            convert_to: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "convert_to",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "convert_to",
        ]
    ) -> None: ...

class CRParameter(Message):
    DESCRIPTOR: Descriptor
    relu: int
    swap_inputs: bool
    num_cu: int
    num_pe: int
    def __init__(
        self, *,
            relu: int | None = ..., swap_inputs: bool | None = ..., num_cu: int | None = ...,
            num_pe: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "relu", "swap_inputs", "num_cu", "num_pe",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "relu", "swap_inputs", "num_cu", "num_pe",
        ]
    ) -> None: ...

class XCLParameter(Message):
    DESCRIPTOR: Descriptor
    once: bool
    xcl_name: str
    kernel_name: str
    def __init__(
        self, *,
            once: bool | None = ..., xcl_name: str | None = ..., kernel_name: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "once", "xcl_name", "kernel_name",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "once", "xcl_name", "kernel_name",
        ]
    ) -> None: ...

class CirculantProjectionParameter(Message):
    DESCRIPTOR: Descriptor
    num_output: int
    bias_term: bool
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    axis: int
    def __init__(
        self, *,
            num_output: int | None = ..., bias_term: bool | None = ..., weight_filler:
            FillerParameter | _Fields | None = ..., bias_filler: FillerParameter | _Fields |
            None = ..., axis: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "bias_term", "weight_filler", "bias_filler", "axis",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "bias_term", "weight_filler", "bias_filler", "axis",
        ]
    ) -> None: ...

class P2SLossParameter(Message):
    DESCRIPTOR: Descriptor
    margin1: float
    margin2: float
    margin3: float
    weight: float
    num_positive: int
    num_negative: int
    choose_positive: int
    alpha: float
    beta: float
    eta: float
    def __init__(
        self, *,
            margin1: float | None = ..., margin2: float | None = ..., margin3: float | None =
            ..., weight: float | None = ..., num_positive: int | None = ..., num_negative: int |
            None = ..., choose_positive: int | None = ..., alpha: float | None = ..., beta:
            float | None = ..., eta: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "margin1", "margin2", "margin3", "weight", "num_positive", "num_negative",
            "choose_positive", "alpha", "beta", "eta",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "margin1", "margin2", "margin3", "weight", "num_positive", "num_negative",
            "choose_positive", "alpha", "beta", "eta",
        ]
    ) -> None: ...

class DynamicRoutingParameter(Message):
    DESCRIPTOR: Descriptor
    routing_num: int
    input_capsule_num: int
    output_capsule_dim: int
    output_capsule_num: int
    def __init__(
        self, *,
            routing_num: int | None = ..., input_capsule_num: int | None = ...,
            output_capsule_dim: int | None = ..., output_capsule_num: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "routing_num", "input_capsule_num", "output_capsule_dim", "output_capsule_num",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "routing_num", "input_capsule_num", "output_capsule_dim", "output_capsule_num",
        ]
    ) -> None: ...

class CapsuleDeconvTransformParameter(Message):
    DESCRIPTOR: Descriptor
    bias_term: bool
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    stride: int
    kh: int
    kw: int
    input_capsule_num: int
    @property
    def input_capsule_shape(self) -> BlobShape: ...
    output_capsule_num: int
    @property
    def output_capsule_shape(self) -> BlobShape: ...
    input_h: int
    input_w: int
    def __init__(
        self, *,
            bias_term: bool | None = ..., weight_filler: FillerParameter | _Fields | None = ...,
            bias_filler: FillerParameter | _Fields | None = ..., stride: int | None = ..., kh:
            int | None = ..., kw: int | None = ..., input_capsule_num: int | None = ...,
            input_capsule_shape: BlobShape | _Fields | None = ..., output_capsule_num: int |
            None = ..., output_capsule_shape: BlobShape | _Fields | None = ..., input_h: int |
            None = ..., input_w: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "bias_term", "weight_filler", "bias_filler", "stride", "kh", "kw",
            "input_capsule_num", "input_capsule_shape", "output_capsule_num",
            "output_capsule_shape", "input_h", "input_w",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "bias_term", "weight_filler", "bias_filler", "stride", "kh", "kw",
            "input_capsule_num", "input_capsule_shape", "output_capsule_num",
            "output_capsule_shape", "input_h", "input_w",
        ]
    ) -> None: ...

class CapsuleDeconvRoutingParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def weight_filler(self) -> FillerParameter: ...
    stride: int
    kh: int
    kw: int
    input_capsule_num: int
    output_capsule_num: int
    @property
    def output_capsule_shape(self) -> BlobShape: ...
    input_h: int
    input_w: int
    @property
    def input_capsule_shape(self) -> BlobShape: ...
    def __init__(
        self, *,
            weight_filler: FillerParameter | _Fields | None = ..., stride: int | None = ..., kh:
            int | None = ..., kw: int | None = ..., input_capsule_num: int | None = ...,
            output_capsule_num: int | None = ..., output_capsule_shape: BlobShape | _Fields |
            None = ..., input_h: int | None = ..., input_w: int | None = ...,
            input_capsule_shape: BlobShape | _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "weight_filler", "stride", "kh", "kw", "input_capsule_num", "output_capsule_num",
            "output_capsule_shape", "input_h", "input_w", "input_capsule_shape",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "weight_filler", "stride", "kh", "kw", "input_capsule_num", "output_capsule_num",
            "output_capsule_shape", "input_h", "input_w", "input_capsule_shape",
        ]
    ) -> None: ...

class BboxDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    scale: float
    mean_file: str
    batch_size: int
    crop_size: int
    mirror: bool
    rand_skip: int
    shuffle: bool
    new_height: int
    new_width: int
    is_color: bool
    root_folder: str
    def __init__(
        self, *,
            source: str | None = ..., scale: float | None = ..., mean_file: str | None = ...,
            batch_size: int | None = ..., crop_size: int | None = ..., mirror: bool | None =
            ..., rand_skip: int | None = ..., shuffle: bool | None = ..., new_height: int | None
            = ..., new_width: int | None = ..., is_color: bool | None = ..., root_folder: str |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "rand_skip",
            "shuffle", "new_height", "new_width", "is_color", "root_folder",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "scale", "mean_file", "batch_size", "crop_size", "mirror", "rand_skip",
            "shuffle", "new_height", "new_width", "is_color", "root_folder",
        ]
    ) -> None: ...

class SqueezeDetLossParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[SqueezeDetLossParameter.Engine]
        CAFFE: ClassVar[SqueezeDetLossParameter.Engine]
        CUDNN: ClassVar[SqueezeDetLossParameter.Engine]
    DEFAULT: ClassVar[SqueezeDetLossParameter.Engine]
    CAFFE: ClassVar[SqueezeDetLossParameter.Engine]
    CUDNN: ClassVar[SqueezeDetLossParameter.Engine]
    engine: SqueezeDetLossParameter.Engine
    classes: int
    anchors_per_grid: int
    @property
    def anchor_shapes(self) -> Values[int]: ...
    pos_conf: int
    neg_conf: int
    lambda_bbox: int
    epsilon: float
    lambda_conf: int
    n_top_detections: int
    intersection_thresh: float
    nms_intersection_thresh: float
    def __init__(
        self, *,
            engine: SqueezeDetLossParameter.Engine | int | str | None = ..., classes: int | None
            = ..., anchors_per_grid: int | None = ..., anchor_shapes: Iterable[int] | None =
            ..., pos_conf: int | None = ..., neg_conf: int | None = ..., lambda_bbox: int | None
            = ..., epsilon: float | None = ..., lambda_conf: int | None = ..., n_top_detections:
            int | None = ..., intersection_thresh: float | None = ..., nms_intersection_thresh:
            float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "engine", "classes", "anchors_per_grid", "pos_conf", "neg_conf", "lambda_bbox",
            "epsilon", "lambda_conf", "n_top_detections", "intersection_thresh",
            "nms_intersection_thresh",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "engine", "classes", "anchors_per_grid", "anchor_shapes", "pos_conf", "neg_conf",
            "lambda_bbox", "epsilon", "lambda_conf", "n_top_detections", "intersection_thresh",
            "nms_intersection_thresh",
        ]
    ) -> None: ...

class MMDLossParameter(Message):
    DESCRIPTOR: Descriptor
    kernel_numb: int
    kernel_mult: float
    absfix_flag: bool
    loss_weight: float
    kernel_num: int
    kernel_mul: float
    def __init__(
        self, *,
            kernel_numb: int | None = ..., kernel_mult: float | None = ..., absfix_flag: bool |
            None = ..., loss_weight: float | None = ..., kernel_num: int | None = ...,
            kernel_mul: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "kernel_numb", "kernel_mult", "absfix_flag", "loss_weight", "kernel_num",
            "kernel_mul",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "kernel_numb", "kernel_mult", "absfix_flag", "loss_weight", "kernel_num",
            "kernel_mul",
        ]
    ) -> None: ...

class MultiModalBatchNormParameter(Message):
    DESCRIPTOR: Descriptor
    use_global_stats: bool
    moving_average_fraction: float
    eps: float
    def __init__(
        self, *,
            use_global_stats: bool | None = ..., moving_average_fraction: float | None = ...,
            eps: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "use_global_stats", "moving_average_fraction", "eps",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "use_global_stats", "moving_average_fraction", "eps",
        ]
    ) -> None: ...

class DegriddingParameter(Message):
    DESCRIPTOR: Descriptor
    degridding: str
    kernel_c: int
    kernel_h: int
    kernel_w: int
    stride_c: int
    stride_h: int
    stride_w: int
    cutoff_c: int
    cutoff_h: int
    cutoff_w: int
    bias_term: bool
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    def __init__(
        self, *,
            degridding: str | None = ..., kernel_c: int | None = ..., kernel_h: int | None =
            ..., kernel_w: int | None = ..., stride_c: int | None = ..., stride_h: int | None =
            ..., stride_w: int | None = ..., cutoff_c: int | None = ..., cutoff_h: int | None =
            ..., cutoff_w: int | None = ..., bias_term: bool | None = ..., weight_filler:
            FillerParameter | _Fields | None = ..., bias_filler: FillerParameter | _Fields |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "degridding", "kernel_c", "kernel_h", "kernel_w", "stride_c", "stride_h",
            "stride_w", "cutoff_c", "cutoff_h", "cutoff_w", "bias_term", "weight_filler",
            "bias_filler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "degridding", "kernel_c", "kernel_h", "kernel_w", "stride_c", "stride_h",
            "stride_w", "cutoff_c", "cutoff_h", "cutoff_w", "bias_term", "weight_filler",
            "bias_filler",
        ]
    ) -> None: ...

class GradientAlignmentParameter(Message):
    DESCRIPTOR: Descriptor
    def __init__(self) -> None: ...

class ImageMultiLabelDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    batch_size: int
    rand_skip: int
    shuffle: bool
    new_height: int
    new_width: int
    def __init__(
        self, *,
            source: str | None = ..., batch_size: int | None = ..., rand_skip: int | None = ...,
            shuffle: bool | None = ..., new_height: int | None = ..., new_width: int | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "batch_size", "rand_skip", "shuffle", "new_height", "new_width",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "batch_size", "rand_skip", "shuffle", "new_height", "new_width",
        ]
    ) -> None: ...

class PatchReshapeParameter(Message):
    DESCRIPTOR: Descriptor
    new_channel: int
    new_height: int
    new_width: int
    new_patch_width: int
    new_patch_height: int
    def __init__(
        self, *,
            new_channel: int | None = ..., new_height: int | None = ..., new_width: int | None =
            ..., new_patch_width: int | None = ..., new_patch_height: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "new_channel", "new_height", "new_width", "new_patch_width", "new_patch_height",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "new_channel", "new_height", "new_width", "new_patch_width", "new_patch_height",
        ]
    ) -> None: ...

class MultiSoftmaxLossParameter(Message):
    DESCRIPTOR: Descriptor
    learning_multiple: int
    def __init__(
        self, *,
            learning_multiple: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "learning_multiple",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "learning_multiple",
        ]
    ) -> None: ...

class Param2TopParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def data_filler(self) -> Messages[FillerParameter]: ...
    @property
    def data_refill(self) -> Values[int]: ...
    @property
    def shape(self) -> Messages[BlobShape]: ...
    def __init__(
        self, *,
            data_filler: Iterable[FillerParameter | _Fields] | None = ..., data_refill:
            Iterable[int] | None = ..., shape: Iterable[BlobShape | _Fields] | None = ...,
    ) -> None: ...
    def ClearField(
        self, field_name: Literal[
            "data_filler", "data_refill", "shape",
        ]
    ) -> None: ...

class HomoMeanLossParameter(Message):
    DESCRIPTOR: Descriptor
    predict_measure: str
    cluster_measure: str
    scatter_measure: str
    clusupd_measure: str
    scatupd_measure: str
    odotter_measure: str
    ovalize_measure: str
    cluster_regular: str
    scatter_regular: str
    odotter_regular: str
    ovalize_regular: str
    cluster_clipmode: str
    scatter_clipmode: str
    ovalize_clipmode: str
    cluster_clipprop: float
    cluster_lowrprop: float
    cluster_upprprop: float
    cluster_feedrate: float
    cluster_feedsize: float
    cluster_tradeoff: float
    scatter_clipprop: float
    scatter_lowrprop: float
    scatter_upprprop: float
    scatter_feedrate: float
    scatter_feedsize: float
    scatter_tradeoff: float
    topdiff_clipprop: float
    ovalize_clipprop: float
    ovalize_lowrprop: float
    ovalize_upprprop: float
    ovalize_feedrate: float
    ovalize_feedsize: float
    ovalize_tradeoff: float
    ovals2s_01stprop: float
    ovals2s_02ndprop: float
    ovalt2t_01stprop: float
    ovalt2t_02ndprop: float
    ovals2t_01stprop: float
    ovals2t_02ndprop: float
    cluster_interval: int
    scatter_interval: int
    ovalize_interval: int
    cluster_postpone: int
    scatter_postpone: int
    ovalize_postpone: int
    cluster_duration: int
    scatter_duration: int
    ovalize_duration: int
    average_initmode: bool
    match_numb: int
    label_nmax: int
    label_axis: int
    cluster_activate: bool
    scatter_activate: bool
    ovalize_activate: bool
    def __init__(
        self, *,
            predict_measure: str | None = ..., cluster_measure: str | None = ...,
            scatter_measure: str | None = ..., clusupd_measure: str | None = ...,
            scatupd_measure: str | None = ..., odotter_measure: str | None = ...,
            ovalize_measure: str | None = ..., cluster_regular: str | None = ...,
            scatter_regular: str | None = ..., odotter_regular: str | None = ...,
            ovalize_regular: str | None = ..., cluster_clipmode: str | None = ...,
            scatter_clipmode: str | None = ..., ovalize_clipmode: str | None = ...,
            cluster_clipprop: float | None = ..., cluster_lowrprop: float | None = ...,
            cluster_upprprop: float | None = ..., cluster_feedrate: float | None = ...,
            cluster_feedsize: float | None = ..., cluster_tradeoff: float | None = ...,
            scatter_clipprop: float | None = ..., scatter_lowrprop: float | None = ...,
            scatter_upprprop: float | None = ..., scatter_feedrate: float | None = ...,
            scatter_feedsize: float | None = ..., scatter_tradeoff: float | None = ...,
            topdiff_clipprop: float | None = ..., ovalize_clipprop: float | None = ...,
            ovalize_lowrprop: float | None = ..., ovalize_upprprop: float | None = ...,
            ovalize_feedrate: float | None = ..., ovalize_feedsize: float | None = ...,
            ovalize_tradeoff: float | None = ..., ovals2s_01stprop: float | None = ...,
            ovals2s_02ndprop: float | None = ..., ovalt2t_01stprop: float | None = ...,
            ovalt2t_02ndprop: float | None = ..., ovals2t_01stprop: float | None = ...,
            ovals2t_02ndprop: float | None = ..., cluster_interval: int | None = ...,
            scatter_interval: int | None = ..., ovalize_interval: int | None = ...,
            cluster_postpone: int | None = ..., scatter_postpone: int | None = ...,
            ovalize_postpone: int | None = ..., cluster_duration: int | None = ...,
            scatter_duration: int | None = ..., ovalize_duration: int | None = ...,
            average_initmode: bool | None = ..., match_numb: int | None = ..., label_nmax: int |
            None = ..., label_axis: int | None = ..., cluster_activate: bool | None = ...,
            scatter_activate: bool | None = ..., ovalize_activate: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "predict_measure", "cluster_measure", "scatter_measure", "clusupd_measure",
            "scatupd_measure", "odotter_measure", "ovalize_measure", "cluster_regular",
            "scatter_regular", "odotter_regular", "ovalize_regular", "cluster_clipmode",
            "scatter_clipmode", "ovalize_clipmode", "cluster_clipprop", "cluster_lowrprop",
            "cluster_upprprop", "cluster_feedrate", "cluster_feedsize", "cluster_tradeoff",
            "scatter_clipprop", "scatter_lowrprop", "scatter_upprprop", "scatter_feedrate",
            "scatter_feedsize", "scatter_tradeoff", "topdiff_clipprop", "ovalize_clipprop",
            "ovalize_lowrprop", "ovalize_upprprop", "ovalize_feedrate", "ovalize_feedsize",
            "ovalize_tradeoff", "ovals2s_01stprop", "ovals2s_02ndprop", "ovalt2t_01stprop",
            "ovalt2t_02ndprop", "ovals2t_01stprop", "ovals2t_02ndprop", "cluster_interval",
            "scatter_interval", "ovalize_interval", "cluster_postpone", "scatter_postpone",
            "ovalize_postpone", "cluster_duration", "scatter_duration", "ovalize_duration",
            "average_initmode", "match_numb", "label_nmax", "label_axis", "cluster_activate",
            "scatter_activate", "ovalize_activate",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "predict_measure", "cluster_measure", "scatter_measure", "clusupd_measure",
            "scatupd_measure", "odotter_measure", "ovalize_measure", "cluster_regular",
            "scatter_regular", "odotter_regular", "ovalize_regular", "cluster_clipmode",
            "scatter_clipmode", "ovalize_clipmode", "cluster_clipprop", "cluster_lowrprop",
            "cluster_upprprop", "cluster_feedrate", "cluster_feedsize", "cluster_tradeoff",
            "scatter_clipprop", "scatter_lowrprop", "scatter_upprprop", "scatter_feedrate",
            "scatter_feedsize", "scatter_tradeoff", "topdiff_clipprop", "ovalize_clipprop",
            "ovalize_lowrprop", "ovalize_upprprop", "ovalize_feedrate", "ovalize_feedsize",
            "ovalize_tradeoff", "ovals2s_01stprop", "ovals2s_02ndprop", "ovalt2t_01stprop",
            "ovalt2t_02ndprop", "ovals2t_01stprop", "ovals2t_02ndprop", "cluster_interval",
            "scatter_interval", "ovalize_interval", "cluster_postpone", "scatter_postpone",
            "ovalize_postpone", "cluster_duration", "scatter_duration", "ovalize_duration",
            "average_initmode", "match_numb", "label_nmax", "label_axis", "cluster_activate",
            "scatter_activate", "ovalize_activate",
        ]
    ) -> None: ...

class ClassLatchParameter(Message):
    DESCRIPTOR: Descriptor
    @property
    def label_axis(self) -> Values[int]: ...
    @property
    def label_nmax(self) -> Values[int]: ...
    @property
    def latch_nmin(self) -> Values[int]: ...
    latch_mode: bool
    def __init__(
        self, *,
            label_axis: Iterable[int] | None = ..., label_nmax: Iterable[int] | None = ...,
            latch_nmin: Iterable[int] | None = ..., latch_mode: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "latch_mode",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "label_axis", "label_nmax", "latch_nmin", "latch_mode",
        ]
    ) -> None: ...

class ImageOutputParameter(Message):
    DESCRIPTOR: Descriptor
    class NormalizationMethod(_Enum):
        SCALE: ClassVar[ImageOutputParameter.NormalizationMethod]
        AutoSCALE: ClassVar[ImageOutputParameter.NormalizationMethod]
    SCALE: ClassVar[ImageOutputParameter.NormalizationMethod]
    AutoSCALE: ClassVar[ImageOutputParameter.NormalizationMethod]
    output_prefix: str
    base_idx: int
    filename_padding: int
    print_iter: int
    normalization: ImageOutputParameter.NormalizationMethod
    scale: float
    offset: float
    force_slice_channels: bool
    def __init__(
        self, *,
            output_prefix: str | None = ..., base_idx: int | None = ..., filename_padding: int |
            None = ..., print_iter: int | None = ..., normalization:
            ImageOutputParameter.NormalizationMethod | int | str | None = ..., scale: float |
            None = ..., offset: float | None = ..., force_slice_channels: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "output_prefix", "base_idx", "filename_padding", "print_iter", "normalization",
            "scale", "offset", "force_slice_channels",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "output_prefix", "base_idx", "filename_padding", "print_iter", "normalization",
            "scale", "offset", "force_slice_channels",
        ]
    ) -> None: ...

class SmoothPoolingParameter(Message):
    DESCRIPTOR: Descriptor
    has_smooth_blobs: bool
    @property
    def smooth_filler(self) -> FillerParameter: ...
    z: float
    unique_smooth: bool
    max_value: float
    fix_smooth: bool
    def __init__(
        self, *,
            has_smooth_blobs: bool | None = ..., smooth_filler: FillerParameter | _Fields | None
            = ..., z: float | None = ..., unique_smooth: bool | None = ..., max_value: float |
            None = ..., fix_smooth: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "has_smooth_blobs", "smooth_filler", "z", "unique_smooth", "max_value",
            "fix_smooth",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "has_smooth_blobs", "smooth_filler", "z", "unique_smooth", "max_value",
            "fix_smooth",
        ]
    ) -> None: ...

class SparseDataParameter(Message):
    DESCRIPTOR: Descriptor
    source: str
    batch_size: int
    rand_skip: int
    backend: DataParameter.DB
    def __init__(
        self, *,
            source: str | None = ..., batch_size: int | None = ..., rand_skip: int | None = ...,
            backend: DataParameter.DB | int | str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "source", "batch_size", "rand_skip", "backend",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "source", "batch_size", "rand_skip", "backend",
        ]
    ) -> None: ...

class SpatialWtaParameter(Message):
    DESCRIPTOR: Descriptor
    kernel_size: int
    stride: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    global_wta: bool
    def __init__(
        self, *,
            kernel_size: int | None = ..., stride: int | None = ..., kernel_h: int | None = ...,
            kernel_w: int | None = ..., stride_h: int | None = ..., stride_w: int | None = ...,
            global_wta: bool | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "kernel_size", "stride", "kernel_h", "kernel_w", "stride_h", "stride_w",
            "global_wta",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "kernel_size", "stride", "kernel_h", "kernel_w", "stride_h", "stride_w",
            "global_wta",
        ]
    ) -> None: ...

class RearrangeParameter(Message):
    DESCRIPTOR: Descriptor
    depth: int
    def __init__(
        self, *,
            depth: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "depth",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "depth",
        ]
    ) -> None: ...

class TripletRankingHingeLossParameter(Message):
    DESCRIPTOR: Descriptor
    dim: int
    margin: float
    def __init__(
        self, *,
            dim: int | None = ..., margin: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "dim", "margin",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "dim", "margin",
        ]
    ) -> None: ...

class PosenetAccuracyParameter(Message):
    DESCRIPTOR: Descriptor
    image_width: int
    image_height: int
    distance_start: float
    distance_stop: float
    distance_step: float
    def __init__(
        self, *,
            image_width: int | None = ..., image_height: int | None = ..., distance_start: float
            | None = ..., distance_stop: float | None = ..., distance_step: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "image_width", "image_height", "distance_start", "distance_stop", "distance_step",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "image_width", "image_height", "distance_start", "distance_stop", "distance_step",
        ]
    ) -> None: ...

class RegularizeParameter(Message):
    DESCRIPTOR: Descriptor
    class Engine(_Enum):
        DEFAULT: ClassVar[RegularizeParameter.Engine]
        CAFFE: ClassVar[RegularizeParameter.Engine]
        CUDNN: ClassVar[RegularizeParameter.Engine]
    DEFAULT: ClassVar[RegularizeParameter.Engine]
    CAFFE: ClassVar[RegularizeParameter.Engine]
    CUDNN: ClassVar[RegularizeParameter.Engine]
    class TreeScheme(Message):
        DESCRIPTOR: Descriptor
        node_num: int
        output_index: int
        @property
        def children(self) -> Messages[RegularizeParameter.TreeScheme]: ...
        def __init__(
            self, *,
                node_num: int | None = ..., output_index: int | None = ..., children:
                Iterable[RegularizeParameter.TreeScheme | _Fields] | None = ...,
        ) -> None: ...
        def HasField(
            self, field_name: Literal[
                "node_num", "output_index",
            ]
        ) -> bool: ...
        def ClearField(
            self, field_name: Literal[
                "node_num", "output_index", "children",
            ]
        ) -> None: ...
    @property
    def root(self) -> RegularizeParameter.TreeScheme: ...
    @property
    def weight_filler(self) -> FillerParameter: ...
    engine: RegularizeParameter.Engine
    def __init__(
        self, *,
            root: RegularizeParameter.TreeScheme | _Fields | None = ..., weight_filler:
            FillerParameter | _Fields | None = ..., engine: RegularizeParameter.Engine | int |
            str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "root", "weight_filler", "engine",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "root", "weight_filler", "engine",
        ]
    ) -> None: ...

class RegularizeResultParameter(Message):
    DESCRIPTOR: Descriptor
    def __init__(self) -> None: ...

class WordSumParameter(Message):
    DESCRIPTOR: Descriptor
    num_output: int
    bias_term: bool
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    def __init__(
        self, *,
            num_output: int | None = ..., bias_term: bool | None = ..., weight_filler:
            FillerParameter | _Fields | None = ..., bias_filler: FillerParameter | _Fields |
            None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "bias_term", "weight_filler", "bias_filler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "bias_term", "weight_filler", "bias_filler",
        ]
    ) -> None: ...

class EnlargeParameter(Message):
    DESCRIPTOR: Descriptor
    scale: int
    def __init__(
        self, *,
            scale: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "scale",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "scale",
        ]
    ) -> None: ...

class RandomMaclaurinParameter(Message):
    DESCRIPTOR: Descriptor
    num_output: int
    random_every_epoch: bool
    fixed_matrix: bool
    epoch_size: int
    std1: float
    std2: float
    distribution_type: str
    a1: float
    b1: float
    a2: float
    b2: float
    def __init__(
        self, *,
            num_output: int | None = ..., random_every_epoch: bool | None = ..., fixed_matrix:
            bool | None = ..., epoch_size: int | None = ..., std1: float | None = ..., std2:
            float | None = ..., distribution_type: str | None = ..., a1: float | None = ..., b1:
            float | None = ..., a2: float | None = ..., b2: float | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_output", "random_every_epoch", "fixed_matrix", "epoch_size", "std1", "std2",
            "distribution_type", "a1", "b1", "a2", "b2",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_output", "random_every_epoch", "fixed_matrix", "epoch_size", "std1", "std2",
            "distribution_type", "a1", "b1", "a2", "b2",
        ]
    ) -> None: ...

class BNplusParameter(Message):
    DESCRIPTOR: Descriptor
    class BNplusMode(_Enum):
        LEARN: ClassVar[BNplusParameter.BNplusMode]
        INFERENCE: ClassVar[BNplusParameter.BNplusMode]
    LEARN: ClassVar[BNplusParameter.BNplusMode]
    INFERENCE: ClassVar[BNplusParameter.BNplusMode]
    @property
    def scale_filler(self) -> FillerParameter: ...
    @property
    def shift_filler(self) -> FillerParameter: ...
    bnplus_mode: BNplusParameter.BNplusMode
    def __init__(
        self, *,
            scale_filler: FillerParameter | _Fields | None = ..., shift_filler: FillerParameter
            | _Fields | None = ..., bnplus_mode: BNplusParameter.BNplusMode | int | str | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "scale_filler", "shift_filler", "bnplus_mode",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "scale_filler", "shift_filler", "bnplus_mode",
        ]
    ) -> None: ...

class CreateMaskVectorParameter(Message):
    DESCRIPTOR: Descriptor
    class PoolMethod(_Enum):
        MAX: ClassVar[CreateMaskVectorParameter.PoolMethod]
        AVE: ClassVar[CreateMaskVectorParameter.PoolMethod]
    MAX: ClassVar[CreateMaskVectorParameter.PoolMethod]
    AVE: ClassVar[CreateMaskVectorParameter.PoolMethod]
    num_label: int
    pool: CreateMaskVectorParameter.PoolMethod
    def __init__(
        self, *,
            num_label: int | None = ..., pool: CreateMaskVectorParameter.PoolMethod | int | str
            | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_label", "pool",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_label", "pool",
        ]
    ) -> None: ...

class MaskCreateParameter(Message):
    DESCRIPTOR: Descriptor
    num_cls: int
    def __init__(
        self, *,
            num_cls: int | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "num_cls",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "num_cls",
        ]
    ) -> None: ...

class DialParameter(Message):
    DESCRIPTOR: Descriptor
    class TestStats(_Enum):
        SOURCE: ClassVar[DialParameter.TestStats]
        TARGET: ClassVar[DialParameter.TestStats]
    SOURCE: ClassVar[DialParameter.TestStats]
    TARGET: ClassVar[DialParameter.TestStats]
    use_global_stats: bool
    moving_average_fraction: float
    eps: float
    slice_point: int
    test_stats: DialParameter.TestStats
    @property
    def weight_filler(self) -> FillerParameter: ...
    def __init__(
        self, *,
            use_global_stats: bool | None = ..., moving_average_fraction: float | None = ...,
            eps: float | None = ..., slice_point: int | None = ..., test_stats:
            DialParameter.TestStats | int | str | None = ..., weight_filler: FillerParameter |
            _Fields | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "use_global_stats", "moving_average_fraction", "eps", "slice_point", "test_stats",
            "weight_filler",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "use_global_stats", "moving_average_fraction", "eps", "slice_point", "test_stats",
            "weight_filler",
        ]
    ) -> None: ...

class ClusteringParameter(Message):
    DESCRIPTOR: Descriptor
    k: int
    total_class: int
    num_output: int
    branch: bool
    across_class: bool
    data_size: int
    dominate: int
    num_layer: int
    soft: bool
    def __init__(
        self, *,
            k: int | None = ..., total_class: int | None = ..., num_output: int | None = ...,
            branch: bool | None = ..., across_class: bool | None = ..., data_size: int | None =
            ..., dominate: int | None = ..., num_layer: int | None = ..., soft: bool | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "k", "total_class", "num_output", "branch", "across_class", "data_size", "dominate",
            "num_layer", "soft",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "k", "total_class", "num_output", "branch", "across_class", "data_size", "dominate",
            "num_layer", "soft",
        ]
    ) -> None: ...

class OGNDataParameter(Message):
    DESCRIPTOR: Descriptor
    batch_size: int
    source: str
    preload_data: bool
    def __init__(
        self, *,
            batch_size: int | None = ..., source: str | None = ..., preload_data: bool | None =
            ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "batch_size", "source", "preload_data",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "batch_size", "source", "preload_data",
        ]
    ) -> None: ...

class OGNLossPrepParameter(Message):
    DESCRIPTOR: Descriptor
    gt_key_layer: str
    pr_key_layer: str
    use_voxel_grid: bool
    def __init__(
        self, *,
            gt_key_layer: str | None = ..., pr_key_layer: str | None = ..., use_voxel_grid: bool
            | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "gt_key_layer", "pr_key_layer", "use_voxel_grid",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "gt_key_layer", "pr_key_layer", "use_voxel_grid",
        ]
    ) -> None: ...

class OGNConvParameter(Message):
    DESCRIPTOR: Descriptor
    is_deconv: bool
    filter_size: int
    output_channels: int
    @property
    def weight_filler(self) -> FillerParameter: ...
    @property
    def bias_filler(self) -> FillerParameter: ...
    key_layer: str
    def __init__(
        self, *,
            is_deconv: bool | None = ..., filter_size: int | None = ..., output_channels: int |
            None = ..., weight_filler: FillerParameter | _Fields | None = ..., bias_filler:
            FillerParameter | _Fields | None = ..., key_layer: str | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "is_deconv", "filter_size", "output_channels", "weight_filler", "bias_filler",
            "key_layer",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "is_deconv", "filter_size", "output_channels", "weight_filler", "bias_filler",
            "key_layer",
        ]
    ) -> None: ...

class OGNPropParameter(Message):
    DESCRIPTOR: Descriptor
    class PropagationMode(_Enum):
        PROP_PRED: ClassVar[OGNPropParameter.PropagationMode]
        PROP_KNOWN: ClassVar[OGNPropParameter.PropagationMode]
    PROP_PRED: ClassVar[OGNPropParameter.PropagationMode]
    PROP_KNOWN: ClassVar[OGNPropParameter.PropagationMode]
    key_layer: str
    prop_mode: OGNPropParameter.PropagationMode
    def __init__(
        self, *,
            key_layer: str | None = ..., prop_mode: OGNPropParameter.PropagationMode | int | str
            | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "key_layer", "prop_mode",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "key_layer", "prop_mode",
        ]
    ) -> None: ...

class OGNOutputParameter(Message):
    DESCRIPTOR: Descriptor
    output_path: str
    @property
    def key_layer(self) -> Values[str]: ...
    def __init__(
        self, *,
            output_path: str | None = ..., key_layer: Iterable[str] | None = ...,
    ) -> None: ...
    def HasField(
        self, field_name: Literal[
            "output_path",
        ]
    ) -> bool: ...
    def ClearField(
        self, field_name: Literal[
            "output_path", "key_layer",
        ]
    ) -> None: ...
