import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const pages = globSync(['*.md', 'docs/**/*.md', 'changes/*.md'], { cwd: root });

/** What a page leads to: relative links, and files and folders of the checkout that are named as code. */
function placesIn(page: string): string[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map((m) => path.join(path.dirname(page), m[1] ?? ''));
  const named = [...text.matchAll(/`((?:src|test|scripts|docs|examples|bin)\/[\w./-]+)`/g)].map((m) => m[1] ?? '');
  return [...links, ...named];
}

test.each(pages)('%s leads only to what is there', (page) => {
  expect(placesIn(page).filter((place) => !place.includes('NNNN') && !existsSync(path.join(root, place)))).toEqual([]);
});
