import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { refusal, SIM } from './helper.ts'

const SECRET = 'sk-live-0123456789'

suite('a secret is in no message', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['a key with a line break', `providers: { openai: { apiKey: "${SECRET}\\nx" } }`],
    ['a key in the place of a section', `providers: { openai: ${SECRET} }`],
    ['a key in the place of a list', `providers: { openai: { apiKeys: ${SECRET} } }`],
    ['a key in the place of a number', `${SIM}listen: { port: ${SECRET} }`],
    ['a key in the place of a duration', `providers: { sim: { timeouts: { total: ${SECRET} } } }`],
    ['a base URL with credentials', `providers: { openai: { baseUrl: "https://user:${SECRET}@host/v1" } }`],
    ['a base URL with a query', `providers: { openai: { baseUrl: "https://host/v1?key=${SECRET}" } }`],
    ['a base URL that is none', `providers: { openai: { baseUrl: "${SECRET}" } }`],
    ['an address of Redis', `${SIM}state: { redis: "http://:${SECRET}@host" }`],
    ['a digest that is none', `${SIM}keys: [{ name: a, sha256: ${SECRET} }]`],
    ['the keys of two callers', `${SIM}keys: [{ name: a, key: ${SECRET} }, { name: b, key: ${SECRET} }]`],
    ['a quote too few', `providers: { openai: { apiKey: "${SECRET} } }`],
    ['a quoted text too many', `providers: { openai: { apiKey: "x" "${SECRET}" } }`],
    ['a tag', `providers: { openai: { apiKey: !${SECRET} x } }`],
    ['an alias', `providers: { openai: { apiKey: *${SECRET} } }`],
    ['a block scalar header', `providers:\n  openai:\n    apiKey: |${SECRET}\n      x`],
    ['a bad escape sequence', `providers: { openai: { apiKey: "${SECRET}\\q" } }`],
  ]

  for (const [name, text] of cases) {
    test(name, () => {
      const lines = refusal(text)
      assert.ok(lines.length > 0)
      assert.ok(!lines.join('\n').includes(SECRET), lines.join('\n'))
    })
  }

  test('a variable that stands where no secret belongs', () => {
    const variables = { KEY: SECRET }
    const texts = [
      `${SIM}listen: { port: "\${KEY}" }`,
      `providers: { x: { type: "\${KEY}" } }`,
      `${SIM}models: { a: { targets: [{ provider: "\${KEY}", model: x }] } }`,
      `${SIM}plugins: ["\${KEY}"]`,
      `${SIM}log: { level: "\${KEY}" }`,
    ]
    for (const text of texts) {
      const message = refusal(text, { variables }).join('\n')
      assert.match(message, /^sluice\.yaml:\d+:\d+ /)
      assert.ok(!message.includes(SECRET), message)
    }
  })

  test('a variable of the environment', () => {
    const message = refusal(SIM, { environment: { REDIS_URL: SECRET, SLUICE_ADMIN_KEY: `${SECRET} x` } }).join('\n')
    assert.match(message, /REDIS_URL: .*\n.*SLUICE_ADMIN_KEY: |SLUICE_ADMIN_KEY: .*\n.*REDIS_URL: /)
    assert.ok(!message.includes(SECRET), message)
  })
})

suite('secret files', () => {
  const text = 'providers:\n  openai:\n    apiKey: file:secret\n'

  test('a file that is not there is an error at the line that names it', () => {
    assert.deepEqual(refusal(text), [
      'sluice.yaml:3:13 providers.openai.apiKey: the file that it names cannot be read (ENOENT)',
    ])
  })

  test('a pipe is an error at the line that names it, and not waited for', () => {
    assert.deepEqual(refusal(text, { pipe: 'secret' }), [
      'sluice.yaml:3:13 providers.openai.apiKey: the file that it names cannot be read: it is a pipe or a device, and only a file can be read again at a reload',
    ])
  })

  test('an empty file is an error', () => {
    assert.deepEqual(refusal(text, { files: { secret: '\n' } }), [
      'sluice.yaml:3:13 providers.openai.apiKey: the file that it names is empty',
    ])
  })

  test('what does not fit in a file is refused without showing it', () => {
    const message = refusal(text, { files: { secret: `${SECRET} and a second word` } }).join('\n')
    assert.match(message, /^sluice\.yaml:3:13 providers\.openai\.apiKey: a key cannot hold spaces/)
    assert.ok(!message.includes(SECRET))
  })

  test('E1: a weak key in a file is weak', () => {
    assert.match(
      refusal(`${SIM}ops: { key: file:secret }`, { files: { secret: 'changeme\n' } }).join('\n'),
      /^sluice\.yaml:2:13 ops\.key: is a well-known weak key/,
    )
  })

  test('a member that is no secret is not read from a file', () => {
    const message = refusal(`${SIM}log: { level: "file:secret" }`, { files: { secret: 'info' } }).join('\n')
    assert.match(message, /log\.level: expected/)
  })
})
