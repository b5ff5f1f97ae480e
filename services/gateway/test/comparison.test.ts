// Methods side by side: what the API says, and what the built dashboard shows of it in a real browser.
import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import type { ComparisonView } from '../src/comparison-view.ts'
import { startGateway } from '../src/index.ts'
import { chromiumAbsent, openChromium } from './chromium.ts'
import { seedEvaluation } from './evaluation-seed.ts'
import { photosAbsent } from './seed.ts'
import { openStage, type Stage } from './stage.ts'

suite('methods compared', { timeout: 300_000 }, () => {
  let stage: Stage
  let gateway: Awaited<ReturnType<typeof startGateway>>
  let browser: Browser | undefined

  before(async () => {
    if (photosAbsent) return
    stage = await openStage()
    await seedEvaluation(stage.seeded, 'evaluated', 7)
    await seedEvaluation(stage.seeded, 'single', 1)
    await seedEvaluation(stage.seeded, 'many', 202)
    const webRoot = path.join(stage.folder, 'web')
    if (!chromiumAbsent) {
      const root = fileURLToPath(new URL('../web', import.meta.url))
      await build({ root, logLevel: 'error', build: { outDir: webRoot, emptyOutDir: true } })
      browser = await openChromium()
    }
    gateway = await startGateway({ ...stage.options, webRoot: chromiumAbsent ? undefined : webRoot, port: 0 })
  })

  after(async () => {
    await browser?.close()
    await gateway?.close()
    await stage?.[Symbol.asyncDispose]()
  })

  const skip = photosAbsent
  const ask = async (job: string, query = ''): Promise<ComparisonView> => {
    const response = await fetch(`${gateway.url}/v1/jobs/${job}/comparison${query}`)
    assert.equal(response.status, 200, await response.clone().text())
    return (await response.json()) as ComparisonView
  }

  test('the API compares over all photos, with another reference when it is asked for', { skip }, async () => {
    const { photos, targets, methods, reference, metrics } = await ask('evaluated')
    assert.deepEqual([photos, targets, methods.length, reference], [7, 13, 12, 'drise'])
    const all = metrics.find(({ metric, size }) => metric === 'insertion' && size === 'all')!
    assert.ok(all.cells[0]!.best && all.cells[0]!.difference === null)
    assert.equal(all.cells[1]!.difference!.intervals!.length, 2)
    const other = await ask('evaluated', '?reference=odam')
    assert.equal(other.reference, 'odam')
    assert.equal(other.metrics.find(({ metric }) => metric === 'insertion')!.cells[6]!.difference, null)
    assert.deepEqual(await ask('evaluated', '?reference=nobody'), await ask('evaluated'))
  })

  test('a job that evaluates nothing has nothing to compare, and one that is not there is said', { skip }, async () => {
    const { methods, metrics, curves } = await ask('done')
    assert.deepEqual([methods, metrics, curves], [[], [], []])
    assert.equal((await fetch(`${gateway.url}/v1/jobs/absent/comparison`)).status, 404)
  })

  test('no more than 200 photos are compared, and it says how many are left out', { skip }, async () => {
    const { photos, photosLeftOut } = await ask('many')
    assert.deepEqual([photos, photosLeftOut], [200, 2])
  })

  test('one photo has differences and no intervals', { skip }, async () => {
    const { metrics, leastPhotos } = await ask('single')
    assert.equal(leastPhotos, 6)
    assert.equal(metrics[0]!.cells[1]!.difference!.intervals, null)
  })

  async function show(address: string, width: number, colorScheme: 'light' | 'dark') {
    const context = await browser!.newContext({
      viewport: { width, height: 900 },
      colorScheme,
      reducedMotion: 'reduce',
    })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      // Thumbnails: the photos are made up.
      const isMissing = message.text().includes('404')
      if (message.type() === 'error' && !isMissing) complaints.push(message.text())
    })
    page.on('pageerror', ({ message }) => complaints.push(message))
    await page.goto(`${gateway.url}${address}`)
    await page.locator('h1').waitFor()
    await page.locator('.loading').waitFor({ state: 'detached' })
    return { page, complaints, [Symbol.asyncDispose]: () => context.close() }
  }

  async function assertAccessible(page: Page) {
    const { violations } = await new AxeBuilder({ page })
      // The others are like the first.
      .exclude('.metric-group ~ .metric-group tbody tr:nth-child(n + 3)')
      .exclude('.panels ~ .panels')
      .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'])
      .analyze()
    assert.deepEqual(
      violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`),
      [],
    )
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(beyond <= 0, `${beyond} px wider than the window`)
  }

  for (const [job, width, scheme] of [
    ['evaluated', 1280, 'light'],
    ['evaluated', 390, 'dark'],
    ['single', 1280, 'light'],
    ['done', 390, 'dark'],
  ] as const) {
    test(`the page of ${job}, ${width} px, ${scheme}: accessible, and no wider than the window`, {
      skip: skip || chromiumAbsent,
    }, async () => {
      await using shown = await show(`/jobs/${job}/compare`, width, scheme)
      await assertAccessible(shown.page)
      assert.deepEqual(shown.complaints, [])
    })
  }

  test('the job leads to its comparison, whose address keeps reference and size', {
    skip: skip || chromiumAbsent,
  }, async () => {
    await using shown = await show('/jobs/evaluated', 1280, 'light')
    const { page, complaints } = shown
    await page.getByRole('link', { name: 'Its methods compared' }).click()
    await page.locator('.compared').first().waitFor()
    assert.match((await page.locator('tr.reference').first().textContent()) ?? '', /drise \(masks 148\).*reference/)
    assert.equal(await page.locator('main script').count(), 0, 'names are text')
    await page.getByRole('link', { name: 'compare with odam' }).first().click()
    await page.waitForURL(/reference=odam/)
    await page.locator('tr.reference', { hasText: 'odam' }).first().waitFor()
    await page.getByRole('link', { name: /^small/ }).click()
    await page.waitForURL(/size=small/)
    assert.equal(await page.locator('#curves').count(), 0)
    await page.reload()
    await page.locator('tr.reference', { hasText: 'odam' }).first().waitFor()
    assert.deepEqual(complaints, [])
  })

  test('a job without evaluations says so, and has no link to a comparison', {
    skip: skip || chromiumAbsent,
  }, async () => {
    await using shown = await show('/jobs/done/compare', 1280, 'light')
    assert.match((await shown.page.locator('main').textContent()) ?? '', /evaluates no method/)
    await using job = await show('/jobs/done', 1280, 'light')
    assert.equal(await job.page.getByRole('link', { name: 'Its methods compared' }).count(), 0)
  })
})
