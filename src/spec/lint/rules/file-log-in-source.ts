import type { Rule } from '../rule.ts';
import { sourcesOf } from '../sources.ts';

/** Logs that a source writes into a file of the container. */
export const fileLogInSource: Rule = {
  id: 'file-log-in-source',
  severity: 'warning',
  finds: 'The source of a service that is built writes its log to a file (`FileHandler`, `transports.File`).',
  why: '`berth logs` and the evidence of a failed deploy show what a service writes to its output. A directory that `.dockerignore` leaves out is not there, and the program ends at its start.',
  fix: 'Let it log to its output: a `StreamHandler`, a `transports.Console`.',
  *find(facts) {
    for (const { service, source } of sourcesOf(facts))
      for (const { file, place } of source.logs ?? [])
        yield { mark: service.mark, message: `the source of \`${service.name}\` writes its log to the file \`${file}\` (${place})` };
  },
};
