import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../../src/sim/random.ts'
import { startSimulator } from '../../src/sim/simulator.ts'
import { answerQuestions } from '../scenarios/child.ts'

/** As in the load test. */
const PACE = { latency: 300, jitter: 200, tokensPerSecond: 50 }
/** A stream is cut after so many of the pieces in which it arrives. */
const PIECES_BEFORE_CUT = 5

type Fault = (request: IncomingMessage, response: ServerResponse) => void

/** What goes wrong, by turns of equal chance. */
const FAULTS: readonly Fault[] = [refuse, fail, cut, hang]

let simulator: string
let share = 0
const random = seededRandom(1)

const FAULT_BODY = JSON.stringify({ error: { type: 'api_error', message: 'The soak has it so.' } })

function refuse(incoming: IncomingMessage, response: ServerResponse): void {
  incoming.resume()
  response.writeHead(429, { 'content-type': 'application/json', 'retry-after-ms': '20' }).end(FAULT_BODY)
}

async function fail(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  incoming.resume()
  await sleep(PACE.latency)
  response.writeHead(500, { 'content-type': 'application/json' }).end(FAULT_BODY)
}

/** Cuts the connection in the midst of a stream, or under the only piece of a whole answer. */
function cut(incoming: IncomingMessage, response: ServerResponse): void {
  pass(incoming, response, answer => {
    let left = answer.headers['content-type']?.startsWith('text/event-stream') ? PIECES_BEFORE_CUT : 1
    answer.on('data', () => {
      left -= 1
      if (left === 0) response.destroy()
    })
  })
}

/** Says nothing until the gateway leaves. */
function hang(incoming: IncomingMessage): void {
  incoming.resume()
}

/** Lets the simulator answer; `onAnswer` is shown the answer before anything of it is passed on. */
function pass(incoming: IncomingMessage, response: ServerResponse, onAnswer?: (answer: IncomingMessage) => void): void {
  const { method, url, headers } = incoming
  const outgoing = request(simulator + url, { method, headers }, answer => {
    // What the simulator announces of its connections is not true of ours: the gateway would keep unused ones for so long.
    const { connection: _, 'keep-alive': __, ...kept } = answer.headers
    response.writeHead(answer.statusCode ?? 502, kept)
    onAnswer?.(answer)
    answer.pipe(response)
  })
  outgoing.on('error', () => response.destroy())
  response.once('close', () => outgoing.destroy())
  incoming.pipe(outgoing)
}

function take(incoming: IncomingMessage, response: ServerResponse): void {
  const fails = incoming.method === 'POST' && random() < share
  const fault = fails ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined
  if (fault === undefined) pass(incoming, response)
  else fault(incoming, response)
}

answerQuestions({
  /** Starts; returns where. */
  async open(): Promise<string> {
    simulator = (await startSimulator(PACE)).url
    // An idle connection is announced to close after so long: the soak ends with none.
    const server = createServer({ keepAliveTimeout: 3000 }, take).listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  },
  /** From now on so many of the calls go wrong, 0 to 1. */
  setFaults(value: number): void {
    share = value
  },
})
