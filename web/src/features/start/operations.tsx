import { useState } from 'react'
import { useT } from '@/i18n'
import { Button } from '@/ui/button'
import { Input } from '@/ui/field'
import { Method } from '@/ui/parts'

interface OperationsProps {
  /** As in `GET /pets`. */
  offered: readonly string[]
  chosen: ReadonlySet<string>
  onChange: (chosen: ReadonlySet<string>) => void
}

/** What a document has to offer, to leave some of it out. */
export function Operations({ offered, chosen, onChange }: OperationsProps) {
  const t = useT()
  const [filter, setFilter] = useState('')
  const shown = offered.filter((each) => each.toLowerCase().includes(filter.toLowerCase()))
  const all = shown.every((each) => chosen.has(each))
  const set = (names: readonly string[], wanted: boolean) => {
    const next = new Set(chosen)
    for (const each of names) wanted ? next.add(each) : next.delete(each)
    onChange(next)
  }
  return (
    <div className="flex flex-col">
      <div className="flex items-center gap-2 px-4 pt-2">
        <Input
          type="search"
          aria-label={t.start.filterOperations}
          placeholder={t.start.filterOperations}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <Button look="quiet" className="shrink-0" onClick={() => set(shown, !all)}>
          {all ? t.start.none : t.start.all}
        </Button>
      </div>
      <p role="status" className="px-4 pt-1 text-ink-3 text-sm">
        {t.start.chosen(chosen.size, offered.length)}
      </p>
      <ul className="max-h-72 overflow-y-auto px-4 py-2">
        {shown.slice(0, 500).map((each) => {
          const [method = '', path = ''] = each.split(' ', 2)
          return (
            <li key={each}>
              <label className="flex items-center gap-3 py-1">
                <input
                  type="checkbox"
                  className="size-4 shrink-0 accent-accent"
                  checked={chosen.has(each)}
                  onChange={(event) => set([each], event.target.checked)}
                />
                <Method method={method} className="w-14 shrink-0" />
                <span className="code min-w-0 truncate">{path}</span>
              </label>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
