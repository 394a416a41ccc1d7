import { expect, it } from 'vitest'
import { insertion, patternOf } from './insert'
import { label, outline } from './outline'

it.each([
  ['/pets', '/pets'],
  ['/pets/7', '/pets/:id|int'],
  ['/pets/7/photos/9', '/pets/:id|int/photos/:photo-id|int'],
  ['/u/0b0e7c5a-93c4-4b62-9f4c-0d5f0cf1b2aa', '/u/:id|uuid'],
  ['/days/2024-02-29', '/days/:date|date'],
  ['/v2/x1', '/v2/x1'],
])('%s becomes %s', (path, want) => {
  expect(patternOf(path)).toBe(want)
})

const put = (doc: string, path: string, body = '') => {
  const { from, insert, cursor } = insertion(doc, outline(doc.split('\n')), { method: 'GET', path, body })
  const text = doc.slice(0, from) + insert + doc.slice(from)
  return { text, names: outline(text.split('\n')).map((each) => label(each)), before: text.slice(0, cursor) }
}

const doc = `- endpoint:
    path: /pets/:id
    response: {body: x}

# orders
- endpoint:
    path: /orders
    response: {body: x}
`

it('stands behind what is most like it', () => {
  expect(put(doc, '/pets/7/photos').names).toEqual(['GET /pets/:id', 'GET /pets/:id|int/photos', 'GET /orders'])
  expect(put(doc, '/other').names).toEqual(['GET /pets/:id', 'GET /orders', 'GET /other'])
  expect(put('', '/a').names).toEqual(['GET /a'])
  expect(put('# only a comment', '/a').names).toEqual(['GET /a'])
  expect(put('  - endpoint:\n      path: /a\n      response: {}', '/b').names).toEqual(['GET /a', 'GET /b'])
})

it('changes nothing else, and the cursor is in the body', () => {
  for (const each of [doc, doc.trimEnd(), '  - endpoint:\n      path: /a\n      response: {}\n']) {
    const { text, before } = put(each, '/pets/7')
    for (const line of each.split('\n')) expect(text).toContain(line)
    expect(before).toMatch(/body: \|\n\s+\{\n\s+$/)
  }
})

it('takes a sample of the body', () => {
  expect(put('', '/a', '{"name": "Rex"}').text).toContain('    body: |\n      {\n        "name": "Rex"\n      }\n')
  expect(put('', '/a', 'not json').text).not.toContain('not json')
})
