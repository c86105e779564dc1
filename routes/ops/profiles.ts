import type { FastifyPluginAsync, FastifyReply } from 'fastify'

interface Length {
  readonly Querystring: { readonly seconds?: unknown }
}

/** Profiles as `go tool pprof` fetches them, at the paths that it knows, and the heap itself for Chrome's developer tools. */
const profiles: FastifyPluginAsync = async app => {
  app.get<Length>('/debug/pprof/profile', async ({ query }, reply) => {
    const profile = await app.profiler.cpu(query.seconds, signalOf(reply))
    return download(reply, 'cpu.pb.gz').send(profile)
  })

  app.get<Length>('/debug/pprof/heap', async ({ query }, reply) => {
    const profile = await app.profiler.heap(query.seconds, signalOf(reply))
    return download(reply, 'heap.pb.gz').send(profile)
  })

  app.get('/debug/heapsnapshot', async (_request, reply) => {
    return download(reply, 'sluice.heapsnapshot').send(app.profiler.snapshot())
  })
}

/** Fires when the client leaves: nobody would read what is recorded. */
function signalOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return gone.signal
}

function download(reply: FastifyReply, name: string): FastifyReply {
  return reply.type('application/octet-stream').header('content-disposition', `attachment; filename="${name}"`)
}

export default profiles
