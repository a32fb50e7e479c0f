// The third caching pattern: an orchestrator asks several agents for a first look at the same large text, then each of
// them is questioned further over several turns. The text is written to the cache once, by the first call; every other
// call and every turn reads it, and each turn reads what was said before it as well.
import { fanOut, thread, workflow } from 'ensemble/workflow'

/** `base`: what all of them look at (some thousand tokens, or caching does not pay). */
export type Input = { base: string; topics: string[]; questions: string[] }

export const investigate = workflow(async ({ base, topics, questions }: Input) => {
  const first = await fanOut({
    sharedSystem: base,
    items: topics.map((topic) => ({ id: topic, prompt: `Identify the three worst problems of ${topic}.` })),
  })
  const found = first.map(async ({ id, status, text, error }) => {
    if (status !== 'ok') return { topic: id, status, why: error?.message }
    // The same text as before, byte for byte: that is what makes it the same cache entry.
    const agent = thread({ id: `${id}-agent`, system: base })
    const answers = [await agent.send(`You found:\n${text}\n\n${questions[0]}`)]
    for (const question of questions.slice(1)) answers.push(await agent.send(question))
    return { topic: id, status, answers: answers.map((answer) => answer.text ?? answer.status) }
  })
  return Promise.all(found)
})
