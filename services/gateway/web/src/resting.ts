import { useEffect, useEffectEvent, useState } from 'react'

const REST_MS = 200

/**
 * A value that follows a slider at once, and is told to the address when it rests: browsers refuse a hundred new
 * addresses in half a minute.
 */
export function useResting(told: number, tell: (value: number) => void): [number, (value: number) => void] {
  const [moving, setMoving] = useState<number>()
  const rest = useEffectEvent(tell)
  useEffect(() => {
    if (moving === undefined) return
    const timer = setTimeout(() => rest(moving), REST_MS)
    return () => clearTimeout(timer)
  }, [moving])
  // What the address says later, through the browser's buttons, holds again.
  useEffect(() => setMoving((moving) => (moving === told ? undefined : moving)), [told])
  return [moving ?? told, setMoving]
}
