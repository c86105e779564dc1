import { test } from 'node:test'
import { Cooldown } from '../../../src/routing/breaker/cooldown.ts'

test('lasts as long as it was told', t => {
  const cooldown = new Cooldown()
  t.assert.equal(cooldown.remaining(0), 0)
  cooldown.extend(1_000, 30_000)
  t.assert.equal(cooldown.remaining(1_000), 30_000)
  t.assert.equal(cooldown.remaining(30_999), 1)
  t.assert.equal(cooldown.remaining(31_000), 0)
})

test('C4: a longer new time extends it, a shorter one does not end it', t => {
  const cooldown = new Cooldown()
  cooldown.extend(0, 30_000)
  cooldown.extend(1_000, 2_000)
  t.assert.equal(cooldown.remaining(1_000), 29_000)
  cooldown.extend(1_000, 60_000)
  t.assert.equal(cooldown.remaining(1_000), 60_000)
})
