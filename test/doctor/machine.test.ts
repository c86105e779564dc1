import { type TestContext, test } from 'node:test'
import { checkClock, checkDescriptors, checkNode } from '../../src/doctor/machine.ts'

test('a Node that is too old is a problem', (t: TestContext) => {
  t.assert.equal(checkNode('20.19.2').verdict, 'problem')
  t.assert.equal(checkNode('24.0.0').verdict, 'ok')
  t.assert.equal(checkNode('26.1.0').verdict, 'ok')
})

test('few file descriptors are a warning that says how to have more; a system that does not tell is none', (t: TestContext) => {
  const limits = (most: string): string =>
    `Limit  Soft Limit  Hard Limit  Units\nMax open files  ${most}  4096  files\n`
  const { verdict, words } = checkDescriptors(limits('1024'))
  t.assert.equal(verdict, 'warning')
  t.assert.match(words, /1024.*ulimit -n/)
  t.assert.equal(checkDescriptors(limits('65536')).verdict, 'ok')
  t.assert.equal(checkDescriptors(limits('unlimited')).verdict, 'ok')
  t.assert.equal(checkDescriptors(undefined).verdict, 'ok')
})

test('a clock is judged by the median of the others, of which one may be wrong', (t: TestContext) => {
  t.assert.equal(checkClock([]).verdict, 'ok')
  t.assert.equal(checkClock([900, -100]).verdict, 'ok')
  t.assert.equal(checkClock([0, 3_600_000, 500]).verdict, 'ok')
  const ahead = checkClock([10_000, 11_000, 10_500])
  t.assert.equal(ahead.verdict, 'warning')
  t.assert.match(ahead.words, /11 s ahead of/)
  const behind = checkClock([-300_000])
  t.assert.equal(behind.verdict, 'problem')
  t.assert.match(behind.words, /300 s behind .*NTP/)
})
