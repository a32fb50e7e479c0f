// `ensemble chat`: talk to a thread. The conversation stays on the server; leaving and coming back, from here or elsewhere,
// goes on with it.
import { Command } from 'commander'
import { checkInput } from '../../client/check-input.js'
import { checkRunId, newRunId } from '../../client/run-id.js'
import type { ThreadOptions } from '../../client/thread/opening.js'
import type { Thread } from '../../client/thread/thread.js'
import { type AgentChoices, agentInput, withAgentOptions } from '../agent-options.js'
import { plainChat } from '../chat/plain.js'
import { openQuestions } from '../chat/questions.js'
import { openTalk } from '../chat/talk.js'
import { openTerminal, type Terminal } from '../chat/terminal.js'
import { messageOf } from '../chat/voices.js'
import { EXIT, UsageError } from '../exit.js'
import { data, say, someoneIsThere } from '../output.js'
import { whole } from '../run-options.js'
import { type Session, STARTING, withSession } from '../session.js'
import { contentText, turnLines } from '../views/conversation.js'

type ChatOptions = Pick<ThreadOptions, 'system' | 'model' | 'maxTokens'> &
  AgentChoices & { agent?: string; json?: boolean }

const SHOWN = 2 // last exchanges, for one who comes back

export function command(): Command {
  return withAgentOptions(new Command('chat'))
    .argument('[thread]', 'name of the thread, or @last; a new one when there is none of that name, or no name')
    .option('--system <text>', 'system prompt of a new thread')
    .option('--model <name>', 'model or alias of a new thread (see `ensemble models`)')
    .option('--max-tokens <n>', 'longest answer of a new thread, in tokens', whole)
    .option('--agent <agent>', 'talk to an agent with tools: a built-in one, one of .claude/agents, a path to its file')
    .option('--json', 'without a terminal: one JSON document for each answer')
    .action(async (name: string | undefined, { json = false, ...given }: ChatOptions) => {
      const options = await optionsOf(given)
      await checkInput('thread', options)
      if (name !== undefined && name !== '@last') checkRunId(name)
      process.exitCode = await withSession(STARTING, async (session) => {
        const id = name === undefined ? newRunId('thread') : await session.runId(name)
        const thread = session.ensemble.thread(id, options)
        const there = await thread.exists()
        const isAgent = there ? (await thread.settings()).agent !== undefined : options.agent !== undefined
        if (json || !someoneIsThere()) {
          say(`thread ${id}`)
          const questions = isAgent ? openQuestions(session.ensemble.run(id), say, ended) : undefined
          return plainChat(thread, json, questions).finally(() => questions?.close())
        }
        return atTerminal(session, thread, there, isAgent)
      })
    })
}

/** Of an agent what decides what it may do, too; without one these mean nothing. */
async function optionsOf({ agent, system, model, maxTokens, ...choices }: ChatOptions): Promise<ThreadOptions> {
  const [stray] = Object.keys(choices)
  if (agent === undefined && stray !== undefined) {
    const flag = stray.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    throw new UsageError(`--${flag}: means nothing without an agent: wanted --agent, too`)
  }
  return {
    ...(agent !== undefined && (await agentInput(agent, { ...choices, workspace: choices.workspace ?? '.' }))),
    ...(system !== undefined && { system }),
    ...(model !== undefined && { model }),
    ...(maxTokens !== undefined && { maxTokens }),
  }
}

/** Without a terminal: the answers go on all the same. */
function ended(error: unknown): void {
  say(`what the agent does is not shown any more: ${messageOf(error)}`)
}

async function atTerminal(session: Session, thread: Thread, there: boolean, isAgent: boolean): Promise<number> {
  const comeBack = session.command(`chat ${thread.id}`)
  say(there ? `thread ${thread.id}` : `new thread ${thread.id}, kept with the first message`)
  say(`/help lists commands, Ctrl-C stops an answer; to come back: ${comeBack}`)
  const turns = there ? await thread.messages() : []
  const over = turns.filter(({ status }) => status !== 'running' && status !== 'waiting')
  if (over.length > SHOWN) say(`… ${over.length - SHOWN} turns before`)
  say('')
  for (const turn of over.slice(-SHOWN)) for (const line of turnLines(turn)) data(line)
  let terminal: Terminal
  const tell = (line: string) => terminal.note(line)
  const questions = isAgent
    ? openQuestions(session.ensemble.run(thread.id), tell, (error) => tell(messageOf(error)))
    : undefined
  const talk = openTalk(thread, () => terminal, questions)
  terminal = openTerminal({ line: talk.line, interrupt: talk.interrupt, end: talk.leave })
  const ended = () => talk.leave()
  process.on('SIGTERM', ended).on('SIGHUP', ended)
  try {
    for (const { turn, sent, status } of turns) {
      if (status === 'running' || status === 'waiting') talk.resume(turn, contentText(sent), status === 'running')
    }
    terminal.start()
    const { busy } = await talk.left
    terminal.close()
    if (!busy) return EXIT.ok
    const when = session.up.workers.length > 0 ? `, at the latest with \`${comeBack}\`` : ''
    say(`the answer will be there when you come back${when}`)
    return EXIT.detached
  } finally {
    questions?.close()
    terminal.close()
    process.off('SIGTERM', ended).off('SIGHUP', ended)
  }
}
