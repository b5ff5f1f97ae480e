import { Kbd, Slider, Switch } from '@mantine/core'
import type { ItemSearch, SearchChange } from '../item-search.ts'
import { percent } from '../words.ts'

interface Props {
  readonly search: ItemSearch
  readonly change: (next: SearchChange) => void
  readonly signed: boolean
  /** Whether the method's maps are signed when nobody says otherwise. */
  readonly usuallySigned: boolean
  /** Opacity of the strongest evidence, 0..1. */
  readonly alpha: number
  readonly setAlpha: (alpha: number) => void
  /** Whether there is another target to share a scale with. */
  readonly several: boolean
}

export function Controls({ search, change, signed, usuallySigned, alpha, setAlpha, several }: Props) {
  return (
    <div className="controls">
      <div className="control-slider">
        <span aria-hidden="true">Opacity</span>
        <Slider
          className="slider"
          min={0}
          max={1}
          step={0.05}
          value={alpha}
          onChange={setAlpha}
          label={null}
          thumbLabel="Opacity"
          thumbProps={{ 'aria-valuetext': percent(alpha) }}
        />
        <span aria-hidden="true">{percent(alpha)}</span>
      </div>
      <Choice label="Contours" on={search.contours} set={(contours) => change({ contours })} />
      <Choice
        label="Evidence against"
        on={signed}
        set={(on) => change({ signed: on === usuallySigned ? undefined : on })}
      />
      <Choice label="Photo in colour" on={search.colour} set={(colour) => change({ colour })} />
      {several && (
        <Choice
          label="One scale for all targets"
          on={search.scale === 'photo'}
          set={(on) => change({ scale: on ? 'photo' : undefined })}
        />
      )}
      <p className="quiet keys">
        <Kbd>←</Kbd> <Kbd>→</Kbd> or <Kbd>1</Kbd>–<Kbd>9</Kbd> choose a target
      </p>
    </div>
  )
}

function Choice({ label, on = false, set }: { label: string; on: boolean | undefined; set: (on: boolean) => void }) {
  return <Switch size="sm" label={label} checked={on} onChange={(event) => set(event.currentTarget.checked)} />
}
