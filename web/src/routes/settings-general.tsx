import { General } from '@/features/org'

export default function GeneralPage() {
  return <General />
}
