import { useQuery } from '@tanstack/react-query'
import { Monitor, Smartphone } from 'lucide-react'
import { type SessionInfo, sessionsQuery, useEndOtherSessions, useEndSession } from '@/api/queries/sessions'
import { type Texts, useT } from '@/i18n'
import { ago } from '@/i18n/format'
import { agent } from '@/lib/agent'
import { Button } from '@/ui/button'
import { Item, Items } from '@/ui/items'
import { Badge, Panel, Skeleton, Time } from '@/ui/parts'
import { Failed } from '@/ui/problem'
import { failed, toast } from '@/ui/toast'

function nameOf(session: SessionInfo, t: Texts): string {
  const { browser, system } = agent(session.user_agent)
  if (!browser) return t.sessions.unknown
  return system ? t.sessions.on(browser, system) : browser
}

/** The browsers in which the account is signed in. */
export function Sessions() {
  const t = useT()
  const { data, error, refetch } = useQuery(sessionsQuery)
  const end = useEndSession()
  const endOthers = useEndOtherSessions()
  const others = data?.filter((each) => !each.current) ?? []
  return (
    <Panel
      title={t.pages.sessions}
      actions={
        others.length > 0 && (
          <Button
            busy={endOthers.isPending}
            onClick={() =>
              endOthers.mutate(undefined, { onSuccess: () => toast({ text: t.sessions.endedOthers }), onError: (error) => failed(error) })
            }
          >
            {t.sessions.endOthers}
          </Button>
        )
      }
    >
      <p className="border-line border-b px-4 py-2 text-ink-2">{data && others.length === 0 ? t.sessions.onlyThis : t.sessions.lead}</p>
      {error && !data && <Failed error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={3} />}
      {data && (
        <Items label={t.pages.sessions}>
          {data.map((each) => {
            const name = nameOf(each, t)
            const phone = /iPhone|Android|iPad/.test(each.user_agent)
            return (
              <Item
                key={each.id}
                icon={phone ? <Smartphone size={16} strokeWidth={1.5} /> : <Monitor size={16} strokeWidth={1.5} />}
                title={
                  <>
                    <span title={each.user_agent}>{name}</span>
                    {each.current && <Badge tone="good">{t.sessions.current}</Badge>}
                  </>
                }
                meta={
                  <>
                    <span className="num">{each.address}</span>
                    <span>{t.sessions.began(t.sessions.means[each.means], ago(each.created_at))}</span>
                    <span>
                      {t.sessions.used} <Time time={each.last_used_at} />
                    </span>
                  </>
                }
                aside={
                  !each.current && (
                    <Button
                      aria-label={t.sessions.endNamed(name)}
                      busy={end.isPending && end.variables === each.id}
                      onClick={() =>
                        end.mutate(each.id, { onSuccess: () => toast({ text: t.sessions.ended(name) }), onError: (error) => failed(error) })
                      }
                    >
                      {t.sessions.end}
                    </Button>
                  )
                }
              />
            )
          })}
        </Items>
      )}
    </Panel>
  )
}
