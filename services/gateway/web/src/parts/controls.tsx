import { Kbd, Slider, Switch } from '@mantine/core'
import { useEffect, useState } from 'react'
import type { ItemSearch, SearchChange } from '../item-search.ts'
import { percent } from '../words.ts'

interface Props {
  readonly search: ItemSearch
  readonly change: (next: SearchChange) => void
  /** Whether there is another target to share a scale with. */
  readonly several: boolean
}

export function Controls({ search, change, several }: Props) {
  const alpha = search.alpha ?? 0.6
  return (
    <div className="controls">
      <div className="control-slider">
        <span aria-hidden="true">Opacity</span>
        <Opacity alpha={alpha} change={change} />
        <span aria-hidden="true">{percent(alpha)}</span>
      </div>
      <Choice label="Contours" on={search.contours} set={(contours) => change({ contours })} />
      <Choice label="Evidence against" on={search.signed} set={(signed) => change({ signed })} />
      <Choice label="Photo in colour" on={search.colour} set={(colour) => change({ colour })} />
      {several && (
        <Choice
          label="Scale of this map alone"
          on={search.scale === 'map'}
          set={(on) => change({ scale: on ? 'map' : undefined })}
        />
      )}
      <p className="quiet keys">
        <Kbd>←</Kbd> <Kbd>→</Kbd> or <Kbd>1</Kbd>–<Kbd>9</Kbd> choose a target
      </p>
    </div>
  )
}

/** Moves at once and tells the address a little later: browsers refuse a hundred new addresses a second. */
function Opacity({ alpha, change }: { alpha: number; change: Props['change'] }) {
  const [moving, setMoving] = useState<number>()
  useEffect(() => {
    if (moving === undefined) return
    const timer = setTimeout(() => change({ alpha: moving }), 30)
    return () => clearTimeout(timer)
  }, [moving, change])
  return (
    <Slider
      className="slider"
      min={0}
      max={1}
      step={0.05}
      value={moving ?? alpha}
      onChange={setMoving}
      onChangeEnd={() => setMoving(undefined)}
      label={null}
      thumbLabel="Opacity"
      thumbProps={{ 'aria-valuetext': percent(moving ?? alpha) }}
    />
  )
}

function Choice({ label, on = false, set }: { label: string; on: boolean | undefined; set: (on: boolean) => void }) {
  return <Switch size="sm" label={label} checked={on} onChange={(event) => set(event.currentTarget.checked)} />
}
