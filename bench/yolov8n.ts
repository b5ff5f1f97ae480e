import { ElemType, GraphEditor, int, ints, type Model, newModel, tensor } from '@fanlight/onnx'

// A network of YOLOv8n's layers and layout (width 0.25, depth 0.33, 80 classes, 3.2 million parameters) with random
// weights, as Ultralytics exports it: for costs, which do not depend on what the weights say.

const CLASSES = 80
/** Numbers that a side of a box is spread over. */
const BINS = 16
const STRIDES = [8, 16, 32]

/** @returns [1, 3, size, size] → [1, 84, cells] */
export function yolov8n(size = 640): Model {
  const net = new Layers(size)
  const p1 = net.conv('images', { to: 16, stride: 2 })
  const p2 = net.c2f(net.conv(p1, { to: 32, stride: 2 }), { to: 32, repeats: 1, shortcut: true })
  const p3 = net.c2f(net.conv(p2, { to: 64, stride: 2 }), { to: 64, repeats: 2, shortcut: true })
  const p4 = net.c2f(net.conv(p3, { to: 128, stride: 2 }), { to: 128, repeats: 2, shortcut: true })
  const p5 = net.sppf(net.c2f(net.conv(p4, { to: 256, stride: 2 }), { to: 256, repeats: 1, shortcut: true }))
  const up4 = net.c2f(net.concat([net.twice(p5), p4]), { to: 128, repeats: 1 })
  const out3 = net.c2f(net.concat([net.twice(up4), p3]), { to: 64, repeats: 1 })
  const out4 = net.c2f(net.concat([net.conv(out3, { to: 64, stride: 2 }), up4]), { to: 128, repeats: 1 })
  const out5 = net.c2f(net.concat([net.conv(out4, { to: 128, stride: 2 }), p5]), { to: 256, repeats: 1 })
  return net.detect([out3, out4, out5])
}

interface Value {
  readonly name: string
  readonly channels: number
}

interface ConvOptions {
  readonly to: number
  /** @default 3 */
  readonly kernel?: number
  /** @default 1 */
  readonly stride?: number
}

class Layers {
  readonly #editor = new GraphEditor(
    newModel({
      name: 'yolov8n',
      opset: 17,
      producer: 'fanlight bench',
      metadata: {
        task: 'detect',
        stride: '32',
        names: `{${Array.from({ length: CLASSES }, (_, i) => `${i}: 'class ${i}'`).join(', ')}}`,
      },
    }),
  )
  readonly #size: number
  #seed = 1

  constructor(size: number) {
    this.#size = size
    this.#editor.addInput('images', ElemType.FLOAT, [1, 3, size, size])
  }

  /** A convolution and its SiLU. */
  conv(x: Value | 'images', options: ConvOptions): Value {
    const made = this.#plainConv(x === 'images' ? { name: x, channels: 3 } : x, options)
    const gate = this.#node('Sigmoid', [made.name])
    return { ...made, name: this.#node('Mul', [made.name, gate]) }
  }

  #plainConv(x: Value, { to, kernel = 3, stride = 1 }: ConvOptions): Value {
    const dims = [to, x.channels, kernel, kernel]
    // As large as keeps the variance through a SiLU.
    const weights = this.#random(dims, Math.sqrt(5 / (x.channels * kernel * kernel)))
    const bias = this.#random([to], 0.1)
    const pad = kernel >> 1
    const attributes = {
      kernel_shape: ints(kernel, kernel),
      strides: ints(stride, stride),
      pads: ints(pad, pad, pad, pad),
    }
    return { name: this.#node('Conv', [x.name, weights, bias], attributes), channels: to }
  }

  c2f(x: Value, { to, repeats, shortcut = false }: { to: number; repeats: number; shortcut?: boolean }): Value {
    const half = to / 2
    const both = this.conv(x, { to, kernel: 1 })
    const sizes = this.#integers(half, half)
    const outputs = ['left', 'right'].map((side) => this.#editor.freshName(side))
    this.#editor.addNode('Split', { inputs: [both.name, sizes], outputs, attributes: { axis: int(1) } })
    const parts: Value[] = outputs.map((name) => ({ name, channels: half }))
    for (let i = 0; i < repeats; i++) {
      const from = parts.at(-1)!
      const made = this.conv(this.conv(from, { to: half }), { to: half })
      parts.push(shortcut ? { ...made, name: this.#node('Add', [from.name, made.name]) } : made)
    }
    return this.conv(this.concat(parts), { to, kernel: 1 })
  }

  sppf(x: Value): Value {
    const parts = [this.conv(x, { to: x.channels / 2, kernel: 1 })]
    const attributes = { kernel_shape: ints(5, 5), pads: ints(2, 2, 2, 2), strides: ints(1, 1) }
    for (let i = 0; i < 3; i++) {
      const from = parts.at(-1)!
      parts.push({ ...from, name: this.#node('MaxPool', [from.name], attributes) })
    }
    return this.conv(this.concat(parts), { to: x.channels, kernel: 1 })
  }

  concat(values: readonly Value[]): Value {
    const channels = values.reduce((sum, value) => sum + value.channels, 0)
    const names = values.map(({ name }) => name)
    return { name: this.#node('Concat', names, { axis: int(1) }), channels }
  }

  twice(x: Value): Value {
    const scales = this.#editor.addInitializer(
      tensor(this.#editor.freshName('scales'), [4], Float32Array.of(1, 1, 2, 2)),
    )
    // Nearest is the default.
    return { ...x, name: this.#node('Resize', [x.name, '', scales], {}) }
  }

  /** Boxes as distributions over BINS distances a side, their means, centres and sizes; classes by a sigmoid. */
  detect(scales: readonly Value[]): Model {
    const rows = 4 * BINS + CLASSES
    const flat = scales.map((scale) => {
      const box = this.#branch(scale, 64, 4 * BINS)
      const kind = this.#branch(scale, CLASSES, CLASSES)
      return this.#node('Reshape', [this.concat([box, kind]).name, this.#integers(1, rows, -1)])
    })
    const all = this.#node('Concat', flat, { axis: int(2) })
    const [boxes, classes] = this.#split(all, [4 * BINS, CLASSES])
    const bins = this.#node('Reshape', [boxes!, this.#integers(1, 4, BINS, -1)])
    const shares = this.#node('Softmax', [this.#node('Transpose', [bins], { perm: ints(0, 2, 1, 3) })], {
      axis: int(1),
    })
    const places = this.#floats(
      [1, BINS, 1, 1],
      Float32Array.from({ length: BINS }, (_, i) => i),
    )
    const means = this.#node('Conv', [shares, places], { kernel_shape: ints(1, 1) })
    const distances = this.#node('Reshape', [means, this.#integers(1, 4, -1)])
    const [begin, end] = this.#split(distances, [2, 2])
    const { anchors, strides } = cells(this.#size)
    const centres = this.#floats([1, 2, strides.length], anchors)
    const [low, high] = [this.#node('Sub', [centres, begin!]), this.#node('Add', [centres, end!])]
    const centre = this.#node('Div', [this.#node('Add', [low, high]), this.#floats([], Float32Array.of(2))])
    const corners = this.#node('Concat', [centre, this.#node('Sub', [high, low])], { axis: int(1) })
    const pixels = this.#node('Mul', [corners, this.#floats([1, strides.length], strides)])
    const scores = this.#node('Sigmoid', [classes!])
    this.#editor.addNode('Concat', { inputs: [pixels, scores], outputs: ['output0'], attributes: { axis: int(1) } })
    this.#editor.addOutput('output0', ElemType.FLOAT, [1, 4 + CLASSES, strides.length])
    return this.#editor.model
  }

  #branch(x: Value, width: number, to: number): Value {
    return this.#plainConv(this.conv(this.conv(x, { to: width }), { to: width }), { to, kernel: 1 })
  }

  #split(value: string, sizes: readonly number[]): readonly string[] {
    const outputs = sizes.map(() => this.#editor.freshName('part'))
    return this.#editor.addNode('Split', {
      inputs: [value, this.#integers(...sizes)],
      outputs,
      attributes: { axis: int(1) },
    })
  }

  #node(opType: string, inputs: readonly string[], attributes = {}): string {
    return this.#editor.addNode(opType, { inputs, attributes })[0]!
  }

  #integers(...values: readonly number[]): string {
    const name = this.#editor.freshName('integers')
    return this.#editor.addInitializer(tensor(name, [values.length], BigInt64Array.from(values, BigInt)))
  }

  #floats(dims: readonly number[], values: Float32Array): string {
    return this.#editor.addInitializer(tensor(this.#editor.freshName('floats'), dims, values))
  }

  /** Even in −range..range, by Marsaglia's xorshift. */
  #random(dims: readonly number[], range: number): string {
    const values = new Float32Array(dims.reduce((product, dim) => product * dim, 1))
    for (let i = 0; i < values.length; i++) {
      this.#seed ^= this.#seed << 13
      this.#seed ^= this.#seed >>> 17
      this.#seed ^= this.#seed << 5
      values[i] = (range * this.#seed) / 2 ** 31
    }
    return this.#floats(dims, values)
  }
}

/** Centres in cells, all x before all y, and the stride of each. */
function cells(size: number) {
  const all = STRIDES.flatMap((stride) => {
    const side = size / stride
    return Array.from({ length: side * side }, (_, i) => ({
      x: (i % side) + 0.5,
      y: Math.floor(i / side) + 0.5,
      stride,
    }))
  })
  return {
    anchors: Float32Array.from([...all.map(({ x }) => x), ...all.map(({ y }) => y)]),
    strides: Float32Array.from(all, ({ stride }) => stride),
  }
}
