import { readFile } from 'node:fs/promises'
import path from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'
import { HttpProblem } from './problem.ts'

/** Stands in the built page where each answer's own nonce goes: see vite.config.ts. */
const NONCE = '__FANLIGHT_NONCE__'

/** The built dashboard: one page for all its addresses, and files whose names change with their content. */
export const dashboard: FastifyPluginAsync<{ webRoot: string | undefined }> = async (app, { webRoot }) => {
  const page =
    webRoot === undefined ? undefined : await readFile(path.join(webRoot, 'index.html'), 'utf8').catch(() => undefined)

  for (const url of ['/', '/jobs/*', '/models/*']) {
    app.get(url, { schema: { hide: true } }, async (_request, reply) => {
      if (page === undefined) {
        throw new HttpProblem(
          503,
          'The dashboard is not built: run "npm run build -w @fanlight/gateway" and start again',
        )
      }
      reply.header('cache-control', 'no-store')
      return reply.type('text/html; charset=utf-8').send(page.replaceAll(NONCE, reply.cspNonce.style))
    })
  }
  if (page === undefined || webRoot === undefined) return
  await app.register(fastifyStatic, {
    root: path.resolve(webRoot, 'assets'),
    prefix: '/assets/',
    immutable: true,
    maxAge: '365d',
    index: false,
  })
}
