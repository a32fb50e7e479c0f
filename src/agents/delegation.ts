// What the agents of a delegation are told: one plans, others work on parts, one puts the answers together. A part sees
// its own task and context and nothing else, so that its prompt stays small and its answer depends on nothing unseen.

/** A task as it was handed out. */
export type Told = { task: string; context?: string }

export const PLANNER = `You plan how a team of agents works on a task. Split it into 2 to 8 parts that can be worked on at the same time and together answer the whole.
Each part goes to an agent that sees nothing but its task and its context: write tasks that are complete in themselves, say what to hand over, and copy into the context what the agent must know. No part may need another part's answer. No part may be the whole task again.
Set "delegate" only for a part that is clearly too large for one agent. When splitting would not help, give no parts and say why in "alone".`

export const WORKER = `You are one agent of a team. Do the task you are given, completely and by itself: your answer is put together with those of others by somebody who sees only what you write. Say plainly what you could not do or had to assume.`

export const INTEGRATOR = `You integrate the answers of a team of agents into one answer to the whole task. Use what the parts say, resolve what contradicts, leave out repetition. Where a part has no answer, or only some of one, say what is missing because of it; never invent what it would have said.`

export function taskPrompt({ task, context }: Told): string {
  return context === undefined ? task : `${task}\n\n<context>\n${context}\n</context>`
}

/**
 * Asks for another plan: the last one did not pass, or a person wants it otherwise.
 * @param number of the plan that is asked for: the same words would get the same answer from the journal.
 */
export function againPrompt(told: Told, last: string, reasons: string[], number: number): string {
  const list = reasons.map((reason) => `- ${reason}`).join('\n')
  return `${taskPrompt(told)}\n\nAn earlier plan was:\n<plan>\n${last}\n</plan>\nIt is not used as it is:\n${list}\nMake another plan of the whole task. It will be plan number ${number}.`
}

export type PartAnswer = { id: string; task: string; status: string; answer?: string; note?: string }

export function integrationPrompt(told: Told, parts: PartAnswer[]): string {
  return [`The whole task:\n${taskPrompt(told)}`, 'The parts:', ...parts.map(partText)].join('\n\n')
}

function partText({ id, task, status, answer, note }: PartAnswer): string {
  const why = note === undefined ? '' : `\nNot complete: ${note}`
  const body = answer === undefined ? '(no answer)' : answer
  return `<part id="${id}" status="${status}">\nTask: ${task}${why}\n\n${body}\n</part>`
}
