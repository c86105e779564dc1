import { test } from 'node:test'
import { MAX_COOLDOWN_MS, retryAfterMs } from '../../../src/routing/quota/retry-after.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')

test('C4: what a vendor asks for, in ms', t => {
  for (const [headers, expected] of [
    [{ 'retry-after': '30' }, 30_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': ' 2 ' }, 2_000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 12:00:45 GMT' }, 45_000],
    [{ 'retry-after-ms': '1500' }, 1_500],
    [{ 'retry-after': '1', 'retry-after-ms': '1500' }, 1_500],
    [{ 'retry-after': ['7'] }, 7_000],
  ] as const) {
    t.assert.equal(retryAfterMs(headers as never, NOW), expected, JSON.stringify(headers))
  }
})

test('C4: the longest of all that a vendor says holds', t => {
  const used = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '50s' }
  for (const [headers, expected] of [
    [{ 'retry-after': '1', 'retry-after-ms': '1500' }, 1_500],
    [{ 'retry-after': '2', 'retry-after-ms': '1500' }, 2_000],
    [{ 'retry-after': '1', ...used }, 50_000],
    [{ 'retry-after': '70', ...used }, 70_000],
    [{ 'retry-after': 'soon', ...used }, 50_000],
  ] as const) {
    t.assert.equal(retryAfterMs(headers, NOW), expected, JSON.stringify(headers))
  }
})

test('C4: Anthropic says its resets as dates, for each of its limits', t => {
  for (const limit of ['requests', 'tokens', 'input-tokens', 'output-tokens']) {
    const headers = {
      [`anthropic-ratelimit-${limit}-remaining`]: '0',
      [`anthropic-ratelimit-${limit}-reset`]: '2026-11-23T12:00:20Z',
      'anthropic-ratelimit-elsewhere-remaining': '0',
    }
    t.assert.equal(retryAfterMs(headers, NOW), 20_000, limit)
  }
})

test('C4: without retry-after the resets of the limits that are used up count', t => {
  for (const [headers, expected] of [
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '12s' }, 12_000],
    [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1m30.5s' }, 90_500],
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '120ms' }, 120],
    [
      {
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '2s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '9s',
      },
      9_000,
    ],
    [
      {
        'x-ratelimit-remaining-requests': '59',
        'x-ratelimit-reset-requests': '8m',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '3s',
      },
      3_000,
    ],
    [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '7.66' }, 7_660],
    [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1h0m1s' }, MAX_COOLDOWN_MS],
  ] as const) {
    t.assert.equal(retryAfterMs(headers as never, NOW), expected, JSON.stringify(headers))
  }
})

test('nothing, garbage, the past and negative values say nothing', t => {
  for (const headers of [
    {},
    { 'retry-after': 'soon' },
    { 'retry-after': '-5' },
    { 'retry-after': 'Mon, 23 Nov 2026 11:59:00 GMT' },
    { 'retry-after': '' },
    { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': 'tomorrow' },
    { 'x-ratelimit-remaining-requests': '4', 'x-ratelimit-reset-requests': '9s' },
    { 'x-ratelimit-remaining-requests': '-1', 'x-ratelimit-reset-requests': '9s' },
    { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '-9s' },
    { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '9 parsecs' },
    { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1.2.3s' },
    { 'x-ratelimit-remaining-requests': '0' },
    { 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': '2026-11-23T11:00:00Z' },
    { 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': 'noon' },
    { 'retry-after-ms': '-20' },
    { 'retry-after-ms': 'NaN' },
  ]) {
    t.assert.equal(retryAfterMs(headers, NOW), undefined, JSON.stringify(headers))
  }
})

test('no wish bans a target for days', t => {
  for (const value of ['99999', '99999999', '1e99', 'Mon, 23 Nov 2099 12:00:00 GMT']) {
    t.assert.equal(retryAfterMs({ 'retry-after': value }, NOW), MAX_COOLDOWN_MS, value)
  }
})
