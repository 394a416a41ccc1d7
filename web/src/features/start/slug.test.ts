import { expect, it } from 'vitest'
import { isBinary, looksLikeOpenAPI, slugOf } from './slug'

it.each([
  ['Pet shop', 'pet-shop'],
  ['Ação & Cia', 'acao-cia'],
  ['--x', 'x'],
  ['pets-', 'pets-'],
  ['日本', ''],
])('%s is %s', (text, want) => {
  expect(slugOf(text)).toBe(want)
})

it('tells documents apart', () => {
  expect(looksLikeOpenAPI('openapi: 3.0.0\npaths: {}')).toBe(true)
  expect(looksLikeOpenAPI('{"info": {}, "swagger": "2.0"}')).toBe(true)
  expect(looksLikeOpenAPI('- endpoint:\n    path: /openapi')).toBe(false)
  expect(isBinary('PK\u0003\u0004\u0000\u0000')).toBe(true)
  expect(isBinary('text: ä')).toBe(false)
})
