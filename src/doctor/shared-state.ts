import type { Redis } from 'ioredis'
import { LimitScripts } from '../limits/limit-scripts.ts'
import { KEY_PREFIX } from '../limits/open.ts'
import { connectRedis } from '../redis/connect.ts'
import { isReply, reasonOf } from '../redis/link.ts'
import { type Answer, type Finding, ok, problem, warning } from './finding.ts'

const ANSWER_LIMIT = 3_000
/** Of so many questions the quickest counts: one may have met with a hiccup. */
const QUESTIONS = 3

interface SharedState {
  readonly slotTtl: number
  readonly timeout: number
}

/** Whether Redis answers in time, and does for us what the limits need: writing, and running scripts. Durations in ms, as configured. */
export async function checkSharedState(url: string, { slotTtl, timeout }: SharedState): Promise<Answer> {
  const client = await connectRedis(url, KEY_PREFIX)
  try {
    await connected(client)
    await new LimitScripts(client, slotTtl).probe()
    const [seconds, microseconds] = await client.time()
    const date = Number(seconds) * 1000 + Number(microseconds) / 1000
    const skew = Date.now() - date
    return { finding: await checkSpeed(() => client.time(), timeout), skew }
  } catch (error) {
    return { finding: problem('redis', explain(error)), skew: undefined }
  } finally {
    client.disconnect()
  }
}

/** Whether a question takes well less than the `timeout` (ms) of requests: a Redis that is slower is never used. */
export async function checkSpeed(ask: () => Promise<unknown>, timeout: number): Promise<Finding> {
  let quickest = Infinity
  for (let count = 0; count < QUESTIONS; count += 1) {
    const began = performance.now()
    await ask()
    quickest = Math.min(quickest, performance.now() - began)
  }
  const said = `answers in ${quickest.toFixed(1)} ms, and runs the scripts of the limits`
  if (quickest < timeout / 2) return ok('redis', said)
  return warning(
    'redis',
    `${said}; requests wait for ${timeout} ms (state.timeout): have it nearer, or them wait longer`,
  )
}

/** Rejects at the first error, where the client itself would go on trying. */
function connected(client: Redis): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer')), ANSWER_LIMIT)
    client.once('ready', () => {
      clearTimeout(timer)
      resolve()
    })
    client.on('error', error => {
      clearTimeout(timer)
      reject(error)
    })
  })
}

/** Never holds the address, which may hold a password. */
function explain(error: unknown): string {
  const reason = reasonOf(error)
  if (!isReply(error)) return `cannot be reached (${reason}): check state.redis, and that it runs`
  if (reason === 'NOAUTH' || reason === 'WRONGPASS') return `refuses the password (${reason}): check state.redis`
  return `does not let us write and run scripts (${reason}): allow EVAL, EVALSHA, TIME and the keys ${KEY_PREFIX}*`
}
