import { accessSync, constants } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executable = [process.env.FANLIGHT_CHROMIUM ?? [], places].flat().find(canRun)
const required = (process.env.REQUIRE_PEERS ?? '').split(',').includes('chromium')

/** Why the browser's tests cannot run here; where they must, they fail instead. */
export const chromiumAbsent =
  executable || required ? false : 'chromium absent: apt-get install chromium, or name one in FANLIGHT_CHROMIUM'

/** @throws Error when there is none */
export async function openChromium(): Promise<Browser> {
  if (!executable) throw new Error('REQUIRE_PEERS names chromium and there is none: apt-get install chromium')
  const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet]
  return chromium.launch({ executablePath: executable, args })
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
