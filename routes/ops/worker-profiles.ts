import type { FastifyPluginAsync } from 'fastify'
import type { Asked } from '../../src/workers/ask.ts'

export interface WorkerProfilesOptions {
  /** Asks the worker of this number, or any; `target` is a path with its query. */
  readonly askWorker: (worker: unknown, target: string, signal: AbortSignal) => Promise<Asked>
}

interface Which {
  readonly Querystring: { readonly worker?: unknown }
}

/** The profiles of one worker (`?worker=2`), at the paths where a single process has its own. */
const workerProfiles: FastifyPluginAsync<WorkerProfilesOptions> = async (app, { askWorker }) => {
  for (const path of ['/debug/pprof/profile', '/debug/pprof/heap', '/debug/heapsnapshot']) {
    app.get<Which>(path, async ({ query, raw }, reply) => {
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const { status, headers, body } = await askWorker(query.worker, raw.url ?? path, gone.signal)
      for (const name of ['content-type', 'content-disposition']) reply.header(name, headers[name])
      return reply.code(status).send(body)
    })
  }
}

export default workerProfiles
