/** How many users come when, and what they do. Times are in seconds. */
export interface Plan {
  readonly firstUsers: number
  /** So long they are alone. */
  readonly firstSeconds: number
  readonly usersPerSecond: number
  readonly users: number
  /** So long all of them are there. */
  readonly holdSeconds: number
  /** How long a user thinks after an answer, evenly spread. */
  readonly think: { readonly shortest: number; readonly longest: number }
}

export const FULL: Plan = {
  firstUsers: 100,
  firstSeconds: 10,
  usersPerSecond: 50,
  users: 3000,
  holdSeconds: 300,
  think: { shortest: 15, longest: 30 },
}

/** A minute, with as many calls a second for each user as fit beside other work. */
export const QUICK: Plan = {
  firstUsers: 100,
  firstSeconds: 5,
  usersPerSecond: 50,
  users: 600,
  holdSeconds: 45,
  think: { shortest: 5, longest: 10 },
}

/** From the first user to the end, s. */
export function lengthOf({ firstUsers, firstSeconds, usersPerSecond, users, holdSeconds }: Plan): number {
  return firstSeconds + (users - firstUsers) / usersPerSecond + holdSeconds
}
