import type { WorkspaceFile } from '@/api/queries/files'

/** snippet names a file as the external body of a response. */
export function snippet({ name }: Pick<WorkspaceFile, 'name'>): string {
  const provider = /\.xlsx$/i.test(name) ? 'xlsx' : 'json'
  // A name that YAML could read as something else is quoted.
  const path = /^[A-Za-z][\w/-]*\.[A-Za-z][\w./-]*$/.test(name) ? name : JSON.stringify(name)
  return `external-body:\n  provider: ${provider}\n  path: ${path}\n`
}
