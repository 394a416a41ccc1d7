import { expect, it } from 'vitest'
import { templateWordAt } from './template-word'

it.each([
  ['body: "{{path-params.id}} x"', 'path-params', 'path-params.id'],
  ['  {% if json-params.a.b %}yes{% endif %}', 'params.a', 'json-params.a.b'],
  ['{{ query-params.q | upper }}', 'upper', 'upper'],
  ['{{ open', 'open', 'open'],
  ['path: /pets', 'pets', undefined],
  ['{{a}} path {{b}}', 'path', undefined],
])('%s at %s', (text, at, want) => {
  expect(templateWordAt(text, text.indexOf(at) + 1)?.name).toBe(want)
})
