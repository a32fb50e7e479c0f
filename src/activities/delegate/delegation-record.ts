/** Name of the note under which the accepted plan of a task is kept, by where the task is in the tree. */
export function delegationRecord(path: string): string {
  return `delegation:${path}`
}
