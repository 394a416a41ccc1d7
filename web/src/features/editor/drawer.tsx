import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Mock } from '@/api/queries/mocks'
import { useT } from '@/i18n'
import { duration, stamp } from '@/i18n/format'
import { cx } from '@/lib/cx'
import { useCell } from '@/lib/use-cell'
import type { Traffic } from '@/live/requests'
import { Method, Status } from '@/ui/parts'
import { ProblemsPanel } from './problems-panel'
import type { EditorSession } from './session'

/** Below the text: what is wrong with it, and who calls. */
export function Drawer({ session, mock, traffic }: { session: EditorSession; mock: Mock; traffic: Traffic }) {
  const t = useT()
  const diagnostics = useCell(session.diagnostics)
  const checking = useCell(session.checking)
  const [tab, setTab] = useState<'problems' | 'requests'>('problems')
  const button = (name: typeof tab, label: string, count: string) => (
    <button
      type="button"
      aria-pressed={tab === name}
      onClick={() => setTab(name)}
      className={cx(
        'flex h-8 items-center gap-1.5 border-transparent border-b-2 px-2 text-ink-2',
        tab === name && 'border-accent-text! font-medium text-ink',
      )}
    >
      {label}
      <span className="num text-ink-3">{count}</span>
    </button>
  )
  return (
    <section aria-label={t.editor.problems} className="flex min-h-0 flex-1 flex-col bg-surface">
      <div className="flex gap-2 border-line border-b px-2">
        {button('problems', t.editor.problems, checking ? '…' : String(diagnostics.length))}
        {button('requests', t.editor.liveDrawer, traffic.rate > 0 ? `● ${traffic.rate.toFixed(1)}/s` : '')}
      </div>
      <div
        className="min-h-0 flex-1 overflow-y-auto"
        tabIndex={0}
        role="region"
        aria-label={tab === 'problems' ? t.editor.problems : t.editor.liveDrawer}
      >
        {tab === 'problems' ? (
          <ProblemsPanel
            diagnostics={diagnostics}
            onGo={(each) => session.goTo(each.line, each.column)}
            onFix={(each) => session.fix(each)}
          />
        ) : traffic.items.length === 0 ? (
          <p className="px-3 py-2 text-ink-3">{t.requests.empty}</p>
        ) : (
          <ul>
            {traffic.items.slice(0, 50).map((each) => (
              <li key={each.id}>
                <Link
                  to="/w/$ws/mocks/$mock/requests"
                  params={{ ws: mock.workspace_slug, mock: mock.slug }}
                  search={{ id: each.id }}
                  className="flex h-7 items-center gap-3 px-3 hover:bg-sunken"
                >
                  <span className="code num text-ink-3">{stamp(each.time)}</span>
                  <Method method={each.method} className="w-14" />
                  <span className="code min-w-0 flex-1 truncate">{each.path}</span>
                  <Status status={each.status} />
                  <span className="num w-16 text-right text-ink-3">{duration(each.duration_us)}</span>
                </Link>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  )
}
