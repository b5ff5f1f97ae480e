import { type Command, InvalidArgumentError } from 'commander'
import { examples, type Run, whole } from '../options.ts'

export function addInspectDream(inspect: Command, run: Run): void {
  inspect
    .command('dream')
    .description('the picture that a class, a detection or a channel responds to most')
    .argument('<name|file>', 'a name of "fanlight models list", or an ONNX file')
    .option('--class <name>', 'raise this class, wherever it appears')
    .option('--detection <x1,y1,x2,y2>', 'raise --class here only, in pixels of the network’s input', box)
    .option('--channel <layer:number>', 'raise the mean of one channel, counted from 0', channel)
    .option('--steps <number>', 'of the ascent', whole(1, 2048), 128)
    .option('--pictures <number>', 'that are kept of the way', whole(2, 64), 9)
    .option('--seed <number>', 'another seed gives another picture', whole(0, 2 ** 31 - 1), 0)
    .option('--out <dir>', 'write the pictures and the page dream.html there', 'dream')
    .option('--json', 'a line a step', false)
    .addHelpText(
      'after',
      `${examples(
        'fanlight inspect dream yolox_nano.onnx --class person',
        'fanlight inspect dream yolox_nano.onnx --class dog --seed 3 --steps 256 --out dog',
        'fanlight inspect dream yolox_nano.onnx --class car --detection 100,160,320,280',
        'fanlight inspect dream yolox_nano.onnx --channel Conv_41:7',
      )}
Starts from grey with a little noise and follows the gradient: each step costs about three forwards. What comes out is
what the network answers to, which need not be what a person calls by that name.
`,
    )
    .action((file, options) =>
      run(async (context) => (await import('../../commands/inspect-dream.ts')).inspectDream(context, file, options)),
    )
}

type Four = readonly [number, number, number, number]

function box(text: string): Four {
  const [x1, y1, x2, y2, ...more] = text.split(',').map((side) => (side.trim() === '' ? Number.NaN : Number(side)))
  if (more.length === 0 && x1! < x2! && y1! < y2! && [x1, y1, x2, y2].every(Number.isFinite))
    return [x1!, y1!, x2!, y2!]
  throw new InvalidArgumentError('expected four numbers x1,y1,x2,y2 with x1 < x2 and y1 < y2.')
}

/** Names of layers may have colons. */
function channel(text: string): { layer: string; channel: number } {
  const [, layer, number] = /^(.+):(\d{1,9})$/s.exec(text) ?? []
  if (layer !== undefined) return { layer, channel: Number(number) }
  throw new InvalidArgumentError('expected LAYER:NUMBER, such as Conv_41:7.')
}
