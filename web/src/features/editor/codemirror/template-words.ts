import { templateReferenceQuery } from '@/api/queries/tools'
import { queryClient } from '@/api/query-client'

/** A word of the template language, with what it does. */
export interface Word {
  name: string
  detail?: string
  info?: string
}

export interface TemplateWords {
  variables: Word[]
  filters: Word[]
  tags: Word[]
}

/** templateWords are the words that the server knows; none while it cannot be asked. */
export async function templateWords(): Promise<TemplateWords> {
  const known = await queryClient.ensureQueryData(templateReferenceQuery).catch(() => undefined)
  if (!known) return { variables: [], filters: [], tags: [] }
  return {
    variables: known.variables.flatMap((each) => {
      // What an endpoint declares is completed from its own text.
      if (each.declared_in) return []
      const names = each.keys.length > 0 ? each.keys.map((key) => `${each.name}.${key}`) : [each.name]
      return names.map((name) => ({ name, info: each.summary }))
    }),
    filters: known.filters.map((each) => ({ name: each.name, info: each.summary, detail: each.min_arguments > 0 ? ': …' : '' })),
    tags: known.tags.flatMap((each) => [
      { name: each.name, info: each.summary },
      ...(each.end ? [{ name: each.end, detail: each.name }] : []),
    ]),
  }
}
