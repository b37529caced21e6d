import { child } from '../../text/node.ts';
import type { Facts, Rule } from '../rule.ts';
import { sourcesOf } from '../sources.ts';

/** What every container has, or what means something when it is absent. */
const usual =
  /^(?:HOME|HOST|HOSTNAME|PATH|PWD|USER|SHELL|TERM|TZ|LANG|LC_\w+|TMP|TMPDIR|TEMP|CI|DEBUG|PORT|NODE_ENV|NODE_OPTIONS|NO_COLOR|FORCE_COLOR|npm_\w+|PYTHON\w*|VIRTUAL_ENV|BERTH_\w+|https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY)$/;

/** Variables that the source needs and nobody sets. */
export const unsetInSource: Rule = {
  id: 'unset-in-source',
  severity: 'warning',
  finds:
    'The source of a service that is built reads a variable (`process.env.X`, `os.environ["X"]`, `os.getenv("X")`) that nothing sets and for which the source has no default.',
  why: 'It is `undefined` or `None`, or ends the program, at the first use: perhaps long after the deploy.',
  fix: 'Set it under `environment`, or give it a default in the source.',
  *find(facts) {
    for (const { service, source } of sourcesOf(facts)) {
      const { name, node, mark, model } = service;
      const set = new Set([...source.sets, ...setFor(model.build?.context, facts)]);
      for (const { name: variable, place } of source.reads) {
        if (set.has(variable) || usual.test(variable)) continue;
        const message = `the source of \`${name}\` reads \`${variable}\` (${place}), which nothing sets`;
        yield {
          mark: child(node, 'environment')?.mark ?? mark,
          message,
          hint: `Set \`${variable}\` under \`services.${name}.environment\`, or give it a default in the source.`,
        };
      }
    }
  },
};

/** What any service that is built from a directory sets: a worker may not need what the server does. */
function setFor(context: string | undefined, { services }: Facts): string[] {
  return services.flatMap(({ model }) =>
    model.build?.context === context ? [...Object.keys(model.environment), ...Object.keys(model.build?.args ?? {})] : [],
  );
}
