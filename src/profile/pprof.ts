import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import {
  Line,
  Location,
  Mapping,
  Profile,
  Function as ProfiledFunction,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format'
import { getOrCreate } from '../get-or-create.ts'

/** A function as the inspector names it: lines from 0, and the line is where the function begins. */
export interface Frame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}

/** What is counted, and in which unit: `['cpu', 'nanoseconds']`. */
type Measure = readonly [type: string, unit: string]

interface ProfileSettings {
  /** One for each value of a sample. */
  readonly measures: readonly Measure[]
  /** The measure that tools show unasked. */
  readonly shown: string
  /** What one sample stands for. */
  readonly period: number
  readonly periodMeasure: Measure
  /** Length of the recording, ms. */
  readonly duration: number
}

/** Everything runs in one binary; tools would look for its symbols if they were not told that all names are here. */
const MAPPING = { id: 1, hasFunctions: true, hasFilenames: true, hasLineNumbers: true }

const compress = promisify(gzip)

/** Call stacks with values, in the format of github.com/google/pprof/blob/main/proto/profile.proto. */
export class PprofProfile {
  readonly #strings = new StringTable()
  readonly #samples: Sample[] = []
  readonly #locations = new Map<string, Location>()
  readonly #functions = new Map<string, ProfiledFunction>()
  readonly #settings: ProfileSettings

  constructor(settings: ProfileSettings) {
    this.#settings = settings
  }

  /** Adds values to a stack, innermost frame first. `line`, from 1, is where in the innermost function they arose, if known. */
  add(stack: readonly Frame[], values: readonly number[], line?: number): void {
    const locationId = stack.map((frame, depth) =>
      this.#locationOf(frame, (depth === 0 ? line : undefined) ?? frame.lineNumber + 1),
    )
    this.#samples.push(new Sample({ locationId, value: values.map(Math.round) }))
  }

  /** The whole profile, gzipped. */
  async encode(): Promise<Buffer> {
    const { measures, shown, period, periodMeasure, duration } = this.#settings
    const profile = new Profile({
      sampleType: measures.map(measure => this.#valueType(measure)),
      sample: this.#samples,
      mapping: [new Mapping({ ...MAPPING, filename: this.#strings.dedup('node') })],
      location: [...this.#locations.values()],
      function: [...this.#functions.values()],
      timeNanos: BigInt(Date.now()) * 1_000_000n,
      durationNanos: Math.round(duration * 1e6),
      periodType: this.#valueType(periodMeasure),
      period,
      defaultSampleType: this.#strings.dedup(shown),
      stringTable: this.#strings,
    })
    return await compress(await profile.encodeAsync())
  }

  #locationOf(frame: Frame, line: number): number {
    const key = `${nameOf(frame)}\n${line}`
    const { id } = getOrCreate(this.#locations, key, () => {
      const lines = [new Line({ functionId: this.#functionOf(frame), line })]
      return new Location({ id: this.#locations.size + 1, mappingId: MAPPING.id, line: lines })
    })
    return Number(id)
  }

  #functionOf(frame: Frame): number {
    const { id } = getOrCreate(this.#functions, nameOf(frame), () => {
      const name = this.#strings.dedup(frame.functionName || '(anonymous)')
      return new ProfiledFunction({
        id: this.#functions.size + 1,
        name,
        systemName: name,
        filename: this.#strings.dedup(frame.url.startsWith('file:') ? fileURLToPath(frame.url) : frame.url),
        startLine: frame.lineNumber + 1,
      })
    })
    return Number(id)
  }

  #valueType([type, unit]: Measure): ValueType {
    return new ValueType({ type: this.#strings.dedup(type), unit: this.#strings.dedup(unit) })
  }
}

/** Two functions may share a name, and even a file: what tells them apart is where they begin. */
function nameOf({ functionName, url, lineNumber }: Frame): string {
  return `${functionName}\n${url}\n${lineNumber}`
}
