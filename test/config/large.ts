/** A configuration with so many models, each with two or three targets and one model below it, and a quarter as many callers. */
export function largeConfig(models: number): object {
  const indexes = Array.from({ length: models }, (_, index) => index)
  return {
    providers: Object.fromEntries(indexes.slice(0, 8).map(index => [`vendor-${index}`, provider(index)])),
    models: Object.fromEntries(indexes.map(index => [`chat-${index}`, model(index)])),
    keys: indexes.slice(0, models / 4).map(caller),
  }
}

/** The same as people write it, in blocks of lines. */
export function largeText(models: number): string {
  return blockOf(largeConfig(models), '')
}

function provider(index: number): object {
  const baseUrl = `https://vendor-${index}.example/v1`
  return { type: 'openai-compatible', baseUrl, apiKeys: [`first-key-${index}`, `second-key-${index}`] }
}

function model(index: number): object {
  const targets = Array.from({ length: 2 + (index % 2) }, (_, place) => ({
    provider: `vendor-${(index + place) % 8}`,
    model: `model-${index}-${place}`,
    weight: place + 1,
  }))
  return { targets, ...(index >= 8 && { degradeTo: [`chat-${index % 8}`] }) }
}

function caller(index: number): object {
  const models = [`chat-${index}`, `chat-${index}*`, `vendor-${index % 8}/*`]
  return { name: `caller-${index}`, key: `key-of-caller-${index}`, models, limits: { requestsPerMinute: 600 } }
}

function blockOf(value: object, indent: string): string {
  return Object.entries(value)
    .map(([key, member]: [string, unknown]) => {
      const name = Array.isArray(value) ? '-' : `${key}:`
      if (typeof member !== 'object' || member === null) return `${indent}${name} ${JSON.stringify(member)}\n`
      return `${indent}${name}\n${blockOf(member, `${indent}  `)}`
    })
    .join('')
}
