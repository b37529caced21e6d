import type { LoadRule } from './rule.ts';

const ofLoad = ['unset-variable', 'no-effect', 'duplicate-port'] as const;

/** Rules about what every load says; each problem belongs to the first that takes it. */
export const loadRules: readonly LoadRule[] = [
  {
    id: 'duplicate-port',
    severity: 'error',
    finds:
      'Two services, two mappings of one, or the instances of a UDP service want the same port of the machine, on addresses that overlap.',
    why: '`docker compose config` accepts it, and `docker compose up` fails when half of the services run; berth refuses it before anything changes.',
    fix: 'Give one of them another port or another address, or share the port by `x-berth.routes`.',
    takes: (problem, from) => from === 'errors' && problem.rule === 'duplicate-port',
  },
  {
    id: 'invalid',
    severity: 'error',
    finds: 'The application file cannot be loaded: the YAML, a key, a value, a reference or a required variable is wrong.',
    why: 'No verb that reads the file can go on; nothing else is checked until the file loads.',
    fix: 'See the finding; `docs/reference/compose.md` lists every key.',
    takes: (_problem, from) => from === 'errors',
  },
  {
    id: 'unset-variable',
    severity: 'warning',
    finds: 'A value is filled from a variable that is not set.',
    why: 'As in Compose, it becomes empty without a word (inside `x-berth`, the value of a lower layer stays).',
    fix: 'Set it, or write `${NAME:-default}`, or `${NAME:?say what it is}` to refuse the load.',
    takes: ({ rule }) => rule === 'unset-variable',
  },
  {
    id: 'no-effect',
    severity: 'warning',
    finds: 'A key is known, but berth does not act on it.',
    why: 'What it asks for does not happen.',
    fix: 'See the finding; `--strict` makes every verb refuse such keys.',
    takes: ({ rule }) => rule === 'no-effect',
  },
  {
    id: 'remark',
    severity: 'warning',
    finds:
      'Loading has something else to say: a certificate that ends soon, a label of another proxy that is not understood, a name that was changed.',
    why: 'See the finding.',
    fix: 'See the finding.',
    takes: ({ rule }, from) => from === 'warnings' && !ofLoad.some((id) => id === rule),
  },
];
