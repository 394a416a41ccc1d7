import { expect, it } from 'vitest'
import { scopesOf } from './scopes'

it('everything is one scope for an account, and no scope of the account for a workspace', () => {
  expect(scopesOf('all', {}, false)).toEqual(['*'])
  expect(scopesOf('all', {}, true)).not.toContain('account:write')
  expect(scopesOf('all', {}, true)).toContain('mocks:write')
  expect(scopesOf('read', {}, true).every((each) => each.endsWith(':read') && !each.startsWith('account'))).toBe(true)
})

it('a choice of one’s own is what was chosen, and nothing else', () => {
  expect(scopesOf('own', { mocks: 'write', files: 'none', requests: 'read' }, false)).toEqual(['mocks:write', 'requests:read'])
  expect(scopesOf('own', {}, false)).toEqual([])
  expect(scopesOf('own', { account: 'write', mocks: 'read' }, true)).toEqual(['mocks:read'])
})
