import { createHash } from 'node:crypto'
import { isReply } from '../redis/link.ts'
import { TOLERANCE_MS } from './bucket.ts'

/** The part of a Redis client that a script needs. */
export interface ScriptClient {
  evalsha(sha: string, keyCount: number, ...rest: (string | number)[]): Promise<unknown>
  eval(script: string, keyCount: number, ...rest: (string | number)[]): Promise<unknown>
}

/** One run of the script: times in ms of refill, and whether `costMs` is taken even when the bucket cannot pay. */
export interface ScriptCall {
  readonly key: string
  readonly windowMs: number
  readonly costMs: number
  readonly always: boolean
}

/** Takes nothing, but needs all that a take needs: the script, and leave to write. */
export const PROBE: ScriptCall = { key: 'probe', windowMs: 1, costMs: 0, always: false }

/** How the bucket stands afterwards. */
export interface ScriptAnswer {
  readonly allowed: boolean
  readonly untilFullMs: number
}

/**
 * The arithmetic of MemoryBuckets in one atomic step, on the server's clock, so that gateways whose clocks differ agree. Its
 * time counts from 2025: nearer to zero, the fractions of a ms that many small takes add up keep their digits. A key vanishes
 * when its bucket is full.
 */
const SCRIPT = `
local window, cost, always = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local time = redis.call('TIME')
local now = (time[1] - 1735689600) * 1000 + time[2] / 1000
local full_at = tonumber(redis.call('GET', KEYS[1]) or now)
local before = math.max(0, full_at - now)
local after = before + cost
if after > window + ${TOLERANCE_MS} and not always then
  return { 0, string.format('%.17g', before) }
end
if after > 0 then
  redis.call('SET', KEYS[1], string.format('%.17g', now + after), 'PX', string.format('%.0f', math.ceil(after)))
else
  redis.call('DEL', KEYS[1])
end
return { 1, string.format('%.17g', after) }
`

const SHA = createHash('sha1').update(SCRIPT).digest('hex')

/** Runs the script by its digest, and by its text where Redis does not know the digest or a proxy before it blocks EVALSHA. */
export class BucketScript {
  readonly #client: ScriptClient
  #byText = false

  constructor(client: ScriptClient) {
    this.#client = client
  }

  /** Rejects with the client's error when Redis is away or refuses. */
  async run({ key, windowMs, costMs, always }: ScriptCall): Promise<ScriptAnswer> {
    const [allowed, untilFullMs] = (await this.#evaluate([key, windowMs, costMs, always ? 1 : 0])) as [number, string]
    return { allowed: allowed === 1, untilFullMs: Number(untilFullMs) }
  }

  async #evaluate(values: (string | number)[]): Promise<unknown> {
    if (this.#byText) return this.#client.eval(SCRIPT, 1, ...values)
    try {
      return await this.#client.evalsha(SHA, 1, ...values)
    } catch (error) {
      if (!isReply(error)) throw error
      const answer = await this.#client.eval(SCRIPT, 1, ...values)
      // EVAL has taught a Redis that only did not know the script; whoever refuses EVALSHA itself will go on refusing it.
      this.#byText = !error.message.startsWith('NOSCRIPT')
      return answer
    }
  }
}
