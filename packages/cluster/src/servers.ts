import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Peer, type PeerName, startPeer } from '@fanlight/peers'
import { ObjectStorage } from '@fanlight/s3'

export type BusName = 'kafka' | 'nats'
export type Servers = Readonly<Record<'bus' | 's3' | 'postgres', Peer>>

const BUCKET = 'fanlight'

/** Starts the three servers that a cluster leans on, over folders of their own. */
export async function startServers(bus: BusName, folder: string, resources: AsyncDisposableStack): Promise<Servers> {
  const start = async (name: PeerName) => {
    const home = join(folder, name)
    await mkdir(home, { recursive: true })
    return resources.use(await startPeer(name, { folder: home }))
  }
  const [first, s3, postgres] = await Promise.all([start(bus), start('s3'), start('postgres')])
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '', AWS_REGION } = s3.env
  const credentials = { accessKeyId, secretAccessKey }
  using storage = new ObjectStorage({ endpoint: s3.url, region: AWS_REGION, credentials })
  await storage.createBucket(BUCKET)
  return { bus: first, s3, postgres }
}

/** What a process needs to find them. */
export const environmentOf = ({ bus, s3, postgres }: Servers): Record<string, string> => ({
  ...bus.env,
  ...s3.env,
  AWS_ENDPOINT_URL_S3: s3.url,
  FANLIGHT_BUS_URL: bus.url,
  FANLIGHT_STORE_URL: postgres.url,
  FANLIGHT_ARTIFACTS_URL: `s3://${BUCKET}/artifacts`,
})
