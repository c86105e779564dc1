import { createLogger } from '../../src/logger.ts'

/** Ends in the turn in which it has logged, and tells its parent how many of the lines were dropped. */
const { logger, droppedLines } = createLogger('info')
process.on('exit', () => process.send?.(droppedLines()))
logger.info('goodbye')
logger.info('and thanks')
process.exit()
