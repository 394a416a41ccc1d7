/** Texts of the list of mocks and of what is around a mock. */
export const mocks = {
  title: 'Mocks',
  filter: 'Filter by name or address',
  new: 'New mock',
  empty: 'No mock yet.',
  emptyHint: 'A mock is a YAML file that answers at an address of its own, milliseconds after you save it.',
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
