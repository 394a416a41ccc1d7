import { expect, it } from 'vitest'
import { restored } from './restore'

const before = `# shop
- endpoint:
    path: /pets

# of one pet
- endpoint:
    method: GET
    path: /pets/:id|int # old
    response:
      body: |
        a

        b

- crud:
    path: /people
`
const now = `# shop
- endpoint:
    path: /pets # kept

- endpoint:
    path: /pets/:id|int
    response: {status: 204}

- websocket: {path: /feed}
`

it('puts an endpoint back where it is, and changes nothing else', () => {
  expect(restored(now, before, { method: 'GET', path: '/pets/:id' })).toBe(`# shop
- endpoint:
    path: /pets # kept

# of one pet
- endpoint:
    method: GET
    path: /pets/:id|int # old
    response:
      body: |
        a

        b

- websocket: {path: /feed}
`)
})

it('puts what is gone at the end', () => {
  expect(restored(now, before, { method: 'DELETE', path: '/people/:id' })).toBe(`${now}
- crud:
    path: /people
`)
  expect(restored('[]\n', before, { method: 'GET', path: '/pets' })).toBe('# shop\n- endpoint:\n    path: /pets\n')
})

it('follows the indentation of the text', () => {
  const inner = '  - endpoint:\n      path: /a\n'
  expect(restored('- endpoint:\n    path: /b\n', inner, { method: 'GET', path: '/a' })).toBe(
    '- endpoint:\n    path: /b\n\n- endpoint:\n    path: /a\n',
  )
  expect(restored(inner, '- endpoint:\n    path: /b\n', { method: 'GET', path: '/b' })).toBe(`${inner}\n  - endpoint:\n      path: /b\n`)
})

it('says when it cannot', () => {
  expect(restored(now, before, { method: 'GET', path: '/none' })).toBeUndefined()
  expect(restored(now, '[{"endpoint": {"path": "/a"}}]', { method: 'GET', path: '/a' })).toBeUndefined()
})
