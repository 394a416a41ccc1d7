import { Webhooks } from '@/features/webhooks'

export default function MockWebhooksPage() {
  return <Webhooks />
}
