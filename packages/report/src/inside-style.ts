import { type Html, html, raw } from './html.ts'

/** What pages about a network at work have beyond the style of all. */
export const INSIDE_STYLE = `
.pair { display: grid; grid-template-columns: minmax(280px, 1fr) minmax(320px, 1.2fr); gap: 2rem; align-items: start; }
@media (max-width: 760px) { .pair { grid-template-columns: 1fr; } }
.terms { margin: .4rem 0 0; font-size: .92rem; }
.terms dt { font-weight: 600; margin-top: .5rem; }
.terms dd { margin: 0; color: var(--faint); }
.sheet { display: block; max-width: 100%; height: auto; border-radius: 8px; margin-top: .6rem; }
.layers td { white-space: nowrap; }
.layers td.name { white-space: normal; min-width: 8em; }
.plot { display: block; }
.plot .before rect { fill: var(--faint); opacity: .45; }
.plot .after rect { fill: var(--accent); opacity: .75; }
.plot line { stroke: var(--ink); stroke-width: .75; stroke-dasharray: 2 2; }
.ends { display: flex; justify-content: space-between; width: 220px; color: var(--faint); font-size: .75rem; }
.swatch { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-left: .4em; }
.swatch.grey { background: var(--faint); opacity: .45; margin-left: 0; }
.swatch.accent { background: var(--accent); }
.patches { display: grid; grid-template-columns: repeat(4, 1fr); gap: 2px; background: #141414; }
.patches img { width: 100%; border-radius: 0; margin: 0; }
.card.channel .kernel { image-rendering: pixelated; width: auto; max-width: 100%; max-height: 140px; margin: .5rem 0 0; }
.bar { display: inline-block; height: .55em; background: var(--accent); border-radius: 2px; margin-right: .4em; }
.bar.against { background: var(--warn); }
tr.first td { border-top: 2px solid var(--line); }
`

interface PictureOptions {
  /** @default 'sheet' */
  readonly className?: string
  /** @default 'png' */
  readonly type?: 'png' | 'webp' | 'jpeg'
}

/** A picture within the page. */
export function picture(
  bytes: Uint8Array,
  alt: string,
  { className = 'sheet', type = 'png' }: PictureOptions = {},
): Html {
  const data = raw(Buffer.from(bytes).toString('base64'))
  return html`<img class="${className}" loading="lazy" alt="${alt}" src="data:image/${type};base64,${data}">`
}
