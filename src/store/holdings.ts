import type { AppEdge, ServiceFront } from '../model/index.ts';
import type { Store } from '../ports/index.ts';
import type { Database } from './database.ts';
import { json, number, optionalNumber, text } from './rows.ts';

type Holdings = Pick<
  Store,
  | 'takeLease'
  | 'beatLease'
  | 'releaseLease'
  | 'getEdge'
  | 'listEdges'
  | 'putEdge'
  | 'getFront'
  | 'listFronts'
  | 'putFront'
  | 'deleteFront'
  | 'takeAddress'
  | 'freeAddresses'
  | 'getSubnet'
  | 'putSubnet'
  | 'deleteSubnet'
  | 'getSetting'
  | 'putSetting'
>;

/** What is held by somebody: leases of apps, addresses and subnets of networks, the edge and the fronts of each app, settings. */
export function holdings(db: Database): Holdings {
  return { ...leases(db), ...edges(db), ...fronts(db), ...addresses(db), ...subnets(db), ...settings(db) };
}

function leases(db: Database): Pick<Holdings, 'takeLease' | 'beatLease' | 'releaseLease'> {
  return {
    takeLease({ app, owner, rollout, atMs, staleMs }) {
      return db.transaction(() => {
        const held = db.get('SELECT * FROM leases WHERE app = ?', app);
        if (held !== undefined) {
          const holder = text(held, 'rollout');
          const own = text(held, 'owner') === owner;
          // An owner that lives may run one rollout of an app; whether it beats matters only for another owner.
          const free = own ? holder === rollout : atMs - number(held, 'beat_at_ms') >= staleMs;
          if (!free) return { taken: false, rollout: holder };
        }
        db.run(
          `INSERT INTO leases (app, owner, rollout, beat_at_ms) VALUES (?, ?, ?, ?)
           ON CONFLICT (app) DO UPDATE SET owner = excluded.owner, rollout = excluded.rollout, beat_at_ms = excluded.beat_at_ms`,
          app,
          owner,
          rollout,
          atMs,
        );
        return { taken: true };
      });
    },
    beatLease(app, owner, atMs) {
      db.runRelaxed('UPDATE leases SET beat_at_ms = ? WHERE app = ? AND owner = ?', atMs, app, owner);
    },
    releaseLease(app, owner) {
      db.run('DELETE FROM leases WHERE app = ? AND owner = ?', app, owner);
    },
  };
}

function edges(db: Database): Pick<Holdings, 'getEdge' | 'listEdges' | 'putEdge'> {
  return {
    getEdge(app) {
      const row = db.get('SELECT * FROM edges WHERE app = ?', app);
      return row && json<AppEdge>(row, 'edge');
    },
    listEdges: () => db.all('SELECT * FROM edges ORDER BY app').map((row) => json<AppEdge>(row, 'edge')),
    putEdge(edge) {
      db.run(
        'INSERT INTO edges (app, edge) VALUES (?, ?) ON CONFLICT (app) DO UPDATE SET edge = excluded.edge',
        edge.app,
        JSON.stringify(edge),
      );
    },
  };
}

function fronts(db: Database): Pick<Holdings, 'getFront' | 'listFronts' | 'putFront' | 'deleteFront'> {
  return {
    getFront(app, service) {
      const row = db.get('SELECT * FROM fronts WHERE app = ? AND service = ?', app, service);
      return row && json<ServiceFront>(row, 'front');
    },
    listFronts: () => db.all('SELECT * FROM fronts ORDER BY app, service').map((row) => json<ServiceFront>(row, 'front')),
    putFront(front) {
      db.run(
        'INSERT INTO fronts (app, service, front) VALUES (?, ?, ?) ON CONFLICT (app, service) DO UPDATE SET front = excluded.front',
        front.app,
        front.service,
        JSON.stringify(front),
      );
    },
    deleteFront(app, service) {
      db.run('DELETE FROM fronts WHERE app = ? AND service = ?', app, service);
    },
  };
}

function addresses(db: Database): Pick<Holdings, 'takeAddress' | 'freeAddresses'> {
  return {
    takeAddress({ network, instance, app, candidates, atMs, restMs }) {
      return db.transaction(() => {
        const rows = db.all('SELECT * FROM addresses WHERE network = ?', network);
        const held = rows.find((row) => row['instance'] === instance && row['freed_at_ms'] === null);
        const own = held && text(held, 'address');
        const barred = new Set<string>();
        for (const row of rows) {
          const freedAtMs = optionalNumber(row, 'freed_at_ms');
          if (freedAtMs === undefined || atMs - freedAtMs < restMs) barred.add(text(row, 'address'));
        }
        let free: string | undefined;
        for (const address of candidates) {
          if (address === own) return own;
          if (!barred.has(address)) free ??= address;
          if (own === undefined && free !== undefined) break;
        }
        // An own address that is no candidate is of a network that was made anew with another subnet.
        if (own !== undefined) db.run('DELETE FROM addresses WHERE network = ? AND address = ?', network, own);
        if (free === undefined) return undefined;
        db.run(
          `INSERT INTO addresses (network, address, instance, app, freed_at_ms) VALUES (?, ?, ?, ?, NULL)
             ON CONFLICT (network, address) DO UPDATE SET instance = excluded.instance, app = excluded.app, freed_at_ms = NULL`,
          network,
          free,
          instance,
          app ?? null,
        );
        return free;
      });
    },
    freeAddresses(instance, atMs) {
      db.run('UPDATE addresses SET freed_at_ms = ? WHERE instance = ? AND freed_at_ms IS NULL', atMs, instance);
    },
  };
}

function subnets(db: Database): Pick<Holdings, 'getSubnet' | 'putSubnet' | 'deleteSubnet'> {
  return {
    getSubnet(network) {
      const row = db.get('SELECT * FROM subnets WHERE network = ?', network);
      return row && text(row, 'subnet');
    },
    putSubnet(network, subnet) {
      db.run(
        'INSERT INTO subnets (network, subnet) VALUES (?, ?) ON CONFLICT (network) DO UPDATE SET subnet = excluded.subnet',
        network,
        subnet,
      );
    },
    deleteSubnet(network) {
      db.run('DELETE FROM subnets WHERE network = ?', network);
    },
  };
}

function settings(db: Database): Pick<Holdings, 'getSetting' | 'putSetting'> {
  return {
    getSetting(key) {
      const row = db.get('SELECT * FROM settings WHERE key = ?', key);
      return row && text(row, 'value');
    },
    putSetting(key, value) {
      db.run('INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', key, value);
    },
  };
}
