import { type Profiler, Session } from 'node:inspector/promises'
import { setTimeout } from 'node:timers/promises'
import { type Frame, PprofProfile } from './pprof.ts'

/** Between two looks at the stack, microseconds: V8's own default, which no measurement of ours could see. */
const INTERVAL = 1000

/** Nothing runs while the event loop waits, so it is no use of the processor. */
const IDLE = '(idle)'

/** Watches the processor for `duration` ms; returns a gzipped pprof profile. Throws an AbortError when `signal` fires before. */
export async function recordCpu(duration: number, signal: AbortSignal): Promise<Buffer> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: INTERVAL })
    await session.post('Profiler.start')
    await setTimeout(duration, undefined, { signal })
    const { profile } = await session.post('Profiler.stop')
    return await toPprof(profile)
  } finally {
    // Also stops the profiler.
    session.disconnect()
  }
}

function toPprof(profile: Profiler.Profile): Promise<Buffer> {
  const pprof = new PprofProfile({
    measures: [
      ['samples', 'count'],
      ['cpu', 'nanoseconds'],
    ],
    shown: 'cpu',
    period: INTERVAL * 1000,
    periodMeasure: ['cpu', 'nanoseconds'],
    duration: (profile.endTime - profile.startTime) / 1000,
  })
  const times = timesOf(profile)
  const parents = parentsOf(profile.nodes)
  for (const node of profile.nodes) {
    const { callFrame, hitCount = 0, positionTicks = [] } = node
    if (hitCount === 0 || callFrame.functionName === IDLE) continue
    const perHit = (times.get(node.id) ?? 0) / hitCount
    const stack = stackOf(node, parents)
    for (const { line, ticks } of positionTicks) pprof.add(stack, [ticks, ticks * perHit], line)
    const rest = positionTicks.reduce((left, { ticks }) => left - ticks, hitCount)
    if (rest > 0) pprof.add(stack, [rest, rest * perHit])
  }
  return pprof.encode()
}

/** Nanoseconds of each node; a sample stands for the time since the one before it. */
function timesOf({ samples = [], timeDeltas = [] }: Profiler.Profile): Map<number, number> {
  const times = new Map<number, number>()
  for (const [index, id] of samples.entries()) {
    times.set(id, (times.get(id) ?? 0) + Math.max(0, timeDeltas[index] ?? 0) * 1000)
  }
  return times
}

function parentsOf(nodes: readonly Profiler.ProfileNode[]): Map<number, Profiler.ProfileNode> {
  return new Map(nodes.flatMap(node => (node.children ?? []).map(child => [child, node] as const)))
}

/** From the node outwards; the root is no function. */
function stackOf(node: Profiler.ProfileNode, parents: ReadonlyMap<number, Profiler.ProfileNode>): Frame[] {
  const stack: Frame[] = []
  for (let at = node; ; ) {
    const parent = parents.get(at.id)
    if (parent === undefined) return stack
    stack.push(at.callFrame)
    at = parent
  }
}
