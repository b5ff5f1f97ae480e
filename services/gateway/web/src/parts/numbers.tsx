import { fitInWords } from '@fanlight/explain/diagnosis'
import { noMapOf, objectivesInWords } from '@fanlight/explain/words'
import type { ExplanationView } from '../api.ts'
import { decimal, evidenceInWords, percent, stabilityInWords, whole } from '../words.ts'
import { GradientRows } from './gradient-rows.tsx'
import { Name } from './name.tsx'
import { NumberRow } from './number-row.tsx'

type Attribution = NonNullable<ExplanationView['result']>['attributions'][number]

/** A target's numbers, each with what it says. */
export function Numbers({ attribution, detector }: { attribution: Attribution; detector: string }) {
  const { target, forwards, inBoxEnergy, gradient } = attribution
  const noMap = noMapOf(gradient, target.objective)
  const [x1, y1, x2, y2] = target.box.map(Math.round)
  return (
    <section aria-labelledby="numbers">
      <h2 id="numbers">
        <Name>{target.label}</Name>, {noMap ? `no map: ${noMap.cause}` : evidenceInWords(inBoxEnergy)}
      </h2>
      <table className="numbers">
        <tbody>
          <NumberRow name="score" value={decimal(target.score)}>
            how sure the detector is of this box and class
          </NumberRow>
          <NumberRow name="objective" value={target.objective}>
            what is explained: {objectivesInWords[target.objective]}
          </NumberRow>
          <NumberRow name="in-box energy" value={inBoxEnergy === null ? 'none' : percent(inBoxEnergy)}>
            {inBoxEnergy === null
              ? (noMap?.cause ?? evidenceInWords(null))
              : 'share of the evidence that lies inside the box'}
          </NumberRow>
          {gradient ? (
            <GradientRows gradient={gradient} forwards={forwards} detector={detector} />
          ) : (
            <RunRows attribution={attribution} />
          )}
          {fitInWords(attribution).map(({ name, value, meaning }) => (
            <NumberRow key={name} name={name} value={value}>
              {meaning}
            </NumberRow>
          ))}
          <NumberRow name="box" value={`${x1}, ${y1} – ${x2}, ${y2}`}>
            left, top – right, bottom, pixels of the photo
          </NumberRow>
        </tbody>
      </table>
    </section>
  )
}

/** Of methods that ask for scores, or for nothing. */
function RunRows({ attribution }: { attribution: Attribution }) {
  const { forwards, fullValue, emptyValue, unexplainable, stability, priorShare } = attribution
  return (
    <>
      <NumberRow name="stability" value={stability === null ? '–' : decimal(stability)}>
        {stability === null ? 'this method draws nothing at random' : stabilityInWords(stability)}
      </NumberRow>
      <NumberRow name="prior share" value={percent(priorShare)}>
        {priorInWords(priorShare)}
      </NumberRow>
      <NumberRow name="forwards" value={whole(forwards)}>
        {forwards === 0 ? 'this map asked the detector nothing' : 'runs of the detector that this map rests on'}
      </NumberRow>
      <NumberRow name="v(full), v(empty)" value={`${maybe(fullValue)}, ${maybe(emptyValue)}`}>
        {emptyInWords(fullValue, emptyValue)}
      </NumberRow>
      <NumberRow name="unexplainable" value={unexplainable === null ? '–' : unexplainable ? 'yes' : 'no'}>
        {unexplainable === null ? 'not asked' : 'yes from 20 % of the value left by an empty picture'}
      </NumberRow>
    </>
  )
}

const maybe = (value: number | null) => (value === null ? '–' : decimal(value))

function priorInWords(share: number): string {
  if (share === 0) return 'all of the map is measured'
  if (share === 1) return 'all of the map is assumed, nothing measured: a baseline to compare with'
  return 'of the map is assumed beforehand, the rest is measured'
}

function emptyInWords(full: number | null, empty: number | null): string {
  if (full === null || empty === null) return 'the photo whole and the photo removed: not asked'
  return `whole, and with the whole photo removed: ${full > 0 ? percent(empty / full) : 'nothing'} is left`
}
