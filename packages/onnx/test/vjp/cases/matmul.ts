import { float, int, text } from '../../../src/index.ts'
import { type GradientCase, nodeCase } from './case.ts'

const matmul = (variant: string, a: readonly number[], b: readonly number[]) =>
  nodeCase('MatMul', variant, { inputs: { a, b } })

const gemm = (variant: string, sizes: readonly (readonly number[])[], transA: number, transB: number) =>
  nodeCase('Gemm', variant, {
    inputs: Object.fromEntries(sizes.map((dims, i) => ['abc'[i]!, dims])),
    attributes: { transA: int(transA), transB: int(transB), alpha: float(0.5), beta: float(-2) },
  })

const einsum = (equation: string, ...sizes: readonly (readonly number[])[]) =>
  nodeCase('Einsum', equation, {
    inputs: Object.fromEntries(sizes.map((dims, i) => ['abc'[i]!, dims])),
    attributes: { equation: text(equation) },
    linear: sizes.length === 1,
  })

export const matmulCases: readonly GradientCase[] = [
  matmul('matrices', [3, 4], [4, 5]),
  matmul('batches', [2, 3, 4], [2, 4, 5]),
  matmul('a matrix for all batches', [2, 3, 4, 5], [5, 2]),
  matmul('one in front for all batches', [3, 4], [2, 4, 5]),
  matmul('batches that are broadcast both ways', [2, 1, 3, 4], [5, 4, 2]),
  matmul('a batch of 1 with rows of 1', [1, 1, 4], [3, 4, 2]),
  matmul('a batch of 1 for two', [2, 2, 3], [1, 3, 4]),
  matmul('a vector in front', [4], [2, 4, 3]),
  matmul('a vector behind', [2, 3, 4], [4]),
  matmul('vectors', [4], [4]),
  nodeCase('MatMul', 'held weights', {
    inputs: { x: [2, 3, 4] },
    constants: [[[4, 2], Float32Array.of(1, -2, 0.5, 3, -1, 0.25, 2, 1)]],
    linear: true,
  }),
  gemm('plain, a bias of rows', [[3, 4], [4, 5], [5]], 0, 0),
  gemm(
    'A transposed, a bias of columns',
    [
      [4, 3],
      [4, 5],
      [3, 1],
    ],
    1,
    0,
  ),
  gemm(
    'B transposed, no bias',
    [
      [3, 4],
      [5, 4],
    ],
    0,
    1,
  ),
  gemm('both transposed, a bias of one', [[4, 3], [5, 4], []], 1, 1),
  nodeCase('Gemm', 'without attributes', { inputs: { a: [2, 3], b: [3, 4], c: [2, 4] } }),
  einsum('bhqd,bhkd->bhqk', [2, 2, 3, 4], [2, 2, 5, 4]),
  einsum('bid,de', [2, 3, 4], [4, 5]),
  einsum('ij,jk,kl->il', [2, 3], [3, 4], [4, 2]),
  einsum('bij,bk->bi', [2, 3, 4], [2, 5]),
  einsum('i,j->ij', [3], [4]),
  einsum('ij->ji', [2, 3]),
  einsum('ijk->j', [2, 3, 4]),
]
