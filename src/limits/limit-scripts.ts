import { countIn, protocolError } from '../redis/replies.ts'
import { refillMs, TOLERANCE_MS } from './bucket.ts'
import { type Demand, isSlot } from './demand.ts'
import { RedisScript, type ScriptClient } from './redis-script.ts'

/** How the limits stand afterwards. */
export interface ScriptAnswer {
  /** Place of the demand that could not be met, and then nothing was taken; -1 when all were. */
  readonly refused: number
  /** In the order of the demands: ms until a bucket is full, or slots that are taken. */
  readonly levels: readonly number[]
}

/** Needs what every take needs (the script, leave to write, room for a new key), and is back in a ms. */
const PROBE: Demand = { key: 'probe', bucket: { capacity: 1, refillPerSecond: 1000 }, cost: 1, estimated: false }

/** Its time counts from 2025: nearer to zero, the fractions of a ms that many small takes add up keep their digits. */
const NOW = `
local time = redis.call('TIME')
local now = (time[1] - 1735689600) * 1000 + time[2] / 1000
local function digits(number) return string.format('%.17g', number) end
`

/**
 * The arithmetic of LocalLimits in one atomic step, on the server's clock, so that gateways whose clocks differ agree: all demands
 * are met or none. A bucket is the moment at which it is full, and vanishes then; slots are a sorted set of ids by the moment at
 * which they lapse. Three values a key: its kind, its room (ms, or slots), and its cost (ms; of a slot 1, or -1 to give it back).
 */
const TAKE = `
local always, id, ttl = ARGV[1] == '1', ARGV[2], tonumber(ARGV[3])
${NOW}
local refused, before, after = 0, {}, {}
for i, key in ipairs(KEYS) do
  local room, cost, tolerance = tonumber(ARGV[3 * i + 2]), tonumber(ARGV[3 * i + 3]), 0
  if ARGV[3 * i + 1] == 'slot' then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', digits(now))
    before[i] = redis.call('ZCARD', key)
  else
    before[i] = math.max(0, tonumber(redis.call('GET', key) or now) - now)
    tolerance = ${TOLERANCE_MS}
  end
  after[i] = before[i] + cost
  if refused == 0 and after[i] > room + tolerance and not always then refused = i end
end
local answer = { refused }
for i, key in ipairs(KEYS) do
  if refused > 0 then
    answer[i + 1] = digits(before[i])
  else
    answer[i + 1] = digits(after[i])
    if ARGV[3 * i + 1] ~= 'slot' then
      if after[i] > 0 then
        redis.call('SET', key, digits(now + after[i]), 'PX', string.format('%.0f', math.ceil(after[i])))
      else
        redis.call('DEL', key)
      end
    elseif ARGV[3 * i + 3] == '1' then
      redis.call('ZADD', key, digits(now + ttl), id)
      redis.call('PEXPIRE', key, ttl)
    else
      redis.call('ZREM', key, id)
    end
  end
end
return answer
`

/** Slots that are still held lapse later; those that Redis has lost, or never heard of while it was away, are counted again. */
const RENEW = `
${NOW}
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], digits(now + ARGV[1]), ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return #ARGV
`

/** Slots that one run of a script renews or gives back: what Redis does in a fraction of a ms. */
export const SLOTS_A_RUN = 200

const RELEASE = `return redis.call('ZREM', KEYS[1], unpack(ARGV))`

/** The scripts of the limits that several gateways share. All reject with the client's error when Redis is away or refuses. */
export class LimitScripts {
  readonly #take: RedisScript
  readonly #renew: RedisScript
  readonly #release: RedisScript
  readonly #slotTtl: number

  /** `slotTtl` (whole ms): how long a slot is held that nobody renews. */
  constructor(client: ScriptClient, slotTtl: number) {
    this.#take = new RedisScript(client, TAKE)
    this.#renew = new RedisScript(client, RENEW)
    this.#release = new RedisScript(client, RELEASE)
    this.#slotTtl = slotTtl
  }

  /** Takes all or nothing; slots are held as `id`. */
  async take(demands: readonly Demand[], id: string): Promise<ScriptAnswer> {
    return this.#run(demands, id, 1, false)
  }

  /** Gives back the costs of the demands and the slots that `id` holds; a negative cost is taken even where the bucket cannot pay. */
  async giveBack(demands: readonly Demand[], id: string): Promise<ScriptAnswer> {
    return this.#run(demands, id, -1, true)
  }

  /** Rejects where a take would. */
  async probe(): Promise<ScriptAnswer> {
    return this.#run([PROBE], '', 1, false)
  }

  /** The slots of one key that these ids hold are held for another while. */
  async renew(key: string, ids: readonly string[]): Promise<void> {
    countIn(await this.#renew.run([key], [this.#slotTtl, ...ids]))
  }

  /** Gives back the slots of one key that these ids hold; says how many did. */
  async release(key: string, ids: readonly string[]): Promise<number> {
    return countIn(await this.#release.run([key], ids))
  }

  async #run(demands: readonly Demand[], id: string, sign: 1 | -1, always: boolean): Promise<ScriptAnswer> {
    const keys: string[] = []
    const values: (string | number)[] = [always ? 1 : 0, id, this.#slotTtl]
    for (const demand of demands) {
      keys.push(demand.key)
      if (isSlot(demand)) values.push('slot', demand.slots, sign)
      else
        values.push(
          'bucket',
          refillMs(demand.bucket, demand.bucket.capacity),
          sign * refillMs(demand.bucket, demand.cost),
        )
    }
    return readAnswer(await this.#take.run(keys, values), demands.length)
  }
}

/** The reply to a take of so many demands. Throws a protocol error where it can be none. */
function readAnswer(reply: unknown, count: number): ScriptAnswer {
  if (!Array.isArray(reply) || reply.length !== count + 1) throw protocolError()
  const refused = countIn(reply[0])
  const levels = reply.slice(1).map(level => (typeof level === 'string' ? Number.parseFloat(level) : Number.NaN))
  if (refused < 0 || refused > count || !levels.every(Number.isFinite)) throw protocolError()
  return { refused: refused - 1, levels }
}
