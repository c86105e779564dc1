import fp from 'fastify-plugin'

/** Bodies stay bytes: they are forwarded as they came, and Fastify's JSON parser would refuse what vendors accept (`__proto__`). */
export default fp(
  async app => {
    app.removeAllContentTypeParsers()
    // Clients that send JSON without saying so are common; what it is, the scanner finds out.
    app.addContentTypeParser(['application/json', '*'], { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    )
  },
  { name: 'body' },
)
