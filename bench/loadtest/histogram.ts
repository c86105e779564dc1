/** A Prometheus histogram at one moment: how many observations were at most so large, by rising bound; the last bound is Infinity. */
export type Histogram = readonly (readonly [bound: number, count: number])[]

/** Reads a histogram that has no labels of its own from the text of /metrics. Throws when it is not there. */
export function readHistogram(text: string, name: string): Histogram {
  const line = new RegExp(`^${name}_bucket\\{(?:[^}]*,)?le="([^"]+)"[^}]*\\} (\\S+)`, 'gm')
  const buckets = [...text.matchAll(line)].map(
    ([, bound, count]) => [bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), Number(count)] as const,
  )
  if (buckets.length === 0) throw new Error(`the gateway's metrics hold no ${name}`)
  return buckets
}

/** What was observed from one reading to a later one of the same histogram. */
export function between(earlier: Histogram, later: Histogram): Histogram {
  return later.map(([bound, count], index) => [bound, count - (earlier[index]?.[1] ?? 0)])
}

/**
 * A quantile, estimated as Prometheus's histogram_quantile does: evenly spread within its bucket, and the highest finite bound
 * when it lies beyond. Undefined when nothing was observed.
 */
export function quantile(histogram: Histogram, share: number): number | undefined {
  const total = histogram.at(-1)?.[1] ?? 0
  if (total === 0) return undefined
  const rank = total * share
  const index = histogram.findIndex(([, count]) => count >= rank)
  const [low, below] = histogram[index - 1] ?? [0, 0]
  const [high, count] = histogram[index] ?? [Number.POSITIVE_INFINITY, total]
  return high === Number.POSITIVE_INFINITY ? low : low + ((high - low) * (rank - below)) / (count - below)
}
