// Every environment variable that is read here, by name: what is not on this list cannot be read (the type says so), and
// what a deployment sets must be on it.

const OURS = [
  'ENSEMBLE_HOME',
  'ENSEMBLE_TASK_QUEUE',
  'ENSEMBLE_SIMULATED',
  'ENSEMBLE_LOG_LEVEL',
  'ENSEMBLE_DEBUG',
  'ENSEMBLE_HEALTH_PORT',
  'ENSEMBLE_DEPLOYMENT',
  'ENSEMBLE_BUILD_ID',
  'ENSEMBLE_SET_CURRENT',
] as const

const MODEL = ['ANTHROPIC_API_KEY', 'ANTHROPIC_BASE_URL'] as const

/** Read by Temporal's own loader of profiles. */
const TEMPORAL = [
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_API_KEY',
  'TEMPORAL_PROFILE',
  'TEMPORAL_CONFIG_FILE',
  'TEMPORAL_TLS',
  'TEMPORAL_TLS_CLIENT_CERT_PATH',
  'TEMPORAL_TLS_CLIENT_CERT_DATA',
  'TEMPORAL_TLS_CLIENT_KEY_PATH',
  'TEMPORAL_TLS_CLIENT_KEY_DATA',
  'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
  'TEMPORAL_TLS_SERVER_CA_CERT_DATA',
  'TEMPORAL_TLS_SERVER_NAME',
  'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION',
] as const

export const VARIABLES = [...OURS, ...MODEL, ...TEMPORAL, 'HOME'] as const

export type Environment = Partial<Record<(typeof VARIABLES)[number], string | undefined>>
