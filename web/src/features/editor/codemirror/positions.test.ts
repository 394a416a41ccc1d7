import { Text } from '@codemirror/state'
import { expect, it } from 'vitest'
import { offsetOf, pointsIn, rangeOf } from './positions'

const doc = Text.of(['a: 1', '"😀": {{x}}', 'key: value'])
const at = (line: number, column: number) => ({ line, column, severity: 'error' as const, code: 'X', message: '' })

it('counts code points, as the server does', () => {
  expect(offsetOf(doc, 1, 1)).toBe(0)
  expect(doc.sliceString(offsetOf(doc, 2, 6))).toBe('{{x}}\nkey: value')
  expect(offsetOf(doc, 9, 1)).toBe(doc.length)
  expect(offsetOf(doc, 0, 0)).toBe(0)
  expect(pointsIn('"😀"')).toBe(3)
})

it('marks what is meant', () => {
  const marked = (line: number, column: number) => {
    const { from, to } = rangeOf(doc, at(line, column))
    return doc.sliceString(from, to)
  }
  expect(marked(3, 1)).toBe('key')
  expect(marked(3, 6)).toBe('value')
  expect(marked(3, 99)).toBe('key: value')
  const exact = rangeOf(doc, { ...at(3, 1), end_line: 3, end_column: 5 } as ReturnType<typeof at>)
  expect(doc.sliceString(exact.from, exact.to)).toBe('key:')
})
