import type { Event } from '../src/call/event.ts'
import { replay } from '../src/call/replay.ts'
import type { Dialect } from '../src/dialects/dialect.ts'
import { dialects } from '../src/dialects/index.ts'
import { framingOf } from '../src/relay/sse.ts'
import { median } from './measure.ts'
import { CLIENT, StreamTranslation } from './stream-translation.ts'

/** What one text-delta event costs on its way from a vendor's dialect to a client's: medians over rounds. */
export interface Pair {
  readonly vendor: string
  readonly client: string
  /** Microseconds of CPU an event, user and system, from bytes to bytes. */
  readonly cpu: number
}

/** Forms that hold no conversation: calls without a hub of their own, and bare text. */
const OTHER_FORMS: ReadonlySet<string> = new Set(['openai-plain', 'openai-completions'])

/** Text events of each stream; what a network reads at a time. */
const EVENTS = 1_000
const CHUNK = 16 * 1024

/**
 * Measures every pair of dialects in this process: the codec alone, without sockets. With the vendor's own dialect as the client's
 * it is the pass lane, on which events are cut and read (for usage) and not written.
 */
export function measurePairs(rounds: number, streams: number): Pair[] {
  const all = Object.values(dialects).filter(({ name }) => !OTHER_FORMS.has(name))
  const pairs = all.flatMap(vendor => all.map(client => ({ vendor, client, turns: [] as number[] })))
  const bytes = new Map(all.map(dialect => [dialect, streamOf(dialect)]))
  for (let round = 0; round <= rounds; round += 1) {
    for (const { vendor, client, turns } of pairs) {
      const before = process.cpuUsage()
      for (let count = 0; count < streams; count += 1) translate(vendor, client, bytes.get(vendor) as Buffer)
      const { user, system } = process.cpuUsage(before)
      // The first round warms up.
      if (round > 0) turns.push((user + system) / streams / EVENTS)
    }
  }
  return pairs.map(({ vendor, client, turns }) => ({ vendor: vendor.name, client: client.name, cpu: median(turns) }))
}

function translate(vendor: Dialect, client: Dialect, bytes: Buffer): void {
  const translation = new StreamTranslation(vendor, client)
  for (let at = 0; at < bytes.length; at += CHUNK) translation.push(bytes.subarray(at, at + CHUNK))
}

/** A stream of `EVENTS` words in the dialect, as its vendor would send it. */
export function streamOf(dialect: Dialect): Buffer {
  const writer = dialect.eventWriter(CLIENT)
  const frames = [...wordByWord().flatMap(event => writer.push(event)), ...writer.end()]
  return Buffer.from(framingOf(dialect).encode(frames))
}

function wordByWord(): Event[] {
  const text = 'token '
  const events = replay({
    id: 'answer-1',
    model: 'some-model',
    created: 1_750_000_000,
    outputs: [{ blocks: [{ type: 'text', text }], finish: { reason: 'stop' } }],
    usage: { input: 20, output: EVENTS },
  })
  return events.flatMap((event): Event[] =>
    event.type === 'delta' ? Array.from({ length: EVENTS }, () => event) : [event],
  )
}
