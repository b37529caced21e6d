import { BerthError } from '../errors/index.ts';
import { didYouMean } from '../kit/index.ts';
import { toYaml, type Explained } from '../spec/index.ts';
import type { Context } from './context.ts';
import { loadApplication, sayFindings } from './load/application.ts';
import { pathOf, toChanges } from './render/config-changes.ts';
import { changesText, explainedText } from './render/config-text.ts';

/** What of the file is wanted. */
export type ConfigRequest = { readonly explain: boolean; readonly diff: string | undefined; readonly path: string | undefined };

/** Prints the merged, interpolated document in Compose's own spelling, where it comes from, or what another environment changes. */
export async function printConfig(context: Context, request: ConfigRequest): Promise<number> {
  const { explain, diff, path } = request;
  if (explain && diff !== undefined)
    throw new BerthError('USAGE', '`--explain` and `--diff` exclude each other.', { hint: 'Give one of them.' });
  if (path !== undefined && !explain && diff === undefined)
    throw new BerthError('USAGE', `\`berth config\` has no use for \`${path}\` alone.`, {
      hint: `Run \`berth config --explain ${path}\`.`,
    });
  if (explain) return printExplained(context, path);
  return diff === undefined ? printDocument(context) : printDifference(context, diff, path);
}

async function printDocument(context: Context): Promise<number> {
  const loaded = await loadApplication(context);
  sayFindings(context, loaded);
  if (context.globals.json) context.printJson(loaded.document);
  else context.world.stdout.write(toYaml(loaded.document));
  return 0;
}

async function printExplained(context: Context, path: string | undefined): Promise<number> {
  const loaded = await loadApplication(context, { explain: true });
  sayFindings(context, loaded);
  const values = below(loaded.explained ?? [], path);
  if (context.globals.json) context.printJson({ values: values.map(({ exact: _exact, trail: _trail, ...value }) => value) });
  else context.world.stdout.write(explainedText(values, context.out));
  return 0;
}

async function printDifference(context: Context, environment: string, path: string | undefined): Promise<number> {
  const here = await loadApplication(context, { explain: true });
  const there = await loadApplication(context, { explain: true, environment });
  const of = (values: readonly Explained[] = []): readonly Explained[] =>
    path === undefined ? values : values.filter((value) => isBelow(value, path));
  const changes = toChanges(of(here.explained), of(there.explained));
  const from = here.project.environment;
  if (context.globals.json) context.printJson({ ...(from === undefined ? {} : { from }), to: environment, changes });
  else context.world.stdout.write(changesText({ from, to: environment, changes }, context.out));
  return 0;
}

/** The values at or below a path; a path with none is an error that names the nearest one. */
function below(values: readonly Explained[], path: string | undefined): readonly Explained[] {
  if (path === undefined) return values;
  const found = values.filter((value) => isBelow(value, path));
  if (found.length > 0) return found;
  const paths = new Set(values.flatMap((value) => prefixes(value.path)));
  throw new BerthError('USAGE', `The application has nothing at \`${path}\`.`, {
    hint: didYouMean(path, paths) ?? 'Run `berth config --explain` to see every path.',
  });
}

/** Items of lists go by their number, and by the name that `--diff` gives them. */
function isBelow({ path, trail }: Explained, prefix: string): boolean {
  return [path, pathOf(trail)].some((each) => each === prefix || each.startsWith(`${prefix}.`) || each.startsWith(`${prefix}[`));
}

function prefixes(path: string): string[] {
  const keys = path.split('.');
  return keys.map((_, index) => keys.slice(0, index + 1).join('.'));
}
