import type * as en from '../en/pages'

export const pages: typeof en.pages = {
  soon: 'Esta página ainda não existe. A API e a linha de comando já fazem isto.',
  general: 'Geral',
  members: 'Membros',
  tokens: 'Tokens',
  quota: 'Cota',
  profile: 'Perfil',
  sessions: 'Sessões',
  invitations: 'Convites',
  appearance: 'Aparência',
  data: 'Seus dados',
  invitation: 'Convite',
}
