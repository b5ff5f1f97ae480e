import type { DetectorRef } from '@fanlight/contracts'
import type { Store } from '@fanlight/ports'
import { HttpProblem } from './problem.ts'

const PAGE = 200

/**
 * A registered detector by its id or its name.
 * @throws HttpProblem 404 when there is none, 409 when several have the name
 */
export async function registeredDetector(
  { store, project }: { store: Store; project: string },
  wanted: string,
): Promise<DetectorRef> {
  const byId = /^[0-9a-f]{64}$/.test(wanted) ? await store.getDetector(project, wanted) : undefined
  if (byId) return byId
  const named: DetectorRef[] = []
  let after: string | undefined
  do {
    const { rows, next } = await store.listDetectors(project, { after, limit: PAGE })
    named.push(...rows.filter(({ name }) => name === wanted))
    after = next
  } while (after !== undefined)
  const [found, another] = named
  if (found && !another) return found
  if (!found) {
    const remedy = 'GET /v1/detectors lists those there are, and "fanlight explain" registers the one that it uses'
    throw new HttpProblem(404, `There is no detector ${JSON.stringify(wanted)}: ${remedy}`)
  }
  const ids = named.slice(0, 10).map(({ id }) => id)
  throw new HttpProblem(409, `Several detectors are named ${JSON.stringify(wanted)}: take the id, ${ids.join(' or ')}`)
}
