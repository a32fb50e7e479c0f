/** A refusal of what the caller wrote, for people: names what was got and what is wanted. Becomes `InvalidInput`. */
export class InputError extends Error {}
