import { useVirtualizer } from '@tanstack/react-virtual'
import { Plus } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import { useT } from '@/i18n'
import { compact } from '@/i18n/format'
import { cx } from '@/lib/cx'
import { Input } from '@/ui/field'
import { Method } from '@/ui/parts'
import { type Counted, type Ghost, hitsOf, wanted } from './traffic'
import { groupOf, type Item } from './yaml/outline'

type Row = { kind: 'group'; name: string } | { kind: 'item'; item: Item } | { kind: 'ghosts' } | { kind: 'ghost'; ghost: Ghost }

interface OutlinePanelProps {
  items: readonly Item[]
  counted: Counted
  line: number
  onItem: (item: Item) => void
  onGhost: (ghost: Ghost) => void
}

function rowsOf(items: readonly Item[], ghosts: Ghost[], filter: string): Row[] {
  const text = filter.toLowerCase()
  const groups = new Map<string, Item[]>()
  for (const each of items) {
    if (each.kind === 'other' || !`${each.method} ${each.path}`.toLowerCase().includes(text)) continue
    const name = groupOf(each)
    const group = groups.get(name)
    if (group) group.push(each)
    else groups.set(name, [each])
  }
  const rows: Row[] = []
  for (const [name, list] of groups) {
    if (groups.size > 1 || list.length > 8) rows.push({ kind: 'group', name })
    rows.push(...list.map((item) => ({ kind: 'item', item }) as const))
  }
  const shown = ghosts.filter((each) => `${each.method} ${each.pattern}`.toLowerCase().includes(text))
  if (shown.length > 0) rows.push({ kind: 'ghosts' }, ...shown.map((ghost) => ({ kind: 'ghost', ghost }) as const))
  return rows
}

/** The endpoints of the text with their calls, and the calls that nobody answers. */
export function OutlinePanel({ items, counted, line, onItem, onGhost }: OutlinePanelProps) {
  const t = useT()
  const [filter, setFilter] = useState('')
  const place = useRef<HTMLDivElement>(null)
  const ghosts = useMemo(() => wanted(counted.ghosts, items), [counted, items])
  const rows = useMemo(() => rowsOf(items, ghosts, filter), [items, ghosts, filter])
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => place.current, estimateSize: () => 28, overscan: 20 })
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="p-2">
        <Input
          type="search"
          data-filter
          aria-label={t.editor.filter}
          placeholder={t.editor.filter}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </div>
      <div ref={place} className="min-h-0 flex-1 overflow-y-auto px-1 pb-4">
        {rows.length === 0 && <p className="px-2 text-ink-3">{filter ? t.editor.noEndpointMatches : t.editor.noEndpoints}</p>}
        <ul aria-label={t.editor.outline} className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((each) => (
            <li key={each.key} className="absolute inset-x-0 top-0" style={{ height: each.size, transform: `translateY(${each.start}px)` }}>
              <RowView row={rows[each.index] as Row} counted={counted} line={line} onItem={onItem} onGhost={onGhost} />
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}

function RowView({
  row,
  counted,
  line,
  onItem,
  onGhost,
}: { row: Row } & Pick<OutlinePanelProps, 'counted' | 'line' | 'onItem' | 'onGhost'>) {
  const t = useT()
  if (row.kind === 'group') return <p className="truncate px-2 pt-2 font-medium text-ink-3 text-xs">{row.name}</p>
  if (row.kind === 'ghosts') return <p className="truncate px-2 pt-2 font-medium text-warn text-xs">{t.editor.ghosts}</p>
  const base = 'flex h-7 w-full items-center gap-2 rounded-md px-2 text-left hover:bg-off-soft'
  if (row.kind === 'ghost') {
    const { ghost } = row
    return (
      <button
        type="button"
        className={cx(base, 'text-ink-2')}
        title={t.editor.makeIt(`${ghost.method} ${ghost.sample.path}`)}
        onClick={() => onGhost(ghost)}
      >
        <Method method={ghost.method} className="w-12 shrink-0 text-xs!" />
        <span className="code min-w-0 flex-1 truncate italic">{ghost.pattern}</span>
        <span className="num text-sm text-warn">{t.editor.times(ghost.requests)}</span>
        <Plus size={14} strokeWidth={1.5} aria-hidden="true" />
      </button>
    )
  }
  const { item } = row
  const hits = hitsOf(counted, item)
  const here = item.line <= line && line <= item.end
  return (
    <button
      type="button"
      aria-current={here || undefined}
      className={cx(base, here && 'bg-accent-soft')}
      title={`${item.method} ${item.path}\n${hits ? t.editor.hits(hits.requests) : t.editor.notCalled}`}
      onClick={() => onItem(item)}
    >
      <Method method={item.method} className="w-12 shrink-0 text-xs!" />
      <span className="code min-w-0 flex-1 truncate">{item.path}</span>
      <span className={cx('num text-sm', hits?.errors ? 'text-bad' : 'text-ink-3')}>{hits ? compact(hits.requests) : ''}</span>
    </button>
  )
}
