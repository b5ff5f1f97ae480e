import type { Descriptor } from '@fanlight/contracts'
import type { KernelGrid, KernelGridOptions, NetworkSummary, WeightsView } from '@fanlight/network'
import type { ClimbTask } from './dream/climb.ts'
import type { ClimbAnswer } from './dream/dream-steps.ts'

/** Which file; its child reads it where it has no model of that hash yet. */
export type ModelSource =
  | { readonly path: string; readonly sha256: string | undefined }
  /** Without bytes where the parent believes that the child holds the model. */
  | { readonly bytes: Uint8Array | undefined; readonly sha256: string }

interface Asked {
  readonly source: ModelSource
  readonly maxModelBytes: number
}

export type InspectRequest =
  | (Asked & {
      readonly ask: 'network'
      /** Whether to run it once, on grey: that tells the shapes, and may take the child down. */
      readonly run: boolean
    })
  | (Asked & { readonly ask: 'kernels'; readonly options: KernelGridOptions })
  | (Asked & { readonly ask: 'climb'; readonly task: ClimbTask })

/** `missing`: ask again with the file's bytes. */
export type InspectReply =
  | { readonly is: 'missing' }
  | { readonly is: 'network'; readonly network: NetworkInspection }
  | { readonly is: 'kernels'; readonly kernels: KernelPicture }
  | { readonly is: 'climb'; readonly answer: ClimbAnswer }

/** A network seen from all sides that need no image. All text in it is the file's: escape it where it is shown. */
export interface NetworkInspection {
  /** Of the file. */
  readonly sha256: string
  /** Size of the file. */
  readonly bytes: number
  readonly summary: NetworkSummary
  readonly weights: WeightsView
  /** How it is fed and read, where it is a detector of a known family. */
  readonly descriptor: Descriptor | null
  /** Why the network was not run, so that shapes and cost are those that the file tells; null when it was. */
  readonly notRun: string | null
}

/** A `KernelGrid` as PNG. */
export interface KernelPicture extends Omit<KernelGrid, 'data'> {
  readonly png: Uint8Array
}
