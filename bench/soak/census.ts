import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { residentMemory } from '../processes.ts'
import type { Child } from '../scenarios/child.ts'
import type { Inside } from './probe.ts'
import { openOf } from './sockets.ts'

/** What there is of everything that could have been left behind, at one moment. */
export interface Census {
  /** Bytes that live on the heap after a full garbage collection. */
  readonly heap: number
  /** MiB. */
  readonly resident: number
  readonly descriptors: number
  readonly fromClients: number
  readonly toVendors: number
  readonly timers: number
  /** Whatever keeps the event loop going, timers among it. */
  readonly resources: number
  readonly listeners: number
  readonly warnings: number
  /** `sluice_inflight`. */
  readonly inflight: number
  readonly queued: number
  readonly breakers: number
  /** Time series at /metrics. */
  readonly series: number
  /** Keys of limits in Redis: a slot that is held, or a bucket that is not full. */
  readonly limitKeys: number
}

export interface Counted {
  readonly gateway: Child
  readonly ports: { readonly gateway: number; readonly ops: number; readonly vendors: number }
  readonly redis: string
}

/** A health check or a scrape may be under way at any one moment: of several looks the least of each counts. */
const LOOKS = 10
const APART = 1000

/** Counts what there is without load. */
export async function takeCensus(counted: Counted): Promise<Census> {
  let least = await look(counted)
  for (let index = 1; index < LOOKS; index += 1) {
    await sleep(APART)
    const next = await look(counted)
    const entries = Object.entries(next) as [keyof Census, number][]
    least = Object.fromEntries(
      entries.map(([name, value]) => [name, Math.min(value, least[name])]),
    ) as unknown as Census
  }
  return least
}

async function look({ gateway, ports, redis }: Counted): Promise<Census> {
  const inside = await gateway.ask<Inside>('look')
  const { descriptors, fromClients, toVendors } = openOf(gateway.pid, ports.gateway, ports.vendors)
  const series = await readSeries(ports.ops)
  const named = (name: string): number[] => series.filter(line => line.name === name).map(line => line.value)
  return {
    heap: inside.heap,
    resident: residentMemory(gateway.pid),
    descriptors,
    fromClients,
    toVendors,
    timers: inside.resources.Timeout ?? 0,
    resources: sum(Object.values(inside.resources)),
    listeners: inside.listeners,
    warnings: sum(Object.values(inside.warnings)),
    inflight: sum(named('sluice_inflight')),
    queued: sum(named('sluice_queue_depth')),
    breakers: named('sluice_breaker_state').length,
    series: series.length,
    limitKeys: await countLimitKeys(redis),
  }
}

export interface Series {
  readonly name: string
  /** `result="applied"`; empty without any. */
  readonly labels: string
  readonly value: number
}

/** The series of /metrics. */
export async function readSeries(opsPort: number): Promise<Series[]> {
  // A connection that is kept for the next look would be counted as one that the gateway keeps.
  const headers = { connection: 'close' }
  const text = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`, { headers })).text()
  return [...text.matchAll(/^([a-z_]\w*)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = '', labels = '', value]) => ({
    name,
    labels,
    value: Number(value),
  }))
}

async function countLimitKeys(url: string): Promise<number> {
  const redis = new Redis(url)
  try {
    return (await redis.keys('sluice:limit:*')).length
  } finally {
    redis.disconnect()
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
