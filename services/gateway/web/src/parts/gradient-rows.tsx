import { type RecordedGradient, slopeInWords } from '@fanlight/explain/words'
import { Link } from '@tanstack/react-router'
import { decimal, visible, whole } from '../words.ts'
import { NumberRow } from './number-row.tsx'

/** Layers that are named; a neck has three, as a rule. */
const NAMED_LAYERS = 4

interface Props {
  readonly gradient: RecordedGradient
  readonly forwards: number
  readonly detector: string
}

/** How large a gradient is, where it was taken, and whether it says anything. */
export function GradientRows({ gradient, forwards, detector }: Props) {
  const { value, emptyValue, magnitude, slope, vanished, layers } = gradient
  const more = layers.length - NAMED_LAYERS
  return (
    <>
      <NumberRow name="value" value={decimal(value)}>
        of the objective, in the photo as it is
        {emptyValue !== null && ` (${decimal(emptyValue)} where the path begins)`}
      </NumberRow>
      <NumberRow name="magnitude" value={decimal(magnitude)}>
        {vanished === null
          ? 'length of the gradient: compares objectives of one target and method'
          : 'length of the gradient: nothing but rounding is left of it'}
      </NumberRow>
      <NumberRow name="slope" value={slope === null ? '–' : decimal(slope)}>
        {slopeInWords(slope) ?? 'of the last sigmoid: the objective has none'}
      </NumberRow>
      <NumberRow name="taken at" value="">
        {layers.slice(0, NAMED_LAYERS).map((layer) => (
          <Link key={layer} className="tap" to="/models/$id" params={{ id: detector }} search={{ layer }}>
            {visible(layer)}
          </Link>
        ))}
        {more > 0 && `and ${more} more`}
      </NumberRow>
      <NumberRow name="forwards" value={whole(forwards)}>
        that this map stands for: one there and back counts as three
      </NumberRow>
    </>
  )
}
