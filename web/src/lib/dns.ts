// Second labels under which names are registered in countries: acme.com.br, acme.co.uk.
const registries = new Set(['ac', 'co', 'com', 'edu', 'gob', 'gov', 'gv', 'ind', 'mil', 'ne', 'net', 'nom', 'or', 'org'])

/** zonesOf lists the zones that a host may lie in, the likeliest first. */
export function zonesOf(host: string): string[] {
  const labels = host.split('.')
  const suffixes = labels.slice(0, -1).map((_, at) => labels.slice(at).join('.'))
  const country = (labels.at(-1) ?? '').length === 2 && registries.has(labels.at(-2) ?? '')
  const likely = labels.slice(country ? -3 : -2).join('.')
  return [likely, ...suffixes.filter((each) => each !== likely)]
}

/** relativeName is a record's name as a provider's form wants it: without the zone, and `@` for the zone itself. */
export function relativeName(name: string, zone: string): string {
  if (name === zone) return '@'
  return name.endsWith(`.${zone}`) ? name.slice(0, -zone.length - 1) : name
}
