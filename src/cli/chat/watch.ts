// Following a thread without talking to it: what was said last, then every turn when it has ended, until the thread is
// closed. Of an agent its tools, and what it asks, which is answered here or left open. Ctrl-C stops following, never the
// thread.
import { exitOfResult } from '../exit-code.js'
import { answered, detached, onInterrupt } from '../follow/follow.js'
import { data, say } from '../output.js'
import type { Session } from '../session.js'
import { turnLines } from '../views/conversation.js'
import { toolLines } from '../views/tool-lines.js'

const SHOWN = 2 // of the turns before

/** Returns the exit code. */
export async function watchThread(session: Session, id: string): Promise<number> {
  const run = session.ensemble.run(id)
  const thread = session.ensemble.thread(id)
  const watching = new AbortController()
  const release = onInterrupt(() => watching.abort())
  let told: Set<number> | undefined // not the last one: a message that steered is answered before earlier ones
  const tell = async () => {
    const over = (await thread.messages()).filter(({ status }) => status !== 'running' && status !== 'waiting')
    for (const turn of told ? over.filter(({ turn }) => !told?.has(turn)) : over.slice(-SHOWN)) {
      for (const line of turnLines(turn)) data(line)
    }
    told = new Set([...(told ?? []), ...over.map(({ turn }) => turn)])
  }
  try {
    await tell()
    for await (const event of run.events({ signal: watching.signal })) {
      if (event.type === 'item' && !told?.has(Number(event.item.id))) await tell()
      else if (event.type === 'warning') say(`warning: ${event.message}`)
      else if (event.type === 'refused') say(`refused: ${event.message}: ${event.reason}`)
      else if (event.type === 'end') await tell()
      else if (event.type === 'tool' && event.tool.status !== 'asked')
        for (const line of toolLines(event.tool)) say(`  ${line}`)
      else if (event.type === 'approval') {
        const left = await answered(session, run, event, { stopping: watching.signal })
        if (left) return left.code
      }
    }
  } finally {
    release()
  }
  if (watching.signal.aborted) return detached(session, run)
  say(`thread ${id} is closed`)
  return exitOfResult(await run.result())
}
