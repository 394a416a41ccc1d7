import { useT } from '@/i18n'
import { bytes } from '@/i18n/format'
import { cx } from '@/lib/cx'
import { layOut } from '@/lib/json'

/** pretty lays JSON out; everything else stays as it is. */
export function pretty(text: string): string {
  return text.length > 200_000 || !/^\s*[[{]/.test(text) ? text : layOut(text)
}

/** The body of a message, as text: never as markup. */
export function Body({
  text,
  base64,
  raw,
  className,
}: {
  text?: string | undefined
  base64?: string | undefined
  raw?: boolean
  className?: string
}) {
  const t = useT()
  if (base64 !== undefined)
    return <p className={cx('text-ink-3', className)}>{t.editor.binary(bytes(Math.floor((base64.length * 3) / 4)))}</p>
  if (!text) return <p className={cx('text-ink-3', className)}>{t.editor.emptyBody}</p>
  return (
    <pre
      tabIndex={0}
      className={cx(
        'code max-h-96 overflow-auto whitespace-pre-wrap break-all rounded-md border border-line bg-sunken px-2.5 py-2',
        className,
      )}
    >
      {raw ? text : pretty(text)}
    </pre>
  )
}

export function Headers({ headers }: { headers: readonly { name: string; value: string }[] }) {
  return (
    <dl className="code grid grid-cols-[auto_1fr] gap-x-3">
      {headers.map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a header may come twice
        <div key={index} className="contents">
          <dt className="text-ink-3">{each.name}</dt>
          <dd className="min-w-0 break-all">{each.value}</dd>
        </div>
      ))}
    </dl>
  )
}
