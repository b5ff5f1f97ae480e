import { join } from 'node:path'
import ts from 'typescript'
import { type KubeObject, root } from './render.ts'

interface Model {
  validate(): void
}

type Models = Readonly<Record<string, unknown>>

/** Where the models of a group and version are, for their types, and how they are loaded, for their validators. */
const modules: Readonly<Record<string, { readonly path: string; readonly load: () => Promise<Models> }>> = {
  v1: { path: 'kubernetes-models/v1', load: () => import('kubernetes-models/v1') },
  'apps/v1': { path: 'kubernetes-models/apps/v1', load: () => import('kubernetes-models/apps/v1') },
  'policy/v1': { path: 'kubernetes-models/policy/v1', load: () => import('kubernetes-models/policy/v1') },
  'networking.k8s.io/v1': {
    path: 'kubernetes-models/networking.k8s.io/v1',
    load: () => import('kubernetes-models/networking.k8s.io/v1'),
  },
  'keda.sh/v1alpha1': {
    path: '@kubernetes-models/keda/keda.sh/v1alpha1',
    load: () => import('@kubernetes-models/keda/keda.sh/v1alpha1'),
  },
  'monitoring.coreos.com/v1': {
    path: '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
    load: () => import('@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'),
  },
}

/** What the JSON schema of the object's kind says against it. */
export async function schemaFault(object: KubeObject): Promise<string | undefined> {
  const models = await modules[object.apiVersion]?.load()
  const Kind = models?.[object.kind] as (new (data: unknown) => Model) | undefined
  if (Kind === undefined) return `no schema for ${object.apiVersion} ${object.kind}`
  try {
    new Kind(object).validate()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * What the types of the kinds say: unlike the schemas they know every field's name, so that a misspelt one is found
 * (the API server would drop it in silence).
 */
export function typeFaults(objects: readonly KubeObject[]): readonly string[] {
  const file = join(root, 'test/deploy/rendered.ts')
  const lines = objects.map(({ apiVersion, kind, ...rest }, index) => {
    const type = `import('${modules[apiVersion]?.path}').I${kind}`
    return `export const object${index}: ${type} = ${JSON.stringify({ apiVersion, kind, ...rest })}`
  })
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2024,
    types: [],
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, getSourceFile } = host
  host.fileExists = (path) => path === file || fileExists(path)
  host.getSourceFile = (path, ...others) =>
    path === file ? ts.createSourceFile(file, lines.join('\n'), ts.ScriptTarget.ES2024) : getSourceFile(path, ...others)
  const program = ts.createProgram([file], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ start = 0, file: source, messageText }) => {
    const object = objects[source?.getLineAndCharacterOfPosition(start).line ?? 0]
    return `${object?.kind} ${object?.metadata.name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
}
