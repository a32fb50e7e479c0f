// A workflow of one's own: research a topic from several sides, let a person choose what is published, publish it.
import { proxyActivities } from '@temporalio/workflow'
import { approval, call, fanOut, workflow } from 'ensemble/workflow'
import { z } from 'zod'

type Activities = { publish(page: { title: string; text: string }): Promise<string> }
const { publish } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' })

const Choice = z.object({ side: z.number().int().min(1).max(3), title: z.string().min(3) })

export const research = workflow(async ({ topic }: { topic: string }) => {
  const sides = await fanOut(['its history', 'its cost', 'its risks'].map((side) => ({ prompt: `${topic}: ${side}` })))
  const answer = await approval({
    title: `Which side of ${topic} is published?`,
    details: sides.map(({ status, text }, index) => `${index + 1} (${status}): ${String(text).slice(0, 100)}`),
    schema: Choice,
  })
  if (answer.kind !== 'approved') return { published: null }
  const { side, title } = answer.input
  const summary = await call({
    prompt: sides[side - 1]?.text,
    system: 'Sum this up in three sentences.',
    model: 'haiku',
  })
  if (typeof summary.text !== 'string') return { published: null }
  return { published: await publish({ title, text: summary.text }) }
})
