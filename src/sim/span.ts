/** A stretch of time, in ms since the start; `every` repeats it with that period. */
export interface Span {
  readonly after: number
  readonly for: number
  readonly every?: number
}

/** Whether it is running so many ms after the start. */
export function isRunning(span: Span, elapsed: number): boolean {
  const since = elapsed - span.after
  if (since < 0) return false
  return (span.every === undefined ? since : since % span.every) < span.for
}
