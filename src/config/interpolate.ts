/** Something in a text that could not be replaced; `written` is the reference as it stands there. */
interface Unresolved {
  readonly message: string
  readonly written: string
}

export type Variables = Readonly<Record<string, string | undefined>>

/** `$${` (a literal `${`), `${NAME}`, `${NAME:-default}`, or the beginning of something else, which is refused. */
const REFERENCE = /\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?/g

/**
 * Replaces `${NAME}` and `${NAME:-default}` (the default also where the variable is empty, as a shell does) in one value.
 * What was put in is not looked at again. Never throws: what cannot be replaced is returned.
 */
export function interpolate(text: string, variables: Variables): { text: string; unresolved: Unresolved[] } {
  const unresolved: Unresolved[] = []
  const replaced = text.replace(REFERENCE, (written: string, name?: string, fallback?: string) => {
    if (written === '$${') return '${'
    if (name === undefined) {
      unresolved.push({
        written,
        message: `malformed reference: write \${NAME}, \${NAME:-default}, or $\${ for a plain \${`,
      })
      return written
    }
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (value !== undefined && value !== '') return value
    if (fallback !== undefined) return fallback
    const why = value === undefined ? 'not set' : 'empty'
    unresolved.push({ written, message: `variable ${name} is ${why}; write \${${name}:-default} to allow that` })
    return written
  })
  return { text: replaced, unresolved }
}
