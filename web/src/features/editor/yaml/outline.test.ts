import { expect, it } from 'vitest'
import { type Item, label, outline, plain } from './outline'

const read = (text: string) => outline(text.split('\n'))
const names = (items: Item[]) => items.map((each) => `${label(each)} ${each.line}-${each.end}`)

it('finds endpoints of every layout', () => {
  const text = `# a comment
- endpoint:
    method: post
    path: /orders # new
    response:
      body:
        path: /not-this
        method: PUT

- endpoint:
    path: "/pets/:id|int"
    tag: pets
    response: {status: 200}
- endpoint: {path: "/a,b", method: DELETE, response: {body: {path: /no}}}
- websocket:
    path: '/rooms/:room'
    on-message:
      - pattern: ping
        response: pong
-
  endpoint:
    response: {body: x}
    path: /late
- mocloud:
    cors: false
`
  const items = read(text)
  expect(names(items)).toEqual([
    'POST /orders 2-8',
    'GET /pets/:id|int 10-13',
    'DELETE /a,b 14-14',
    'WS /rooms/:room 15-19',
    'GET /late 20-23',
    '  24-25',
  ])
  expect(items[1]?.tag).toBe('pets')
})

it('does not need the rest of the document to be right', () => {
  expect(names(read('- endpoint:\n    path: /a\n    respo nse: {{x\n- endpoint:\n    path: /b'))).toEqual(['GET /a 1-3', 'GET /b 4-5'])
  expect(read('')).toEqual([])
  expect(names(read('  - endpoint:\n      path: /a\n  - endpoint:\n      path: /b'))).toEqual(['GET /a 1-2', 'GET /b 3-4'])
})

it('takes linear time', () => {
  const many = Array.from({ length: 20_000 }, (_, n) => `- endpoint:\n    path: /p/${n}\n    response: {status: 200}`).join('\n')
  expect(read(many)).toHaveLength(20_000)
})

it('names without types', () => {
  expect(plain('GET /pets/:id|int/x/{n|uuid}.pdf')).toBe('GET /pets/:id/x/{n}.pdf')
})
