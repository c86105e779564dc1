/** Preloaded into the gateway (`node --import`), whose code knows nothing of it: answers what only the process itself can see. */
import { answerQuestions } from '../scenarios/child.ts'

export interface Inside {
  /** Bytes that live, after a full garbage collection. */
  readonly heap: number
  /** What keeps the event loop going, by kind: timers, sockets, servers, watched files. */
  readonly resources: Readonly<Record<string, number>>
  /** Listeners of the process itself. */
  readonly listeners: number
  /** Warnings since the start, such as that of too many listeners, by name. */
  readonly warnings: Readonly<Record<string, number>>
}

/** What is freed by the finalizers of one collection only the next one takes. */
const COLLECTIONS = 3

const warnings: Record<string, number> = {}

process.on('warning', ({ name }) => {
  warnings[name] = (warnings[name] ?? 0) + 1
})

async function look(): Promise<Inside> {
  for (let index = 0; index < COLLECTIONS; index += 1) {
    globalThis.gc?.()
    await new Promise(setImmediate)
  }
  const resources: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  return { heap: process.memoryUsage().heapUsed, resources, listeners, warnings }
}

answerQuestions({ look })
