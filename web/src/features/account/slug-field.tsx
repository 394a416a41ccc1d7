import { useQuery } from '@tanstack/react-query'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { availabilityQuery } from '@/api/queries/tools'
import { useT } from '@/i18n'
import { usePaused } from '@/lib/use-paused'
import { Field, Input } from '@/ui/field'

interface SlugFieldProps {
  label: string
  hint: ReactNode
  error?: ReactNode
  kind: 'account' | 'workspace' | 'mock'
  /** The workspace of a mock. */
  ws?: string
  value: string
  /** The name that it has now: nothing is asked for it. */
  own?: string
  disabled?: boolean
  onChange: (value: string) => void
}

/** A name in addresses: whether it can be had is said when somebody pauses typing, with a free one like it. */
export function SlugField({ label, hint, error, kind, ws, value, own, disabled, onChange }: SlugFieldProps) {
  const t = useT()
  const wanted = usePaused(value)
  const asked = wanted !== '' && wanted !== own && !disabled
  const { data } = useQuery({ ...availabilityQuery(kind, wanted, ws), enabled: asked })
  const found = asked && wanted === value ? data : undefined
  const taken = found && !found.free && (
    <span>
      <span lang="en">{found.reason}</span>{' '}
      {found.suggestion && (
        <button type="button" className="font-medium underline" onClick={() => onChange(found.suggestion ?? '')}>
          {t.account.suggestion(found.suggestion)}
        </button>
      )}
    </span>
  )
  const free = found?.free && (
    <span className="inline-flex items-center gap-1 text-good">
      <Check size={14} strokeWidth={2} aria-hidden="true" /> {t.account.free}
    </span>
  )
  return (
    <Field label={label} hint={free || hint} error={error || taken}>
      {(props) => (
        <Input
          {...props}
          required
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={100}
          disabled={disabled}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}
