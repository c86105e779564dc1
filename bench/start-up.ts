import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { callTo } from './calls.ts'
import { MODELS, prepareGateway } from './gateway.ts'
import { median } from './measure.ts'
import { startGateway } from './processes.ts'

const COMPLETION = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 0,
  model: 'bench-large',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})

/** Milliseconds from the spawn of `node src/server.ts` to the first 200 of /health/ready. */
export interface StartUp {
  /** With an empty compile cache, as after an installation. */
  readonly first: number
  /** Median of the starts after it. */
  readonly later: number
  /** Connections to vendors, over all starts, before the first call of each. */
  readonly connectionsBefore: number
}

/** Starts the gateway `1 + laterStarts` times. Throws when a call after the start is not answered. */
export async function measureStartUp(root: string, temporary: string, laterStarts: number): Promise<StartUp> {
  await using vendor = await startVendor()
  const cache = mkdtempSync(join(temporary, 'start-up-'))
  const times: number[] = []
  let connectionsBefore = 0
  for (let start = 0; start <= laterStarts; start += 1) {
    const seen = vendor.connections()
    const started = await startGateway(await prepareGateway(root, vendor.url, cache))
    await using gateway = started.gateway
    times.push(started.ms)
    connectionsBefore += vendor.connections() - seen
    await callOnce(gateway.url)
    if (vendor.connections() === seen + connectionsBefore) throw new Error('the first call reached no vendor')
  }
  const [first = Number.NaN, ...later] = times
  return { first, later: median(later), connectionsBefore }
}

/** Counts connections, and answers every call. */
async function startVendor() {
  let connections = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(COMPLETION))
  })
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function callOnce(origin: string): Promise<void> {
  const { url, headers, body } = callTo(origin, MODELS.pass, false)
  const response = await fetch(url, { method: 'POST', headers, body })
  await response.arrayBuffer()
  if (response.status !== 200) throw new Error(`the first call after the start was answered ${response.status}`)
}
