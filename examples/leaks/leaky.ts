import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Answers' ids and the prompts that led to them: a cache that nothing is ever taken out of. */
const prompts = new Map<string, string[]>()

/**
 * Two leaks on purpose, to practise on: docs/leaks.md finds them. Both grow with each request and neither does any harm
 * that a test would see.
 */
export default async function leaky(app: FastifyInstance): Promise<void> {
  app.addHook('preHandler', async request => {
    rememberPrompt(request)
    watchForTheEnd(request)
  })
}

/** An unbounded cache: its keys never come again. */
function rememberPrompt(request: FastifyRequest): void {
  prompts.set(request.id, wordsOf(String(request.call?.body ?? '')))
}

function wordsOf(text: string): string[] {
  return text.split(' ')
}

/** A forgotten listener: it holds its request for as long as the process lives. */
function watchForTheEnd(request: FastifyRequest): void {
  const notes = new Array(10_000).fill(request.id)
  process.on('SIGUSR2', () => request.log.info({ notes: notes.length }, 'told to reopen the log'))
}
