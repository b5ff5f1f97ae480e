/**
 * Names the graphs that this program builds of a detector's, wherever they are kept. Another one whenever the rules of
 * gradients, the normal form or what `tapped-model.ts` writes change: a test holds the bytes of some.
 */
export const TAPPED_VERSION = 1
