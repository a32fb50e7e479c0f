// What a worker with a person's own workflows knows: ours and theirs. The second name is given to the bundler as an
// alias of their file.

export * from 'ensemble-own-workflows'
export * from '../index.js'
