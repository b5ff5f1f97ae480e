import type { Mutation } from './mutate.ts'

/** A mistake in a solver, and the check that must see it. */
export interface Planted extends Mutation {
  readonly mistake: string
  readonly check: string
}

const game = 'packages/game/src'

export const mutations: readonly Planted[] = [
  {
    mistake: 'a Shapley kernel that forgets those who are missing',
    file: `${game}/leverage-sampling.ts`,
    from: 'size * (players - size) * counts[size]!',
    to: 'size * counts[size]!',
    check: 'kernel-shap is exact where all coalitions are asked',
  },
  {
    mistake: 'coalitions paired with others than their complement',
    file: `${game}/leverage-sampling.ts`,
    from: 'subset.map((taking) => 1 - taking)',
    to: 'subset.toReversed()',
    check: 'kernel-shap errs as little as paired leverage samples do',
  },
  {
    mistake: 'a regression that is not told v(full)',
    file: `${game}/kernel-shap.ts`,
    from: 'delta / players + deviation',
    to: 'deviation',
    check: 'kernel-shap is exact where all coalitions are asked',
  },
  {
    mistake: 'values free to add up to anything',
    file: `${game}/kernel-shap.ts`,
    from: '(taking) => taking - shares[i]!',
    to: '(taking) => taking',
    check: 'kernel-shap is exact where all coalitions are asked',
  },
  {
    mistake: 'a ridge that does not fade',
    file: `${game}/kernel-shap.ts`,
    from: 'pull * left',
    to: 'pull',
    check: 'kernel-shap is exact where all coalitions are asked',
  },
  {
    mistake: 'rows of a regression that all count the same',
    file: `${game}/weighted-ridge.ts`,
    from: 'Float64Array.from(weights, Math.sqrt)',
    to: 'Float64Array.from(weights, () => 1)',
    check: 'kernel-shap is exact where all coalitions are asked',
  },
  {
    mistake: 'standard errors of half their size',
    file: `${game}/weighted-ridge.ts`,
    from: 'variance += sum * sum',
    to: 'variance += (sum * sum) / 4',
    check: 'kernel-shap covers the truth as often as it says',
  },
  {
    mistake: 'orders followed by themselves, not by their reverse',
    file: `${game}/permutation-shapley.ts`,
    from: 'order.toReversed()',
    to: '[...order]',
    check: 'shapley-permutation errs as little as antithetic orders do',
  },
  {
    mistake: 'errors of one pair of orders, not of their mean',
    file: `${game}/permutation-shapley.ts`,
    from: '/ (pairs - 1) / pairs',
    to: '/ (pairs - 1)',
    check: 'shapley-permutation covers the truth as often as it says',
  },
  {
    mistake: 'halves that are not given half each',
    file: `${game}/owen.ts`,
    from: 'part.weight / 2',
    to: 'part.weight / 3',
    check: 'owen gives each half its due, down to the tiles',
  },
  {
    mistake: 'halves that come in one order only',
    file: `${game}/owen.ts`,
    from: 'company: coalitions[other]!, without: others, together',
    to: 'company, without, together: alone',
    check: 'owen gives each half its due, down to the tiles',
  },
  {
    mistake: 'an adaptive search that thinks what is lost is gained',
    file: 'packages/explain/src/methods/aise.ts',
    from: '? full - value :',
    to: '? value - full :',
    check: 'aise ranks tiles by what they are worth',
  },
  {
    mistake: 'D-RISE with what was seen most, not what it did',
    file: 'packages/explain/src/mask-maps.ts',
    from: 'score - mean',
    to: 'score',
    check: 'drise shows the covariance of score and mask that its masks have by design',
  },
  {
    mistake: 'a LIME kernel without its root',
    file: `${game}/lime.ts`,
    from: '/ width ** 2 / 2',
    to: '/ width ** 2',
    check: 'lime is its weighted ridge over the coalitions that it asked',
  },
  {
    mistake: 'a LIME kernel over another distance',
    file: `${game}/lime.ts`,
    from: '1 - Math.sqrt(taking / coalition.length)',
    to: '1 - taking / coalition.length',
    check: 'lime is its weighted ridge over the coalitions that it asked',
  },
  {
    mistake: 'a LIME ridge on the intercept as well',
    file: `${game}/lime.ts`,
    from: 'penalties: [0, ',
    to: 'penalties: [ridge, ',
    check: 'lime is its weighted ridge over the coalitions that it asked',
  },
  {
    mistake: 'LIME without its ridge',
    file: `${game}/lime.ts`,
    from: '.fill(ridge)',
    to: '.fill(0)',
    check: 'lime is its weighted ridge over the coalitions that it asked',
  },
  {
    mistake: 'a sigmoid whose values are shared out before the link',
    file: `${game}/logistic-shapley.ts`,
    from: 'sigmoid(without[j]! + gains[j]!) - sigmoid(without[j]!)',
    to: 'gains[j]!',
    check: 'the game behind focus has the Shapley values of what it was fitted to',
  },
  {
    mistake: 'a link that is fitted as another one',
    file: `${game}/logistic-fit.ts`,
    from: '1 / (1 + Math.exp(-x))',
    to: '0.5 + Math.atan(x) / Math.PI',
    check: 'the game behind focus has the Shapley values of what it was fitted to',
  },
  {
    mistake: 'a prior that never gives way',
    file: `${game}/logistic-game.ts`,
    from: 'const SURPRISE = 3.5',
    to: 'const SURPRISE = 1e9',
    check: 'focus finds what a marker outside the box is worth',
  },
  {
    mistake: 'values of a fit that are not closed to v(full) − v(empty)',
    file: `${game}/logistic-shapley.ts`,
    from: '(missing * Math.abs(value)) / size',
    to: '0',
    check: 'focus finds what a marker outside the box is worth',
  },
]
