import { type Frame, PprofProfile } from './pprof.ts'

/** What the inspector says of a sampled heap (HeapProfiler.SamplingHeapProfile in its protocol). */
export interface SampledHeap {
  readonly head: SampledNode
  readonly samples: readonly { readonly nodeId: number }[]
}

interface SampledNode {
  readonly callFrame: Frame
  readonly selfSize: number
  readonly id: number
  readonly children: readonly SampledNode[]
}

interface HeapReadings {
  /** Objects that live. */
  readonly inUse: SampledHeap
  /** Objects that were allocated, whether they live or not. */
  readonly allocated: SampledHeap
  /** Allocated bytes that one sample stands for. */
  readonly interval: number
  /** How long allocations were watched, ms. */
  readonly duration: number
  readonly shown: 'inuse_space' | 'alloc_space'
}

/**
 * Both readings as one gzipped pprof profile, with the sample types of Go's heap profiles. Bytes are V8's estimate of all that
 * was allocated; objects are the samples themselves, for the inspector does not say how many each stands for.
 */
export function toPprof({ inUse, allocated, interval, duration, shown }: HeapReadings): Promise<Buffer> {
  const pprof = new PprofProfile({
    measures: [
      ['alloc_objects', 'count'],
      ['alloc_space', 'bytes'],
      ['inuse_objects', 'count'],
      ['inuse_space', 'bytes'],
    ],
    shown,
    period: interval,
    periodMeasure: ['space', 'bytes'],
    duration,
  })
  addAll(allocated, (stack, objects, bytes) => pprof.add(stack, [objects, bytes, 0, 0]))
  addAll(inUse, (stack, objects, bytes) => pprof.add(stack, [0, 0, objects, bytes]))
  return pprof.encode()
}

type Add = (stack: readonly Frame[], objects: number, bytes: number) => void

function addAll({ head, samples }: SampledHeap, add: Add): void {
  const counts = new Map<number, number>()
  for (const { nodeId } of samples) counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1)
  const open = head.children.map(node => ({ node, callers: [] as readonly Frame[] }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, callers } = next
    const stack = [node.callFrame, ...callers]
    if (node.selfSize > 0) add(stack, counts.get(node.id) ?? 0, node.selfSize)
    for (const child of node.children) open.push({ node: child, callers: stack })
  }
}
