import type { Scope } from '@/api/queries/tokens'

/** The nouns of scopes, in the order in which they are offered. */
export const nouns = ['mocks', 'files', 'env', 'domains', 'requests', 'state', 'workspaces', 'account'] as const
export type Noun = (typeof nouns)[number]
export type Level = 'none' | 'read' | 'write'

export const presets = ['push', 'read', 'all', 'own'] as const
export type Preset = (typeof presets)[number]

/** nounsFor: a workspace's token reaches no account. */
export const nounsFor = (workspace: boolean): Noun[] => nouns.filter((each) => !workspace || each !== 'account')

/** scopesOf a choice: `write` includes `read`. */
export function scopesOf(preset: Preset, own: Partial<Record<Noun, Level>>, workspace: boolean): Scope[] {
  if (preset === 'all') return workspace ? nounsFor(true).map((noun) => `${noun}:write` as Scope) : ['*']
  if (preset === 'push') return ['mocks:write', 'files:write', 'workspaces:read']
  if (preset === 'read') return nounsFor(workspace).map((noun) => `${noun}:read` as Scope)
  return nounsFor(workspace).flatMap((noun) => {
    const level = own[noun] ?? 'none'
    return level === 'none' ? [] : [`${noun}:${level}` as Scope]
  })
}
