// The branch people have: moved to what a run made, read for what a run left on it, and taken back.
export { commitsOf, notesOf } from './commits-of.js'
export { contains } from './finish-moves.js'
export { moveBranch, tipOf } from './move-branch.js'
export { removeRefs } from './refs.js'
export { undoCommits } from './undo.js'
