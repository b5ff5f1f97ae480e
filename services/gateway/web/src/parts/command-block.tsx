import { Button, CopyButton } from '@mantine/core'

/** The command that makes this explanation again. */
export function CommandBlock({ command }: { command: string }) {
  return (
    <section aria-labelledby="command">
      <div className="row">
        <h2 id="command">Make it again</h2>
        <CopyButton value={command}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy}>
              <span aria-live="polite">{copied ? 'Copied' : 'Copy as command'}</span>
            </Button>
          )}
        </CopyButton>
      </div>
      <pre className="command">
        <code>{command}</code>
      </pre>
    </section>
  )
}
