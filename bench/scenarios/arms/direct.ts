import type { Arm } from './arm.ts'

/** Clients call the vendors themselves, with the vendors' official clients. */
export const direct: Arm = {
  name: 'direct',
  absent: () => undefined,
  async start({ vendors: [openai, anthropic] }) {
    return { client: { kind: 'sdk', openai, ...(anthropic !== undefined && { anthropic }) }, pids: [] }
  },
}
