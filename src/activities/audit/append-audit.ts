// Appends a step's events to the audit of its session. A disk that is full or away is waited for: an agent does nothing
// that is not written down. A log that is not the one that was written ends it.
import { ApplicationFailure } from '@temporalio/activity'
import { AuditBroken } from '../../audit/log.js'
import type { AppendAuditRequest, AuditHead } from '../../contracts/audit.js'
import { FAILURE } from '../../contracts/failures.js'
import { reaching } from '../../storage/storage-error.js'
import type { AgentDeps } from '../agent/deps.js'
import { readableStorageErrors } from '../storage-errors.js'

export function createAppendAudit({ audit, secrets }: Pick<AgentDeps, 'audit' | 'secrets'>) {
  return async function appendAudit(request: AppendAuditRequest): Promise<AuditHead> {
    try {
      return await readableStorageErrors(() =>
        reaching('append to the audit', () => audit.append(request, secrets.redact())),
      )
    } catch (error) {
      if (!(error instanceof AuditBroken)) throw error
      throw ApplicationFailure.create({ type: FAILURE.auditBroken, message: error.message, nonRetryable: true })
    }
  }
}
