import { randomUUID } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import { DetectorRef, sha256 } from '@fanlight/contracts'
import { describeModel, tinyFaceModelBytes } from '@fanlight/detector'
import { InputError } from '@fanlight/ports'
import type { CommandContext } from './context.ts'
import { DEFAULT_MODEL } from './defaults.ts'
import { writeError, writeWhole } from './results/whole-file.ts'

/** Named detectors: a copy of each ONNX file and what was recognised in it, in the data folder. */
export class Models {
  readonly #folder: string
  readonly #context: CommandContext

  constructor(context: CommandContext) {
    this.#folder = join(context.home, 'models')
    this.#context = context
  }

  /** By name, the default one among them whether it was built yet or not. */
  async list(): Promise<readonly DetectorRef[]> {
    await this.named(DEFAULT_MODEL)
    const files = (await readdir(this.#folder)).filter((file) => file.endsWith('.json')).sort()
    const refs = await Promise.all(files.map((file) => this.#read(basename(file, '.json'))))
    return refs.filter((ref) => ref !== undefined)
  }

  /**
   * A detector as `--model` has it: a name, or an ONNX file where it lies.
   * @throws InputError `MODEL_*`, `NOT_A_FILE`
   */
  async resolve(nameOrFile: string, family?: string): Promise<DetectorRef> {
    const known = /^[\w.-]+$/.test(nameOrFile) ? await this.#read(nameOrFile) : undefined
    if (known) await this.#refuseDamage(known)
    if (known && family === undefined) return known
    if (nameOrFile === DEFAULT_MODEL && family === undefined) return this.named(DEFAULT_MODEL)
    if (known) return describeModel(known.uri, { ...this.#limits(), family, name: known.name })
    refuseCheckpoint(nameOrFile)
    if (!existsSync(nameOrFile)) throw this.#unknown(nameOrFile)
    return describeModel(nameOrFile, { ...this.#limits(), family })
  }

  /** @throws InputError `MODEL_NOT_FOUND` listing the names that there are */
  async named(name: string): Promise<DetectorRef> {
    const known = await this.#read(name)
    if (known) return known
    if (name !== DEFAULT_MODEL) throw this.#unknown(name)
    this.#context.terminal.say(`building the default detector, ${DEFAULT_MODEL} …`)
    const built = join(this.#folder, `${DEFAULT_MODEL}.onnx`)
    await writeWhole(built, await tinyFaceModelBytes())
    return this.#keep(built, DEFAULT_MODEL, undefined)
  }

  /** Copies the file, so that the name means the same for ever. */
  async add(
    file: string,
    { name, family }: { name?: string | undefined; family?: string | undefined },
  ): Promise<DetectorRef> {
    refuseCheckpoint(file)
    const chosen = name ?? basename(file).replace(/\.onnx$/i, '')
    if (!/^[\w][\w.-]{0,63}$/.test(chosen)) {
      throw new InputError(
        'USAGE',
        `${JSON.stringify(chosen)} is no name for a model: give one of letters, digits, ".", "_" and "-" with --name`,
      )
    }
    const info = await stat(file).catch(() => undefined)
    if (!info) throw new InputError('MODEL_NOT_FOUND', `${JSON.stringify(file)} does not exist`)
    if (!info.isFile())
      throw new InputError('NOT_A_FILE', `${JSON.stringify(file)} is no regular file: give an ONNX file`)
    await mkdir(this.#folder, { recursive: true })
    const draft = join(this.#folder, `${randomUUID()}.tmp`)
    try {
      await copyFile(file, draft, constants.COPYFILE_FICLONE).catch((cause: unknown) => {
        throw writeError(cause, draft)
      })
      return await this.#keep(draft, chosen, family)
    } finally {
      await rm(draft, { force: true })
    }
  }

  /** Recognises the file, gives it its place, and only then its name. */
  async #keep(file: string, name: string, family: string | undefined): Promise<DetectorRef> {
    const ref = await describeModel(file, { ...this.#limits(), family, name })
    const uri = join(this.#folder, `${ref.sha256}.onnx`)
    await rename(file, uri)
    const kept = { ...ref, uri: resolve(uri) }
    await writeWhole(this.#record(name), `${JSON.stringify(kept, null, 2)}\n`)
    return kept
  }

  async #read(name: string): Promise<DetectorRef | undefined> {
    const text = await readFile(this.#record(name), 'utf8').catch(() => undefined)
    if (text === undefined) return undefined
    const ref = parseRecord(text)
    if (!ref) throw this.#damaged(name, this.#record(name))
    // The data folder may have been moved since.
    return { ...ref, uri: join(this.#folder, `${ref.sha256}.onnx`) }
  }

  /** A disk or a person may have changed the copy: said here once, and not by every photo. */
  async #refuseDamage({ name, uri, sha256: wanted }: DetectorRef): Promise<void> {
    const bytes = await readFile(uri).catch(() => undefined)
    if (!bytes || sha256(bytes) !== wanted) throw this.#damaged(name, uri)
  }

  #damaged(name: string, file: string): InputError {
    const remedy = name === DEFAULT_MODEL ? 'it is then built again' : 'then add the model again'
    const message = `the model ${JSON.stringify(name)} was damaged (${file}): remove ${this.#record(name)}, ${remedy}`
    return new InputError('MODEL_INVALID', message)
  }

  #record = (name: string) => join(this.#folder, `${name}.json`)

  #limits() {
    const { loadTimeoutMs, maxModelBytes, maxResidentBytes } = this.#context.limits
    return { loadTimeoutMs, maxModelBytes, maxResidentBytes }
  }

  #unknown(name: string): InputError {
    const remedy = 'give the path of an ONNX file, or see "fanlight models list"'
    return new InputError(
      'MODEL_NOT_FOUND',
      `there is no model ${JSON.stringify(name)}, and no file of that name: ${remedy}`,
    )
  }
}

function parseRecord(text: string): DetectorRef | undefined {
  try {
    return DetectorRef.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** PyTorch checkpoints are what people have; they are programs, and are not run here. */
function refuseCheckpoint(file: string): void {
  if (!['.pt', '.pth'].includes(extname(file).toLowerCase())) return
  const onnx = `${file.slice(0, -extname(file).length)}.onnx`
  throw new InputError(
    'MODEL_INVALID',
    `${JSON.stringify(file)} is a PyTorch checkpoint: export it with "yolo export model=${file} format=onnx" (pip install ultralytics), then give ${JSON.stringify(onnx)}`,
  )
}
