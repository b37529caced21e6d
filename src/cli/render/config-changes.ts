import type { Explained, ListItem } from '../../spec/index.ts';

/** What two environments have differently: one value, or one item of a list. `places` are where the two come from. */
export type Change = {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly before?: string;
  readonly after?: string;
  readonly places: readonly string[];
};

type Trail = Explained['trail'];

/** What is different in the second of two sets of values. Items of lists are compared by what they are known by, not by their position. */
export function toChanges(before: readonly Explained[], after: readonly Explained[]): Change[] {
  const [earlier, later] = [byPath(before), byPath(after)];
  const changes: Change[] = [];
  for (const [path, old] of earlier) {
    const young = later.get(path);
    if (young === undefined || old.exact === young.exact) continue;
    changes.push({ path, change: 'changed', before: old.value, after: young.value, places: [old, young].flatMap(winnerOf) });
  }
  for (const { path, text, value } of onlyIn(earlier, after))
    changes.push({ path, change: 'removed', before: text, places: winnerOf(value) });
  for (const { path, text, value } of onlyIn(later, before)) changes.push({ path, change: 'added', after: text, places: winnerOf(value) });
  changes.push(...orderChanges(before, after));
  return withoutEchoes(changes).toSorted((a, b) => byText(a.path, b.path) || byText(a.before ?? '', b.before ?? ''));
}

/** What `x-berth.environment` says is in `environment` as well: said there, it need not be said twice. */
function withoutEchoes(changes: readonly Change[]): Change[] {
  const said = new Set(changes.map(({ path, before, after }) => JSON.stringify([path, before, after])));
  return changes.filter(({ path, before, after }) => {
    const echoed = path.replace('.x-berth.environment.', '.environment.');
    return echoed === path || !said.has(JSON.stringify([echoed, before, after]));
  });
}

function byPath(values: readonly Explained[]): ReadonlyMap<string, Explained> {
  return new Map(values.map((value) => [pathOf(value.trail), value]));
}

/** A path as it is shown: items that are known by something are named by it. */
export function pathOf(trail: Trail): string {
  let path = '';
  for (const part of trail) {
    if (typeof part !== 'string' && part.key !== undefined) path += `[${part.key}]`;
    else path += `${path === '' ? '' : '.'}${typeof part === 'string' ? part : part.index}`;
  }
  return path;
}

type Lone = { readonly path: string; readonly text: string; readonly value: Explained };

/** What the other side has nothing of: a whole item of a list counts once. */
function onlyIn(values: ReadonlyMap<string, Explained>, others: readonly Explained[]): Lone[] {
  const known = new Set(others.flatMap(({ trail }) => trail.map((_, index) => pathOf(trail.slice(0, index + 1)))));
  const lone = new Map<string, Lone>();
  for (const [path, value] of values) {
    const { trail } = value;
    if (known.has(path)) continue;
    const at = trail.findIndex((part, index) => isKeyed(part) && !known.has(pathOf(trail.slice(0, index + 1))));
    const item = trail[at];
    const whole = at === -1 ? path : pathOf(trail.slice(0, at + 1));
    if (lone.has(whole)) continue;
    // A text that is itself the item is shown as values are: without the password of an address.
    const text = at === -1 || at === trail.length - 1 || typeof item === 'string' ? value.value : (item?.text ?? value.value);
    lone.set(whole, { path: at === -1 ? path : pathOf(trail.slice(0, at)), text, value });
  }
  return [...lone.values()];
}

function isKeyed(part: string | ListItem): part is ListItem {
  return typeof part !== 'string' && part.key !== undefined;
}

type Ordered = { readonly texts: Map<string, string>; readonly first: Explained };

/** Lists that have the same items, of which the first is asked first, or the last wins. */
function orderChanges(before: readonly Explained[], after: readonly Explained[]): Change[] {
  const later = orderedLists(after);
  return [...orderedLists(before)].flatMap(([path, old]): Change[] => {
    const young = later.get(path);
    if (young === undefined) return [];
    const [was, is] = [inBoth(old, young), inBoth(young, old)];
    if (was === is) return [];
    return [{ path, change: 'changed', before: was, after: is, places: [old.first, young.first].flatMap(winnerOf) }];
  });
}

function orderedLists(values: readonly Explained[]): Map<string, Ordered> {
  const lists = new Map<string, Ordered>();
  for (const value of values) {
    const at = value.trail.findIndex((part) => typeof part !== 'string' && part.ordered === true);
    const item = value.trail[at];
    if (item === undefined || typeof item === 'string' || item.key === undefined) continue;
    const path = pathOf(value.trail.slice(0, at));
    const list = lists.get(path) ?? { texts: new Map<string, string>(), first: value };
    lists.set(path, list);
    list.texts.set(item.key, item.text ?? item.key);
  }
  return lists;
}

function inBoth(list: Ordered, other: Ordered): string {
  return [...list.texts].flatMap(([key, text]) => (other.texts.has(key) ? text : [])).join(', ');
}

function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function winnerOf(value: Explained): string[] {
  return value.layers.flatMap((layer) => (layer.won ? [layer.place] : [])).slice(-1);
}
