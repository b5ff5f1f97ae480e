import { useEffect } from 'react'
import { visible } from './words.ts'

/** Names the page in the browser's tab. */
export function useTitle(...parts: (string | undefined)[]): void {
  const title = [...parts.filter((part) => part !== undefined), 'Fanlight'].map(visible).join(' · ')
  useEffect(() => {
    document.title = title
  }, [title])
}
