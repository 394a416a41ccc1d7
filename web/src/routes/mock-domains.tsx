import { MockDomains } from '@/features/domains'

export default function MockDomainsPage() {
  return <MockDomains />
}
