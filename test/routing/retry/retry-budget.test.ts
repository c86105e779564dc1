import { test } from 'node:test'
import fc from 'fast-check'
import { RetryBudget } from '../../../src/routing/retry/retry-budget.ts'

test('C5: first tries pay for second ones, at the ratio, and a floor is free', t => {
  const budget = new RetryBudget({ ratio: 0.2, minPerSecond: 1 })
  for (let call = 0; call < 100; call += 1) budget.deposit(1_000)
  const paid = Array.from({ length: 100 }, () => budget.withdraw(1_000)).filter(Boolean).length
  t.assert.equal(paid, 100 * 0.2 + 10)
})

test('what was saved is forgotten after ten seconds, and so is what was spent', t => {
  const budget = new RetryBudget({ ratio: 1, minPerSecond: 0 })
  budget.deposit(0)
  t.assert.equal(budget.withdraw(9_999), true)
  t.assert.equal(budget.withdraw(9_999), false)
  budget.deposit(12_000)
  t.assert.equal(budget.withdraw(12_000), false, 'the second try ten seconds ago still counts')
  budget.deposit(25_000)
  t.assert.equal(budget.withdraw(25_000), true)
})

test('no order of events gives more second tries in ten seconds than ratio and floor allow', t => {
  const steps = fc.array(fc.record({ after: fc.nat(1_500), retry: fc.boolean() }), { maxLength: 200 })
  fc.assert(
    fc.property(steps, events => {
      const budget = new RetryBudget({ ratio: 0.5, minPerSecond: 1 })
      const firsts: number[] = []
      const seconds: number[] = []
      let now = 0
      for (const { after, retry } of events) {
        now += after
        if (!retry) {
          budget.deposit(now)
          firsts.push(now)
        } else if (budget.withdraw(now)) {
          seconds.push(now)
        }
        const recent = (times: number[]) => times.filter(time => Math.floor(time / 1000) > Math.floor(now / 1000) - 10)
        t.assert.equal(recent(seconds).length <= 10 + 0.5 * firsts.filter(time => time > now - 20_000).length, true)
      }
    }),
  )
})
