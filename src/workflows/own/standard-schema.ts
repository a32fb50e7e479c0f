// The one property that schemas of zod, valibot, arktype and others have in common (standardschema.dev), as far as it is
// used here: so an answer's schema is the caller's, and no schema library is in the bundle unless they bring it.

/** Any schema of zod, valibot, arktype and others that speak standardschema.dev. */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Checked<T> | Promise<Checked<T>>
    readonly types?: { readonly input: unknown; readonly output: T } | undefined
  }
}

type Checked<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: Path | undefined }[] }

type Path = readonly (PropertyKey | { readonly key: PropertyKey })[]
