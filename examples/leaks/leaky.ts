import { get } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * Three leaks on purpose, to practise on: docs/leaks.md finds them. Each grows with every request, and none does any harm that
 * a test of answers would see.
 */
export default async function leaky(app: FastifyInstance): Promise<void> {
  app.addHook('preHandler', async request => {
    rememberPrompt(request)
    watchForTheEnd(request)
    askForNews(`${app.listeningOrigin}/health/live`)
  })
}

const prompts = new Map<string, string[]>()

/** An unbounded cache: the id of a request never comes again, and nothing is ever taken out. */
function rememberPrompt(request: FastifyRequest): void {
  prompts.set(request.id, wordsOf(String(request.call?.body ?? '')))
}

function wordsOf(text: string): string[] {
  return text.split(' ')
}

/** A forgotten listener: it holds its request, and its notes, for as long as the process lives. */
function watchForTheEnd(request: FastifyRequest): void {
  const notes = new Array(10_000).fill(request.id)
  process.on('beforeExit', () => request.log.info({ notes: notes.length }, 'the process ends'))
}

const statuses = new Set<number | undefined>()

/** An unread body: the answer waits for a reader, and its connection for the end of the answer. */
function askForNews(url: string): void {
  get(url, ({ statusCode }) => statuses.add(statusCode))
}
