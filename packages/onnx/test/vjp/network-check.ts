import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { type GradientModel, type Model, openDims, shapeProbe, signatureOf, vjp } from '../../src/index.ts'
import { randomTensor, sessionOf } from './gradient-check.ts'

// Gradients of whole networks, by their input, against finite differences in random directions of input and outputs.
// Float32 and the kinks of maxima and rectifiers leave a narrow way between them: a long step crosses kinks (the
// error grows with it), a short one drowns in rounding. So
//
// - the step that x took is the one that float32 holds: (x + εu) − (x − εu) after rounding;
// - the difference is taken for several ε and fitted, by a line aε, or by aε + bε³ where nothing has a kink;
// - white noise moves a network's outputs little, its kinks much. Some of the direction may be the gradient of
//   other random cotangents, which moves the outputs 60 times as much. It knows nothing of the ones that are checked.

export interface NetworkCheck {
  /** In units of the input. */
  readonly epsilons: readonly number[]
  /** aε + bε³ instead of aε. */
  readonly cubic: boolean
  /** Of the direction: the root mean square of the gradient of other cotangents; that of the white noise is 0.58. */
  readonly sensitive: number
  /** @default 8 */
  readonly directions?: number
}

/** The network and its gradient. @param image float32 [1, 3, height, width] */
interface Subject {
  readonly input: string
  readonly image: Tensor
  readonly outputs: readonly (readonly [name: string, dims: readonly number[]])[]
  readonly gradient: GradientModel
  readonly plain: InferenceSession
  readonly session: InferenceSession
}

const dataOf = (tensor: Tensor | undefined) => tensor!.data as Float32Array

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)

/**
 * @param model as `normalised` gives it, with a free batch
 * @returns ‖numeric − exact‖ ÷ ‖numeric‖ of the derivatives in the directions
 */
export async function networkError(model: Model, image: Tensor, check: NetworkCheck): Promise<number> {
  const subject = await subjectOf(model, image)
  let [errors, sizes] = [0, 0]
  for (let direction = 0; direction < (check.directions ?? 8); direction++) {
    const u = await directionOf(subject, direction, check.sensitive)
    const cotangents = randomCotangents(subject, 1000 * direction)
    const gradient = await gradientOf(subject, cotangents)
    const slopes = []
    for (const epsilon of check.epsilons)
      slopes.push({ epsilon, slope: await slopeAt(subject, { u, epsilon, cotangents, gradient }) })
    const numeric = fitted(slopes, check.cubic)
    errors += (numeric - dot(gradient, u)) ** 2
    sizes += numeric ** 2
  }
  return Math.sqrt(errors / sizes)
}

async function subjectOf(model: Model, image: Tensor): Promise<Subject> {
  const input = signatureOf(model).inputs[0]!.name
  const probe = shapeProbe(model)
  const session = await sessionOf(probe.model)
  const twice = new Tensor('float32', Float32Array.from([...dataOf(image), ...dataOf(image)]), [
    2,
    ...image.dims.slice(1),
  ])
  const [atOne, atTwo] = [
    probe.read(await session.run({ [input]: image })),
    probe.read(await session.run({ [input]: twice })),
  ]
  const outputs = model.graph!.output.map(({ name }) => [name, atOne.get(name)!] as const)
  const shapes = openDims(atOne, atTwo)
  const gradient = vjp(model, { wrt: [input], outputs: outputs.map(([name]) => name), shapes })
  return {
    input,
    image,
    outputs,
    gradient,
    plain: await sessionOf(model),
    session: await sessionOf(gradient.model),
  }
}

const randomCotangents = ({ outputs }: Subject, seed: number) =>
  new Map(outputs.map(([name, dims], i) => [name, randomTensor(dims, seed + i)]))

async function gradientOf(
  { input, image, gradient, session }: Subject,
  cotangents: ReadonlyMap<string, Tensor>,
): Promise<Float32Array> {
  const held = [...cotangents].map(([name, cotangent]) => [gradient.cotangents[name]!, cotangent])
  const made = await session.run({ [input]: image, ...Object.fromEntries(held) })
  return dataOf(made[gradient.gradients[input]!])
}

async function directionOf(subject: Subject, direction: number, sensitive: number): Promise<Float32Array> {
  const white = dataOf(randomTensor(subject.image.dims, 7000 + direction))
  if (sensitive === 0) return white
  const other = await gradientOf(subject, randomCotangents(subject, 555_000 + 1000 * direction))
  const share = sensitive / Math.sqrt(dot(other, other) / other.length)
  return white.map((value, i) => value + share * other[i]!)
}

interface Step {
  readonly u: Float32Array
  readonly epsilon: number
  readonly cotangents: ReadonlyMap<string, Tensor>
  readonly gradient: Float32Array
}

/** Central difference along u, corrected by what the gradient says of the rounding of the step itself. */
async function slopeAt({ input, image, plain }: Subject, { u, epsilon, cotangents, gradient }: Step): Promise<number> {
  const x = dataOf(image)
  const [up, down] = [1, -1].map((sign) => x.map((value, i) => value + sign * epsilon * u[i]!))
  const rounding = u.map((value, i) => value - (up![i]! - down![i]!) / (2 * epsilon))
  const after = await plain.run({ [input]: new Tensor('float32', up!, image.dims) })
  const before = await plain.run({ [input]: new Tensor('float32', down!, image.dims) })
  let change = 0
  for (const [name, cotangent] of cotangents) {
    const [a, b, v] = [dataOf(after[name]), dataOf(before[name]), dataOf(cotangent)]
    for (let i = 0; i < v.length; i++) change += v[i]! * (a[i]! - b[i]!)
  }
  return change / (2 * epsilon) + dot(gradient, rounding)
}

/** Slopes as a, or as a + bε², by least squares; those of long steps are less noisy. @returns a */
function fitted(slopes: readonly { readonly epsilon: number; readonly slope: number }[], cubic: boolean): number {
  const mean = (value: (each: (typeof slopes)[number]) => number) =>
    slopes.reduce((sum, each) => sum + each.epsilon ** 2 * value(each), 0) /
    slopes.reduce((sum, { epsilon }) => sum + epsilon ** 2, 0)
  const [slope, square] = [mean((each) => each.slope), mean(({ epsilon }) => epsilon ** 2)]
  if (!cubic) return slope
  const b =
    mean((each) => (each.slope - slope) * (each.epsilon ** 2 - square)) /
    mean(({ epsilon }) => (epsilon ** 2 - square) ** 2)
  return slope - b * square
}
