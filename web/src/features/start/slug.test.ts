import { expect, it } from 'vitest'
import { isBinary, looksLikeMock, slugOf } from './slug'

it.each([
  ['Pet shop', 'pet-shop'],
  ['Ação & Cia', 'acao-cia'],
  ['--x', 'x'],
  ['pets-', 'pets-'],
  ['日本', ''],
])('%s is %s', (text, want) => {
  expect(slugOf(text)).toBe(want)
})

it.each([
  '- endpoint:\n    path: /openapi',
  '# what openapi: is\n---\n\n- crud: {path: /todos}',
  '\ufeff- endpoint: {path: /x}',
  '[]',
  '[{"endpoint": {"path": "/x"}}]',
  'endpoint:\n  path: /x',
])('takes %j as a mock', (text) => {
  expect(looksLikeMock(text)).toBe(true)
})

it.each([
  'openapi: 3.0.0\npaths: {}',
  '# a comment\nswagger: "2.0"',
  '{"info": {}, "swagger": "2.0"}',
  '{"mappings": [{"request": {"url": "/x"}}]}',
  '{"log": {"entries": []}}',
  '{"info": {"schema": "postman"}, "item": []}',
  'hello',
  '',
])('leaves %j to the server', (text) => {
  expect(looksLikeMock(text)).toBe(false)
})

it('tells text from other files', () => {
  expect(isBinary('PK\u0003\u0004\u0000\u0000')).toBe(true)
  expect(isBinary('text: ä')).toBe(false)
})
