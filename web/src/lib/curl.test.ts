import { expect, it } from 'vitest'
import { curl } from './curl'

it.each([
  [{ method: 'GET', url: 'http://a.test/x' }, 'curl http://a.test/x'],
  [{ method: 'GET', url: 'http://a.test/x?a=1&b=2' }, "curl 'http://a.test/x?a=1&b=2'"],
  [{ method: 'DELETE', url: 'http://a.test/x' }, 'curl -X DELETE http://a.test/x'],
  [
    { method: 'POST', url: 'http://a.test/', headers: [{ name: 'A', value: "it's" }], body: '{"a": 1}' },
    `curl -H 'A: it'\\''s' --data-raw '{"a": 1}' http://a.test/`,
  ],
  [{ method: 'POST', url: 'http://a.test/' }, 'curl -X POST http://a.test/'],
])('%o', (request, want) => {
  expect(curl(request)).toBe(want)
})
