// What git refuses is a person's affair: said in its own words, and not tried twenty times.
import { ApplicationFailure } from '@temporalio/activity'
import { FAILURE } from '../../contracts/failures.js'
import { RepositoryError } from '../../git/code/repository.js'

export async function repositoryErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RepositoryError) throw ApplicationFailure.nonRetryable(error.message, FAILURE.repository)
    throw error
  }
}
