// The built dashboard in a real browser, on a real gateway.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, afterEach, before, beforeEach, suite, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { type AttributionRecord, sha256 } from '@fanlight/contracts'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { build } from 'vite'
import { startGateway } from '../src/index.ts'
import { decodeMap } from '../web/src/map.ts'
import { chromiumAbsent, openChromium } from './chromium.ts'
import { seedGradients } from './gradient-seed.ts'
import { answerHalf, explainWaiting, hostileName, photosAbsent, project, registerReal, type Seeded } from './seed.ts'
import { openStage, type Stage } from './stage.ts'

const skip = photosAbsent || chromiumAbsent
const wide = { width: 1280, height: 900 }
const narrow = { width: 390, height: 844 }

suite('the dashboard', { timeout: 600_000 }, () => {
  const check = (title: string, run: (t: TestContext) => Promise<void>) => test(title, { skip }, run)
  let stage: Stage
  let seeded: Seeded
  /** Id of a detector whose file is there. */
  let model: string
  /** A photo explained by methods that take gradients. */
  let gradients: string
  let gateway: Awaited<ReturnType<typeof startGateway>>
  let browser: Browser
  let context: BrowserContext
  let page: Page
  /** Whatever a page should not do: errors, refused scripts and styles, dialogs, requests to elsewhere. */
  let complaints: string[]

  before(async () => {
    if (skip) return
    stage = await openStage()
    seeded = stage.seeded
    model = (await registerReal(seeded.store)).id
    gradients = `/jobs/gradients/items/${await seedGradients(seeded)}`
    const webRoot = path.join(stage.folder, 'web')
    const root = fileURLToPath(new URL('../web', import.meta.url))
    await build({ root, logLevel: 'error', build: { outDir: webRoot, emptyOutDir: true } })
    gateway = await startGateway({ ...stage.options, webRoot, port: 0 })
    browser = await openChromium()
  })

  after(async () => {
    await browser?.close()
    await gateway?.close()
    await stage?.[Symbol.asyncDispose]()
  })

  beforeEach(async () => {
    if (skip) return
    context = await browser.newContext({ viewport: wide, permissions: ['clipboard-read', 'clipboard-write'] })
    context.setDefaultTimeout(30_000)
    page = await context.newPage()
    complaints = []
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    page.on('pageerror', ({ message }) => complaints.push(message))
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(gateway.url)) complaints.push(`request to ${request.url()}`)
    })
  })

  afterEach(() => context?.close())

  const open = (address: string) => page.goto(`${gateway.url}${address}`, { waitUntil: 'load' })
  const photo = (name: string, search = '') => `/jobs/done/items/${seeded.items.get(name)}${search}`
  const jumper = 'photos/000000002473.jpg'
  const skier = 'photos/000000000785.jpg'

  /** Shows the photo's page with its map painted. */
  async function openPhoto(name: string, search = '') {
    await open(photo(name, search))
    await page.locator('.map-view canvas').waitFor()
    await page.locator('.map-view img').evaluate((image: HTMLImageElement) => image.decode())
  }

  /** Red, green, blue and opacity, summed over the map's canvas. */
  const paint = () =>
    page.locator('.map-view canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      const sums = [0, 0, 0, 0]
      for (const [i, value] of data.entries()) sums[i % 4]! += value
      return sums as [number, number, number, number]
    })

  const text = async (selector: string) => (await page.locator(selector).textContent()) ?? ''
  const chosen = () => text('.targets a[aria-current] .target-number')
  const isChosen = (number: number) =>
    page
      .locator('.targets a[aria-current]', { hasText: String(number) })
      .first()
      .waitFor()

  const pages: readonly [string, () => string][] = [
    ['the jobs', () => '/'],
    ['a job', () => '/jobs/done'],
    ['a running job', () => '/jobs/running'],
    ['a job without detections', () => '/jobs/empty'],
    ['a photo', () => photo(jumper, '?t=3&contours=true')],
    ['a photo with a hostile name', () => photo(hostileName)],
    ['a photo without detections', () => photo('photos/empty-street.jpg')],
    ['a photo that failed', () => photo('photos/cut-off.jpg')],
    ['a gradient that vanished', () => `${gradients}?method=odam&t=2`],
    ['all maps of a detection', () => `${gradients}/maps`],
    ['a network', () => `/models/${model}`],
    ['a network’s layer without weights', () => `/models/${model}?layer=Concat_66`],
    ['a choice of jobs', () => `/models/${model}?tab=activations`],
    ['a choice of photos', () => `/models/${model}?tab=activations&job=done`],
    ['activations', () => `/models/${model}?tab=activations&job=done&item=${seeded.items.get(jumper)}`],
    ['channels', () => `/models/${model}?tab=channels&job=empty`],
    ['a dream to choose', () => `/models/${model}?tab=dream`],
  ]

  for (const [name, address] of pages) {
    check(`${name}: accessible in light and dark, wide and narrow, and nothing that the policy refuses`, async () => {
      for (const [viewport, colorScheme] of [
        [wide, 'light'],
        [narrow, 'dark'],
      ] as const) {
        await page.setViewportSize(viewport)
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await open(address())
        await page.locator('h1').waitFor()
        await page.locator('.loading').waitFor({ state: 'detached' })
        const { violations } = await new AxeBuilder({ page })
          // Its other rows are like the first.
          .exclude('.layer-table tbody tr:nth-child(n + 6)')
          .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'])
          .analyze()
        assert.deepEqual(
          violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`),
          [],
        )
        const beyond = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        assert.ok(beyond <= 0, `${beyond} px wider than a window of ${viewport.width}`)
      }
      assert.deepEqual(complaints, [])
    })
  }

  check('leads from the jobs to a map with the keyboard alone', async () => {
    await open('/')
    await page.getByRole('link', { name: 'photos of the harbour' }).waitFor()
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the content')
    await page.keyboard.press('Enter')
    await tabTo(page, 'photos of the harbour')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'photos of the harbour', level: 1 }).waitFor()
    await page.locator('.photo-card').first().waitFor()
    await tabTo(page, '000000002473.jpg')
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)
    assert.notEqual(outline, 'none', 'the focus shows')
    await page.keyboard.press('Enter')
    await page.locator('.map-view canvas').waitFor()
    assert.equal(await page.title(), `${jumper} · photos of the harbour · Fanlight`)
  })

  check('shows names and classes from files as text', async () => {
    await openPhoto(hostileName)
    assert.equal(await text('h1'), '<img src=x onerror=alert(1)>\\u{1b}[31m\\u{202e}gpj.exe.jpg')
    assert.match(await text('.target-label'), /^<script>alert\("class"\)<\/script>\\u\{7\}$/)
    assert.equal(await page.locator('main script, main img[src=x]').count(), 0)
    assert.deepEqual(complaints, [])
  })

  check('the opacity slider changes the map, and the address keeps it', async () => {
    await openPhoto(skier)
    const before = await paint()
    await page.getByRole('slider', { name: 'Opacity' }).focus()
    for (let i = 0; i < 6; i += 1) await page.keyboard.press('ArrowLeft')
    await page.waitForURL(/alpha=0\.3/)
    const after = await paint()
    assert.ok(Math.abs(after[3] / before[3] - 0.5) < 0.02, `${before[3]} → ${after[3]}`)
    assert.equal(await chosen(), '1', 'its arrow keys are not those of the targets')
    await page.reload()
    await page.locator('.map-view canvas').waitFor()
    assert.deepEqual(await paint(), after)
  })

  check('arrow keys and digits choose targets, and each has its own map', async () => {
    await openPhoto(jumper)
    const first = await paint()
    await page.keyboard.press('ArrowRight')
    await page.waitForURL(/t=2/)
    assert.equal(await chosen(), '2')
    assert.notDeepEqual(await paint(), first)
    await page.keyboard.press('4')
    await page.waitForURL(/t=4/)
    await page.keyboard.press('ArrowLeft')
    await page.waitForURL(/t=3/)
    await page.getByText('With everything hidden 30 % of the value is left').waitFor()
    await page.keyboard.press('1')
    await isChosen(1)
    assert.deepEqual(await paint(), first)
  })

  check('a click on a box chooses it; a smaller box wins over one around it', async () => {
    await openPhoto(jumper)
    const boxes = await page
      .locator('.outline-other .line-over')
      .evaluateAll((rects: SVGRectElement[]) =>
        rects.map((rect) => rect.getBBox()).map(({ x, y, width, height }) => ({ x, y, width, height })),
      )
    const smallest = boxes.toSorted((a, b) => a.width * a.height - b.width * b.height)[0]!
    const view = (await page.locator('.map-view').boundingBox())!
    const at = {
      x: ((smallest.x + smallest.width / 2) / 640) * view.width,
      y: ((smallest.y + smallest.height / 2) / 427) * view.height,
    }
    await page.mouse.click(view.x + at.x, view.y + at.y)
    await page.waitForURL(/t=\d/)
    const current = await page
      .locator('.outline-current .line-over')
      .evaluate((rect: SVGRectElement) => rect.getBBox().width)
    assert.ok(Math.abs(current - smallest.width) < 0.01)
  })

  check('pointing and arrow keys read the cells of the map', async () => {
    await openPhoto(skier)
    const href = await page.getByRole('link', { name: 'Download .npy' }).getAttribute('href')
    const bytes = new Uint8Array(await (await fetch(`${gateway.url}${href}`)).arrayBuffer())
    const map = decodeMap(bytes.buffer)
    const strongest = map.data.indexOf(Math.max(...map.data))
    const probe = page.locator('.map-probe')
    await probe.focus()
    await page.keyboard.press('ArrowDown')
    const cell = strongest + map.width
    const below = Number(map.data[cell]!.toPrecision(3))
    const [x, y] = [
      ((cell % map.width) + 0.5) * (640 / map.width),
      (Math.floor(cell / map.width) + 0.5) * (425 / map.height),
    ]
    assert.match(
      await text('.probe-text'),
      new RegExp(`^x ${Math.round(x)}, y ${Math.round(y)} px: ${below} \\(\\d+ % of the strongest\\)$`),
    )
    const box = (await probe.boundingBox())!
    await probe.hover({ position: { x: box.width - 2, y: 2 } })
    assert.match(
      await text('.probe-text'),
      new RegExp(`^x 635, y 5 px: −?${Math.abs(Number(map.data[map.width - 1]!.toPrecision(3)))}`),
    )
  })

  check('a map that should not be believed says so above it, in the list, and beside others', async () => {
    await openPhoto(jumper)
    const { attributions } = (await (await fetch(`${gateway.url}/v1${photo(jumper)}/explanations`)).json())
      .explanations[0].result
    const doubtful = attributions.flatMap(({ doubts }: AttributionRecord, at: number) =>
      at === 2 || doubts!.length > 0 ? [String(at + 1)] : [],
    )
    const marked = page.locator('.targets a', { hasText: 'doubtful' }).locator('.target-number')
    assert.deepEqual(await marked.allTextContents(), doubtful)
    assert.equal(await page.locator('.doubts').count(), 0)
    await page.keyboard.press('3')
    const notice = page.getByRole('status').filter({ hasText: 'Do not take this map at its word' })
    await notice.waitFor()
    assert.match((await notice.textContent())!, /scores without evidence \(30 %\).*Compare with another fill/)
    const [above, map] = [await notice.boundingBox(), await page.locator('.map-view').boundingBox()]
    assert.ok(above!.y + above!.height <= map!.y)
    await page.getByRole('link', { name: 'All maps of this detection' }).click()
    await page.getByText('⚠ Doubtful: scores without evidence (30 %)').waitFor()
    assert.equal(await page.locator('.warning').count(), 1, 'not the baseline')
  })

  check('a map with intervals is striped where it may be nothing, and its cells are read with them', async () => {
    await openPhoto(jumper, '?t=2')
    const intervals = page.getByRole('link', { name: 'Download .npy' }).nth(1)
    const answer = await fetch(`${gateway.url}${await intervals.getAttribute('href')}`)
    const { data } = decodeMap(await answer.arrayBuffer())
    await page.getByText('Striped where the 90 % interval includes 0').waitFor()
    const probe = page.locator('.map-probe')
    await probe.focus()
    await page.keyboard.press('ArrowRight')
    const halfWidth = Number(data[0]!.toPrecision(3))
    assert.match(await text('.probe-text'), new RegExp(`px: [\\d.]+ ± ${halfWidth} \\(\\d+ % of the strongest\\)$`))
    for (let step = 0; step < 64; step += 1) await page.keyboard.press('ArrowUp')
    assert.match(await text('.probe-text'), /px: [−\d.e]+ ± [\d.]+, may be nothing/)
    const clear = () =>
      page.locator('.map-view canvas').evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
        return data.filter((value, i) => i % 4 === 3 && value === 0).length / (data.length / 4)
      })
    const striped = await clear()
    for (const name of ['segments', 'R²', 'efficiency gap', '90 % interval', 'stopped'])
      await page.getByRole('rowheader', { name, exact: true }).waitFor()
    await page.keyboard.press('1')
    await isChosen(1)
    await page.getByText('Striped where').waitFor({ state: 'detached' })
    assert.ok(striped > (await clear()) + 0.1)
  })

  check('looking at another target of the list shows its map for as long', async () => {
    await openPhoto(jumper)
    const first = await paint()
    await page.locator('.targets a').nth(2).hover()
    await page.locator('.warning').waitFor()
    assert.notDeepEqual(await paint(), first)
    assert.doesNotMatch(page.url(), /t=/)
    await page.mouse.move(5, 5)
    await page.locator('.warning').waitFor({ state: 'detached' })
    assert.deepEqual(await paint(), first)
  })

  check('methods, contours, scale and evidence against can be switched', async () => {
    await openPhoto(jumper, '?t=2')
    const drise = await paint()
    await page.getByRole('switch', { name: 'One scale for all targets' }).click({ force: true })
    await page.waitForURL(/scale=photo/)
    assert.ok((await paint())[3] < drise[3], 'the scale of all ends higher, so it is fainter')
    await page.getByRole('switch', { name: 'Contours' }).click({ force: true })
    assert.equal(await page.locator('.contour').count(), 3)
    await page.getByRole('switch', { name: 'Evidence against' }).click({ force: true })
    await page.getByText('red for, blue against').waitFor()
    await page.getByRole('link', { name: 'box-gaussian' }).click()
    await page.waitForURL(/method=box-gaussian/)
    await page.getByText('this map asked the detector nothing').waitFor()
    assert.equal(await chosen(), '2', 'the target stays')
    assert.notDeepEqual(await paint(), drise)
  })

  check('copies the command that makes the explanation again', async () => {
    await openPhoto(skier)
    await page.getByRole('button', { name: 'Copy as command' }).click()
    await page.getByText('Copied').waitFor()
    const command = await page.evaluate(() => navigator.clipboard.readText())
    assert.equal(command, await text('.command'))
    assert.match(
      command,
      /^npx fanlight explain \S+785\.jpg --model \S+\.onnx .*--method drise --forwards 1000 --seed 7/,
    )
  })

  check('downloads the map as the NPY it is', async () => {
    await openPhoto(skier)
    const link = page.getByRole('link', { name: 'Download .npy' })
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
    const key = (await link.getAttribute('href'))!.split('/').at(-1)
    assert.equal(sha256(await readFile(await download.path())), key)
  })

  check('leads to the photos before and after', async () => {
    await openPhoto(skier)
    await page.getByRole('link', { name: 'next photo' }).click()
    await page.getByRole('heading', { name: '000000001296.jpg' }).waitFor()
    await page.getByRole('link', { name: 'previous' }).click()
    await page.getByRole('heading', { name: '000000000785.jpg' }).waitFor()
  })

  check('says which photos failed and why, and which have no detections', async () => {
    await open('/jobs/done')
    await page.getByText('no detections of 30 % or more').waitFor()
    await page.getByRole('link', { name: 'failed 1' }).click()
    await page.locator('.photo-card', { hasText: 'ends in the middle of its pixels' }).waitFor()
    assert.equal(await page.locator('.photo-card').count(), 1)
  })

  check('follows a running job, pauses and resumes it', async () => {
    await open('/jobs/running')
    const tile = (name: string) => page.locator('.tile', { has: page.locator('dt', { hasText: name }) }).locator('dd')
    assert.match((await tile('photos').textContent()) ?? '', /^1 \/ 6/)
    await page.waitForTimeout(1200)
    await answerHalf(seeded.store, 1)
    await tile('forwards').getByText('800 of 800 asked now').waitFor()
    await page.waitForTimeout(1200)
    await explainWaiting(seeded, 1)
    await tile('photos').getByText('2 / 6').waitFor()
    await page.locator('.photo-card', { hasText: 'baseball bat' }).waitFor()
    assert.match((await tile('masks/s').textContent()) ?? '', /^\d/)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.locator('.row .state', { hasText: 'paused' }).waitFor()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.locator('.row .state', { hasText: 'running' }).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Keep it' }).click()
    assert.equal((await seeded.store.getJob(project, 'running'))?.state, 'running')
    assert.deepEqual(complaints, [])
  })

  check('leads from a target to its detector’s inside, and says when the file is another by now', async () => {
    await openPhoto(skier)
    await page.getByRole('link', { name: 'yolox_nano.onnx' }).click()
    await page.waitForURL(/\/models\/[0-9a-f]{64}$/)
    await page.getByText('the file is not the one that was added: add it again').waitFor()
  })

  check('shows a layer’s kernels and figures, and sorts the layers', async () => {
    await open(`/models/${model}`)
    const kernels = page.locator('.kernels img')
    await kernels.waitFor()
    await kernels.evaluate((image: HTMLImageElement) => image.decode())
    assert.equal(await text('.tile:has-text("parameters") strong'), '904 k')
    assert.match(await text('.kernels figcaption'), /all 16.*6 × 6 each.*Focus/)
    await page.getByRole('link', { name: 'cost' }).click()
    await page.waitForURL(/sort=macs&down=true/)
    const costs = await page.locator('.layer-table tbody .cost').allTextContents()
    assert.match(costs[0]!, /^74\.8 M · 14\.3 %$/)
    await page.getByRole('link', { name: 'Conv_47', exact: true }).click()
    await page.waitForURL(/layer=Conv_47/)
    await page.getByText('a column an input channel (all 16)').first().waitFor()
    assert.match(await text('#layer'), /^Conv_47 Conv, 16 of 369$/)
    assert.ok(await page.locator('#layer').evaluate((head) => head.getBoundingClientRect().top < innerHeight))
    await page.getByRole('link', { name: 'Conv_44', exact: true }).first().click()
    await page.waitForURL(/layer=Conv_44/)
    const own = await kernels.getAttribute('src')
    await page.getByRole('switch', { name: 'One scale for all filters' }).click({ force: true })
    await page.waitForURL(/oneScale=true/)
    await page.getByText('The strongest colour is ±11.4.').first().waitFor()
    assert.notEqual(await kernels.getAttribute('src'), own)
    assert.deepEqual(complaints, [])
  })

  check('a gradient that vanished is said in words, with nothing coloured', async () => {
    await open(`${gradients}?method=odam&t=2&contours=true`)
    await page.getByText('No map: the loss is at its minimum.').waitFor()
    assert.equal(await page.locator('.map-view canvas, .contour, .legend').count(), 0)
    assert.equal(await text('.targets a[aria-current] .target-note'), 'no map')
    assert.match(await text('.numbers'), /magnitude.*nothing but rounding.*taken at *p3 *p4 *p5/)
    await page.keyboard.press('ArrowRight')
    await page.locator('.map-view canvas').waitFor()
    assert.match(await text('.numbers'), /magnitude0\.02 .*compares objectives/)
    assert.deepEqual(complaints, [])
  })

  check('signed maps show both colours, and methods stand under their group with their warning', async () => {
    await open(`${gradients}?method=gradient-x-input`)
    await page.getByText('red for, blue against').waitFor()
    await page.getByRole('switch', { name: 'Evidence against' }).click({ force: true })
    await page.waitForURL(/signed=false/)
    await page.getByText('red for, blue against').waitFor({ state: 'detached' })
    assert.deepEqual(await page.locator('.method-group').allTextContents(), [
      'class activation maps',
      'gradients at the input',
    ])
    await page.getByRole('link', { name: 'guided-backprop' }).click()
    await page.getByText('fails sanity checks').waitFor()
  })

  check(
    'all maps of a detection stand side by side, its loss terms with bars, and each leads to where it is large',
    async () => {
      await open(`${gradients}?method=odam&t=5`)
      await page.getByRole('link', { name: 'All maps of this detection' }).click()
      await page.waitForURL(/maps\?target=/)
      await page.getByRole('heading', { name: 'What each term' }).waitFor()
      assert.equal(await text('nav[aria-label=Detection] [aria-current]'), '2 person 87 %')
      await page.keyboard.press('ArrowLeft')
      await page.getByText('1 person 93 %').waitFor()
      assert.deepEqual(await page.locator('.map-tiles').first().locator('figcaption a').allTextContents(), [
        'box',
        'objectness',
        'class',
      ])
      const bars = await page
        .locator('.map-tiles')
        .first()
        .locator('.term-share')
        .evaluateAll((rects) => rects.map((rect) => Number(rect.getAttribute('width'))))
      assert.deepEqual(bars, [0, 25, 100])
      await page.locator('.map-tiles').first().getByRole('link', { name: 'class' }).click()
      await page.waitForURL(/items\/[^/]+\?.*t=4/)
      assert.match(await text('.targets a[aria-current]'), /loss\.cls/)
      assert.deepEqual(complaints, [])
    },
  )

  check('leads from a target to what the channels of its network say of it', async () => {
    await openPhoto(jumper, '?t=2')
    await page.getByRole('link', { name: 'Look inside the network' }).click()
    await page.waitForURL(/tab=activations/)
    const { searchParams } = new URL(page.url())
    // The job's detector has another file by now, as the page may have said already: the same photo and target with
    // the one that is there.
    await page.goto('about:blank')
    complaints.length = 0
    await open(`/models/${model}?${searchParams}`)
    const sheet = page.locator('.sheet img').first()
    await sheet.evaluate((image: HTMLImageElement) => image.decode())
    assert.equal(await text('.filters a[aria-current=true]'), '2 class 0 77 %')
    assert.ok((await page.locator('.distributions').count()) > 70)
    await page.getByRole('link', { name: '3 class 0' }).click()
    await page.waitForURL(/detection=3/)
    await page.getByRole('heading', { name: 'class 0, score 42 %' }).waitFor()
    await page.getByRole('combobox', { name: 'Layer' }).selectOption({ label: 'Conv_47 · Conv · 32 of 104 × 104' })
    await page.waitForURL(/at=/)
    await page.getByText('What the 32 channels').waitFor()
    await sheet.evaluate((image: HTMLImageElement) => image.decode())
    assert.deepEqual(complaints, [])
  })

  check('tells of channels how far it is, then what drives each class', async () => {
    await open(`/models/${model}?tab=channels&job=done`)
    await page.getByText(/^gradients of each detection: \d of 7/).waitFor()
    await page.locator('.channel-card img').first().waitFor({ timeout: 60_000 })
    const rows = await page.locator('.layer-table tbody tr').count()
    assert.ok(rows >= 5, `${rows} channels`)
    await page.locator('.layer-table tbody a').first().click()
    assert.equal(await page.locator('.channel-card:target').count(), 1)
    assert.deepEqual(complaints, [])
  })

  check('dreams of a class that is chosen with the keyboard', async () => {
    await open(`/models/${model}?tab=dream`)
    await page.getByRole('combobox', { name: 'Class' }).selectOption({ label: 'class 16' })
    await page.getByRole('spinbutton', { name: 'Seed' }).fill('3')
    await page.keyboard.press('Enter')
    await page.waitForURL(/class=16&seed=3/)
    await page.getByText('Dreaming of class 16').waitFor()
    await page.getByText(/^climbing: \d+ of 128/).waitFor()
    await page.getByRole('link', { name: 'Activations' }).click()
    await page.getByText('Which photos?').waitFor()
    assert.deepEqual(complaints, [])
  })

  check('says what is wrong with an address that leads nowhere', async () => {
    await open('/jobs/nothing')
    await page.getByText('There is no job nothing').waitFor()
  })
})

/** Tabs on until what has the focus holds the text. */
async function tabTo(page: Page, text: string) {
  for (let i = 0; i < 60; i += 1) {
    await page.keyboard.press('Tab')
    if (await page.evaluate((text) => document.activeElement?.textContent?.includes(text), text)) return
  }
  assert.fail(`the keyboard does not reach ${text}`)
}
