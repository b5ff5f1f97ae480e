/** What computes a network's nodes, by onnxruntime's names. */
export const providers = ['cpu', 'cuda', 'tensorrt', 'webgpu'] as const

export type Provider = (typeof providers)[number]
