// What somebody may have meant.
import { nearNames } from '../../../contracts/nearest.js'

/** "unknown tool "Raed": did you mean Read? There are Read, Edit" */
export function didYouMean(name: string, known: string[]): string {
  const near = nearNames(name, known)
  const there = known.length > 0 ? `there are ${known.join(', ')}` : 'there are none'
  return near.length > 0 ? `did you mean ${near.join(' or ')}? ${there}` : there
}
