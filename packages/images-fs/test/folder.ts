import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A folder that is gone at the end of the test. */
export class Folder implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async make(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), 'fanlight-images-')))
  }

  at(...parts: readonly string[]): string {
    return join(this.path, ...parts)
  }

  /** @param names files to be made, each with its name as its bytes */
  async add(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      await mkdir(dirname(this.at(name)), { recursive: true })
      await writeFile(this.at(name), name)
    }
  }

  addPipe(name: string): string {
    execFileSync('mkfifo', [this.at(name)])
    return this.at(name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true })
  }
}
