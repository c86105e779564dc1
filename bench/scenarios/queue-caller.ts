import { Redis } from 'ioredis'
import { type Caller, Failure, type FailureKind } from './caller.ts'
import { sharedNow } from './child.ts'
import { type Batch, CALLS, fieldsOf, REPLIES } from './queue.ts'

interface Waiting {
  onContent(piece: string): void
  resolve(): void
  reject(failure: Failure): void
}

/** A client of the queue: puts a call in, and waits for what the worker sends back. `deadline` in ms. */
export function createQueueCaller(url: string, deadline: number): Caller {
  const [writer, reader] = [new Redis(url, { enableAutoPipelining: true }), new Redis(url)]
  const waiting = new Map<number, Waiting>()
  void readReplies(reader, waiting)
  return (call, signal, onContent) =>
    new Promise<void>((resolve, reject) => {
      waiting.set(call.index, { onContent, resolve, reject })
      signal.addEventListener('abort', () => reject(new Failure('late')), { once: true })
      const fields = ['call', JSON.stringify(call), 'expires', String(sharedNow() + deadline)]
      writer.xadd(CALLS, '*', ...fields).catch(() => reject(new Failure('network')))
    }).finally(() => waiting.delete(call.index))
}

async function readReplies(reader: Redis, waiting: ReadonlyMap<number, Waiting>): Promise<void> {
  for (let last = '0'; ; ) {
    const batch = (await reader.xread('COUNT', 1000, 'BLOCK', 0, 'STREAMS', REPLIES, last)) as Batch
    for (const entry of batch?.[0]?.[1] ?? []) {
      last = entry[0]
      const { index, piece, failure } = fieldsOf(entry)
      const caller = waiting.get(Number(index))
      if (piece !== undefined) caller?.onContent(piece)
      else if (failure !== undefined) caller?.reject(new Failure(failure as FailureKind))
      else caller?.resolve()
    }
  }
}
