/** What pages about networks have beyond the style of all. */
export const NETWORK_STYLE = `
.layers td { white-space: nowrap; }
.layers td.name { white-space: normal; min-width: 8em; }
.bar { display: inline-block; height: .55em; background: var(--accent); border-radius: 2px; margin-right: .4em; }
.card.kernels img { image-rendering: pixelated; width: auto; max-width: 100%; max-height: 26rem; margin: 0 auto; }
.histogram { display: block; width: 100%; height: 72px; margin: .5rem 0 .1rem; }
.histogram rect { fill: var(--accent); }
.histogram line { stroke: var(--faint); stroke-width: .5; stroke-dasharray: 2 2; }
.ends { display: flex; justify-content: space-between; color: var(--faint); font-size: .8rem; font-variant-numeric: tabular-nums; }
.swatch { display: inline-block; width: .8em; height: .8em; border-radius: 2px; vertical-align: -.05em; }
`
