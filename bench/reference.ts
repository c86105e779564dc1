import replyFrom from '@fastify/reply-from'
import Fastify from 'fastify'

/**
 * What the gateway is measured against: a bare proxy of the parts that it is itself made of, in their default form (bodies
 * parsed as JSON and written again, no logger) and with nothing on. Takes the upstream's origin; prints its own.
 */
const [upstream = ''] = process.argv.slice(2)

// Fastify's own limit of 1 MiB would refuse the large requests; nothing else is changed by it.
const app = Fastify({ bodyLimit: 32 * 1024 * 1024 })
await app.register(replyFrom, { base: upstream })
app.post('/v1/chat/completions', (request, reply) => reply.from(request.url))
process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
