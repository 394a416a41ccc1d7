import { Data } from '@/features/account'

export default function DataPage() {
  return <Data />
}
