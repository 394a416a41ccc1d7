import { type ReactNode, useEffect } from 'react'
import { useT } from '@/i18n'

/** The frame of the pages outside of a session. */
export function PublicFrame({ title, children }: { title: string; children: ReactNode }) {
  const t = useT()
  useEffect(() => {
    document.title = `${title} · mocloud`
  }, [title])
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-100 flex-col justify-center gap-5 px-5 py-10">
      <div className="flex items-center gap-2.5">
        <img src="/icon.svg" alt="" width={28} height={28} />
        <span className="font-semibold text-lg">{t.common.product}</span>
      </div>
      <div className="rounded-lg border border-line bg-surface p-5">
        <h1 className="mb-3 font-semibold text-xl">{title}</h1>
        {children}
      </div>
    </main>
  )
}
