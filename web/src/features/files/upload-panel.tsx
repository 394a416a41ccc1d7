import { Upload as UploadIcon } from 'lucide-react'
import { type DragEvent, type RefObject, useState } from 'react'
import { asProblem } from '@/api/problem'
import { useT } from '@/i18n'
import { cx } from '@/lib/cx'
import { Button } from '@/ui/button'
import { Field, Input } from '@/ui/field'
import { Item, Items } from '@/ui/items'
import { ProblemText } from '@/ui/problem'
import { useUploads } from './uploads'

/** Where files are dropped or chosen, and what became of them. */
export function UploadPanel({ ws, input }: { ws: string; input: RefObject<HTMLInputElement | null> }) {
  const t = useT()
  const [folder, setFolder] = useState('')
  const [over, setOver] = useState(false)
  const { uploads, add, send, drop } = useUploads(ws)
  const dropped = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    void add(folder, [...event.dataTransfer.files])
  }
  return (
    <div className="flex flex-col gap-3">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is one more way; the button inside does the same */}
      <div
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={dropped}
        className={cx(
          'flex flex-wrap items-end gap-x-6 gap-y-3 rounded-lg border border-dashed p-4',
          over ? 'border-accent-text bg-accent-soft' : 'border-control bg-surface',
        )}
      >
        <div className="flex min-w-60 flex-1 items-center gap-3 self-center">
          <Button look="primary" keys="n" icon={<UploadIcon size={16} strokeWidth={1.5} />} onClick={() => input.current?.click()}>
            {t.files.upload}
          </Button>
          <span className="text-ink-2">{over ? t.files.dropNow : t.files.drop}</span>
          <input
            ref={input}
            type="file"
            multiple
            hidden
            onChange={(event) => {
              void add(folder, [...(event.target.files ?? [])])
              event.target.value = ''
            }}
          />
        </div>
        <Field label={t.files.folder} hint={t.files.folderHint} className="w-60 narrow:w-full">
          {(props) => (
            <Input
              {...props}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={200}
              value={folder}
              onChange={(event) => setFolder(event.target.value)}
            />
          )}
        </Field>
      </div>
      {uploads.length > 0 && (
        <Items label={t.files.uploads} className="rounded-lg border border-line bg-surface">
          {uploads.map((each) => (
            <Item
              key={each.id}
              title={<span className="break-all">{each.name}</span>}
              meta={
                each.state === 'waiting' ? (
                  t.files.uploading
                ) : each.state === 'exists' ? (
                  t.files.exists
                ) : (
                  <ProblemText problem={each.problem} />
                )
              }
              aside={
                each.state !== 'waiting' && (
                  <>
                    {each.state === 'exists' ? (
                      <Button look="danger" aria-label={t.files.replaceNamed(each.name)} onClick={() => void send(each, true)}>
                        {t.files.replace}
                      </Button>
                    ) : (
                      asProblem(each.problem).passes && <Button onClick={() => void send(each, false)}>{t.common.retry}</Button>
                    )}
                    <Button look="quiet" onClick={() => drop(each.id)}>
                      {each.state === 'exists' ? t.files.skip : t.common.close}
                    </Button>
                  </>
                )
              }
            />
          ))}
        </Items>
      )}
    </div>
  )
}
