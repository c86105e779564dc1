import { test } from 'node:test'
import { holdFixed } from '../../src/config/fixed.ts'
import { load, SIM } from './helper.ts'

const CALLER = 'keys: [ { name: caller, key: key-of-the-caller } ]\n'

test('what a restart alone can change stays as it was, and is named where it should be other', t => {
  const started = load(`${SIM}listen: { port: 1 }\nlog: { level: warn }\n`)
  const { config, restart } = holdFixed(started, load(`${SIM}${CALLER}listen: { port: 2 }\nlog: { level: warn }\n`))
  t.assert.deepEqual(restart, ['listen'])
  t.assert.equal(config.listen.port, 1)
  t.assert.equal(config.keys.length, 1)
})

test('E1: a gateway that others can reach is not opened by a file that wants it on loopback', t => {
  const started = load(`${SIM}${CALLER}listen: { host: 0.0.0.0 }\n`)
  t.assert.throws(() => holdFixed(started, load(SIM)), /^ConfigError: keys: to have none must wait for the restart/)
  t.assert.doesNotThrow(() => holdFixed(load(SIM), load(SIM)))
})

test('E1: the key of the ops listener does not become the key of a caller while it still opens the ops listener', t => {
  const started = load(`${SIM}ops: { key: key-of-the-caller }\n`)
  const next = load(`${SIM}${CALLER}ops: { key: another-key-of-ops }\n`)
  t.assert.throws(() => holdFixed(started, next), /^ConfigError: keys: the key of a caller must wait/)
  t.assert.throws(() => holdFixed(started, next), { message: /^(?!.*key-of).*$/ })
})
