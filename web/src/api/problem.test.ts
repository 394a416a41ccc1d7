import { expect, test } from 'vitest'
import { asProblem, ProblemError } from './problem'

test.each([
  [413, false],
  [400, false],
  [422, false],
  [429, true],
  [408, true],
  [503, true],
])('an answer with status %i may pass later: %s', (status, passes) => {
  expect(new ProblemError({}, status, 'unexpected').passes).toBe(passes)
})

test('without an answer the next attempt may get one', () => {
  expect(asProblem(new TypeError('Failed to fetch')).passes).toBe(true)
})
