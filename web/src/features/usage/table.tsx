import { useLanguage, useT } from '@/i18n'
import { duration, number } from '@/i18n/format'
import { Panel } from '@/ui/parts'
import { Cell, Row, Table } from '@/ui/table'
import type { Period } from './periods'

/** The numbers behind the plots, newest first; periods without requests are left out. */
export function PeriodTable({ periods }: { periods: Period[] }) {
  const t = useT()
  const language = useLanguage()
  const daily = (periods[0]?.length ?? 0) >= 86_400_000
  const format = new Intl.DateTimeFormat(language, daily ? { dateStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' })
  const time = (us: number | undefined) => (us === undefined ? '–' : duration(us))
  return (
    <Panel>
      <Table
        label={t.usage.byStatus}
        head={[
          t.usage.when,
          t.usage.requests,
          t.usage.success,
          t.usage.redirection,
          t.usage.clientError,
          t.usage.serverError,
          t.usage.p50,
          t.usage.p95,
          t.usage.p99,
          t.usage.notKept,
        ]}
      >
        {periods
          .filter((each) => each.requests > 0)
          .toReversed()
          .map((each) => (
            <Row key={each.at}>
              <Cell className="whitespace-nowrap">{format.format(new Date(each.at))}</Cell>
              <Cell className="font-medium">{number(each.requests)}</Cell>
              <Cell>{number(each.success)}</Cell>
              <Cell>{number(each.redirection)}</Cell>
              <Cell className={each.clientError > 0 ? 'text-warn' : undefined}>{number(each.clientError)}</Cell>
              <Cell className={each.serverError > 0 ? 'text-bad' : undefined}>{number(each.serverError)}</Cell>
              <Cell className="whitespace-nowrap">{time(each.p50)}</Cell>
              <Cell className="whitespace-nowrap">{time(each.p95)}</Cell>
              <Cell className="whitespace-nowrap">{time(each.p99)}</Cell>
              <Cell>{number(each.notKept)}</Cell>
            </Row>
          ))}
      </Table>
    </Panel>
  )
}
