export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1d22; --faint: #5c6370; --paper: #fbfbfa; --card: #fff; --line: #dfe1e5;
  --accent: #0b6e69; --warn: #8a4b00; --warn-paper: #fff6e6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e9ec; --faint: #a2a8b4; --paper: #15171b; --card: #1d2026;
  --line: #343943; --accent: #5fd0c5; --warn: #ffca7a; --warn-paper: #2b2317; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1320px; padding: 2rem 1.5rem 4rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
p { margin: .2rem 0; }
section { margin-top: 2.5rem; }
code { font: .82em ui-monospace, "DejaVu Sans Mono", Consolas, monospace; overflow-wrap: anywhere; }
ul { margin: .2rem 0; padding-left: 1.2rem; }
.kind { color: var(--accent); font-weight: 600; letter-spacing: .04em; }
.note { color: var(--faint); font-size: .86rem; overflow-wrap: anywhere; }
.name { unicode-bidi: isolate; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: .75rem; margin: 1.25rem 0 0; }
.tiles div { display: flex; flex-direction: column-reverse; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; padding: .7rem .9rem; }
.tiles dd { margin: 0; font-size: 1.5rem; font-weight: 650; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles dt { color: var(--faint); font-size: .86rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--faint); font-weight: 600; }
td { overflow-wrap: break-word; max-width: 40em; }
.scroll { overflow-x: auto; }
.n { text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
.warning { background: var(--warn-paper); border: 1px solid var(--warn); border-radius: 8px; padding: 1rem 1.25rem; }
.names { columns: 3 260px; }
.names li { overflow-wrap: anywhere; }
summary { cursor: pointer; }
summary h2 { display: inline; }
.guide { display: grid; grid-template-columns: repeat(auto-fill, minmax(280px, 1fr)); gap: .9rem 2rem; margin: .75rem 0 0; }
.guide dt { font-weight: 600; }
.guide dd { margin: 0; color: var(--faint); font-size: .92rem; }
.photo { border-top: 1px solid var(--line); padding-top: 1.5rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 1.25rem;
  margin-top: .8rem; align-items: start; }
.cards .group { grid-column: 1 / -1; margin: .6rem 0 -.6rem; color: var(--faint); font-weight: 600; overflow-wrap: anywhere; }
.terms { border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem 1rem; margin-top: 1.25rem; }
.bar { height: .6rem; margin: .3rem 0; border-radius: 3px; background: var(--line); overflow: hidden; }
.bar span { display: block; height: 100%; background: var(--accent); }
.card { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.card img { display: block; width: 100%; height: auto; background: #141414; }
figcaption { padding: .7rem .9rem .9rem; }
.badge { display: inline-block; min-width: 1.5em; padding: 0 .35em; border-radius: 4px; background: var(--ink);
  color: var(--paper); text-align: center; font-size: .88em; }
.score { color: var(--accent); font-variant-numeric: tabular-nums; }
.method { float: right; color: var(--faint); font-weight: 400; font-size: .88rem; }
.found { list-style: none; margin: 0; padding: 0; }
.found li { padding: .1rem 0; overflow-wrap: anywhere; }
.card summary { color: var(--faint); font-size: .86rem; margin-top: .4rem; }
.lead { font-weight: 600; }
.caution { color: var(--warn); font-size: .9rem; }
.doubtful { background: var(--warn-paper); border-bottom: 3px double var(--warn); padding: .6rem .9rem; font-size: .9rem; }
.doubtful .lead { color: var(--warn); }
.meaning { color: var(--faint); }
.places { font-size: .86rem; font-variant-numeric: tabular-nums; }
.numbers, .facts { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .9rem; margin: .5rem 0 0; }
.numbers { font-size: .86rem; }
.numbers dt, .facts dt { color: var(--faint); }
.numbers dd, .facts dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.facts ul { padding: 0; list-style: none; margin: 0; }
a { color: var(--accent); }
@media print {
  :root { color-scheme: light; --ink: #000; --faint: #444; --paper: #fff; --card: #fff; --line: #bbb; --accent: #064; --warn: #630; --warn-paper: #fff; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .card, .tiles div, tr, .guide div { break-inside: avoid; }
  h2, .note { break-after: avoid; }
  .cards { grid-template-columns: repeat(2, 1fr); }
}
`
