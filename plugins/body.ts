import fp from 'fastify-plugin'

/** Bodies stay bytes: they are forwarded unchanged, and Fastify's JSON parser would refuse what vendors accept (`__proto__`). */
export default fp(
  async app => {
    app.removeAllContentTypeParsers()
    // Clients that send JSON without its content type are common; the scanner finds out what it is.
    app.addContentTypeParser(['application/json', '*'], { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    )
  },
  { name: 'body' },
)
