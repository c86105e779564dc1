import type { Readable } from 'node:stream'
import { Agent, request } from 'undici'
import { Cancelled } from '../errors.ts'
import type { WorkerProcess } from './worker-process.ts'

/** Of its own: the global one goes to a proxy where the environment names one, and would show it the key. */
const dispatcher = new Agent()

export interface Asked {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Readable & { json(): Promise<unknown>; dump(): Promise<void> }
}

/**
 * Asks a worker by its own ops listener; `target` is a path with its query. Waits as long as `signal` lets it: a profile takes its time.
 * Rejects where the worker does not answer, with Cancelled once `signal` has fired.
 */
export async function askWorker(
  { listening }: Pick<WorkerProcess, 'listening'>,
  opsKey: string,
  target: string,
  signal: AbortSignal,
): Promise<Asked> {
  if (listening === undefined) throw new Error('this worker does not answer')
  const options = {
    dispatcher,
    headers: { authorization: `Bearer ${opsKey}` },
    signal,
    headersTimeout: 0,
    bodyTimeout: 0,
  }
  try {
    const { statusCode, headers, body } = await request(listening.opsUrl + target, options)
    return { status: statusCode, headers, body }
  } catch (cause) {
    throw signal.aborted ? Cancelled({ cause }) : cause
  }
}
