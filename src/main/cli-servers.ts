import type { Servers } from '../cli/index.ts';
import type { ServerLink, ServerLinkInput } from '../client/index.ts';
import type { EventRecord } from '../model/index.ts';

/** The way to the server of this process's home. The client is loaded with the first use: the help needs none. */
export class OwnServers implements Servers {
  readonly #input: ServerLinkInput;
  #link: ServerLink | undefined;

  constructor(input: ServerLinkInput) {
    this.#input = input;
  }

  async home(): Promise<{ directory: string; defaultDirectory: string }> {
    const { locateHome } = await import('../client/index.ts');
    const { BERTH_HOME: _own, ...environment } = this.#input.environment;
    return { directory: locateHome(this.#input).directory, defaultDirectory: locateHome({ ...this.#input, environment }).directory };
  }

  async ensure(signal?: AbortSignal) {
    return await (await this.#open()).ensure(signal);
  }

  async ready() {
    return await (await this.#open()).ready();
  }

  async existing() {
    return await (await this.#open()).existing();
  }

  async look() {
    const { lookAtHome } = await import('./cli-look.ts');
    return await lookAtHome(this.#input);
  }

  async stop(signal?: AbortSignal) {
    return await (await this.#open()).stop(signal);
  }

  async *followRollout(from: { readonly id: string; readonly after?: number }, signal?: AbortSignal): AsyncGenerator<EventRecord, void> {
    yield* (await this.#open()).followRollout(from, signal);
  }

  async forget(): Promise<void> {
    const { locateHome, removeHome } = await import('../client/index.ts');
    removeHome(locateHome(this.#input));
  }

  async run(): Promise<number> {
    const { runOwnServer } = await import('./cli-server-run.ts');
    return await runOwnServer(this.#input);
  }

  close(): void {
    this.#link?.close();
  }

  async #open(): Promise<ServerLink> {
    const { ServerLink } = await import('../client/index.ts');
    return (this.#link ??= new ServerLink(this.#input));
  }
}
