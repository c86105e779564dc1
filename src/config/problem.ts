/** One thing that is wrong. `line` and `column` count from 1; all three are absent where no file is to blame. */
export interface Problem {
  readonly message: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

/** Everything that is wrong with the configuration, one line a problem. Messages hold names and places, never values of secrets. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const sorted = [...problems].sort(byPlace)
    super(sorted.map(showProblem).join('\n'))
    this.problems = sorted
  }
}

function byPlace(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}

/** `FILE:LINE:COLUMN MESSAGE`, on one line. */
export function showProblem({ message, file, line, column }: Problem): string {
  const place = [file, line, column].filter(part => part !== undefined).join(':')
  // Keys of the file are repeated in messages; one with a line break in it must not forge a line of its own.
  const shown = message.replace(/\p{Cc}/gu, ' ')
  return place === '' ? shown : `${place} ${shown}`
}
