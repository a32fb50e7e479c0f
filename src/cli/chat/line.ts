// What a line typed into a chat means: a message, or one of a few commands. A message that begins with a slash is typed
// with two.
export const CHAT_COMMANDS = {
  interrupt: 'stop the answer, keep what is there (Ctrl-C does the same)',
  steer: '<text>: stop the answer and go on with this',
  approve: 'say yes to what an agent asks; with JSON: yes, with these arguments',
  reject: '<why>: say no; the agent is told why',
  clear: 'forget the conversation, keep the settings',
  len: 'how many turns were answered',
  cost: 'what the thread used and cost so far',
  close: 'end the thread: it takes no more messages',
  quit: 'leave; the thread stays (so does Ctrl-D)',
  help: 'these lines',
} as const

export type ChatCommand = keyof typeof CHAT_COMMANDS

export type Line =
  | { kind: 'message'; text: string }
  | { kind: 'command'; name: ChatCommand; rest: string }
  | { kind: 'wrong'; why: string }
  | { kind: 'nothing' }

const WITH_TEXT: ReadonlySet<ChatCommand> = new Set(['steer'])
const MAY_HAVE_TEXT: ReadonlySet<ChatCommand> = new Set(['approve', 'reject'])

export function readLine(typed: string): Line {
  if (typed.trim() === '') return { kind: 'nothing' }
  if (typed.startsWith('//')) return { kind: 'message', text: typed.slice(1) }
  const [, word, rest = ''] = /^\/(\S*)\s*(.*)$/s.exec(typed) ?? []
  if (word === undefined) return { kind: 'message', text: typed }
  const name = word === 'exit' ? 'quit' : word
  if (!isCommand(name)) {
    return { kind: 'wrong', why: `no command /${word}: /help lists them; //${word} sends it as a message` }
  }
  if (!MAY_HAVE_TEXT.has(name) && WITH_TEXT.has(name) === (rest.trim() === '')) {
    return {
      kind: 'wrong',
      why: WITH_TEXT.has(name) ? `/${name}: wanted text` : `/${name}: got "${rest}"; wanted nothing`,
    }
  }
  return { kind: 'command', name, rest }
}

export const helpLines = (): string[] =>
  Object.entries(CHAT_COMMANDS).map(([name, about]) => `  /${name.padEnd(10)} ${about}`)

function isCommand(name: string): name is ChatCommand {
  return Object.hasOwn(CHAT_COMMANDS, name)
}
