import {
  acts,
  any,
  dictionaryOf,
  duration,
  formatted,
  integerFrom,
  listOf,
  either,
  object,
  oneOfWords,
  reported,
  boolean,
  string,
  text,
  type Shape,
} from './shape.ts';
import { projectEnvironments } from './environments.ts';
import { routeKeys } from './routes.ts';
import { projectSecrets, projectVault } from './secrets.ts';
import { tls } from './tls.ts';

const port = integerFrom(1, 65_535);

const probe: Shape = object({
  http: acts(formatted('http-path'), 'Asks this path; 200 to 399 is healthy.'),
  tcp: acts(boolean, 'Being connected to is enough.'),
  host: acts(formatted('route-host'), 'The `Host` header; that of the first route when left out.'),
  interval: acts(duration, 'Time between two probes; `1s`.'),
  timeout: acts(duration, 'Time that an answer has; `2s`.'),
  successes: acts(integerFrom(1), 'How many in a row are needed; `2`.'),
  within: acts(duration, 'Time that an instance has from its start to be ready; `60s`.'),
});

const rollout: Shape = object({
  strategy: acts(oneOfWords('rolling'), '`rolling`. Others are not built yet.'),
  surge: acts(integerFrom(1), 'How many more instances than wanted may run meanwhile: how many are replaced at a time; `1`.'),
  unavailable: acts(integerFrom(0), 'How many fewer than wanted may be ready meanwhile; `0`.'),
  order: acts(oneOfWords('start-first', 'stop-first'), 'Whether the new instance starts before the old one stops.'),
  drain: acts(duration, 'Time that requests in flight have to end; `30s`.'),
  longDrain: acts(duration, 'The same for WebSocket and TCP connections; that of `drain` when left out.'),
  watch: acts(duration, 'How long the new release is watched after the switch; `15s`.'),
  monitor: acts(duration, 'How long an instance without a probe must stay up; `5s`.'),
  failureAction: acts(oneOfWords('rollback', 'pause', 'continue'), 'What happens when a gate fails; `rollback`.'),
});

/** `services.*.x-berth` */
export const serviceBerth: Shape = object({
  port: acts(port, 'The port that the application listens on; found from `ports`, `expose`, the image or the stack when left out.'),
  ...routeKeys,
  release: acts(either(formatted('command'), listOf(string)), 'A command that runs once per release, before any instance changes.'),
  probe: acts(probe, 'How readiness is asked; found when left out.'),
  rollout: acts(rollout, 'How the service moves to a new release; wins over `deploy.update_config`.'),
  autoscale: reported(any, 'Not built yet; `deploy.replicas` is what runs.'),
  internal: acts(
    oneOfWords('front', 'dns'),
    'How other services reach it by its name: `front`, one lasting address whose calls an update does not break, or `dns`, the addresses of its instances. `front` for every service with more than one instance or an order other than stop-first; UDP, external networks and single writers get `dns`; `berth plan` says which and why.',
  ),
  tls: acts(tls, 'TLS that ends at the edge, and where its certificate comes from; that of the project when left out.'),
  environment: acts(
    dictionaryOf(text),
    'Variables that win over `environment`. A value may refer to another setting: `${config:services.db.x-berth.port}`, and to a secret: `${secret:DB_PASSWORD}`. One with an unset variable is left out.',
  ),
});

/** The top-level `x-berth` */
export const projectBerth: Shape = object({
  probe: acts(probe, 'Defaults for every service.'),
  rollout: acts(rollout, 'Defaults for every service.'),
  tls: acts(tls, 'Default for every service with routes; `none` at a service keeps it without.'),
  environments: acts(projectEnvironments, 'What chooses the environment when the command line does not.'),
  secrets: acts(projectSecrets, 'Where secrets come from that are not in the store of this installation (`berth secret`), by name.'),
  vault: acts(projectVault, 'How to speak to HashiCorp Vault.'),
  toggles: acts(
    dictionaryOf(either(boolean, integerFrom(0, 1)), 'toggle'),
    'Features that are on or off. Every service gets `BERTH_TOGGLE_<NAME>`, `1` or `0`; what it says itself under that name wins. Changing one is a release without a build.',
  ),
});
