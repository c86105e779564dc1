import { writeFileSync } from 'node:fs'
import { configPage, editorSchemaText } from '../src/config/describe.ts'

const root = new URL('../', import.meta.url)
writeFileSync(new URL('docs/config.md', root), configPage())
writeFileSync(new URL('sluice.schema.json', root), editorSchemaText())
