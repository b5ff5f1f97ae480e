import type { Curve, MetricName } from '@fanlight/contracts'

// What metrics say, for every page and table. No code but this file: browsers load it, too.

/** Which way is better; null: none, it only describes the map. */
export type Direction = 'higher' | 'lower' | 'near zero' | null

export interface MetricWords {
  /** As a table's head says it. */
  readonly name: string
  /** What is measured, in a sentence. */
  readonly meaning: string
  readonly better: Direction
  /** In what the number is counted. */
  readonly unit: string
  /** Where it comes from. */
  readonly source: string
  /** Why a method may have no number of it; absent where each has one. */
  readonly absentBecause?: string
}

const SHARE_OF_FULL = 'share of the whole photo’s value'

export const metricsInWords: Readonly<Record<MetricName, MetricWords>> = {
  insertion: {
    name: 'insertion',
    meaning:
      'The map’s strongest places are shown first, on a photo with everything hidden: the area under the value as it comes back.',
    better: 'higher',
    unit: SHARE_OF_FULL,
    source: 'Petsiuk et al., RISE, BMVC 2018',
  },
  deletion: {
    name: 'deletion',
    meaning: 'The map’s strongest places are hidden first: the area under the value as it falls.',
    better: 'lower',
    unit: SHARE_OF_FULL,
    source: 'Petsiuk et al., RISE, BMVC 2018',
  },
  'insertion-minus-deletion': {
    name: 'insertion − deletion',
    meaning: 'How far both areas lie apart: an order of places that means nothing gets about 0.',
    better: 'higher',
    unit: SHARE_OF_FULL,
    source: 'Petsiuk et al., RISE, BMVC 2018; Shah et al., 2021, for the difference',
  },
  'insertion-in-box': {
    name: 'insertion in the box',
    meaning:
      'Insertion over the places inside the box alone, all else as it is: whether the map knows what counts within the object.',
    better: 'higher',
    unit: SHARE_OF_FULL,
    source: 'as insertion, inside the target’s box (Fanlight)',
  },
  'deletion-in-box': {
    name: 'deletion in the box',
    meaning: 'Deletion over the places inside the box alone, all else as it is.',
    better: 'lower',
    unit: SHARE_OF_FULL,
    source: 'as deletion, inside the target’s box (Fanlight)',
  },
  'insertion-minus-deletion-in-box': {
    name: 'insertion − deletion in the box',
    meaning: 'How far both areas in the box lie apart: pointing at the box is not enough here.',
    better: 'higher',
    unit: SHARE_OF_FULL,
    source: 'as insertion − deletion, inside the target’s box (Fanlight)',
  },
  'average-drop': {
    name: 'average drop',
    meaning: 'How much of the value is lost when only what the map shows is left of the photo.',
    better: 'lower',
    unit: SHARE_OF_FULL,
    source: 'Chattopadhyay et al., Grad-CAM++, WACV 2018',
  },
  'average-increase': {
    name: 'average increase',
    meaning: 'How often the value rises when only what the map shows is left of the photo.',
    better: 'higher',
    unit: 'share of targets',
    source: 'Chattopadhyay et al., Grad-CAM++, WACV 2018',
  },
  'pointing-game': {
    name: 'pointing game',
    meaning: 'How often the map’s strongest place lies in the target’s box.',
    better: 'higher',
    unit: 'share of targets',
    source: 'Zhang et al., Excitation Backprop, IJCV 2018',
    absentBecause: 'a constant map points nowhere',
  },
  'energy-in-box': {
    name: 'energy in the box',
    meaning:
      'The share of the positive evidence inside the box. High is no merit where the detector really leans on the surroundings.',
    better: null,
    unit: 'share of positive evidence',
    source: 'Wang et al., Score-CAM, CVPR workshops 2020',
    absentBecause: 'a map without positive evidence has no share of it',
  },
  'other-objects': {
    name: 'other objects',
    meaning:
      'Positive evidence in the boxes of other targets, beside that in its own: a map that cannot tell them apart leaks.',
    better: 'lower',
    unit: 'times the evidence in its own box',
    source: 'object discrimination index of ODAM (Zhao and Chan, ICLR 2023)',
    absentBecause: 'it takes a second target in the photo',
  },
  sparsity: {
    name: 'sparsity',
    meaning: 'How few places hold the evidence: 0 is spread evenly, 1 is a single place.',
    better: null,
    unit: '0 to 1',
    source: 'Gini index: Hurley and Rickard, IEEE Trans. Inf. Theory 2009',
    absentBecause: 'a map of zeros is neither',
  },
  'mu-fidelity': {
    name: 'MuFidelity',
    meaning:
      'Hiding random sets of places: how well the evidence that the map sees in a set goes with what hiding it costs.',
    better: 'higher',
    unit: 'correlation, −1 to 1',
    source: 'Bhatt et al., IJCAI 2020',
    absentBecause: 'what never changes has no correlation',
  },
  infidelity: {
    name: 'infidelity',
    meaning:
      'Hiding random sets of places: how far the map’s prediction of the cost misses it, the map scaled as suits it best.',
    better: 'lower',
    unit: '0: exact, 1: no better than a map of zeros',
    source: 'Yeh et al., NeurIPS 2019',
    absentBecause: 'where hiding costs nothing there is nothing to miss',
  },
  'sensitivity-max': {
    name: 'sensitivity (max)',
    meaning: 'How much the map changes at most when the photo gets a little noise that nobody sees.',
    better: 'lower',
    unit: 'change ÷ map',
    source: 'Yeh et al., NeurIPS 2019',
    absentBecause: 'a map of zeros has nothing to compare a change with',
  },
  'seed-to-seed': {
    name: 'seed to seed',
    meaning: 'The method once more under another seed: how alike both maps are, without what the method assumed.',
    better: 'higher',
    unit: 'correlation, −1 to 1',
    source: 'test–retest correlation on cells (Fanlight)',
    absentBecause: 'a method without randomness gives the same map again',
  },
  'efficiency-gap': {
    name: 'efficiency gap',
    meaning: 'How far the map’s sum is from what there is to explain, before it is made to fit.',
    better: 'lower',
    unit: 'share of v(full) − v(empty)',
    source: 'the efficiency axiom: Shapley, 1953; Lundberg and Lee, NeurIPS 2017',
    absentBecause: 'the method promises no sum',
  },
  randomisation: {
    name: 'randomisation',
    meaning:
      'The method on the same network with a quarter, half and all of its layers drawn anew: how alike the most similar of these maps is. One that stays the same does not come from what was learned.',
    better: 'near zero',
    unit: 'correlation, −1 to 1',
    source: 'Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018',
    absentBecause: 'the network with other weights gave no map to compare with',
  },
}

/** The metrics by what they ask, in the order in which they are shown; each metric stands once. */
export const metricGroups: readonly {
  readonly title: string
  readonly meaning: string
  readonly metrics: readonly MetricName[]
}[] = [
  {
    title: 'Over the whole photo',
    meaning: 'Does the order of places that the map gives agree with the detector?',
    metrics: ['insertion-minus-deletion', 'insertion', 'deletion'],
  },
  {
    title: 'Inside the box',
    meaning: 'The same within the object, where a blob over the box knows nothing.',
    metrics: ['insertion-minus-deletion-in-box', 'insertion-in-box', 'deletion-in-box'],
  },
  {
    title: 'When parts are hidden',
    meaning: 'Are the map’s amounts right, not its order alone?',
    metrics: ['average-drop', 'average-increase', 'mu-fidelity', 'infidelity'],
  },
  {
    title: 'Where it points',
    meaning: 'Nothing is asked of the detector here: these describe the map.',
    metrics: ['pointing-game', 'energy-in-box', 'other-objects', 'sparsity'],
  },
  {
    title: 'Whether to rely on it',
    meaning: 'Would the map be the same once more, and does it come from what the network learned?',
    metrics: ['seed-to-seed', 'sensitivity-max', 'efficiency-gap', 'randomisation'],
  },
]

/** What is told by object size and on a terminal. */
export const headlineMetrics: readonly MetricName[] = [
  'insertion-minus-deletion',
  'insertion-minus-deletion-in-box',
  'pointing-game',
]

export const directionsInWords: Readonly<Record<NonNullable<Direction>, string>> = {
  higher: '↑ higher is better',
  lower: '↓ lower is better',
  'near zero': '→ 0 near zero is better',
}

/** The two curves of a picture, by where they were taken. */
export const curvePairs: readonly {
  readonly title: string
  readonly insertion: Curve['metric']
  readonly deletion: Curve['metric']
}[] = [
  { title: 'Over the whole photo', insertion: 'insertion', deletion: 'deletion' },
  { title: 'Inside the box', insertion: 'insertion-in-box', deletion: 'deletion-in-box' },
]
