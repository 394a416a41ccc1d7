import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { EditorPage } from '@/features/editor/editor-page'
import { useMock } from '@/shell/here'

const route = getRouteApi('/app/w/$ws/mocks/$mock/')

export default function MockEditorPage() {
  const { at, line, view } = route.useSearch()
  const { id } = useMock()
  const navigate = useNavigate({ from: '/w/$ws/mocks/$mock' })
  return (
    <EditorPage
      key={id}
      at={at}
      line={line}
      view={view}
      onView={(next) => void navigate({ search: (before) => ({ ...before, view: next === 'form' ? next : undefined }), replace: true })}
    />
  )
}
