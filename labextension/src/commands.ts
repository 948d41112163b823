/** The panel's commands, for the palette, the menus (see `schema/plugin.json`), the launcher and keyboard shortcuts. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { addIcon, clearIcon, refreshIcon } from "@jupyterlab/ui-components";
import type { CommandRegistry } from "@lumino/commands";
import type { ReadonlyJSONObject } from "@lumino/coreutils";
import { sojournIcon } from "./icon.js";
import { type ICachePanel, SECTIONS } from "./tokens.js";

export const CommandIDs = {
  show: "sojourn:show-panel",
  refresh: "sojourn:refresh-panel",
  pin: "sojourn:pin-panel",
  prewarm: "sojourn:prewarm",
  vacuum: "sojourn:vacuum-caches",
  clear: "sojourn:clear-caches",
  startHelper: "sojourn:start-helper-kernel",
  stopHelper: "sojourn:stop-helper-kernel",
  newNotebook: "sojourn:new-notebook",
  insertTemplate: "sojourn:insert-model-template",
  openEntry: "sojourn:open-entry",
} as const;

/** Not in the palette: it needs to be told what. */
export const WITH_ARGUMENTS: readonly string[] = [CommandIDs.openEntry];

const WITHOUT_ARGUMENTS = { args: { type: "object", properties: {}, additionalProperties: false } } as const;

const argumentsOf = (properties: ReadonlyJSONObject, required: string[] = []) => ({
  args: { type: "object", properties, required, additionalProperties: false },
});

export interface CommandParts {
  readonly commands: CommandRegistry;
  readonly panel: ICachePanel;
  readonly trans: TranslationBundle;
  /** Opens a new notebook with the model template. */
  readonly newNotebook: (cwd: string | undefined) => Promise<unknown>;
  /** Puts the template below the active cell; undefined when no notebook is active. */
  readonly insertTemplate: () => (() => void) | undefined;
}

export function addCommands({ commands, panel, trans, newNotebook, insertTemplate }: CommandParts): void {
  const hasKernel = () => panel.state.tag !== "none" && panel.state.tag !== "foreign";
  const plain = (id: string, options: Omit<CommandRegistry.ICommandOptions, "describedBy">) =>
    commands.addCommand(id, { describedBy: WITHOUT_ARGUMENTS, ...options });

  commands.addCommand(CommandIDs.show, {
    label: trans.__("Sojourn Caches"),
    caption: trans.__("Show what the caches of the active notebook do"),
    icon: sojournIcon,
    describedBy: argumentsOf({
      section: { type: "string", enum: [...SECTIONS], description: trans.__("The section to open") },
    }),
    execute: ({ section }) => panel.show(SECTIONS.find((name) => name === section)),
  });
  plain(CommandIDs.refresh, {
    label: trans.__("Refresh Sojourn Caches Panel"),
    caption: trans.__("Ask the kernel for the numbers again, or connect again"),
    icon: refreshIcon,
    isEnabled: hasKernel,
    execute: () => panel.refresh(),
  });
  plain(CommandIDs.pin, {
    label: trans.__("Pin Sojourn Caches Panel"),
    caption: trans.__("Stay with the notebook that is shown, whatever is active"),
    isEnabled: () => panel.state.target !== undefined,
    isToggleable: true,
    isToggled: () => panel.pinned,
    execute: () => panel.setPinned(!panel.pinned),
  });
  plain(CommandIDs.prewarm, {
    label: trans.__("Prewarm Sojourn Models…"),
    caption: trans.__("Build what will be needed before anybody waits for it"),
    isVisible: () => panel.offers("prewarm"),
    execute: () => panel.show("prewarm"),
  });
  plain(CommandIDs.vacuum, {
    label: trans.__("Vacuum Sojourn Caches…"),
    caption: trans.__("Show what old or large entries would go, ask, then delete them"),
    isEnabled: hasKernel,
    isVisible: () => panel.offers("vacuum"),
    execute: () => panel.vacuum(),
  });
  plain(CommandIDs.clear, {
    label: trans.__("Clear Sojourn Caches…"),
    caption: trans.__("Show what would be deleted, ask, then delete it"),
    icon: clearIcon,
    isEnabled: hasKernel,
    isVisible: () => panel.offers("clear"),
    execute: () => panel.clearCaches(),
  });
  plain(CommandIDs.startHelper, {
    label: trans.__("Start Helper Kernel for Sojourn Caches"),
    caption: trans.__("A kernel for the panel alone; it stops with the page, or after ten idle minutes"),
    isEnabled: () => !panel.hasHelper,
    isVisible: () => panel.offers("helper"),
    execute: async () => {
      panel.show();
      await panel.startHelper();
    },
  });
  plain(CommandIDs.stopHelper, {
    label: trans.__("Stop Helper Kernel for Sojourn Caches"),
    isEnabled: () => panel.hasHelper,
    isVisible: () => panel.offers("helper"),
    execute: () => panel.stopHelper(),
  });
  commands.addCommand(CommandIDs.newNotebook, {
    label: ({ isPalette }) => (isPalette ? trans.__("New Sojourn Notebook") : trans.__("Sojourn Notebook")),
    caption: trans.__("A notebook with the Sojourn kernel and a model to begin with"),
    icon: ({ isPalette }) => (isPalette ? addIcon : sojournIcon),
    describedBy: argumentsOf({
      cwd: { type: "string", description: trans.__("The folder of the notebook") },
      isPalette: { type: "boolean", description: trans.__("Whether it is called from the palette") },
      isLauncher: { type: "boolean", description: trans.__("Whether it is called from the launcher") },
    }),
    execute: ({ cwd }) => newNotebook(typeof cwd === "string" ? cwd : undefined),
  });
  plain(CommandIDs.insertTemplate, {
    label: trans.__("Insert Sojourn Model Template"),
    caption: trans.__("Put a model to begin with below the active cell"),
    isEnabled: () => insertTemplate() !== undefined,
    execute: () => insertTemplate()?.(),
  });
  commands.addCommand(CommandIDs.openEntry, {
    label: trans.__("Open Sojourn Cache Entry"),
    describedBy: argumentsOf(
      { key: { type: "string", description: trans.__("The entry's key, or its first digits") } },
      ["key"],
    ),
    isVisible: () => false,
    execute: ({ key }) => {
      if (typeof key === "string" && /^[0-9a-f]{4,64}$/.test(key)) panel.openEntry(key);
    },
  });
  panel.stateChanged.connect(() => {
    for (const id of Object.values(CommandIDs)) commands.notifyCommandChanged(id);
  });
}
