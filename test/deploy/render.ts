import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'

const run = promisify(execFile)

export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> }
  readonly [field: string]: unknown
}

export interface Rendered {
  readonly name: string
  readonly objects: readonly KubeObject[]
}

/** `kubectl kustomize` or `kustomize build`, whichever is there; neither needs a cluster. */
export async function findKustomize(): Promise<readonly string[] | { missing: string }> {
  const programs = [
    ['kubectl', 'kustomize'],
    ['kustomize', 'build'],
  ] as const
  for (const program of programs) {
    const found = await run(program[0], [program[1], '--help']).then(
      () => true,
      () => false,
    )
    if (found) return program
  }
  const missing =
    'no kubectl: go install sigs.k8s.io/kustomize/kustomize/v5@v5.7.1 brings kustomize, which does as well'
  if ((process.env.REQUIRE_PEERS ?? '').split(',').includes('kubectl')) throw new Error(missing)
  return { missing }
}

export async function render(kustomize: readonly string[], folder: string): Promise<readonly KubeObject[]> {
  const [program = '', ...args] = kustomize
  const { stdout } = await run(program, [...args, folder], { maxBuffer: 16 * 2 ** 20 })
  return parseAllDocuments(stdout).map((document) => document.toJS() as KubeObject)
}

/**
 * The base with each choice of components, as overlays would name them: one program renders many, each in a namespace of
 * its own, since starting it takes longer than rendering.
 */
export async function renderChoices(
  kustomize: readonly string[],
  choices: readonly (readonly string[])[],
): Promise<readonly Rendered[]> {
  // A kustomization names its parts by relative paths, and a temporary folder may be a link.
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'fanlight-k8s-')))
  try {
    const names = choices.map((components) => components.join('--').replaceAll('/', '-'))
    for (const [index, components] of choices.entries()) {
      const own = join(folder, names[index]!)
      const from = (path: string) => relative(own, join(root, 'k8s', path))
      await writeKustomization(own, {
        namespace: names[index],
        resources: [from('base')],
        components: components.map((name) => from(`components/${name}`)),
      })
    }
    await writeKustomization(folder, { resources: names })
    const objects = await render(kustomize, folder)
    const groups = Map.groupBy(objects, ({ metadata }) => metadata.namespace ?? metadata.name)
    return names.map((name) => ({ name, objects: groups.get(name) ?? [] }))
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function writeKustomization(folder: string, kustomization: object): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization))
}

/** Every choice that an overlay has: which bus, scaled or not, which hardware, and what else. */
export function componentChoices(): (readonly string[])[] {
  const buses = ['kafka', 'nats'].flatMap((bus) => [[bus], [bus, `keda/${bus}`]])
  const others = [
    [[], ['gpu-nvidia'], ['gpu-mig']],
    [[], ['stores']],
    [[], ['monitoring']],
    [[], ['network-policies']],
  ]
  return others.reduce<string[][]>(
    (chosen, choices) => chosen.flatMap((before) => choices.map((choice) => [...before, ...choice])),
    buses,
  )
}
