import { Tokens } from '@/features/tokens'
import { useT } from '@/i18n'
import { useMay, useWorkspace } from '@/shell/here'
import { Needs } from '@/shell/needs'
import { Panel } from '@/ui/parts'

export default function WorkspaceTokensPage() {
  const t = useT()
  const { slug } = useWorkspace()
  if (useMay('admin')) return <Tokens holder={slug} />
  return (
    <Panel title={t.pages.tokens}>
      <Needs least="admin" className="p-4 text-ink-2" />
    </Panel>
  )
}
