const GAP_MS = 60_000

/** Says what goes wrong; a trouble that lasts is met at every retry, and told once a minute. */
export function troubleTeller(
  say: (line: string) => void,
  now: () => number = () => performance.now(),
): (error: Error) => void {
  const saidAt = new Map<string, number>()
  return ({ message }) => {
    for (const [said, at] of saidAt) if (now() - at >= GAP_MS) saidAt.delete(said)
    if (saidAt.has(message)) return
    saidAt.set(message, now())
    say(message)
  }
}
