import { useEffect, useRef } from 'react'
import type { EditorSession } from './session'

/** The place of the editor in the page. */
export function CodeArea({ session, line }: { session: EditorSession; line?: number | undefined }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => (place.current ? session.show(place.current) : undefined), [session])
  useEffect(() => {
    if (line) session.goTo(line)
  }, [session, line])
  return <div ref={place} className="min-h-0 flex-1 overflow-hidden [&_.cm-editor]:h-full" />
}
