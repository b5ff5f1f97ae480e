import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Entry, PartitionWindow } from '../src/partition-window.ts'

const message = (key: string) => ({ topic: 't', key, body: new Uint8Array(0), headers: {} })

function windowOf(...keys: string[]): PartitionWindow {
  const window = new PartitionWindow()
  keys.forEach((key, offset) => {
    window.add(offset, message(key))
  })
  return window
}

function takeAll(window: PartitionWindow): Entry[] {
  const taken: Entry[] = []
  for (let entry = window.take(); entry; entry = window.take()) taken.push(entry)
  return taken
}

const offsetsOf = (entries: readonly Entry[]) => entries.map(({ offset }) => offset)

suite('partition window', () => {
  test('starts one message of a key at a time, and others meanwhile', () => {
    const window = windowOf('a', 'a', 'b', 'a')
    const [first, other] = takeAll(window)
    assert.deepEqual(offsetsOf([first!, other!]), [0, 2])
    window.finish(first!)
    assert.deepEqual(offsetsOf(takeAll(window)), [1])
  })

  test('moves its watermark past finished messages only, whatever their order', () => {
    const window = windowOf('a', 'b', 'c')
    const [a, b, c] = takeAll(window)
    window.finish(c!)
    window.finish(b!)
    assert.deepEqual([window.watermark, window.span, window.unfinished], [0, 3, 1])
    window.finish(a!)
    assert.deepEqual([window.watermark, window.span, window.unfinished], [3, 0, 0])
  })

  test('has no watermark before it got anything, and passes offsets that hold no message', () => {
    const window = new PartitionWindow()
    assert.equal(window.watermark, undefined)
    window.add(10, message('a'))
    window.reach(15)
    assert.equal(window.watermark, 10)
    window.finish(window.take()!)
    assert.equal(window.watermark, 15)
  })

  test('ignores what it was given before', () => {
    const window = windowOf('a', 'b')
    const first = window.take()!
    window.finish(first)
    for (const [offset, key] of ['a', 'b', 'c'].entries()) window.add(offset, message(key))
    assert.deepEqual(offsetsOf(takeAll(window)), [1, 2])
  })

  test('holds a delayed message back with those of its key, and puts it back before them', () => {
    const window = windowOf('a', 'a', 'b')
    const [a] = takeAll(window)
    assert.equal(window.delay(a!), true)
    assert.deepEqual(takeAll(window), [])
    window.putBack(a!)
    const [again] = takeAll(window)
    assert.deepEqual([again?.offset, again?.attempts], [0, 2])
  })

  suite('when its partition is revoked', () => {
    test('forgets what has not started, and has no watermark', () => {
      const window = windowOf('a', 'a', 'b', 'c')
      const [a, b] = [window.take()!, window.take()!]
      window.delay(b)
      window.revoke()
      window.putBack(b)
      assert.equal(window.take(), undefined)
      assert.deepEqual([window.watermark, window.next, window.unfinished], [undefined, undefined, 0])
      window.finish(a)
      assert.deepEqual([window.watermark, window.take()], [undefined, undefined])
    })

    test('does not start again what still runs when the partition comes back, nor overtake it', () => {
      const window = windowOf('a', 'a', 'b')
      const running = window.take()!
      window.revoke()
      for (const [offset, key] of ['a', 'a', 'b'].entries()) window.add(offset, message(key))
      assert.deepEqual(offsetsOf(takeAll(window)), [2])
      window.finish(running)
      assert.deepEqual([window.watermark, offsetsOf(takeAll(window))], [1, [1]])
    })

    test('keeps the key of what still runs when its offset does not come back', () => {
      const window = windowOf('a', 'a')
      const running = window.take()!
      window.revoke()
      window.add(1, message('a'))
      assert.equal(window.take(), undefined)
      window.finish(running)
      assert.deepEqual([window.watermark, offsetsOf(takeAll(window))], [1, [1]])
    })

    test('does not run again what it finished before it came back', () => {
      const window = windowOf('a', 'b')
      const running = window.take()!
      window.revoke()
      window.finish(running)
      for (const [offset, key] of ['a', 'b'].entries()) window.add(offset, message(key))
      assert.deepEqual([window.watermark, offsetsOf(takeAll(window))], [1, [1]])
    })

    test('delays what failed meanwhile only if it came back', () => {
      const [gone, back] = [windowOf('a'), windowOf('a')]
      const [a, b] = [gone.take()!, back.take()!]
      for (const window of [gone, back]) window.revoke()
      back.add(0, message('a'))
      assert.deepEqual([gone.delay(a), back.delay(b)], [false, true])
      gone.add(0, message('a'))
      assert.equal(gone.take()?.attempts, 1)
      back.putBack(b)
      assert.equal(back.take()?.attempts, 2)
    })
  })

  test('keeps its promises over any course of events', () => {
    for (let seed = 1; seed <= 300; seed++) new Course(seed).run(400)
  })
})

/** One random course of events, beside a log that knows what may happen. */
class Course {
  readonly #seed: number
  readonly #window = new PartitionWindow()
  readonly #log: readonly string[]
  readonly #running: Entry[] = []
  readonly #delayed: Entry[] = []
  readonly #finished = new Set<number>()
  #state: number
  #position: number | undefined
  #committed = 0

  constructor(seed: number) {
    this.#seed = seed
    this.#state = seed
    this.#log = Array.from({ length: 60 }, () => `key ${this.#draw(5)}`)
  }

  run(steps: number): void {
    const events = [() => this.#fetch(), () => this.#start(), () => this.#finish(), () => this.#delay()]
    for (let step = 0; step < steps; step++) {
      if (this.#draw(40) === 0) this.#revoke()
      else if (this.#draw(5) === 0) this.#putBack()
      else events[this.#draw(events.length)]!()
      this.#check()
    }
    this.#settle()
  }

  /** From the committed offset after a revocation. */
  #fetch(): void {
    this.#position ??= this.#committed
    for (let count = this.#draw(6); count > 0 && this.#position < this.#log.length; count--) {
      this.#window.add(this.#position, message(this.#log[this.#position]!))
      this.#position += 1
    }
  }

  #start(): void {
    const entry = this.#window.take()
    if (!entry) return
    const { offset } = entry
    const say = `seed ${this.#seed}, offset ${offset}`
    assert.ok(!this.#running.some((other) => other.offset === offset), `${say} runs twice`)
    const sameKey = (other: Entry) => other.message.key === entry.message.key
    assert.ok(!this.#running.some(sameKey), `${say}: its key runs already`)
    const earlier = this.#log.findIndex((key, at) => key === entry.message.key && !this.#finished.has(at))
    assert.ok(offset <= earlier || this.#finished.has(offset), `${say} overtakes ${earlier} of its key`)
    this.#running.push(entry)
  }

  #finish(): void {
    const [entry] = this.#running.splice(this.#draw(this.#running.length), 1)
    if (!entry) return
    this.#finished.add(entry.offset)
    this.#window.finish(entry)
  }

  #delay(): void {
    const [entry] = this.#running.splice(this.#draw(this.#running.length), 1)
    if (entry && this.#window.delay(entry)) this.#delayed.push(entry)
  }

  #putBack(): void {
    const [entry] = this.#delayed.splice(this.#draw(this.#delayed.length), 1)
    if (entry) this.#window.putBack(entry)
  }

  #revoke(): void {
    this.#committed = this.#window.watermark ?? this.#committed
    this.#position = undefined
    this.#window.revoke()
  }

  #check(): void {
    const { watermark } = this.#window
    if (watermark === undefined) return
    for (let offset = 0; offset < watermark; offset++) {
      assert.ok(this.#finished.has(offset), `seed ${this.#seed}: ${offset} is below the watermark and not finished`)
    }
  }

  /** Everything is handled in the end, and the window is empty. */
  #settle(): void {
    for (let round = 0; round < 1_000 && this.#finished.size < this.#log.length; round++) {
      this.#fetch()
      this.#start()
      this.#putBack()
      this.#finish()
    }
    while (this.#running.length > 0) this.#finish()
    assert.equal(this.#finished.size, this.#log.length, `seed ${this.#seed}: something is stuck`)
    for (let round = 0; round < 300; round++) {
      this.#fetch()
      this.#start()
      this.#putBack()
      this.#finish()
    }
    assert.deepEqual([this.#window.watermark, this.#window.unfinished], [this.#log.length, 0], `seed ${this.#seed}`)
  }

  /** Numerical Recipes' generator, its high bits: the same course each time. */
  #draw(below: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * below)
  }
}
