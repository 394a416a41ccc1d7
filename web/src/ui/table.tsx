import type { ComponentProps, ReactNode } from 'react'
import { cx } from '@/lib/cx'

/** A table that scrolls sideways where it must; on phones pages show cards instead. */
export function Table({ label, head, children, className }: { label: string; head: ReactNode[]; children: ReactNode; className?: string }) {
  return (
    <section aria-label={label} tabIndex={0} className={cx('overflow-x-auto', className)}>
      <table aria-label={label} className="w-full border-collapse text-left">
        <thead>
          <tr className="border-line border-b text-ink-3 text-xs">
            {head.map((cell, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns stay where they are
              <th key={index} scope="col" className="whitespace-nowrap px-4 py-2 font-medium">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  )
}

export function Row({ className, ...rest }: ComponentProps<'tr'>) {
  return <tr className={cx('border-line border-b last:border-b-0 hover:bg-sunken', className)} {...rest} />
}

export function Cell({ className, ...rest }: ComponentProps<'td'>) {
  return <td className={cx('whitespace-nowrap px-4 py-row align-middle', className)} {...rest} />
}
