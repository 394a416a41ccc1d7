import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { FilePlus2, Play, X } from 'lucide-react'
import { useState } from 'react'
import { hasCode } from '@/api/problem'
import type { Mock } from '@/api/queries/mocks'
import { type RecordedRequest, requestQuery } from '@/api/queries/requests'
import { useT } from '@/i18n'
import { bytes, duration, exact, stamp } from '@/i18n/format'
import { curl } from '@/lib/curl'
import { har } from '@/lib/har'
import { Body, Headers } from '@/ui/body'
import { Button, IconButton } from '@/ui/button'
import { toClipboard } from '@/ui/copy'
import { Menu } from '@/ui/menu'
import { Method, Skeleton, Status } from '@/ui/parts'
import { Failed } from '@/ui/problem'
import { toast } from '@/ui/toast'

interface DetailProps {
  mock: Mock
  id: string
  may: boolean
  onClose: () => void
  onMake: (record: RecordedRequest) => void
  onReplay: (record: RecordedRequest) => void
}

/** Everything that was recorded of one request. */
export function RequestDetail({ mock, id, may, onClose, onMake, onReplay }: DetailProps) {
  const t = useT()
  const { data: record, error, refetch } = useQuery(requestQuery(mock.id, id))
  const [raw, setRaw] = useState(false)
  if (error) {
    return hasCode(error, 'not_found') ? (
      <p className="p-4 text-ink-2">{t.requests.gone}</p>
    ) : (
      <Failed error={error} retry={() => void refetch()} />
    )
  }
  if (!record) return <Skeleton />
  const copy = (text: string) => void toClipboard(text).then(() => toast({ text: t.common.copied }))
  const url = `${mock.url}${record.path}${record.query ? `?${record.query}` : ''}`
  const bare = record.recording_mode === 'metadata'
  return (
    <article aria-label={t.requests.request} className="flex flex-col gap-3 p-3">
      <header className="flex flex-wrap items-center gap-2">
        <Method method={record.method} />
        <h2 className="code min-w-0 flex-1 break-all font-medium">
          {record.path}
          {record.query && <span className="text-ink-3">?{record.query}</span>}
        </h2>
        <IconButton label={t.common.close} onClick={onClose}>
          <X size={16} strokeWidth={1.5} />
        </IconButton>
      </header>
      <p className="num flex flex-wrap items-center gap-2 text-ink-2">
        <Status status={record.status} />
        <span>{duration(record.duration_us)}</span>
        <time dateTime={record.time} title={exact(record.time)}>
          {stamp(record.time)}
        </time>
        {record.revision !== undefined && (
          <Link
            to="/w/$ws/mocks/$mock/history"
            params={{ ws: mock.workspace_slug, mock: mock.slug }}
            search={{ to: record.revision }}
            title={t.requests.revision}
            className="text-ink-3 hover:underline"
          >
            r{record.revision}
          </Link>
        )}
      </p>
      {record.endpoint ? (
        <p>
          {t.requests.answeredBy}{' '}
          <Link
            to="/w/$ws/mocks/$mock"
            params={{ ws: mock.workspace_slug, mock: mock.slug }}
            search={{ at: record.endpoint }}
            className="code text-accent-text underline"
          >
            {record.endpoint}
          </Link>
        </p>
      ) : (
        <div className="rounded-md bg-warn-soft px-3 py-2 text-warn">
          <p className="font-medium">{t.requests.why}</p>
          <ul className="mt-1 flex flex-col gap-1">
            {record.nearest?.map((each) => (
              <li key={`${each.endpoint} ${each.why}`} lang="en" className="text-sm">
                <Link
                  to="/w/$ws/mocks/$mock"
                  params={{ ws: mock.workspace_slug, mock: mock.slug }}
                  search={{ at: each.endpoint }}
                  className="code underline"
                >
                  {each.endpoint}
                </Link>{' '}
                {each.why}
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="flex flex-wrap gap-2">
        {!record.endpoint && (
          <Button look="primary" disabled={!may} icon={<FilePlus2 size={16} strokeWidth={1.5} />} keys="e" onClick={() => onMake(record)}>
            {t.requests.make}
          </Button>
        )}
        <Button icon={<Play size={16} strokeWidth={1.5} />} keys="r" onClick={() => onReplay(record)}>
          {t.requests.replay}
        </Button>
        <Menu
          label={t.common.more}
          entries={[
            {
              label: t.requests.curl,
              run: () =>
                copy(
                  curl({
                    method: record.method,
                    url,
                    headers: record.request.headers,
                    ...(record.request.encoding === 'text' ? { body: record.request.body } : {}),
                  }),
                ),
            },
            { label: t.requests.har, run: () => copy(har(record, '1')) },
            { label: t.requests.link, run: () => copy(location.href) },
          ]}
        />
      </div>
      {bare ? (
        <p className="text-ink-3">{t.requests.noBody}</p>
      ) : (
        <>
          <div className="flex justify-end">
            <button type="button" aria-pressed={raw} onClick={() => setRaw(!raw)} className="text-ink-3 text-sm hover:text-ink">
              {t.requests.raw}
            </button>
          </div>
          <Part title={t.requests.request} part={record.request} raw={raw} />
          <Part title={t.requests.answer} part={record.response} raw={raw} />
        </>
      )}
    </article>
  )
}

function Part({ title, part, raw }: { title: string; part: RecordedRequest['request']; raw: boolean }) {
  return (
    <section className="flex flex-col gap-2">
      <h3 className="flex items-baseline gap-2 font-semibold">
        {title}
        <span className="num font-normal text-ink-3 text-sm">{bytes(part.size)}</span>
      </h3>
      <Headers headers={part.headers} />
      {part.size > 0 && <Body raw={raw} {...(part.encoding === 'base64' ? { base64: part.body } : { text: part.body })} />}
    </section>
  )
}
