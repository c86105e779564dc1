import { isObject, type Json, type JsonObject } from '../call/json.ts'

/** Schemas may refer to themselves; deeper than this nothing is made up. */
const MAX_DEPTH = 6

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  email: 'someone@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
}

/** A proper name in the middle of a sentence: the likeliest argument in "What is the weather in Paris?". */
const PROPER_NAME = /(?<=\S\s)\p{Lu}[\p{L}\p{M}]+/u

/** An argument object that fits a JSON Schema and sounds as if it came from `text`. The same input gives the same output. */
export function sampleArguments(schema: Json | undefined, text: string): JsonObject {
  const sample = new Sampler(schema, text).sample(schema, 'value', 0)
  return isObject(sample) ? sample : {}
}

class Sampler {
  readonly #root: Json | undefined
  readonly #word: string | undefined

  constructor(root: Json | undefined, text: string) {
    this.#root = root
    this.#word = PROPER_NAME.exec(text)?.[0]
  }

  sample(schema: Json | undefined, name: string, depth: number): Json {
    if (!isObject(schema) || depth > MAX_DEPTH) return null
    const given = schema.const ?? schema.default ?? firstOf(schema.enum) ?? firstOf(schema.examples)
    if (given !== undefined) return given
    const other = this.#resolve(schema)
    return other === undefined ? this.#sampleType(schema, name, depth) : this.sample(other, name, depth + 1)
  }

  /** The schema that stands in for this one: the target of a local reference, or the first alternative. */
  #resolve(schema: JsonObject): Json | undefined {
    if (typeof schema.$ref !== 'string') return firstOf(schema.anyOf) ?? firstOf(schema.oneOf) ?? firstOf(schema.allOf)
    const steps = schema.$ref.replace(/^#/, '').split('/')
    return steps
      .filter(step => step !== '')
      .reduce<Json | undefined>((value, step) => (isObject(value) ? value[step] : undefined), this.#root)
  }

  #sampleType(schema: JsonObject, name: string, depth: number): Json {
    switch (firstOf(schema.type) ?? schema.type) {
      case 'string':
        return FORMATS[String(schema.format)] ?? this.#word ?? name.replaceAll('_', ' ')
      case 'integer':
      case 'number':
        return schema.minimum ?? 1
      case 'boolean':
        return true
      case 'array':
        return [this.sample(schema.items, name, depth + 1)]
      case 'null':
        return null
      default:
        return this.#sampleObject(schema, depth)
    }
  }

  #sampleObject(schema: JsonObject, depth: number): Json {
    if (!isObject(schema.properties)) return {}
    const entries = Object.entries(schema.properties)
    return Object.fromEntries(entries.map(([name, property]) => [name, this.sample(property, name, depth + 1)]))
  }
}

function firstOf(value: Json | undefined): Json | undefined {
  return Array.isArray(value) ? value[0] : undefined
}
