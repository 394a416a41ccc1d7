import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { snippet } from './snippet'

it.each(['data/users.json', 'prices.xlsx', 'a b: #1.json', '0.json', 'x/ü "q".json', 'null', '- a.json', '{{x}}.json'])('%s', (name) => {
  const { provider, path } = parse(snippet({ name }))['external-body']
  expect(path).toBe(name)
  expect(provider).toBe(name.endsWith('.xlsx') ? 'xlsx' : 'json')
})
