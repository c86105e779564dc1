import fp from 'fastify-plugin'
import { RouteUnknown } from '../src/errors.ts'

/**
 * Unknown paths. Registered in the scope of the routes, so that they meet the same authentication, limits and metering: guessing
 * paths needs a key and shows in the log.
 */
export default fp(
  async app => {
    app.setNotFoundHandler(({ method, url }) => {
      throw RouteUnknown({}, method, pathOf(url))
    })
  },
  { name: 'not-found', dependencies: ['errors'] },
)

/** Without the query, which may hold a key. */
function pathOf(url: string): string {
  return url.split('?', 1)[0]?.slice(0, 200) ?? ''
}
