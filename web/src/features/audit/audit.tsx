import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { type AuditEntry, auditQuery } from '@/api/queries/audit'
import { type Texts, useT } from '@/i18n'
import { useMay, useWorkspace } from '@/shell/here'
import { Needs } from '@/shell/needs'
import { Button } from '@/ui/button'
import { Copy } from '@/ui/copy'
import { Field, Input, Select } from '@/ui/field'
import { Form } from '@/ui/form'
import { Item, Items } from '@/ui/items'
import { Empty, Page, Panel, Skeleton, Time } from '@/ui/parts'
import { Failed } from '@/ui/problem'
import { type AuditSearch, filtersOf } from './filters'

interface AuditProps {
  search: AuditSearch
  onSearch: (change: AuditSearch) => void
}

/** Who did what in the workspace of the page. */
export function Audit(props: AuditProps) {
  const t = useT()
  const admin = useMay('admin')
  return (
    <Page title={t.shell.audit} lead={t.audit.lead}>
      {admin ? (
        <>
          <Filters {...props} />
          <Entries {...props} />
        </>
      ) : (
        <Panel>
          <Needs least="admin" className="p-4 text-ink-2" />
        </Panel>
      )}
    </Page>
  )
}

function Filters({ search, onSearch }: AuditProps) {
  const t = useT()
  const [account, setAccount] = useState(search.account ?? '')
  useEffect(() => setAccount(search.account ?? ''), [search.account])
  return (
    <Form role="search" className="grid! grid-cols-4 mid:grid-cols-2" onSend={() => onSearch({ account: account.trim() || undefined })}>
      <Field label={t.audit.account}>
        {(props) => (
          <Input
            {...props}
            placeholder={t.audit.accountHint}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={64}
            value={account}
            onChange={(event) => setAccount(event.target.value)}
            onBlur={() => onSearch({ account: account.trim() || undefined })}
          />
        )}
      </Field>
      <Field label={t.audit.action}>
        {(props) => (
          <Select {...props} value={search.action ?? ''} onChange={(event) => onSearch({ action: event.target.value || undefined })}>
            <option value="">{t.audit.anything}</option>
            {Object.entries(t.audit.actions).map(([action, text]) => (
              <option key={action} value={action}>
                {text.replace(/:$/, '')}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label={t.audit.since}>
        {(props) => (
          <Input
            {...props}
            type="date"
            value={search.since ?? ''}
            onChange={(event) => onSearch({ since: event.target.value || undefined })}
          />
        )}
      </Field>
      <Field label={t.audit.until}>
        {(props) => (
          <Input
            {...props}
            type="date"
            value={search.until ?? ''}
            onChange={(event) => onSearch({ until: event.target.value || undefined })}
          />
        )}
      </Field>
    </Form>
  )
}

function Entries({ search, onSearch }: AuditProps) {
  const t = useT()
  const { slug } = useWorkspace()
  const filters = filtersOf(search)
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(auditQuery(slug, filters))
  const all = data?.pages.flatMap((page) => page.items)
  const filtered = Object.values(filters).some(Boolean)
  return (
    <>
      <Panel>
        {error && !all && <Failed error={error} retry={() => void refetch()} />}
        {!all && !error && <Skeleton rows={8} />}
        {all?.length === 0 && (
          <Empty title={filtered ? t.audit.noMatch : t.audit.empty}>
            {filtered && (
              <Button onClick={() => onSearch({ account: undefined, action: undefined, since: undefined, until: undefined })}>
                {t.audit.clear}
              </Button>
            )}
          </Empty>
        )}
        {all && all.length > 0 && (
          <Items label={t.shell.audit}>
            {all.map((each) => (
              <Entry key={each.id} entry={each} t={t} />
            ))}
          </Items>
        )}
      </Panel>
      {hasNextPage && (
        <Button className="self-center" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t.audit.older}
        </Button>
      )}
    </>
  )
}

function Entry({ entry, t }: { entry: AuditEntry; t: Texts }) {
  const { action, username, account_id, means, label, kind, request_id, at } = entry
  const did = (t.audit.actions as Record<string, string>)[action]
  const how = (t.audit.means as Record<string, string>)[means]
  return (
    <Item
      title={
        <span className="font-normal">
          {did ?? <code className="code">{action}</code>} <span className="font-medium">{label || kind}</span>
        </span>
      }
      meta={
        <>
          <span className="font-medium text-ink-2">{username || (account_id ? t.audit.gone : t.audit.service)}</span>
          {how && <span>{how}</span>}
          <Time time={at} />
        </>
      }
      aside={request_id && <Copy text={request_id} label={t.audit.request} />}
    />
  )
}
