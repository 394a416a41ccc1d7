import { useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { indexQuery } from '@/api/queries/mocks'
import { useT } from '@/i18n'
import { nearest } from '@/lib/nearest'
import { useWorkspace } from '@/shell/here'
import { buttonClass } from '@/ui/button'
import { Empty } from '@/ui/parts'

/** For the address of a mock that is not there: those whose names are like it. */
export function NearestMocks({ slug }: { slug: string }) {
  const t = useT()
  const { slug: ws } = useWorkspace()
  const { data: mocks } = useSuspenseQuery(indexQuery(ws))
  const near = nearest(
    slug,
    mocks.map((each) => each.slug),
  )
  return (
    <Empty title={t.mocks.noMock(slug, ws)} hint={near.length > 0 ? t.mocks.near : t.shell.notFoundHint}>
      {near.map((each) => (
        <Link key={each} to="/w/$ws/mocks/$mock" params={{ ws, mock: each }} className={buttonClass()}>
          {each}
        </Link>
      ))}
      <Link to="/w/$ws/mocks" params={{ ws }} className={buttonClass('primary')}>
        {t.shell.toMocks}
      </Link>
    </Empty>
  )
}
