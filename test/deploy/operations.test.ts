import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { workloadsOf } from './pods.ts'
import { findKustomize, type KubeObject, render, root } from './render.ts'
import { environmentOf } from './variables.ts'

const found = await findKustomize()
const skip = 'missing' in found ? found.missing : false

interface Patch {
  readonly target?: { readonly kind: string; readonly name?: string }
  readonly patch: string
}

const text = await readFile(join(root, 'docs/operations.md'), 'utf8')
const examples = [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, yaml = '']) => parse(yaml) as unknown)
const patches = examples.flatMap((example) => {
  if (Array.isArray(example)) return example as Patch[]
  return (example as { patches?: Patch[] }).patches ?? []
})
const objects = examples.filter((example) => Object.hasOwn(example as object, 'apiVersion'))

/** An overlay for managed servers, with everything in it that the page says to write there. */
async function asThePageSays(kustomize: readonly string[]): Promise<readonly KubeObject[]> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'fanlight-operations-')))
  try {
    const overlay = join(folder, 'overlay')
    await mkdir(overlay)
    const from = (path: string) => relative(overlay, join(root, 'k8s', path))
    await writeFile(join(overlay, 'keda-bus.yaml'), objects.map((object) => JSON.stringify(object)).join('\n---\n'))
    const kustomization = {
      namespace: 'fanlight',
      resources: [from('base'), 'keda-bus.yaml'],
      components: ['keda/kafka', 'monitoring', 'network-policies'].map((name) => from(`components/${name}`)),
      patches,
    }
    await writeFile(join(overlay, 'kustomization.yaml'), JSON.stringify(kustomization))
    return await render(kustomize, overlay)
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('what docs/operations.md says to patch is there to be patched', { skip }, async () => {
  if ('missing' in found) return
  assert.ok(patches.length >= 8)
  const rendered = await asThePageSays(found)
  // A target that nobody is would be passed over in silence.
  for (const { target } of patches) {
    const { kind = 'Deployment', name = '.*' } = target ?? {}
    const isMeant = (object: KubeObject) =>
      new RegExp(`^(${kind})$`).test(object.kind) && new RegExp(`^(${name})$`).test(object.metadata.name)
    assert.ok(rendered.some(isMeant), `${kind} ${name}`)
  }

  const explainer = workloadsOf(rendered).find(({ metadata }) => metadata.name === 'explainer')!
  assert.equal(environmentOf(explainer, rendered)?.environment.FANLIGHT_MAX_OPEN_ITEMS, '32')
  for (const { spec } of workloadsOf(rendered)) {
    const mounts = spec.template.spec.containers.flatMap(({ volumeMounts = [] }) => volumeMounts)
    assert.ok(mounts.some(({ mountPath }) => mountPath === '/etc/fanlight'))
  }
  const { maxReplicaCount, triggers } = rendered.find(({ kind }) => kind === 'ScaledObject')!.spec as {
    maxReplicaCount: number
    triggers: { metadata: Record<string, string>; authenticationRef?: { name: string } }[]
  }
  assert.equal(maxReplicaCount, 4)
  for (const { metadata, authenticationRef } of triggers) {
    assert.deepEqual([metadata.sasl, metadata.tls, authenticationRef?.name], ['scram_sha512', 'enable', 'bus'])
  }
  assert.deepEqual(
    rendered.filter(({ metadata }) => metadata.labels?.release).map(({ kind }) => kind),
    ['PodMonitor', 'PrometheusRule'],
  )
})
