import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { z } from 'zod'
import { configPage, editorSchemaText } from '../../src/config/describe.ts'
import { environmentSchema } from '../../src/config/environment.ts'
import { listMembers } from '../../src/config/members.ts'
import { schema } from '../../src/config/schema.ts'
import { load } from './helper.ts'

const MEND = 'run: npm run config:docs'

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}

suite('docs/config.md', () => {
  const page = read('docs/config.md')
  const settings = new Map(
    [...page.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, name = '', rest = '']) => [name, rest]),
  )
  const members = listMembers()

  test('is what the schema gives', () => assert.equal(page, configPage(), MEND))

  test('has a line for every setting and variable, and none for what is not there', () => {
    const leaves = members.filter(({ schema }) => schema.properties === undefined).map(({ shown }) => shown)
    const sections = members.filter(({ schema }) => schema.properties !== undefined).map(({ shown }) => shown)
    const variables = Object.keys(environmentSchema.properties ?? {})
    const missing = [...leaves, ...variables].filter(name => !settings.has(name))
    const extra = [...settings.keys()].filter(name => ![...leaves, ...sections, ...variables].includes(name))
    assert.deepEqual([missing, extra], [[], []], MEND)
  })

  test('every setting says what it means', () => {
    assert.deepEqual(
      members.filter(({ schema }) => !schema.description).map(({ shown }) => shown),
      [],
    )
  })

  test('every default in the schema is the one that is used', () => {
    const ports = listMembers().filter(({ key }) => key === 'port')
    assert.deepEqual(
      ports.map(port => port.schema.default),
      [8080, 8081],
    )
    assert.match(settings.get('providers.<name>.timeouts.total') ?? '', /`30m`/)
  })
})

suite('sluice.schema.json', () => {
  const text = read('sluice.schema.json')

  test('is what the schema gives', () => assert.equal(text, editorSchemaText(), MEND))

  test('allows a variable in the place of a number, and nothing unknown', () => {
    const editor = z.fromJSONSchema(z.record(z.string(), z.json()).parse(JSON.parse(text)))
    const accepts = (value: unknown): boolean => editor.safeParse(value).success
    const providers = { sim: {} }
    assert.ok(accepts({ providers, listen: { port: 80 } }))
    assert.ok(accepts({ providers, listen: { port: `\${PORT}` } }))
    assert.ok(!accepts({ providers, listen: { port: 'eighty' } }))
    assert.ok(!accepts({ providers, listen: { prot: 80 } }))
    assert.ok(!accepts({}))
  })
})

suite('sluice.example.yaml', () => {
  const text = read('sluice.example.yaml')

  test('is a configuration', () => {
    const config = load(text, { variables: { SEARCH_TEAM_KEY: 'a-key-of-some-length' } })
    assert.deepEqual(Object.keys(config.models), ['chat', 'chat-small'])
    assert.deepEqual(config.providers.openai?.apiKeys, [])
    assert.equal(config.state.redis, undefined)
  })

  test('shows every section of the schema but the log and the plugins', () => {
    const shown = Object.keys(schema.shape).filter(key => new RegExp(`^${key}:`, 'm').test(text))
    assert.deepEqual(shown, ['listen', 'ops', 'providers', 'models', 'keys', 'idempotency', 'state', 'responses'])
  })

  test('fits on one screen', () => assert.ok(text.split('\n').length <= 45))
})
