export const COMPARISON_STYLE = `
body { max-width: 1500px; }
.compared { width: auto; min-width: 60%; }
section h3 { margin-top: 1.8rem; }
.scroll { margin-top: .5rem; }
.compared th, .compared td { padding: .4rem .5rem .4rem .9rem; }
.compared thead th { vertical-align: bottom; font-size: .86rem; }
.compared thead th[colspan] { text-align: center; border-left: 1px solid var(--line); color: var(--ink); }
.compared th:first-child { position: sticky; left: 0; background: var(--paper); padding-left: 0; min-width: 9rem;
  max-width: 17rem; color: var(--ink); overflow-wrap: anywhere; }
.compared th .note { display: block; font-weight: 400; }
.compared tbody .group { color: var(--faint); font-weight: 400; padding-top: 1rem; max-width: none; }
.compared .reference > * { background: color-mix(in srgb, var(--accent) 9%, var(--paper)); }
.compared .reference > th:first-child {
  background: color-mix(in srgb, var(--accent) 9%, var(--paper)); box-shadow: inset 3px 0 var(--accent); padding-left: .6rem; }
.compared td { white-space: nowrap; }
.compared .none { color: var(--faint); font-style: italic; white-space: normal; min-width: 6rem; }
.direction { font-weight: 400; color: var(--faint); }
.mean { font-weight: 650; }
.best { color: var(--accent); font-weight: 650; font-size: .86em; }
.difference, .verdict { font-size: .8rem; color: var(--faint); }
.verdict { font-weight: 600; }
.verdict.better { color: var(--accent); }
.verdict.worse { color: var(--warn); }
.interval { vertical-align: middle; fill: var(--ink); }
.interval .zero { stroke: var(--faint); stroke-width: 1; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: .9rem 1.1rem; margin: .6rem 0 1.6rem; }
.panel { margin: 0; min-width: 0; display: flex; flex-direction: column; }
.panel svg { margin-top: auto; }
.panel figcaption { padding: 0 0 .2rem; font-size: .86rem; font-weight: 600; overflow-wrap: anywhere; }
.panel figcaption .note { font-weight: 400; white-space: nowrap; }
.panel svg { display: block; width: 100%; max-width: 300px; }
.panel text { fill: var(--faint); font-size: 11px; }
.panel text.end { text-anchor: end; }
.axes { fill: none; stroke: var(--faint); stroke-width: 1; }
path.insertion, path.deletion { fill: none; stroke: var(--accent); stroke-width: 2.2; stroke-linejoin: round; }
path.deletion { stroke: var(--warn); stroke-dasharray: 5 3; }
path.ghost { fill: none; stroke: var(--faint); stroke-width: 1; opacity: .75; }
path.band { stroke: none; opacity: .2; }
path.band.insertion { fill: var(--accent); }
path.band.deletion { fill: var(--warn); }
.sample { vertical-align: middle; }
.maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 220px), 1fr)); gap: .8rem; margin: .6rem 0 1.6rem; align-items: start; }
.maps figcaption { padding: .4rem .6rem .5rem; font-size: .86rem; overflow-wrap: anywhere; }
.metrics { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); gap: .6rem 2rem; margin: .8rem 0 0; font-size: .88rem; }
.metrics dt { font-weight: 600; }
.metrics dd { margin: 0; color: var(--faint); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .7rem .9rem; }
@media print { .compared th:first-child { position: static; } .panel, .maps figure { break-inside: avoid; } }
`
