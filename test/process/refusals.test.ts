import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Surroundings, startProcess } from './sluice.ts'

const SIM = 'providers: { sim: {} }\n'

interface Refusal extends Surroundings {
  readonly name: string
  readonly parameters?: readonly string[]
  /** Every line on standard error, in order. */
  readonly says: readonly RegExp[]
}

const file = (text: string) => ({ files: { 'sluice.yaml': text } })

/** One or two of each kind, that is of each way to the terminal; all that a configuration may do wrong is in test/config/refusals.test.ts. */
const REFUSALS: readonly Refusal[] = [
  { name: 'an unknown option', parameters: ['--confg', 'x'], says: [/Unknown option '--confg'/] },
  {
    name: 'the mark of a worker on a process that no primary has started',
    environment: { SLUICE_WORKER: '1' },
    says: [/^sluice: environment variable SLUICE_WORKER: .*unset it$/],
  },
  { name: 'a stray word', parameters: ['start'], says: [/Unexpected argument 'start'/] },
  { name: 'an option without its value', parameters: ['--config'], says: [/--config <value>' argument missing/] },
  {
    name: 'a configuration that is not there',
    parameters: ['--config', 'nowhere.yaml'],
    says: [/^sluice: nowhere\.yaml: there is no such configuration file$/],
  },
  {
    name: 'E2: an unknown setting among several problems, each with a line of its own,',
    ...file(`providers: { openai: { apiKey: "\${NOPE}" } }\nlisten: { bodyLimit: x }\nlistn: { port: 1 }\n`),
    says: [
      /^sluice: sluice\.yaml:1:\d+ variable NOPE is not set/,
      /^sluice: sluice\.yaml:2:\d+ .*bodyLimit/,
      /^sluice: sluice\.yaml:3:1 unknown key "listn"; did you mean "listen"\?$/,
    ],
  },
  {
    name: 'E2: an unknown setting, for several workers,',
    environment: { WORKERS: '2' },
    ...file(`${SIM}listn: { port: 1 }\n`),
    says: [/^sluice: sluice\.yaml:2:1 unknown key "listn"/],
  },
  { name: 'text that is not YAML', ...file('a: [\n'), says: [/^sluice: sluice\.yaml:\d+:\d+ not valid YAML/] },
  {
    name: 'a port that is none, and a number of workers that is none,',
    environment: { PORT: 'x', WORKERS: '0' },
    says: [/^sluice: environment variable PORT: /, /^sluice: environment variable WORKERS: /],
  },
  {
    name: 'E1: listeners on the network without keys, the one of the operators with an empty one,',
    environment: { HOST: '0.0.0.0', OPS_HOST: '::', SLUICE_ADMIN_KEY: '' },
    says: [
      /^sluice: environment variable HOST: is not a loopback address, so callers need keys/,
      /^sluice: environment variable OPS_HOST: .*so a key is needed: set ops\.key or SLUICE_ADMIN_KEY$/,
    ],
  },
  {
    name: 'E1: weak keys, of the operators and of a caller,',
    environment: { SLUICE_ADMIN_KEY: 'changeme' },
    ...file(`${SIM}keys: [ { name: a, key: sk-1234 } ]\n`),
    says: [
      /^sluice: environment variable SLUICE_ADMIN_KEY: is a well-known weak key/,
      /^sluice: sluice\.yaml:2:\d+ .*(?:is a well-known weak key|must have at least 8 characters)/,
    ],
  },
  {
    name: 'E1: the key of the operators in the section of the callers, and outside of any,',
    environment: { SLUICE_ADMIN_KEY: 'key-of-the-operators' },
    ...file(`${SIM}keys: [ { name: a, key: key-of-the-operators } ]\nkey: key-of-the-operators\n`),
    says: [/a caller must not have the key of the ops listener/, /^sluice: sluice\.yaml:3:1 unknown key "key"/],
  },
  {
    name: 'a plugin that fails',
    files: {
      'sluice.yaml': `${SIM}plugins: [ ./bad.ts ]\n`,
      'bad.ts': "export default async () => { throw new Error('no such table') }\n",
    },
    says: [/^sluice: plugin \S+bad\.ts: no such table$/],
  },
]

for (const { name, parameters = [], says, ...surroundings } of REFUSALS) {
  test(`${name} ends the process with code 1 and a line for each problem, without a stack`, async (t: TestContext) => {
    const started = startProcess(t, parameters, surroundings)
    t.assert.equal(await started.exit, 1)
    const lines = started.stderr.trimEnd().split('\n')
    t.assert.equal(lines.length, says.length, started.stderr)
    for (const [index, line] of lines.entries()) {
      t.assert.match(line, /^sluice: /)
      t.assert.match(line, says[index] as RegExp)
    }
    t.assert.doesNotMatch(started.stderr, /\bat .*:\d+:\d+|node:internal|Error:/)
    // A key that was refused is a key all the same.
    t.assert.doesNotMatch(started.stderr, /key-of-the-operators|sk-1234|changeme/)
    t.assert.doesNotMatch(started.stdout, /is ready/)
  })
}

for (const [variable, workers] of [
  ['PORT', '1'],
  ['OPS_PORT', '1'],
  ['PORT', '2'],
  ['OPS_PORT', '2'],
] as const) {
  test(`${workers} workers: a ${variable} that is in use ends the process with code 1 and a line that names the setting`, async (t: TestContext) => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    t.after(() => other.close())
    const { port } = other.address() as AddressInfo
    const started = startProcess(t, [], { environment: { [variable]: String(port), WORKERS: workers } })
    t.assert.equal(await started.exit, 1)
    t.assert.equal(
      started.stderr,
      `sluice: port ${port} is in use by another program (settings: listen.port, ops.port)\n`,
    )
    t.assert.doesNotMatch(started.stdout, /is ready/)
  })
}
