import type { Client } from '../../client/index.ts';
import type { AppStatus } from '../../contract/index.ts';
import { BerthError } from '../../errors/index.ts';
import { didYouMean } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import { list } from '../format.ts';

/**
 * The app that a command is about: `-p`, `COMPOSE_PROJECT_NAME`, the name in the file. Where the file cannot be loaded,
 * the one app that was deployed from this directory: a broken file must not keep anybody from looking or going back.
 */
export async function appName(context: Context, client: Client): Promise<string> {
  const { globals, world } = context;
  const given = globals.project ?? world.env['COMPOSE_PROJECT_NAME'];
  if (given !== undefined && given !== '') return given;
  const { loadApplication } = await import('./application.ts');
  try {
    return (await loadApplication(context)).project.name;
  } catch (error) {
    const here = isPlain(context) ? await deployedHere(context, client) : [];
    const [only] = here;
    if (only === undefined || here.length > 1 || !(error instanceof BerthError)) throw error;
    if (error.code !== 'FILE_NOT_FOUND')
      context.say(`${context.err.yellow('warning:')} the application file has problems; taking ${only}, which was deployed from here`);
    return only;
  }
}

/** The same, or undefined where this directory has nothing to do with an app. */
export async function knownAppName(context: Context, client: Client): Promise<string | undefined> {
  try {
    return await appName(context, client);
  } catch (error) {
    if (error instanceof BerthError && error.code === 'FILE_NOT_FOUND' && isPlain(context)) return undefined;
    throw error;
  }
}

/** An app with only the named services; all of them when none is named. */
export function needServices(app: AppStatus, names: readonly string[]): AppStatus {
  if (names.length === 0) return app;
  const known = app.services.map((service) => service.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return { ...app, services: app.services.filter((service) => names.includes(service.name)) };
  throw new BerthError('SERVICE_NOT_FOUND', `${app.app} has no service \`${unknown}\`.`, {
    hint: didYouMean(unknown, known) ?? `It has ${list(known)}.`,
  });
}

/** Without a chosen file or environment, the directory alone says which app is meant. */
function isPlain({ globals, world }: Context): boolean {
  return (
    globals.file.length === 0 && globals.env === undefined && ['BERTH_ENV', 'COMPOSE_FILE'].every((name) => (world.env[name] ?? '') === '')
  );
}

async function deployedHere({ directory }: Context, client: Client): Promise<string[]> {
  const apps = await client.listApps({});
  return apps.filter((app) => `${directory}/`.startsWith(`${app.directory}/`)).map((app) => app.app);
}
