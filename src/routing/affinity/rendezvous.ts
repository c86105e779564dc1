import { hash } from 'node:crypto'
import { lot, type Weighted } from './lot.ts'

/** What can be pinned to. */
interface Pinnable extends Weighted {
  /** From `seedOf` its id. */
  readonly seed: number
}

/** A 32-bit hash of these bytes. */
export function seedOf(bytes: string | Buffer): number {
  return hash('sha256', bytes, 'buffer').readUInt32LE(0)
}

/**
 * The one target of a key: the same for the same key, each target with the odds of its weight, and only keys of a target
 * that is not among `targets` move elsewhere. Rendezvous hashing (Thaler, Ravishankar 1998), weighted by `lot`; nothing is
 * remembered, so all gateways agree. `key` is 32 bits; `targets` is not empty.
 */
export function rendezvous<T extends Pinnable>(targets: readonly T[], key: number): T {
  let best = targets[0] as T
  let least = Infinity
  for (const target of targets) {
    const drawn = (mix(key ^ target.seed) + 1) / 2 ** 32
    const own = lot(target.weight, drawn)
    if (own < least) {
      best = target
      least = own
    }
  }
  return best
}

/** The last steps of MurmurHash3 (Austin Appleby): each bit of the input changes half of the output's. */
function mix(input: number): number {
  let mixed = Math.imul(input ^ (input >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
