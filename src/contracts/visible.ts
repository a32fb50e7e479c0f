// What a person is asked about must be what they see. Characters that show nothing, turn the text around or look like
// other letters are written as escapes, so that nothing in a command or a file name can hide or pretend.

/** Controls, formats (bidi, zero width, tags), lone surrogates, private and unassigned ones, separators but the blank. */
const UNSEEN = /[^\P{C}\n]|[\p{Zl}\p{Zp}]|[^\P{Zs} ]|\p{Default_Ignorable_Code_Point}|[\u2800\u3164\uffa0]/u
/** Letters of other scripts that look like Latin ones, and marks that look like ASCII's. */
const ALIKE = /[аеорсухіјѕһԁԛԝѵӏАВЕКМНОРСТУХІЈЅҺԌԚԜαονρικυχωΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսոհցքԛꓐꓚꓓꓔꓡꓰꓲ‐‑−˗⁄∕⧸ˋ＇ʹʼ‚‛․‥⁏;；∶ː׃]/u
const WORD = /[\p{L}\p{M}\p{N}_]+/gu

/** A text as a person can read all of it; a line break stays one. */
export function visible(text: string): string {
  return rewrite(text.replace(/\\(?=u\{)/g, '\\\\'), (char) => `\\u{${codeOf(char).toString(16)}}`)
}

/** On one line. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll('\n', '\\n')
}

/** The value's exact JSON: read back, it is the same value. */
export function visibleJson(value: unknown): string {
  return rewrite(JSON.stringify(value) ?? 'null', (char) =>
    char.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}

/** Most is plain, and may be long. */
const PLAIN = /^[ -~\n]*$/

function rewrite(text: string, show: (char: string) => string): string {
  if (PLAIN.test(text)) return text
  const words = text.replace(WORD, (word) => (pretends(word) ? each(word, isForeign, show) : word))
  return each(words, isHidden, show)
}

function each(text: string, test: (char: string) => boolean, show: (char: string) => string): string {
  return Array.from(text, (char) => (test(char) ? show(char) : char)).join('')
}

const codeOf = (char: string) => char.codePointAt(0) ?? 0
const isAscii = (char: string) => codeOf(char) < 0x80

function isHidden(char: string): boolean {
  if (isAscii(char)) return char !== '\n' && /\p{Cc}/u.test(char)
  return UNSEEN.test(char) || (ALIKE.test(char) && !/\p{L}/u.test(char)) || isDisguised(char)
}

/** Another form of an ASCII character: full width, mathematical, circled. */
function isDisguised(char: string): boolean {
  const plain = char.normalize('NFKC')
  return plain !== char && /^[!-~]+$/.test(plain) && !/[²³¹ªº™½¼¾…№℃]/u.test(char)
}

const OTHER_SCRIPTS =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}]/u
const isForeign = (char: string) => OTHER_SCRIPTS.test(char)

/** A word of several scripts, or one of letters that all look Latin. */
function pretends(word: string): boolean {
  if (!isForeign(word)) return false
  if (/\p{Script=Latin}/u.test(word)) return true
  const letters = Array.from(word).filter((char) => /\p{L}/u.test(char))
  return letters.length > 1 && letters.every((char) => ALIKE.test(char))
}
