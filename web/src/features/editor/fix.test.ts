import { Text } from '@codemirror/state'
import { expect, it } from 'vitest'
import type { Diagnostic } from '@/api/queries/mocks'
import { applyFix } from './fix'

const apply = (text: string, diagnostic: Partial<Diagnostic> & Record<string, unknown>) => {
  const doc = Text.of(text.split('\n'))
  const change = applyFix(doc, { line: 1, column: 1, severity: 'error', code: 'X', message: '', ...diagnostic })
  return change && doc.replace(change.from, change.to, Text.of(change.insert.split('\n'))).toString()
}

it('puts the right word in place of the wrong one', () => {
  expect(
    apply('a: 1\n  methodd: GET', { line: 2, column: 3, message: 'unknown key `methodd`: did you mean `method`?', fix: 'write `method`' }),
  ).toBe('a: 1\n  method: GET')
})
it('makes the change that the server gives', () => {
  expect(apply('body: {{x}}', { edit: { line: 1, column: 7, end_line: 1, end_column: 12, text: '"{{x}}"' } })).toBe('body: "{{x}}"')
})
it('changes nothing when the text is another one by now', () => {
  expect(apply('other: GET', { message: 'unknown key `methodd`', fix: 'write `method`' })).toBeUndefined()
  expect(apply('x: 1', { message: 'something else', fix: 'put the value in quotes' })).toBeUndefined()
})
