import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { chromiumAbsent, openChromium } from '../../services/gateway/test/chromium.ts'
import { type Running, Scratch } from './fanlight.ts'

// Rows 1 to 9 of the catalogue of white-box views, in the dashboard that a person gets.

const fixtures = fileURLToPath(new URL('../../../shared/fixtures/', import.meta.url))
const skip = existsSync(fixtures) ? chromiumAbsent : '../shared/fixtures absent'
const gateway = fileURLToPath(new URL('../../services/gateway', import.meta.url))
const methods = [
  'gradient',
  'grad-cam',
  'grad-cam-plus-plus',
  'hires-cam',
  'layer-cam',
  'xgrad-cam',
  'eigen-cam',
  'odam',
]
const asked = ['--method', methods.join(), '--objective', 'score,loss.box,loss.obj,loss.cls', '--max-targets', '1']

interface Shown {
  readonly model: string
  readonly photo: string
  readonly inside: (tab: string) => string
}

/** What each row of the catalogue shows, and where. */
const rows: readonly (readonly [string, (shown: Shown) => string, string])[] = [
  ['1 weights as pictures', ({ model }) => model, '.kernels img'],
  ['2 weights in numbers', ({ model }) => model, '.histogram svg'],
  ['3 channels that drive a class', ({ inside }) => inside('channels'), '.patches img'],
  ['4 feature maps', ({ inside }) => inside('activations'), '.sheet img'],
  ['5 activation functions', ({ inside }) => inside('activations'), '.distributions path'],
  ['6 gradient saliency', ({ photo }) => `${photo}?method=gradient`, '.map-view canvas'],
  ['7 terms of the loss', ({ photo }) => `${photo}/maps`, '#loss-terms ~ div .map-tile:nth-child(3) canvas'],
  ['8 dream', ({ model }) => `${model}?tab=dream&class=0`, '.dreamt'],
  ...methods
    .filter((method) => method !== 'gradient')
    .map((method) => [`9 ${method}`, ({ photo }: Shown) => `${photo}?method=${method}`, '.map-view canvas'] as const),
]

suite('every white-box view in the dashboard', { skip, timeout: 600_000 }, () => {
  let scratch: Scratch
  let serving: Running
  let browser: Browser
  let page: Page
  let url: string
  const shown = new Map<string, Shown>()

  before(async () => {
    await promisify(execFile)('npm', ['run', 'build'], { cwd: gateway })
    scratch = await Scratch.make()
    for (const folder of ['faces', 'streets']) await mkdir(scratch.path(folder))
    await scratch.sample(2, 'faces/one.jpg')
    await copyFile(`${fixtures}photos/000000000785.jpg`, scratch.path('streets', 'skier.jpg'))
    const nano = ['--model', `${fixtures}models/yolox_nano.onnx`]
    for (const more of [['faces'], ['streets', ...nano]]) {
      const { code, stderr } = await scratch.run([
        'explain',
        ...more,
        ...asked,
        '--no-overlays',
        '--out',
        `of-${more[0]}`,
      ])
      assert.equal(code, 0, stderr)
    }
    serving = scratch.start(['serve', '--port', '0'])
    url = /http:\/\/\S+/.exec(await serving.firstLine)![0].replace(/\/$/, '')
    const { jobs } = await (await fetch(`${url}/v1/jobs`)).json()
    for (const { id, spec } of jobs) {
      const { items } = await (await fetch(`${url}/v1/jobs/${id}/items`)).json()
      const model = `/models/${spec.detector.id}`
      shown.set(spec.detector.name, {
        model,
        photo: `/jobs/${id}/items/${items[0].id}`,
        inside: (tab) => `${model}?tab=${tab}&job=${id}&item=${items[0].id}`,
      })
    }
    browser = await openChromium()
    page = await browser.newPage()
  })

  after(async () => {
    await browser?.close()
    serving?.kill('SIGTERM')
    await serving?.ended
    await scratch?.[Symbol.asyncDispose]()
  })

  for (const detector of ['tiny-face', 'yolox_nano']) {
    for (const [row, address, picture] of rows) {
      test(`${detector}: ${row}`, async () => {
        const of = [...shown].find(([name]) => name.startsWith(detector))![1]
        await page.goto(`${url}${address(of)}`)
        const first = page.locator(picture).first()
        await first.waitFor({ timeout: 120_000 })
        if (picture.endsWith('img') || picture === '.dreamt') {
          await first.evaluate((image: HTMLImageElement) => image.decode())
        }
        if (detector === 'tiny-face' && row === '9 layer-cam') {
          // What the face's gradient raises is below zero there, and LayerCAM keeps nothing else: said, not painted.
          await page.getByText('nothing in the photo speaks for this detection').first().waitFor()
          return
        }
        // A map is painted a moment after it is there.
        const deadline = AbortSignal.timeout(30_000)
        while (picture.endsWith('canvas') && (await first.evaluate(painted)) === 0) {
          assert.ok(!deadline.aborted, 'nothing is coloured')
        }
      })
    }
  }
})

/** Pixels of a map that have some colour. */
function painted(canvas: SVGElement | HTMLElement): number {
  const { width, height } = canvas as HTMLCanvasElement
  const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height)
  return data.filter((value, at) => at % 4 === 3 && value > 0).length
}
