import { removeSharedImages } from './images.ts';
import { berth, berthJson, fail, forget, homeDirectory, readMemory } from './stage.ts';

/** Removes what the quickstart made: its application, and berth's home if that was made by it and holds nothing else. */
export async function down(): Promise<void> {
  const memory = readMemory();
  if (memory === undefined) return;
  if (memory.home !== homeDirectory()) fail(`it was run with BERTH_HOME=${memory.home}; set that and run this again`);
  if ((await berthJson(['ps'])) !== undefined) await needed(['down', '-y']);
  const status = (await berthJson(['server', 'status'])) as { apps?: readonly string[] } | undefined;
  const others = status?.apps ?? [];
  if (memory.madeHome && others.length === 0) {
    await needed(['uninstall', '--purge', '-y']);
    await removeSharedImages(memory.imagesBefore);
  } else console.log(`\nberth's home stays: ${others.length === 0 ? 'it was there before' : `it holds ${others.join(', ')}`}.`);
  forget();
}

async function needed(args: readonly string[]): Promise<void> {
  const { code } = await berth(args);
  if (code !== 0) fail(`berth ${args.join(' ')} exited ${code}`);
}
