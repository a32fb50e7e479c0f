// What the simulated fixer knows of the simulated reviewer's findings: one line in, the corrected line out.

const RULES: [title: string, fix: (line: string) => string][] = [
  ['Loose comparison', (line) => line.replace(/([^=!<>])==([^=])/g, '$1===$2').replace(/!=([^=])/g, '!==$1')],
  ['Number parsed without a radix', (line) => line.replace(/parseInt\(([^,()]*(?:\([^)]*\))?)\)/g, 'parseInt($1, 10)')],
  ['Left for later', (line) => line.replace(/\s*(\/\/|#)\s*(TO[D]O|FIX[M]E|XXX|HACK)\b.*$/, '')],
  ['An error disappears', (line) => line.replace(/catch\s*(\([^)]*\))?\s*\{\s*\}/, 'catch (error) { throw error }')],
  ['Traffic is not encrypted', (line) => line.replaceAll('http://', 'https://')],
  ['Certificates are not checked', (line) => line.replace(/rejectUnauthorized:\s*false/, 'rejectUnauthorized: true')],
  ['Code built from text is run', (line) => line.replace(/\beval\(/, 'JSON.parse(')],
]

/** Undefined where no rule is for this; findings of several experts at one line come with all their titles. */
export function fixedLine(title: string, line: string): string | undefined {
  const known = RULES.filter(([name]) => title.includes(name))
  return known.length === 0 ? undefined : known.reduce((now, [, fix]) => fix(now), line)
}
