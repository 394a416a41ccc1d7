import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowUp } from 'lucide-react'
import { memo, useEffect, useRef } from 'react'
import type { RequestRecord } from '@/api/queries/requests'
import { useT } from '@/i18n'
import { duration, stamp } from '@/i18n/format'
import { cx } from '@/lib/cx'
import { Method, Status } from '@/ui/parts'

interface RequestListProps {
  items: readonly RequestRecord[]
  fresh: number
  selected: string | undefined
  onSelect: (id: string) => void
  /** Whether the reader is at the top, where the list follows. */
  onTop: (top: boolean) => void
  onEnd: (() => void) | undefined
}

const height = 32

/** The requests, the newest first. It never moves under its reader. */
export function RequestList({ items, fresh, selected, onSelect, onTop, onEnd }: RequestListProps) {
  const t = useT()
  const place = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => place.current,
    estimateSize: () => height,
    overscan: 12,
    getItemKey: (index) => items[index]?.id ?? index,
  })
  const index = items.findIndex((each) => each.id === selected)
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when another one is chosen, never because the list grew
  useEffect(() => {
    if (index >= 0) virtual.scrollToIndex(index, { align: 'auto' })
  }, [selected])
  return (
    <div className="relative min-h-0 flex-1">
      {fresh > 0 && (
        <button
          type="button"
          onClick={() => {
            place.current?.scrollTo({ top: 0 })
            onTop(true)
          }}
          className="-translate-x-1/2 absolute top-2 left-1/2 z-10 flex h-8 items-center gap-1 rounded-full bg-accent px-3 font-medium text-white shadow-menu"
        >
          <ArrowUp size={14} strokeWidth={2} />
          {t.requests.fresh(fresh)}
        </button>
      )}
      <div
        ref={place}
        role="listbox"
        aria-label={t.requests.title}
        tabIndex={0}
        aria-activedescendant={index >= 0 ? `request-${selected}` : undefined}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget
          onTop(scrollTop < height)
          if (scrollTop + clientHeight > scrollHeight - 400) onEnd?.()
        }}
        className="h-full overflow-y-auto focus-visible:outline-offset-[-2px]"
      >
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((each) => (
            <div key={each.key} className="absolute inset-x-0 top-0" style={{ height, transform: `translateY(${each.start}px)` }}>
              <Line
                record={items[each.index] as RequestRecord}
                selected={items[each.index]?.id === selected}
                brief={selected !== undefined}
                onSelect={onSelect}
              />
            </div>
          ))}
        </div>
      </div>
    </div>
  )
}

const Line = memo(function Line({
  record,
  selected,
  brief,
  onSelect,
}: {
  record: RequestRecord
  selected: boolean
  brief: boolean
  onSelect: (id: string) => void
}) {
  const t = useT()
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys
    <div
      role="option"
      id={`request-${record.id}`}
      aria-selected={selected}
      onClick={() => onSelect(record.id)}
      className={cx(
        'flex h-8 cursor-pointer items-center gap-3 border-line border-b px-3 hover:bg-sunken narrow:gap-2',
        selected && 'bg-accent-soft hover:bg-accent-soft',
      )}
    >
      <span className="code num text-ink-3 narrow:hidden">{stamp(record.time)}</span>
      <Method method={record.method} className="w-14 shrink-0" />
      <span className="code min-w-0 flex-1 truncate">
        {record.path}
        {record.query && <span className="text-ink-3">?{record.query}</span>}
      </span>
      <span className="w-12 shrink-0 text-center">
        <Status status={record.status} />
      </span>
      <span className="num w-14 shrink-0 text-right text-ink-3">{duration(record.duration_us)}</span>
      <span className={cx('code w-48 shrink-0 truncate mid:hidden', brief && 'hidden', record.endpoint ? 'text-ink-2' : 'text-warn')}>
        {record.endpoint || `— ${t.requests.nobody}`}
      </span>
    </div>
  )
})
