/** How images begin, in base64 (of a WebP: the RIFF that holds it). */
const BEGINNINGS = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
] as const

/** The media type of an image by its first bytes, else as declared: OpenAI takes a wrong declaration, other vendors refuse it. */
export function imageType(declared: string, base64: string): string {
  return BEGINNINGS.find(([beginning]) => base64.startsWith(beginning))?.[1] ?? declared
}
