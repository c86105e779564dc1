export type Verdict = 'ok' | 'warning' | 'problem'

/** What one check has found. `words` say what to do where something is to be done; they hold no secret and no key. */
export interface Finding {
  readonly subject: string
  readonly verdict: Verdict
  readonly words: string
}

/** What came of asking another program, and how far our clock is ahead of its own, ms; undefined where it did not tell the time. */
export interface Answer {
  readonly finding: Finding
  readonly skew: number | undefined
}

export function ok(subject: string, words: string): Finding {
  return { subject, verdict: 'ok', words }
}

export function warning(subject: string, words: string): Finding {
  return { subject, verdict: 'warning', words }
}

export function problem(subject: string, words: string): Finding {
  return { subject, verdict: 'problem', words }
}

/** One line, without its end. */
export function showFinding({ subject, verdict, words }: Finding): string {
  return `${verdict.padEnd('problem'.length)}  ${subject}: ${words}`
}
