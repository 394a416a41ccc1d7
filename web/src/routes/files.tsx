import { getRouteApi } from '@tanstack/react-router'
import { Files } from '@/features/files'

const route = getRouteApi('/app/w/$ws/files')

export default function FilesPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <Files
      search={search}
      onSearch={(change) => void navigate({ search: (before) => ({ ...before, ...change }), replace: 'q' in change })}
    />
  )
}
