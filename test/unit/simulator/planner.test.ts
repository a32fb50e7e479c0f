import { describe, expect, it } from 'vitest'
import { codePlanner, type PlannerTask, plannerTask } from '../../../src/agents/coding/planner.js'
import { plannerReply } from '../../../src/simulator/programmer/planner.js'
import type { Plan } from '../../../src/simulator/programmer/program.js'
import { loadPrograms } from '../../../src/simulator/programmer/program.js'
import type { MessagesRequest } from '../../../src/simulator/request.js'
import { CODE_TASKS, programs } from '../../support/code.js'

const PROGRAMS = loadPrograms(programs)
const FILES = ['README.md', 'package.json', 'src/app.ts', 'src/auth.ts', 'src/x.py']

function asked(request: string, more: Partial<PlannerTask> = {}): MessagesRequest {
  const content = plannerTask({ request, files: FILES, more: 0, ...more })
  const schema = codePlanner('sonnet', 10).output ?? {}
  return {
    ...{ model: 'claude-sonnet-5-5', max_tokens: 4096, messages: [{ role: 'user', content }] },
    output_config: { format: { type: 'json_schema', schema } },
  }
}

function planFor(...about: Parameters<typeof asked>): Plan {
  const block = plannerReply(asked(...about), PROGRAMS)?.blocks[0]
  return JSON.parse(block?.type === 'text' ? block.text : '')
}

const agentsOf = (plan: Plan) => plan.stages.flatMap(({ agents }) => agents)
const shape = ({ stages }: Plan) => stages.map(({ agents }) => agents.map(({ files }) => files.join(' ')))
const told = (by: 'person' | 'check', note: string) => ({ before: { plan: '{}', note, by } })
const person = (note: string) => told('person', note)

describe('the simulated planner', () => {
  it('answers nobody who asks for something else', () => {
    const { output_config: _, ...request } = asked('Build it')
    expect(plannerReply(request, PROGRAMS)).toBeUndefined()
  })

  it.each(Object.entries(CODE_TASKS))('has a plan for %s in which no two of a stage share a file', (_, request) => {
    const plan = planFor(request)
    expect(plan.stages.length).toBeGreaterThanOrEqual(2)
    for (const { agents } of plan.stages) {
      const files = agents.flatMap(({ files }) => files)
      expect(new Set(files).size).toBe(files.length)
    }
    for (const { what, task, criteria } of agentsOf(plan)) {
      expect(what.length).toBeLessThanOrEqual(60)
      expect([task.length > 0, criteria.length > 0]).toEqual([true, true])
    }
  })

  it('looks at files first, at three of those that are there', () => {
    const tools = ['Read', 'Glob', 'Grep'].map((name) => ({ name, input_schema: { type: 'object' as const } }))
    const reply = plannerReply({ ...asked(CODE_TASKS.auth), tools }, PROGRAMS)
    const uses = reply?.blocks.map((block) => (block.type === 'tool_use' ? `${block.name} ${block.json}` : block.type))
    expect(reply?.stopReason).toBe('tool_use')
    expect(uses).toEqual([
      'Glob {"pattern":"**/*"}',
      'Grep {"pattern":"test"}',
      'Read {"file_path":"README.md"}',
      'Read {"file_path":"package.json"}',
    ])
  })

  it('gives one agent to each part a request names, with the files of its program', () => {
    const parts = ['types', 'JWT utils', 'password hashing', 'service layer', 'tests']
    const listed = parts.map((part, index) => `- One ${index === 0 ? 'agent ' : ''}for ${part}`).join('\n')
    expect(shape(planFor(`Build auth with JWT and tests. Split into:\n${listed}`))).toEqual([
      ['auth/types.js', 'auth/jwt.js', 'auth/password.js'],
      ['auth/auth-service.js', 'auth/auth.test.js'],
    ])
    expect(shape(planFor('Build auth with JWT:\n- One for cookies\n- One for tests\n- One for docs'))).toEqual([
      ['auth-jwt/cookies.ts'],
      ['auth-jwt/auth-jwt.test.ts', 'docs/auth-jwt.md'],
    ])
  })

  it('puts every constraint into every task', () => {
    const plan = planFor('Build REST API with validation and tests.\nRequirements:\n- Use Zod\n- 100% test coverage"')
    expect(agentsOf(plan).length).toBe(7)
    for (const { task } of agentsOf(plan)) expect(task).toMatch(/Requirements:\n- Use Zod\n- 100% test coverage$/)
  })

  it('makes a plan of any request out of its words, tests after what they test', () => {
    expect(shape(planFor('Implement payment processing with Stripe, webhooks, routes, tests and docs'))).toEqual([
      ['payment-processing/payment-processing.ts', 'payment-processing/stripe.ts', 'payment-processing/webhooks.ts'],
      ['payment-processing/routes.ts'],
      ['payment-processing/payment-processing.test.ts', 'docs/payment-processing.md'],
    ])
  })

  it('writes in the language of the repository', () => {
    const plan = planFor('Add limits, quotas and tests', { files: ['a.py', 'b.py', 'c.js'], more: 7 })
    expect(shape(plan).flat()).toEqual([
      'limits_quotas/limits.py',
      'limits_quotas/quotas.py',
      'tests/test_limits_quotas.py',
    ])
  })

  it('gives fewer than three parts to one agent, with the file they name', () => {
    expect(shape(planFor('Fix this bug in auth.ts'))).toEqual([['src/auth.ts']])
    expect(agentsOf(planFor('Build caching and tests'))).toHaveLength(1)
  })

  it('changes a plan as a person says: one agent, no tests, anything else in every task', () => {
    const one = planFor(CODE_TASKS.auth, person('One agent is enough'))
    expect(shape(one)).toHaveLength(1)
    expect(agentsOf(one)[0]!.files).toHaveLength(5)
    const none = planFor(CODE_TASKS.auth, person('Without tests, please'))
    expect(
      shape(none)
        .flat()
        .some((file) => file.includes('test')),
    ).toBe(false)
    for (const { task } of agentsOf(planFor(CODE_TASKS.auth, person('Tokens end after a day'))))
      expect(task).toContain('- Tokens end after a day')
  })

  it('shares a file at first where the request says so, and not when it is told', () => {
    const request = `${CODE_TASKS.chat}\nSIMULATED: the first plan shares a file`
    const shared = (plan: Plan) => plan.stages[0]!.agents[1]!.files.includes('chat/protocol.js')
    const checked = told('check', 'chat/protocol.js has two owners')
    expect([shared(planFor(request)), shared(planFor(request, checked))]).toEqual([true, false])
  })
})
