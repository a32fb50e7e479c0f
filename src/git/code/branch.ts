// The branch people have: moved to what a run made, read for what a run left on it, and taken back.
export { type CommitOfRun, commitsOf } from './commits-of.js'
export { type Moved, moveBranch } from './move-branch.js'
export { removeRefs } from './refs.js'
export { type Undone, undoCommits } from './undo.js'
