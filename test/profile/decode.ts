import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'

export interface DecodedFrame {
  readonly name: string
  readonly file: string
  /** Where the value arose in the innermost function; elsewhere, where the function begins. */
  readonly line: number
  readonly startLine: number
}

export interface DecodedSample {
  /** Innermost first. */
  readonly stack: readonly DecodedFrame[]
  /** By sample type: `inuse_space`. */
  readonly values: Readonly<Record<string, number>>
}

export interface DecodedProfile {
  readonly types: readonly string[]
  readonly shown: string
  readonly samples: readonly DecodedSample[]
  /** The sum of a sample type over all stacks that pass through a function. */
  total(type: string, functionName?: string): number
}

/** Reads a gzipped pprof profile, every index resolved. */
export function decode(bytes: ArrayBuffer | Buffer): DecodedProfile {
  const profile = Profile.decode(gunzipSync(bytes))
  const text = (index: number | bigint): string => profile.stringTable.strings[Number(index)] ?? ''
  const functions = new Map(profile.function.map(found => [Number(found.id), found]))
  const frames = new Map(
    profile.location.map(({ id, line: [line] }) => {
      const found = functions.get(Number(line?.functionId))
      const frame: DecodedFrame = {
        name: text(found?.name ?? 0),
        file: text(found?.filename ?? 0),
        line: Number(line?.line),
        startLine: Number(found?.startLine),
      }
      return [Number(id), frame]
    }),
  )
  const types = profile.sampleType.map(({ type }) => text(type))
  const samples = profile.sample.map(({ locationId, value }) => ({
    stack: locationId.map(id => frames.get(Number(id)) as DecodedFrame),
    values: Object.fromEntries(types.map((type, index) => [type, Number(value[index])])),
  }))
  return {
    types,
    shown: text(profile.defaultSampleType),
    samples,
    total: (type, functionName) =>
      samples
        .filter(({ stack }) => functionName === undefined || stack.some(({ name }) => name === functionName))
        .reduce((sum, { values }) => sum + (values[type] ?? 0), 0),
  }
}
