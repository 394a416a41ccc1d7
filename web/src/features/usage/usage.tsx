import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { activityQuery } from '@/api/queries/activity'
import { indexQuery } from '@/api/queries/mocks'
import { usageQuery } from '@/api/queries/usage'
import { type Texts, useLanguage, useT } from '@/i18n'
import { compact, duration, number, percent } from '@/i18n/format'
import { useWorkspace } from '@/shell/here'
import { Chart } from '@/ui/chart'
import { Select } from '@/ui/field'
import { Empty, Page, Panel, Skeleton } from '@/ui/parts'
import { Failed } from '@/ui/problem'
import { Segments } from '@/ui/segments'
import { type Counts, type Period, periodsOf } from './periods'
import { PeriodTable } from './table'
import { Top } from './top'

export const spans = { '24h': [24, 1], '7d': [168, 6], '31d': [744, 24] } as const
export type Span = keyof typeof spans

export interface UsageSearch {
  span?: Span
  view?: 'chart' | 'table'
  mock?: string
}

const errorsOf = (counts: Counts) => counts.client_error + counts.server_error

/** How often the mocks of a workspace were called, how that went, and how long it took. */
export function Usage({ search, onSearch }: { search: UsageSearch; onSearch: (change: UsageSearch) => void }) {
  const t = useT()
  const { slug: ws } = useWorkspace()
  const mocks = useSuspenseQuery(indexQuery(ws)).data
  const chosen = mocks.find((each) => each.slug === search.mock)
  const span = search.span ?? '24h'
  const view = search.view ?? 'chart'
  const [hours, perPeriod] = spans[span]
  const { data, error, refetch } = useQuery(usageQuery(ws, chosen?.id, hours))
  const activity = useQuery(activityQuery(ws))
  const periods = data && periodsOf(data.hours, new Date(data.from).getTime(), new Date(data.to).getTime(), perPeriod)
  return (
    <Page
      title={t.shell.usage}
      lead={t.usage.lead}
      actions={
        <>
          <Select
            aria-label={t.usage.mock}
            className="w-auto! max-w-60"
            value={chosen?.slug ?? ''}
            onChange={(event) => onSearch({ mock: event.target.value || undefined })}
          >
            <option value="">{t.usage.allMocks}</option>
            {mocks.map((each) => (
              <option key={each.id} value={each.slug}>
                {each.slug}
              </option>
            ))}
          </Select>
          <Segments
            label={t.usage.span}
            value={span}
            segments={(Object.keys(spans) as Span[]).map((value) => ({ value, label: t.usage.spans[value] }))}
            onChange={(next) => onSearch({ span: next })}
          />
          <Segments
            label={t.usage.view}
            value={view}
            segments={(['chart', 'table'] as const).map((value) => ({ value, label: t.usage.views[value] }))}
            onChange={(next) => onSearch({ view: next })}
          />
        </>
      }
    >
      {error && !data && <Failed error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={9} />}
      {data && <Tiles total={data.total} t={t} />}
      {data && data.total.requests === 0 && (
        <Panel>
          <Empty title={t.usage.empty} hint={t.usage.emptyHint} />
        </Panel>
      )}
      {data && periods && data.total.requests > 0 && (view === 'chart' ? <Charts periods={periods} /> : <PeriodTable periods={periods} />)}
      {!chosen && activity.data && activity.data.size > 0 && <Top ws={ws} activity={[...activity.data.values()]} />}
    </Page>
  )
}

function Tiles({ total, t }: { total: Counts; t: Texts }) {
  const errors = errorsOf(total)
  const none = total.requests === 0
  const tiles = [
    { label: t.usage.requests, value: compact(total.requests), hint: total.requests < 1000 ? '' : number(total.requests) },
    { label: t.usage.errors, value: compact(errors), hint: none ? '' : t.usage.errorsAre(percent(errors / total.requests)) },
    { label: t.usage.p50, value: none ? '–' : duration(total.p50_us), hint: t.usage.p50Hint },
    { label: t.usage.p99, value: none ? '–' : duration(total.p99_us), hint: t.usage.p99Hint },
    { label: t.usage.notKept, value: compact(total.not_kept), hint: t.usage.notKeptHint },
  ]
  return (
    <dl className="grid grid-cols-5 gap-3 mid:grid-cols-3 narrow:grid-cols-2">
      {tiles.map((each) => (
        <div key={each.label} className="rounded-lg border border-line bg-surface px-4 py-3">
          <dt className="text-ink-2">{each.label}</dt>
          <dd className="num font-[650] text-2xl">{each.value}</dd>
          <dd className="text-ink-3 text-sm">{each.hint}</dd>
        </div>
      ))}
    </dl>
  )
}

function Charts({ periods }: { periods: Period[] }) {
  const t = useT()
  const language = useLanguage()
  const daily = (periods[0]?.length ?? 0) >= 86_400_000
  const long = periods.length > 24 && !daily
  const style: Intl.DateTimeFormatOptions = daily
    ? { day: 'numeric', month: 'short' }
    : long
      ? { weekday: 'short', hour: '2-digit', minute: '2-digit' }
      : { hour: '2-digit', minute: '2-digit' }
  const format = new Intl.DateTimeFormat(language, style)
  const at = (index: number) => format.format(new Date(periods[index]?.at ?? 0))
  const of = (value: (period: Period) => number | undefined) => periods.map(value)
  return (
    <Panel className="flex flex-col gap-8 p-4">
      <Chart
        title={t.usage.byStatus}
        kind="bars"
        at={at}
        write={compact}
        series={[
          { label: t.usage.success, tone: 'text-good', values: of((each) => each.success) },
          { label: t.usage.redirection, tone: 'text-info', values: of((each) => each.redirection) },
          { label: t.usage.clientError, tone: 'text-warn', values: of((each) => each.clientError) },
          { label: t.usage.serverError, tone: 'text-bad', values: of((each) => each.serverError) },
        ]}
      />
      <div className="grid grid-cols-2 gap-8 mid:grid-cols-1">
        <Chart
          title={t.usage.errorsOver}
          kind="bars"
          at={at}
          write={compact}
          series={[
            { label: t.usage.clientError, tone: 'text-warn', values: of((each) => each.clientError) },
            { label: t.usage.serverError, tone: 'text-bad', values: of((each) => each.serverError) },
          ]}
        />
        <Chart
          title={t.usage.times}
          kind="lines"
          at={at}
          write={duration}
          series={[
            { label: t.usage.p50, tone: 'text-accent-text', values: of((each) => each.p50) },
            { label: t.usage.p99, tone: 'text-ink-3', dashed: true, values: of((each) => each.p99) },
          ]}
        />
      </div>
    </Panel>
  )
}
