import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, type Schemas, tagged } from '../client'
import { requestKeys } from './requests'

export type Recording = Schemas['Recording']
export type RecordingMode = Schemas['RecordingMode']

const key = (mock: string) => ['requests', 'recording-state', mock] as const

/** What is recorded of a mock, with the name of that state. */
export const recordingStateQuery = (mock: string) =>
  queryOptions({
    queryKey: key(mock),
    queryFn: ({ signal }) => tagged(api.GET('/api/v1/mocks/{mock_id}/recording', { params: { path: { mock_id: mock } }, signal })),
  })

export function useUpdateRecording(mock: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ input, etag }: { input: Schemas['RecordingUpdate']; etag: string }) =>
      tagged(
        api.PATCH('/api/v1/mocks/{mock_id}/recording', { body: input, params: { path: { mock_id: mock }, header: { 'If-Match': etag } } }),
      ),
    onSuccess: (read) => {
      client.setQueryData(key(mock), read)
      client.setQueryData(requestKeys.recording(mock), read.data)
    },
    onError: () => void client.invalidateQueries({ queryKey: key(mock) }),
  })
}

/** Forgets all recorded requests of a mock; it outlives the page. */
export const forgetRequests = (mock: string) =>
  body(api.DELETE('/api/v1/mocks/{mock_id}/requests', { params: { path: { mock_id: mock } }, keepalive: true }))
