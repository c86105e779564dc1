import { hash, timingSafeEqual } from 'node:crypto'
import fp from 'fastify-plugin'
import { refuseStrangers } from '../src/config/loopback.ts'
import { KeyMissing, KeyUnknown } from '../src/errors.ts'

/** Authentication of the ops listener: a key when one is configured, else only programs on this machine, never a web page. */
export default fp<{ key: string | undefined }>(
  async (app, { key }) => {
    const expected = key === undefined ? undefined : digest(key)
    app.addHook('onRequest', ({ headers }, _reply, done) => {
      if (expected === undefined) refuseStrangers(headers)
      else {
        const shown = /^bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1]
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
