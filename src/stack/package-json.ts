import * as z from 'zod';
import { BerthError } from '../errors/index.ts';
import type { FileTree } from '../ports/index.ts';

const packages = z.record(z.string(), z.string()).default({});

const packageSchema = z.object({
  name: z.string().optional(),
  main: z.string().optional(),
  scripts: packages,
  engines: z.object({ node: z.string().optional() }).default({}),
  dependencies: packages,
  devDependencies: packages,
  optionalDependencies: packages,
  workspaces: z.unknown().optional(),
});

/** The parts of a `package.json` that say how an application is built and started. */
export type PackageJson = z.infer<typeof packageSchema>;

/** Reads `package.json`, or answers undefined when there is none. One that is broken is the user's to mend. */
export async function readPackageJson(tree: FileTree): Promise<PackageJson | undefined> {
  const text = await tree.read('package.json');
  if (text === undefined) return undefined;
  const file = `${tree.root}/package.json`;
  const value = parseJson(text, file);
  const parsed = packageSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const what = issue === undefined ? 'it has another form' : `${issue.path.join('.')}: ${issue.message}`;
  throw new BerthError('FILE_INVALID', `${file} could not be read: ${what}.`, { where: { file } });
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BerthError('FILE_INVALID', `${file} is not JSON: ${why}.`, { where: { file }, cause });
  }
}
