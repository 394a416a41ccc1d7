import type * as en from '../en/mocks'

export const mocks: typeof en.mocks = {
  title: 'Mocks',
  filter: 'Filtrar por nome ou endereço',
  new: 'Novo mock',
  empty: 'Nenhum mock ainda.',
  emptyHint: 'Um mock é um arquivo YAML que responde em um endereço próprio, milissegundos depois de salvo.',
  noMock: (slug, ws) => `Não há um mock “${slug}” em ${ws}.`,
  near: 'Parecidos:',
  copyAs: 'Copiar o endereço como…',
  copyAddress: 'Copiar o endereço',
  copyCurl: 'Copiar como curl',
  openAddress: 'Abrir em outra aba',
  noMatch: (text) => `Nenhum mock corresponde a “${text}”.`,
}

export const tabs: typeof en.tabs = {
  edit: 'Editar',
  requests: 'Requisições',
  history: 'Histórico',
  domains: 'Domínios',
  webhooks: 'Webhooks',
  settings: 'Configurações',
}
