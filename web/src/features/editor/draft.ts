import { database } from '@/lib/database'

/** What somebody wrote and did not save: it survives reloading, a crash and signing in again. */
export interface Draft {
  text: string
  /** What it was written on top of. */
  base: string
  revision: number
  etag: string
  at: number
  cursor: number
}

const keyOf = (account: string, mock: string) => `${account}/${mock}`

export const drafts = {
  read: (account: string, mock: string) => database.get<Draft>('drafts', keyOf(account, mock)),
  write: (account: string, mock: string, draft: Draft) => database.put('drafts', keyOf(account, mock), draft),
  remove: (account: string, mock: string) => database.remove('drafts', keyOf(account, mock)),
  /** The mocks that have one. */
  list: async (account: string): Promise<string[]> =>
    (await database.keys('drafts')).filter((each) => each.startsWith(`${account}/`)).map((each) => each.slice(account.length + 1)),
}
