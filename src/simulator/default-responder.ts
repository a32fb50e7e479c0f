// What the simulator says when no rule does: something derived from the request, the same for the same request, and
// labelled SIMULATED wherever it is text. A schema is answered with valid JSON, a review with real lines of the files.

import { createHash } from 'node:crypto'
import type { Model } from '../agents/models.js'
import { accountReply } from './account.js'
import { thinksByDefault } from './capabilities.js'
import { integrationOf, planAnswer } from './delegation.js'
import { readerAnswer, synthesisOf } from './document-reader.js'
import { fixerReply } from './fixer.js'
import { jsonForSchema } from './json-for-schema.js'
import { plannerReply } from './programmer/planner.js'
import type { Program } from './programmer/program.js'
import { programmerReply } from './programmer/programmer.js'
import { type Reply, type ReplyBlock, reply, thinkingBlock, toolUseId } from './reply.js'
import { type MessagesRequest, promptOf, systemTexts, toolsOf } from './request.js'
import { reviewAnswer } from './review.js'
import { summaryOf } from './summary.js'

/** Below this nothing is thought, so that a small answer still has room. */
const LEAST_FOR_THINKING = 64

export type Brought = {
  /** The pages of the PDFs in the request. */
  pdfs: string[][]
  programs: Program[]
}

export function defaultReply(request: MessagesRequest, model: Model, { pdfs, programs }: Brought): Reply {
  const forced = forcedTool(request)
  if (forced) return reply([forced], 'tool_use')
  const reviewing = accountReply(request)
  if (reviewing) return reply(reviewing, reviewing.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn')
  const fixing = fixerReply(request)
  if (fixing) return fixing
  const programming = plannerReply(request, programs) ?? programmerReply(request, programs)
  if (programming) return programming
  const answer: ReplyBlock = { type: 'text', text: answerText(request, pdfs) }
  const thought = thoughtOf(request, model)
  return reply(thought ? [thought, answer] : [answer])
}

function answerText(request: MessagesRequest, pdfs: string[][]): string {
  const prompt = promptOf(request)
  const system = systemTexts(request)
  const schema = request.output_config?.format?.schema
  const together = system.join('\n')
  if (!schema) {
    return (
      integrationOf(prompt, together) ?? synthesisOf(prompt, together) ?? summaryOf(prompt, together) ?? prose(prompt)
    )
  }
  const answer =
    reviewAnswer(schema, system, prompt) ?? planAnswer(schema, prompt) ?? readerAnswer(schema, system, prompt, pdfs)
  return JSON.stringify(answer ?? jsonForSchema(schema, headOf(prompt)))
}

function prose(prompt: string): string {
  const words = prompt.split(/\s+/).filter(Boolean)
  const longest = [...new Set(words.map((word) => word.replace(/[^\p{L}\p{N}_-]/gu, '')))]
    .filter((word) => word.length > 4)
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .slice(0, 3)
  const about = longest.length > 0 ? ` It seems to be about ${longest.join(', ')}.` : ''
  return `SIMULATED answer to: "${headOf(prompt)}"\n\nThe request has ${words.length} ${words.length === 1 ? 'word' : 'words'}.${about} No model was asked; this text was derived from the request by the local simulator.`
}

const headOf = (text: string) => {
  const line = text.trim().replace(/\s+/g, ' ')
  return line.length > 120 ? `${Array.from(line).slice(0, 119).join('')}…` : line
}

/** About every second request is thought about, unless thinking is off; adaptive means just that. */
function thoughtOf(request: MessagesRequest, model: Model): ReplyBlock | undefined {
  const asked = request.thinking?.type
  const on = asked === undefined ? thinksByDefault(model) : asked === 'adaptive' || asked === 'enabled'
  if (!on || request.max_tokens < LEAST_FOR_THINKING) return undefined
  const prompt = promptOf(request)
  const odd = (createHash('sha1').update(prompt).digest()[0] ?? 0) % 2 === 1
  if (asked !== 'enabled' && !odd) return undefined
  const thinking = `SIMULATED thinking about: "${headOf(prompt)}"`
  const display = request.thinking && 'display' in request.thinking ? request.thinking.display : undefined
  const shown = display === 'summarized' || (!display && !thinksByDefault(model))
  return thinkingBlock(thinking, shown ? thinking : '')
}

function forcedTool(request: MessagesRequest): ReplyBlock | undefined {
  const choice = request.tool_choice
  if (choice?.type !== 'any' && choice?.type !== 'tool') return undefined
  const tools = toolsOf(request)
  const tool = choice.type === 'tool' ? tools.find(({ name }) => name === choice.name) : tools[0]
  if (!tool) return undefined
  const json = JSON.stringify(jsonForSchema(tool.input_schema ?? {}, headOf(promptOf(request))))
  return { type: 'tool_use', id: toolUseId(), name: tool.name, json }
}
