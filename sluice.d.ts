/** What a plugin of your own sees of the gateway, for `import type { Block } from 'sluice'`: docs/plugins.md. Holds no code. */

// Each says what it adds to Fastify's requests and app.
import './dist/plugins/auth.js'
import './dist/plugins/call.js'
import './dist/plugins/client-gone.js'
import './dist/plugins/errors.js'
import './dist/plugins/meter.js'
import './dist/plugins/metrics.js'
import './dist/plugins/request-limit.js'

export type * from './dist/src/call/block.js'
export type * from './dist/src/call/call.js'
export type * from './dist/src/call/fault.js'
