// The least that works with a planner and a programmer: asks a model server for one step after the other, with the built-in
// tools in a directory, and lets a programmer write its own files alone. No run, no Temporal: what the model server does.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import type { MessageParam, ToolResultBlockParam, ToolUseBlock } from '@anthropic-ai/sdk/resources/messages'
import { z } from 'zod'
import { builtinTools } from '../../dist/tools/index.js'

export type Assignment = { agent: string; task: string; files: string[]; criteria: string[] }
export type PlannedAgent = { what: string; task: string; files: string[]; criteria: string[] }
export type Plan = { summary: string; stages: { title: string; mode: string; agents: PlannedAgent[] }[] }
export type Report = { work: string; criteria: { criterion: string; met: boolean; shown: string }[] }
export type Said = { tool: string; input: Record<string, unknown>; text: string; isError: boolean }
export type Turn<T> = { answer: T; said: Said[]; messages: MessageParam[]; stopReason: string | null; output: number[] }

const MOST_STEPS = 40
const VERIFY = 'Verify your work now. Look at every file you wrote as it is on disk.'

export type Programming = ReturnType<typeof programmingWith>

export function programmingWith(url: string) {
  const client = new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0 })
  const changesDir = mkdtempSync(join(tmpdir(), 'ensemble-changes-'))
  const tools = builtinTools({ allowUnsandboxed: true, env: { PATH: process.env.PATH }, changesDir })

  async function turn<T>(about: {
    cwd: string
    messages: MessageParam[]
    tools: string[]
    model: string
    schema: Record<string, unknown>
    owns?: string[]
  }): Promise<Turn<T>> {
    const offered = tools.filter(({ name }) => about.tools.includes(name))
    const { cwd, model, schema, owns } = about
    const messages = [...about.messages]
    const said: Said[] = []
    const output: number[] = []
    for (let step = 0; step < MOST_STEPS; step++) {
      const message = await client.messages.create({
        model,
        messages,
        max_tokens: 16_000,
        tools: offered.map((tool) => ({
          ...{ name: tool.name, description: tool.description },
          input_schema: z.toJSONSchema(tool.schema, { io: 'input' }) as Anthropic.Tool.InputSchema,
        })),
        output_config: { format: { type: 'json_schema', schema } },
      })
      output.push(message.usage.output_tokens)
      messages.push({ role: 'assistant', content: message.content })
      const uses = message.content.filter((block): block is ToolUseBlock => block.type === 'tool_use')
      if (message.stop_reason !== 'tool_use') {
        const text = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
        const answer = message.stop_reason === 'end_turn' ? JSON.parse(text) : text
        return { answer, said, messages, stopReason: message.stop_reason, output }
      }
      const results: ToolResultBlockParam[] = []
      for (const use of uses) {
        const result = await runTool(use, { cwd, ...(owns && { owns }) })
        said.push({ tool: use.name, input: use.input as Said['input'], ...result })
        results.push({ type: 'tool_result', tool_use_id: use.id, content: result.text, is_error: result.isError })
      }
      messages.push({ role: 'user', content: results })
    }
    throw new Error(`no end after ${MOST_STEPS} steps: ${JSON.stringify(said.at(-1))}`)
  }

  async function runTool(use: ToolUseBlock, { cwd, owns }: { cwd: string; owns?: string[] }) {
    const tool = tools.find(({ name }) => name === use.name)
    if (!tool) throw new Error(`there is no tool ${use.name}`)
    const input = tool.schema.parse(use.input)
    const file = (use.input as { file_path?: string }).file_path
    if (owns && tool.permission === 'edit' && !owns.includes(file ?? ''))
      return { text: `${file} is not one of your files`, isError: true }
    const result = await tool.run({ input, cwd, signal: new AbortController().signal, key: use.id })
    if (typeof result === 'string') return { text: result, isError: false }
    const text = result.content.map((block) => ('text' in block ? String(block.text) : '')).join('\n')
    return { text, isError: result.isError ?? false }
  }

  return {
    /** The planner's whole turn; `more`: what follows upon the list of files. */
    plan: (about: { cwd: string; request: string; files: string[]; more?: string }): Promise<Turn<Plan>> =>
      turn({
        cwd: about.cwd,
        messages: [user(plannerText(about))],
        tools: ['Read', 'Glob', 'Grep'],
        model: 'claude-sonnet-5-5',
        schema: { type: 'object', properties: { summary: {}, stages: { type: 'array', items: {} } } },
      }),
    /** A programmer's first turn; `more`: what it is told besides, because it has worked on it before. */
    work: (about: { cwd: string; request: string; assignment: Assignment; more?: string }): Promise<Turn<Report>> =>
      turn(programmerOf(about.cwd, about.assignment, [user(assignmentText(about))])),
    verify: (about: { cwd: string; assignment: Assignment; messages: MessageParam[] }): Promise<Turn<Report>> =>
      turn(programmerOf(about.cwd, about.assignment, [...about.messages, user(VERIFY)])),
  }
}

const user = (content: string): MessageParam => ({ role: 'user', content })

function programmerOf(cwd: string, { files }: Assignment, messages: MessageParam[]) {
  return {
    ...{ cwd, messages, owns: files },
    tools: ['Read', 'Glob', 'Grep', 'Write', 'Edit', 'Bash'],
    model: 'claude-haiku-5-5',
    schema: { type: 'object', properties: { work: {}, criteria: { type: 'array', items: {} } } },
  }
}

function plannerText({ request, files, more = '' }: { request: string; files: string[]; more?: string }): string {
  return `Plan this work.\n\n<request>\n${request}\n</request>\n\n<repository>\n${files.join('\n')}\n</repository>${more}`
}

function assignmentText(about: { request: string; assignment: Assignment; more?: string }): string {
  const { request, assignment, more = '' } = about
  return [
    'The request as a whole, so that you know what your part is for:',
    `<request>\n${request}\n</request>`,
    'Your part:',
    `<assignment>\n${JSON.stringify(assignment, null, 1)}\n</assignment>${more}`,
  ].join('\n\n')
}

/** Agents of a plan as they are called, with what each is given. */
export function assignmentsOf(plan: Plan): Assignment[] {
  return plan.stages
    .flatMap(({ agents }) => agents)
    .map(({ task, files, criteria }, index) => ({ agent: `Haiku-${index + 1}`, task, files, criteria }))
}
