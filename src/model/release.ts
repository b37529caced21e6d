import type { Project, Probe } from './project.ts';
import type { SecretPin } from './secret.ts';

/** An immutable, numbered state of an app: its resolved project and the image each service runs. */
export type Release = {
  readonly app: string;
  readonly number: number;
  readonly createdAtMs: number;
  readonly state: 'pending' | 'current' | 'superseded' | 'failed';
  /** Where it came from: a deploy, or going back to another release. */
  readonly origin: { readonly kind: 'up' } | { readonly kind: 'rollback'; readonly to: number } | { readonly kind: 'scale' };
  readonly project: Project;
  /** Service name to image. */
  readonly images: Readonly<Record<string, ReleaseImage>>;
  /** Service name to what was found by probing and is kept from then on. */
  readonly pins: Readonly<Record<string, Pin>>;
  /** Name to the version of a secret that it uses; absent without any. */
  readonly secrets?: Readonly<Record<string, SecretPin>> | undefined;
  readonly rolloutId: string;
};

/** The image of a service in a release: `id` is the engine's (sha256:…), `tag` berth's own tag for it. */
export type ReleaseImage = { readonly id: string; readonly tag: string; readonly source: string };

/** What was found about a service by looking at it once; later releases must still answer it. */
export type Pin = { readonly check: Probe['check']; readonly protocol: 'http' | 'tcp'; readonly port?: number | undefined };
