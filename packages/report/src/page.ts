import { type Html, html, raw } from './html.ts'
import { STYLE } from './style.ts'

/** Nothing is loaded or run, whatever a name tries. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

/** A page that needs nothing beside it: no script, no network. */
export function renderPage(title: string, body: Html, style = ''): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${raw(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title} · Fanlight report</title>
<style>${raw(STYLE + style)}</style>
</head>
<body>
${body}
</body>
</html>
`.text
}
