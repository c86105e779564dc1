import { environmentSchema } from './environment.ts'
import { inputSchema, type JsonSchema, listMembers, type Member } from './members.ts'

/** The schema for editors (sluice.schema.json), as text: the input schema, in which every value may also be a `${NAME}`. */
export function editorSchemaText(): string {
  const schema = { title: 'Sluice configuration', ...withReferences(inputSchema()) }
  // Lists of words on one line where they fit, as the formatter of this repository wants them.
  const text = JSON.stringify(schema, null, 2)
  return `${text.replace(/^(.*)\[\n\s+([^[\]{}]+?)\n\s+\]/gm, (list, before: string, items: string) => {
    const line = `${before}[${items.replace(/\n\s+/g, ' ')}]`
    return line.length <= LONGEST_LINE ? line : list
  })}\n`
}

const LONGEST_LINE = 120

const REFERENCE: JsonSchema = { type: 'string', pattern: '\\$\\{' }

function withReferences(schema: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties: named } = schema
  if (properties !== undefined) return { ...schema, properties: mapValues(properties, withReferences) }
  if (items !== undefined) return { ...schema, items: withReferences(items) }
  if (typeof named === 'object') return { ...schema, additionalProperties: withReferences(named) }
  const { description, default: value, title, writeOnly, ...rules } = schema
  if (Object.keys(rules).length === 1 && rules.type === 'string') return schema
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(value !== undefined && { default: value }),
    ...(writeOnly !== undefined && { writeOnly }),
    anyOf: [rules, REFERENCE],
  }
}

function mapValues<T>(values: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]))
}

const INTRODUCTION = `# Configuration

One YAML file: \`--config FILE\`, else the file that \`SLUICE_CONFIG\` names, else \`sluice.yaml\` in the working directory. Without
a file the simulator and the vendors whose usual key variable is set (\`OPENAI_API_KEY\`, ...) are configured by themselves.

- \`\${NAME}\` in a value is replaced by the environment variable, \`\${NAME:-default}\` by the default where it is unset or empty,
  \`$\${\` by a plain \`\${\`. A variable that is unset or empty and has no default is an error. Between \`{}\` or \`[]\`, YAML wants
  quotes around it: \`{ key: "\${NAME}" }\`.
- The file is read again at every reload, so a pipe or a device is refused, for secrets as well: \`--config /dev/stdin < FILE\` works, a
  pipe into it and \`--config <(...)\` do not.
- A secret may be \`file:/path\`: it is then read from that file. Relative paths start at the folder of this file.
- Durations are \`250ms\`, \`5s\`, \`10m\`, \`2h\`, \`1d\`; sizes \`512B\`, \`64KiB\`, \`32MiB\`, \`1GiB\`.
- An unknown key, a value that does not fit and a setting that is not supported yet are errors; all are reported at once, with
  line and column.

While the gateway runs, the file and the secrets that it names are watched, and a change is in force at once; only \`listen\`, \`ops\`,
\`log\`, \`state\` and \`plugins\` wait for a restart. \`sluice validate FILE\` checks a file and starts nothing.

For completion in an editor, begin the file with \`# yaml-language-server: $schema=./sluice.schema.json\`.

This page is written by \`npm run config:docs\` from src/config/schema.ts.
`

/** The page of all settings (docs/config.md), in Markdown. */
export function configPage(): string {
  const members = listMembers()
  const sections = members.filter(member => member.pattern.length === 1)
  return [INTRODUCTION, ...sections.map(section => describeSection(section, members)), describeEnvironment()].join('\n')
}

function describeSection(section: Member, members: readonly Member[]): string {
  const own = members.filter(member => member.pattern[0] === section.key && !isPlainSection(member.schema))
  const rows = own.map(member =>
    row(`\`${member.shown}\``, kindOf(member.schema), defaultOf(member), member.schema.description ?? ''),
  )
  return [
    `## ${section.key}`,
    '',
    section.schema.description,
    '',
    ...table('Setting', 'Value', 'Default', 'Meaning'),
    ...rows,
    '',
  ].join('\n')
}

function describeEnvironment(): string {
  const variables = Object.entries((environmentSchema as JsonSchema).properties ?? {})
  const rows = variables.map(([name, { description = '' }]) => row(`\`${name}\``, description))
  return [
    '## Environment',
    '',
    'These variables win over the file. One that is set to nothing counts as unset.',
    '',
    ...table('Variable', 'Meaning'),
    ...rows,
    '',
  ].join('\n')
}

function table(...titles: readonly string[]): string[] {
  return [row(...titles), row(...titles.map(() => '---'))]
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** A section that only groups others has no line of its own, unless it can be left out as a whole. */
function isPlainSection(schema: JsonSchema): boolean {
  return schema.properties !== undefined && schema.default !== undefined
}

function kindOf(schema: JsonSchema): string {
  if (schema.title !== undefined) return schema.title
  if (schema.enum !== undefined) return schema.enum.map(value => `\`${value}\``).join(', ')
  if (schema.type === 'array') return `list of ${kindOf(schema.items ?? {})}s`
  if (schema.type === 'object') return typeof schema.additionalProperties === 'object' ? 'sections by name' : 'section'
  if (schema.type === 'boolean') return '`true`, `false`'
  if (schema.type === 'integer') return `whole number${rangeOf(schema)}`
  if (schema.type === 'number') return `number${rangeOf(schema)}`
  return 'text'
}

function rangeOf({ minimum, maximum }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return `, ${minimum} to ${maximum}`
  return minimum === undefined ? '' : `, at least ${minimum}`
}

function defaultOf({ schema, required }: Member): string {
  if (required) return 'required'
  if (schema.default === undefined) return ''
  return `\`${typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default)}\``
}
