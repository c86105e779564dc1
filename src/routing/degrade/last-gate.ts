import { Gate, isRefusal, type Permit, type Refusal } from '../gate.ts'

/** The gate of a last resort: it is tried even though it is failing, but not during a vendor's retry-after: it would refuse again. */
export class LastGate extends Gate {
  override admit(now: number, tokens = 0): Permit | Refusal {
    const answer = super.admit(now, tokens)
    return isRefusal(answer) && answer.reason === 'failing' ? UNJUDGED : answer
  }
}

/** Attempts that the breaker did not admit are not reported to it. */
const UNJUDGED: Permit = { answered: ignore, overloaded: ignore, used: ignore, keep: ignore, settle: ignore }

function ignore(): void {}
