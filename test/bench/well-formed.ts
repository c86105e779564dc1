import assert from 'node:assert/strict'

/** Throws when a tag is not closed, a quote or an ampersand stands where it may not, or a number is none. */
export function assertWellFormed(svg: string): void {
  const open: string[] = []
  const rest = svg.replaceAll(/<(\/?)(\w+)((?:\s[\w:]+="[^"<]*")*)(\/?)>/g, (_, closing, name, _attributes, empty) => {
    if (closing) assert.equal(open.pop(), name)
    else if (!empty) open.push(name)
    return ''
  })
  assert.deepEqual(open, [])
  assert.doesNotMatch(rest, /[<>]|&(?!amp;|lt;|gt;|quot;)/)
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/)
}
