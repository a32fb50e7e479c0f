// Patterns of text: a star stands for anything, everything else for itself.

/** Of the whole text. */
export function globRegExp(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map(literal).join('.*')}$`, 'su')
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
