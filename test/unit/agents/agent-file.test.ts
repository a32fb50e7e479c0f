// Agents in Markdown files, as Claude Code keeps them: what their front matter says, and what is wrong with it by line.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readAgentFile } from '../../../src/agents/agent-file.js'
import { BUILTIN_AGENTS, builtinAgent } from '../../../src/agents/builtin.js'
import { resolveAgent } from '../../../src/client/agent.js'
import { InvalidInputError } from '../../../src/client/errors.js'
import { AgentDefinition } from '../../../src/contracts/schemas/agent.js'

const file = (front: string, body = 'You fix things.') => `---\n${front}\n---\n\n${body}\n`

describe('an agent file', () => {
  it('says what its fields say, and its text is the prompt', () => {
    const { agent, warnings } = readAgentFile(
      file(
        'name: fixer\ndescription: Fixes\ntools: Read, Edit, Bash\nmodel: sonnet\npermissionMode: acceptEdits\nmaxTurns: 5',
      ),
      'other',
    )
    expect(agent).toEqual({
      name: 'fixer',
      description: 'Fixes',
      prompt: 'You fix things.',
      tools: ['Read', 'Edit', 'Bash'],
      model: 'sonnet',
      permissionMode: 'acceptEdits',
      maxSteps: 5,
    })
    expect(warnings).toEqual([])
  })

  it('may list its tools, inherit its model, and be called after its file', () => {
    const { agent } = readAgentFile(file('tools:\n  - Read\n  - mcp__crm__get_*\nmodel: inherit'), 'scout')
    expect(agent).toEqual({ name: 'scout', prompt: 'You fix things.', tools: ['Read', 'mcp__crm__get_*'] })
  })

  it('of Claude Code keeps its meaning: names of tools, denied tools, hooks; the rest is named in warnings', () => {
    const { agent, warnings } = readAgentFile(
      file(
        'name: a\ntools: Task, Agent(worker, other), MultiEdit, TodoWrite, Read\ndisallowedTools: Bash\ncolor: red\nhooks:\n  PreToolUse:\n    - matcher: Bash\n      hooks:\n        - type: command\n          command: ./check.sh\n  SubagentStop: []',
      ),
      'a',
    )
    expect(agent.tools).toEqual(['agent', 'Edit', 'Read'])
    expect(agent.permissions?.deny).toEqual(['Bash'])
    expect(agent.hooks).toEqual({
      pre_tool_use: [{ matcher: 'Bash', hooks: [{ type: 'command', command: './check.sh', timeout: 60 }] }],
    })
    expect(warnings).toEqual([
      'color is left out: it has no meaning here',
      'tool TodoWrite is left out: there is none here',
      'hooks of SubagentStop are left out: there is no such event here',
    ])
  })

  it('names servers that are configured elsewhere, or brings its own', () => {
    const servers = { crm: { command: 'crm-server' } }
    const { agent } = readAgentFile(
      file('mcpServers:\n  - crm\n  - web:\n      type: http\n      url: http://127.0.0.1/'),
      'a',
      servers,
    )
    expect(agent.mcpServers).toMatchObject({ crm: { command: 'crm-server' }, web: { type: 'http' } })
    expect(() => readAgentFile(file('name: a\nmcpServers: [crn]'), 'a', servers)).toThrow(
      'line 3: mcpServers: no server is called "crn"; configured: crm',
    )
  })

  it.each([
    ['You fix things.', 'line 1: has no front matter'],
    ['---\nname: a\n', 'line 1: its front matter has no end'],
    [file('name: a\ntools: [Read'), 'line 4: its front matter is no YAML'],
    [file('name: a\ndescription: this: that'), 'line 3: its front matter is no YAML'],
    [file('name: a\nname: b'), 'line 3: its front matter is no YAML: Map keys must be unique'],
    [file('- a'), 'line 2: its front matter is no list of fields'],
    [file('name: a\npermisionMode: plan'), 'line 3: unknown field "permisionMode"; wanted one of'],
    [file('name: a\n\npermissionMode: planned'), 'line 4: permissionMode: Invalid option'],
    [file('name: a b'), 'line 2: name: wanted 1 to 64 letters'],
    [file('name: a\ntools:\n  Read: yes'), 'line 4: tools: wanted names with commas between them, or a list'],
    [file('name: a\nmaxTurns: many'), 'maxSteps: '],
    [file('name: a\nmaxTurns: 3\nmaxSteps: 4'), 'maxSteps and maxTurns say the same'],
    [file('name: a', ''), 'line 1: has no text below its front matter'],
    [
      file(
        'a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b]',
      ),
      'line ',
    ],
  ])('with a mistake is refused with its line: %j', (text, message) => {
    expect(() => readAgentFile(text, 'a')).toThrow(message)
  })
})

describe('a name of an agent', () => {
  async function place() {
    const cwd = await mkdtemp(join(tmpdir(), 'ensemble-agents-'))
    onTestFinished(() => rm(cwd, { recursive: true, force: true }))
    await mkdir(join(cwd, '.claude/agents'), { recursive: true })
    return cwd
  }

  it('means a file, one in .claude/agents, or one that comes with Ensemble', async () => {
    const cwd = await place()
    await writeFile(join(cwd, '.claude/agents/mine.md'), file('description: x'))
    await writeFile(join(cwd, '.claude/agents/coder.md'), file('description: my own'))
    expect(await resolveAgent('mine', { cwd })).toMatchObject({ agent: { name: 'mine' } })
    expect(await resolveAgent('.claude/agents/mine.md', { cwd })).toMatchObject({ agent: { name: 'mine' } })
    expect(await resolveAgent('coder', { cwd })).toMatchObject({ agent: { description: 'my own' } })
    expect(await resolveAgent('fixer', { cwd })).toEqual({ agent: 'fixer', warnings: [] })
  })

  it('that means nothing is refused, and so is a file that cannot be read', async () => {
    const cwd = await place()
    const refusal = async (name: string) => {
      const error: unknown = await resolveAgent(name, { cwd }).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(InvalidInputError)
      return (error as Error).message
    }
    await writeFile(join(cwd, 'bad.md'), file('name: a\ntools: [Read'))
    await writeFile(join(cwd, 'bytes.md'), Buffer.from([0xff, 0xfe, 0xfd]))
    expect(await refusal('fixr')).toMatch(
      /^unknown agent "fixr": wanted one of coder, fixer, explorer, planner, a path/,
    )
    expect(await refusal('no.md')).toBe('agent file no.md: cannot be read (ENOENT)')
    expect(await refusal('.claude/')).toMatch(/is no regular file/)
    expect(await refusal('bad.md')).toMatch(/^agent file bad.md: line 4: /)
    expect(await refusal('bytes.md')).toMatch(/is no UTF-8 text/)
  })
})

it('the agents that come with Ensemble are valid', () => {
  for (const { name } of BUILTIN_AGENTS) expect(AgentDefinition.parse(builtinAgent(name)).name).toBe(name)
})
