/** How the four types of image that Anthropic reads begin, in base64 (of a WebP: the RIFF that holds it). */
const BEGINNINGS = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
] as const

/** The type of an image by its own first bytes, else as declared: OpenAI takes a wrong declaration, Anthropic refuses it. */
export function mediaTypeOf(declared: string, base64: string): string {
  if (!declared.startsWith('image/')) return declared
  return BEGINNINGS.find(([beginning]) => base64.startsWith(beginning))?.[1] ?? declared
}
