import { randomBytes } from 'node:crypto'

/**
 * The client's own id where it is a harmless word, so that its logs and ours meet. Ids of our own begin with a word that is
 * new for each process and are counted from there: a random one for each request costs ten times as much.
 */
export function requestIds(): (request: { headers: Record<string, string | string[] | undefined> }) => string {
  const run = randomBytes(9).toString('base64url')
  let count = 0
  return ({ headers }) => {
    const given = headers['x-request-id']
    if (typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given)) return given
    count += 1
    return `${run}-${count.toString(36)}`
  }
}
