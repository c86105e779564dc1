import type { FastifyInstance } from 'fastify'

/** Every path that a listener has a route for, out of the tree that Fastify prints; a wildcard is made a word. */
export function routesOf(app: FastifyInstance): string[] {
  const parts: string[] = []
  const paths: string[] = []
  for (const line of app.printRoutes().split('\n')) {
    const branch = /^(.*?)── (.*?)(?: \(([A-Z, ]+)\))?$/.exec(line)
    if (branch === null) continue
    const [, indent = '', label = '', methods] = branch
    const depth = Math.floor(indent.length / 4)
    parts.splice(depth, parts.length, label)
    if (methods !== undefined) paths.push(parts.join('').replaceAll('*', 'anything'))
  }
  return paths
}
