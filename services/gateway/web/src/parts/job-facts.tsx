import { methodTitle } from '@fanlight/insight/method-title'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { JobSummary, MethodSpec } from '../api.ts'
import { forwardsLeft, forwardsOf } from '../rate.ts'
import { decimal, duration, percent, visible, whole } from '../words.ts'
import { Hash, Name } from './name.tsx'
import { totalOf } from './progress-bar.tsx'

/** Where a job stands, in figures. */
export function JobFacts({ job, rate }: { job: JobSummary; rate: number | undefined }) {
  const { items, openForwards } = job
  const running = job.state === 'running'
  const left = forwardsLeft(job)
  return (
    <dl className="tiles">
      <Tile
        name="photos"
        value={`${whole(items.done + items.failed)} / ${whole(totalOf(job))}`}
        more={job.sealed ? '' : 'still looking for more'}
      />
      <Tile name="targets" value={whole(job.targets)} more={withoutTargets(job.itemsWithoutTargets)} />
      {items.failed > 0 && <Tile name="failed" value={whole(items.failed)} bad />}
      <Tile
        name="forwards"
        value={whole(forwardsOf(job))}
        more={openForwards.asked > 0 ? `${whole(openForwards.answered)} of ${whole(openForwards.asked)} asked now` : ''}
      />
      {running && <Tile name="masks/s" value={rate === undefined ? '…' : decimal(Number(rate.toPrecision(3)))} />}
      {running && <Tile name="time left" value={rate && left !== undefined ? duration(left / rate) : '…'} />}
    </dl>
  )
}

const withoutTargets = (count: number) =>
  count > 0 ? `${whole(count)} ${count === 1 ? 'photo' : 'photos'} without detections` : ''

export function Tile({ name, value, more, bad }: { name: string; value: string; more?: string; bad?: boolean }) {
  return (
    <div className={bad ? 'tile bad' : 'tile'}>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        {more && <span>{more}</span>}
      </dd>
    </div>
  )
}

/** What was asked of which detector. */
export function JobSetting({ spec, id }: { spec: JobSummary['spec']; id: string }) {
  const { detector, methods, policy, seed, lane } = spec
  const { family, width, height, classNames } = detector.descriptor
  return (
    <details className="card setting">
      <summary>
        <Name>{detector.name}</Name>, {visible(methods.map(methodTitle).join(', '))}, seed {seed}
      </summary>
      <dl className="facts-list">
        <Fact name="detector">
          <ModelLink detector={detector} />, {visible(family)}, input {width} × {height}, {whole(classNames.length)}{' '}
          {classNames.length === 1 ? 'class' : 'classes'}
        </Fact>
        <Fact name="its file">
          sha256 <Hash>{detector.sha256}</Hash>, detector <Hash>{detector.id}</Hash>
        </Fact>
        <Fact name="methods">{methods.map(methodInWords).join('; ')}</Fact>
        <Fact name="targets">
          detections of {percent(policy.minScore)} or more, at most {whole(policy.maxTargets)} a photo; objective{' '}
          {policy.objectives.join(', ')}
        </Fact>
        <Fact name="seed, lane">
          {seed}, {lane}
        </Fact>
        <Fact name="job">
          <code>{id}</code>
        </Fact>
      </dl>
    </details>
  )
}

/** A detector's name, which leads to its inside. */
export function ModelLink({
  detector: { id, name },
}: {
  detector: Pick<JobSummary['spec']['detector'], 'id' | 'name'>
}) {
  return (
    <Link to="/models/$id" params={{ id }}>
      <Name>{name}</Name>
    </Link>
  )
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** `drise v1 (masks 998, grid 16)`. */
export function methodInWords({ name, version, params }: MethodSpec): string {
  const said = Object.entries(params).map(
    ([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
  )
  return visible(`${name} v${version}${said.length > 0 ? ` (${said.join(', ')})` : ''}`)
}
