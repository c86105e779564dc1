import type { TestContext } from 'node:test'
import type { Refusal } from '../../../src/routing/gate.ts'
import { Queue, type QueueSettings } from '../../../src/routing/queue/queue.ts'
import { Signal } from '../../../src/routing/queue/signal.ts'
import type { Shed, Stand, Waiter } from '../../../src/routing/queue/waiter.ts'

export type End = 'served' | 'hopeless' | 'gone' | Shed['reason']

export interface Wish {
  readonly caller?: string
  readonly share?: number
  readonly priority?: Waiter['priority']
  readonly cost?: number
  /** Ms. */
  readonly maxWait?: number
  readonly retry?: boolean
}

/** Targets with so much room, of which every request that is served takes one until it is freed. */
export class Vendor {
  readonly freed = new Signal()
  room = 0
  /** What who comes too many is told to wait, ms. */
  waitMs = 400
  failing = false
  tried = 0
  inService = 0

  ask(): Refusal | 'served' | 'hopeless' {
    this.tried += 1
    if (this.failing) return 'hopeless'
    if (this.room === 0) return { reason: 'limited', waitMs: this.waitMs }
    this.room -= 1
    this.inService += 1
    return 'served'
  }

  /** Ends so many attempts. */
  free(count = 1): void {
    this.room += count
    this.inService = Math.max(0, this.inService - count)
    for (let index = 0; index < count; index += 1) this.freed.emit()
  }
}

/** A request that remembers how it ended. */
export class Request implements Waiter {
  readonly name: string
  readonly caller: string
  readonly share: number
  readonly priority: Waiter['priority']
  readonly cost: number
  readonly since: number
  readonly deadline: number
  readonly retry: boolean
  paid = false
  stand: Stand | undefined
  readonly ends: End[] = []
  shed: Shed | undefined
  endedAt: number | undefined
  readonly #vendor: Vendor
  readonly #onServed: (name: string) => void

  constructor(name: string, wish: Wish, vendor: Vendor, onServed: (name: string) => void) {
    this.name = name
    this.caller = wish.caller ?? 'a'
    this.share = wish.share ?? 1
    this.priority = wish.priority ?? 'interactive'
    this.cost = wish.cost ?? 10
    this.retry = wish.retry ?? false
    this.since = Date.now()
    this.deadline = this.since + (wish.maxWait ?? 5_000)
    this.#vendor = vendor
    this.#onServed = onServed
  }

  tryTurn(): Refusal | 'served' | 'hopeless' {
    const turn = this.#vendor.ask()
    if (typeof turn === 'object') return turn
    this.end(turn)
    if (turn === 'served') this.#onServed(this.name)
    return turn
  }

  expire(shed: Shed): void {
    this.shed = shed
    this.end(shed.reason)
  }

  end(how: End): void {
    this.ends.push(how)
    this.endedAt = Date.now()
  }
}

/** A queue before one vendor, on a clock that only the test moves. */
export function setUpQueue(t: Pick<TestContext, 'mock'>, settings: Partial<QueueSettings> = {}) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 })
  const vendor = new Vendor()
  const queue = new Queue({ maxWait: 5_000, maxDepth: 500, keepAlive: false, ...settings }, [vendor.freed], Date.now)
  const served: string[] = []
  return {
    vendor,
    queue,
    /** Names of those whose turn came, in order. */
    served,
    /** Someone comes; who tries first is refused by the vendor, or served. */
    come(name: string, wish: Wish = {}): Request {
      const request = new Request(name, wish, vendor, who => served.push(who))
      const turn = queue.busy && !request.retry ? undefined : request.tryTurn()
      if (typeof turn === 'string') return request
      const shed = queue.enter(request, turn)
      if (shed !== undefined) request.expire(shed)
      return request
    },
    leave(request: Request): void {
      if (queue.leave(request)) request.end('gone')
    },
    /** Lets what was called happen. */
    settle: () => new Promise<void>(resolve => queueMicrotask(resolve)),
    /** Step by step: one tick of the mock moves its clock first, and then rings all that fell due meanwhile. */
    advance(ms: number): void {
      for (let passed = 0; passed < ms; passed += 1) t.mock.timers.tick(1)
    },
  }
}
