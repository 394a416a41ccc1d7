import { useQuery } from '@tanstack/react-query'
import { newest, type RecordedRequest, requestQuery } from '@/api/queries/requests'
import { trySeveral } from '@/api/queries/tools'
import { queryClient } from '@/api/query-client'
import { Answer, Fold } from '@/features/try/answer'
import { useT } from '@/i18n'
import { Dialog } from '@/ui/dialog'
import { ProblemText } from '@/ui/problem'
import { type Checked, compare, requestOf } from './traffic-check'

/** checkTraffic tries the last recorded requests against a draft; what is published twice, to know what differs by itself. */
async function checkTraffic(mock: string, records: RecordedRequest[], draft: string): Promise<Checked> {
  const requests = records.map(requestOf)
  const before = await trySeveral(mock, requests)
  const [again, after] = await Promise.all([trySeveral(mock, requests), trySeveral(mock, requests, draft)])
  return compare(records, before, again, after)
}

/** What of the last requests the draft would answer differently. */
export function TrafficCheckDialog({ mock, draft, onClose }: { mock: string; draft: string; onClose: () => void }) {
  const t = useT()
  const { data, error } = useQuery({
    queryKey: ['traffic-check', mock],
    queryFn: async () => {
      const whole = (await newest(mock)).items.filter((each) => each.recording_mode !== 'metadata').slice(0, 50)
      if (whole.length === 0) return { same: 0, changes: [], none: true }
      return {
        ...(await checkTraffic(
          mock,
          await Promise.all(whole.map((each) => queryClient.ensureQueryData(requestQuery(mock, each.id)))),
          draft,
        )),
        none: false,
      }
    },
    gcTime: 0,
    staleTime: 0,
    retry: false,
  })
  return (
    <Dialog open onClose={onClose} title={t.editor.checkTitle} wide>
      <div role="status" className="flex flex-col gap-3">
        {error && <ProblemText problem={error} />}
        {!data && !error && <p className="text-ink-2">{t.editor.checkBusy}</p>}
        {data?.none && <p>{t.editor.checkNone}</p>}
        {data && !data.none && <p className="text-good">{t.editor.checkSame(data.same)}</p>}
        {data && data.changes.length > 0 && <p className="font-medium text-warn">{t.editor.checkDifferent(data.changes.length)}</p>}
        {data?.changes.map(({ record, before, after }) => (
          <Fold
            key={record.id}
            label={`${record.method} ${record.path}   ${before.response?.status ?? ''} → ${after.response?.status ?? ''}`}
          >
            <div className="grid grid-cols-2 gap-4 narrow:grid-cols-1">
              <Answer title={t.editor.published} result={{ diagnostics: [], ...before }} />
              <Answer title={t.editor.draft} result={{ diagnostics: [], ...after }} />
            </div>
          </Fold>
        ))}
      </div>
    </Dialog>
  )
}
