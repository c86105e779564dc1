import type { Redis } from 'ioredis'
import { LimitScripts } from '../limits/limit-scripts.ts'
import { KEY_PREFIX } from '../limits/open.ts'
import { connectRedis } from '../redis/connect.ts'
import { isReply, reasonOf } from '../redis/link.ts'
import { type Answer, ok, problem } from './finding.ts'

const ANSWER_LIMIT = 3_000

/** Whether Redis answers, and does for us what the limits need: writing, and running scripts. `slotTtl` in ms, as configured. */
export async function checkSharedState(url: string, slotTtl: number): Promise<Answer> {
  const client = await connectRedis(url, KEY_PREFIX)
  try {
    await connected(client)
    await new LimitScripts(client, slotTtl).probe()
    const [seconds, microseconds] = await client.time()
    const date = Number(seconds) * 1000 + Number(microseconds) / 1000
    return { finding: ok('redis', 'answers, and runs the scripts of the limits'), skew: Date.now() - date }
  } catch (error) {
    return { finding: problem('redis', explain(error)), skew: undefined }
  } finally {
    client.disconnect()
  }
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
