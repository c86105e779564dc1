import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { cpuTime, peakMemory } from '../processes.ts'

interface Question {
  readonly name: string
  readonly value: unknown
}

type Answer = { readonly value: unknown } | { readonly error: string }

/** A process of this bench that answers questions, one at a time. */
export interface Child extends AsyncDisposable {
  readonly pid: number
  /** Throws what the process says went wrong, and when it ends instead of answering. */
  ask<T>(name: string, value?: unknown): Promise<T>
}

/** Starts a script that calls `answerQuestions`. */
export function startChild(script: string): Child {
  const child = fork(script, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  return {
    pid: child.pid as number,
    async ask<T>(name: string, value?: unknown) {
      child.send({ name, value } satisfies Question)
      const [answer] = (await Promise.race([once(child, 'message'), exit(child, script)])) as [Answer]
      if ('error' in answer) throw new Error(`${script}: ${answer.error}`)
      return answer.value as T
    },
    [Symbol.asyncDispose]: () => stop(child),
  }
}

async function exit(child: ChildProcess, script: string): Promise<never> {
  const [code] = await once(child, 'exit')
  throw new Error(`${script} ended with code ${code} instead of answering`)
}

/** Ends a process that was started here, if it has not ended, and waits for it. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** In the process that was started: answers each question by the handler of its name, until the parent is gone. */
export function answerQuestions(handlers: Readonly<Record<string, (value: never) => unknown>>): void {
  process.on('message', async ({ name, value }: Question) => {
    const answer = await reply(() => handlers[name]?.(value as never))
    process.send?.(answer)
  })
  process.once('disconnect', () => process.exit())
}

async function reply(handler: () => unknown): Promise<Answer> {
  try {
    return { value: await handler() }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

/** What processes have used: CPU time (s) since their start, and the sum of the most memory (MiB) that each held. */
export interface Usage {
  readonly cpu: number
  readonly memory: number
}

export function usageOf(pids: readonly number[]): Usage {
  return {
    cpu: pids.reduce((sum, pid) => sum + cpuTime(pid), 0) / 1e6,
    memory: pids.reduce((sum, pid) => sum + peakMemory(pid), 0),
  }
}

/** Milliseconds since 1970 with fractions, on a clock that the processes of one machine share and that never goes back. */
export function sharedNow(): number {
  return performance.timeOrigin + performance.now()
}
