/** Bytes that uploads under way may hold in memory, all together. */
export function uploadRoom(maxBytes: number) {
  let taken = 0
  return {
    /** @returns what gives the room back, once or more often; undefined when there is not that much left */
    take(bytes: number): (() => void) | undefined {
      if (taken > 0 && taken + bytes > maxBytes) return undefined
      taken += bytes
      let held = true
      return () => {
        if (held) taken -= bytes
        held = false
      }
    },
  }
}
