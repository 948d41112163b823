/** What everything here is given: the store, who listens, what is under way. */
import type { CacheKey, Store } from "../cache/index.js";
import type { StageEvent } from "./events.js";
import type { Profiler } from "./profile.js";

export interface StageServices {
  readonly store: Store;
  readonly emit: (event: StageEvent) => void;
  /** Who made an entry: name and version. */
  readonly producer: string;
  /** The last key by kind and model, so that a miss can say what changed since. */
  readonly recent: Map<string, CacheKey>;
  readonly profiler: Profiler;
  /** What is being looked up or made just now, by kind and key. */
  readonly running: Map<string, Promise<void>>;
  /** Prewarming runs that are under way: what they look up is counted apart, because it is meant to be missing. */
  readonly prewarming: { runs: number };
}
