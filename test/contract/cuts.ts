/** So many cuts anywhere in a body, so many where a blank line ends an event, and so many inside of characters. */
const CUTS = 16

const LF = 0x0a

/** The body cut at places that look random, the same for the same seed. */
export function cutsOf(body: Buffer, seed: string): Buffer[] {
  const random = randomNumbers(seed)
  const pick = (places: readonly number[]): number[] =>
    places.length === 0 ? [] : Array.from({ length: CUTS }, () => places[Math.floor(random() * places.length)] ?? 0)
  const everywhere = Array.from(body.keys())
  const places = [
    ...pick(everywhere),
    ...pick(everywhere.filter(at => body[at] === LF && body[at - 1] === LF)),
    ...pick(everywhere.filter(at => isContinuation(body[at] ?? 0))),
  ]
  const edges = [0, ...new Set(places.toSorted((left, right) => left - right)), body.length]
  return edges
    .slice(1)
    .map((end, index) => body.subarray(edges[index], end))
    .filter(piece => piece.length > 0)
}

/** A byte of UTF-8 that does not begin a character. */
function isContinuation(byte: number): boolean {
  return byte >> 6 === 0b10
}

/** Numbers in [0, 1) from a seed: mulberry32, seeded with the FNV-1a hash of the text. */
function randomNumbers(seed: string): () => number {
  let state = 0x811c9dc5
  for (const character of Buffer.from(seed)) state = Math.imul(state ^ character, 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
