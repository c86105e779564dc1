/** For the `skip` option of tests that judge processor time: false, or why it says nothing here. */
export const timeSaysNothing = process.env.NODE_V8_COVERAGE
  ? 'counting coverage makes code several times slower'
  : false

/** How often it is looked whether the event loop comes round, ms, and from when on it is taken to have been kept from it. */
const LOOK_MS = 1
const KEPT_MS = 5

/**
 * How long (ms) something takes, without the moments in which a busy machine did not let this process run. What the process was
 * busy with itself counts.
 */
export async function timeOf(act: () => unknown): Promise<number> {
  let lost = 0
  let looked = reading()
  const look = (): void => {
    const { at, cpu } = reading()
    const kept = at - looked.at - (cpu - looked.cpu)
    if (kept > KEPT_MS) lost += kept - LOOK_MS
    looked = { at, cpu }
  }
  const looking = setInterval(look, LOOK_MS)
  const began = looked.at
  await act()
  clearInterval(looking)
  look()
  return looked.at - began - lost
}

/** Ms of the clock, and of this thread on a processor. */
function reading(): { at: number; cpu: number } {
  const { user, system } = process.threadCpuUsage()
  return { at: performance.now(), cpu: (user + system) / 1_000 }
}
