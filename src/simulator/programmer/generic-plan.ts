// A plan for a request no program is for, made of its own words: a part each for what it lists, tests after what they test,
// in files named after the parts and in the language the repository is written in. It understands none of it.
import { extname } from 'node:path'
import type { Plan, Planned } from './program.js'
import { splitIn } from './texts.js'

const MOST_PARTS = 8
/** Below it a team is not worth its while. */
const LEAST_PARTS = 3
const LANGUAGES = ['.ts', '.js', '.mjs', '.tsx', '.jsx', '.py', '.go', '.rs', '.java', '.rb', '.php', '.cs', '.kt']
const TOKENS = 300

/** @param files of the repository */
export function genericPlan(request: string, files: string[]): Plan {
  const parts = partsOf(request)
  const extension = languageOf(files)
  const directory = slugOf(headOf(request), 2)
  const taken = new Set<string>()
  const filesOf = (part: string) => {
    const named = namedFiles(part, files)
    const wanted = named.length > 0 ? named : [fileFor(part, directory, extension)]
    const own = wanted.map((file) => free(file, taken))
    for (const file of own) taken.add(file)
    return own
  }
  const agents = parts.map((part): Planned & { rank: number } => ({
    what: `Add ${part.replace(/\s+/g, ' ')}`.slice(0, 60),
    task: `${part}: this part of "${request.replace(/\s+/g, ' ').trim().slice(0, 300)}"`,
    files: filesOf(part),
    criteria: [`The files say what ${part} is for`],
    ...{ model: null, tokens: TOKENS, minutes: 0.1, rank: rankOf(part) },
  }))
  if (agents.length < LEAST_PARTS) return plan(request, [{ title: 'All of it', agents: [together(agents)] }])
  const stages = STAGES.map((title, rank) => ({ title, agents: agents.filter((agent) => agent.rank === rank) }))
  return plan(request, stages)
}

const STAGES = ['Foundation', 'Integration', 'Tests and documents']

function plan(request: string, stages: { title: string; agents: (Planned & { rank?: number })[] }[]): Plan {
  const filled = stages.filter(({ agents }) => agents.length > 0)
  return {
    summary: `SIMULATED: ${request.replace(/\s+/g, ' ').trim().slice(0, 200)}`,
    stages: filled.map(({ title, agents }) => {
      return { title, mode: 'parallel', agents: agents.map(({ rank: _, ...agent }) => agent) }
    }),
  }
}

function together(agents: Planned[]): Planned {
  const [first] = agents as [Planned, ...Planned[]]
  const files = agents.flatMap((agent) => agent.files)
  return {
    ...first,
    task: agents.map(({ task }) => task).join('\n'),
    files,
    criteria: agents.flatMap((one) => one.criteria),
  }
}

/** What the request says besides its constraints and the agents it wants. */
function headOf(request: string): string {
  return (request.split(/\n|\b(?:requirements|constraints)\s*:|\bsplit (?:it )?into\b/i)[0] ?? request).trim()
}

function partsOf(request: string): string[] {
  const split = splitIn(request)
  const text = headOf(request)
  const pieces = split.length > 0 ? split : text.split(/,|;|\band\b|\bwith\b|\busing\b|\.\s/i)
  const clean = pieces.map((piece) => {
    return piece
      .replace(/^[\s"“]*(?:please\s+)?(?:create|build|implement|add|write|make|the|an?)\s+(?:(?:an?|the)\s+)?/i, '')
      .replace(/[\s"”.]+$/, '')
      .trim()
  })
  const real = [...new Set(clean)].filter((piece) => piece.length > 1)
  return real.length > 0 ? real.slice(0, MOST_PARTS) : [text || 'the request']
}

function rankOf(part: string): number {
  if (/\b(?:tests?|testing|docs?|documentation|readme)\b/i.test(part)) return 2
  return /\b(?:services?|routes?|endpoints?|api|server|integration|controllers?|pages?|dashboard|cli)\b/i.test(part)
    ? 1
    : 0
}

/** Those of the repository, also without their directory, and those with one. "Node.js" is none. */
function namedFiles(part: string, files: string[]): string[] {
  const named = Array.from(part.matchAll(/(?:[\w-]+\/)*[\w-]+\.[a-z]{1,4}\b/gi), ([file]) => file)
  return named.flatMap((file) => {
    if (files.includes(file)) return file
    return files.find((one) => one.endsWith(`/${file}`)) ?? (file.includes('/') ? file : [])
  })
}

function fileFor(part: string, directory: string, extension: string): string {
  const slug = slugOf(part, 3)
  if (/\b(?:docs?|documentation|readme)\b/i.test(part)) return `docs/${directory}.md`
  const name = extension === '.py' ? slug.replaceAll('-', '_') : slug
  const place = extension === '.py' ? directory.replaceAll('-', '_') : directory
  if (!/\btest(?:s|ing)?\b/i.test(part)) return `${place}/${name}${extension}`
  if (extension === '.py') return `tests/test_${place}.py`
  return extension === '.go' ? `${place}/${name}_test.go` : `${place}/${place}.test${extension}`
}

function free(file: string, taken: Set<string>): string {
  const extension = extname(file)
  const bare = file.slice(0, file.length - extension.length)
  let name = file
  for (let more = 2; taken.has(name); more++) name = `${bare}-${more}${extension}`
  return name
}

function slugOf(text: string, most: number): string {
  const idle = /^(?:a|an|the|of|for|to|in|on|and|with|create|build|implement|add|write|make|please|user|new)$/
  const words = (text.toLowerCase().match(/[a-z0-9]+/g) ?? []).filter((word) => !idle.test(word))
  return words.slice(0, most).join('-').slice(0, 40) || 'part'
}

/** The one most files are in; prose where there is no code. */
function languageOf(files: string[]): string {
  const counts = LANGUAGES.map((extension) => files.filter((file) => extname(file) === extension).length)
  const most = Math.max(...counts)
  return most === 0 ? '.md' : (LANGUAGES[counts.indexOf(most)] ?? '.md')
}
