import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent, type Dispatcher } from 'undici'

/**
 * The least that a proxy in Node costs: node:http in, undici's dispatch out, bytes copied, no framework and no errors handled
 * but by cutting the connection. Takes the upstream's origin; prints its own.
 */
const [upstream = ''] = process.argv.slice(2)
const agent = new Agent()

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => forward(request, response, Buffer.concat(chunks)))
})

function forward(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  agent.dispatch(
    {
      origin: upstream,
      path: request.url ?? '/',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    },
    copyTo(response),
  )
}

function copyTo(response: ServerResponse): Dispatcher.DispatchHandler {
  return {
    onRequestStart() {},
    onResponseStart(_controller, status, headers) {
      response.setHeader('content-type', headers['content-type'] ?? 'application/json')
      if (headers['content-length'] !== undefined) response.setHeader('content-length', headers['content-length'])
      response.writeHead(status)
    },
    onResponseData(_controller, chunk) {
      response.write(chunk)
    },
    onResponseEnd() {
      response.end()
    },
    onResponseError() {
      response.destroy()
    },
  }
}

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
