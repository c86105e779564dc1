import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RedisScript, type ScriptClient } from '../../src/limits/redis-script.ts'

const CALL = [['key'], [1000]] as const

/** A client that refuses EVALSHA as told and says which commands it was sent. */
function refusing(message: string, times: number): { client: ScriptClient; sent: string[] } {
  const sent: string[] = []
  const client: ScriptClient = {
    async evalsha() {
      sent.push('EVALSHA')
      if (sent.length <= times) throw Object.assign(new Error(message), { name: 'ReplyError' })
      return [1, '10']
    },
    async eval() {
      sent.push('EVAL')
      return [1, '10']
    },
  }
  return { client, sent }
}

test('the text of the script is sent once to a Redis that does not know it', async () => {
  const { client, sent } = refusing('NOSCRIPT No matching script.', 1)
  const script = new RedisScript(client, 'return 1')
  assert.deepEqual(await script.run(...CALL), [1, '10'])
  assert.deepEqual(await script.run(...CALL), [1, '10'])
  assert.deepEqual(sent, ['EVALSHA', 'EVAL', 'EVALSHA'])
})

test('C15: a proxy that blocks EVALSHA is asked for it once', async () => {
  const { client, sent } = refusing("ERR unknown command 'EVALSHA'", Number.POSITIVE_INFINITY)
  const script = new RedisScript(client, 'return 1')
  await script.run(...CALL)
  await script.run(...CALL)
  assert.deepEqual(sent, ['EVALSHA', 'EVAL', 'EVAL'])
})

test('a connection that fails is not tried again with the text', async () => {
  const sent: string[] = []
  const client: ScriptClient = {
    evalsha: async () => Promise.reject(new Error('Connection is closed.')),
    eval: async () => sent.push('EVAL'),
  }
  await assert.rejects(new RedisScript(client, 'return 1').run(...CALL), /closed/)
  assert.deepEqual(sent, [])
})
