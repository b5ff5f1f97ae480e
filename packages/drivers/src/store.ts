import { fileURLToPath } from 'node:url'
import { type Store, systemClock } from '@fanlight/ports'
import { openStore as openFolder, openPostgres } from '@fanlight/store'
import { driverFor, type Openers } from './scheme.ts'

export interface StoreConfig {
  readonly FANLIGHT_STORE_URL: string
  readonly FANLIGHT_STORE_PASSWORD?: string | undefined
}

const postgres = async ({ FANLIGHT_STORE_URL, FANLIGHT_STORE_PASSWORD }: StoreConfig): Promise<Store> => {
  const url = new URL(FANLIGHT_STORE_URL)
  if (FANLIGHT_STORE_PASSWORD && !url.password) url.password = encodeURIComponent(FANLIGHT_STORE_PASSWORD)
  return openPostgres({ url: url.href })
}

const openers: Openers<StoreConfig, Store> = {
  file: async ({ FANLIGHT_STORE_URL: url }) => openFolder({ folder: fileURLToPath(url), clock: systemClock }),
  postgres,
  postgresql: postgres,
}

export const storeSchemes = Object.keys(openers)

/** Opens the store that the URL names: `postgres://user@host/database`, or `file:///folder` for one process alone. */
export const openStore = (config: StoreConfig): Promise<Store> =>
  driverFor('FANLIGHT_STORE_URL', config.FANLIGHT_STORE_URL, openers)(config)
