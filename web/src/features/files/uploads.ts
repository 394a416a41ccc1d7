import { useState } from 'react'
import { asProblem } from '@/api/problem'
import { useFiles } from '@/api/queries/files'
import { texts } from '@/i18n'
import { toast } from '@/ui/toast'

export interface Upload {
  id: number
  name: string
  content: File
  /** `exists`: a file has the name already. */
  state: 'waiting' | 'exists' | 'failed'
  problem?: unknown
}

/** nameIn puts a file into a folder, as it is called among the workspace's files. */
export function nameIn(folder: string, name: string): string {
  const at = folder.trim().replace(/^\/+|\/+$/g, '')
  return at ? `${at}/${name}` : name
}

let last = 0

/** useUploads sends files one after the other; what could not be stored stays listed until somebody decided about it. */
export function useUploads(ws: string) {
  const files = useFiles(ws)
  const [uploads, setUploads] = useState<Upload[]>([])
  const change = (id: number, to: Partial<Upload>) => setUploads((all) => all.map((each) => (each.id === id ? { ...each, ...to } : each)))
  const drop = (id: number) => setUploads((all) => all.filter((each) => each.id !== id))

  const send = async ({ id, name, content }: Upload, replace: boolean) => {
    change(id, { state: 'waiting', problem: undefined })
    try {
      await files.upload(name, content, replace)
      drop(id)
      toast({ text: texts().files.done(name) })
    } catch (error) {
      change(id, asProblem(error).status === 412 ? { state: 'exists' } : { state: 'failed', problem: error })
    }
  }
  return {
    uploads,
    add: async (folder: string, list: File[]) => {
      const added = list.map((content): Upload => ({ id: ++last, name: nameIn(folder, content.name), content, state: 'waiting' }))
      setUploads((all) => [...all, ...added])
      for (const each of added) await send(each, false)
    },
    send,
    drop,
  }
}
