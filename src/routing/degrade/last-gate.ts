import { Gate, isRefusal, type Permit, type Refusal } from '../gate.ts'

/** Before a last resort: it is asked even though it is failing. A wait that the vendor wished for is kept: it would refuse again. */
export class LastGate extends Gate {
  override admit(now: number, tokens = 0): Permit | Refusal {
    const answer = super.admit(now, tokens)
    return isRefusal(answer) && answer.reason === 'failing' ? UNJUDGED : answer
  }
}

/** Its breaker has judged already, and hears of no attempt that it did not let in. */
const UNJUDGED: Permit = { answered: ignore, overloaded: ignore, used: ignore, keep: ignore, settle: ignore }

function ignore(): void {}
