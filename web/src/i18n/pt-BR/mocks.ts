import type * as en from '../en/mocks'
import { plural } from '../plural'

const count = (n: number, one: string, other = `${one}s`) => plural('pt-BR', n, one, other)

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
  all: 'Todos',
  trash: 'Excluídos',
  show: 'Quais mocks',
  sort: 'Ordem',
  sorts: { slug: 'Por nome', updated: 'Alterados há pouco', requests: 'Mais chamados', last: 'Chamados há pouco' },
  select: (slug) => `Selecionar ${slug}`,
  selectHere: 'Selecionar',
  selected: (n) => `${count(n, 'mock selecionado', 'mocks selecionados')}`,
  menu: (slug) => `O que fazer com ${slug}`,
  open: 'Abrir',
  duplicate: 'Duplicar',
  duplicateTitle: (slug) => `Duplicar ${slug}`,
  delete: (slug) => `Excluir ${slug}`,
  deleteSeveral: 'Excluir',
  deleted: (n, slug) => (n === 1 ? `${slug} foi excluído.` : `${count(n, 'mock')} excluídos.`),
  published: (n, slug) => (n === 1 ? `${slug} está entrando no ar.` : `${count(n, 'mock')} estão entrando no ar.`),
  wentOffline: (n, slug) => (n === 1 ? `${slug} está fora do ar.` : `${count(n, 'mock')} estão fora do ar.`),
  restore: 'Restaurar',
  restored: (slug) => `${slug} foi restaurado.`,
  until: (day) => `pode ser restaurado até ${day}`,
  noTrash: 'Nada foi excluído.',
  trashHint: 'Mocks excluídos esperam aqui alguns dias, com o histórico.',
  noneSo: 'Nenhum mock está neste estado.',
  errors: (share) => `${share} erros`,
  errorsHint: 'Respondidas com 4xx ou 5xx nas últimas 24 horas',
  noMatch: (text) => `Nenhum mock corresponde a “${text}”.`,
}

export const tabs: typeof en.tabs = {
  edit: 'Editar',
  requests: 'Requisições',
  history: 'Histórico',
  domains: 'Domínios',
  webhooks: 'Webhooks',
  state: 'Estado',
  settings: 'Configurações',
}
