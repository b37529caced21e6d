import type { Input } from './flags.ts';

/** The flags that every verb knows. Their short forms count only before the verb (`berth -f a.yaml logs -f web`). */
export const globalFlags = {
  file: { short: 'f', value: 'FILE', repeat: true, summary: 'Compose file; again for each one that is laid over the first' },
  project: { short: 'p', value: 'NAME', summary: 'name of the app, instead of the one in the file' },
  env: { short: 'e', value: 'ENV', summary: 'environment: adds compose.ENV.yaml and .env.ENV (also BERTH_ENV)' },
  directory: { short: 'C', value: 'DIR', summary: 'run as if started in DIR' },
  profile: { value: 'NAME', repeat: true, summary: 'also the services of this profile' },
  'env-file': { value: 'FILE', repeat: true, summary: 'variables from FILE instead of .env' },
  set: { value: 'KEY=VALUE', repeat: true, summary: 'override one value of the file (services.web.image=nginx)' },
  strict: { summary: 'a key that berth does not act on is an error' },
  json: { summary: 'print JSON: one object, or one per line for a stream' },
  yes: { short: 'y', summary: 'answer yes to every question' },
  verbose: { short: 'v', summary: 'say more; errors with their stack' },
  quiet: { short: 'q', summary: 'print only results and errors' },
  'no-color': { summary: 'no colour (also NO_COLOR)' },
  help: { short: 'h', summary: 'help for berth or for a verb' },
  version: { summary: 'print the version' },
} as const;

/** The global flags as they were given. */
export type GlobalInput = Input<typeof globalFlags>['flags'];

/** `-y` behind the verb, for the verbs where people write it there. */
export const yesFlag = { short: 'y', summary: 'do not ask' } as const;
