import type { TestContext } from 'node:test'
import { Client } from '../journey/client.ts'
import { asked, CHAT } from '../journey/setup.ts'
import { addressesOf, type Started, startProcess } from './sluice.ts'

/** A gateway of several processes. */
export interface Crew {
  readonly primary: Started
  readonly url: string
  readonly opsUrl: string
  /** The process ids of both workers. */
  readonly pids: readonly number[]
  /** A call on a connection of its own, which the workers are given in turn. */
  call(members?: object, headers?: Record<string, string>): Client
  /** What an ops route says. */
  ops(path: string): Promise<string>
  /** The value of a metric, by its name and labels as they are written. */
  metric(series: string): Promise<number>
}

/** Starts a gateway of two workers on this configuration and waits until it is ready; ends with the test. */
export async function startCrew(
  t: TestContext,
  text: string,
  {
    opsHeaders = {},
    files = {},
    environment = {},
  }: { opsHeaders?: Record<string, string>; files?: Record<string, string>; environment?: Record<string, string> } = {},
): Promise<Crew> {
  const primary = startProcess(t, [], {
    files: { 'sluice.yaml': text, ...files },
    environment: { WORKERS: '2', ...environment },
  })
  const { url, opsUrl } = await addressesOf(primary)
  await primary.wrote(/(?:"msg":"listening"[\s\S]*){2}/)
  const ops = async (path: string) => (await fetch(opsUrl + path, { headers: opsHeaders })).text()
  return {
    primary,
    url,
    opsUrl,
    pids: linesOf(primary, 'listening').map(({ pid }) => pid),
    call: (members, headers = {}) => new Client(url + CHAT, asked(members), headers),
    ops,
    async metric(series) {
      const line = (await ops('/metrics')).split('\n').find(text => text.startsWith(`${series} `))
      return Number(line?.slice(series.length))
    },
  }
}

/** The statuses of so many calls, one after the other. */
export async function statusesOf(crew: Crew, count: number, headers?: Record<string, string>): Promise<number[]> {
  const statuses = []
  for (let index = 0; index < count; index += 1) {
    const call = crew.call({}, headers)
    statuses.push((await call.head()).status)
    await call.over()
  }
  return statuses
}

interface Line {
  readonly pid: number
  /** Of the request, where the line is about one. */
  readonly id?: string
}

/** The log lines that have this message. */
export function linesOf({ stdout }: Started, message: string): Line[] {
  const lines = stdout.split('\n').filter(line => line.endsWith(`"msg":"${message}"}`))
  return lines.map(line => JSON.parse(line) as Line)
}
