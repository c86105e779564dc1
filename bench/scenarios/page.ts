import { percent } from './bars.ts'
import type { Ideal } from './capacity.ts'
import { type Report, tables } from './report.ts'
import { LONG, type Script, troublesOf } from './script.ts'

/** The page in docs/, whole; its pictures are in a folder of the same name. */
export function page(report: Report, name: string): string {
  const { date, node, machine, loadBefore, script, figures } = report
  const isLong = script === LONG
  return `# Scenarios

Written by \`npm run scenarios -- ${isLong ? '--long ' : ''}--write\` on ${date}: Node ${node}, ${machine}.
Load average of the machine in the minute before: ${loadBefore.toFixed(2)}. Where its CPU was in use nearly all the time, by whomever,
the latencies are the machine's own.

The same ${(figures[0]?.calls ?? 0).toLocaleString('en')} calls, at the same moments, go four ways to vendors that have a bad day.
${script.purpose} ${otherPage(isLong)}

![Calls that failed](${name}/error-rate.svg)
![p99 latency](${name}/p99.svg)

${tables(report)}

![Two vendors over time](${name}/timeline-two.svg)
![One vendor over time](${name}/timeline-one.svg)

## The script
${describeScript(script)}
- On two vendors the outage is that of \`gpt\`, everything else that of \`claude\`. On one vendor all of it happens to that one.
- ${describeIdeals(report)}
- Percentiles count who succeeded. Where direct calls fail, as on one vendor, theirs are of those that happened not to come in a burst or
  the outage, and no retry of theirs takes longer than about 2.5 s; who waits instead and is answered counts with its wait.

## The arms
- **direct**: the official clients of OpenAI and Anthropic with their default retries (two). On two vendors a client calls them by turns.
- **nginx**: the official client of OpenAI, and an \`upstream\` block of nginx between, with its default rules for the next upstream; buffering off.
- **queue**: clients put calls into a Redis stream (written to disk every second); a worker for each vendor takes as many as it may have
  under way, retries with a pause (the vendor's \`retry-after\`, or at random up to 4 s) at the vendors by turns until the call has expired,
  and sends every piece of a stream back as it comes.
- **sluice**: the official client of OpenAI with its default retries, and \`node src/server.ts\` between, with
  [this configuration](../bench/scenarios/gateway-config.ts). On two vendors it translates for \`claude\`, which speaks Anthropic's Messages.

## How it is measured
- Vendors are the simulator, a process for each arm; clients are a process for each arm. Calls arrive when the script says, whatever
  became of those before them (open loop), at random with a seed. The arms run side by side, each a few seconds
  after the other, so that their bursts do not coincide; then the same on two vendors.
- Figures are over logical calls, with everything that was done to answer them. Latency runs from the moment at which a call was due to the whole
  answer, or to the first content of a stream, and counts those that succeeded. A call fails when it has no answer after ${script.deadline / 1000} s; a
  stream also when it breaks off, or has not ended ${script.streamLimit / 1000} s after its first content.
- **refused** is a 429 or 503 with a \`retry-after\`; **status** any other error status; **broken** a stream that ended early; **network** no
  answer at all; **late** none within the deadline. **calls to vendors**: those that the vendors saw, by logical calls.
- **while a vendor was up**: calls that came at a time from which some vendor stayed up for a second more, about as long as a call takes; those
  that the only vendor cut off as it fell count with its outage, which is longer than their deadline.
- CPU is user + system time, memory the sum of what each process held at most: of what stands **between** clients and vendors
  (nginx; Redis and workers; the gateway), and of the **clients**, whose retries are part of the price.
- Idle: calls one at a time, direct and through Sluice by turns, to a vendor that answers at once.
`
}

function otherPage(isLong: boolean): string {
  return isLong
    ? 'The script of record has short ones: [scenarios](scenarios.md).'
    : 'With longer bursts the wait is most of the latency, whoever lets them wait: [scenarios-long](scenarios-long.md).'
}

function describeScript(script: Script): string {
  const { bursts, burstFactor, limit, limitBurst, callsPerSecond, streams, length } = script
  const troubles = troublesOf(script).map(
    ({ name, after, for: lasts }) => `${name} from ${after / 1000} s, for ${lasts / 1000} s`,
  )
  const { latency = 0, jitter = 0, tail } = script.vendors.gpt
  const rates = Object.values(script.vendors).flatMap(({ brownOuts = [] }) => brownOuts.map(span => span.errorRate))
  return `- ${length / 1000} s, ${callsPerSecond} calls a second, ${percent(streams)} of them streams; every ${(bursts.every ?? 0) / 1000} s a burst of ${bursts.for / 1000} s at ${burstFactor} times
  the limit of a vendor, which is ${limit} a second and ${limitBurst} at once; beyond it comes a 429 with a \`retry-after\` of 1 s.
- A vendor takes ${latency} to ${latency + jitter} ms to its first byte, and ${percent(tail?.share ?? 0)} of the calls longer (a Pareto tail of shape ${tail?.shape}).
- ${troubles.join('; ')}. The outage cuts connections in its first half and answers 503 in the second; the brown-out fails
  ${rates.map(percent).join(', ')} of the calls with 500; in the drip streams trickle.`
}

function describeIdeals({ ideals: [one, two] }: Report): string {
  const words = ({ lost, longestWait, p99 }: Ideal): string =>
    `${lost} calls; the others wait ${(longestWait / 1000).toFixed(1)} s at most, p99 ${p99.toFixed(0)} ms`
  return `An arm that knew everything beforehand, answered in the order of arrival all that can be answered, and met no vendor's tail
  would lose, on two vendors, ${words(two)}; on one ${words(one)}.`
}
