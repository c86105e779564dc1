import { type TestContext, test } from 'node:test'
import { startProcess } from './sluice.ts'

const SECRET = 'canary-key-of-somebody'

test('F4: a valid configuration is said to be one, with code 0, and nothing is started', async (t: TestContext) => {
  const text = `providers: { sim: {} }\nkeys: [ { name: a, key: ${SECRET} } ]\n`
  const started = startProcess(t, ['validate', 'other.yaml'], { files: { 'other.yaml': text } })
  t.assert.equal(await started.exit, 0)
  t.assert.equal(started.stdout, 'The configuration is valid.\n')
  t.assert.equal(started.stderr, '')
})

test('F4: all problems at once, each with file, line and column, end it with code 1; no secret is printed', async (t: TestContext) => {
  const text = `providers:
  openai: { apiKey: "${SECRET} ", timeouts: { connect: soon } }
  nobody: { apiKey: "\${NOT_SET}" }
modls: {}
`
  const started = startProcess(t, ['validate', 'other.yaml'], { files: { 'other.yaml': text } })
  t.assert.equal(await started.exit, 1)
  const lines = started.stderr.trimEnd().split('\n')
  const says = [/:2:\d+ .*apiKey/, /:2:\d+ .*connect/, /:3:\d+ .*"nobody"/, /:3:\d+ .*NOT_SET/, /:4:1 .*"modls"/]
  t.assert.equal(lines.length, says.length, started.stderr)
  for (const [index, line] of lines.entries()) {
    t.assert.match(line, /^sluice: other\.yaml:/)
    t.assert.match(line, says[index] as RegExp)
  }
  t.assert.doesNotMatch(started.stdout + started.stderr, /canary|is valid/)
})

test('F4: what is probably not meant is a warning with its place, and code 0', async (t: TestContext) => {
  const text = `providers: { openai: {} }\nkeys: [ { name: a, key: ${SECRET}, expires: 2020-01-01 } ]\n`
  const started = startProcess(t, ['validate'], { files: { 'sluice.yaml': text } })
  t.assert.equal(await started.exit, 0)
  t.assert.match(started.stdout, /^warning: sluice\.yaml:2:\d+ keys\[0\]\.expires: has passed/m)
  t.assert.match(started.stdout, /^warning: sluice\.yaml:1:\d+ providers\.openai: has no apiKey/m)
  t.assert.match(started.stdout, /^The configuration is valid\.$/m)
  t.assert.doesNotMatch(started.stdout, /canary/)
})

test('how many prompts a day frequent health checks are is a warning; checks that cost nothing are none', async (t: TestContext) => {
  const text = `keys: [ { name: a, key: ${SECRET} } ]
providers:
  often: { type: sim, health: { ask: echo, interval: 29s } }
  older: { type: sim, health: { interval: 10s, ask: echo } }
  seldom: { type: sim, health: { ask: echo, interval: 30s } }
  usual: { type: sim, health: { ask: echo } }
  free: { type: sim, health: { interval: 1ms } }
`
  const started = startProcess(t, ['validate'], { files: { 'sluice.yaml': text } })
  t.assert.equal(await started.exit, 0)
  const words = (line: number, name: string, prompts: string) =>
    new RegExp(
      `^warning: sluice\\.yaml:${line}:\\d+ providers\\.${name}\\.health\\.interval: .* ${prompts} billed prompts a day`,
    )
  const lines = started.stdout.trimEnd().split('\n')
  t.assert.equal(lines.length, 3, started.stdout)
  t.assert.match(lines[0] ?? '', words(3, 'often', '2,979'))
  t.assert.match(lines[1] ?? '', words(4, 'older', '8,640'))
})

test('F4: a file that is not there ends it with code 1', async (t: TestContext) => {
  const started = startProcess(t, ['validate', 'nowhere.yaml'])
  t.assert.equal(await started.exit, 1)
  t.assert.equal(started.stderr, 'sluice: nowhere.yaml: there is no such configuration file\n')
})
