import { useInfiniteQuery } from '@tanstack/react-query'
import { type Webhook, webhooksQuery } from '@/api/queries/webhooks'
import { useT } from '@/i18n'
import { ago, duration } from '@/i18n/format'
import { useMock } from '@/shell/here'
import { Button } from '@/ui/button'
import { Item, Items } from '@/ui/items'
import { Badge, Empty, Method, Panel, Skeleton, Status, Time, type Tone } from '@/ui/parts'
import { Failed } from '@/ui/problem'

const tones: Record<Webhook['state'], Tone> = { waiting: 'info', sending: 'info', delivered: 'good', failed: 'bad', dropped: 'warn' }

/** What the mock of the page sent to other servers, and how that went. */
export function Webhooks() {
  const t = useT()
  const { id } = useMock()
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(webhooksQuery(id))
  const all = data?.pages.flatMap((page) => page.items)
  return (
    <div className="mx-auto flex w-full max-w-[1080px] flex-col gap-4 px-6 py-4 narrow:px-4">
      <p className="text-ink-2">{t.webhooks.lead}</p>
      <Panel>
        {error && !all && <Failed error={error} retry={() => void refetch()} />}
        {!all && !error && <Skeleton rows={5} />}
        {all?.length === 0 && <Empty title={t.webhooks.empty} hint={t.webhooks.emptyHint} />}
        {all && all.length > 0 && (
          <Items label={t.webhooks.title}>
            {all.map((each) => (
              <Delivery key={each.id} webhook={each} />
            ))}
          </Items>
        )}
      </Panel>
      {hasNextPage && (
        <Button className="self-center" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t.webhooks.older}
        </Button>
      )}
    </div>
  )
}

function Delivery({ webhook }: { webhook: Webhook }) {
  const t = useT()
  return (
    <Item
      title={
        <>
          <Method method={webhook.method} />
          <code className="code min-w-0 break-all">{webhook.url}</code>
        </>
      }
      meta={
        <>
          <Time time={webhook.queued_at} />
          <span>
            {t.webhooks.after} <code className="code">{webhook.endpoint}</code>
          </span>
          <span>{t.webhooks.attempts(webhook.attempts)}</span>
          {webhook.attempts > 0 && <span className="num">{duration(webhook.duration_us)}</span>}
          {webhook.next_at && <span>{t.webhooks.next(ago(webhook.next_at))}</span>}
          {webhook.reason && (
            <span lang="en" className="text-bad">
              {webhook.reason}
            </span>
          )}
        </>
      }
      aside={
        <>
          {webhook.status !== undefined && webhook.status > 0 && <Status status={webhook.status} />}
          <Badge tone={tones[webhook.state]}>{t.webhooks.state[webhook.state]}</Badge>
        </>
      }
    />
  )
}
