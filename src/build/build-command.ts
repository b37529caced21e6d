import { writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { labels } from '../model/index.ts';
import type { BuildInput } from '../ports/index.ts';
import type { BuildTool } from './build-tool.ts';
import { isRemote } from './hash-build.ts';
import type { LentFile } from './lent-files.ts';
import type { Command } from './run-process.ts';

/** Everything that one run of the build tool depends on. */
export type CommandInput = {
  readonly tool: BuildTool;
  readonly input: BuildInput;
  readonly socket: string;
  /** Private directory for the Dockerfile, the image id and what is lent. */
  readonly directory: string;
  readonly lent: readonly LentFile[];
  /** `ARG` to image reference, for a generated Dockerfile. */
  readonly bases: Readonly<Record<string, string>>;
  /** Value of the label `dev.berth.build`. */
  readonly key: string;
};

/** The argument list and environment of the build tool. Values reach it as arguments or files, never through a shell. */
export function buildCommand(given: CommandInput): Command {
  const { tool, input } = given;
  const { build } = input;
  const start = tool.kind === 'buildx' ? ['buildx', 'build', '--builder', 'default', '--load'] : ['build'];
  return {
    file: tool.file,
    args: [
      ...start,
      '--progress=plain',
      ...each('--iidfile', [iidFile(given.directory)]),
      ...each('--file', dockerfile(given)),
      ...each('--tag', [input.tag, ...build.tags]),
      ...each('--label', pairs({ ...build.labels, ...input.labels, [labels.build]: given.key })),
      ...each('--build-arg', [...pairs({ ...given.bases, ...build.args }), ...Object.keys(input.environment.proxy)]),
      ...each(
        '--secret',
        given.lent.map(({ id, source }) => [field('id', id), field('src', source)].join(',')),
      ),
      ...each('--target', present(build.target)),
      ...each('--network', present(build.network ?? proxyNetwork(input))),
      ...each('--platform', present(build.platform)),
      ...each('--shm-size', present(build.shmSizeBytes?.toString())),
      ...each('--add-host', build.extraHosts),
      ...(build.noCache ? ['--no-cache'] : []),
      // The bases of a generated Dockerfile are made sure of beforehand; a registry does not know those of berth's own.
      ...(build.pull && build.generated === undefined ? ['--pull'] : []),
      build.context,
    ],
    environment: {
      ...input.environment.tool,
      ...input.environment.proxy,
      DOCKER_HOST: `unix://${given.socket}`,
      DOCKER_BUILDKIT: '1',
      BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
      BUILDKIT_PROGRESS: 'plain',
    },
    cwd: isRemote(build.context) ? '/' : build.context,
  };
}

/** Where the build tool writes the id of the image. */
export function iidFile(directory: string): string {
  return join(directory, 'image-id');
}

/** Generated and inline Dockerfiles live beside the user's tree, never in it. */
function dockerfile({ input: { build }, directory }: CommandInput): string[] {
  const text = build.generated?.dockerfile ?? build.inline;
  if (text === undefined) return present(build.dockerfile);
  const path = join(directory, 'Dockerfile');
  writeFileSync(path, text);
  if (build.generated !== undefined) writeFileSync(`${path}.dockerignore`, build.generated.dockerignore);
  return [path];
}

/** A proxy on the machine's own loopback can only be reached from the machine's own network. */
function proxyNetwork({ build, environment }: BuildInput): string | undefined {
  const loopback = Object.entries(environment.proxy).some(([name, value]) => !/^no_/i.test(name) && isLoopback(value));
  return loopback && build.generated !== undefined ? 'host' : undefined;
}

function isLoopback(proxy: string): boolean {
  const url = URL.canParse(proxy) ? new URL(proxy) : undefined;
  const host = url?.hostname.replaceAll(/[[\]]/g, '') ?? '';
  return host === 'localhost' || (isIP(host) === 4 && host.startsWith('127.')) || host === '::1';
}

/** One field of a comma-separated option, quoted as CSV where it must be. */
function field(name: string, value: string): string {
  const text = `${name}=${value}`;
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function each(flag: string, values: readonly string[]): string[] {
  return values.flatMap((value) => [flag, value]);
}

function pairs(record: Readonly<Record<string, string>>): string[] {
  return Object.entries(record).map(([name, value]) => `${name}=${value}`);
}

function present(value: string | undefined): string[] {
  return value === undefined ? [] : [value];
}
