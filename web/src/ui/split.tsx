import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react'
import { cx } from '@/lib/cx'
import { recall, remember } from '@/lib/stored'

const isNumber = (value: unknown): value is number => typeof value === 'number'

/** useWidth is the size of a panel, remembered by this browser. */
export function useWidth(name: string, initial: number, least: number, most: number) {
  const [size, set] = useState(() => Math.min(most, Math.max(least, recall(`size.${name}`, initial, isNumber))))
  const change = (next: number) => {
    const bounded = Math.round(Math.min(most, Math.max(least, next)))
    set(bounded)
    remember(`size.${name}`, bounded)
  }
  return { size, change, least, most }
}

/** The bar between two panels, to drag, or to move with the arrow keys. `grow` says which way makes the panel larger. */
export function Handle({ label, panel, grow }: { label: string; panel: ReturnType<typeof useWidth>; grow: 'left' | 'right' | 'up' }) {
  const start = useRef<{ at: number; size: number } | undefined>(undefined)
  const vertical = grow !== 'up'
  const sign = grow === 'right' ? 1 : -1
  const position = (event: PointerEvent) => (vertical ? event.clientX : event.clientY)
  const key = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -16, ArrowRight: 16, ArrowUp: -16, ArrowDown: 16 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    panel.change(panel.size + step * sign)
  }
  return (
    <div
      role="separator"
      aria-label={label}
      aria-orientation={vertical ? 'vertical' : 'horizontal'}
      aria-valuenow={panel.size}
      aria-valuemin={panel.least}
      aria-valuemax={panel.most}
      tabIndex={0}
      onKeyDown={key}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        start.current = { at: position(event), size: panel.size }
      }}
      onPointerMove={(event) => start.current && panel.change(start.current.size + (position(event) - start.current.at) * sign)}
      onPointerUp={() => {
        start.current = undefined
      }}
      className={cx(
        'relative z-10 shrink-0 touch-none bg-line hover:bg-accent',
        vertical
          ? '-mx-0.5 w-1 cursor-col-resize bg-clip-content px-[1.5px] hover:px-0'
          : '-my-0.5 h-1 cursor-row-resize bg-clip-content py-[1.5px] hover:py-0',
      )}
    />
  )
}
