import { Availability, Delete, Duplicate, General, Move, Recording } from '@/features/mock-settings'
import { useMock } from '@/shell/here'
import { Needs } from '@/shell/needs'

export default function MockSettingsPage() {
  const { id, slug } = useMock()
  return (
    <div key={id} className="mx-auto flex w-full max-w-[1080px] flex-col gap-4 px-6 py-4 narrow:px-4">
      <Needs least="editor" className="text-ink-2" />
      <General />
      <Availability />
      <Recording />
      <Duplicate key={`copy of ${slug}`} />
      <Move key={`move of ${slug}`} />
      <Delete />
    </div>
  )
}
