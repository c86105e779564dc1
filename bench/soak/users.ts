import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerQuestions } from '../scenarios/child.ts'
import { CALLER_KEY, MODELS } from './gateway-config.ts'
import type { Plan } from './plan.ts'

/** Clients who leave before their answer has ended. */
export const LEAVING = 0.2
/** They leave within so long (ms), before most answers have ended: of a stream before, at or after the first byte. */
const PATIENCE = { whole: 300, stream: 1000 }
/** Characters in which the ending of a stream is looked for. */
const LONGEST_ENDING = 200
/** How a stream ends in either dialect, and cut ones do not. */
const ENDING = /data: \[DONE\]|event: message_stop/
/** Calls of the model that is cached, and how many different ones there are. */
const CACHED = 0.1
const QUESTIONS = 20

export interface Load {
  readonly gateway: string
  readonly users: Plan['users']
  readonly think: Plan['think']
}

/** How many calls ended in which way: `ok`, `left` (the client), `cut`, or `status NNN`. */
export type Tally = Record<string, number>

export interface Burst {
  readonly gateway: string
  readonly model: string
  readonly calls: number
}

let over: AbortController
let running: Promise<void>[] = []
let tally: Tally = {}

/** Asks, reads, thinks and asks again on a connection of its own, until all is over. */
async function live({ gateway, think }: Load): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const pause = (shortest: number): Promise<void> =>
    sleep((shortest + Math.random() * (think.longest - shortest)) * 1000, undefined, { signal: over.signal })
  try {
    // They do not all come at once.
    await pause(0)
    while (!over.signal.aborted) {
      const cached = Math.random() < CACHED
      const question = cached ? Math.floor(Math.random() * QUESTIONS) : Math.random()
      await ask(gateway, cached ? MODELS.cached : MODELS.routed, question, Math.random() < LEAVING, agent)
      await pause(think.shortest)
    }
  } catch {
    // It is over.
  } finally {
    agent.destroy()
  }
}

/** Makes one call of either dialect, streamed or not, and counts how it ended. */
async function ask(gateway: string, model: string, question: number, leaves: boolean, agent: Agent): Promise<void> {
  const messages = [{ role: 'user', content: `What should a gateway do when a vendor is slow? (${question})` }]
  const stream = Math.random() < 0.5
  const path = Math.random() < 0.5 ? '/v1/chat/completions' : '/v1/messages'
  const leaving = new AbortController()
  const timer = leaves
    ? setTimeout(() => leaving.abort(), Math.random() * PATIENCE[stream ? 'stream' : 'whole'])
    : undefined
  try {
    const answer = await post(gateway + path, { model, max_tokens: 128, stream, messages }, agent, leaving.signal)
    count(answer)
  } catch {
    count(leaving.signal.aborted ? 'left' : 'cut')
  } finally {
    clearTimeout(timer)
  }
}

function count(name: string): void {
  tally[name] = (tally[name] ?? 0) + 1
}

/** How the answer ended; rejects when it did not. */
function post(url: string, body: object, agent: Agent, signal: AbortSignal): Promise<string> {
  const headers = { authorization: `Bearer ${CALLER_KEY}`, 'content-type': 'application/json' }
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const read = (response: IncomingMessage): void => {
    const { statusCode } = response
    const isStream = response.headers['content-type']?.startsWith('text/event-stream')
    let last = ''
    response.setEncoding('utf8').on('data', (piece: string) => {
      last = (last + piece).slice(-LONGEST_ENDING)
    })
    response.once('error', reject)
    response.once('end', () => {
      const outcome = isStream && !ENDING.test(last) ? 'cut' : 'ok'
      resolve(statusCode === 200 ? outcome : `status ${statusCode}`)
    })
  }
  const outgoing = request(url, { method: 'POST', headers, agent, signal }, read)
  outgoing.once('error', reject)
  outgoing.end(JSON.stringify(body))
  return promise
}

function takeTally(): Tally {
  const taken = tally
  tally = {}
  return taken
}

answerQuestions({
  start(load: Load): void {
    over = new AbortController()
    running = Array.from({ length: load.users }, () => live(load))
  },
  /** No further calls; waits for those under way. */
  async stop(): Promise<Tally> {
    over.abort()
    await Promise.all(running)
    return takeTally()
  },
  /** All at once, each on a connection of its own. */
  async burst({ gateway, model, calls }: Burst): Promise<Tally> {
    const agent = new Agent()
    await Promise.all(Array.from({ length: calls }, (_, index) => ask(gateway, model, index, false, agent)))
    return takeTally()
  },
})
