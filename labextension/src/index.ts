/** The extension's plugins, and nothing else: what each needs, provides, and puts together. */
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, IThemeManager } from "@jupyterlab/apputils";
import { IConsoleTracker } from "@jupyterlab/console";
import { ILauncher } from "@jupyterlab/launcher";
import { INotebookTracker } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStateDB } from "@jupyterlab/statedb";
import { IStatusBar } from "@jupyterlab/statusbar";
import { ITranslator } from "@jupyterlab/translation";
import { badgeRendererFactory } from "./badge/renderer.js";
import { PLOTLY_MIME_TYPE, plotlyRendererFactory } from "./charts/renderer.js";
import { addCommands, CommandIDs, WITH_ARGUMENTS } from "./commands.js";
import { findOwner, followActive } from "./connection/follow.js";
import { hearPromptly } from "./connection/prompt.js";
import { PanelModel } from "./model.js";
import { insertTemplate, newNotebook } from "./notebooks.js";
import { CachePanel, PANEL_ID } from "./panel.js";
import { applySettings } from "./settings.js";
import { isFollowed, StatusItem } from "./status-bar.js";
import { ICachePanel } from "./tokens.js";

const DOMAIN = "sojourn";
const RANK = 600;

const panel: JupyterFrontEndPlugin<ICachePanel> = {
  id: "@sojourn/labextension:plugin",
  description: "The cache panel in the left area.",
  autoStart: true,
  requires: [INotebookTracker, ITranslator],
  optional: [IConsoleTracker, ILayoutRestorer, ISettingRegistry, IStateDB, IRenderMimeRegistry],
  provides: ICachePanel,
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    translator: ITranslator,
    consoles: IConsoleTracker | null,
    restorer: ILayoutRestorer | null,
    settings: ISettingRegistry | null,
    database: IStateDB | null,
    rendermime: IRenderMimeRegistry | null,
  ) => {
    const began = performance.now();
    const trans = translator.load(DOMAIN);
    const model = new PanelModel({
      trans,
      database,
      services: app.serviceManager,
      show: () => app.shell.activateById(PANEL_ID),
      findOwner: (kernelId) => findOwner(kernelId, notebooks, consoles),
      openNotebook: (path) => void app.commands.execute("docmanager:open", { path }),
    });
    const widget = new CachePanel({ model, trans, translator });
    restorer?.add(widget, PANEL_ID);
    app.shell.add(widget, "left", { rank: RANK, type: "Sojourn" });
    const onChange: Parameters<typeof followActive>[0]["onChange"] = (source, pinned) => model.follow(source, pinned);
    model.follower = followActive({ shell: app.shell, notebooks, consoles, onChange });
    window.addEventListener("pagehide", () => model.link.dispose());
    if (settings !== null) void applySettings(settings, panel.id, model);
    rendermime?.addFactory(
      badgeRendererFactory({
        rendermime,
        trans,
        isShown: () => model.showsBadges,
        onOpen: (key) => model.openEntry(key),
      }),
    );
    // what the extension costs every page, also those that never open the panel
    performance.measure("@sojourn/labextension:activate", { start: began, end: performance.now() });
    return model;
  },
};

const commands: JupyterFrontEndPlugin<void> = {
  id: "@sojourn/labextension:commands",
  description: "Commands of the cache panel, in the palette and the launcher too.",
  autoStart: true,
  requires: [ICachePanel, INotebookTracker, ITranslator],
  optional: [ICommandPalette, ILauncher],
  activate: (
    app: JupyterFrontEnd,
    model: ICachePanel,
    notebooks: INotebookTracker,
    translator: ITranslator,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
  ) => {
    const trans = translator.load(DOMAIN);
    addCommands({
      commands: app.commands,
      panel: model,
      trans,
      newNotebook: (cwd) => newNotebook(app, cwd),
      insertTemplate: () => insertTemplate(notebooks),
    });
    const category = trans.__("Sojourn");
    for (const command of Object.values(CommandIDs))
      if (!WITH_ARGUMENTS.includes(command)) palette?.addItem({ command, category, args: { isPalette: true } });
    // a card that could not open anything would be a dead end
    void app.serviceManager.kernelspecs.ready.then(() => {
      if (app.serviceManager.kernelspecs.specs?.kernelspecs.sojourn === undefined) return;
      launcher?.add({ command: CommandIDs.newNotebook, category: trans.__("Notebook"), rank: 10 });
    });
  },
};

const statusBar: JupyterFrontEndPlugin<void> = {
  id: "@sojourn/labextension:status-bar",
  description: "How the look-ups went, in the status bar.",
  autoStart: true,
  requires: [ICachePanel, ITranslator],
  optional: [IStatusBar],
  activate: (_app, model: ICachePanel, translator: ITranslator, bar: IStatusBar | null) => {
    if (bar === null) return;
    bar.registerStatusItem("@sojourn/labextension:status", {
      align: "left",
      rank: 120,
      item: new StatusItem(model, translator.load(DOMAIN)),
      isActive: () => isFollowed(model) && model.showsStatusItem,
      activeStateChanged: model.stateChanged as never,
    });
  },
};

const charts: JupyterFrontEndPlugin<void> = {
  id: "@sojourn/labextension:charts",
  description: "Shows plotly outputs where no other extension does.",
  autoStart: true,
  requires: [IRenderMimeRegistry, ITranslator],
  optional: [IThemeManager],
  activate: (_app, rendermime: IRenderMimeRegistry, translator: ITranslator, themes: IThemeManager | null) => {
    // One that registers later replaces ours, so no order of activation puts ours first.
    if (rendermime.getFactory(PLOTLY_MIME_TYPE) !== undefined) return;
    const trans = translator.load(DOMAIN);
    rendermime.addFactory(plotlyRendererFactory({ trans, themeChanged: themes?.themeChanged }));
  },
};

const promptly: JupyterFrontEndPlugin<void> = {
  id: "@sojourn/labextension:promptly",
  description: "Keeps the answers to widgets from waiting for each other.",
  autoStart: true,
  requires: [INotebookTracker],
  optional: [IConsoleTracker],
  activate: (_app, notebooks: INotebookTracker, consoles: IConsoleTracker | null) => hearPromptly(notebooks, consoles),
};

export { ICachePanel } from "./tokens.js";
export default [panel, commands, statusBar, charts, promptly];
