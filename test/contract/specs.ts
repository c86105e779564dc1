import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ErrorObject, ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { parse } from 'yaml'
import { schemasOfDiscovery } from './discovery-schema.ts'
import { schemasOfOpenApi } from './openapi-schema.ts'
import type { PlainApi } from './plain-recordings.ts'
import type { DialectName } from './recordings.ts'
import { type Wire, wire } from './said.ts'
import { schemasOfService } from './service-schema.ts'
import { closeGaps } from './spec-gaps.ts'

export type Kind = 'request' | 'response' | 'event'

/** A vendor's own description of its API: a document of schemas, and where in it each kind of message is described. */
interface Spec {
  readonly file: string
  readonly schemas: (document: Wire) => Wire
  readonly names: Readonly<Partial<Record<Kind, string>>>
}

/** Where references inside of OpenAPI documents point to; the other documents' are ours to choose. */
const OPENAPI = '#/components/schemas'

/** What is described: conversations by their dialect, everything else by the name of its API. */
type Described = DialectName | Exclude<PlainApi, 'invoke'> | 'countTokens'

const SPECS: Readonly<Record<Described, Spec>> = {
  'openai-chat': {
    file: 'openai-openapi.json',
    schemas: schemasOfOpenApi,
    names: {
      request: `${OPENAPI}/CreateChatCompletionRequest`,
      response: `${OPENAPI}/CreateChatCompletionResponse`,
      event: `${OPENAPI}/CreateChatCompletionStreamResponse`,
    },
  },
  'openai-responses': {
    file: 'openai-openapi.json',
    schemas: schemasOfOpenApi,
    names: {
      request: `${OPENAPI}/CreateResponse`,
      response: `${OPENAPI}/Response`,
      event: `${OPENAPI}/ResponseStreamEvent`,
    },
  },
  anthropic: {
    file: 'anthropic-openapi.yml',
    schemas: schemasOfOpenApi,
    names: {
      request: `${OPENAPI}/CreateMessageParams`,
      response: `${OPENAPI}/Message`,
      event: `${OPENAPI}/MessageStreamEvent`,
    },
  },
  gemini: {
    file: 'gemini-discovery.json',
    schemas: schemasOfDiscovery,
    names: {
      request: '#/$defs/GenerateContentRequest',
      response: '#/$defs/GenerateContentResponse',
      event: '#/$defs/GenerateContentResponse',
    },
  },
  bedrock: {
    file: 'bedrock-runtime-service-2.json',
    schemas: schemasOfService,
    names: {
      request: '#/$defs/ConverseRequest',
      response: '#/$defs/ConverseResponse',
      event: '#/$defs/ConverseStreamOutput',
    },
  },
  embeddings: {
    file: 'openai-openapi.json',
    schemas: schemasOfOpenApi,
    names: { response: `${OPENAPI}/CreateEmbeddingResponse` },
  },
  batchEmbedContents: {
    file: 'gemini-discovery.json',
    schemas: schemasOfDiscovery,
    names: { request: '#/$defs/BatchEmbedContentsRequest' },
  },
  count_tokens: {
    file: 'anthropic-openapi.yml',
    schemas: schemasOfOpenApi,
    names: { response: `${OPENAPI}/CountMessageTokensResponse` },
  },
  countTokens: {
    file: 'gemini-discovery.json',
    schemas: schemasOfDiscovery,
    names: { response: '#/$defs/CountTokensResponse' },
  },
}

/** The vendors' specs in a folder. Documents are read, and schemas compiled, when they are first needed. */
export class Specs {
  readonly #folder: string
  readonly #ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    discriminator: true,
    validateSchema: false,
    logger: false,
  })
  readonly #compiled = new Map<string, ValidateFunction>()
  readonly #loaded = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
    formats.default(this.#ajv)
  }

  /** What is wrong with a message, by its spec. Throws where that has no such message. */
  errors(described: Described, kind: Kind, message: unknown): readonly ErrorObject[] {
    const validate = this.#validator(described, kind)
    return validate(message) ? [] : (validate.errors ?? [])
  }

  #validator(described: Described, kind: Kind): ValidateFunction {
    const spec = SPECS[described]
    const name = spec.names[kind]
    if (name === undefined) throw new Error(`no ${kind} of ${described} is described`)
    const reference = `${spec.file}${name}`
    const known = this.#compiled.get(reference)
    if (known !== undefined) return known
    this.#load(spec)
    const compiled = this.#ajv.compile({ $ref: reference })
    this.#compiled.set(reference, compiled)
    return compiled
  }

  #load({ file, schemas }: Spec): void {
    if (this.#loaded.has(file)) return
    this.#loaded.add(file)
    const source = readFileSync(join(this.#folder, file), 'utf8')
    // JSON is YAML, and its own parser is many times as fast.
    const document = source.startsWith('{') ? JSON.parse(source) : parse(source)
    const named = { ...schemas(wire(document)) }
    closeGaps(file, named)
    this.#ajv.addSchema({ $id: file, components: { schemas: named }, $defs: named })
  }
}
