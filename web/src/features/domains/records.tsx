import { useId, useState } from 'react'
import type { Domain } from '@/api/queries/domains'
import { useT } from '@/i18n'
import { relativeName, zonesOf } from '@/lib/dns'
import { Copy } from '@/ui/copy'
import { Select } from '@/ui/field'
import { Badge, type Tone } from '@/ui/parts'

type Found = NonNullable<Domain['records'][number]['state']>
const foundTones: Record<Found, Tone> = { ok: 'good', missing: 'info', different: 'bad', unknown: 'warn' }
const foundMarks: Record<Found, string> = { ok: '✓', missing: '…', different: '✗', unknown: '?' }

/** The records to create, with names as a DNS provider's form wants them. */
export function Records({ domain }: { domain: Domain }) {
  const t = useT()
  const id = useId()
  const zones = zonesOf(domain.host)
  const [zone, setZone] = useState(zones[0] ?? domain.host)
  return (
    <section aria-label={t.domains.records(domain.host)} className="border-line border-t">
      <div className="flex flex-wrap items-center gap-2 px-4 pt-3 text-ink-2">
        <label htmlFor={id}>{t.domains.zone}</label>
        <Select id={id} className="w-auto!" value={zone} onChange={(event) => setZone(event.target.value)}>
          {zones.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </Select>
        <span className="text-ink-3 text-sm">{t.domains.zoneHint}</span>
      </div>
      <ul className="grid grid-cols-[auto_minmax(0,1fr)_minmax(0,1.4fr)_minmax(0,1fr)] gap-x-6 px-4 py-2 narrow:grid-cols-1">
        <li aria-hidden="true" className="col-span-full grid grid-cols-subgrid text-ink-3 text-xs narrow:hidden">
          <span>{t.domains.type}</span>
          <span>{t.domains.name}</span>
          <span>{t.domains.value}</span>
          <span>{t.domains.seen}</span>
        </li>
        {domain.records.map(({ type, name, value, seen, state }) => (
          <li
            key={type}
            className="col-span-full grid grid-cols-subgrid items-start border-line border-t py-1.5 first:border-t-0 narrow:grid-cols-1 narrow:gap-1"
          >
            <span className="code self-center font-semibold">{type}</span>
            <Value label={t.domains.name} text={relativeName(name, zone)} />
            <Value label={t.domains.value} text={value} />
            <span className="flex min-w-0 flex-wrap items-center gap-x-2 self-center">
              <span className="sr-only">{t.domains.seen}</span>
              {state ? (
                <Badge tone={foundTones[state]}>
                  <span aria-hidden="true">{foundMarks[state]}</span> {t.domains.found[state]}
                </Badge>
              ) : (
                <span className="text-ink-3">{t.domains.notLooked}</span>
              )}
              {state === 'different' && seen.length > 0 && <code className="code min-w-0 break-all text-ink-2">{seen.join(' ')}</code>}
            </span>
            {type !== 'TXT' && name === zone && <p className="col-span-full text-sm text-warn">{t.domains.apex}</p>}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Value({ label, text }: { label: string; text: string }) {
  return (
    <span className="flex min-w-0 items-start gap-1">
      <span className="sr-only">{label}</span>
      <code className="code min-w-0 self-center break-all">{text}</code>
      <Copy text={text} label={label} />
    </span>
  )
}
