// What plans and agents say, as it stands in git's messages and in questions.
import { expect, it } from 'vitest'
import { oneLine, plainText } from '../../../src/activities/code/plain-text.js'
import { toFailure } from '../../../src/activities/prepare/failure.js'
import { CodeInput } from '../../../src/contracts/schemas/index.js'
import { RepositoryError } from '../../../src/git/code/repository.js'

it('has nothing that drives a terminal, ends a message or turns the text around', () => {
  expect(plainText('a\0b\u001b[31mc\u202ed\u2028e\ud800f')).toBe('a b [31mc d e f')
  expect(plainText('日本 é 👩‍👩‍👦')).toBe('日本 é 👩‍👩‍👦')
  expect(oneLine('a\r\n\n\0 Ensemble-Run: other', 100)).toBe('a Ensemble-Run: other')
  expect(oneLine('abcdef', 4)).toBe('abc…')
})

it.each(['{model}-{n}', '{n}', 'Dev {n}', 'a.{n}', '{n}-{model}'])('agents may be called %j', (naming) => {
  expect(CodeInput.safeParse({ task: 'x', repo: '/r', naming }).success).toBe(true)
})

it.each(['agent', '-{n}', ' {n}', '{n} ', '.{n}', '{n}.', '../{n}', '{n}\n'])(
  'agents may not be called %j',
  (naming) => {
    expect(CodeInput.safeParse({ task: 'x', repo: '/r', naming }).success).toBe(false)
  },
)

it('what git refuses while a run is prepared is final', () => {
  expect(toFailure(new RepositoryError('no such branch'))).toMatchObject({
    nonRetryable: true,
    type: 'InvalidInput',
    message: 'no such branch',
  })
})
