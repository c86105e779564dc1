import type { Loss } from '../call/loss.ts'

/** The losses of a stream: each path once, however many pieces of the stream repeat it. */
export class StreamLosses {
  readonly list: Loss[] = []

  add(losses: readonly Loss[]): void {
    for (const loss of losses) {
      if (!this.list.some(({ path }) => path === loss.path)) this.list.push(loss)
    }
  }
}
