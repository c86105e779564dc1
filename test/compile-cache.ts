import { fileURLToPath } from 'node:url'

/**
 * Preloaded by `npm test`: the processes of test files keep what they have compiled for one another and for the next run, which
 * halves what each takes to load. Not for coverage, whose counts it makes less precise:
 * https://nodejs.org/api/module.html#module-compile-cache
 */
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url))
