import fp from 'fastify-plugin'
import { Profiler } from '../src/profile/profiler.ts'

declare module 'fastify' {
  interface FastifyInstance {
    profiler: Profiler
  }
}

/** Profiles of the process, for the ops listener. Nothing is recorded until the first heap profile, unless `heapSampling` is set. */
export default fp<{ heapSampling: boolean }>(
  async (app, { heapSampling }) => {
    const profiler = new Profiler()
    app.decorate('profiler', profiler)
    app.addHook('onClose', () => profiler.close())
    if (heapSampling) await profiler.startHeapSampling()
  },
  { name: 'profiler' },
)
