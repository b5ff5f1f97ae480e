import type { ImageInput } from '@fanlight/detector/reading'
import { ElemType, encodeModel, type Model, type ModelSignature, shapeProbe } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import { InferenceSession, Tensor } from 'onnxruntime-node'

/** Of a whole picture; an input of 100 Mpx would be a trap. */
const MAX_PIXELS = 40_000_000

/** 0.5, as its bits. */
const HALF_IN_FLOAT16 = 0x3800

/**
 * Runs a network once, on one grey image, for the shapes of its values. onnxruntime sees only what our encoder wrote.
 * @throws InputError `MODEL_UNSUPPORTED` when the input is no image in float, `MODEL_INVALID` when onnxruntime refuses
 *   it
 */
export async function shapesOnGrey(
  model: Model,
  { inputs }: ModelSignature,
  { name, width, height }: ImageInput,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const size = 3 * width * height
  if (!(size > 0 && size <= 3 * MAX_PIXELS)) {
    throw new InputError('MODEL_UNSUPPORTED', `its input is an image of ${width} × ${height} pixels`)
  }
  const isHalf = inputs[0]?.elemType === ElemType.FLOAT16
  if (!isHalf && inputs[0]?.elemType !== ElemType.FLOAT) {
    throw new InputError('MODEL_UNSUPPORTED', 'its input is not of type float32 or float16')
  }
  const grey = isHalf
    ? new Tensor('float16', new Uint16Array(size).fill(HALF_IN_FLOAT16), [1, 3, height, width])
    : new Tensor('float32', new Float32Array(size).fill(0.5), [1, 3, height, width])
  const probe = shapeProbe(model)
  try {
    const session = await InferenceSession.create(encodeModel(probe.model), {
      // Fusing would save nothing: each shape is asked for, and the network runs once.
      graphOptimizationLevel: 'disabled',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    })
    return probe.read(await session.run({ [name]: grey }))
  } catch (error) {
    const said = JSON.stringify((error instanceof Error ? error.message : String(error)).slice(0, 500))
    throw new InputError('MODEL_INVALID', `onnxruntime cannot run it: ${said}`, { cause: error })
  }
}
