// One export as a reader wants it: the docstring as prose, then the declaration with the docstrings of its fields where
// the fields are. A type that a schema makes has no fields in its declaration, so those are asked of the compiler.
import ts from 'typescript-javascript'

const AS_WRITTEN = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseSingleQuotesForStringLiteralType
const SHORT = 100

/**
 * `symbol` as the emitted declarations have it, `written` as the sources do: docstrings inside a schema are only there. Of
 * a name that is a schema and its type at once the type alone is of use to a caller.
 */
export function declarationOf(checker, { name, symbol, written }) {
  const declarations = symbol.getDeclarations() ?? []
  const alias = declarations.find(ts.isTypeAliasDeclaration)
  const prose = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim()
  if (!alias || !isInferred(alias)) return { prose, code: (alias ? [alias] : declarations).map(source).join('\n') }
  const at = written.getDeclarations().find(ts.isTypeAliasDeclaration)
  return { prose, code: `type ${name} = ${expanded(checker, checker.getTypeAtLocation(at), at, '')}` }
}

/** `z.infer<typeof Schema>` */
function isInferred({ type }) {
  return ts.isTypeReferenceNode(type) && /^z\.(infer|input|output)$/.test(type.typeName.getText())
}

/** On one line where that is short; `indent`: of the line it begins on. */
function expanded(checker, type, at, indent) {
  const line = checker
    .typeToString(type, at, AS_WRITTEN)
    .replaceAll(/ZodType<unknown, unknown, z.core.\$ZodTypeInternals<unknown, unknown>>/g, 'ZodType')
    .replaceAll(/(\?: [^;]*) \| undefined;/g, '$1;')
  const [element] = checker.isArrayType(type) ? checker.getTypeArguments(type) : []
  if (indent && line.length < SHORT) return line
  if (element) return `${expanded(checker, element, at, indent)}[]`
  if (type.isUnion() || !(type.flags & ts.TypeFlags.Object) || type.getProperties().length === 0) return line
  const inner = `${indent}  `
  const lines = type.getProperties().flatMap((property) => {
    const optional = property.flags & ts.SymbolFlags.Optional
    const doc = ts.displayPartsToString(property.getDocumentationComment(checker)).replaceAll('\n', ' ')
    const own = checker.getTypeOfSymbolAtLocation(property, at)
    const text = expanded(checker, optional ? checker.getNonNullableType(own) : own, at, inner)
    return [...(doc ? [`${inner}/** ${doc} */`] : []), `${inner}${property.name}${optional ? '?' : ''}: ${text}`]
  })
  return ['{', ...lines, `${indent}}`].join('\n')
}

/** The emitted text without what only a compiler wants: `export declare`, semicolons, an indent of four. */
function source(node) {
  const statement = ts.isVariableDeclaration(node) ? node.parent.parent : node
  return statement
    .getText()
    .replace(/^export (default )?/, '')
    .replace(/^declare /, '')
    .replaceAll(/;$/gm, '')
    .replaceAll(/^( {4})+/gm, (indent) => ' '.repeat(indent.length / 2))
    .replaceAll(/ \{\n\}/g, ' {}')
}
