import { join } from 'node:path'
import ts from 'typescript'
import { type KubeObject, root } from './render.ts'

/** Where the models of a group and version are, for their validators and for their types. */
const modules: Readonly<Record<string, string>> = {
  v1: 'kubernetes-models/v1',
  'apps/v1': 'kubernetes-models/apps/v1',
  'policy/v1': 'kubernetes-models/policy/v1',
  'networking.k8s.io/v1': 'kubernetes-models/networking.k8s.io/v1',
  'keda.sh/v1alpha1': '@kubernetes-models/keda/keda.sh/v1alpha1',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
}

interface Model {
  validate(): void
}

/** What the JSON schema of the object's kind says against it. */
export async function schemaFault(object: KubeObject): Promise<string | undefined> {
  const path = modules[object.apiVersion]
  if (path === undefined) return `no schema for ${object.apiVersion}`
  const models = (await import(path)) as Record<string, new (data: unknown) => Model>
  const Kind = models[object.kind]
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
    const type = `import('${modules[apiVersion]}').I${kind}`
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
