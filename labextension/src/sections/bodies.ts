/** The bodies of all sections, which are loaded together when the panel is shown for the first time. */
import type { FunctionComponent } from "react";
import type { SectionProps } from "../section-widget.js";
import type { SectionName } from "../tokens.js";
import { EntriesSection } from "./entries.js";
import { EvictionsSection } from "./evictions.js";
import { OverviewSection } from "./overview.js";
import { PrewarmSection } from "./prewarm.js";
import { SharedSection } from "./shared.js";
import { SuggestionsSection } from "./suggestions.js";

export { StatusLine } from "./status-line.js";

export const BODIES: Readonly<Record<SectionName, FunctionComponent<SectionProps>>> = {
  overview: OverviewSection,
  suggestions: SuggestionsSection,
  prewarm: PrewarmSection,
  entries: EntriesSection,
  evictions: EvictionsSection,
  shared: SharedSection,
};
