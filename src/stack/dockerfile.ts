import type { HostAccess, InstallStep, Recipe } from './recipe.ts';

/** The user that every generated image runs as: a number, so that `runAsNonRoot` can be checked. */
export const userId = 10001;

/** Where a build step finds what the host lends it. The ids are those that the builder passes to BuildKit. */
const lent: Readonly<Record<HostAccess, { readonly mounts: readonly string[]; readonly setup: readonly string[] }>> = {
  node: {
    mounts: ['type=secret,id=berth-ca,target=/run/berth/ca.pem', 'type=secret,id=berth-npmrc,target=/run/berth/npmrc'],
    setup: [
      'if [ -s /run/berth/ca.pem ]; then export NODE_EXTRA_CA_CERTS=/run/berth/ca.pem npm_config_cafile=/run/berth/ca.pem; fi;',
      'if [ -s /run/berth/npmrc ]; then export npm_config_userconfig=/run/berth/npmrc; fi;',
    ],
  },
  python: {
    mounts: ['type=secret,id=berth-ca,target=/run/berth/ca.pem', 'type=secret,id=berth-pip,target=/run/berth/pip.conf'],
    setup: [
      'if [ -s /run/berth/pip.conf ]; then export PIP_CONFIG_FILE=/run/berth/pip.conf; fi;',
      'if [ -s /run/berth/ca.pem ]; then export PIP_CERT=/run/berth/ca.pem SSL_CERT_FILE=/run/berth/ca.pem REQUESTS_CA_BUNDLE=/run/berth/ca.pem; fi;',
    ],
  },
};

/**
 * Writes a recipe as a Dockerfile of dialect 1.2: no heredoc, no `--link`, no syntax line, so that Docker 20.10 and
 * buildah 1.28 take it, without a registry too.
 */
export function renderDockerfile(recipe: Recipe): string {
  return `${[head(recipe), buildStage(recipe), runStage(recipe)].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function head({ base }: Recipe): string[] {
  return [`ARG ${base.build.argument}=${base.build.reference}`, `ARG ${base.run.argument}=${base.run.reference}`];
}

function buildStage({ base, build }: Recipe): string[] {
  const compiled = build.compile.length === 0 ? [] : ['COPY . .', ...build.compile.map(runLine)];
  return [
    `FROM \${${base.build.argument}} AS build`,
    'WORKDIR /app',
    ...environmentLines(build.environment),
    `COPY ${build.manifests.join(' ')} ./`,
    ...build.install.map(runLine),
    ...compiled,
  ];
}

function runStage({ base, run }: Recipe): string[] {
  const owner = `--chown=${userId}:${userId}`;
  return [
    `FROM \${${base.run.argument}}`,
    `RUN echo 'app:x:${userId}:${userId}:app:/app:/usr/sbin/nologin' >>/etc/passwd && echo 'app:x:${userId}:' >>/etc/group`,
    ...environmentLines(run.environment),
    ...run.copies.map((path) => `COPY --from=build ${owner} ${path} ${path}`),
    run.source === 'context' ? `COPY ${owner} . /app` : `COPY --from=build ${owner} /app /app`,
    'WORKDIR /app',
    `USER ${userId}:${userId}`,
    `EXPOSE ${run.port}`,
    ...(run.stopSignal === undefined ? [] : [`STOPSIGNAL ${run.stopSignal}`]),
    `CMD ${execForm(run.command)}`,
  ];
}

function runLine(step: InstallStep): string {
  const { mounts, setup } = lent[step.access];
  const caches = Object.entries(step.caches).map(([id, target]) => `type=cache,id=${id},target=${target}`);
  const flags = [...caches, ...mounts].map((mount) => `--mount=${mount}`);
  return `RUN ${[...flags, ...setup, step.command].join(' \\\n    ')}`;
}

function environmentLines(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).map(([name, value]) => `ENV ${name}=${quote(value)}`);
}

/** A value of `ENV` that Docker reads back as it was, save for `$NAME`, which stays a reference. */
function quote(value: string): string {
  return /^[\w./:$@%+,=-]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

function execForm(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}
