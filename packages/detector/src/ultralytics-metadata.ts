import type { ModelSignature } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import { type PythonLiteral, parsePythonLiteral } from './python-literal.ts'
import { quoted } from './quoted.ts'

/** What Ultralytics' exporters (YOLOv5 included) write into `metadata_props`, as far as it matters here. */
export interface UltralyticsMetadata {
  /** `detect`, `segment` …; YOLOv5 does not say. */
  readonly task: string | undefined
  readonly names: readonly string[] | undefined
  /** [height, width] in pixels. */
  readonly imageSize: readonly [number, number] | undefined
  /** The head suppresses duplicates itself: rows of x1, y1, x2, y2, score, class. */
  readonly endToEnd: boolean
}

const MAX_CLASSES = 100_000
const MAX_SIDE = 8192

/**
 * @returns undefined for a file that another program made
 * @throws InputError `MODEL_INVALID` when a value is not what Python's `str()` makes
 */
export function ultralyticsMetadata({ metadata }: ModelSignature): UltralyticsMetadata | undefined {
  if (!Object.hasOwn(metadata, 'names') || !Object.hasOwn(metadata, 'stride')) return undefined
  return {
    task: metadata.task,
    names: namesOf(metadata),
    imageSize: imageSizeOf(metadata),
    // Exports with `nms=True` have the same rows.
    endToEnd: literal(metadata, 'end2end') === true || argument(metadata, 'nms') === true,
  }
}

function namesOf(metadata: Metadata): readonly string[] {
  const value = literal(metadata, 'names')
  const names = value instanceof Map ? listed(value) : value
  const fine = Array.isArray(names) && names.length <= MAX_CLASSES && names.every((name) => typeof name === 'string')
  return fine ? names : unusable('names', "{0: 'person', …}")
}

/** Values of the keys 0, 1, 2 … */
function listed(names: ReadonlyMap<PythonLiteral, PythonLiteral>): PythonLiteral[] {
  return Array.from({ length: names.size }, (_, i) => names.get(i) ?? null)
}

function imageSizeOf(metadata: Metadata): readonly [number, number] | undefined {
  const value = literal(metadata, 'imgsz')
  if (value === undefined) return undefined
  const sides: readonly PythonLiteral[] = Array.isArray(value) ? value : [value]
  const [height, width = height] = sides
  return isSide(height) && isSide(width) ? [height, width] : unusable('imgsz', '[640, 640]')
}

const isSide = (value: PythonLiteral | undefined): value is number =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_SIDE

function argument(metadata: Metadata, name: string): PythonLiteral | undefined {
  const values = literal(metadata, 'args')
  return values instanceof Map ? values.get(name) : undefined
}

type Metadata = ModelSignature['metadata']

function literal(metadata: Metadata, key: string): PythonLiteral | undefined {
  const text = Object.hasOwn(metadata, key) ? metadata[key] : undefined
  if (text === undefined) return undefined
  try {
    return parsePythonLiteral(text)
  } catch (error) {
    const message = `the file's metadata ${quoted(key)} is ${quoted(text)}: ${(error as Error).message}; export it again`
    throw new InputError('MODEL_INVALID', message, { cause: error })
  }
}

function unusable(key: string, example: string): never {
  throw new InputError('MODEL_INVALID', `the file's metadata ${quoted(key)} is no ${example}: export it again`)
}
