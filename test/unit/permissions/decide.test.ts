// What the modes and the lists say about one use of a tool, and what must hold whatever they say.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PERMISSION_MODES, type PermissionMode } from '../../../src/contracts/agent.js'
import { PermissionRules } from '../../../src/contracts/schemas/agent.js'
import { type Asked, decide, expiryOf } from '../../../src/permissions/decide.js'
import { parseRule } from '../../../src/permissions/rule.js'

const CASES = 10_000
const workspace = '/w'

type Lists = Partial<Pick<PermissionRules, 'allow' | 'deny' | 'ask' | 'handler'>>
const rules = (lists: Lists) => PermissionRules.parse(lists)
const bash = (command: string, lists: Lists, mode: PermissionMode = 'default') =>
  decide({
    mode,
    rules: [rules(lists)],
    tool: { name: 'Bash', permission: 'execute' },
    subject: command,
    inside: undefined,
  }).kind
const read = (path: string, lists: Lists, name = 'Read') =>
  decide({
    ...{
      mode: 'default',
      rules: [rules(lists)],
      tool: { name, permission: name === 'Read' || name === 'Grep' ? 'read' : 'edit' },
    },
    ...{ subject: path, inside: true, workspace },
  }).kind
const tool = (name: string, subject: string, lists: Lists) =>
  decide({ mode: 'default', rules: [rules(lists)], tool: { name, permission: 'other' }, subject, inside: undefined })
    .kind

describe('modes', () => {
  it.each([
    ['default', 'run', 'ask', 'ask', 'ask', 'ask'],
    ['acceptEdits', 'run', 'run', 'ask', 'ask', 'ask'],
    ['plan', 'run', 'refuse', 'refuse', 'refuse', 'refuse'],
    ['bypassPermissions', 'run', 'run', 'run', 'run', 'run'],
  ] as const)('%s: a read %s, an edit %s, a command %s, an address %s, another tool %s', (mode, ...expected) => {
    const classes = ['read', 'edit', 'execute', 'network', 'other'] as const
    const decided = classes.map(
      (permission) =>
        decide({
          mode,
          rules: [],
          tool: { name: 'T', permission },
          subject: 'x',
          inside: permission === 'edit' ? true : undefined,
        }).kind,
    )
    expect(decided).toEqual(expected)
  })
})

describe('a rule about commands', () => {
  it.each([
    ['git status', 'run'],
    ['git status -s src', 'run'],
    ['git  status\t-s', 'run'],
    ['git commit -m "a; b && c"', 'run'],
    ["git commit -m 'costs $5'", 'run'],
    ['git statusx', 'ask'],
    ['git push', 'ask'],
    ['git status; rm -rf /', 'ask'],
    ['git status && rm x', 'ask'],
    ['git status || rm x', 'ask'],
    ['git status | tee x', 'ask'],
    ['git status & rm x', 'ask'],
    ['git status\nrm x', 'ask'],
    ['git status\r\nrm x', 'ask'],
    ['git status $(rm x)', 'ask'],
    ['git status `rm x`', 'ask'],
    ['git commit -m "$(rm x)"', 'ask'],
    ['git status > /etc/x', 'ask'],
    ['git status < x', 'ask'],
    ['git status <(rm x)', 'ask'],
    ['GIT_PAGER=evil git status', 'ask'],
    ['(git status)', 'ask'],
    ['{ git status; }', 'ask'],
    ['! git status', 'ask'],
    ['git status \\', 'ask'],
    ['git status "', 'ask'],
    ['git status\u00a0x', 'ask'],
    ['git status \u202e', 'ask'],
    ["'git status' x", 'ask'],
    ['', 'ask'],
  ] as const)('that allows git status and git commit: %j → %s', (command, expected) => {
    expect(bash(command, { allow: ['Bash(git status:*)', 'Bash(git commit *)'] })).toBe(expected)
  })

  it.each([
    ['rm -rf /', 'refuse'],
    ['ls; rm x', 'refuse'],
    ['ls && (cd x; rm y)', 'refuse'],
    ['echo "$(rm x)"', 'refuse'],
    ['echo `echo \\`rm x\\``', 'refuse'],
    ['A=1 B=2 rm x', 'refuse'],
    ['/bin/rm x', 'refuse'],
    ['r"m" x', 'refuse'],
    ['\\rm x', 'refuse'],
    ["bash -c 'ls; rm x'", 'refuse'],
    ['sudo -n env A=1 timeout 5 rm x', 'refuse'],
    ['find . -name a -exec rm {} +', 'refuse'],
    ['ls | xargs -n1 rm', 'refuse'],
    ['if true; then rm x; fi', 'refuse'],
    ['for f in *; do rm "$f"; done', 'refuse'],
    ['cat <<EOF\n$(rm x)\nEOF', 'refuse'],
    ["cat > x <<EOF\ntext it's\nEOF\nrm x", 'refuse'],
    ["ls # it's\nrm x", 'refuse'],
    ['$X y', 'refuse'],
    ['curl x | sh', 'refuse'],
    ['eval "$X"', 'refuse'],
    ["$'\\x72m' x", 'refuse'],
    ['ls >>-\nrm x', 'refuse'],
    ['ls >-; rm x', 'refuse'],
    ['ls <>-\nrm x', 'refuse'],
    ['ls 2>&- >&1\nrm x', 'refuse'],
    ["env -S 'rm x'", 'refuse'],
    ["env A=1 -S'rm x'", 'refuse'],
    ["trap 'rm x' EXIT", 'refuse'],
    ["alias l='rm x'\nl", 'refuse'],
    ["watch -n1 'rm x'", 'refuse'],
    ["flock l -c 'rm x'", 'refuse'],
    ["tmux new -d 'rm x'", 'refuse'],
    ['function f { rm x; }; f', 'refuse'],
    ["source /dev/stdin <<< 'rm x'", 'refuse'],
    ["bash /dev/fd/0 <<< 'rm x'", 'refuse'],
    ["rbash -c 'rm x'", 'refuse'],
    ['runuser -u x -- rm y', 'refuse'],
    ["env A=1 git commit -m 'rm it'", 'run'],
    ['source venv/bin/activate', 'run'],
    ["cat > x <<EOF\nrm it's\nEOF", 'run'],
    ['git rm x', 'run'],
    ['echo rm', 'run'],
    ["git commit -m 'rm; it'", 'run'],
    ['[ -f x ] && ls *.ts', 'run'],
    ['npm test 2>&1 | tail -5', 'run'],
  ] as const)('that denies rm: %j → %s, even where everything is permitted', (command, expected) => {
    expect(bash(command, { allow: ['Bash'], deny: ['Bash(rm:*)'] }, 'bypassPermissions')).toBe(expected)
  })

  it.each([
    'sudo '.repeat(500),
    'env eval '.repeat(500),
    `find ${'sh '.repeat(5000)}`,
    `timeout ${'-a '.repeat(20_000)}`,
    `${'$('.repeat(5000)}ls`,
  ])('that denies is decided at once, however programs start one another: %#', (line) => {
    const began = process.cpuUsage()
    expect(bash(`${line}ls`, { deny: ['Bash(git push:*)', 'Bash(git * a * b)'] }, 'bypassPermissions')).toBeDefined()
    expect(process.cpuUsage(began).user / 1e6).toBeLessThan(10)
  })

  it('that denies what a program is told holds behind the program’s own options', () => {
    const deny = ['Bash(git push:*)']
    expect(bash('git -C dir push origin', { deny }, 'bypassPermissions')).toBe('refuse')
    expect(bash('git $X origin', { deny }, 'bypassPermissions')).toBe('refuse')
    expect(bash('git log', { deny }, 'bypassPermissions')).toBe('run')
  })

  it('may be a whole command, or have stars', () => {
    expect(bash('npm test && npm run lint', { allow: ['Bash(npm test && npm run lint)'] })).toBe('run')
    expect(bash('npm run build --silent', { allow: ['Bash(npm run * --silent)'] })).toBe('run')
    expect(bash('npm run x; rm y --silent', { allow: ['Bash(npm run * --silent)'] })).toBe('ask')
  })
})

describe('a rule about paths', () => {
  it.each([
    ['Edit(src/**)', 'src/a/b.ts', 'run'],
    ['Edit(src/**)', '/w/src/a.ts', 'run'],
    ['Edit(src/**)', 'src/../package.json', 'ask'],
    ['Edit(src)', 'src/a/b.ts', 'run'],
    ['Edit(/src)', 'lib/src/a.ts', 'ask'],
    ['Edit(*.md)', 'docs/a.md', 'run'],
    ['Edit(./*.md)', 'docs/a.md', 'ask'],
    ['Edit(**/test/*.ts)', 'a/test/b.ts', 'run'],
    ['Edit(//tmp/**)', '/tmp/x', 'run'],
    ['Edit(src/?.ts)', 'src/ab.ts', 'ask'],
    ['Edit', 'anything', 'run'],
    ['Write', 'anything', 'run'],
    ['Read', 'anything', 'ask'],
  ] as const)('that allows %s: writing %s → %s', (allow, path, expected) => {
    expect(read(path, { allow: [allow] }, 'Write')).toBe(expected)
  })

  it('is decided at once, however long the path is', () => {
    const path = `${'x/'.repeat(2000)}z`
    const deny = ['Read(**/x/**/x/**/y)', 'Read(**/x/**/x/**/?*?*?*y)']
    const began = process.cpuUsage()
    expect(read(path, { deny })).toBe('run')
    expect(read(`${'a'.repeat(3000)}y`, { deny: ['Read(*a*a*a*a*a?x)'] })).toBe('run')
    expect(process.cpuUsage(began).user / 1e6).toBeLessThan(10)
    expect(read(`${path}/y`, { deny })).toBe('refuse')
  })

  it('that denies holds for every way to read: also for a search of a directory above', () => {
    const deny = ['Read(.env)', 'Read(keys/**)']
    expect(read('.env', { deny })).toBe('refuse')
    expect(read('a/.env', { deny })).toBe('refuse')
    expect(read('keys/a/b', { deny })).toBe('refuse')
    expect(read('.', { deny: ['Read(keys/**)'] }, 'Grep')).toBe('refuse')
    expect(read('src', { deny: ['Read(keys/**)'] }, 'Grep')).toBe('run')
    expect(read('src/a.ts', { deny })).toBe('run')
  })
})

it('rules about other tools match names with stars, servers, domains and arguments', () => {
  expect(tool('mcp__crm__get_account', '{}', { allow: ['mcp__crm__get_*'] })).toBe('run')
  expect(tool('mcp__crm__delete', '{}', { allow: ['mcp__crm__get_*'] })).toBe('ask')
  expect(tool('mcp__crm__delete', '{}', { allow: ['mcp__crm'] })).toBe('run')
  expect(tool('mcp__crmx__delete', '{}', { allow: ['mcp__crm'] })).toBe('ask')
  const fetch = (url: string) =>
    tool('WebFetch', url, { allow: ['WebFetch(domain:example.com)', 'WebFetch(domain:*.org)'] })
  expect(['https://example.com/x', 'https://EXAMPLE.com.', 'https://a.b.org'].map(fetch)).toEqual(['run', 'run', 'run'])
  expect(['https://example.com.evil.net', 'https://example.com@evil.net', 'example.com'].map(fetch)).toEqual([
    'ask',
    'ask',
    'ask',
  ])
})

it('deny wins over ask, ask over allow; the first expiry that fits holds', () => {
  expect(tool('T', 'x', { allow: ['T'], ask: ['T'] })).toBe('ask')
  expect(tool('T', 'x', { allow: ['T'], ask: ['T'], deny: ['T'] })).toBe('refuse')
  const expiry = [
    { tool: 'Bash(git:*)', seconds: 5, onExpiry: 'deny' as const },
    { tool: '*', seconds: 9, onExpiry: 'escalate' as const, to: ['boss'] },
  ]
  const of = (name: string, subject: string) =>
    expiryOf([PermissionRules.parse({ expiry })], { tool: { name, permission: 'execute' }, subject })?.seconds
  expect([of('Bash', 'git push'), of('Bash', 'ls'), of('Write', 'a')]).toEqual([5, 9, 9])
})

it.each([
  '',
  '(x)',
  'Bash(',
  'Bash)',
  'Bash()',
  'Bash( )',
  'Ba sh',
  'Bash(git:*x)',
  'Bash(:*)',
  'WebFetch(domain:)',
  'Edit(../x)',
  'Read\n'.repeat(2),
])('what is no rule is refused with what is wanted: %j', (text) => {
  expect(() => parseRule(text)).toThrow(/; wanted a tool and perhaps which uses of it: Read, /)
})

const modes = fc.constantFrom(...PERMISSION_MODES)
const pattern = fc.constantFrom(
  '*',
  'Bash',
  'Bash(*)',
  'Bash(ls:*)',
  'Read',
  'Read(a/**)',
  'Edit',
  'Edit(*.ts)',
  'T',
  'T(x*)',
  'mcp__s',
  'mcp__s__get_*',
)
const list = fc.array(pattern, { maxLength: 3 })
const someRules = fc
  .record({ allow: list, deny: list, ask: list, handler: fc.option(fc.constant('h'), { nil: undefined }) })
  .map(rules)
const use = fc.oneof(
  fc.record({
    name: fc.constant('Bash'),
    permission: fc.constant('execute' as const),
    subject: fc.constantFrom('ls', 'ls a', 'ls; rm b', '$X', 'cat b'),
  }),
  fc.record({
    name: fc.constantFrom('Read', 'Grep'),
    permission: fc.constant('read' as const),
    subject: fc.constantFrom('a/b', 'b', '.', 'c.ts'),
  }),
  fc.record({
    name: fc.constantFrom('Edit', 'Write'),
    permission: fc.constant('edit' as const),
    subject: fc.constantFrom('a/b', 'b.ts', '../c'),
  }),
  fc.record({
    name: fc.constantFrom('T', 'mcp__s__get_a', 'mcp__s__put'),
    permission: fc.constantFrom('read' as const, 'other' as const, 'network' as const),
    subject: fc.constantFrom('x', 'y'),
  }),
)
const asked = fc
  .record({
    mode: modes,
    rules: fc.array(someRules, { maxLength: 3 }),
    use,
    inside: fc.constantFrom(true, false, undefined),
  })
  .map(
    ({ use: { name, permission, subject }, ...rest }): Asked => ({
      ...rest,
      tool: { name, permission },
      subject,
      workspace,
    }),
  )
const RANK = ['run', 'handler', 'ask', 'refuse']
const rank = (one: Asked) => RANK.indexOf(decide(one).kind)

describe('whatever is permitted otherwise', () => {
  it('what is denied is refused', () => {
    const exact = ({ tool: { name }, subject }: Asked) =>
      name.startsWith('mcp') ? name : `${name}(${subject.replace('../', '//')})`
    const holds = (one: Asked, more: PermissionRules) => {
      const deny = [...more.deny, exact(one)]
      return decide({ ...one, rules: [...one.rules, { ...more, deny }] }).kind === 'refuse'
    }
    fc.assert(fc.property(asked, someRules, holds), { numRuns: CASES })
  })

  it('another set, another denial, a question more, an allowance less: none permits more', () => {
    const holds = (one: Asked, more: PermissionRules, text: string) => {
      const before = rank(one)
      const change = (to: (set: PermissionRules) => PermissionRules) => ({ ...one, rules: one.rules.map(to) })
      const asks = change((set) => ({ ...set, handler: undefined }))
      const narrower: [number, number][] = [
        [one.rules.length === 0 ? 0 : before, rank({ ...one, rules: [...one.rules, more] })],
        [before, rank(change((set) => ({ ...set, deny: [...set.deny, text] })))],
        [before, rank(change((set) => ({ ...set, ask: [...set.ask, text] })))],
        [rank(asks), rank({ ...asks, rules: asks.rules.map((set) => ({ ...set, allow: [] })) })],
      ]
      return narrower.every(([wide, narrow]) => narrow >= wide)
    }
    fc.assert(fc.property(asked, someRules, pattern, holds), { numRuns: CASES })
  })

  it('plan mode lets nothing but reads run', () => {
    const holds = (one: Asked) => one.tool.permission === 'read' || decide({ ...one, mode: 'plan' }).kind === 'refuse'
    fc.assert(fc.property(asked, holds), { numRuns: CASES })
  })
})
