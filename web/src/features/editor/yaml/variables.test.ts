import { expect, it } from 'vitest'
import { parameters, valuesOf, variables } from './variables'

it('finds the parameters of a path', () => {
  expect(parameters('/a/:id|int/{n}.pdf/*rest').map((each) => `${each.name} ${each.type}`)).toEqual(['id int', 'n string', 'rest string'])
})

it.each([
  ['/pets/:id', '/pets/7', { id: '7' }],
  ['/pets/:id|int/photos', '/pets/7/photos/', { id: '7' }],
  ['/f/{name}.{ext}', '/f/a.b.txt', { name: 'a.b', ext: 'txt' }],
  ['/files/*path', '/files/a/b', { path: 'a/b' }],
  ['/pets/:id', '/other', { id: '' }],
  ['/a(b)+/:x', '/a(b)+/1', { x: '1' }],
])('%s takes %s apart', (pattern, path, want) => {
  expect(valuesOf(pattern, path)).toEqual(want)
})

it('lists what an endpoint has, with the values of the last request', async () => {
  const item =
    '- endpoint:\n    path: /pets/:id|int\n    query: {"page?": int}\n    body: \'{"name": "x", "tags": ["a"]}\'\n    response: {body: x}\n'
  const last = { path: '/pets/7', query: 'page=2&q=a', body: '{"name":"Rex","age":4}', headers: [{ name: 'X-Key', value: 'k' }] }
  expect((await variables(item, last)).map((each) => `${each.name}=${each.value ?? ''}`)).toEqual([
    'path-params.id=7',
    'query-params.page=2',
    'query-params.q=a',
    'json-params.name=Rex',
    'json-params.tags=',
    'json-params.tags.0=',
    'json-params.age=4',
    'header-params.x-key=k',
  ])
})

it('knows the path while the rest is being written', async () => {
  expect((await variables('- endpoint:\n    path: /pets/:id\n    response: {{')).map((each) => each.name)).toEqual(['path-params.id'])
})
