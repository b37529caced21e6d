import { extraHosts } from './hosts.ts';
import {
  acts,
  assignments,
  boolean,
  either,
  formatted,
  integer,
  listOf,
  object,
  reported,
  size,
  string,
  stringOrList,
  text,
  type Shape,
} from './shape.ts';

/** A secret or config given to a container or a build. */
export const grant: Shape = either(
  string,
  object(
    {
      source: acts(string, 'The key under the top-level `secrets` or `configs`.'),
      target: acts(string, 'Where the file appears; relative to `/run/secrets` for a secret, to `/` for a config.'),
      uid: acts(formatted('id'), 'Owner of the file.'),
      gid: acts(formatted('id'), 'Group of the file.'),
      mode: acts(either(integer, formatted('mode')), 'Permissions; `0444` when left out.'),
    },
    ['source'],
  ),
);

export const ulimits: Shape = {
  type: 'dictionary',
  of: either(
    integer,
    object({ soft: acts(integer, 'The limit that holds at first.'), hard: acts(integer, 'What it may be raised to.') }, ['soft', 'hard']),
  ),
};

/** `services.*.build` */
export const build: Shape = either(
  string,
  object({
    context: acts(string, 'The directory that is sent to the build, relative to the project; `.` when left out. A remote one is an error.'),
    dockerfile: acts(string, 'Relative to the context.'),
    dockerfile_inline: acts(string, 'The Dockerfile itself.'),
    args: acts(assignments, 'Build arguments; one without a value is taken from the environment.'),
    target: acts(string, 'The stage to build.'),
    labels: acts(assignments, 'Labels of the image.'),
    tags: acts(listOf(string), 'More names for the image.'),
    network: acts(string, 'The network of `RUN` steps.'),
    no_cache: acts(boolean, 'Builds every step anew.'),
    pull: acts(boolean, 'Asks for newer base images.'),
    shm_size: acts(size, 'Size of `/dev/shm` in `RUN` steps.'),
    extra_hosts: acts(extraHosts, 'Lines of `/etc/hosts` in `RUN` steps.'),
    secrets: acts(listOf(grant), 'Mounted by `RUN --mount=type=secret`; `target` is the id.'),
    platforms: acts(
      listOf(string),
      "The first is built; it must include the service's `platform`. The others are for a registry and are not built.",
    ),
    additional_contexts: reported(assignments, 'Not built yet; a Dockerfile that names one fails to build.'),
    ssh: reported(either(assignments, listOf(string)), 'Not built yet; a Dockerfile that mounts one fails to build.'),
    cache_from: reported(listOf(string), "The engine's own build cache is used."),
    cache_to: reported(listOf(string), "The engine's own build cache is used."),
    entitlements: reported(listOf(string), 'No effect yet.'),
    isolation: reported(string, 'Windows only.'),
    no_cache_filter: reported(stringOrList, 'No effect yet.'),
    privileged: reported(boolean, 'No effect yet.'),
    provenance: reported(text, 'No effect yet.'),
    sbom: reported(text, 'No effect yet.'),
    ulimits: reported(ulimits, 'No effect yet.'),
  }),
);
