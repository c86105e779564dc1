import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ConfigError } from '../../src/config/problem.ts'
import { load, refusal, SIM } from './helper.ts'

const ADMIN_KEY = 'an-admin-key-of-length'
const CALLER = 'keys: [{ name: a, key: long-enough-key }]\n'

/** The only problem of `text`, without the name of the file. */
function only(text: string, surroundings = {}): string {
  const lines = refusal(text, surroundings)
  assert.equal(lines.length, 1, lines.join('\n'))
  return (lines[0] ?? '').replace('sluice.yaml:', '')
}

suite('unknown keys', () => {
  const cases = [
    [`${SIM}provders: {}`, '2:1 unknown key "provders"; did you mean "providers"?'],
    [`${SIM}listen: { hots: x }`, '2:11 unknown key "hots" in listen; did you mean "host"?'],
    [
      'providers:\n  sim:\n    timeouts: { conect: 1s }',
      '3:17 unknown key "conect" in providers.sim.timeouts; did you mean "connect"?',
    ],
    [
      `${SIM}models:\n  a:\n    targets:\n      - { provider: sim, model: x, wieght: 1 }`,
      '5:36 unknown key "wieght" in models.a.targets[0]; did you mean "weight"?',
    ],
    [`${SIM}zebra: 1`, '2:1 unknown key "zebra"'],
    [`${SIM}__proto__: { a: 1 }`, '2:1 unknown key "__proto__"'],
  ] as const

  for (const [text, message] of cases) {
    test(`E2: ${message}`, () => assert.equal(only(text), message))
  }

  test('E1: the key of the ops listener in the wrong section is sent to the right one', () => {
    assert.match(only(`${SIM}listen: { key: ${ADMIN_KEY} }`), /unknown key "key" in listen; it belongs at ops\.key/)
    assert.match(only(`${SIM}key: ${ADMIN_KEY}`), /^2:1 unknown key "key"/)
  })
})

suite('what is not built yet is refused by name', () => {
  const cases = [
    ['ledger: { sqlite: ./x.db }', '2:1 ledger is not supported yet'],
    ['keys: [{ name: a, key: long-enough-key, budget: {} }]', 'keys[0].budget is not supported yet'],
  ]

  for (const [text = '', message = ''] of cases) {
    test(message, () => assert.ok(only(SIM + text).includes(message), only(SIM + text)))
  }
})

suite('values', () => {
  const cases = [
    ['listen: { port: 70000 }', '2:17 listen.port: must be at most 65535'],
    ['listen: { port: http }', '2:17 listen.port: expected a number'],
    ['listen: { port: 1.5 }', '2:17 listen.port: expected a whole number'],
    ['listen: { bodyLimit: 32MB }', '2:22 listen.bodyLimit: expected a size such as 512KiB or 32MiB'],
    ['listen: { drain: 30 }', '2:18 listen.drain: expected a duration such as 250ms, 5s or 10m'],
    ['listen: { drain: 30d }', '2:18 listen.drain: must be shorter than 25 days'],
    ['listen: { trustedProxies: [10.0.0.0/33] }', '2:28 listen.trustedProxies[0]: expected an IP address'],
    ['listen:', '2:1 listen has no value'],
    ['listen: on', '2:9 listen: expected a section of keys and values'],
    ['log: { level: loud }', '2:15 log.level: expected fatal, error, warn, info, debug, trace, silent'],
    ['models: { a: {} }', '2:11 models.a.targets is missing'],
    ['models: { a: { targets: [] } }', '2:25 models.a.targets: needs at least 1 entry'],
    ['models: { a b: { targets: [{ provider: sim, model: x }] } }', '2:11 models.a b: a model name has'],
    ['models: { a: { targets: [{ provider: sim, model: 4 }] } }', 'expected text; put it in quotes'],
    ['models: { a: { targets: [{ provider: sim, model: x, weight: -1 }] } }', 'must be at least 0'],
    [
      'models: { a: { targets: [{ provider: sim, model: x, weight: 0 }] } }',
      '2:16 all targets of model "a" have weight 0',
    ],
    ['models: { a: { strategy: priority, targets: [{ provider: sim, model: x, weight: 1 }] } }', 'has no meaning'],
    ['models: { sim/x: { targets: [{ provider: sim, model: x }] } }', 'would hide the models of provider "sim"'],
    ['state: { redis: "http://r" }', '2:17 state.redis: expected an address that begins with redis://'],
    ['plugins: [./gone.ts]', '2:11 plugins[0]: there is no such file "./gone.ts"'],
    ['keys: [{ name: a, key: long-enough-key, disabled: maybe }]', 'keys[0].disabled: expected true or false'],
    ['keys: [{ name: a, key: long-enough-key, expires: soon }]', 'keys[0].expires: expected a date such as'],
    ['keys: [{ name: a, key: long-enough-key, expires: 2027-13-01 }]', 'keys[0].expires: expected a date such as'],
    ['keys: [{ name: a, key: long-enough-key, models: [] }]', 'keys[0].models: needs at least 1 entry'],
    [
      'keys: [{ name: a, key: long-enough-key, limits: { burst: 5 } }]',
      '2:51 keys[0].limits.burst has no meaning without requestsPerMinute',
    ],
    [
      'keys: [{ name: a, key: long-enough-key, modelLimits: { "sim/*": { tokenBurst: 5 } } }]',
      'tokenBurst has no meaning without tokensPerMinute',
    ],
    [
      'keys: [{ name: a, key: long-enough-key, modelLimits: { "smi/*": { concurrency: 5 } } }]',
      '2:56 "smi/*" leads to no model; did you mean "sim/*"?',
    ],
    ['state: { localShare: 0 }', 'state.localShare: must be at least 0.001'],
    ['keys: [{ name: a, sha256: abc }]', 'expected the 64 hexadecimal digits'],
    ['keys: [{ name: a }]', '2:8 keys[0] needs exactly one of "key" and "sha256"'],
  ] as const

  for (const [text, message] of cases) {
    test(`${text} -> ${message}`, () => assert.ok(only(SIM + text).includes(message), only(SIM + text)))
  }
})

test('a model of a name that the schema leaves out is refused, not dropped', () => {
  const text = `${SIM}models:\n  __proto__: { targets: [{ provider: sim, model: echo }] }`
  assert.equal(only(text), '3:3 "__proto__" cannot be a name; choose another')
})

suite('routing', () => {
  const TARGETS = 'targets: [{ provider: sim, model: x }]'
  const cases = [
    [
      `strategy: fastest, ${TARGETS}`,
      'models.a.strategy: expected weighted, least-latency, least-busy, cheapest, priority',
    ],
    [
      'strategy: least-latency, targets: [{ provider: sim, model: x, weight: 1 }]',
      'weight: has no meaning with strategy',
    ],
    [
      'targets: [{ provider: sim, model: x, price: { input: 1, output: 1 } }]',
      'price: has no meaning with strategy weighted',
    ],
    [`strategy: cheapest, ${TARGETS}`, '2:26 models.a.strategy: cheapest needs the price of at least one target'],
    ['strategy: cheapest, targets: [{ provider: sim, model: x, price: { input: 1 } }]', 'price.output is missing'],
    [
      'strategy: cheapest, targets: [{ provider: sim, model: x, price: { input: -1, output: 1 } }]',
      'must be at least 0',
    ],
    [`${TARGETS}, affinity: {}`, 'models.a.affinity.by is missing'],
    [`${TARGETS}, affinity: { by: cookie }`, 'models.a.affinity.by: expected header, user, prefix'],
    [`${TARGETS}, affinity: { by: user, header: x-id }`, 'models.a.affinity.header: has no meaning with by: user'],
    [`${TARGETS}, affinity: { by: header, prefix: 1KiB }`, 'models.a.affinity.prefix: has no meaning with by: header'],
    [`${TARGETS}, affinity: { by: header, header: "x id" }`, 'expected the name of a header'],
    [`${TARGETS}, strategy: priority, affinity: { by: user }`, 'affinity has no meaning with strategy priority'],
    [`${TARGETS}, hedge: {}`, 'hedge has no meaning with one target, unless it has retrySameTarget'],
    [
      `${TARGETS}, retrySameTarget: true, hedge: { after: p200 }`,
      'expected a percentile such as p95, or a duration such as 800ms',
    ],
  ] as const

  for (const [model, message] of cases) {
    const text = `${SIM}models: { a: { ${model} } }`
    test(`${model} -> ${message}`, () => assert.ok(only(text).includes(message), only(text)))
  }

  for (const settings of [
    'strategy: weighted',
    'strategy: least-busy',
    'strategy: least-latency, affinity: { by: user }',
  ]) {
    test(`C28: with ${settings}, weights that are all 0 are refused`, () => {
      const targets = '[{ provider: sim, model: x, weight: 0 }, { provider: sim, model: y, weight: 0 }]'
      const text = `${SIM}models: { a: { ${settings}, targets: ${targets} } }`
      assert.match(only(text), /all targets of model "a" have weight 0$/)
    })
  }
})

suite('providers', () => {
  const cases = [
    ['{ opnai: {} }', '1:14 "opnai" is no known provider type, so add "type:"', 'did you mean "openai"?'],
    ['{ x: { type: opnai } }', '1:25 providers.x.type: unknown provider type "opnai"; did you mean "openai"?'],
    ['{ x: { type: constructor } }', 'unknown provider type "constructor"'],
    ['{ x: { type: openai-compatible } }', '1:14 type openai-compatible needs "baseUrl"'],
    ['{ vllm: {} }', '1:14 type vllm needs "baseUrl"'],
    ['{ sim: { baseUrl: "http://h" } }', '1:21 a provider of type sim has no address'],
    ['{ openai: { sim: {} } }', '1:24 "sim" is only for providers of type sim'],
    ['{ openai: { aws: {} } }', '1:24 "aws" is only for providers of type bedrock'],
    [
      '{ bedrock: { aws: { accessKeyId: a } } }',
      '1:25 providers.bedrock.aws needs both "accessKeyId" and "secretAccessKey"',
    ],
    ['{ openai: { dialect: anthropic } }', '1:24 "dialect" is only for providers of type sim'],
    ['{ anthropic: { askForUsage: true } }', '1:27 "askForUsage" is only for providers that speak the API of OpenAI'],
    ['{ sim: { dialect: anthropic, askForUsage: false } }', '"askForUsage" is only for providers that'],
    ['{ openai: { apiVersion: "2024-10-21" } }', '1:24 "apiVersion" is only for providers of type azure'],
    ['{ azure: { apiVersion: v1 } }', 'type azure needs "baseUrl"'],
    ['{ azure: { baseUrl: "https://h", apiVersion: "v&x" } }', 'must be a version such as 2024-10-21'],
    ['{ openai: { apiKey: a, apiKeys: [b] } }', '1:35 providers.openai has both "apiKey" and "apiKeys"'],
    ['{ openai: { baseUrl: llm.example } }', 'expected an address that begins with https:// or http://'],
    ['{ openai: { baseUrl: "ftp://h/v1" } }', 'expected an address that begins with https:// or http://'],
    ['{ openai: { baseUrl: "https://h/v1?x=1" } }', 'must not hold a query or a fragment'],
    ['{ openai: { timeouts: { total: 0s } } }', 'providers.openai.timeouts.total: must be longer than 0ms'],
    [
      '{ openai: { breaker: { slowRate: 0.5 } } }',
      'providers.openai.breaker.slowRate has no meaning without slowerThan',
    ],
    ['{ openai: { breaker: { minimumCalls: 0 } } }', 'providers.openai.breaker.minimumCalls: must be at least 1'],
    ['{ openai: { health: { interval: 0s } } }', 'providers.openai.health.interval: must be longer than 0ms'],
    ['{ openai: { health: { whenAllUnhealthy: x } } }', 'whenAllUnhealthy: expected use-all, refuse'],
    [
      '{ openai: { health: { aks: gpt-4o } } }',
      '1:34 unknown key "aks" in providers.openai.health; did you mean "ask"?',
    ],
    ['{ openai: { health: { ask: "" } } }', '1:39 providers.openai.health.ask: a model name has 1 to 200 letters'],
    [
      '{ openai: { health: { ask: a/../b } } }',
      '1:39 providers.openai.health.ask: is no name that can stand in an address',
    ],
    [
      '{ jina: { health: { ask: jina-embeddings-v3 } } }',
      '1:32 "ask" sends a prompt, and a provider of type jina answers none',
    ],
    [
      '{ openai: { health: { ask: m, interval: 1ms } } }',
      '1:52 providers.openai.health.interval: must be at least 1s with "ask": each check is a prompt that is billed',
    ],
    ['{ openai: { health: { interval: 999ms, ask: m } } }', 'must be at least 1s with "ask"'],
    ['{ openai: { health: { interval: soon, ask: m } } }', 'expected a duration such as'],
    ['{ __proto__: { type: openai, apiKey: a }, sim: {} }', '1:14 "__proto__" cannot be a name'],
    [
      '{ openai: { limits: { requestsPerMinute: 0 } } }',
      'providers.openai.limits.requestsPerMinute: must be at least 1',
    ],
    ['{ openai: { limits: { concurrency: 1.5 } } }', 'providers.openai.limits.concurrency: expected a whole number'],
    ['{ openai: { limits: { burst: 5 } } }', '1:34 providers.openai.limits.burst has no meaning without'],
    ['{}', '1:1 providers names no vendor'],
  ] as const

  for (const [text, ...messages] of cases) {
    test(`F2: ${text} -> ${messages[0]}`, () => {
      const line = only(`providers: ${text}`)
      for (const message of messages) assert.ok(line.includes(message), line)
    })
  }

  test('a file without providers is refused', () => {
    assert.equal(only('log: { level: info }'), '1:1 providers is missing')
  })

  test('a target must name a provider that is there', () => {
    const text =
      'providers: { simulator: { type: sim } }\nmodels: { a: { targets: [{ provider: simulatr, model: x }] } }'
    const message = '2:38 models.a.targets[0].provider: unknown provider "simulatr"; did you mean "simulator"?'
    assert.equal(only(text), message)
  })

  test('F2: any form of base URL is passed on as it was written', () => {
    for (const url of ['https://h', 'https://h/', 'https://h/v1', 'http://h:1/v1/', 'https://h/v1/chat/completions']) {
      const { providers } = load(`providers: { a: { type: vllm, baseUrl: "${url}" } }`)
      assert.equal(providers.a?.baseUrl, url)
    }
  })
})

suite('listeners that others can reach', () => {
  test('E1: the API listener off loopback needs callers', () => {
    for (const host of ['0.0.0.0', '"::"', '192.168.1.1', 'gateway.internal']) {
      assert.match(only(`${SIM}listen: { host: ${host} }`), /^2:17 listen\.host: is not a loopback address/)
      assert.equal(load(`${SIM}${CALLER}listen: { host: ${host} }`).keys.length, 1)
    }
  })

  test('loopback needs none', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', '"::1"', 'localhost']) {
      load(`${SIM}listen: { host: ${host} }\nops: { host: ${host} }`)
    }
  })

  test('E1: the ops listener off loopback needs a key', () => {
    assert.match(only(`${SIM}ops: { host: 0.0.0.0 }`), /^2:14 ops\.host: is not a loopback address, so a key is needed/)
    load(`${SIM}ops: { host: 0.0.0.0, key: ${ADMIN_KEY} }`)
    load(`${SIM}ops: { host: 0.0.0.0 }`, { environment: { SLUICE_ADMIN_KEY: ADMIN_KEY } })
  })

  test('E1: a listener that the environment opened is refused under the name of the variable', () => {
    assert.match(only(SIM, { environment: { HOST: '0.0.0.0' } }), /^environment variable HOST: is not a loopback/)
    assert.match(only(SIM, { environment: { OPS_HOST: '0.0.0.0' } }), /^environment variable OPS_HOST: is not/)
  })

  for (const key of ['""', 'short', 'sk-1234', 'changeme', 'CHANGEME', 'password', 'sk-xxxxxxxxxxxx', 'aaaaaaaaaaaa']) {
    test(`E1: the key ${key} is refused, on loopback too, and not repeated`, () => {
      for (const text of [`${SIM}ops: { key: ${key} }`, `${SIM}keys: [{ name: a, key: ${key} }]`]) {
        const line = only(text)
        assert.match(line, /must have at least 8 characters|is a well-known weak key/)
        assert.ok(key === '""' || !line.includes(key), line)
      }
    })
  }

  for (const key of ['sk-1234', 'changeme']) {
    test(`E1: the weak key ${key} from the environment is refused under the name of the variable`, () => {
      const line = only(SIM, { environment: { SLUICE_ADMIN_KEY: key } })
      assert.match(line, /^environment variable SLUICE_ADMIN_KEY: (?:is a well-known weak|must have at least 8)/)
      assert.ok(!line.includes(key))
    })
  }
})

suite('callers', () => {
  test('names are unique', () => {
    const text = `${SIM}keys: [{ name: a, key: long-enough-key }, { name: a, key: another-long-key }]`
    assert.equal(only(text), '2:51 keys[1].name: another key has this name')
  })

  test('no two callers share a key', () => {
    const text = `${SIM}keys: [{ name: a, key: long-enough-key }, { name: b, key: long-enough-key }]`
    assert.equal(only(text), '2:59 keys[1].key: another caller has the same key')
  })

  test('E1: the key of the operators is no key of a caller, wherever it was set', () => {
    const message = /^2:24 keys\[0\]\.key: a caller must not have the key of the ops listener/
    assert.match(only(`${SIM}${CALLER}ops: { key: long-enough-key }`), message)
    assert.match(only(`${SIM}${CALLER}`, { environment: { SLUICE_ADMIN_KEY: 'long-enough-key' } }), message)
  })

  const MODELS = 'models: { chat: { targets: [{ provider: sim, model: echo }] } }\n'
  const mayUse = (pattern: string) =>
    `${SIM}${MODELS}keys:\n- { name: a, key: long-enough-key, models: ["${pattern}"] }`

  for (const [pattern, message] of [
    ['chta', '4:45 keys[0].models[0]: leads to no model "chta"; did you mean "chat"?'],
    ['Chat', 'leads to no model "Chat"; did you mean "chat"?'],
    ['sin/*', 'leads to no model "sin/*"; did you mean "sim/*"?'],
    ['openai/*', 'leads to no model "openai/*"'],
    ['sim', 'leads to no model "sim"; did you mean "sim/*"?'],
    ['t*', 'leads to no model "t*"'],
  ] as const) {
    test(`a model that no caller could ask for is refused: ${pattern}`, () => {
      assert.ok(only(mayUse(pattern)).includes(message), only(mayUse(pattern)))
    })
  }

  test('a model, a model of a provider, and every pattern that may fit one, are taken', () => {
    for (const pattern of ['chat', 'ch*', '*', '*-mini', 'sim/*', 'sim/any-model', 's*', 'sim/*/x']) {
      assert.deepEqual(load(mayUse(pattern)).keys[0]?.models, [pattern])
    }
  })
})

suite('files that cannot be read', () => {
  const cases = [
    ['', 'the file is empty'],
    ['# nothing but a comment\n', 'the file is empty'],
    ['providers', 'expected sections'],
    ['- providers', 'expected sections'],
    [`${SIM}listen: { port: 80`, 'not valid YAML'],
    [`${SIM}listen: "half`, 'not valid YAML'],
    [`${SIM}listen:\n\tport: 80`, '3:1 not valid YAML: Tabs are not allowed'],
    [`${SIM}log: {}\nlog: {}`, '3:1 not valid YAML: Map keys must be unique'],
    [`${SIM}log: { level: info, level: warn }`, 'not valid YAML: Map keys must be unique'],
    [`${SIM}---\n${SIM}`, 'several YAML documents'],
    [`${SIM}log: { level: !secret x }`, 'unknown YAML tag'],
    [`${SIM}log: *nowhere`, '2:6 not valid YAML: an alias names no anchor above it'],
    [`${SIM}? [a]\n: b`, 'not valid YAML'],
    [`${SIM}log: { level: \${LEVEL} }`, 'needs its quotes'],
  ] as const

  for (const [text, message] of cases) {
    test(`C21: ${JSON.stringify(text)} -> ${message}`, () => {
      const lines = refusal(text)
      assert.ok(lines[0]?.includes(message), lines.join('\n'))
    })
  }

  test('a bomb of aliases is refused before it goes off', () => {
    const layers = Array.from({ length: 12 }, (_, index) => {
      const below = index === 0 ? 'x' : `*a${index - 1}`
      return `a${index}: &a${index} [${Array(10).fill(below).join(', ')}]`
    })
    assert.match(only(layers.join('\n')), /too many YAML aliases/)
  })

  test('an alias of its own section is refused', () => {
    assert.ok(refusal(`${SIM}models: &m { a: *m }`).length > 0)
  })

  test('C21: a variable that is not set is named with its place, and nothing else is said of the value', () => {
    const text = `${SIM}listen:\n  port: \${LISTEN_PORT}\n  host: 127.0.0.1\n`
    assert.match(only(text), /^3:9 variable LISTEN_PORT is not set/)
    assert.match(only(`${SIM}log: { level: "x-\${LEVEL}" }`), /^2:18 variable LEVEL is not set/)
  })

  test('C21: a file that was named and is not there is an error', () => {
    const environment = { SLUICE_CONFIG: 'gone.yaml' }
    assert.deepEqual(refusal(SIM, { environment }), ['gone.yaml: there is no such configuration file'])
  })

  test('C21: a directory in the place of the file is an error', () => {
    assert.deepEqual(refusal(SIM, { environment: { SLUICE_CONFIG: '.' } }), ['.: the file cannot be read (EISDIR)'])
  })

  for (const [what, environment] of [
    ['a device', { SLUICE_CONFIG: '/dev/zero' }],
    ['a pipe that nobody writes to', { SLUICE_CONFIG: 'pipe' }],
  ] as const) {
    test(`${what} in the place of the file is an error and not waited for`, () => {
      const why = 'it is a pipe or a device, and only a file can be read again at a reload'
      assert.deepEqual(refusal(SIM, { environment, pipe: 'pipe' }), [
        `${environment.SLUICE_CONFIG}: the file cannot be read: ${why}`,
      ])
    })
  }

  test('C21: a file that breaks off in the middle is read whole or refused, at whatever byte', () => {
    const whole = `${SIM}models:\n  chat:\n    targets:\n      - { provider: sim, model: echo }\n${CALLER}`
    for (let length = 0; length < whole.length; length++) {
      try {
        const config = load(whole.slice(0, length))
        assert.ok(config.providers.sim)
      } catch (error) {
        assert.ok(error instanceof ConfigError, `${length}: ${error}`)
      }
    }
  })
})

test('F4: all problems are reported at once, in the order of the file', () => {
  const text = [
    'listen: { hots: x, port: 99999 }',
    'providers:',
    '  sim: { connections: many }',
    `  opnai: { apiKey: "\${NO_SUCH_KEY}" }`,
    'models:',
    '  chat: { strategy: cheap, targets: [{ provider: smi, model: x }] }',
    'keys: [{ name: a, key: changeme }]',
    'ledger: {}',
  ].join('\n')
  const places = refusal(text).map(line => /^sluice\.yaml:(\d+:\d+) \S/.exec(line)?.[1])
  assert.deepEqual(places, ['1:11', '1:26', '3:23', '4:3', '4:21', '6:21', '6:50', '7:24', '8:1'])
})

test('problems are data too, one line each', () => {
  assert.throws(
    () => load(`${SIM}"a\\nb": 1`),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError)
      assert.deepEqual(
        error.problems.map(({ file, line, column }) => [file, line, column]),
        [['sluice.yaml', 2, 1]],
      )
      assert.equal(error.message.split('\n').length, 1)
      return true
    },
  )
})
