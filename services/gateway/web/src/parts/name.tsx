import { visible } from '../words.ts'

/** A name from a file or a model: text, isolated from the direction of its neighbours, whole in the tooltip. */
export function Name({ children, className }: { children: string; className?: string }) {
  const text = visible(children)
  return (
    <bdi className={className} title={text}>
      {text}
    </bdi>
  )
}

/** A hash: short to look at, whole when copied and in the tooltip. */
export function Hash({ children }: { children: string }) {
  return (
    <code className="hash" title={children}>
      {children}
    </code>
  )
}
