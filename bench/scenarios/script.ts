import type { SimulatorOptions } from '../../src/sim/options.ts'
import { isRunning, type Span } from '../../src/sim/span.ts'

type VendorName = 'gpt' | 'claude'

/** What happens in a run, and when: the same for every arm. Times in ms since the start. */
export interface Script {
  /** What it is made for, in a sentence. */
  readonly purpose: string
  readonly seed: number
  /** Calls arrive for so long. */
  readonly length: number
  readonly callsPerSecond: number
  /** Calls arrive at `burstFactor` times the limit of one vendor. */
  readonly bursts: Span
  readonly burstFactor: number
  /** Share of the calls that ask for a stream. */
  readonly streams: number
  /** Each call must be answered within this: whole, or for a stream to its first content. */
  readonly deadline: number
  /** A stream must have ended so long after its first content. */
  readonly streamLimit: number
  /** Calls a second that each vendor takes, and how many of them at once. */
  readonly limit: number
  readonly limitBurst: number
  /** The vendors' own ways, beside the limit. */
  readonly vendors: Readonly<Record<VendorName, SimulatorOptions>>
}

/** Across regions: 300 to 500 ms, and one call in twenty takes much longer (1 % beyond 0.9 s, 0.1 % beyond 2.8 s). */
const FAR: SimulatorOptions = { latency: 300, jitter: 200, tail: { share: 0.05, shape: 2 }, tokensPerSecond: 50 }

const COMMON = {
  seed: 20_250_601,
  callsPerSecond: 75,
  burstFactor: 3,
  streams: 0.3,
  deadline: 12_000,
  streamLimit: 15_000,
  limit: 120,
  limitBurst: 30,
}

/**
 * In its outage a vendor first cuts connections, then says that it is down. A burst of half a second is over the limit by 90
 * calls, which a vendor alone works off in two seconds: the last burst before the outage has been answered when it begins.
 */
export const FULL: Script = {
  ...COMMON,
  purpose:
    'Bursts are short and frequent, as of programs that start work for many documents at once; some fall into the other troubles.',
  length: 225_000,
  bursts: { after: 4000, for: 500, every: 9000 },
  vendors: {
    gpt: {
      ...FAR,
      outages: [
        { after: 62_000, for: 10_000, how: 'cut' },
        { after: 72_000, for: 10_000, how: 'refuse' },
      ],
    },
    claude: {
      ...FAR,
      brownOuts: [{ after: 112_000, for: 20_000, errorRate: 0.2 }],
      drips: [{ after: 162_000, for: 15_000, tokensPerSecond: 2 }],
    },
  },
}

/** The same troubles with bursts that a single vendor works off in seven seconds. */
export const LONG: Script = {
  ...FULL,
  purpose:
    'Bursts are three times as long, and rarer: who does not refuse has to let some wait for up to three seconds.',
  bursts: { after: 10_000, for: 1500, every: 25_000 },
}

/** The same in a few seconds: shows that everything runs. */
export const QUICK: Script = {
  ...COMMON,
  purpose: 'All that can happen, in a few seconds.',
  length: 8000,
  bursts: { after: 1000, for: 400, every: 4000 },
  vendors: {
    gpt: {
      ...FAR,
      outages: [
        { after: 2000, for: 500, how: 'cut' },
        { after: 2500, for: 500, how: 'refuse' },
      ],
    },
    claude: {
      ...FAR,
      brownOuts: [{ after: 4000, for: 2000, errorRate: 0.2 }],
      drips: [{ after: 6000, for: 1000, tokensPerSecond: 8 }],
    },
  },
}

/** How the vendors of a run behave. Where there is only one, everything that the script holds happens to it. */
export function vendorOptions(script: Script, count: 1 | 2): SimulatorOptions[] {
  const { gpt, claude } = script.vendors
  const limits = { requestsPerSecond: script.limit, burst: script.limitBurst }
  if (count === 2) return [gpt, claude].map((vendor, index) => ({ ...vendor, ...limits, seed: script.seed + index }))
  const troubles = {
    outages: [...(gpt.outages ?? []), ...(claude.outages ?? [])],
    brownOuts: [...(gpt.brownOuts ?? []), ...(claude.brownOuts ?? [])],
    drips: [...(gpt.drips ?? []), ...(claude.drips ?? [])],
  }
  return [{ ...gpt, ...troubles, ...limits, seed: script.seed }]
}

export interface Trouble extends Span {
  readonly name: 'outage' | 'brown-out' | 'drip'
}

/** What goes wrong in the run, in the order of time; an outage in two manners is one. */
export function troublesOf({ vendors }: Script): Trouble[] {
  const named = Object.values(vendors).flatMap(({ outages = [], brownOuts = [], drips = [] }) => [
    ...joinSpans(outages).map(span => ({ ...span, name: 'outage' as const })),
    ...brownOuts.map(span => ({ ...span, name: 'brown-out' as const })),
    ...drips.map(span => ({ ...span, name: 'drip' as const })),
  ])
  return named.sort((one, other) => one.after - other.after)
}

/** Whether at that moment (ms since the start) a vendor is in an outage. */
export function isDown({ outages = [] }: SimulatorOptions, at: number): boolean {
  return outages.some(outage => isRunning(outage, at))
}

function joinSpans(spans: readonly Span[]): Span[] {
  const joined: Span[] = []
  for (const { after, for: length } of spans) {
    const last = joined.at(-1)
    if (last !== undefined && last.after + last.for === after) joined.splice(-1, 1, { ...last, for: last.for + length })
    else joined.push({ after, for: length })
  }
  return joined
}
