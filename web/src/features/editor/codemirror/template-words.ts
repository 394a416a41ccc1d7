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

const names = (text: string): Word[] => text.split(' ').map((name) => ({ name }))

/** The names alone, as docs/selmer.md lists them. */
const known: TemplateWords = {
  variables: [],
  filters: names(
    'upper lower capitalize title str name replace remove remove-tags addslashes subs center urlescape hash abbreviate add multiply divide round double-format number-format currency-format get-digit between? first last rand-nth take drop drop-last join sort sort-reversed sort-by sort-by-reversed range count length count-is length-is empty? not-empty pluralize default default-if-empty json safe date timestamp email phone linebreaks linebreaks-br linenumbers',
  ),
  tags: names(
    'if elif else endif for empty endfor with endwith firstof sum cycle now ifequal else endifequal ifunequal endifunequal comment endcomment verbatim endverbatim safe endsafe',
  ),
}

export async function templateWords(): Promise<TemplateWords> {
  return known
}
