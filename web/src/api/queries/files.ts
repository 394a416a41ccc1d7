import { queryOptions, useQueryClient } from '@tanstack/react-query'
import { api, body, everyPage, type Schemas } from '../client'

export type WorkspaceFile = Schemas['File']

export const fileKeys = {
  of: (ws: string) => ['files', ws] as const,
  uses: (ws: string, id: string) => ['files', ws, 'uses', id] as const,
}

export const filesQuery = (ws: string) =>
  queryOptions({
    queryKey: fileKeys.of(ws),
    queryFn: ({ signal }) =>
      everyPage((cursor) =>
        body(
          api.GET('/api/v1/workspaces/{workspace_slug}/files', {
            params: { path: { workspace_slug: ws }, query: { limit: 200, cursor } },
            signal,
          }),
        ),
      ),
  })

/** The mocks that name a file. */
export const fileUsesQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: fileKeys.uses(ws, id),
    queryFn: ({ signal }) =>
      everyPage((cursor) =>
        body(
          api.GET('/api/v1/workspaces/{workspace_slug}/files/{file_id}/mocks', {
            params: { path: { workspace_slug: ws, file_id: id }, query: { limit: 200, cursor } },
            signal,
          }),
        ),
      ),
    staleTime: 0,
  })

/** Where a browser downloads a file. */
export const fileAddress = (ws: string, id: string): string =>
  `/api/v1/workspaces/${encodeURIComponent(ws)}/files/${encodeURIComponent(id)}/content`

/** What can be done with the files of a workspace. */
export function useFiles(ws: string) {
  const client = useQueryClient()
  const again = () => client.invalidateQueries({ queryKey: fileKeys.of(ws) })
  const put = (name: string, content: Blob, replace: boolean) =>
    body(
      api.PUT('/api/v1/workspaces/{workspace_slug}/files', {
        params: { path: { workspace_slug: ws }, query: { name }, ...(!replace && { header: { 'If-None-Match': '*' } }) },
        body: content as unknown as string, // the contract's binary
        bodySerializer: (given) => given as unknown as BodyInit,
        headers: { 'Content-Type': content.type || 'application/octet-stream' },
      }),
    )
  const remove = async (id: string, force: boolean) => {
    await body(
      api.DELETE('/api/v1/workspaces/{workspace_slug}/files/{file_id}', {
        params: { path: { workspace_slug: ws, file_id: id }, query: { force } },
        keepalive: true,
      }),
    )
    await again()
  }
  return {
    /** upload makes a file; unless it replaces, a name that is taken is a `lost_update`. */
    upload: async (name: string, content: Blob, replace: boolean) => {
      const made = await put(name, content, replace)
      await again()
      return made
    },
    remove,
    /** rename makes the file anew under the other name, and then removes the old one: mocks that name that have to be changed. */
    rename: async (file: WorkspaceFile, name: string) => {
      const content = await body(
        api.GET('/api/v1/workspaces/{workspace_slug}/files/{file_id}/content', {
          params: { path: { workspace_slug: ws, file_id: file.id } },
          parseAs: 'blob',
        }),
      )
      const made = await put(name, new Blob([content as unknown as Blob], { type: file.media_type }), false)
      await remove(file.id, true)
      return made
    },
  }
}
