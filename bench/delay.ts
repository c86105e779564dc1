import { monitorEventLoopDelay } from 'node:perf_hooks'
import { dialects } from '../src/dialects/index.ts'
import { streamOf } from './pairs.ts'
import { StreamTranslation } from './stream-translation.ts'

/** How long others wait for the event loop while many streams are translated at once. */
export interface Delay {
  readonly streams: number
  /** Milliseconds beyond the loop's own resolution. */
  readonly p99: number
}

/** Bytes that a stream brings at a time: an event or two, as networks do. */
const CHUNK = 256
const RESOLUTION = 1

/** Translates so many streams of 1,000 events at once, each a chunk a turn of the loop, from Anthropic's dialect to OpenAI's. */
export async function measureDelay(streams: number): Promise<Delay> {
  const { anthropic, 'openai-chat': openaiChat } = dialects
  if (anthropic === undefined || openaiChat === undefined) throw new Error('the two dialects are always there')
  const bytes = streamOf(anthropic)
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION })
  const one = async (): Promise<void> => {
    const translation = new StreamTranslation(anthropic, openaiChat)
    for (let at = 0; at < bytes.length; at += CHUNK) {
      translation.push(bytes.subarray(at, at + CHUNK))
      await new Promise(resolve => setImmediate(resolve))
    }
  }
  await Promise.all(Array.from({ length: streams }, one))
  histogram.enable()
  await Promise.all(Array.from({ length: streams }, one))
  histogram.disable()
  return { streams, p99: Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION) }
}
