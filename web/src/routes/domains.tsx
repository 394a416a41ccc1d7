import { getRouteApi } from '@tanstack/react-router'
import { WorkspaceDomains } from '@/features/domains'
import { useT } from '@/i18n'
import { Filter } from '@/ui/filter'

const route = getRouteApi('/app/w/$ws/domains')

export default function DomainsPage() {
  const t = useT()
  const { q = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const search = (next: string) => void navigate({ search: { q: next || undefined }, replace: true })
  return <WorkspaceDomains q={q} filter={<Filter label={t.domains.filter} value={q} onChange={search} />} />
}
