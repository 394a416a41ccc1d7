import { useSuspenseQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useState } from 'react'
import { accountQuery, deleteAccount, exportAddress } from '@/api/queries/account'
import { workspacesQuery } from '@/api/queries/workspaces'
import { useT } from '@/i18n'
import { list } from '@/i18n/format'
import { Button, buttonClass } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { Section } from '@/ui/form'

/** Everything of the account: to take along, and to end. */
export function Data() {
  const t = useT()
  const [asking, setAsking] = useState(false)
  const { username } = useSuspenseQuery(accountQuery).data.data
  const owned = useSuspenseQuery(workspacesQuery).data.filter((each) => !each.personal && each.role === 'owner')
  return (
    <>
      <Section title={t.data.export} lead={t.data.exportLead}>
        <p className="mb-3 text-ink-2">{t.data.exportHint}</p>
        <a href={exportAddress} download className={buttonClass('plain')}>
          <Download size={16} strokeWidth={1.5} aria-hidden="true" />
          {t.data.exportMake}
        </a>
      </Section>
      <Section title={t.data.delete} lead={t.data.deleteLead} danger>
        {owned.length > 0 && <p className="mb-3 text-ink-2">{t.data.deleteOwner(list(owned.map((each) => each.name || each.slug)))}</p>}
        <Button look="danger" onClick={() => setAsking(true)}>
          {t.data.deleteButton}
        </Button>
      </Section>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={t.data.delete}
        lead={t.data.deleteLead}
        action={t.data.deleteConfirm(username)}
        type={username}
        run={() => deleteAccount(username)}
      />
    </>
  )
}
