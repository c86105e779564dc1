import { setTimeout as sleep } from 'node:timers/promises'
import { type Caller, Failure, type FailureKind } from './caller.ts'
import { answerQuestions, sharedNow } from './child.ts'
import { createHttpCaller } from './http-caller.ts'
import { type PlannedCall, scheduleCalls } from './schedule.ts'
import type { Script } from './script.ts'

/** How the calls of an arm are made: by the official clients by turns, by plain HTTP, or through the queue at a Redis. */
export type ClientSettings =
  | { readonly kind: 'sdk'; readonly openai: string; readonly anthropic?: string }
  | { readonly kind: 'http'; readonly url: string; readonly model: string }
  | { readonly kind: 'queue'; readonly redis: string }

/** What came of a call. Times in ms. */
export interface Outcome {
  /** When it was due, since the start. */
  readonly at: number
  /** From then to the whole answer, or to a stream's first content. */
  readonly latency: number
  /** How it failed; absent when it succeeded. */
  readonly failure?: FailureKind
}

/** Calls before the start, so that what is measured is no program's first call. */
const WARM_UP = 20

let script: Script
let callers: readonly Caller[]

/** Loads what it needs only, so that the memory of one kind of client is not that of all. */
async function createCallers(settings: ClientSettings): Promise<Caller[]> {
  if (settings.kind === 'http') return [createHttpCaller(settings.url, settings.model)]
  if (settings.kind === 'queue') {
    const { createQueueCaller } = await import('./queue-caller.ts')
    return [createQueueCaller(settings.redis, script.deadline)]
  }
  const { createAnthropicCaller, createOpenAiCaller } = await import('./sdk-callers.ts')
  const openai = createOpenAiCaller(settings.openai)
  return settings.anthropic === undefined ? [openai] : [openai, createAnthropicCaller(settings.anthropic)]
}

async function warmUp(): Promise<void> {
  const calls = Array.from({ length: WARM_UP }, (_, index) => ({ index, at: 0, stream: index % 2 === 0 }))
  const outcomes = await Promise.all(calls.map(call => make(call, sharedNow())))
  const failed = outcomes.find(({ failure }) => failure !== undefined)
  if (failed !== undefined) throw new Error(`a call before the start failed: ${failed.failure}`)
}

/** Makes the calls of the script, each when it is due, whatever became of those before it. */
async function run(startsAt: number): Promise<Outcome[]> {
  const running: Promise<Outcome>[] = []
  for (const call of scheduleCalls(script)) {
    const wait = startsAt + call.at - sharedNow()
    // Timers drop fractions: a call would be made before it is due.
    if (wait > 0) await sleep(Math.ceil(wait))
    running.push(make(call, startsAt))
  }
  return Promise.all(running)
}

async function make(call: PlannedCall, startsAt: number): Promise<Outcome> {
  const due = startsAt + call.at
  const leaving = new AbortController()
  let timer = setTimeout(() => leaving.abort(), due + script.deadline - sharedNow())
  let answeredAt: number | undefined
  const onContent = (): void => {
    if (answeredAt !== undefined) return
    answeredAt = sharedNow()
    clearTimeout(timer)
    timer = setTimeout(() => leaving.abort(), script.streamLimit)
  }
  try {
    const caller = callers[call.index % callers.length] as Caller
    await caller(call, leaving.signal, onContent)
    const latency = (answeredAt ?? sharedNow()) - due
    // A timer that is late itself, on a busy machine, must not make a success of it.
    return { at: call.at, latency, ...(latency > script.deadline && { failure: 'late' }) }
  } catch (error) {
    const failure = leaving.signal.aborted ? 'late' : answeredAt === undefined ? kindOf(error) : 'broken'
    return { at: call.at, latency: sharedNow() - due, failure }
  } finally {
    clearTimeout(timer)
  }
}

function kindOf(error: unknown): FailureKind {
  return error instanceof Failure ? error.kind : 'network'
}

answerQuestions({
  async open(opening: { script: Script; settings: ClientSettings }): Promise<void> {
    script = opening.script
    callers = await createCallers(opening.settings)
    await warmUp()
  },
  run,
})
