import { useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { indexQuery } from '@/api/queries/mocks'
import { useT } from '@/i18n'
import { useWorkspace } from '@/shell/here'
import { buttonClass } from '@/ui/button'
import { Empty, Page, Panel, Time } from '@/ui/parts'
import { StateMark } from '@/ui/state'
import { Cell, Row, Table } from '@/ui/table'

export default function MocksPage() {
  const t = useT()
  const { slug } = useWorkspace()
  const { data: mocks } = useSuspenseQuery(indexQuery(slug))
  return (
    <Page
      title={t.mocks.title}
      actions={
        <Link to="/new" search={{ workspace: slug }} className={buttonClass('primary')}>
          {t.mocks.new}
        </Link>
      }
    >
      <Panel>
        {mocks.length === 0 ? (
          <Empty title={t.mocks.empty} hint={t.mocks.emptyHint} />
        ) : (
          <Table label={t.mocks.title} head={[t.mocks.title, '', '']}>
            {mocks.map((each) => (
              <Row key={each.id}>
                <Cell>
                  <Link to="/w/$ws/mocks/$mock" params={{ ws: slug, mock: each.slug }} className="font-medium">
                    {each.slug}
                  </Link>
                </Cell>
                <Cell>
                  <StateMark state={each.state} />
                </Cell>
                <Cell>
                  <Time time={each.updated_at} />
                </Cell>
              </Row>
            ))}
          </Table>
        )}
      </Panel>
    </Page>
  )
}
