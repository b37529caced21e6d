import type { ImageSummary } from '../ports/index.ts';

/**
 * Which of the images that were built of the same source is a service's: the one that has the tag of its builds, else one of its
 * repository, else the newest. Two services of one source have an image each, made in the same second: without a rule they would
 * change hands, and instances be replaced for nothing.
 */
export function pickImage(images: readonly ImageSummary[], tag: string): ImageSummary | undefined {
  const repository = tag.slice(0, tag.lastIndexOf(':') + 1);
  const rank = ({ tags }: ImageSummary): number => (tags.includes(tag) ? 2 : tags.some((t) => t.startsWith(repository)) ? 1 : 0);
  return images.toSorted((a, b) => rank(b) - rank(a) || b.createdAtMs - a.createdAtMs || a.id.localeCompare(b.id))[0];
}
