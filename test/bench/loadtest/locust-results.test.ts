import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readCsv } from '../../../bench/loadtest/csv.ts'
import { readFailures, readHistory, readStats } from '../../../bench/loadtest/locust-results.ts'

suite('CSV', () => {
  test('empty cells keep their place, also the first and the last; quoted ones may hold commas and quotes', () => {
    assert.deepEqual(readCsv('a,b,c\r\n,"x, ""y""",\r\n'), [{ a: '', b: 'x, "y"', c: '' }])
  })

  test('a line that was cut off is left out', () => {
    assert.deepEqual(readCsv('a,b\n1,2\n3'), [{ a: '1', b: '2' }])
  })
})

suite("Locust's files", () => {
  test('the history is that of all calls together, and has no percentile where there was no answer', () => {
    const text = [
      'Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,99%,Total Request Count',
      '100,1,,Aggregated,0.000000,0.000000,N/A,N/A,0',
      '101,20,POST,"chat, streamed",3.100000,0.000000,1500,1600,21',
      '101,20,,Aggregated,7.500000,0.250000,1400,1600,92',
      '102,20,,Aggregated,0.000000,0.000000,0,0,92',
    ].join('\n')
    const none = { p50: undefined, p99: undefined }
    assert.deepEqual(readHistory(text), [
      { at: 100, users: 1, requestsPerSecond: 0, failuresPerSecond: 0, ...none },
      { at: 101, users: 20, requestsPerSecond: 7.5, failuresPerSecond: 0.25, p50: 1400, p99: 1600 },
      { at: 102, users: 20, requestsPerSecond: 0, failuresPerSecond: 0, ...none },
    ])
  })

  test('the sum of all calls is told from the kinds of them', () => {
    const text = [
      'Type,Name,Request Count,Failure Count,Max Response Time,50%,99%',
      'POST,"chat, streamed",21,1,1642.43,1500,1600',
      ',Aggregated,92,1,1642.43,490,1600',
    ].join('\n')
    const { kinds, all } = readStats(text)
    const streamed = { name: 'chat, streamed', requests: 21, failures: 1, p50: 1500, p99: 1600, longest: 1642.43 }
    assert.deepEqual(kinds, [streamed])
    assert.deepEqual(all, { ...streamed, name: 'Aggregated', requests: 92, p50: 490 })
  })

  test('a run without calls gives no figures', () => {
    const head = 'Type,Name,Request Count,Failure Count,Max Response Time,50%,99%'
    assert.throws(() => readStats(`${head}\n,Aggregated,0,0,0,N/A,N/A`), /no calls/)
    assert.throws(() => readStats(head), /no calls/)
  })

  test('failures are told with their reason and their number', () => {
    const text = 'Method,Name,Error,Occurrences\nPOST,chat,"BadStatusCode(""/v1"", code=503)",7\n'
    assert.deepEqual(readFailures(text), ['chat: BadStatusCode("/v1", code=503) (7 times)'])
  })
})
