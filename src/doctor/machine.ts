import { type Finding, ok, problem, warning } from './finding.ts'

const OLDEST_NODE = 24
/** A client's connection and a vendor's for each stream: a thousand of them, and room for sockets that are kept open. */
const FEWEST_DESCRIPTORS = 4096
/** Expiry dates of keys and clouds' signatures go by the clock; signatures of AWS hold for five minutes. Both in ms. */
const NOTABLE_SKEW = 5_000
const HARMFUL_SKEW = 240_000

/** `version` as in process.versions.node. */
export function checkNode(version: string): Finding {
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return ok('node', version)
  return problem('node', `${version} is too old: install Node ${OLDEST_NODE} or newer`)
}

/** `limits` is the text of /proc/self/limits; undefined where there is none. */
export function checkDescriptors(limits: string | undefined): Finding {
  const subject = 'file descriptors'
  const most = /^Max open files\s+(\d+)/m.exec(limits ?? '')?.[1]
  if (limits === undefined) return ok(subject, 'this system does not say how many a process may open')
  if (most === undefined) return ok(subject, 'without limit')
  if (Number(most) >= FEWEST_DESCRIPTORS) return ok(subject, `${most} for each process`)
  return warning(
    subject,
    `${most} for each process, and each stream needs two: raise it to ${FEWEST_DESCRIPTORS} or more (ulimit -n, LimitNOFILE of systemd)`,
  )
}

/** `skews` are how far our clock is ahead of others', ms. They may be wrong, too: the median counts. */
export function checkClock(skews: readonly number[]): Finding {
  const subject = 'clock'
  const skew = skews.toSorted((one, other) => one - other)[Math.floor(skews.length / 2)]
  if (skew === undefined) return ok(subject, 'nobody who answered told the time, so it was compared with none')
  const seconds = Math.round(Math.abs(skew) / 1000)
  if (seconds * 1000 < NOTABLE_SKEW) return ok(subject, `agrees with that of others (${skews.length})`)
  const words = `${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} that of others: have it set by NTP`
  return Math.abs(skew) < HARMFUL_SKEW ? warning(subject, words) : problem(subject, words)
}
