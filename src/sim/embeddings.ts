import type { Json, JsonObject } from '../call/json.ts'
import { type Answer, encode } from './answer.ts'
import { openaiWire } from './openai.ts'
import { optionalCount, parseBody, Refusal, requiredString } from './prompt.ts'
import { seededRandom } from './random.ts'
import type { Trouble } from './wire.ts'

/** Long enough to tell texts apart, short enough to read. */
const USUAL_DIMENSIONS = 64
const MOST_DIMENSIONS = 4096
const CHARACTERS_PER_TOKEN = 4

/** Answers OpenAI's embeddings: for each text a unit vector that depends on the text and the model, and on nothing else. */
export class Embedder {
  answer(body: Buffer): Answer {
    try {
      return { kind: 'whole', status: 200, body: encode(embed(parseBody(body.toString('utf8')))) }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return this.trouble({ status: 400, message: error.message, param: error.param })
    }
  }

  trouble(trouble: Trouble): Answer {
    return { kind: 'whole', status: trouble.status, body: encode(openaiWire.error(trouble)) }
  }
}

function embed(body: JsonObject): JsonObject {
  const model = requiredString(body, 'model')
  const texts = readTexts(body.input)
  const length = optionalCount(body, 'dimensions') ?? USUAL_DIMENSIONS
  if (length > MOST_DIMENSIONS) throw new Refusal(`'dimensions' must be ${MOST_DIMENSIONS} at most.`, 'dimensions')
  const base64 = body.encoding_format === 'base64'
  const tokens = texts.reduce((sum, text) => sum + Math.ceil(text.length / CHARACTERS_PER_TOKEN), 0)
  return {
    object: 'list',
    data: texts.map((text, index) => {
      const vector = vectorOf(`${model} ${text}`, length)
      const embedding = base64 ? Buffer.from(vector.buffer).toString('base64') : [...vector]
      return { object: 'embedding', index, embedding }
    }),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}

function readTexts(input: Json | undefined): readonly string[] {
  const texts = typeof input === 'string' ? [input] : input
  if (Array.isArray(texts) && texts.length > 0 && texts.every(text => typeof text === 'string')) return texts
  throw new Refusal("Invalid 'input': expected a string or an array of strings.", 'input')
}

function vectorOf(text: string, length: number): Float32Array {
  const random = seededRandom(seedOf(text))
  const vector = Float32Array.from({ length }, () => random() * 2 - 1)
  const norm = Math.hypot(...vector)
  return vector.map(number => number / norm)
}

/** FNV-1a, 32 bits (draft-eastlake-fnv). */
function seedOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
