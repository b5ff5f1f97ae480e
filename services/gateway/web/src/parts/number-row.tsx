import type { ReactNode } from 'react'

/** A figure with its name, and what it says. */
export function NumberRow({ name, value, children }: { name: string; value: string; children: ReactNode }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        <strong>{value}</strong> <span className="quiet">{children}</span>
      </td>
    </tr>
  )
}
