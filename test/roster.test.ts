import { test } from 'node:test'
import fc from 'fast-check'
import { Roster } from '../src/roster.ts'

test('who came and did not leave stands in a roster once, whatever the order', t => {
  const moves = fc.array(fc.record({ join: fc.boolean(), who: fc.nat(9) }), { maxLength: 60 })
  fc.assert(
    fc.property(moves, steps => {
      const people = Array.from({ length: 10 }, (_, who) => ({ who, slot: -1 }))
      const roster = new Roster<(typeof people)[number]>()
      const present = new Set<number>()
      for (const { join, who } of steps) {
        const person = people[who] as (typeof people)[number]
        if (join) roster.add(person)
        else roster.remove(person)
        if (join) present.add(who)
        else present.delete(who)
      }
      const standing = Array.from({ length: roster.size }, (_, slot) => roster.at(slot)?.who)
      t.assert.deepEqual(standing.toSorted(), [...present].toSorted())
      for (const [slot, who] of standing.entries()) t.assert.equal(people[who as number]?.slot, slot)
    }),
  )
})
