import { job, model } from './idle-keys.ts';
import { include } from './include.ts';
import { plainKeys, service } from './service.ts';
import {
  acts,
  any,
  assignments,
  boolean,
  dictionaryOf,
  either,
  listOf,
  nothing,
  object,
  refused,
  reported,
  string,
  text,
  type Shape,
} from './shape.ts';
import { projectBerth } from './x-berth.ts';

const external: Shape = either(boolean, object({ name: acts(string, 'An old spelling of `name` beside `external: true`.') }));

const network: Shape = either(
  nothing,
  object({
    name: acts(string, "The engine's name; `<project>_<key>` when left out."),
    external: acts(external, 'It exists already and is never made or removed.'),
    driver: acts(string, 'The network driver.'),
    driver_opts: acts(dictionaryOf(text), 'Its options.'),
    internal: acts(boolean, 'No way out.'),
    attachable: acts(boolean, 'Other containers may join.'),
    enable_ipv4: acts(boolean, 'IPv4 (engine 28 and later can switch it off).'),
    enable_ipv6: acts(boolean, 'IPv6.'),
    labels: acts(assignments, 'Labels.'),
    ipam: acts(
      object({
        driver: acts(string, 'The driver that gives out addresses.'),
        config: acts(
          listOf(
            object({
              subnet: acts(string, 'The subnet.'),
              ip_range: acts(string, 'The part that addresses are taken from.'),
              gateway: acts(string, 'The gateway.'),
              aux_addresses: acts(dictionaryOf(string), 'Addresses that are in use already.'),
            }),
          ),
          'Subnets; berth chooses a free /24 when left out.',
        ),
        options: acts(dictionaryOf(string), 'Options of that driver.'),
      }),
      'Addresses.',
    ),
  }),
);

const volume: Shape = either(
  nothing,
  object({
    name: acts(string, "The engine's name; `<project>_<key>` when left out."),
    external: acts(external, 'It exists already and is never made or removed.'),
    driver: acts(string, 'The volume driver.'),
    driver_opts: acts(dictionaryOf(text), 'Its options.'),
    labels: acts(assignments, 'Labels.'),
  }),
);

const fileKeys = {
  name: acts(string, 'The name of an external one.'),
  environment: acts(string, 'The variable that holds the content.'),
  file: acts(string, 'The file that holds the content.'),
  external: refused(external, 'Not built yet.'),
  labels: reported(assignments, 'There is no object on the engine that could carry them.'),
  template_driver: reported(string, 'Swarm only.'),
};

const secret: Shape = object({
  ...fileKeys,
  name: acts(string, 'The name that it has in the store (`berth secret`) or in `x-berth.secrets`; the key when left out.'),
  external: acts(external, 'The value is not in the file: that of the store (`berth secret set`), or from where `x-berth.secrets` says.'),
  driver: reported(string, 'Swarm only.'),
  driver_opts: reported(dictionaryOf(text), 'Swarm only.'),
});
const config: Shape = object({ ...fileKeys, content: acts(string, 'The content itself.') });

/** The whole application file. */
export const root: Shape = object({
  name: acts(string, 'The name of the app; `-p` and `COMPOSE_PROJECT_NAME` win over it, else that of the directory.'),
  services: acts(dictionaryOf(service, 'name'), 'The parts of the app.'),
  networks: acts(dictionaryOf(network, 'name'), 'Networks.'),
  volumes: acts(dictionaryOf(volume, 'name'), 'Named volumes; kept by `down`.'),
  secrets: acts(dictionaryOf(secret, 'name'), 'Files that are secret.'),
  configs: acts(dictionaryOf(config, 'name'), 'Files that are not.'),
  version: reported(any, 'Obsolete; the current specification holds.'),
  include: acts(
    include,
    'Other files whose services, networks, volumes, secrets and configs belong to the app; below the file that includes them.',
  ),
  models: reported(dictionaryOf(model, 'name'), 'No effect yet.'),
  jobs: reported(dictionaryOf(job(plainKeys), 'name'), 'No effect yet; they do not run.'),
  'x-berth': acts(projectBerth, 'Defaults for what Compose has no word for.'),
});
