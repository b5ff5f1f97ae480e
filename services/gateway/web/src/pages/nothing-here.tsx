import { Link } from '@tanstack/react-router'

export function NothingHere() {
  return (
    <div className="page">
      <h1>Nothing here</h1>
      <p>
        This address leads nowhere. <Link to="/">All jobs</Link>
      </p>
    </div>
  )
}
