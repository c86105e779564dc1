import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { isAbsolute } from 'node:path'
import { suite, test } from 'node:test'
import { load, SIM } from './helper.ts'

const THIRTY_SECONDS = 30_000

test('defaults fill whatever the file leaves out', () => {
  const config = load(SIM)
  assert.deepEqual(config.listen, {
    host: '127.0.0.1',
    port: 8080,
    bodyLimit: 32 * 1024 ** 2,
    trustedProxies: [],
    drain: THIRTY_SECONDS,
  })
  assert.deepEqual(config.ops, { host: '127.0.0.1', port: 8081, heapSampling: false })
  assert.deepEqual([config.log, config.keys, config.plugins], [{ level: 'info' }, [], []])
  assert.deepEqual(config.state, { localShare: 1, slotTtl: THIRTY_SECONDS, timeout: 22 })
  assert.deepEqual(config.providers.sim, {
    type: 'sim',
    dialect: 'openai-chat',
    apiKeys: [],
    connections: 256,
    timeouts: { connect: 5000, firstByte: 60_000, idle: 60_000, total: 1_800_000 },
    breaker: {
      window: 30_000,
      minimumCalls: 10,
      errorRate: 0.5,
      slowRate: 0.8,
      openFor: 15_000,
      maxOpenFor: 300_000,
      probes: 1,
      closeAfter: 2,
    },
    limits: {},
    adaptiveConcurrency: true,
    sim: { latency: 300, jitter: 100, tokensPerSecond: 50, errorRate: 0, outages: [], seed: 1 },
  })
})

test('A16: by default a stream may last 20 minutes with a piece every 30 s, and a call wait 8 minutes', () => {
  const timeouts = load(SIM).providers.sim?.timeouts
  assert.ok(timeouts)
  assert.ok(timeouts.total > 20 * 60_000)
  assert.ok(timeouts.idle > THIRTY_SECONDS)
})

test('an empty section of health turns the checks on, with their defaults', () => {
  assert.deepEqual(load('providers: { sim: { health: {} } }').providers.sim?.health, {
    interval: 10_000,
    timeout: 2_000,
    unhealthyAfter: 3,
    healthyAfter: 2,
    whenAllUnhealthy: 'use-all',
  })
})

test('checks that are billed come more rarely and have more time, unless the config says otherwise', () => {
  const times = (members: string) => {
    const { interval, timeout } =
      load(`providers: { sim: { health: { ask: echo${members} } } }`).providers.sim?.health ?? {}
    return [interval, timeout]
  }
  assert.deepEqual(times(''), [60_000, 10_000])
  assert.deepEqual(times(', interval: 10s, timeout: 2s'), [10_000, 2_000])
  assert.deepEqual(times(', interval: 1s'), [1_000, 10_000])
})

test('the config is frozen at every depth', () => {
  const config = load('providers: { sim: {} }\nmodels: { chat: { targets: [{ provider: sim, model: echo }] } }\n')
  const isFrozen = (value: unknown): boolean =>
    typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozen))
  assert.ok(isFrozen(config))
})

test('no name that a client may send is found on the prototype of the models or providers', () => {
  const config = load(SIM)
  assert.equal(config.models.constructor, undefined)
  assert.equal(config.providers.constructor, undefined)
})

test('a model keeps its targets in order, with their weights', () => {
  const { models } = load(`
providers: { sim: {}, other: { type: sim, dialect: anthropic } }
models:
  chat:
    targets: [{ provider: sim, model: a, weight: 3 }, { provider: other, model: b/c }]
    cache: { ttl: 10m }
`)
  assert.deepEqual(models.chat?.targets, [
    { provider: 'sim', model: 'a', weight: 3 },
    { provider: 'other', model: 'b/c', weight: 1 },
  ])
  assert.equal(models.chat.strategy, 'weighted')
  assert.equal(models.chat.attempts, 3)
  assert.equal(models.chat.cache?.ttl, 600_000)
})

test('a model keeps its prices and what its calls have in common, with header names in the case that Node gives them', () => {
  const { models } = load(`
providers: { sim: {} }
models:
  cheap: { strategy: cheapest, targets: [{ provider: sim, model: a, price: { input: 0.25, output: 2 } }] }
  sticky:
    strategy: least-latency
    affinity: { by: header, header: X-Chat }
    targets: [{ provider: sim, model: a, weight: 3 }]
`)
  assert.deepEqual(models.cheap?.targets[0]?.price, { input: 0.25, output: 2 })
  assert.deepEqual(models.sticky?.affinity, { by: 'header', header: 'x-chat', prefix: 1_024 })
})

suite('keys', () => {
  const KEY = 'a-key-of-some-length'

  test('only the digest of a caller key is kept, whichever way it was given', () => {
    const config = load(`${SIM}
keys:
  - { name: plain, key: ${KEY}, models: [sim/echo, "sim/*"], limits: { requestsPerMinute: 60, burst: 5 } }
  - { name: digest, sha256: ${hash('sha256', 'other').toUpperCase()}, expires: 2030-01-31 }
`)
    assert.deepEqual(config.keys, [
      {
        name: 'plain',
        models: ['sim/echo', 'sim/*'],
        limits: { requestsPerMinute: 60, burst: 5 },
        priority: 'interactive',
        share: 1,
        disabled: false,
        digest: hash('sha256', KEY),
      },
      {
        name: 'digest',
        priority: 'interactive',
        share: 1,
        disabled: false,
        expires: Date.UTC(2030, 0, 31),
        digest: hash('sha256', 'other'),
      },
    ])
    assert.ok(!JSON.stringify(config).includes(KEY))
  })

  test('one vendor key and several come out alike, and an empty one is none', () => {
    const { providers } = load(
      `
providers:
  one: { type: openai, apiKey: k1 }
  many: { type: openai, apiKeys: [k1, "\${UNSET:-}", k2] }
  none: { type: openai, apiKey: "\${UNSET:-}" }
`,
    )
    assert.deepEqual(
      ['one', 'many', 'none'].map(name => providers[name]?.apiKeys),
      [['k1'], ['k1', 'k2'], []],
    )
  })
})

suite('scalars', () => {
  test('B22: booleans written as text are booleans', () => {
    const disabled = ['"false"', '"true"', 'false', 'True', `"\${FLAG}"`].map(
      flag =>
        load(`${SIM}keys: [{ name: a, key: long-enough-key, disabled: ${flag} }]`, { variables: { FLAG: 'false' } })
          .keys[0]?.disabled,
    )
    assert.deepEqual(disabled, [false, true, false, true, false])
  })

  test('numbers from variables are numbers', () => {
    assert.equal(load(`${SIM}listen: { port: "\${P}" }`, { variables: { P: '9000' } }).listen.port, 9000)
  })

  test('a variable cannot bring structure with it', () => {
    const variables = { MODEL: 'echo\nweight: 9', HOST: '127.0.0.1, port: 1' }
    const config = load(`${SIM}listen: { host: "\${HOST}" }\nkeys: [{ name: a, key: long-enough-key }]`, { variables })
    assert.equal(config.listen.host, variables.HOST)
    assert.equal(config.listen.port, 8080)
  })

  test('anchors are aliases of values', () => {
    const config = load('providers:\n  a: &a { type: sim, connections: 3 }\n  b: *a\n')
    assert.equal(config.providers.b?.connections, 3)
  })
})

suite('where things come from', () => {
  test('the environment wins over the file', () => {
    const text = `${SIM}listen: { host: 127.0.0.1, port: 1 }\nops: { port: 2 }\nlog: { level: error }\nstate: { redis: "redis://file" }`
    const config = load(text, {
      environment: {
        HOST: '127.0.0.2',
        PORT: 3,
        OPS_HOST: '127.0.0.3',
        OPS_PORT: 4,
        LOG_LEVEL: 'debug',
        SLUICE_ADMIN_KEY: 'an-admin-key-of-length',
        REDIS_URL: 'redis://environment',
      },
    })
    assert.deepEqual([config.listen.host, config.listen.port], ['127.0.0.2', 3])
    assert.deepEqual(config.ops, { host: '127.0.0.3', port: 4, heapSampling: false, key: 'an-admin-key-of-length' })
    assert.deepEqual([config.log.level, config.state.redis], ['debug', 'redis://environment'])
  })

  test('without a file, vendors whose key variable is set are there, and the simulator always', () => {
    assert.deepEqual(Object.keys(load(undefined).providers), ['sim'])
    const { providers } = load(undefined, { variables: { OPENAI_API_KEY: 'sk-a', ANTHROPIC_API_KEY: '' } })
    assert.deepEqual(Object.keys(providers), ['openai', 'sim'])
    assert.deepEqual(providers.openai?.apiKeys, ['sk-a'])
  })

  test('with a file, only what it names is there', () => {
    const { providers } = load(SIM, { variables: { OPENAI_API_KEY: 'sk-a' } })
    assert.deepEqual(Object.keys(providers), ['sim'])
  })

  test('SLUICE_CONFIG names another file, and the usual one is left alone', () => {
    const config = load('broken: [', {
      files: { 'other.yaml': `${SIM}listen: { port: 7 }` },
      environment: { SLUICE_CONFIG: 'other.yaml' },
    })
    assert.equal(config.listen.port, 7)
  })

  test('a secret may lie in a file beside the configuration', () => {
    const config = load(
      `providers: { openai: { apiKeys: ["file:./one", "file:\${WHICH}"] } }\nkeys: [{ name: a, key: "file:caller" }]\nops: { key: "file:ops" }\nstate: { redis: "file:redis" }`,
      {
        files: {
          one: ' sk-one\n',
          two: 'sk-two',
          caller: 'caller-key-1\n',
          ops: 'ops-key-1\n',
          redis: 'redis://r:1\n',
        },
        variables: { WHICH: 'two' },
      },
    )
    assert.deepEqual(config.providers.openai?.apiKeys, ['sk-one', 'sk-two'])
    assert.equal(config.keys[0]?.digest, hash('sha256', 'caller-key-1'))
    assert.deepEqual([config.ops.key, config.state.redis], ['ops-key-1', 'redis://r:1'])
  })

  test('plugins are found beside the configuration', () => {
    const [plugin = ''] = load(`${SIM}plugins: [./mine.ts]`, { files: { 'mine.ts': '' } }).plugins
    assert.ok(isAbsolute(plugin) && plugin.endsWith('mine.ts'), plugin)
  })
})
