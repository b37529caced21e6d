import type { Deployment } from '../../contract/index.ts';
import { BerthError } from '../../errors/index.ts';
import type { Build, Project, Service } from '../../model/index.ts';
import type { BuildEnvironment } from '../../ports/index.ts';
import type { Context } from '../context.ts';
import { loadApplication, sayFindings } from './application.ts';

/** The application as it is here and now, with everything that the server needs to deploy it. */
export async function loadDeployment(context: Context): Promise<Deployment> {
  const { sources } = context.world;
  const loaded = await loadApplication(context);
  sayFindings(context, loaded);
  const services = await Promise.all(loaded.project.services.map((service) => withBuild(context, service)));
  const project: Project = { ...loaded.project, services };
  const [buildEnvironment, registryAuths] = await Promise.all([
    services.some((service) => service.build !== undefined) ? sources.buildEnvironment() : undefined,
    sources.registryAuths(services.flatMap((service) => (service.build === undefined ? (service.image ?? []) : []))),
  ]);
  return {
    project,
    files: Object.fromEntries(Object.entries(loaded.files).map(([sha256, bytes]) => [sha256, Buffer.from(bytes).toString('base64')])),
    registryAuths: { ...registryAuths },
    ...(Object.keys(loaded.secretVariables).length === 0 ? {} : { secretVariables: { ...loaded.secretVariables } }),
    ...(buildEnvironment === undefined ? {} : { buildEnvironment: toSent(buildEnvironment) }),
    named: context.globals.project !== undefined,
  };
}

/** A service whose build is complete: with a Dockerfile of the detected stack where the source has none, and its hash. */
async function withBuild(context: Context, service: Service): Promise<Service> {
  if (service.build === undefined) return service;
  const { build, port } = await withDockerfile(context, service, service.build);
  const hash = await context.world.sources.hashBuild(build);
  return { ...service, build: { ...build, hash }, ...(port === undefined ? {} : { port }) };
}

async function withDockerfile(context: Context, service: Service, build: Build): Promise<{ build: Build; port: number | undefined }> {
  if (build.dockerfile !== undefined || build.inline !== undefined) return { build, port: service.port };
  const { detectStack } = await import('../../stack/index.ts');
  const found = await detectStack(await context.world.sources.tree(build.context));
  if (found === undefined) {
    throw new BerthError(
      'STACK_UNKNOWN',
      `The service ${service.name} cannot be built: ${build.context} has neither a Dockerfile nor a stack that berth knows.`,
      {
        hint: 'Write a Dockerfile there, or name an `image`. berth knows Node (package.json) and Python (requirements.txt).',
      },
    );
  }
  for (const warning of found.warnings) context.say(`${context.err.yellow('warning:')} ${service.name}: ${warning}`);
  const { stack, dockerfile, dockerignore, bases } = found;
  return {
    build: { ...build, generated: { stack, dockerfile, dockerignore, bases: { ...bases } } },
    port: namesPort(service) ? service.port : found.port,
  };
}

/** Whether the file itself says where the service listens: the stack's port is a guess beside that. */
function namesPort({ port, ports, expose, routes }: Service): boolean {
  return port !== undefined || ports.some((p) => p.protocol === 'tcp') || expose.length > 0 || routes.some((r) => r.target !== undefined);
}

function toSent(environment: BuildEnvironment): Deployment['buildEnvironment'] {
  const { proxy, certificateFiles, tool } = environment;
  return { ...environment, proxy: { ...proxy }, certificateFiles: [...certificateFiles], tool: { ...tool } };
}
