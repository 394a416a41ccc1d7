/** Texts of the list of mocks and of what is around a mock. */
export const mocks = {
  title: 'Mocks',
  filter: 'Filter by name or address',
  new: 'New mock',
  empty: 'No mock yet.',
  emptyHint: 'A mock is a YAML file that answers at an address of its own, milliseconds after you save it.',
  noMock: (slug: string, ws: string) => `There is no mock “${slug}” in ${ws}.`,
  near: 'Near:',
  copyAs: 'Copy the address as…',
  copyAddress: 'Copy the address',
  copyCurl: 'Copy as curl',
  openAddress: 'Open in a tab',
  noMatch: (text: string) => `No mock matches “${text}”.`,
}

export const tabs = {
  edit: 'Edit',
  requests: 'Requests',
  history: 'History',
  domains: 'Domains',
  webhooks: 'Webhooks',
  settings: 'Settings',
}
