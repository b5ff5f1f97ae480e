// node --import of this file: services get their drivers from drivers.ts beside it. The product knows nothing of it.

import { registerHooks } from 'node:module'

const substitute = new URL('drivers.ts', import.meta.url).href

if (process.env.FAULTS) {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier !== '@fanlight/drivers' || context.parentURL === substitute) return nextResolve(specifier, context)
      return { url: substitute, shortCircuit: true }
    },
  })
}
