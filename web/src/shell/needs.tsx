import type { Role } from '@/api/queries/workspaces'
import { useT } from '@/i18n'
import { useMay, useWorkspace } from './here'

/** Why controls are disabled: which role they take, and which the reader has. Nothing where the role is enough. */
export function Needs({ least, className }: { least: Role; className?: string }) {
  const t = useT()
  const { role } = useWorkspace()
  if (useMay(least)) return null
  return <p className={className ?? 'mt-1 text-ink-3 text-sm'}>{t.common.needs(t.common.roles[least], t.common.roles[role])}</p>
}
