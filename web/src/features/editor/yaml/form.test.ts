import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Edit, readForm, renameHeader, setField } from './form'

const apply = (text: string, edit: Edit | undefined) => (edit ? text.slice(0, edit.from) + edit.insert + text.slice(edit.to) : text)
const set = (text: string, path: string[], value: string | undefined) => apply(text, setField(text, path, value))

const pet = `- endpoint: # one pet
    path: "/pets/:id|int" # kept
    # how it answers
    response:
      headers: {Content-Type: application/json, X-A: 'b'}
      body: | # a block
        {"id": {{path-params.id}}}

        # no comment
    latency: 10ms
`

it('shows what an endpoint has, and what has no field', () => {
  expect(readForm(pet)).toEqual({
    kind: 'endpoint',
    method: 'GET',
    path: '/pets/:id|int',
    summary: '',
    tag: '',
    status: '',
    headers: [
      { name: 'Content-Type', value: 'application/json' },
      { name: 'X-A', value: 'b' },
    ],
    body: '{"id": {{path-params.id}}}\n\n# no comment\n',
    others: [{ key: 'latency', line: 9 }],
  })
  expect(readForm('- crud: {path: /a}')).toBeUndefined()
  expect(readForm('- endpoint: [')).toBeUndefined()
  expect(readForm('- endpoint:\n    <<: *base\n    path: /a')).toBeUndefined()
  expect(readForm('- endpoint:\n    path: /a\n    response: {body: {a: 1}}')?.body).toBeUndefined()
})

it.each([
  [['path'], '/cats', pet.replace('"/pets/:id|int"', '"/cats"')],
  [['method'], 'POST', pet.replace('    path:', '    method: POST\n    path:')],
  [['response', 'status'], '201', pet.replace('      headers', '      status: 201\n      headers')],
  [['response', 'headers', 'X-A'], "it's", pet.replace("'b'", "'it''s'")],
  [['response', 'headers', 'X-B'], '1, 2', pet.replace("'b'}", '\'b\', X-B: "1, 2"}')],
  [['response', 'headers', 'X-A'], undefined, pet.replace(", X-A: 'b'", '')],
  [['tag'], 'pets', pet.replace(' # kept\n', ' # kept\n    tag: pets\n')],
  [['latency'], '2s', pet.replace('10ms', '2s')],
] as const)('sets %s to %s with a small change', (path, value, want) => {
  expect(set(pet, [...path], value)).toBe(want)
})

it('writes bodies as blocks, and leaves what follows', () => {
  const next = set(pet, ['response', 'body'], 'a\n\nb')
  expect(next).toContain('      body: |-\n        a\n\n        b\n    latency: 10ms\n')
  const plain = '- endpoint:\n    path: /a\n    response:\n      body: hi # why\n'
  expect(set(plain, ['response', 'body'], 'a\nb')).toBe('- endpoint:\n    path: /a\n    response:\n      body: "a\\nb" # why\n')
  expect(set(plain, ['response', 'body'], '7')).toContain('body: "7" # why')
  expect(set('- endpoint:\n    path: /a\n', ['response', 'body'], 'x\ny\n')).toBe(
    '- endpoint:\n    path: /a\n    response:\n      body: |\n        x\n        y\n',
  )
  expect(set('- endpoint: {path: /a}', ['response', 'body'], 'x, y')).toBe('- endpoint: {path: /a, response: {body: "x, y"}}')
})

it('renames headers', () => {
  expect(apply(pet, renameHeader(pet, 'X-A', 'X-B'))).toBe(pet.replace('X-A', 'X-B'))
  expect(renameHeader(pet, 'X-A', 'Content-Type')).toBeUndefined()
})

it('leaves alone what it cannot edit by its parts', () => {
  for (const text of ['- endpoint:\n    path: &p /a\n', '- endpoint:\n    path: *p\n', '- endpoint: &e\n    path: /a\n', 'nonsense'])
    expect(setField(text, ['path'], '/b')).toBeUndefined()
})

// Whatever is set, in whatever order: it reads as it was set, and comments and every other line stay as they are.
it('keeps comments and untouched lines in every sequence of edits', () => {
  const values = [
    '',
    'x',
    ' lead',
    'trail ',
    'a: b',
    '# hash',
    'two\nlines',
    'end\n',
    '"q"',
    "it's",
    '{{a|b:1}}',
    '- d',
    '7',
    'true',
    'ä 😀',
    'a\n\n\nb',
    'tab\there',
    '\n\nx',
    'a \nb',
  ]
  const texts = [
    pet,
    '- endpoint: {method: post, path: /a, response: {status: 200, body: x}}\n',
    "- endpoint:\n    method: 'GET'\n    path: /a # p\n    # above\n    response:\n      status: 200\n      # in it\n      headers:\n        X-A: b # h\n      body: >-\n        folded\n        text\n\n# after\n",
  ]
  const fields = [
    ['method'],
    ['path'],
    ['summary'],
    ['tag'],
    ['response', 'status'],
    ['response', 'body'],
    ['response', 'headers', 'X-A'],
    ['response', 'headers', 'New'],
  ]
  let seed = 7
  const random = (n: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return Math.floor((seed / 2147483648) * n)
  }
  for (let round = 0; round < 60; round++) {
    let text = texts[round % texts.length] as string
    const comments = [...text.matchAll(/ ?# (one pet|kept|how it answers|p|above|in it|h|after)$/gm)].map((each) => each[0])
    for (let step = 0; step < 6; step++) {
      const path = fields[random(fields.length)] as string[]
      const value = values[random(values.length)] as string
      const edit = setField(text, path, value)
      if (!edit) continue
      const next = apply(text, edit)
      const read = path.reduce<unknown>(
        (at, key) => (at as Record<string, unknown>)[key],
        (parse(next, { logLevel: 'silent' }) as [{ endpoint: unknown }])[0].endpoint,
      )
      expect(path.at(-1) === 'body' ? read : String(read ?? ''), `${path} := ${JSON.stringify(value)} in\n${text}\n→\n${next}`).toBe(value)
      const [before, after] = [text.slice(0, edit.from), text.slice(edit.to)]
      expect(next.startsWith(before) && next.endsWith(after)).toBe(true)
      text = next
    }
    for (const each of comments) expect(text).toContain(each.trim())
  }
})
