import type { Input } from '../flags.ts';

/** The flags of every verb that runs a command in a container. */
export const sessionFlags = {
  'no-tty': { short: 'T', summary: 'no terminal, also when this is one' },
  user: { short: 'u', value: 'USER', summary: 'run as this user' },
  workdir: { short: 'w', value: 'DIR', summary: 'run in this directory' },
  env: { short: 'e', value: 'KEY=VALUE', repeat: true, summary: 'add a variable' },
} as const;

/** The service and command of such a verb, and its flags. */
export type SessionInput = Input<typeof sessionFlags>;
