import { type GenerateContentParameters, GoogleGenAI } from '@google/genai'
import type { JsonObject } from '../../src/call/json.ts'
import type { Question } from './clients.ts'
import { generatedOf, saidByGenerated } from './gemini-oracle.ts'
import { type Said, type Wire, wire } from './said.ts'
import type { Wiretap } from './wiretap.ts'

export async function askGemini({ url, model, body, stream }: Question, { fetch }: Wiretap): Promise<Said> {
  const client = new GoogleGenAI({
    apiKey: 'caller',
    httpOptions: { baseUrl: url, fetch, retryOptions: { attempts: 1 } },
  })
  const params = paramsOf(model, body)
  if (!stream) return saidByGenerated(wire(await client.models.generateContent(params)))
  const chunks: Wire[] = []
  for await (const chunk of await client.models.generateContentStream(params)) chunks.push(wire(chunk))
  return saidByGenerated(generatedOf(chunks))
}

/** The client takes what the wire has beside `contents` and in `generationConfig` as one `config`. */
function paramsOf(model: string, body: JsonObject): GenerateContentParameters {
  const { contents, generationConfig, ...rest } = body
  const given = Object.entries({ ...wire(generationConfig), ...rest }).filter(([, value]) => value !== null)
  return { model, contents, config: Object.fromEntries(given) } as unknown as GenerateContentParameters
}
