import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { type Domain, domainKeys, useCheckDomain, useRemoveDomain } from '@/api/queries/domains'
import { useT } from '@/i18n'
import { useMay } from '@/shell/here'
import { Button } from '@/ui/button'
import { Copy } from '@/ui/copy'
import { Badge, Time, type Tone } from '@/ui/parts'
import { failed } from '@/ui/toast'
import { undoable } from '@/ui/undoable'
import { Records } from './records'

const stateTones: Record<Domain['state'], Tone> = { pending_dns: 'info', active: 'good', degraded: 'warn', suspended: 'bad' }
const ownershipTones: Record<Domain['ownership'], Tone> = { pending: 'info', verified: 'good', grace: 'warn', lost: 'bad' }
const routingTones: Record<Domain['routing'], Tone> = { missing: 'info', conflict: 'bad', ok: 'good' }
const certificateTones: Record<Domain['certificate'], Tone> = {
  none: 'off',
  issuing: 'info',
  active: 'good',
  expiring: 'warn',
  failed: 'bad',
}

const everyMs = 1500
const longestMs = 20_000

/** useLook asks for a look at a domain's records, and reads it again until somebody has looked. */
function useLook(domain: Domain) {
  const client = useQueryClient()
  const check = useCheckDomain()
  const [before, setBefore] = useState<string | null>() // what checked_at was; null: never
  const looking = before !== undefined && (domain.checked_at ?? null) === before
  useEffect(() => {
    if (!looking) return
    const timer = setInterval(() => void client.invalidateQueries({ queryKey: domainKeys.all }), everyMs)
    const end = setTimeout(() => setBefore(undefined), longestMs)
    return () => {
      clearInterval(timer)
      clearTimeout(end)
    }
  }, [looking, client])
  return {
    looking: looking || check.isPending,
    look: () => check.mutate(domain.id, { onSuccess: () => setBefore(domain.checked_at ?? null), onError: (error) => failed(error) }),
  }
}

/** A domain: how it stands on each axis, why, and which records to create. */
export function DomainCard({ domain, withMock }: { domain: Domain; withMock?: boolean }) {
  const t = useT()
  const may = useMay('editor')
  const { looking, look } = useLook(domain)
  const remove = useRemoveDomain()
  const { host } = domain
  return (
    <article aria-label={host} className="rounded-lg border border-line bg-surface">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-2 border-line border-b px-4 py-2">
        <h2 className="flex min-w-0 items-center gap-1 font-semibold text-md">
          <span className="break-all">{host}</span>
          <Copy text={host} />
        </h2>
        <Badge tone={stateTones[domain.state]}>{t.domains.state[domain.state]}</Badge>
        {withMock && (
          <Link
            to="/w/$ws/mocks/$mock/domains"
            params={{ ws: domain.workspace_slug, mock: domain.mock_slug }}
            className="text-accent-text hover:underline"
          >
            {domain.mock_slug}
          </Link>
        )}
        <span className="min-w-0 flex-1" />
        <span className="text-ink-3 text-sm" aria-live="polite">
          {looking ? (
            t.domains.checking
          ) : domain.checked_at ? (
            <>
              {t.domains.looked} <Time time={domain.checked_at} />
              {domain.next_check_at && (
                <>
                  {' · '}
                  {t.domains.nextLook} <Time time={domain.next_check_at} />
                </>
              )}
            </>
          ) : (
            t.domains.notLooked
          )}
        </span>
        <span className="flex gap-2">
          <Button aria-label={t.domains.checkNamed(host)} disabled={!may} busy={looking} onClick={look}>
            {t.domains.check}
          </Button>
          <Button
            look="danger"
            aria-label={t.domains.removeNamed(host)}
            disabled={!may}
            onClick={() => undoable({ id: domain.id, text: t.domains.removed(host), commit: () => remove(domain.id) })}
          >
            {t.domains.remove}
          </Button>
        </span>
      </header>
      <dl className="flex flex-wrap gap-x-8 gap-y-2 px-4 py-3">
        <Axis label={t.domains.ownership} tone={ownershipTones[domain.ownership]} is={t.domains.ownershipIs[domain.ownership]} />
        <Axis label={t.domains.routing} tone={routingTones[domain.routing]} is={t.domains.routingIs[domain.routing]} />
        <Axis
          label={t.domains.certificate}
          tone={certificateTones[domain.certificate]}
          is={t.domains.certificateIs[domain.certificate]}
          hint={domain.certificate === 'none' ? t.domains.certificateHint : domain.certificate_reason}
        />
      </dl>
      {domain.reason && (
        <p lang="en" className="px-4 pb-3 text-ink-2">
          {domain.reason}
        </p>
      )}
      <Records domain={domain} />
    </article>
  )
}

function Axis({ label, tone, is, hint }: { label: string; tone: Tone; is: string; hint?: string }) {
  const mark = tone === 'good' ? '✓' : tone === 'bad' ? '✗' : tone === 'warn' ? '▲' : tone === 'info' ? '…' : '–'
  return (
    <div className="flex items-baseline gap-2" title={hint}>
      <dt className="text-ink-2">{label}</dt>
      <dd>
        <Badge tone={tone}>
          <span aria-hidden="true">{mark}</span> {is}
        </Badge>
      </dd>
    </div>
  )
}
