import { hash, timingSafeEqual } from 'node:crypto'
import fp from 'fastify-plugin'
import { isLoopbackHost } from '../src/config/loopback.ts'
import { KeyMissing, KeyUnknown, NotLocal } from '../src/errors.ts'

/** The ops listener's guard: a key when one is configured, else only programs on this machine, and never a web page. */
export default fp<{ key: string | undefined }>(
  async (app, { key }) => {
    const expected = key === undefined ? undefined : digest(key)
    app.addHook('onRequest', (request, _reply, done) => {
      const { host, origin, authorization } = request.headers
      if (expected === undefined) {
        if (!isLoopbackHost(host)) throw NotLocal({}, 'the Host header names another one.')
        if (origin !== undefined || request.headers['sec-fetch-site'] === 'cross-site') {
          throw NotLocal({}, 'web pages may not call it.')
        }
      } else {
        const shown = /^bearer +(.+)$/i.exec(authorization ?? '')?.[1]
        if (shown === undefined) throw KeyMissing()
        if (!timingSafeEqual(digest(shown), expected)) throw KeyUnknown()
      }
      done()
    })
  },
  { name: 'ops-auth' },
)

function digest(key: string): Buffer {
  return hash('sha256', key, 'buffer')
}
