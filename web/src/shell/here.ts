import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useRef } from 'react'
import { bySlugQuery, indexQuery, type Mock } from '@/api/queries/mocks'
import { atLeast, type Role, type Workspace, workspacesQuery } from '@/api/queries/workspaces'

/** useWorkspace is the workspace of the page; only for pages below /w/$ws. */
export function useWorkspace(): Workspace {
  const { ws } = useParams({ from: '/app/w/$ws' })
  const { data } = useSuspenseQuery(workspacesQuery)
  const last = useRef<Workspace>(undefined)
  // One that was renamed or left while the page is still there is shown as it was, until the page goes.
  const found = data.find((each) => each.slug === ws) ?? last.current
  last.current = found
  if (!found) throw new Error(`no workspace ${ws}`) // the route has looked before
  return found
}

/** useMay reports whether the reader's role in the workspace of the page is enough. */
export function useMay(least: Role): boolean {
  return atLeast(useWorkspace().role, least)
}

/** useListedMock is the mock of the page as the list has it, without its content; undefined if there is none of that name. */
export function useListedMock(): Mock | undefined {
  const { ws, mock } = useParams({ from: '/app/w/$ws/mocks/$mock' })
  const { data: list } = useQuery(indexQuery(ws))
  const { data: one } = useQuery({ ...bySlugQuery(ws, mock), enabled: list === undefined })
  return list ? list.find((each) => each.slug === mock) : one
}

/** useMock is the mock of the page; only for pages below a mock that the frame has found. */
export function useMock(): Mock {
  const found = useListedMock()
  if (!found) throw new Error('no such mock') // the frame has looked before
  return found
}
