import { hook } from './hook.ts';
import {
  any,
  boolean,
  dictionaryOf,
  either,
  integer,
  listOf,
  nothing,
  object,
  oneOfWords,
  reported,
  string,
  stringOrList,
  type Field,
  type Shape,
} from './shape.ts';

// Keys without effect on a host, in full: what is wrong inside them is still said.

const watch = 'For `docker compose watch`.';
const windows = 'Windows only.';
const none = 'No effect yet.';

/** `services.*.develop` */
export const develop: Shape = either(
  nothing,
  object({
    watch: reported(
      listOf(
        object(
          {
            path: reported(string, watch),
            action: reported(oneOfWords('rebuild', 'sync', 'restart', 'sync+restart', 'sync+exec'), watch),
            target: reported(string, watch),
            ignore: reported(stringOrList, watch),
            include: reported(stringOrList, watch),
            exec: reported(hook, watch),
            initial_sync: reported(boolean, watch),
          },
          ['path', 'action'],
        ),
      ),
      watch,
    ),
  }),
);

/** `services.*.credential_spec` */
export const credentialSpec: Shape = object({
  config: reported(string, windows),
  file: reported(string, windows),
  registry: reported(string, windows),
});

/** `services.*.models` */
export const serviceModels: Shape = either(
  listOf(string),
  dictionaryOf(either(nothing, object({ endpoint_var: reported(string, none), model_var: reported(string, none) }))),
);

/** The top-level `models.*` */
export const model: Shape = object(
  {
    name: reported(string, none),
    model: reported(string, none),
    context_size: reported(integer, none),
    runtime_flags: reported(listOf(string), none),
  },
  ['model'],
);

/** `services.*.provider` */
export const provider: Shape = object({ type: reported(string, none), options: reported(dictionaryOf(any), none) }, ['type']);

/** What a key says that is as in a service, where the whole has no effect yet. */
export const asInService = 'As in a service, once the whole has an effect.';

/** The keys of a container, for something that does not run yet. */
function containerKeys(service: Readonly<Record<string, Field>>): Record<string, Field> {
  return Object.fromEntries(Object.entries(service).map(([key, field]) => [key, reported(field.shape, asInService)]));
}

/** `services.*.pre_start[]` */
export function preStart(service: Readonly<Record<string, Field>>): Shape {
  return object({ ...containerKeys(service), per_replica: reported(boolean, none) });
}

/** The top-level `jobs.*` */
export function job(service: Readonly<Record<string, Field>>): Shape {
  const schedule = object(
    {
      cron: reported(string, none),
      timezone: reported(string, none),
      concurrency: reported(oneOfWords('forbid', 'queue'), none),
      missed_fires: reported(oneOfWords('one', 'skip'), none),
    },
    ['cron'],
  );
  const triggers = object({ manual: reported(boolean, none), schedule: reported(listOf(either(string, schedule)), none) });
  return object({ ...containerKeys(service), triggers: reported(triggers, none) }, ['triggers']);
}
