import { Ellipsis } from 'lucide-react'
import { DropdownMenu as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { shown } from '@/keys/registry'
import { cx } from '@/lib/cx'
import { IconButton } from './button'

export interface MenuEntry {
  label: string
  icon?: ReactNode
  keys?: string
  danger?: boolean
  disabled?: boolean
  /** Why it is disabled, or what it does. */
  hint?: string
  run: () => void
}

/** A menu of actions; `null` draws a line. */
export function Menu({ label, entries, children }: { label: string; entries: (MenuEntry | null | false)[]; children?: ReactNode }) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>
        {children ?? (
          <IconButton label={label}>
            <Ellipsis size={16} strokeWidth={1.5} />
          </IconButton>
        )}
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align="end"
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-h-[70vh] min-w-44 max-w-80 animate-appear overflow-y-auto rounded-md border border-line bg-surface p-1 shadow-menu"
        >
          {entries.map((entry, index) =>
            entry === null ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines have no name
              <Radix.Separator key={index} className="my-1 h-px bg-line" />
            ) : (
              entry && (
                <Radix.Item
                  key={entry.label}
                  disabled={entry.disabled}
                  onSelect={entry.run}
                  className={cx(
                    'flex min-h-8 cursor-pointer select-none items-center gap-2 rounded-sm px-2 outline-none data-disabled:cursor-default data-highlighted:bg-off-soft data-disabled:text-ink-3 narrow:min-h-11',
                    entry.danger && 'text-bad',
                  )}
                >
                  {entry.icon}
                  <span className="flex-1">
                    {entry.label}
                    {entry.hint && <span className="block text-ink-3 text-sm">{entry.hint}</span>}
                  </span>
                  {entry.keys && <kbd className="text-ink-3">{shown(entry.keys)}</kbd>}
                </Radix.Item>
              )
            ),
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
