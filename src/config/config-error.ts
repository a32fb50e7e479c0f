/** Bad configuration; callers show the message and exit with 2. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}
