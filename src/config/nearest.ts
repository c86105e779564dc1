/** Longer words are no slips of the pen, and the distance is quadratic in the length, which a client may choose. */
const LONGEST_WORD = 200

/** More would help nobody to choose. */
const MOST_NAMED = 3

/**
 * The candidates that a misspelt `word` may have meant, nearest first, three at most. Letter case does not count, and a
 * candidate that the word begins, or that begins the word, is near.
 */
export function nearest(word: string, candidates: Iterable<string>): string[] {
  if (word.length > LONGEST_WORD) return []
  const wanted = word.toLowerCase()
  return [...candidates]
    .map(candidate => ({ candidate, distance: howFar(wanted, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance < Infinity)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MOST_NAMED)
    .map(({ candidate }) => candidate)
}

/** A sentence's end that names the nearest candidates: `; did you mean "a" or "b"?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const names = nearest(word, candidates).map(name => `"${name}"`)
  return names.length === 0 ? '' : `; did you mean ${names.join(' or ')}?`
}

function howFar(word: string, candidate: string): number {
  const shorter = Math.min(word.length, candidate.length)
  const longer = Math.max(word.length, candidate.length)
  const begins = shorter >= 3 && (word.startsWith(candidate) || candidate.startsWith(word))
  const limit = Math.ceil(longer / 3)
  if (longer > LONGEST_WORD) return Infinity
  if (longer - shorter > limit) return begins ? longer - shorter : Infinity
  const distance = editDistance(word, candidate)
  return begins || distance <= limit ? distance : Infinity
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, one each. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = swapped ? at(beforeLast, j - 2) + 1 : Infinity
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, substitution, swap))
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity
}
