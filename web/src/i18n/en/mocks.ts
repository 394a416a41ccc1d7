import { plural } from '../plural'

const count = (n: number, one: string, other = `${one}s`) => plural('en', n, one, other)

/** Texts of the list of mocks and of what is around a mock. */
export const mocks = {
  title: 'Mocks',
  filter: 'Filter by name or address',
  new: 'New mock',
  empty: 'No mocks yet.',
  emptyHint: 'A mock is a YAML file that answers at its own address, milliseconds after you save it.',
  noMock: (slug: string, ws: string) => `There is no mock “${slug}” in ${ws}.`,
  near: 'Similar:',
  copyAs: 'Copy the address as…',
  copyAddress: 'Copy the address',
  copyCurl: 'Copy as curl',
  openAddress: 'Open in a tab',
  all: 'All',
  trash: 'Deleted',
  show: 'Which mocks',
  sort: 'Order',
  sorts: { slug: 'By name', updated: 'Last changed', requests: 'Most called', last: 'Last called' },
  select: (slug: string) => `Select ${slug}`,
  selectHere: 'Select',
  selected: (n: number) => `${count(n, 'mock')} selected`,
  menu: (slug: string) => `Actions for ${slug}`,
  open: 'Open',
  duplicate: 'Duplicate',
  duplicateTitle: (slug: string) => `Duplicate ${slug}`,
  delete: (slug: string) => `Delete ${slug}`,
  deleteSeveral: 'Delete',
  deleted: (n: number, slug: string) => (n === 1 ? `Deleted ${slug}.` : `Deleted ${count(n, 'mock')}.`),
  published: (n: number, slug: string) => (n === 1 ? `${slug} is going live.` : `${count(n, 'mock')} are going live.`),
  wentOffline: (n: number, slug: string) => (n === 1 ? `${slug} is offline.` : `${count(n, 'mock')} are offline.`),
  restore: 'Restore',
  restored: (slug: string) => `Restored ${slug}.`,
  until: (day: string) => `can be restored until ${day}`,
  noTrash: 'No deleted mocks.',
  trashHint: 'Deleted mocks are kept here for a few days, with their history.',
  noneSo: 'No mock is in this state.',
  errors: (share: string) => `${share} errors`,
  errorsHint: 'Answered with 4xx or 5xx in the last 24 hours',
  noMatch: (text: string) => `No mock matches “${text}”.`,
}

export const tabs = {
  edit: 'Edit',
  requests: 'Requests',
  history: 'History',
  domains: 'Domains',
  webhooks: 'Webhooks',
  state: 'State',
  settings: 'Settings',
}
