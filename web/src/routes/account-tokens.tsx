import { Tokens } from '@/features/tokens'

export default function TokensPage() {
  return <Tokens holder={undefined} />
}
