import { type KeyboardEvent, type PointerEvent, type ReactNode, useId, useState } from 'react'
import { cx } from '@/lib/cx'
import { linear, logarithmic } from '@/lib/scale'

export interface Series {
  label: string
  /** Of text-…; drawn with currentColor. */
  tone: string
  /** Undefined where there is none. */
  values: (number | undefined)[]
  dashed?: boolean
}

interface ChartProps {
  title: string
  /** Bars stand on each other; lines, of values that are far apart, are on a logarithmic scale. */
  kind: 'bars' | 'lines'
  series: Series[]
  /** What the place at an index is called, as in “14:00”. */
  at: (index: number) => string
  write: (value: number) => string
  className?: string
}

const height = 140
const width = 600

/** A plot with a readout: of where the pointer is, or the arrow keys. */
export function Chart({ title, kind, series, at, write, className }: ChartProps) {
  const id = useId()
  const [chosen, setChosen] = useState<number>()
  const count = Math.max(1, ...series.map((each) => each.values.length))
  const values =
    kind === 'bars'
      ? Array.from({ length: count }, (_, index) => series.reduce((sum, each) => sum + (each.values[index] ?? 0), 0))
      : series.flatMap((each) => each.values.filter((value) => value !== undefined))
  const { place, ticks } = kind === 'bars' ? linear(values) : logarithmic(values)
  const step = width / count
  const y = (value: number) => height * (1 - place(value))

  const point = (event: PointerEvent<HTMLDivElement>) => {
    const { left, width: across } = event.currentTarget.getBoundingClientRect()
    setChosen(Math.min(count - 1, Math.max(0, Math.floor(((event.clientX - left) / across) * count))))
  }
  const walk = (event: KeyboardEvent) => {
    const moves: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, Home: -count, End: count }
    const move = moves[event.key]
    if (event.key === 'Escape') setChosen(undefined)
    if (move === undefined) return
    event.preventDefault()
    setChosen(Math.min(count - 1, Math.max(0, (chosen ?? count) + move)))
  }
  return (
    <figure className={cx('min-w-0', className)} aria-labelledby={id}>
      <figcaption className="flex min-h-5 flex-wrap items-baseline gap-x-4">
        <span id={id} className="font-medium">
          {title}
        </span>
        <span aria-live="polite" className="num flex flex-wrap gap-x-3 text-ink-2 text-sm">
          {chosen !== undefined && <span className="font-medium text-ink">{at(chosen)}</span>}
          {series.map((each) => {
            const value = chosen === undefined ? undefined : each.values[chosen]
            return (
              <span key={each.label} className="inline-flex items-center gap-1">
                <Mark tone={each.tone} dashed={each.dashed} line={kind === 'lines'} />
                {each.label}
                {chosen !== undefined && <span className="font-medium text-ink">{value === undefined ? '–' : write(value)}</span>}
              </span>
            )
          })}
        </span>
      </figcaption>
      <div className="mt-2 grid grid-cols-[auto_minmax(0,1fr)] gap-x-2">
        <div aria-hidden="true" className="num flex h-36 flex-col justify-between text-right text-ink-3 text-xs leading-none">
          {ticks.map((each) => (
            <span key={each}>{write(each)}</span>
          ))}
        </div>
        <div
          role="group"
          tabIndex={0}
          aria-labelledby={id}
          onPointerMove={point}
          onPointerDown={point}
          onPointerLeave={() => setChosen(undefined)}
          onKeyDown={walk}
          onBlur={() => setChosen(undefined)}
        >
          <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true" className="block h-36 w-full">
            {[0, 0.5, 1].map((part) => (
              <line
                key={part}
                x1={0}
                x2={width}
                y1={height * part}
                y2={height * part}
                stroke="var(--line)"
                vectorEffect="non-scaling-stroke"
              />
            ))}
            {chosen !== undefined && <rect x={chosen * step} width={step} height={height} fill="var(--off-soft)" />}
            {kind === 'bars' ? <Bars series={series} count={count} step={step} y={y} /> : <Lines series={series} step={step} y={y} />}
          </svg>
        </div>
        <span />
        <div aria-hidden="true" className="num mt-1 flex justify-between text-ink-3 text-xs">
          <span>{at(0)}</span>
          {count > 8 && <span>{at(Math.floor(count / 2))}</span>}
          <span>{at(count - 1)}</span>
        </div>
      </div>
    </figure>
  )
}

function Mark({ tone, dashed, line }: { tone: string; dashed?: boolean; line: boolean }) {
  return (
    <svg viewBox="0 0 12 8" aria-hidden="true" className={cx('h-2 w-3', tone)}>
      {line ? (
        <line x1={0} x2={12} y1={4} y2={4} stroke="currentColor" strokeWidth={2} strokeDasharray={dashed ? '3 2' : undefined} />
      ) : (
        <rect width={8} height={8} x={2} rx={1} fill="currentColor" />
      )}
    </svg>
  )
}

interface DrawnProps {
  series: Series[]
  step: number
  y: (value: number) => number
}

/** One path for each series; each stands on those before it. */
function Bars({ series, count, step, y }: DrawnProps & { count: number }): ReactNode {
  const gap = Math.min(2, step * 0.2)
  const below = new Array<number>(count).fill(0)
  return series.map((each) => {
    let path = ''
    each.values.forEach((value, index) => {
      if (!value) return
      const from = below[index] ?? 0
      below[index] = from + value
      const tall = Math.max(1, y(from) - y(from + value))
      path += `M${index * step + gap / 2} ${y(from)}v${-tall}h${step - gap}v${tall}z`
    })
    return <path key={each.label} className={each.tone} d={path} fill="currentColor" />
  })
}

/** Lines are broken where there is no value; a value by itself is a short dash. */
function Lines({ series, step, y }: DrawnProps): ReactNode {
  return series.map((each) => {
    let path = ''
    each.values.forEach((value, index) => {
      if (value === undefined) return
      const joined = each.values[index - 1] !== undefined
      const alone = !joined && each.values[index + 1] === undefined
      const x = (index + 0.5) * step
      path += alone ? `M${index * step} ${y(value)}H${(index + 1) * step}` : `${joined ? 'L' : 'M'}${x} ${y(value)}`
    })
    return (
      <path
        key={each.label}
        className={each.tone}
        d={path}
        fill="none"
        stroke="currentColor"
        strokeWidth={1.5}
        strokeDasharray={each.dashed ? '4 3' : undefined}
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    )
  })
}
