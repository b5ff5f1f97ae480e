import { countedName, methodTitle } from '@fanlight/insight/method-title'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type AggregateView, aggregatesQuery, type JobSummary } from '../api.ts'
import { decimal, percent, visible, whole } from '../words.ts'
import { Name } from './name.tsx'

const FEW = 8

/** Where the evidence for each class lies, over all photos so far. */
export function Classes({ job }: { job: JobSummary }) {
  const { data } = useQuery(aggregatesQuery(job.id))
  const [all, setAll] = useState(false)
  // The other methods are there to compare with; the first is the one that was asked for.
  const method = job.spec.methods[0]
  const counted = method && countedName(method)
  const rows = (data?.aggregates ?? []).filter(
    (row) => row.method === counted && row.means && row.key.startsWith('class='),
  )
  if (!method || rows.length === 0) return null
  const sorted = rows.toSorted((a, b) => b.targets - a.targets)
  return (
    <section aria-labelledby="classes" className="classes">
      <h2 id="classes">Where the evidence lies</h2>
      <table>
        <caption className="quiet">
          Shares of the evidence by {visible(methodTitle(method))}, means over the targets of a class; “around” is the
          box grown by half.
        </caption>
        <thead>
          <tr>
            <th scope="col">class</th>
            <th scope="col">targets</th>
            <th scope="col">score</th>
            <th scope="col">in the box</th>
            <th scope="col">around it</th>
            <th scope="col">far away</th>
            <th scope="col">stability</th>
          </tr>
        </thead>
        <tbody>
          {(all ? sorted : sorted.slice(0, FEW)).map((row) => (
            <ClassRow key={row.key} row={row} />
          ))}
        </tbody>
      </table>
      {sorted.length > FEW && (
        <button type="button" className="link" onClick={() => setAll(!all)}>
          {all ? 'Fewer classes' : `All ${sorted.length} classes`}
        </button>
      )}
    </section>
  )
}

function ClassRow({ row: { key, targets, means } }: { row: AggregateView }) {
  const share = (value: number | null | undefined) => (value == null ? '–' : percent(value))
  return (
    <tr>
      <th scope="row">
        <Name>{key.slice('class='.length)}</Name>
      </th>
      <td>{whole(targets)}</td>
      <td>{share(means?.score)}</td>
      <td>{share(means?.boxShare)}</td>
      <td>{share(means?.ringShare)}</td>
      <td>{share(means?.farShare)}</td>
      <td>{means?.stability == null ? '–' : decimal(Number(means.stability.toFixed(2)))}</td>
    </tr>
  )
}
