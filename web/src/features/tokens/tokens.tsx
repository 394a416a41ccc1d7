import { useQuery } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { type Holder, type Scope, type Token, tokensQuery, useRevokeToken } from '@/api/queries/tokens'
import { type Texts, useT } from '@/i18n'
import { ago, day } from '@/i18n/format'
import { useActions } from '@/keys/registry'
import { Button } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { Item, Items } from '@/ui/items'
import { Badge, Empty, Panel, Skeleton, Time } from '@/ui/parts'
import { Failed } from '@/ui/problem'
import { toast } from '@/ui/toast'
import { NewToken } from './new-token'
import type { Noun } from './scopes'

function scopeText(scope: Scope, t: Texts): string {
  if (scope === '*') return t.tokens.everything
  const [noun, level] = scope.split(':')
  const name = t.tokens.nouns[noun as Noun] ?? noun ?? ''
  return level === 'write' ? t.tokens.writes(name) : t.tokens.reads(name)
}

function expiryText(token: Token, t: Texts): { text: string; past: boolean } {
  if (!token.expires_at) return { text: t.tokens.neverExpires, past: false }
  const past = new Date(token.expires_at).getTime() < Date.now()
  return { text: past ? t.tokens.expired(ago(token.expires_at)) : t.tokens.expiresOn(ago(token.expires_at)), past }
}

/** The tokens of an account or a workspace: made once, shown once, revoked for good. */
export function Tokens({ holder }: { holder: Holder }) {
  const t = useT()
  const { data, error, refetch } = useQuery(tokensQuery(holder))
  const [making, setMaking] = useState(false)
  const [revoking, setRevoking] = useState<Token>()
  const revoke = useRevokeToken(holder)
  useActions([{ id: 'token.new', label: t.tokens.new, keys: 'n', run: () => setMaking(true) }])
  const make = (
    <Button look="primary" icon={<Plus size={16} strokeWidth={1.5} />} keys="n" onClick={() => setMaking(true)}>
      {t.tokens.new}
    </Button>
  )
  return (
    <Panel title={t.pages.tokens} actions={make}>
      <p className="border-line border-b px-4 py-2 text-ink-2">{holder === undefined ? t.tokens.lead : t.tokens.leadWorkspace}</p>
      {error && !data && <Failed error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={3} />}
      {data?.length === 0 && <Empty title={t.tokens.empty} hint={t.tokens.emptyHint} />}
      {data && data.length > 0 && (
        <Items label={t.pages.tokens}>
          {data.map((each) => {
            const expiry = expiryText(each, t)
            return (
              <Item
                key={each.id}
                icon={<KeyRound size={16} strokeWidth={1.5} />}
                title={
                  <>
                    <span>{each.name}</span>
                    {each.kind === 'configured' && <Badge tone="info">{t.tokens.configured}</Badge>}
                    {each.scopes.map((scope) => (
                      <Badge key={scope} tone={scope === '*' ? 'warn' : 'off'}>
                        {scopeText(scope, t)}
                      </Badge>
                    ))}
                  </>
                }
                meta={
                  <>
                    <span>
                      {each.last_used_at ? (
                        <>
                          {t.tokens.lastUsed} <Time time={each.last_used_at} />
                        </>
                      ) : (
                        t.tokens.neverUsed
                      )}
                    </span>
                    <span className={expiry.past ? 'text-bad' : undefined}>{expiry.text}</span>
                    <span>{t.tokens.madeOn(day(each.created_at))}</span>
                  </>
                }
                aside={
                  each.kind !== 'configured' && (
                    <Button look="danger" aria-label={t.tokens.revokeNamed(each.name)} onClick={() => setRevoking(each)}>
                      {t.tokens.revoke}
                    </Button>
                  )
                }
              />
            )
          })}
        </Items>
      )}
      {making && <NewToken holder={holder} onClose={() => setMaking(false)} />}
      {revoking && (
        <Confirm
          open
          onClose={() => setRevoking(undefined)}
          title={t.tokens.revokeNamed(revoking.name)}
          lead={t.tokens.revokeLead}
          action={t.tokens.revokeNamed(revoking.name)}
          type={revoking.name}
          run={async () => {
            await revoke.mutateAsync(revoking.id)
            toast({ text: t.tokens.revoked(revoking.name) })
          }}
        />
      )}
    </Panel>
  )
}
