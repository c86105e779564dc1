import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interpolate } from '../../src/config/interpolate.ts'

const VARIABLES = { NAME: 'value', EMPTY: '', NESTED: '${' + 'NAME}' }
const reference = (inner: string): string => `\${${inner}}`

test('a reference is replaced wherever it stands in the text', () => {
  const { text, unresolved } = interpolate(`a ${reference('NAME')}-${reference('NAME')} b`, VARIABLES)
  assert.deepEqual([text, unresolved], ['a value-value b', []])
})

test('the default stands in for a variable that is unset or empty', () => {
  for (const name of ['UNSET', 'EMPTY']) {
    assert.equal(interpolate(reference(`${name}:-other`), VARIABLES).text, 'other')
    assert.equal(interpolate(reference(`${name}:-`), VARIABLES).text, '')
  }
  assert.equal(interpolate(reference('NAME:-other'), VARIABLES).text, 'value')
})

test('two dollars keep the reference as it is', () => {
  assert.equal(interpolate(`$${reference('NAME')}`, VARIABLES).text, reference('NAME'))
})

test('a replaced value is not looked at again', () => {
  assert.equal(interpolate(reference('NESTED'), VARIABLES).text, reference('NAME'))
})

test('a variable that is unset or empty and has no default is named', () => {
  const { unresolved } = interpolate(`${reference('UNSET')} ${reference('EMPTY')}`, VARIABLES)
  assert.match(unresolved[0]?.message ?? '', /^variable UNSET is not set/)
  assert.match(unresolved[1]?.message ?? '', /^variable EMPTY is empty/)
})

test('what only begins like a reference is refused', () => {
  for (const text of ['${' + 'NAME', reference('NAME-other'), reference('1X'), reference('')]) {
    assert.match(interpolate(text, VARIABLES).unresolved[0]?.message ?? '', /^malformed reference/, text)
  }
})

test('a lone dollar is text', () => {
  assert.equal(interpolate('$5 $NAME $', VARIABLES).text, '$5 $NAME $')
})

test('a name from the prototype of objects is no variable', () => {
  assert.equal(interpolate(reference('constructor:-x'), VARIABLES).text, 'x')
})
