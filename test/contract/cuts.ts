/** Pieces in which a body may come off the network: up to so many cuts. */
const MOST_CUTS = 24

/** The body cut at places that look random, the same for the same seed; in the midst of characters and of line ends, too. */
export function cutsOf(body: Buffer, seed: string): Buffer[] {
  const random = randomNumbers(seed)
  const places = Array.from({ length: MOST_CUTS }, () => Math.floor(random() * body.length))
  const edges = [0, ...new Set(places.toSorted((left, right) => left - right)), body.length]
  return edges
    .slice(1)
    .map((end, index) => body.subarray(edges[index], end))
    .filter(piece => piece.length > 0)
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
