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

/** How a process is started where it is not as this one. */
export interface Start {
  readonly args?: readonly string[]
  /** Options of Node, before the script. */
  readonly nodeOptions?: readonly string[]
  /** The whole environment. */
  readonly environment?: NodeJS.ProcessEnv
}

/** Starts a script that calls `answerQuestions`. */
export function startChild(script: string, { args = [], nodeOptions = [], environment }: Start = {}): Child {
  const child = fork(script, args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [...nodeOptions],
    env: environment ?? process.env,
  })
  return {
    pid: child.pid as number,
    async ask<T>(name: string, value?: unknown) {
      const answer = await exchange(child, script, { name, value })
      if ('error' in answer) throw new Error(`${script}: ${answer.error}`)
      return answer.value as T
    },
    [Symbol.asyncDispose]: () => stop(child),
  }
}

async function exchange(child: ChildProcess, script: string, question: Question): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const end = (code: number | null): void => reject(new Error(`${script} ended with code ${code} instead of answering`))
  child.once('message', resolve)
  child.once('exit', end)
  try {
    child.send(question)
    return await promise
  } finally {
    child.off('message', resolve)
    child.off('exit', end)
  }
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
