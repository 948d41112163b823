/** The panel's commands, for the palette, the menus (see `schema/plugin.json`) and keyboard shortcuts. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { clearIcon, refreshIcon } from "@jupyterlab/ui-components";
import type { CommandRegistry } from "@lumino/commands";
import { sojournIcon } from "./icon.js";
import type { ICachePanel } from "./tokens.js";

export const CommandIDs = {
  show: "sojourn:show-panel",
  refresh: "sojourn:refresh-panel",
  clear: "sojourn:clear-caches",
} as const;

const WITHOUT_ARGUMENTS = { args: { type: "object", properties: {}, additionalProperties: false } } as const;

export function addCommands(commands: CommandRegistry, panel: ICachePanel, trans: TranslationBundle): void {
  const hasKernel = () => panel.state.tag !== "none" && panel.state.tag !== "foreign";
  commands.addCommand(CommandIDs.show, {
    label: trans.__("Sojourn Caches"),
    caption: trans.__("Show what the caches of the active notebook do"),
    icon: sojournIcon,
    describedBy: WITHOUT_ARGUMENTS,
    execute: () => panel.show(),
  });
  commands.addCommand(CommandIDs.refresh, {
    label: trans.__("Refresh Sojourn Caches Panel"),
    caption: trans.__("Ask the kernel for the numbers again, or connect again"),
    icon: refreshIcon,
    describedBy: WITHOUT_ARGUMENTS,
    isEnabled: hasKernel,
    execute: () => panel.refresh(),
  });
  commands.addCommand(CommandIDs.clear, {
    label: trans.__("Clear Sojourn Caches…"),
    caption: trans.__("Show what would be deleted, ask, then delete it"),
    icon: clearIcon,
    describedBy: WITHOUT_ARGUMENTS,
    isEnabled: hasKernel,
    execute: () => panel.clearCaches(),
  });
  panel.stateChanged.connect(() => {
    commands.notifyCommandChanged(CommandIDs.refresh);
    commands.notifyCommandChanged(CommandIDs.clear);
  });
}
