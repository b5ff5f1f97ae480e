import { type Html, html } from './html.ts'

const TERMS: readonly (readonly [string, string])[] = [
  [
    'The picture',
    'The photo in grey; the brighter the colour, the more that place made the detector say what it said. The scale under each picture starts anew: compare places within a picture, not brightness between two.',
  ],
  [
    'Red and blue',
    'Methods whose maps have two sides (gradient-x-input, integrated-gradients): red speaks for the detection, blue against it.',
  ],
  [
    'The lines',
    'The thick line holds half of all evidence, the thin one 80 %, the dashed one 95 %. Where they would fall to pieces they are drawn on a smoothed map, and left out where that does not help.',
  ],
  [
    'Looked outside the box',
    'The share of the positive evidence that lies outside the detection’s box. Much of it means that the detector leans on surroundings: water for boats, a rider for a horse. A soft map of a small object spills over its box, too.',
  ],
  [
    '⚠ Do not take this map at its word',
    'Something measured speaks against the map; what, and what to do, stands there. A map without this notice may still be wrong: it only passed what was checked.',
  ],
  [
    'Stripes, ±',
    'Methods with intervals say how sure each place is: the true value lies within ± of the value shown as often as the interval’s level says. The map is striped where the interval includes 0: such a place may be nothing.',
  ],
  [
    'Segments, R², efficiency gap',
    'Segments are the parts that were hidden and kept as one. R² is how much of the answers’ variance a fitted model explains. The efficiency gap is what the parts’ values missed of the whole before it was shared out.',
  ],
  [
    'Stability',
    'How alike the maps of runs like this one are, told by its two halves or by what is left unsure: 1 is the same, 0 is unrelated. Below 0.67 details mean little; more forwards help.',
  ],
  [
    'Prior share',
    'How much of the map is the method’s own assumption rather than what the detector answered: 0 % for D-RISE, 100 % for the baselines that ask nothing.',
  ],
  [
    'Hidden / whole',
    'What the detection scores with everything hidden, and with the whole photo. Above a fifth the map cannot say what the score rests on: it is called unexplainable.',
  ],
  [
    'Magnitude',
    'How long the gradient is, at the layers named. It compares the terms of one detection under one method: a term ten times as long moves the network ten times as much. Between layers, detectors or methods it compares nothing.',
  ],
  [
    'Slope',
    'How steep the last sigmoid is where the value stands: 0.25 at most, near 0 when the detector is sure. A gradient through it is as small.',
  ],
  [
    'No map',
    'The gradient vanished, and the reason stands in place of the picture. What is left then is rounding, and a picture of it would be a random one.',
  ],
  ['Forwards', 'How often the network ran for this map.'],
  ['box-gaussian, random', 'Baselines that never look at the photo. A method that looks like them has found nothing.'],
]

const LIMITS: readonly string[] = [
  'A gradient tells what a small change would do, not what the photo’s content did; class activation maps tell it on the coarse cells of a layer, enlarged.',
  'A map shows what changes this detector’s answer when it is hidden. It does not show that the answer is right, nor what a person would look at.',
  'Hiding a place puts a plain colour there, which the detector never saw in training: another fill can move the map.',
  'Places that matter only together, or that stand in for each other, share evidence; single places may look weak.',
  'Details finer than the method’s grid are interpolation.',
  'Numbers from one run are one sample. Results are the same byte for byte on one kind of machine, and within a small tolerance on another.',
]

export function guideSection(): Html {
  return html`<section id="guide"><details open><summary><h2>How to read this</h2></summary>
<dl class="guide">${TERMS.map(([term, meaning]) => html`<div><dt>${term}</dt><dd>${meaning}</dd></div>`)}</dl>
</details></section>`
}

export function limitsSection(): Html {
  return html`<section id="limits"><h2>Limits</h2><ul>${LIMITS.map((limit) => html`<li>${limit}</li>`)}</ul></section>`
}
