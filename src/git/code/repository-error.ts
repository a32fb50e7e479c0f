// Why nothing can be done in a repository, in one line for people: what was got, what is wanted.

export class RepositoryError extends Error {}
