import { Quota } from '@/features/org'

export default function QuotaPage() {
  return <Quota />
}
