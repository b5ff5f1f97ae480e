/** The operators in a family's ONNX files, once they are normalised. */
interface Exported {
  readonly family: string
  /** Whose exporter. Others, and other options, give other operators for the same network. */
  readonly by: string
  readonly operators: readonly string[]
}

const yolo = 'Add Concat Conv MaxPool Mul Reshape Resize Sigmoid Split Transpose'
const decoded = `${yolo} Div Gather Shape Slice Softmax Sub Unsqueeze`
const attention = `${decoded} MatMul`
const residual = 'Add BatchNormalization Conv Flatten Gemm GlobalAveragePool MaxPool ReduceMean Relu Reshape Softmax'
const transformer =
  'Add Cast Concat Conv Div Erf Expand Gather Gelu Gemm LayerNormalization MatMul Mul Pow ReduceMean Reshape Shape Slice Softmax Split Sqrt Squeeze Sub Tanh Transpose Unsqueeze Where'

const exported = (family: string, by: string, ...operators: readonly string[]): Exported => ({
  family,
  by,
  operators: [...new Set(operators.flatMap((each) => each.split(' ')))].sort(),
})

/** What to expect of each family that Fanlight promises gradients for. */
export const exports: readonly Exported[] = [
  exported('YOLOv3', 'Ultralytics', yolo, 'LeakyRelu Pow Slice Sub'),
  exported(
    'YOLOv3',
    'keras2onnx',
    yolo,
    'BatchNormalization Cast Div Exp LeakyRelu NonMaxSuppression Slice Sub Unsqueeze',
  ),
  exported('YOLOv5', 'Ultralytics, since 6.0', yolo, 'Pow Slice Sub'),
  exported('YOLOv5', 'Ultralytics, with Focus', yolo, 'Gather HardSwish LeakyRelu Pow Shape Slice Unsqueeze'),
  exported('YOLOv8', 'Ultralytics', decoded),
  exported(
    'YOLOv10',
    'Ultralytics and THU-MIG, end to end',
    attention,
    'Cast Expand Flatten GatherElements Mod ReduceMax Squeeze Tile TopK',
  ),
  exported('YOLO11', 'Ultralytics', attention),
  exported('YOLO12', 'Ultralytics', attention, 'Exp ReduceMax ReduceSum'),
  exported('YOLOX', 'Megvii', yolo, 'Exp Slice'),
  exported('NanoDet', 'RangiLyu', yolo, 'Gather LeakyRelu Relu Shape Slice Softmax Unsqueeze'),
  exported(
    'PicoDet',
    'paddle2onnx',
    yolo,
    'BatchNormalization Cast Clip Div GlobalAveragePool HardSigmoid HardSwish MatMul Pow ReduceMean Relu Shape Slice Softmax Sqrt Squeeze Sub Unsqueeze',
  ),
  exported(
    'SSD-MobileNet',
    'tf2onnx',
    'Add BatchNormalization Cast Clip Concat Conv Div Exp Expand Gather GatherND Max Min Mul NonMaxSuppression Pad Reshape Resize Shape Sigmoid Slice Split Squeeze Sub Tile TopK Transpose Unsqueeze',
  ),
  exported(
    'SSD-MobileNet',
    'torchvision',
    'Add Clip Concat ConstantOfShape Conv Div Exp Expand Flatten Gather HardSigmoid HardSwish GlobalAveragePool Mul NonMaxSuppression NonZero Relu Reshape ScatterElements Shape Slice Softmax Sub TopK Transpose Unsqueeze Where',
  ),
  exported(
    'CenterNet',
    'PyTorch, without deformable convolutions',
    'Add BatchNormalization Cast Concat Conv ConvTranspose Equal Gather GatherElements MaxPool Mul Relu Reshape Sigmoid TopK Transpose',
  ),
  exported(
    'FastestDet',
    'dog-qiuqiu',
    'AveragePool Concat Conv Exp Gather MaxPool Relu Reshape Resize Sigmoid Softmax Split Tanh Transpose',
  ),
  exported(
    'UltraFace',
    'Linzaer',
    'Add BatchNormalization Concat Conv Div Exp Flatten Gather Mul Relu Reshape Shape Slice Softmax Sub Transpose Unsqueeze',
  ),
  exported(
    'BlazeFace',
    'tf2onnx and PyTorch',
    'Add Clip Concat Conv MaxPool Pad PRelu Relu Reshape Resize Sigmoid Transpose',
  ),
  exported('ResNet', 'torchvision, timm and paddle2onnx', residual, 'AveragePool MatMul Squeeze'),
  exported('ViT', 'timm and Hugging Face', transformer),
  exported(
    'DETR',
    'Hugging Face and facebookresearch',
    residual,
    transformer,
    'ConstantOfShape Cos CumSum Equal Floor Not Range Relu ScatterND Sigmoid Sin Tile',
  ),
  exported(
    'RT-DETR',
    'Ultralytics, lyuwenyu and paddle2onnx',
    residual,
    transformer,
    'AveragePool Clip Cos Exp GatherElements GatherND GridSample Log Max Min Mod ReduceMax ReduceSum Resize Sigmoid Sin Tile TopK',
  ),
]

/** Operators without a rule that need none, and why. */
export const beside: Readonly<Record<string, string>> = {
  ConstantOfShape: 'makes numbers of sizes only',
  NonMaxSuppression: 'is cut: its boxes and scores are outputs',
  Range: 'makes numbers of sizes only',
}
