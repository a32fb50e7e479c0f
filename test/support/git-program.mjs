// One function of the git layer, called by a process that can be killed: its name, and what it is called with as JSON.
import * as branch from '../../dist/git/code/branch.js'
import * as commits from '../../dist/git/code/commits.js'
import * as worktree from '../../dist/git/code/worktree.js'

const [name, json] = process.argv.slice(2)
await { ...branch, ...commits, ...worktree }[name](JSON.parse(json))
