import type { Context } from '../context.ts';
import { loadApplication } from '../load/application.ts';

/** Whom a secret is for, as the server takes it. */
export type Scope = { readonly app?: string; readonly environment?: string };

/** The app of this directory (or `-p`), and its environment when one is chosen; with `--shared` every app. */
export async function secretScope(context: Context, { shared }: { readonly shared: boolean }): Promise<Scope> {
  if (shared) return {};
  const { globals, world } = context;
  const given = globals.project ?? world.env['COMPOSE_PROJECT_NAME'];
  try {
    const { name, environment } = (await loadApplication(context)).project;
    return { app: name, ...(environment === undefined ? {} : { environment }) };
  } catch (error) {
    if (given === undefined || given === '') throw error;
    const environment = globals.env ?? world.env['BERTH_ENV'];
    return { app: given, ...(environment === undefined || environment === '' ? {} : { environment }) };
  }
}

/** A scope in words: `shop in prod`. */
export function scopeText({ app, environment }: Scope): string {
  if (app === undefined) return 'every app';
  return environment === undefined ? app : `${app} in ${environment}`;
}
