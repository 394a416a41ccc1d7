import { createHash } from 'node:crypto'
import { afterEach, expect, it, vi } from 'vitest'
import { providerAddress, withCode, withPassword } from './supabase'

const project = { url: 'https://x.supabase.co', publishable_key: 'sb_publishable_1', providers: ['email', 'github'] }

afterEach(() => vi.unstubAllGlobals())

function answers(status: number, body: unknown) {
  const fetching = vi.fn(async () => new Response(JSON.stringify(body), { status }))
  vi.stubGlobal('fetch', fetching)
  return fetching as unknown as { mock: { calls: [string, RequestInit][] } }
}

it('trades a password, or the code of a provider, for an access token', async () => {
  const asked = answers(200, { access_token: 'jwt' })
  expect(await withPassword(project, 'ann@example.com', 'horse')).toBe('jwt')
  expect(await withCode(project, 'c', 'v')).toBe('jwt')
  expect(asked.mock.calls.map(([url, init]) => [url, init.body])).toEqual([
    ['https://x.supabase.co/auth/v1/token?grant_type=password', '{"email":"ann@example.com","password":"horse"}'],
    ['https://x.supabase.co/auth/v1/token?grant_type=pkce', '{"auth_code":"c","code_verifier":"v"}'],
  ])
  expect((asked.mock.calls[0]?.[1].headers as Record<string, string> | undefined)?.apikey).toBe('sb_publishable_1')
})

it('says what the project says', async () => {
  answers(400, { error_code: 'invalid_credentials', msg: 'Invalid login credentials' })
  await expect(withPassword(project, 'a', 'b')).rejects.toThrow('Invalid login credentials')
  answers(502, 'nonsense')
  await expect(withPassword(project, 'a', 'b')).rejects.toThrow('502')
})

it('keeps the verifier to itself and sends its digest', async () => {
  const { url, verifier } = await providerAddress(project, 'github', 'https://mocks.example.com/signin/return')
  const query = new URL(url).searchParams
  expect(query.get('code_challenge')).toBe(createHash('sha256').update(verifier).digest('base64url'))
  expect(url).not.toContain(verifier)
  expect([query.get('provider'), query.get('redirect_to'), query.get('code_challenge_method')]).toEqual([
    'github',
    'https://mocks.example.com/signin/return',
    's256',
  ])
})
