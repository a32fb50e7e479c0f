// Questions and their answers as an audit has them.
import type { AuditBody } from '../../../contracts/audit.js'
import type { Approval } from '../../../contracts/messages.js'

export function questionNoted({ name, title, digest }: Approval): AuditBody {
  return { type: 'approval_requested', approval: name, title, digest }
}

export function answerNoted({ name, digest }: Approval, answer: NonNullable<Approval['answer']>): AuditBody {
  const { kind, by, note, edited, only } = answer
  return {
    type: 'approval',
    ...{ approval: name, digest, kind, by },
    ...(note !== undefined && { note }),
    ...(edited && { edited }),
    ...(only && { only }),
  }
}
