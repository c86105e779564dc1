import { createHash } from 'node:crypto'
import { isReply } from '../redis/link.ts'

/** The part of a Redis client that a script needs. */
export interface ScriptClient {
  evalsha(sha: string, keyCount: number, ...rest: (string | number)[]): Promise<unknown>
  eval(script: string, keyCount: number, ...rest: (string | number)[]): Promise<unknown>
}

/** Runs a script by its digest, and by its text where Redis does not know the digest or a proxy before it blocks EVALSHA. */
export class RedisScript {
  readonly #client: ScriptClient
  readonly #text: string
  readonly #digest: string
  #byText = false

  constructor(client: ScriptClient, text: string) {
    this.#client = client
    this.#text = text
    this.#digest = createHash('sha1').update(text).digest('hex')
  }

  /** Rejects with the client's error when Redis is away or refuses. */
  async run(keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    if (this.#byText) return this.#client.eval(this.#text, keys.length, ...keys, ...values)
    try {
      return await this.#client.evalsha(this.#digest, keys.length, ...keys, ...values)
    } catch (error) {
      if (!isReply(error)) throw error
      const answer = await this.#client.eval(this.#text, keys.length, ...keys, ...values)
      // EVAL has taught a Redis that only did not know the script; whoever refuses EVALSHA itself will go on refusing it.
      this.#byText = !error.message.startsWith('NOSCRIPT')
      return answer
    }
  }
}
