/** First in, first out, in constant time: `Array.shift` moves the whole array. */
export class Fifo<T> {
  #items: (T | undefined)[] = []
  #first = 0

  get length(): number {
    return this.#items.length - this.#first
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    const item = this.#items[this.#first]
    if (this.length === 0) return undefined
    this.#items[this.#first++] = undefined
    // Rarely enough that each item is moved once on average, and soon enough that half is never waste.
    if (this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return item
  }
}
