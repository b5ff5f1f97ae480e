import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser'

const { default: config }: { default: { forbidden: IForbiddenRuleType[] } } = await import(
  new URL('../../.dependency-cruiser.mjs', import.meta.url).href
)

/** Lays out the files in an empty folder and returns the names of the rules that the first of them breaks. */
async function broken(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fanlight-directions-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), text)
    }
    const options = { baseDir: folder, ruleSet: { forbidden: config.forbidden }, validate: true }
    const { output } = await cruise(Object.keys(files).slice(0, 1), options)
    return (output as ICruiseResult).summary.violations.map(({ rule }) => rule.name)
  } finally {
    await rm(folder, { recursive: true })
  }
}

function importing(from: string, to: string): Readonly<Record<string, string>> {
  const up = '../'.repeat(from.split('/').length - 1)
  return { [from]: `import { value } from '${up}${to}'\nconsole.log(value)\n`, [to]: 'export const value = 1\n' }
}

const forbidden = [
  ['packages/contracts/src/a.ts', 'packages/ports/src/index.ts', 'contracts-import-nothing'],
  ['packages/ports/src/a.ts', 'packages/image/src/index.ts', 'ports-import-contracts-only'],
  ['packages/explain/src/a.ts', 'packages/store/src/index.ts', 'computing-knows-no-driver'],
  ['packages/image/src/a.ts', 'packages/supervise/src/index.ts', 'computing-knows-no-driver'],
  ['packages/bus-memory/src/a.ts', 'packages/store/src/index.ts', 'drivers-are-strangers'],
  ['packages/store/src/a.ts', 'packages/store-memory/src/index.ts', 'drivers-are-strangers'],
  ['packages/detector/src/a.ts', 'packages/images-fs/src/index.ts', 'the-detector-is-below-services'],
  ['services/ingest/src/a.ts', 'services/explainer/src/index.ts', 'services-are-strangers'],
  ['services/ingest/src/a.ts', 'packages/artifacts-fs/src/index.ts', 'only-a-composition-names-a-driver'],
  ['packages/cli/src/a.ts', 'packages/bus-memory/src/index.ts', 'only-a-composition-names-a-driver'],
  ['services/inference/src/a.ts', 'packages/detector/src/index.ts', 'services-see-the-model-as-a-port'],
  ['packages/store/src/a.ts', 'packages/conformance/src/index.ts', 'kits-are-for-tests'],
] as const

for (const [from, to, rule] of forbidden) {
  test(`${from} may not import ${to}`, async () => {
    assert.ok((await broken(importing(from, to))).includes(rule))
  })
}

const allowed = [
  ['packages/explain/src/a.ts', 'packages/segments/src/index.ts'],
  ['packages/store/src/a.ts', 'packages/ports/src/index.ts'],
  ['packages/store/test/a.test.ts', 'packages/conformance/src/index.ts'],
  ['packages/detector/src/a.ts', 'packages/supervise/src/index.ts'],
  ['services/explainer/src/a.ts', 'packages/explain/src/index.ts'],
  ['packages/cli/src/composition.ts', 'packages/store/src/index.ts'],
  ['services/ingest/src/main.ts', 'packages/bus-memory/src/index.ts'],
] as const

for (const [from, to] of allowed) {
  test(`${from} may import ${to}`, async () => {
    assert.deepEqual(await broken(importing(from, to)), [])
  })
}

test('a computing package may not open files', async () => {
  const text = "import { readFile } from 'node:fs/promises'\nconsole.log(readFile)\n"
  assert.deepEqual(await broken({ 'packages/insight/src/a.ts': text }), ['computing-does-no-io'])
})
