/** Texts of the pages beside the core loop. */
export const pages = {
  soon: 'This page is not built yet. The API and the command line can do this today.',
  general: 'General',
  members: 'Members',
  tokens: 'Tokens',
  quota: 'Quota',
  profile: 'Profile',
  sessions: 'Sessions',
  invitations: 'Invitations',
  appearance: 'Appearance',
  data: 'Your data',
  invitation: 'Invitation',
}
