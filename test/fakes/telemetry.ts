import type { LogSource, Telemetry, TrafficCounts } from '../../src/ports/index.ts';

/** Knows what it is told: tests say what was counted, and see what is followed and learnt. */
export class FakeTelemetry implements Telemetry {
  readonly followed: LogSource[] = [];
  readonly releases = new Map<string, number>();
  counts: TrafficCounts | undefined;

  follow(source: LogSource): void {
    this.followed.push(source);
  }

  attend(): void {
    // It holds nothing back that could come too late.
  }

  learn({ app, name, release }: { readonly app: string; readonly name: string; readonly release: number }): void {
    this.releases.set(`${app}/${name}`, release);
  }

  read(): Promise<TrafficCounts | undefined> {
    return Promise.resolve(this.counts);
  }
}
