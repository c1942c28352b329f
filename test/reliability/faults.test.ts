import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { expectedOf, type Fault, rowsOf } from './fault.ts';
import { faultGroups } from './faults.ts';
import { type FaultServers, startFaultServers } from './faultServer.ts';
import { type Outcome, playFault } from './playFault.ts';
import { wires } from '../providers/wires.ts';

const outcomes = new Map<Fault, Map<string, Outcome>>();
const printed: unknown[] = [];
const warned: unknown[] = [];
const rejected: unknown[] = [];
let servers: FaultServers;
let left: string[];
let connections: number;

/** How many faults happen at a time. */
const together = 24;

beforeAll(async () => {
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...words) => void printed.push(words));
  }
  const onWarning = (warning: Error) => warned.push(warning);
  const onRejection = (reason: unknown) => rejected.push(reason);
  process.on('warning', onWarning).on('unhandledRejection', onRejection);
  servers = await startFaultServers();
  const before = resources();

  const rows = wires
    .flatMap((wire) =>
      faultGroups.flatMap((group) => rowsOf(group, wire.name)).map((fault) => ({ wire, fault })),
    )
    .values();
  const work = async () => {
    for (const { wire, fault } of rows) {
      const byWire = outcomes.get(fault) ?? new Map<string, Outcome>();
      outcomes.set(fault, byWire);
      byWire.set(wire.name, await playFault(fault, wire, servers));
    }
  };
  await Promise.all(Array.from({ length: together }, work));

  left = beyond(before);
  for (let waited = 0; waited < 3000 && left.length > 0; waited += 20) {
    servers.closeIdle();
    await sleep(20);
    left = beyond(before);
  }
  connections = await servers.openConnections();
  process.off('warning', onWarning).off('unhandledRejection', onRejection);
  vi.restoreAllMocks();
}, 60_000);

afterAll(() => servers.close());

describe.each(wires)('$name', (wire) => {
  const { provider } = wire.create('http://127.0.0.1');

  describe.each(faultGroups)('$title', (group) => {
    it.each(rowsOf(group, wire.name))('$name', (fault) => {
      const { code: _, says = '', requests, kept, ...expected } = expectedOf(fault, wire.name);
      const codes = [expectedOf(fault, wire.name).code].flat();
      const outcome = outcomes.get(fault)?.get(wire.name);
      if (!outcome) return expect.unreachable('it was not played');
      const { error } = outcome;
      const { status, retryable, retryAfter, retryAt } = error ?? {};

      expect({ ...outcome, error: undefined, status, retryable, retryAfter, retryAt }).toMatchObject({
        endings: 1,
        listeners: 0,
        status: undefined,
        retryable: undefined,
        retryAfter: undefined,
        retryAt: undefined,
        kept: kept ?? '',
        ...(requests !== undefined && { requests }),
        ...expected,
      });
      expect(codes).toContain(error?.code);
      expect(error?.message ?? '').toContain(says);
      // What was told before anything arrived knows no provider: a timeout, an interruption.
      if (error) expect([provider, undefined]).toContain(error.provider);
      if (expected.ends === 'ProviderError') expect(error?.provider).toBe(provider);
    });
  });
});

describe('behind all faults', () => {
  it('nothing was printed, warned of or rejected', () => {
    expect({ printed, warned, rejected }).toEqual({ printed: [], warned: [], rejected: [] });
  });

  it('no timer, socket or connection is left', () => {
    expect(left).toEqual([]);
    expect(connections).toBe(0);
  });
});

function resources(): string[] {
  return process.getActiveResourcesInfo();
}

/** What of timers, sockets and the like is there now and was not before. */
function beyond(before: readonly string[]): string[] {
  const rest = [...before];
  return resources().filter((name) => {
    const at = rest.indexOf(name);
    if (at >= 0) rest.splice(at, 1);
    return at < 0 && /TCP|TLS|Timeout|Zlib|GetAddrInfo/.test(name);
  });
}
