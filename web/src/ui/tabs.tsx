import { Link, useLocation } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { cx } from '@/lib/cx'

export interface TabLink {
  to: string
  label: string
  exact?: boolean
  count?: string
}

/** Pages beside each other: links, so that each has its address. They scroll sideways on phones. */
export function TabLinks({ label, tabs, className }: { label: string; tabs: TabLink[]; className?: string }) {
  const nav = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is another tab
  useEffect(() => {
    nav.current?.querySelector('[aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [pathname])
  return (
    <nav
      ref={nav}
      aria-label={label}
      className={cx('flex gap-1 overflow-x-auto border-line border-b px-4 [scrollbar-width:none]', className)}
    >
      {tabs.map((each) => (
        <Link
          key={each.to}
          to={each.to}
          activeOptions={{ exact: each.exact, includeSearch: false }}
          className="-mb-px flex h-9 shrink-0 items-center gap-1.5 border-transparent border-b-2 px-2 text-ink-2 hover:text-ink narrow:h-11"
          activeProps={{ className: 'border-accent-text! font-medium text-ink' }}
        >
          {each.label}
          {each.count && <span className="num text-ink-3 text-sm">{each.count}</span>}
        </Link>
      ))}
    </nav>
  )
}
