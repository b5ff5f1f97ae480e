import { useEffect, useEffectEvent } from 'react'

/** ← and → go from target to target, 1–9 choose one, unless the key belongs to what has the focus. */
export function useTargetKeys(current: number, count: number, choose: (at: number) => void): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return
    const focus = event.target instanceof Element ? event.target : undefined
    if (focus?.closest('input, select, textarea, [role=slider]')) return
    const next = targetAfter(event.key, current, count)
    if (next === undefined) return
    event.preventDefault()
    choose(next)
  })
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event)
    document.addEventListener('keydown', listener)
    return () => document.removeEventListener('keydown', listener)
  }, [])
}

/** Which target a key leads to, from 0; undefined where it leads nowhere. */
export function targetAfter(key: string, current: number, count: number): number | undefined {
  if (key === 'ArrowRight') return (current + 1) % count
  if (key === 'ArrowLeft') return (current + count - 1) % count
  if (/^[1-9]$/.test(key) && Number(key) <= count) return Number(key) - 1
  return undefined
}
