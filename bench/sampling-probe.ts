/** Preloaded into the gateway (`node --import`): begins to sample its heap, and stops, when told to. */
import { HeapSampler } from '../src/profile/heap-sampler.ts'
import { answerQuestions } from './scenarios/child.ts'

const sampler = new HeapSampler()

answerQuestions({ sample: () => sampler.start(), rest: () => sampler.stop() })
