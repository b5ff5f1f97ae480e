import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Claim, share } from '../src/assigner.ts'

const partitions = (count: number) => [...Array(count).keys()]
const claim = (memberId: string, owned: readonly number[] = []): Claim => ({ memberId, owned })

suite('share', () => {
  for (const [count, members] of [
    [12, 1],
    [12, 5],
    [12, 12],
    [3, 5],
    [0, 2],
  ] as const) {
    test(`gives each of ${count} partitions to one of ${members} members, evenly`, () => {
      const parts = [
        ...share(
          partitions(count),
          partitions(members).map((id) => claim(`m${id}`)),
        ).values(),
      ]
      assert.deepEqual(
        parts.flat().sort((a, b) => a - b),
        partitions(count),
      )
      const sizes = parts.map((part) => part.length)
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${sizes}`)
    })
  }

  test('leaves to a member what it has, when one joins, leaves, or nothing changes', () => {
    const [a, b] = [
      [1, 3, 5, 7, 9, 11],
      [0, 2, 4, 6, 8, 10],
    ]
    const same = share(partitions(12), [claim('a', a), claim('b', b)])
    assert.deepEqual([same.get('a'), same.get('b')], [a, b])
    const joined = share(partitions(12), [claim('b', b), claim('c'), claim('a', a)])
    assert.deepEqual([joined.get('a'), joined.get('b')], [a.slice(0, 4), b.slice(0, 4)])
    const left = share(partitions(12), [claim('a', a)])
    assert.deepEqual(left.get('a')?.slice(0, 6), a)
  })

  test('settles claims of the same partition, of partitions that do not exist, and of one twice', () => {
    const parts = share(partitions(4), [claim('a', [0, 0, 99, -1]), claim('b', [0, 1])])
    assert.deepEqual(parts.get('a')?.[0], 0)
    assert.deepEqual([...parts.values()].flat().sort(), partitions(4))
    assert.deepEqual(parts.get('b')?.length, 2)
  })

  test('is the same in any order of the members', () => {
    const claims = [claim('a', [3]), claim('b', [3, 2]), claim('c')]
    assert.deepEqual([...share(partitions(5), claims)], [...share(partitions(5), claims.toReversed())])
  })
})
