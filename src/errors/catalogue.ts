/** One kind of failure: how the process ends, what the API answers, and what the docs say. */
type Entry = { readonly exit: number; readonly status: number; readonly retryable: boolean; readonly doc: string };

const entry = (exit: number, status: number, doc: string, retry: 'retry' | 'final' = 'final'): Entry => ({
  exit,
  status,
  retryable: retry === 'retry',
  doc,
});

/** Every error code that berth can end with. A code once released is never used for something else. */
export const catalogue = {
  USAGE: entry(2, 400, 'The command line is not one that berth understands.'),
  INVALID_REQUEST: entry(2, 400, 'A request to the server does not fit its schema.'),
  FILE_NOT_FOUND: entry(2, 404, 'No Compose file, or a file that one names, could be found.'),
  FILE_INVALID: entry(2, 422, 'The application file has one or more problems; each is listed with its place.'),
  VARIABLE_REQUIRED: entry(2, 422, 'A variable written as `${NAME:?message}` is unset or empty.'),
  STRICT: entry(2, 422, 'With `--strict`, a key that berth does not act on is an error.'),
  STACK_UNKNOWN: entry(2, 422, 'No Dockerfile, no image, and no stack that berth knows was found in the source.'),
  APP_ELSEWHERE: entry(2, 409, 'An app of this name was deployed from another directory.'),
  APP_NOT_FOUND: entry(2, 404, 'The server knows no app of this name.'),
  SERVICE_NOT_FOUND: entry(2, 404, 'The app has no service of this name.'),
  INSTANCE_NOT_FOUND: entry(2, 404, 'The service has no running instance to act on.'),
  RELEASE_NOT_FOUND: entry(2, 404, 'The app has no release of this number.'),
  RELEASE_IMAGE_GONE: entry(2, 410, 'An image of the wanted release is no longer on the engine.'),
  ROLLOUT_NOT_FOUND: entry(2, 404, 'The server knows no rollout of this id.'),
  PORT_TAKEN: entry(2, 409, 'A published port is held by something that is not this app.'),
  ROUTE_CONFLICT: entry(2, 409, 'Two services claim the same route.'),
  CERTIFICATE_INVALID: entry(2, 422, 'A certificate or its key cannot be used as it is.'),
  CERTIFICATE_FAILED: entry(1, 502, 'A certificate could not be had from its authority.', 'retry'),
  SUBNET_EXHAUSTED: entry(2, 409, 'No free private /24 network is left on this machine.'),
  IMAGE_NOT_FOUND: entry(2, 404, 'An image exists neither on the engine nor in its registry.'),
  REGISTRY_DENIED: entry(2, 403, 'The registry refused the credentials, or wants some.'),
  REGISTRY_UNREACHABLE: entry(1, 502, 'The registry could not be reached.', 'retry'),
  BUILD_FAILED: entry(2, 422, 'The image build failed; its last lines are shown.'),
  BUILD_TOOL_MISSING: entry(2, 424, 'No BuildKit builder is installed.'),
  BASE_FAILED: entry(1, 424, 'A base image could not be made from distribution packages.'),
  ENGINE_UNREACHABLE: entry(5, 503, 'The container engine does not answer.', 'retry'),
  ENGINE_UNSUPPORTED: entry(2, 501, 'This kind of engine address is not supported yet.'),
  ENGINE_TIMEOUT: entry(5, 504, 'The container engine did not answer in time.', 'retry'),
  ENGINE_REFUSED: entry(1, 422, 'The container engine refused a request.'),
  ENGINE_CONFLICT: entry(1, 409, 'The container engine holds something of the same name.'),
  SERVER_UNREACHABLE: entry(5, 503, 'The berth server could not be started or reached.', 'retry'),
  SERVER_VERSION: entry(5, 409, 'The berth server is of another version and could not be replaced.'),
  DATABASE_NEWER: entry(2, 409, 'The database was written by a newer berth.'),
  DATABASE_DAMAGED: entry(3, 500, 'The database, or a row of it, could not be read.'),
  HOME_LOCKED: entry(5, 409, 'Another berth server holds this home.', 'retry'),
  JOURNAL_FULL: entry(3, 507, 'The journal could not be written: the disk is full.'),
  LEASE_HELD: entry(4, 423, 'Another rollout of this app is running.'),
  GATE_FAILED: entry(1, 422, 'A new instance did not pass its gate; the old release keeps serving.'),
  WATCH_FAILED: entry(1, 422, 'The new release failed while it was watched after the switch; berth went back.'),
  RELEASE_COMMAND_FAILED: entry(1, 422, 'The release command or a job ended with a failure.'),
  NOT_REVERTED: entry(3, 500, 'The rollout failed and the app is NOT back in a good state.'),
  EDGE_FAILED: entry(1, 502, 'HAProxy refused or did not acknowledge a change.'),
  TOOL_MISSING: entry(2, 424, 'A program that berth needs is not installed.'),
  CONFIRMATION_NEEDED: entry(2, 400, 'A destructive command without a terminal needs `-y`.'),
  STEP_TIMEOUT: entry(1, 504, 'A step of a rollout did not end in time.'),
  CANCELLED: entry(130, 499, 'The user cancelled.'),
  INTERNAL: entry(1, 500, 'A bug of berth; the message names the log.'),
} as const satisfies Record<string, Entry>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof catalogue;
