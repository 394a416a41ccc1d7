import { expect, it } from 'vitest'
import { layOut } from './json'

it.each([
  ['{"a":1.10,"b":[1,{"c":"x, {y}: \\"z\\""}]}', '{\n  "a": 1.10,\n  "b": [\n    1,\n    {\n      "c": "x, {y}: \\"z\\""\n    }\n  ]\n}'],
  ['{}', '{}'],
  ['{"a": [], "b": {}}', '{\n  "a": [],\n  "b": {}\n}'],
  ['[[],[{}]]', '[\n  [],\n  [\n    {}\n  ]\n]'],
  ['12345678901234567890', '12345678901234567890'],
  ['not json', 'not json'],
  ['{"a":', '{"a":'],
])('%s', (text, want) => {
  expect(layOut(text)).toBe(want)
})

it('changes no word', () => {
  const text = JSON.stringify({ a: [1, 2, { b: null, c: [true, ['x']] }], d: { e: {} } })
  expect(JSON.stringify(JSON.parse(layOut(text)))).toBe(text)
  expect(layOut(text)).toBe(JSON.stringify(JSON.parse(text), null, 2))
})
