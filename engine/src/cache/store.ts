/**
 * The store: memory → scratch → private → shared → libraries, looked through in this order. What a lower layer has goes into the
 * ones above, and writes happen behind. The store knows bytes and keys, no stage, and no fault of it ever reaches a caller as
 * an exception.
 *
 *     <directory>/v1/    the private layer; what lies in it stands in `folder.ts`
 */
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { hex } from "../base/digest.js";
import { InputError } from "../base/errors.js";
import { openRandomStream, uniform } from "../base/random.js";
import { within } from "../base/within.js";
import { rowOf, rowsOfPrefix } from "./catalogue.js";
import {
  type Entry,
  type EntryContent,
  type EntryMeta,
  type EntrySignature,
  STORED_KINDS,
  type StoredKind,
} from "./entry.js";
import { nodeFileSystem } from "./file-system.js";
import { type Folder, openFolder, type StoreFault, withoutLabel } from "./folder.js";
import type { CacheKey } from "./key.js";
import { leasePlaces, openLeases } from "./lease.js";
import type { Summary } from "./ledger.js";
import { openLibraries } from "./libraries.js";
import { listParts } from "./listing.js";
import { openMemory } from "./memory.js";
import { SITE_POLICY } from "./policy.js";
import { type Place, PRIVATE_MODES } from "./publish.js";
import { ownUser } from "./read.js";
import { type CacheOptions, findConfig, readSettings, type SettingName, type Settings } from "./settings.js";
import { openShared, type SharedLayer } from "./shared.js";
import { readSigner } from "./signing.js";
import type {
  DescribedEntry,
  LayerName,
  LayerStatus,
  ListedEntry,
  ListPage,
  ListQuery,
  Lookup,
  PutOptions,
  Store,
  StoreOptions,
  StoreStatus,
} from "./store-types.js";
import { ORIGIN, openTransfer, originText } from "./transfer.js";
import { openTrust } from "./trust.js";
import { openUpkeep } from "./upkeep.js";

/** What is to be set aside may still be on its way to the disk. */
const SETTLE_MS = 1000;

/** Settings that say which folders are opened. */
const FIXED: readonly SettingName[] = [
  "directory",
  "scratchDirectory",
  "sharedDirectory",
  "libraries",
  "policyFile",
  "signingKey",
];

/** Opens the store; touches nothing but the configuration until the first use. Throws `InputError` for settings that make no sense. */
export function openStore(options: StoreOptions = {}): Store {
  const environment = options.environment ?? process.env;
  const files = options.fileSystem ?? nodeFileSystem;
  const clock = options.clock ?? Date.now;
  const me = ownUser();
  const config = options.config === undefined ? findConfig(environment) : options.config || undefined;
  let given: CacheOptions = {
    ...options.settings,
    ...(options.directory !== undefined && { directory: options.directory }),
  };
  let settings: Settings = readSettings(given, environment, config);
  const { values } = settings;
  const trust =
    options.trust ??
    openTrust({
      own: me,
      policyFile: values.policyFile,
      sitePolicyFile: options.sitePolicyFile ?? SITE_POLICY,
      home: environment.HOME,
    });
  const writeFaults: { count: number; last: StoreFault | undefined } = { count: 0, last: undefined };
  const onFault = (fault: StoreFault): void => {
    if (fault.action === "write") {
      writeFaults.count++;
      writeFaults.last = fault;
    }
    options.onFault?.(fault);
  };

  const memory = openMemory(values.memoryBytes);
  const ownPlace: Place = { files, owner: me, durable: false, ...PRIVATE_MODES };
  const countsUses = (): boolean => settings.values.statistics;
  const open = (directory: string): Folder =>
    openFolder({
      root: join(directory, "v1"),
      place: ownPlace,
      clock,
      writable: true,
      entries: { check: "gmac" },
      countsUses,
      onFault,
    });
  const home = open(values.directory);
  const scratch = values.scratchDirectory === "" ? undefined : open(values.scratchDirectory);
  const shared: SharedLayer | undefined =
    values.sharedDirectory === ""
      ? undefined
      : openShared({
          directory: values.sharedDirectory,
          files,
          clock,
          own: me,
          trust,
          signer: () => options.signer ?? (values.signingKey === "" ? undefined : readSigner(values.signingKey, me)),
          count: (counter) => count(counter),
          onFault,
        });
  const own = [
    ...(scratch ? [{ layer: "scratch" as const, folder: scratch }] : []),
    { layer: "private" as const, folder: home },
  ];
  const imported = join(values.directory, "libraries");
  const libraries = openLibraries({
    files,
    imported,
    folders: values.libraries,
    own: me,
    trust,
    clock,
    onFault,
  });
  const transfer = openTransfer({
    own,
    home,
    shared,
    libraries,
    imported,
    files,
    settings: () => settings.values,
    trust,
    clock,
    onFault,
    writeFaults,
  });
  const upkeep = openUpkeep({
    own,
    files,
    memory,
    settings: () => settings.values,
    shared: () => shared?.own(),
    existingShared: async () => shared?.existing(),
    clock,
    onFault,
  });
  /** Where the last hit of a key came from, so that it can be rejected there. */
  const origin = new Map<
    string,
    { readonly layer: LayerName; readonly writer: number | undefined; readonly signature?: EntrySignature | undefined }
  >();
  /** Whose entries were copied into this user's layers, while this store is open. */
  const copied = new Map<string, number | undefined>();
  const random = openRandomStream(options.sampleSeed ?? randomInt(2 ** 48 - 1));
  const leases = openLeases({
    files,
    own: me,
    leaseMs: () => settings.values.leaseMs,
    times: options.leaseTimes,
    places: leasePlaces(values, trust),
  });

  /** One in so many, by chance. */
  const isSampled = (): boolean => uniform(random) * settings.values.sampleEvery < 1 && settings.values.sampleEvery > 0;

  function count(counter: string, by?: number): void {
    if (settings.values.statistics) home.ledger.count(counter, by);
  }

  async function get(kind: StoredKind, key: Uint8Array): Promise<Lookup> {
    let refused: Lookup | undefined;
    let missed: Lookup = { outcome: "miss", reason: "not in the cache" };
    for (const { layer, folder } of own) {
      const found = await folder.get(kind, key);
      if (found.outcome === "hit") {
        origin.delete(`${kind} ${hex(key)}`);
        if (layer === "private") fill(scratch, found.entry);
        return { ...found, layer };
      }
      if (found.outcome === "refused") {
        refused ??= found;
        count(`refused.${found.code}`);
      } else if (found.reason !== "not in the cache") missed = found;
    }
    if (shared) {
      const found = await shared.get(kind, key);
      if (found.outcome === "hit") {
        const { signature } = found.entry;
        origin.set(`${kind} ${hex(key)}`, { layer: "shared", writer: found.writer, signature });
        return { ...found, layer: "shared", sample: found.writer !== me && isSampled() };
      }
      if (found.outcome === "refused") refused ??= found;
      else if (found.reason !== "not in the cache") missed = found;
    }
    const found = await libraries.get(kind, key);
    if (found.outcome === "hit") {
      origin.set(`${kind} ${hex(key)}`, { layer: "library", writer: undefined });
      return { ...found, layer: "library" };
    }
    if (found.outcome === "refused") refused ??= found;
    return refused ?? missed;
  }

  function getNow(kind: StoredKind, key: Uint8Array): Lookup {
    let last: Lookup = { outcome: "miss", reason: "not in the cache" };
    for (const { layer, folder } of own) {
      const found = folder.getNow(kind, key);
      if (found.outcome === "hit") return { ...found, layer };
      if (last.outcome === "miss") last = found;
    }
    const found = libraries.getNow(kind, key);
    return found.outcome === "hit" ? { ...found, layer: "library" } : last;
  }

  /** A copy for a layer above. */
  function fill(folder: Folder | undefined, { signature: _, attributes, arrays, ...meta }: Entry): void {
    folder?.put(meta as EntryMeta & { kind: StoredKind }, { attributes, arrays });
  }

  async function reject(kind: StoredKind, key: Uint8Array): Promise<void> {
    const from = origin.get(`${kind} ${hex(key)}`);
    memory.forget(kind, hex(key));
    if (from?.layer === "shared") shared?.avoid(kind, key, from.writer);
    else for (const { folder } of own) await folder.reject(kind, key);
  }

  async function distrust(kind: StoredKind, key: Uint8Array): Promise<string> {
    const from = origin.get(`${kind} ${hex(key)}`);
    const reason = `${trust.userText(from?.writer)} has another ${kind} under this key than comes out when it is made again`;
    count("refused.recomputed-differs");
    onFault({ action: "read", kind, code: "recomputed-differs", message: `${reason}; nothing else of theirs is used` });
    if (from?.writer === undefined) return reason;
    shared?.avoid(kind, key, from.writer);
    shared?.distrust(from.writer, reason, from.signature?.publicKey);
    // what was copied from them before is no better
    for (const { folder } of own) await within(folder.settle(), SETTLE_MS);
    for (const [id, writer] of copied) {
      if (writer !== from.writer) continue;
      const [theirs, name] = id.split(" ") as [StoredKind, string];
      memory.forget(theirs, name);
      for (const { folder } of own) await folder.reject(theirs, Buffer.from(name, "hex"));
    }
    return reason;
  }

  function put(
    meta: EntryMeta & { kind: StoredKind },
    content: EntryContent,
    done?: (bytes: number) => void,
    { share = true }: PutOptions = {},
  ): void {
    scratch?.put(meta, content, (bytes) => upkeep.grew(scratch, bytes));
    home.put(meta, content, (bytes) => {
      upkeep.grew(home, bytes);
      // whoever is told looks for it, perhaps from another process
      if (done) void home.ledger.noted().then(() => done(bytes));
    });
    if (!shared || !share || !settings.values.publish) return;
    const { details: _, ...bare } = meta;
    const grew = (bytes: number): void => {
      const mine = shared.own();
      if (mine) upkeep.grew(mine, bytes);
    };
    if (settings.values.shareNames) shared.put(meta, content, grew);
    else shared.put(bare, { ...content, attributes: withoutLabel(content.attributes) }, grew);
  }

  async function drain(deadlineMs: number): Promise<boolean> {
    const all = async (): Promise<void> => {
      for (const { folder } of own) {
        await folder.settle();
        await upkeep.settle(folder);
        await folder.ledger.flush();
      }
      await shared?.settle();
      const mine = shared?.own();
      if (mine) {
        await upkeep.settle(mine);
        await mine.ledger.flush();
      }
    };
    return within(all(), deadlineMs);
  }

  /** What a folder's ledger says; one that was never listed is listed first. */
  async function summaryOf(folder: Folder): Promise<Summary> {
    const found = await folder.ledger.summary();
    if (found.listed) return found;
    await folder.reconcile();
    return folder.ledger.summary();
  }

  async function statusOf(layer: LayerName, directory: string, folder: Folder): Promise<LayerStatus> {
    const { totals } = await summaryOf(folder);
    const kinds = STORED_KINDS.map((kind) => ({ kind, ...totals[kind] }));
    return { layer, directory, capBytes: settings.values.capBytes, kinds };
  }

  async function status({ others = true }: { readonly others?: boolean } = {}): Promise<StoreStatus> {
    const { directory, scratchDirectory, capBytes, memoryBytes, sharedDirectory, sharedCapBytes } = settings.values;
    const layers: LayerStatus[] = [
      {
        layer: "memory",
        directory: "",
        capBytes: memoryBytes,
        kinds: STORED_KINDS.map((kind) => ({ kind, ...memory.totals(kind) })),
      },
    ];
    if (scratch) layers.push(await statusOf("scratch", scratchDirectory, scratch));
    const mine = await statusOf("private", directory, home);
    layers.push(mine);
    const writers = (others && (await shared?.writers())) || [];
    if (shared && others) {
      const sum = (kind: StoredKind, what: "entries" | "bytes"): number =>
        writers.reduce((total, { summary }) => total + summary.totals[kind][what], 0);
      const kinds = STORED_KINDS.map((kind) => ({ kind, entries: sum(kind, "entries"), bytes: sum(kind, "bytes") }));
      layers.push({ layer: "shared", directory: sharedDirectory, capBytes: sharedCapBytes, kinds });
    }
    const known = others ? await libraries.status() : [];
    if (known.length > 0) {
      const kinds = STORED_KINDS.map((kind) => ({
        kind,
        entries: known.reduce((sum, { summary }) => sum + summary.totals[kind].entries, 0),
        bytes: known.reduce((sum, { summary }) => sum + summary.totals[kind].bytes, 0),
      }));
      layers.push({ layer: "library", directory: imported, capBytes: Infinity, kinds });
    }
    let quarantined = 0;
    for (const kind of STORED_KINDS) for await (const _ of home.quarantined(kind)) quarantined++;
    const { counters, evictions } = await home.ledger.summary();
    return {
      directory,
      layer: "private",
      capBytes,
      kinds: mine.kinds,
      quarantined,
      layers,
      counters,
      evictions,
      writers,
      libraries: known,
      policy: trust.files(),
    };
  }

  async function list(query: ListQuery = {}): Promise<ListPage> {
    const { layer = "private" } = query;
    const folder = own.find((one) => one.layer === layer)?.folder;
    const parts = folder
      ? [{ catalogue: await folder.catalogue() }]
      : layer === "shared"
        ? ((await shared?.catalogues()) ?? [])
        : layer === "library"
          ? (await libraries.catalogues()).map(({ path, catalogue }) => ({ catalogue, writer: path }))
          : [];
    return listParts(
      parts.map((part) => ({ ...part, layer })),
      query,
      clock(),
    );
  }

  async function described(kind: StoredKind, key: Uint8Array): Promise<DescribedEntry | undefined> {
    for (const { layer, folder } of own) {
      const found = await folder.describe(kind, key);
      if (found === undefined) continue;
      const { header, producer, components, details, attributes } = found;
      const { fileBytes: bytes, createdMs, costMs, signature } = header;
      const path = folder.pathOf(kind, key);
      const more = { producer, createdMs, costMs, components, details, attributes, signed: signature !== undefined };
      return { kind, key: hex(key), layer, path, bytes, ...more };
    }
    return undefined;
  }

  async function resolve(prefix: string, kinds: readonly StoredKind[] = STORED_KINDS): Promise<ListedEntry[]> {
    const part = await home.catalogue();
    const rows = rowsOfPrefix(part.columns, prefix, kinds);
    const now = clock();
    return rows.map((row) => ({ ...rowOf(part, row, now), layer: "private" as const }));
  }

  /** Copies what was found below into this user's layers. */
  function adopt({ signature: _, attributes, arrays, ...meta }: Entry, { details }: CacheKey, name: string): void {
    const id = `${meta.kind} ${hex(meta.key)}`;
    const writer = origin.get(id)?.writer;
    copied.set(id, writer);
    const labelled = "name" in attributes ? { ...attributes, name } : attributes;
    for (const { folder } of own)
      folder.put(
        { ...(meta as EntryMeta & { kind: StoredKind }), details: { ...details, [ORIGIN]: originText(writer) } },
        { attributes: labelled, arrays },
      );
  }

  return {
    directory: values.directory,
    get capBytes() {
      return settings.values.capBytes;
    },
    get settings() {
      return settings.values;
    },
    get origins() {
      return settings.origins;
    },
    memory,
    folders: own,
    configure(changes) {
      const folder = FIXED.find((name) => changes[name] !== undefined);
      if (folder !== undefined)
        throw new InputError(
          "bad-option",
          `Cannot change ${folder} of an open engine: its folders are open; open another engine with it.`,
        );
      const wanted = { ...given, ...changes };
      settings = readSettings(wanted, environment, config);
      given = wanted;
      memory.limit(settings.values.memoryBytes);
    },
    get,
    getNow,
    reject,
    distrust,
    leases: {
      hold: leases.hold,
      async wait(kind, key, stop) {
        const ms = await leases.wait(kind, key, stop);
        // what was made meanwhile is to be found
        if (ms > 0) shared?.refresh();
        return ms;
      },
    },
    put,
    adopt,
    count,
    drain,
    status,
    list,
    describe: described,
    resolve,
    clear: upkeep.clear,
    transfer,
    vacuum: upkeep.vacuum,
    pin: upkeep.pin,
    remove: upkeep.remove,
  };
}
