import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json, JsonObject } from '../../src/call/json.ts'
import { gemini } from '../../src/dialects/gemini/index.ts'
import { testLaws } from './laws.ts'

const root = join(import.meta.dirname, '../fixtures/gemini')

function load<T>(folder: string, suffix: string, read: (name: string, text: string) => T): T[] {
  return readdirSync(join(root, folder))
    .filter(file => file.endsWith(suffix))
    .map(file => read(file.slice(0, -suffix.length), readFileSync(join(root, folder, file), 'utf8')))
}

testLaws(gemini, {
  requests: load('requests', '.json', (name, text) => ({ name, json: JSON.parse(text) as JsonObject })),
  responses: load('responses', '.json', (name, text) => ({ name, json: JSON.parse(text) as Json })),
  streams: load('streams', '.sse', (name, body) => {
    const response = JSON.parse(readFileSync(join(root, 'streams', `${name}.json`), 'utf8')) as Json
    return { name, body, response }
  }),
})
