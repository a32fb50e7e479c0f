/** What an agent handed over, as far as it can be built upon, or why it cannot. */
export type Checked<T> = { value: T } | { refused: string }
