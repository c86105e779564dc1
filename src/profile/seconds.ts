import { InvalidRequest } from '../errors.ts'

const SHORTEST = 0.1
const LONGEST = 60

/** `seconds` of a query string in ms. Throws InvalidRequest for what is no number of seconds from 0.1 to 60. */
export function durationOf(seconds: unknown): number {
  const value = typeof seconds === 'string' && seconds !== '' ? Number(seconds) : NaN
  if (value >= SHORTEST && value <= LONGEST) return value * 1000
  throw InvalidRequest({ param: 'seconds' }, `seconds must be a number from ${SHORTEST} to ${LONGEST}.`)
}
