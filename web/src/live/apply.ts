import type { QueryClient } from '@tanstack/react-query'
import type { Schemas } from '@/api/client'
import { dropMock, keepMock, mockKeys, mockQuery, patchMock } from '@/api/queries/mocks'
import type { StreamEvent } from './stream'

const rereads = new Map<string, ReturnType<typeof setTimeout>>()

/** reread reads one mock again, once for several events in a row. */
function reread(client: QueryClient, id: string): void {
  clearTimeout(rereads.get(id))
  const timer = setTimeout(() => {
    rereads.delete(id)
    client
      .fetchQuery({ ...mockQuery(id), staleTime: 0, retry: false })
      .then((read) => keepMock(client, read))
      .catch(() => void client.invalidateQueries({ queryKey: ['mocks', 'index'] }))
  }, 150)
  rereads.set(id, timer)
}

/** What a change makes stale, by the kind of what was changed. */
const changed: Record<string, string[][]> = {
  file: [['files']],
  member: [['members'], ['workspaces']],
  invitation: [['invitations'], ['members']],
  token: [['tokens']],
  workspace: [['workspaces']],
  account: [['account']],
  session: [['sessions']],
}

/** applyEvent brings what is known up to date with an event. */
export function applyEvent(client: QueryClient, { event, data }: StreamEvent): void {
  if (data === undefined || data === null) return
  switch (event) {
    case 'publication': {
      const news = data as Schemas['Publication']
      client.setQueryData(mockKeys.publication(news.mock_id), news)
      patchMock(client, news.mock_id, {
        state: news.state,
        reason: news.reason,
        published_revision: news.published_revision,
        diagnostics: news.diagnostics,
      })
      return
    }
    case 'mock': {
      const news = data as Schemas['MockEvent']
      reread(client, news.mock_id)
      void client.invalidateQueries({ queryKey: ['revisions', news.mock_id] })
      if (news.action === 'restored') void client.invalidateQueries({ queryKey: ['mocks', 'deleted'] })
      return
    }
    case 'mock_deleted':
      // One that moved is gone from where it was, and nowhere else.
      dropMock(client, (data as Schemas['MockDeletedEvent']).mock_id, (data as Schemas['MockDeletedEvent']).workspace_id)
      return
    case 'change': {
      for (const queryKey of changed[(data as Schemas['ChangeEvent']).kind] ?? []) void client.invalidateQueries({ queryKey })
      return
    }
    case 'domain':
    case 'domain_deleted':
      void client.invalidateQueries({ queryKey: ['domains'] })
      return
    case 'reset':
      void client.invalidateQueries()
      return
  }
}
