import { getRouteApi } from '@tanstack/react-router'
import { EditorPage } from '@/features/editor/editor-page'
import { useMock } from '@/shell/here'

const route = getRouteApi('/app/w/$ws/mocks/$mock/')

export default function MockEditorPage() {
  const { at, line } = route.useSearch()
  const { id } = useMock()
  return <EditorPage key={id} at={at} line={line} />
}
