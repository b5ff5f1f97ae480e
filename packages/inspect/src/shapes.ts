import type { ImageInput } from '@fanlight/detector/reading'
import { ElemType, encodeModel, GraphEditor, int, type Model, type ModelSignature, shapeProbe } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import { InferenceSession, Tensor } from 'onnxruntime-node'

/** Of a whole picture; an input of 100 Mpx would be a trap. */
const MAX_PIXELS = 40_000_000

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
  const elemType = inputs[0]?.elemType
  if (elemType !== ElemType.FLOAT && elemType !== ElemType.FLOAT16) {
    throw new InputError('MODEL_UNSUPPORTED', 'its input is not of type float32 or float16')
  }
  const probe = shapeProbe(model)
  const { fed, feedName } =
    elemType === ElemType.FLOAT ? { fed: probe.model, feedName: name } : widened(probe.model, name)
  const grey = new Tensor('float32', new Float32Array(size).fill(0.5), [1, 3, height, width])
  try {
    const session = await InferenceSession.create(encodeModel(fed), {
      // Fusing would save nothing: each shape is asked for, and the network runs once.
      graphOptimizationLevel: 'disabled',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    })
    return probe.read(await session.run({ [feedName]: grey }))
  } catch (error) {
    const said = JSON.stringify((error instanceof Error ? error.message : String(error)).slice(0, 500))
    throw new InputError('MODEL_INVALID', `onnxruntime cannot run it: ${said}`, { cause: error })
  }
}

/** With an input in float32: those in float16 do not get through from Node 24's arrays. */
function widened(model: Model, name: string): { fed: Model; feedName: string } {
  const editor = new GraphEditor(model)
  const feedName = editor.freshName('fanlight.grey')
  editor.removeInput(name)
  editor.addInput(feedName, ElemType.FLOAT, [undefined, undefined, undefined, undefined])
  const attributes = { to: int(ElemType.FLOAT16) }
  editor.addNode('Cast', { inputs: [feedName], outputs: [name], attributes, at: 'start' })
  return { fed: editor.model, feedName }
}
