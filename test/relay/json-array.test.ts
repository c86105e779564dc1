import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JsonArrayStream, jsonArrayOf } from '../../src/relay/json-array.ts'

/** What the client of an array reads when these pieces of an event stream are written. */
function arrayOf(...pieces: (string | Buffer)[]): string {
  let read = ''
  const client = new JsonArrayStream({
    write: chunk => {
      read += chunk
    },
    end: () => {
      read += '|'
    },
  })
  for (const piece of pieces) client.write(piece)
  client.end()
  return read
}

test('the data of each event is an element, sent when it comes', () => {
  assert.equal(
    arrayOf('data: {"a":1}\n\n', 'data: {"a":2}\r\n\r\ndata: {"a":3}\n\n'),
    '[{"a":1},\r\n{"a":2},\r\n{"a":3}]\n|',
  )
})

test('comments and the border of a chunk inside of a letter leave no trace', () => {
  const bytes = Buffer.from('data: {"a":"ß"}\n\n')
  assert.equal(arrayOf(': hello\n\n', bytes.subarray(0, 13), bytes.subarray(13)), '[{"a":"ß"}]\n|')
})

test('a stream without events is an empty array', () => {
  assert.equal(arrayOf(), '[]\n|')
})

test('a whole stream becomes the array that it would have been, piece by piece', () => {
  const events = 'data: {"a":1}\n\ndata: {"a":2}\n\n'
  assert.equal(`${jsonArrayOf(Buffer.from(events))}|`, arrayOf(events))
})
