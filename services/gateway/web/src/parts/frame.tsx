import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { Link, Outlet } from '@tanstack/react-router'
import icon from '../fanlight.svg'

/** What every page has: a way past the head, the way home, light or dark. */
export function Frame() {
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="head">
        <Link to="/" activeOptions={{ exact: true }} className="brand">
          <img src={icon} alt="" width={28} height={28} />
          Fanlight
        </Link>
        <nav aria-label="More" className="head-links">
          <a href="/v1/openapi.json">API</a>
          <SchemeButton />
        </nav>
      </header>
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
    </>
  )
}

function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false })
  const other = scheme === 'dark' ? 'light' : 'dark'
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={`Show it ${other}`}
      onClick={() => setColorScheme(other)}
    >
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" strokeWidth="1.6" />
        <path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor" />
      </svg>
    </ActionIcon>
  )
}
