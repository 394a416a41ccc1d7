import type { Schemas } from '@/api/client'

export type Project = Schemas['SupabaseSignIn']

const kept = 'mocloud-signin'

/** What the way back from a provider needs; it stays in this tab. */
export interface Started {
  verifier: string
  to: string
}

/** ask sends something to the project, and returns the access token that it gives; what it says went wrong is thrown. */
async function ask(project: Project, path: string, input: Record<string, string>): Promise<string> {
  const answer = await fetch(`${project.url}/auth/v1/${path}`, {
    method: 'POST',
    credentials: 'omit',
    headers: { apikey: project.publishable_key, 'Content-Type': 'application/json' },
    body: JSON.stringify(input),
  })
  const said = (await answer.json().catch(() => ({}))) as Record<string, string | undefined>
  if (answer.ok && said.access_token) return said.access_token
  throw new Error(said.msg ?? said.error_description ?? said.message ?? `${answer.status}`)
}

export function withPassword(project: Project, email: string, password: string): Promise<string> {
  return ask(project, 'token?grant_type=password', { email, password })
}

export function withCode(project: Project, code: string, verifier: string): Promise<string> {
  return ask(project, 'token?grant_type=pkce', { auth_code: code, code_verifier: verifier })
}

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')

/** providerAddress is where a provider asks who somebody is (OAuth 2.1 with PKCE, RFC 7636). */
export async function providerAddress(project: Project, provider: string, back: string): Promise<{ url: string; verifier: string }> {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)))
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  const query = new URLSearchParams({
    provider,
    redirect_to: back,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 's256',
  })
  return { url: `${project.url}/auth/v1/authorize?${query}`, verifier }
}

/** start leaves for a provider, which leads back to /signin/return. */
export async function start(project: Project, provider: string, to: string): Promise<void> {
  const { url, verifier } = await providerAddress(project, provider, `${location.origin}/signin/return`)
  sessionStorage.setItem(kept, JSON.stringify({ verifier, to } satisfies Started))
  location.assign(url)
}

/** started is what start kept, once. */
export function started(): Started | undefined {
  const text = sessionStorage.getItem(kept)
  sessionStorage.removeItem(kept)
  try {
    const read = JSON.parse(text ?? '') as Partial<Started>
    return typeof read.verifier === 'string' && typeof read.to === 'string' ? { verifier: read.verifier, to: read.to } : undefined
  } catch {
    return undefined
  }
}
