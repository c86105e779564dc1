import { type Call, verify } from './calls.ts'
import type { Generator, Load } from './load.ts'
import { cpuTime, peakMemory, type Running } from './processes.ts'

/** One of the programs that are compared, and the call that is made to it. */
export interface Arm {
  readonly name: string
  readonly program: Running
  /** Who answers it. */
  readonly upstream: Running
  readonly call: Call
  /** Called before each of its turns. */
  prepare?(): Promise<unknown>
}

/** How much is measured. */
export interface Effort {
  /** Requests to each arm before anything counts. */
  readonly warmUp: number
  readonly rounds: number
  /** Length of one arm's turn in a round. */
  readonly seconds: number
}

/** What an arm cost: medians over the rounds. */
export interface Row {
  readonly name: string
  /** Microseconds of CPU a request, user and system, of the program alone. */
  readonly cpu: number
  /** `cpu` by that of the first arm in the same round. */
  readonly ratio: number
  readonly lowestRatio: number
  readonly highestRatio: number
  readonly requestsPerSecond: number
  /** Latencies in ms. */
  readonly p50: number
  readonly p99: number
  /** MiB, since the program's start. */
  readonly peakMemory: number
}

interface Turn extends Load {
  readonly cpu: number
}

/**
 * Measures arms side by side; the first is the one that the others are compared with. Machines with neighbours change their
 * speed from second to second, so the arms take turns, each round begins with another one, and ratios are taken within a
 * round. Throws when an arm gives anything but 2xx answers.
 */
export async function compare(
  arms: readonly Arm[],
  stream: boolean,
  effort: Effort,
  generator: Generator,
): Promise<Row[]> {
  for (const arm of arms) await verify(arm.name, arm.call, stream)
  for (const arm of arms) await warmUp(arm, effort, generator)
  const rounds: Map<Arm, Turn>[] = []
  for (let round = 0; round < effort.rounds; round += 1) {
    const turns = new Map<Arm, Turn>()
    for (const arm of rotate(arms, round)) turns.set(arm, await takeTurn(arm, effort.seconds, generator))
    rounds.push(turns)
  }
  for (const arm of arms) await verify(arm.name, arm.call, stream)
  return arms.map(arm => summarise(arm, arms[0] as Arm, rounds))
}

async function warmUp(arm: Arm, { warmUp, seconds }: Effort, generator: Generator): Promise<void> {
  for (let requests = 0; requests < warmUp; ) requests += (await takeTurn(arm, seconds, generator)).requests
}

async function takeTurn(arm: Arm, seconds: number, generator: Generator): Promise<Turn> {
  const { name, program, upstream, call } = arm
  await arm.prepare?.()
  const before = cpuTime(program.pid)
  const load = await generator.load(call, seconds)
  for (const [part, process] of Object.entries({ program, upstream })) {
    const ended = process.ended()
    if (ended !== undefined) throw new Error(`${name}: the ${part} ${ended} under load`)
  }
  const used = cpuTime(program.pid) - before
  if (load.failures > 0 || load.requests === 0) {
    throw new Error(`${name}: ${load.failures} of its answers were no 2xx, ${load.requests} were counted; no figures`)
  }
  return { ...load, cpu: used / load.requests }
}

function rotate<T>(items: readonly T[], by: number): T[] {
  const first = by % items.length
  return [...items.slice(first), ...items.slice(0, first)]
}

function summarise(arm: Arm, reference: Arm, rounds: readonly ReadonlyMap<Arm, Turn>[]): Row {
  const turns = rounds.map(round => round.get(arm) as Turn)
  const ratios = rounds.map(round => (round.get(arm) as Turn).cpu / (round.get(reference) as Turn).cpu)
  return {
    name: arm.name,
    cpu: median(turns.map(({ cpu }) => cpu)),
    ratio: median(ratios),
    lowestRatio: Math.min(...ratios),
    highestRatio: Math.max(...ratios),
    requestsPerSecond: median(turns.map(({ requests, seconds }) => requests / seconds)),
    p50: median(turns.map(({ p50 }) => p50)),
    p99: median(turns.map(({ p99 }) => p99)),
    peakMemory: peakMemory(arm.program.pid),
  }
}

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}
