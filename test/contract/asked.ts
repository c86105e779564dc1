import { type ToolCall, text, wires } from './said.ts'

/** What a request asks, whatever its format: what the client sent and what the vendor saw have to be the same. */
export interface Asked {
  readonly system: string
  /** Who speaks, and what is said in one go; blank texts left out. */
  readonly turns: readonly string[]
  /** An id is empty where the format needs none. */
  readonly calls: readonly ToolCall[]
  readonly results: readonly { readonly id: string; readonly text: string }[]
  /** Addresses, or data in base64. */
  readonly images: readonly string[]
  readonly tools: readonly { readonly name: string; readonly description: string; readonly parameters: unknown }[]
  readonly choice: string
  /** Undefined where nothing is asked for: vendors have defaults, and the gateway has one for Anthropic, which needs a limit. */
  readonly limit: unknown
  readonly stop: readonly unknown[]
  readonly temperature: unknown
  readonly schema: unknown
}

/** The texts of a content, be it a string, a list or null; blank ones left out. */
export function textsOf(content: unknown): string[] {
  const parts = typeof content === 'string' ? [content] : wires(content).map(part => text(part.text))
  return parts.filter(part => part.trim() !== '')
}

/** Each run of texts by one speaker as one. */
export function turnsOf(spoken: readonly { readonly role: string; readonly texts: readonly string[] }[]): string[] {
  const turns: { role: string; texts: string[] }[] = []
  for (const { role, texts } of spoken) {
    const last = turns.at(-1)
    if (texts.length === 0) continue
    if (last?.role === role) last.texts.push(...texts)
    else turns.push({ role, texts: [...texts] })
  }
  return turns.map(({ role, texts }) => `${role}: ${texts.join('\n')}`)
}

/** The data of a data URL, any other address as it is. */
export function addressed(url: string): string {
  return url.startsWith('data:') ? url.slice(url.indexOf(',') + 1) : url
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
