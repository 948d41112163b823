/**
 * The messages between the extension and the kernel, most of them the side panel's: types and a version, no imports, so that both sides
 * can share this one file.
 *
 * The panel opens one comm on `PANEL_TARGET` and says `hello`. From then on the kernel pushes an `overview` and the
 * prewarming `jobs` whenever something changed, at most once a second, and only while the panel says that it is visible.
 * Everything else is asked: an `ask` is answered by an `answer` or an `error` of the same number. What deletes takes two
 * asks: a plan with numbers first, then carrying that plan out.
 */

/** Comm target. Both sides find each other by it in every release; the version is in `hello`. */
export const PANEL_TARGET = "sojourn.panel.v1";
/** Changes with every incompatible change of a message. */
export const PANEL_PROTOCOL_VERSION = 2;

/** `kernel_info_reply.implementation` of the kernel that answers on `PANEL_TARGET`. */
export const IMPLEMENTATION = "sojourn";

/** A message on `control` with which a page says that it is there. It has no answer, not even a status. */
export const HEARD_TYPE = "sojourn_heard";

/** What a result carries beside its text when look-ups led to it; see `LookupBadge`. */
export const BADGE_MIME_TYPE = "application/vnd.sojourn.lookups+json";

export const CACHE_KINDS = ["graph", "trace", "evaluator", "value"] as const;
export type CacheKind = (typeof CACHE_KINDS)[number];

/** Layers whose entries can be listed. */
export const LISTED_LAYERS = ["private", "scratch", "shared", "library"] as const;
export type ListedLayer = (typeof LISTED_LAYERS)[number];

export type LookupOutcome = "hit" | "miss" | "bypass" | "refused";

/** Look-ups of one kind. A look-up ends in exactly one of the four. */
export interface LookupCounters {
  readonly hits: number;
  readonly misses: number;
  /** Not looked up, because something cannot be keyed safely or the user asked for it. */
  readonly bypasses: number;
  /** An entry was there but was refused (damaged, wrong version, wrong key); counted as a miss for the user. */
  readonly refusals: number;
}

/** `session`: this kernel since it started; `mine`: all sessions of this user; `shared`: the layer of many users. */
export const VIEWS = ["session", "mine", "shared"] as const;
export type View = (typeof VIEWS)[number];

export interface KindOverview {
  readonly kind: CacheKind;
  /** Of this session or of all; in the view `shared`, look-ups that the shared layer answered are its hits. */
  readonly lookups: LookupCounters;
  /** On the private layer, all sessions together; in the view `shared`, of all writers. */
  readonly entries: number;
  readonly bytes: number;
}

/** One look-up, so that a person sees that something happened and why. */
export interface LookupNote {
  readonly kind: CacheKind;
  readonly outcome: LookupOutcome;
  /** Name of the model that asked, e.g. "coalescent"; empty when unnamed. */
  readonly model: string;
  /** Why it was a miss or a bypass, one phrase; absent on a hit. */
  readonly reason?: string;
  readonly layer?: string;
  readonly key?: string;
  readonly savedMs: number;
  readonly milliseconds: number;
  /** Milliseconds since 1970 by the kernel's clock. */
  readonly time: number;
}

export interface Overview {
  readonly view: View;
  readonly kinds: readonly KindOverview[];
  /**
   * Measured cost of what the hits replaced minus what loading took, summed over the view; may be negative. Absent in the view
   * `shared`: it is not counted by layer.
   */
  readonly savedMs?: number;
  /** The directory of the layer that the view shows; empty when no such layer is set up. */
  readonly directory: string;
  /** Soft cap of that layer. */
  readonly capBytes: number;
  /** What the disk below it has left; absent where the system does not say. */
  readonly freeBytes?: number;
  readonly last?: LookupNote;
}

/** What the panel may offer. */
export const ACTIONS = ["clear", "vacuum", "remove", "pin", "export", "prewarm", "configure"] as const;
export type Action = (typeof ACTIONS)[number];
export type Permission = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };
export type Capabilities = { readonly [action in Action]: Permission };

export const ENTRY_SORTS = ["created", "used", "uses", "bytes", "cost", "name"] as const;
export type EntrySort = (typeof ENTRY_SORTS)[number];

export interface EntryQuery {
  readonly layer: ListedLayer;
  /** Empty: all. */
  readonly kinds: readonly CacheKind[];
  /** Names or keys that contain this. */
  readonly filter: string;
  readonly sort: EntrySort;
  readonly ascending: boolean;
  readonly offset: number;
  readonly limit: number;
}

export interface EntryRow {
  readonly kind: CacheKind;
  /** 64 hexadecimal digits. */
  readonly key: string;
  /** Of the model; cut after `NAME_MAX` characters. */
  readonly name: string;
  readonly bytes: number;
  readonly costMs: number;
  readonly createdMs: number;
  /** Decayed: a use of last week counts half. */
  readonly uses: number;
  /** 0: never. */
  readonly lastUseMs: number;
  readonly pinned: boolean;
  readonly layer: ListedLayer;
  readonly writer?: string;
}

/** No more of a name is sent in a list. */
export const NAME_MAX = 300;
/** Rows that may be asked for at once. */
export const PAGE_MAX = 500;

export interface EntryPage {
  /** Entries that match, on this page or not. */
  readonly total: number;
  readonly offset: number;
  readonly entries: readonly EntryRow[];
}

export interface EntryName {
  readonly kind: CacheKind;
  readonly key: string;
}

export interface KeyComponent {
  readonly name: string;
  /** The value in words, where the entry tells it. */
  readonly value?: string;
  /** The first digits of its digest. */
  readonly digest: string;
}

export interface EntryDetails {
  readonly entry: EntryRow;
  readonly path: string;
  readonly producer: string;
  readonly writer: string;
  readonly signed: boolean;
  readonly components: readonly KeyComponent[];
  /** Every byte was read just now. */
  readonly verified: { readonly ok: true } | { readonly ok: false; readonly reason: string };
  /** Look-ups of this session that asked for it, or for its model and kind and missed; newest first. */
  readonly history: readonly LookupNote[];
  /** Components of this model and kind that made look-ups of all sessions miss, and how often. */
  readonly changes: readonly { readonly component: string; readonly times: number }[];
}

/** What would go, or went. */
export interface RemovalPlan {
  /** Names this plan when it is to be carried out. */
  readonly plan: string;
  readonly entries: number;
  readonly bytes: number;
  /** Damaged files and what interrupted writers left, which go too. */
  readonly leftovers: number;
  /** Of clearing: entries that stay, because they are pinned. */
  readonly pinned?: number;
  readonly byKind: readonly { readonly kind: CacheKind; readonly entries: number; readonly bytes: number }[];
  /** Why, and how many for that reason. */
  readonly causes: readonly { readonly cause: string; readonly entries: number }[];
}

/** Conditions must all hold; none given: only what the caps ask for. */
export interface VacuumWish {
  readonly kinds?: readonly CacheKind[];
  readonly olderThanMs?: number;
  readonly unusedForMs?: number;
  readonly largerThanBytes?: number;
  readonly capBytes?: number;
}

export type RemovalWish =
  | { readonly what: "clear"; readonly kinds: readonly CacheKind[] }
  | { readonly what: "vacuum"; readonly query: VacuumWish }
  | { readonly what: "remove"; readonly entries: readonly EntryName[] };

export interface Eviction {
  readonly time: number;
  readonly kind: CacheKind;
  readonly key: string;
  readonly name: string;
  readonly bytes: number;
  readonly cause: string;
}

export type SettingValue = number | boolean | readonly number[];

export interface PanelSuggestion {
  /** Stable for the same advice: dismissed by it. */
  readonly id: string;
  readonly code: string;
  readonly subject: string;
  readonly evidence: string;
  readonly action: string;
  /** A setting that would do it. */
  readonly setting?: { readonly name: string; readonly value: SettingValue; readonly text: string };
  /** A model that may be prewarmed for it. */
  readonly prewarm?: string;
}

export interface SharedState {
  /** Empty: no shared layer is set up. */
  readonly directory: string;
  readonly problem?: string;
  /** Octal, as `chmod` takes it. */
  readonly mode?: string;
  /** The group that it is for; absent: everybody. */
  readonly group?: string;
  readonly volume?: { readonly type: string; readonly freeBytes: number; readonly freeFiles?: number };
  readonly publish: boolean;
  readonly shareNames: boolean;
  readonly capBytes: number;
  readonly writers: readonly {
    readonly name: string;
    readonly own: boolean;
    readonly entries: number;
    readonly bytes: number;
    /** Kinds of theirs that are used. */
    readonly uses: readonly CacheKind[];
    /** Why the rest is not. */
    readonly refusal?: string;
  }[];
  readonly policy: readonly { readonly path: string; readonly there: boolean; readonly problem?: string }[];
  readonly libraries: readonly {
    readonly name: string;
    readonly version: string;
    readonly entries: number;
    readonly bytes: number;
  }[];
  /** Entries that were there and were not used, by the code of the reason, all sessions together. */
  readonly refusals: readonly { readonly code: string; readonly times: number }[];
  readonly findings: readonly {
    readonly level: "ok" | "note" | "problem";
    readonly text: string;
    readonly action?: string;
  }[];
}

export interface WarmModel {
  /** Where its rule lives: the library, or the variables of the notebook. */
  readonly source: "family" | "notebook";
  readonly name: string;
  readonly description: string;
  /** Its inputs with their defaults, as JSON. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Quantities that can be prewarmed without being told more. */
export const WARM_QUESTIONS = [
  ...["meanVariance", "moments", "pdf", "cdf", "survival", "quantile", "logLikelihood", "sojourn", "visits"],
] as const;

export interface PrewarmWish {
  readonly source: WarmModel["source"];
  readonly model: string;
  /** A list where the model's own input is a single value stands for each of its items. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly questions: readonly string[];
  readonly gradients: boolean;
  /** How many θ will be asked at once. */
  readonly batches: readonly number[];
}

export interface PrewarmForecast {
  readonly total: number;
  /** There already. */
  readonly warm: number;
  readonly cold: number;
  /** Cannot be made, with the first reasons. */
  readonly failing: number;
  readonly reasons: readonly string[];
  /** What alike entries cost, summed; a hint. */
  readonly estimatedMs: number;
  /** Cold ones of which nothing alike is known. */
  readonly unknown: number;
}

/**
 * `queued`: others are before it; `waiting`: for the cell that runs, or for the notebook to define the model again;
 * `interrupted`: the kernel that ran it is gone.
 */
export const JOB_STATES = ["queued", "running", "waiting", "paused", "interrupted", "cancelled", "done"] as const;
export type JobState = (typeof JOB_STATES)[number];

export interface PrewarmJob {
  readonly id: string;
  readonly state: JobState;
  /** Of `waiting` and `paused`: for what, or why. */
  readonly reason?: string;
  readonly wish: PrewarmWish;
  readonly total: number;
  readonly made: number;
  /** Was in the caches already. */
  readonly warm: number;
  readonly failed: number;
  /** Inputs of what is being made. */
  readonly current?: string;
  /** Time spent at work. */
  readonly elapsedMs: number;
  readonly remainingMs?: number;
  readonly failures: readonly { readonly inputs: string; readonly reason: string }[];
  readonly createdMs: number;
  /** Another kernel that runs is at it: nothing can be done to it from here. */
  readonly elsewhere: boolean;
}

export const JOB_VERBS = ["pause", "resume", "cancel", "rerun", "forget"] as const;
export type JobVerb = (typeof JOB_VERBS)[number];

export interface ChartData {
  /** Of this session, each bucket by its end; counters add up from the start. */
  readonly lookups: readonly {
    readonly time: number;
    readonly hits: number;
    readonly misses: number;
    readonly savedMs: number;
  }[];
  readonly sizes: readonly { readonly kind: CacheKind; readonly layer: string; readonly bytes: number }[];
  readonly evictions: readonly { readonly time: number; readonly kind: CacheKind; readonly bytes: number }[];
}

/** Questions and their answers, by name. */
export interface Asks {
  readonly entries: readonly [EntryQuery, EntryPage];
  readonly entry: readonly [EntryName & { readonly layer: ListedLayer }, EntryDetails];
  /** An entry by the first digits of its key, as a badge has it. */
  readonly find: readonly [{ readonly key: string }, EntryRow | null];
  readonly pin: readonly [EntryName & { readonly pinned: boolean }, { readonly pinned: boolean }];
  readonly plan: readonly [RemovalWish, RemovalPlan];
  /** Carries out what `plan` answered; clearing asks the caches again, so that what came meanwhile goes too. */
  readonly carryOut: readonly [{ readonly plan: string }, RemovalPlan];
  /** Writes a library into the notebook's folder; the name is one of a file. */
  readonly export: readonly [
    { readonly entries: readonly EntryName[]; readonly file: string },
    { readonly path: string; readonly entries: number; readonly bytes: number; readonly missing: number },
  ];
  readonly evictions: readonly [Record<string, never>, { readonly evictions: readonly Eviction[] }];
  readonly suggestions: readonly [Record<string, never>, { readonly suggestions: readonly PanelSuggestion[] }];
  /** For this session; the answer says how to keep it. */
  readonly configure: readonly [{ readonly name: string; readonly value: SettingValue }, { readonly keep: string }];
  readonly shared: readonly [Record<string, never>, SharedState];
  readonly models: readonly [Record<string, never>, { readonly models: readonly WarmModel[] }];
  readonly forecast: readonly [PrewarmWish, PrewarmForecast];
  readonly prewarm: readonly [PrewarmWish, { readonly job: string }];
  readonly job: readonly [{ readonly job: string; readonly verb: JobVerb }, Record<string, never>];
  readonly charts: readonly [Record<string, never>, ChartData];
}

export type AskName = keyof Asks;
export const ASK_NAMES = [
  ...(["entries", "entry", "find", "pin", "plan", "carryOut", "export", "evictions", "suggestions"] as const),
  ...(["configure", "shared", "models", "forecast", "prewarm", "job", "charts"] as const),
] as const satisfies readonly AskName[];

export type AskMessage = {
  readonly [name in AskName]: {
    readonly type: "ask";
    readonly request: number;
    readonly ask: name;
    readonly of: Asks[name][0];
  };
}[AskName];

export type PanelToKernel =
  | { readonly type: "hello"; readonly version: number; readonly visible: boolean; readonly view: View }
  | { readonly type: "visible"; readonly visible: boolean }
  | { readonly type: "view"; readonly view: View }
  | { readonly type: "refresh" }
  | AskMessage;

export type KernelToPanel =
  | {
      readonly type: "hello";
      readonly version: number;
      readonly implementationVersion: string;
      readonly can: Capabilities;
    }
  | { readonly type: "unsupported"; readonly version: number; readonly message: string }
  | { readonly type: "overview"; readonly sequence: number; readonly overview: Overview }
  /** `models` is a number that changes when the notebook defines a model. */
  | { readonly type: "jobs"; readonly jobs: readonly PrewarmJob[]; readonly models: number }
  | { readonly type: "answer"; readonly request: number; readonly answer: Asks[AskName][1] }
  | { readonly type: "error"; readonly request?: number; readonly code: string; readonly message: string };

/** Look-ups that led to a result, oldest first; shown as a small badge by the panel's extension, and by nobody else. */
export interface LookupBadge {
  readonly version: 1;
  readonly hits: number;
  readonly misses: number;
  readonly bypasses: number;
  readonly refusals: number;
  /** In whole milliseconds. */
  readonly savedMs: number;
  readonly madeMs: number;
  readonly lookups: readonly {
    readonly kind: CacheKind;
    readonly outcome: LookupOutcome;
    readonly model: string;
    readonly key?: string;
    readonly reason?: string;
    readonly layer?: string;
  }[];
}
