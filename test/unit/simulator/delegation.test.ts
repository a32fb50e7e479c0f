import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { faultsOf, fingerprint } from '../../../src/activities/delegate/plan-rules.js'
import { againPrompt, INTEGRATOR, integrationPrompt } from '../../../src/agents/delegation.js'
import { DelegationAnswer } from '../../../src/contracts/schemas/index.js'
import { integrationOf, planAnswer } from '../../../src/simulator/delegation.js'

const SCHEMA = z.toJSONSchema(DelegationAnswer)
const planFor = (prompt: string) => DelegationAnswer.parse(planAnswer(SCHEMA, prompt))
const TASK = 'Design a REST API with authentication, write its tests and document it for newcomers'

describe('a simulated plan', () => {
  it.each([
    TASK,
    '- one thing\n- another thing\n- a third, much longer thing that is worth to be split again',
    'Explain how a durable workflow engine survives crashes of its workers',
    'Übersetze das Handbuch, prüfe die Übersetzung und schreibe ein Glossar',
  ])('of "%s" passes the rules, says it is SIMULATED and is always the same', (task) => {
    const plan = planFor(task)
    expect(plan.parts.length).toBeGreaterThanOrEqual(2)
    expect(faultsOf(plan, { ancestors: [fingerprint(task)], most: 8 })).toEqual([])
    expect(plan.parts.every(({ context }) => context?.includes('SIMULATED'))).toBe(true)
    expect(planFor(task)).toEqual(plan)
  })

  it('of a task of few words is none', () => {
    expect(planFor('Say hello')).toEqual({ parts: [], alone: expect.stringContaining('SIMULATED') })
  })

  it('has as many parts as a person asks for', () => {
    const again = (note: string) => againPrompt({ task: TASK }, '{}', [`The person it is for says: ${note}`], 2)
    expect(planFor(again('two parts are enough')).parts).toHaveLength(2)
    expect(planFor(again('make it good')).parts).toEqual(planFor(TASK).parts)
  })
})

describe('a simulated integration', () => {
  it('repeats what the parts say and names what is missing', () => {
    const parts = [
      { id: 'aa', task: 'do aa', status: 'ok', answer: 'aa is done' },
      { id: 'bb', task: 'do bb', status: 'error', note: 'it broke' },
    ]
    const answer = integrationOf(integrationPrompt({ task: TASK }, parts), INTEGRATOR)
    expect(answer).toMatch(/^SIMULATED integration of 2 parts/)
    expect(answer).toContain('- aa: aa is done')
    expect(answer).toContain('- bb: error')
  })

  it('is none for other requests', () => {
    expect(integrationOf('anything', 'You are an expert.')).toBeUndefined()
  })
})
