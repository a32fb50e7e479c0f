// The least that works with a planner and a programmer: asks a model server for one step after the other, with the built-in
// tools in a directory, and lets a programmer write its own files alone. No run, no Temporal: what the model server does.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import type { MessageParam, ToolResultBlockParam, ToolUseBlock } from '@anthropic-ai/sdk/resources/messages'
import { z } from 'zod'
import { builtinTools } from '../../dist/tools/index.js'
import { codePlanner, type PlannerTask, plannerTask } from '../../src/agents/coding/planner.js'
import {
  type Again,
  type Assignment,
  assignmentTask,
  programmer,
  VERIFY_TASK,
} from '../../src/agents/coding/programmer.js'
import type { AgentDefinition, CodePlanAnswer, ProgrammerReport } from '../../src/contracts/schemas/index.js'

export type Said = { tool: string; input: Record<string, unknown>; text: string; isError: boolean }
export type Turn<T> = { answer: T; said: Said[]; messages: MessageParam[]; stopReason: string | null; output: number[] }

/** Of one turn. */
const MOST_STEPS = 40

export type Programming = ReturnType<typeof programmingWith>

export function programmingWith(url: string) {
  const client = new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0 })
  const changesDir = mkdtempSync(join(tmpdir(), 'ensemble-changes-'))
  const tools = builtinTools({ allowUnsandboxed: true, env: { PATH: process.env.PATH }, changesDir })

  async function turn<T>(about: {
    cwd: string
    agent: AgentDefinition
    messages: MessageParam[]
    owns?: string[]
  }): Promise<Turn<T>> {
    const { cwd, agent, owns } = about
    const offered = tools.filter(({ name }) => agent.tools?.includes(name))
    const messages = [...about.messages]
    const said: Said[] = []
    const output: number[] = []
    for (let step = 0; step < MOST_STEPS; step++) {
      const message = await client.messages.create({
        model: agent.model ?? '',
        system: agent.prompt,
        messages,
        max_tokens: 16_000,
        tools: offered.map((tool) => ({
          ...{ name: tool.name, description: tool.description },
          input_schema: z.toJSONSchema(tool.schema, { io: 'input' }) as Anthropic.Tool.InputSchema,
        })),
        output_config: { format: { type: 'json_schema', schema: agent.output ?? {} } },
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
    /** The planner's whole turn. */
    plan: ({ cwd, ...task }: Partial<PlannerTask> & { cwd: string; request: string }): Promise<Turn<CodePlanAnswer>> =>
      turn({ cwd, agent: PLANNER, messages: [user(plannerTask({ files: [], more: 0, ...task }))] }),
    /** A programmer's first turn; `again`: what it is told because it has worked on it before. */
    work: (about: { cwd: string; request: string; assignment: Assignment; again?: Again }) => {
      const { cwd, assignment, ...more } = about
      return programming(cwd, assignment, [user(assignmentTask(assignment, more))])
    },
    verify: (about: { cwd: string; assignment: Assignment; messages: MessageParam[] }) =>
      programming(about.cwd, about.assignment, [...about.messages, user(VERIFY_TASK)]),
  }

  function programming(cwd: string, { files }: Assignment, messages: MessageParam[]): Promise<Turn<ProgrammerReport>> {
    return turn({ cwd, messages, agent: PROGRAMMER, owns: files })
  }
}

const PLANNER = codePlanner('claude-sonnet-5-5', MOST_STEPS)
const PROGRAMMER = programmer('haiku', 'claude-haiku-5-5', MOST_STEPS)
const user = (content: string): MessageParam => ({ role: 'user', content })

/** Agents of a plan as they are called, with what each is given. */
export function assignmentsOf(plan: CodePlanAnswer): Assignment[] {
  return plan.stages
    .flatMap(({ agents }) => agents)
    .map(({ task, files, criteria }, index) => ({ agent: `Haiku-${index + 1}`, task, files, criteria }))
}
