import { Search, X } from 'lucide-react'
import { useRef } from 'react'
import { useT } from '@/i18n'
import { shown, useActions } from '@/keys/registry'
import { IconButton } from './button'
import { Input } from './field'

/** The filter of a page: `/` goes there, Escape clears it and then leaves. */
export function Filter({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const t = useT()
  const input = useRef<HTMLInputElement>(null)
  useActions([{ id: 'filter', label: t.keys.filter, keys: '/', run: () => input.current?.focus() }])
  return (
    <search className="relative block min-w-48 narrow:w-full">
      <Search
        size={14}
        strokeWidth={1.5}
        aria-hidden="true"
        className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3"
      />
      <Input
        ref={input}
        type="text"
        aria-label={label}
        placeholder={`${label}  ${shown('/')}`}
        autoComplete="off"
        spellCheck={false}
        className="pr-8 pl-8"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          if (value) onChange('')
          else event.currentTarget.blur()
        }}
      />
      {value && (
        <IconButton label={t.common.clear} className="absolute top-0 right-0" onClick={() => onChange('')}>
          <X size={14} strokeWidth={1.5} />
        </IconButton>
      )}
    </search>
  )
}
